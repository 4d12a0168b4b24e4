import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestModule } from 'vitest/node';

/** As many as the last screen of a log has room for. */
const mostNamed = 12;
const longestLine = 300;

/**
 * Closes a run with what failed, a line each that begins with `FAILED`, and one plain line, `N passed, N failed, N skipped`:
 * for whoever reads logs, or keeps no more than their end.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly { readonly message: string }[]): void {
    const counts = { passed: 0, skipped: 0 };
    const failures = unhandledErrors.map((error) => `outside of the tests: ${error.message}`);
    for (const module of modules) {
      const file = `${module.project.name} ${module.relativeModuleId}`;
      for (const error of module.errors()) failures.push(`${file}: ${error.message}`);
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) failures.push(`${file} > ${suite.fullName}: ${error.message}`);
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed' || state === 'skipped') counts[state]++;
        // A test that never ran to its end did not pass.
        else failures.push(`${file} > ${test.fullName}: ${errors?.[0]?.message ?? 'it did not end'}`);
      }
    }
    const lines = failures.slice(0, mostNamed).map((failure) => `${onOneLine(`FAILED ${failure}`)}\n`);
    if (failures.length > mostNamed) lines.push(`FAILED and ${failures.length - mostNamed} more\n`);
    const counted = `${counts.passed} passed, ${failures.length} failed, ${counts.skipped} skipped`;
    process.stdout.write(`\n${lines.join('')}\n${counted}\n`);
  }
}

/** What texts say to terminals, such as colors, is left out. */
function onOneLine(text: string): string {
  const line = stripVTControlCharacters(text).replaceAll(/\s+/g, ' ');
  return line.length > longestLine ? `${line.slice(0, longestLine)}...` : line;
}
