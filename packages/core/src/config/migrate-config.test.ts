import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { StackError } from '../errors/index.ts';
import { defineFlavor } from '../flavor/define-flavor.ts';
import { migrateConfig } from './migrate-config.ts';

const flavor = defineFlavor({
  type: 'orchestrator',
  name: 'moving',
  configSchema: z.object({ endpoint: z.string() }),
  configVersion: 3,
  migrations: {
    1: ({ host, ...rest }) => ({ ...rest, url: host }),
    2: ({ url, ...rest }) => {
      if (url === undefined) throw new Error('there is no url');
      return { ...rest, endpoint: `https://${url}` };
    },
  },
  implementation: (): Promise<never> => Promise.reject(new Error('not loaded by a migration')),
});

describe('migrateConfig', () => {
  it('brings a config through every version in between', () => {
    expect(migrateConfig(flavor, 1, { host: 'a', extra: 1 }, 'it')).toEqual({ endpoint: 'https://a', extra: 1 });
    expect(migrateConfig(flavor, 2, { url: 'a' }, 'it')).toEqual({ endpoint: 'https://a' });
  });

  it('leaves a config of the installed version, and the input, as they are', () => {
    const config = { host: 'a' };
    expect(migrateConfig(flavor, 3, config, 'it')).toBe(config);
    migrateConfig(flavor, 1, config, 'it');
    expect(config).toEqual({ host: 'a' });
  });

  it('refuses a config of a newer version, and says what to update', () => {
    const migrate = () => migrateConfig(flavor, 4, {}, 'orchestrator "prod"');
    expect(migrate).toThrow(
      expect.objectContaining({ code: 'CONFIG_TOO_NEW', hint: expect.stringContaining('orchestrator/moving') }),
    );
  });

  it('says which step of a migration failed, for which component', () => {
    try {
      migrateConfig(flavor, 2, {}, 'orchestrator "prod"');
      expect.unreachable();
    } catch (error) {
      expect(StackError.is(error, 'CONFIG_INVALID')).toBe(true);
      expect(String(error)).toContain('orchestrator "prod" cannot be brought from version 2 to 3: there is no url');
    }
  });
});
