import { addMaskedValue, StackError } from '@stack/core';
import { expect, it } from 'vitest';
import { type ConformanceReport, conformanceReport } from './conformance-report.ts';
import { htmlReport } from './html-report.ts';
import { junitReport } from './junit-report.ts';

const report = conformanceReport(
  [
    { name: 'it holds', outcome: 'passed', duration: 1.4 },
    {
      name: 'a key with "<&>" is kept',
      outcome: 'failed',
      duration: 1200,
      error: new StackError({ code: 'NOT_FOUND', message: 'no "a\0\tb\u001b[31m\uD800" </script>\r\nin hunter2000' }),
    },
    { name: 'it is declared', outcome: 'misdeclared', duration: 3 },
    { name: 'it cannot be', outcome: 'unsupported', reason: 'no <rename>', duration: 4, error: new Error('501') },
    { name: 'it needs a proxy', outcome: 'skipped', reason: 'no endpoint', duration: 0 },
  ],
  {
    componentType: 'artifact-store',
    flavor: 's3',
    capabilities: ['signedUrl'],
    versions: { '@acme/pkg': '1.2.3' },
    startedAt: new Date('2026-01-02T03:04:05.678Z'),
  },
);

function fixed(changes: Partial<ConformanceReport> = {}): ConformanceReport {
  return { ...report, duration: 1234, versions: { node: '24.11.0', '@acme/pkg': '1.2.3' }, ...changes };
}

it('counts outcomes, and is conformant without failures and false declarations alone', () => {
  expect(report.totals).toEqual({ passed: 1, failed: 1, misdeclared: 1, unsupported: 1, skipped: 1 });
  expect(report.isConformant).toBe(false);
  const subject = { componentType: 'a', flavor: 'b', capabilities: [], startedAt: new Date() };
  const result = { name: 'it holds', duration: 1 };
  expect(conformanceReport([{ ...result, outcome: 'skipped' }], subject).isConformant).toBe(true);
  expect(conformanceReport([{ ...result, outcome: 'misdeclared' }], subject).isConformant).toBe(false);
  expect(conformanceReport([{ ...result, outcome: 'failed' }], subject).isConformant).toBe(false);
});

it('names the versions of what was run', () => {
  expect(report.versions).toEqual({
    node: process.versions.node,
    '@stack/core': expect.stringMatching(/^\d+\.\d+\.\d+/),
    '@stack/testkit': expect.stringMatching(/^\d+\.\d+\.\d+/),
    '@acme/pkg': '1.2.3',
  });
});

it('is JSON, with the code of an error, and without a secret', () => {
  addMaskedValue('hunter2000');
  const masked = conformanceReport(
    [{ name: 'it holds', outcome: 'failed', duration: 1, error: new Error('the key hunter2000 is refused') }],
    { componentType: 'a', flavor: 'b', capabilities: [], startedAt: new Date() },
  );
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(report.cases[1]?.error?.code).toBe('NOT_FOUND');
  expect(masked.cases[0]?.error).toEqual({ message: expect.not.stringContaining('hunter2000') });
});

it('becomes JUnit XML that holds whatever a key or a message may hold', () => {
  expect(junitReport(fixed())).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite name="artifact-store/s3" tests="5" failures="2" errors="0" skipped="2" time="1.234" timestamp="2026-01-02T03:04:05">
        <properties>
          <property name="node" value="24.11.0"/>
          <property name="@acme/pkg" value="1.2.3"/>
        </properties>
        <testcase classname="artifact-store/s3" name="it holds" time="0.001"/>
        <testcase classname="artifact-store/s3" name="a key with &quot;&lt;&amp;&gt;&quot; is kept" time="1.200"><failure type="NOT_FOUND" message="no &quot;a�&#9;b�[31m�&quot; &lt;/script&gt;&#13;">no &quot;a�&#9;b�[31m�&quot; &lt;/script&gt;&#13;
    in hunter2000</failure></testcase>
        <testcase classname="artifact-store/s3" name="it is declared" time="0.003"><failure type="misdeclared" message="It is declared as unsupported, and holds."/></testcase>
        <testcase classname="artifact-store/s3" name="it cannot be" time="0.004"><skipped message="unsupported: no &lt;rename&gt;"/></testcase>
        <testcase classname="artifact-store/s3" name="it needs a proxy" time="0.000"><skipped message="no endpoint"/></testcase>
      </testsuite>
    </testsuites>
    "
  `);
});

it('becomes a page of HTML in which nothing of a message is markup, what failed first', () => {
  const page = htmlReport(fixed());
  expect(page).not.toContain('</script>');
  expect(page).toContain('no &quot;a\uFFFD&#9;b\uFFFD[31m\uFFFD&quot; &lt;/script&gt;&#13;\nin ');
  expect([...page.matchAll(/<td class="(\w+)">/g)].map(([, outcome]) => outcome)).toEqual([
    'failed',
    'misdeclared',
    'unsupported',
    'skipped',
    'passed',
  ]);
  expect(page).toContain('not conformant');
  expect(htmlReport(fixed({ isConformant: true }))).not.toContain('not conformant');
});
