import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineFlavor } from '../flavor/define-flavor.ts';
import type { ConfigMigration } from '../flavor/flavor.ts';
import { migrateConfig } from './migrate-config.ts';

const migrations: Record<number, ConfigMigration> = {
  1: ({ config: { host, ...config } }) => ({ config: { ...config, url: host } }),
  2: ({ config: { url, timeout, ...config }, settings }) => {
    if (url === undefined) throw new Error('there is no url');
    const moved = timeout === undefined ? settings : { ...settings, timeout };
    return { config: { ...config, endpoint: `https://${url}` }, settings: moved };
  },
};

function flavorWith(changed: Record<number, unknown> = {}) {
  return defineFlavor({
    type: 'orchestrator',
    name: 'moving',
    configSchema: z.object({ endpoint: z.string() }),
    settingsSchema: z.object({ timeout: z.number().optional() }),
    configVersion: 3,
    migrations: { ...migrations, ...changed } as Record<number, ConfigMigration>,
    implementation: (): Promise<never> => Promise.reject(new Error('not loaded by a migration')),
  });
}

const flavor = flavorWith();
const stored = { name: 'prod', configVersion: 1, config: { host: 'a', timeout: 3 }, settings: { retries: 1 } };

describe('migrateConfig', () => {
  it('brings a config and its settings through every version in between, fields that move among them', () => {
    expect(migrateConfig(flavor, stored)).toEqual({
      config: { endpoint: 'https://a' },
      settings: { retries: 1, timeout: 3 },
    });
    expect(migrateConfig(flavor, { ...stored, configVersion: 2, config: { url: 'b' } })).toEqual({
      config: { endpoint: 'https://b' },
      settings: { retries: 1 },
    });
  });

  it('leaves a config of the installed version, and what it is given, as they are', () => {
    const current = { ...stored, configVersion: 3, config: { endpoint: 'e' } };
    expect(migrateConfig(flavor, current)).toEqual({ config: current.config, settings: current.settings });
    const before = structuredClone(stored);
    const changing = flavorWith({
      1: ({ config }: { config: Record<string, unknown> }) => {
        config.url = 'u';
        return { config };
      },
    });
    migrateConfig(changing, stored);
    expect(stored).toEqual(before);
  });

  it('refuses a config of a newer version, and says what to update', () => {
    const newer = { ...stored, configVersion: 4 };
    expect(() => migrateConfig(flavor, { ...newer, flavorPackage: '@acme/pkg' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_TOO_NEW',
        message: expect.stringContaining('orchestrator "prod" has version 4'),
        hint: expect.stringContaining('npm install @acme/pkg@latest'),
      }),
    );
    expect(() => migrateConfig(flavor, newer)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('source of the flavor orchestrator/moving') }),
    );
  });

  it.each([
    ['throws', flavor, 'orchestrator "prod" cannot be brought from version 2 to 3: there is no url'],
    ['gives nothing', flavorWith({ 2: () => undefined }), 'no object'],
    ['is asynchronous', flavorWith({ 2: async () => ({}) }), 'no object'],
    ['gives the config itself', flavorWith({ 2: () => ({ endpoint: 'e' }) }), '"endpoint"'],
    ['gives a list', flavorWith({ 2: () => ({ settings: [] }) }), 'settings that are no object'],
  ])('says which step of a migration failed, for which component, when it %s', (_, broken, message) => {
    expect(() => migrateConfig(broken, { ...stored, configVersion: 2, config: {} })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
