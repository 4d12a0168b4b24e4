import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createChildEnvironment, Secret } from './index.ts';

afterEach(() => vi.unstubAllEnvs());

/** The variables that a child process has. */
function environmentOf(env: Record<string, string>): Record<string, string> {
  const script = 'process.stdout.write(JSON.stringify(process.env))';
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })) as Record<
    string,
    string
  >;
}

describe('the environment of a child process', () => {
  test('has what every program needs, and nothing else of this process', () => {
    for (const name of ['HOME', 'LANG', 'LC_ALL', 'LC_TIME', 'TZ', 'TMPDIR']) vi.stubEnv(name, `/${name}`);
    for (const name of ['DATABASE_URL', 'AWS_SECRET_ACCESS_KEY', 'NODE_OPTIONS', 'XPATH', 'LC', 'lang'])
      vi.stubEnv(name, '');
    const { PATH, ...others } = environmentOf(createChildEnvironment());
    expect(PATH).toBe(process.env.PATH);
    expect(others).toEqual({
      HOME: '/HOME',
      LANG: '/LANG',
      LC_ALL: '/LC_ALL',
      LC_TIME: '/LC_TIME',
      TZ: '/TZ',
      TMPDIR: '/TMPDIR',
    });
  });

  test('has what is given, and what is passed on', () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1');
    vi.stubEnv('HOME', '/home');
    const environment = createChildEnvironment({
      environment: { HOME: '/elsewhere', MODE: 'fast', TZ: undefined },
      passedOn: /^npm_config_/,
    });
    expect(environmentOf(environment)).toMatchObject({
      HOME: '/elsewhere',
      MODE: 'fast',
      npm_config_registry: 'http://127.0.0.1',
    });
    expect(environment).not.toHaveProperty('TZ');
  });

  test('never has the secrets of this process, nor the key to them', () => {
    for (const name of ['STACK_SECRETS_KEY', 'STACK_SECRET_DB__PASSWORD']) vi.stubEnv(name, 'swordfish');
    const environment = createChildEnvironment({
      environment: { ...process.env, stack_secret_x: 'swordfish' },
      passedOn: /./,
    });
    expect(JSON.stringify(environmentOf(environment))).not.toContain('swordfish');
  });

  test('is refused with a secret in it, and every one is told', () => {
    const secret = new Secret('swordfish') as unknown as string;
    const environment = { PASSWORD: secret, URL: `db://user:${secret}@host`, MODE: 'fast' };
    expect(() => createChildEnvironment({ environment })).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        message: expect.stringContaining('PASSWORD, URL.') as string,
        problems: [expect.objectContaining({ path: 'PASSWORD' }), expect.objectContaining({ path: 'URL' })],
      }),
    );
  });

  test('has what Windows needs, there', () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform');
    for (const name of ['SystemRoot', 'Path', 'ProgramFiles(x86)', 'OneDrive']) vi.stubEnv(name, 'x');
    expect(createChildEnvironment()).not.toHaveProperty('SystemRoot');
    try {
      Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
      expect(createChildEnvironment()).toMatchObject({ SystemRoot: 'x', Path: 'x', 'ProgramFiles(x86)': 'x' });
      expect(createChildEnvironment()).not.toHaveProperty('OneDrive');
    } finally {
      if (platform !== undefined) Object.defineProperty(process, 'platform', platform);
    }
  });
});
