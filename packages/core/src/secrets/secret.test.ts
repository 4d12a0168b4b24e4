import assert from 'node:assert';
import { EventEmitter, once } from 'node:events';
import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { Secret } from './index.ts';

const value = 'hunter2-value';
const secret = new Secret(value);
const text = secret as unknown as string;

class Client {
  readonly credentials = { secret };
  readonly list = [secret];
}

/** A function that throws what `assert` says. */
function messageOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    return inspect(error, { depth: Infinity, showHidden: true });
  }
  throw new Error('nothing was thrown');
}

function consoleTable(data: unknown): string {
  const written: unknown[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => written.push(values));
  console.table(data);
  log.mockRestore();
  return String(written);
}

const nested = {
  secret,
  list: [secret],
  map: new Map([[secret, secret]]),
  set: new Set([secret]),
  client: new Client(),
};

const printed: Record<string, () => unknown> = {
  String: () => String(secret),
  'a template literal': () => `${secret}`,
  concatenation: () => text + text,
  join: () => [secret, secret].join(),
  toString: () => secret.toString(),
  toLocaleString: () => secret.toLocaleString(),
  'a conversion to a number': () => Number(secret),
  'Object.prototype.toString': () => Object.prototype.toString.call(secret),
  'JSON.stringify': () => JSON.stringify(nested),
  'JSON.stringify with a replacer': () => JSON.stringify(nested, (_key, item: unknown) => item, 2),
  'Object.entries': () => inspect(Object.entries(secret)),
  'own properties': () => inspect(Reflect.ownKeys(secret).map((key) => Reflect.get(secret, key))),
  'for in': () => {
    const found = [];
    for (const key in secret) found.push(key, secret[key as keyof Secret]);
    return inspect(found);
  },
  spread: () => inspect({ ...secret }, { showHidden: true }),
  'Object.assign': () => JSON.stringify(Object.assign({}, secret)),
  'an own copy': () => inspect(Object.create(secret), { showHidden: true, depth: 9, customInspect: false }),
  'a property of the value': () => text.length + String(text[0]),
  'a comparison': () => text < value,
  structuredClone: () => inspect(structuredClone(nested.list), { showHidden: true, depth: 9 }),
  'v8.serialize': () => serialize(secret).toString('latin1') + inspect(deserialize(serialize(secret))),
  'an error': () => inspect(new Error(`cannot use ${secret}`, { cause: secret })),
  'a rejected assertion of equality': () => messageOf(() => assert.deepStrictEqual({ secret }, { secret: 1 })),
  'a rejected assertion of identity': () => messageOf(() => assert.strictEqual(text, 'other')),
  'a rejected assertion of a match': () => messageOf(() => assert.match(text, /x/)),
  'a rejected assertion of vitest': () => messageOf(() => expect(nested).toEqual({ secret: 1 })),
  'console.table of objects': () => consoleTable([{ secret }, new Client()]),
  'console.table of secrets': () => consoleTable([secret, [secret]]),
  'an event': () => {
    const emitter = new EventEmitter();
    return messageOf(() => emitter.emit('error', secret));
  },
  'code of another realm': () => runInNewContext('String(secret) + JSON.stringify({ secret })', { secret }),
};

describe('a Secret', () => {
  test('gives its value by reveal', () => {
    expect(secret.reveal()).toBe(value);
  });

  test.each(Object.entries(printed))('is not shown by %s', (_name, print) => {
    expect(String(print())).not.toContain('hunter');
  });

  test.each(['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c', ''])('is not shown by the format "%s"', (specifier) => {
    for (const item of [secret, nested, [secret]]) {
      expect(format(specifier, item)).not.toContain('hunter');
      expect(format(item, specifier)).not.toContain('hunter');
    }
  });

  test('is not shown by util.inspect, whatever its options', () => {
    const flags = ['showHidden', 'showProxy', 'customInspect', 'colors', 'getters', 'sorted', 'compact'] as const;
    for (let choice = 0; choice < 2 ** flags.length; choice++) {
      const options = Object.fromEntries(flags.map((flag, bit) => [flag, (choice & (2 ** bit)) > 0]));
      for (const item of [secret, nested, new Proxy(secret, {}), new Proxy(nested, {})]) {
        expect(inspect(item, { ...options, depth: Infinity, maxArrayLength: Infinity })).not.toContain('hunter');
      }
    }
  });

  test('shows where it is hidden', () => {
    expect([String(secret), JSON.stringify({ secret }), inspect({ secret }), format('%s', secret)]).toEqual([
      '[secret]',
      '{"secret":"[secret]"}',
      '{ secret: [secret] }',
      '[secret]',
    ]);
  });

  test('holds no value in another thread', async () => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const { inspect } = require('node:util');
       parentPort.once('message', (item) => parentPort.postMessage(inspect(item, { showHidden: true, depth: 9 })));`,
      { eval: true },
    );
    worker.postMessage({ list: [secret], client: structuredClone(new Client()) });
    const [seen] = (await once(worker, 'message')) as [string];
    await worker.terminate();
    expect(seen).toContain('list');
    expect(seen).not.toContain('hunter');
  });

  test('is recognised by its brand', () => {
    expect(Secret.is(secret)).toBe(true);
    expect(Secret.is({ reveal: () => 'x' })).toBe(false);
  });
});
