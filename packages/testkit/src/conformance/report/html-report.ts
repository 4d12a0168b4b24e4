import type { ConformanceReport, ReportedCase } from './conformance-report.ts';
import { escapeMarkup } from './escape-markup.ts';

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1b1b }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ddd; padding: .35rem .6rem; text-align: left; vertical-align: top }
td:last-child { text-align: right; white-space: nowrap }
td pre { margin: .3rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px }
.passed { color: #116329 } .failed, .misdeclared { color: #a40e26; font-weight: 600 }
.unsupported, .skipped { color: #6a6a6a }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #e6e6e6 } th, td { border-color: #3a3d42 }
  .passed { color: #4ac26b } .failed, .misdeclared { color: #ff7b72 } .unsupported, .skipped { color: #9a9a9a }
}`;

/** What is worth a look comes first. */
const order: readonly ReportedCase['outcome'][] = ['failed', 'misdeclared', 'unsupported', 'skipped', 'passed'];

/** A report as one page of HTML that needs nothing else: no script, no other file. */
export function htmlReport(report: ConformanceReport): string {
  const { componentType, flavor, capabilities, versions, startedAt, totals, cases, isConformant } = report;
  const title = `Conformance of ${componentType}/${flavor}`;
  const rows = order.flatMap((outcome) => cases.filter((reported) => reported.outcome === outcome)).map(caseRow);
  const facts = {
    Result: isConformant ? 'conformant' : 'not conformant',
    Cases: order.map((outcome) => `${totals[outcome]} ${outcome}`).join(', '),
    Capabilities: capabilities.join(', ') || 'none',
    Versions: Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    Run: `${startedAt}, in ${(report.duration / 1000).toFixed(1)} s`,
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${style}
</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
<table>
${Object.entries(facts)
  .map(([name, value]) => `<tr><th>${name}</th><td>${escapeMarkup(value)}</td></tr>`)
  .join('\n')}
</table>
<h2>Cases</h2>
<table>
<tr><th>Outcome</th><th>Case</th><th>Time</th></tr>
${rows.join('\n')}
</table>
</body>
</html>
`;
}

function caseRow({ name, outcome, reason, error, duration }: ReportedCase): string {
  const failure = error === undefined ? '' : [error.code, error.message].filter(Boolean).join(': ');
  const details = [reason ?? '', failure].filter(Boolean).map((text) => `<pre>${escapeMarkup(text)}</pre>`);
  return `<tr><td class="${outcome}">${outcome}</td><td>${escapeMarkup(name)}${details.join('')}</td><td>${duration} ms</td></tr>`;
}
