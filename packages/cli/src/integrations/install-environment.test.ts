import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { installEnvironment } from './install-environment.ts';

const root = mkdtempSync(join(tmpdir(), 'stack-install-'));

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

it('is what package managers are set up by, with the variables that their files name', () => {
  const home = join(root, 'home');
  const folder = join(root, 'workspace', 'package');
  for (const path of [home, folder]) mkdirSync(path, { recursive: true });
  writeFileSync(
    join(root, 'workspace', '.npmrc'),
    `//r.example/:_authToken=\${OF_THE_WORKSPACE}\nregistry=\${STACK_SECRET_X}`,
  );
  writeFileSync(join(folder, 'bunfig.toml'), 'token = "$OF_THE_FOLDER"');
  writeFileSync(join(home, '.yarnrc.yml'), `npmAuthToken: \${OF_THE_USER-none}`);
  vi.stubEnv('HOME', home);
  const passed = [
    ...['OF_THE_WORKSPACE', 'OF_THE_FOLDER', 'OF_THE_USER', 'HTTPS_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS'],
    ...['npm_config_registry', 'NPM_TOKEN', 'PNPM_HOME', 'YARN_RC_FILENAME', 'COREPACK_ROOT', 'SSH_AUTH_SOCK'],
  ];
  const left = ['OTHER', 'DATABASE_URL', 'STACK_SECRET_X', 'STACK_SECRETS_KEY', 'AWS_SECRET_ACCESS_KEY', 'MY_PROXY'];
  for (const name of [...passed, ...left]) vi.stubEnv(name, 'x');
  const environment = installEnvironment(folder);
  expect(environment.PATH).toBe(process.env.PATH);
  expect(passed.filter((name) => environment[name] !== 'x')).toEqual([]);
  expect(left.filter((name) => name in environment)).toEqual([]);
});
