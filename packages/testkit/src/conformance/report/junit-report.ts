import type { ConformanceReport, ReportedCase } from './conformance-report.ts';
import { escapeMarkup } from './escape-markup.ts';

/**
 * A report as JUnit XML, which build servers show. What is unsupported or skipped is a skip with its reason, and
 * what is misdeclared is a failure.
 */
export function junitReport({
  componentType,
  flavor,
  versions,
  startedAt,
  duration,
  totals,
  cases,
}: ConformanceReport) {
  const suite = attributes({
    name: `${componentType}/${flavor}`,
    tests: cases.length,
    failures: totals.failed + totals.misdeclared,
    errors: 0,
    skipped: totals.unsupported + totals.skipped,
    time: seconds(duration),
    timestamp: startedAt.replace(/\.\d+Z$/, ''),
  });
  const properties = Object.entries(versions).map(([name, value]) => `    <property${attributes({ name, value })}/>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite${suite}>`,
    '    <properties>',
    ...properties.map((property) => `  ${property}`),
    '    </properties>',
    ...cases.map((reported) => caseElement(`${componentType}/${flavor}`, reported)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseElement(className: string, reported: ReportedCase): string {
  const start = `    <testcase${attributes({
    classname: className,
    name: reported.name,
    time: seconds(reported.duration),
  })}`;
  const content = caseContent(reported);
  return content === undefined ? `${start}/>` : `${start}>${content}</testcase>`;
}

function caseContent({ outcome, reason = '', error }: ReportedCase): string | undefined {
  switch (outcome) {
    case 'passed':
      return undefined;
    case 'failed': {
      const message = error?.message ?? '';
      return `<failure${attributes({ type: error?.code ?? 'failure', message: firstLine(message) })}>${escapeMarkup(message)}</failure>`;
    }
    case 'misdeclared':
      return `<failure${attributes({ type: 'misdeclared', message: 'It is declared as unsupported, and holds.' })}/>`;
    case 'unsupported':
      return `<skipped${attributes({ message: `unsupported: ${reason}` })}/>`;
    case 'skipped':
      return `<skipped${attributes({ message: reason })}/>`;
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join('');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
