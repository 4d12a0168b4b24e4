import { expect, test } from 'vitest';
import { ownDiagnostics } from './own-diagnostics.ts';

test('errors in installed packages are told from those here, each with the lines that go on with it', () => {
  const here =
    'packages/core/dist/index.d.ts(1,1): error TS2307: Cannot find module "node_modules/a".\n  Imported from here';
  const there =
    'node_modules/.pnpm/a@1.0.0/node_modules/a/index.d.ts(5,1): error TS1203: Export assignment.\n  And so on';
  const nested = 'examples/tour/node_modules/b/index.d.ts(5,1): error TS1203: Export assignment.';
  const config = 'error TS18003: No inputs were found.';
  expect(ownDiagnostics(`${there}\n${here}\n${nested}\n${config}\n`)).toEqual({
    own: [here, config],
    others: [there, nested],
  });
});
