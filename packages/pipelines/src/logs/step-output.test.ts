import { setTimeout as sleep } from 'node:timers/promises';
import { addMaskedValue, StackError } from '@stack/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../engine/run-event.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import type { StepContext } from '../step/step-context.ts';
import { collect } from '../testing/collect.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { readStepLog } from './read-step-log.ts';
import { StepLog } from './step-log.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Runs the functions as steps side by side. Returns the texts of the log of each, and the events. */
async function runSteps(
  functions: Record<string, (context: StepContext) => unknown>,
  onEvent = (_event: RunEvent) => {},
) {
  const { stack, artifactStore } = await createTestStack();
  const events: RunEvent[] = [];
  const steps = Object.entries(functions).map(([name, run]) =>
    step({ name }, async (_input, context) => {
      await run(context);
    }),
  );
  const printing = pipeline({ name: 'printing' }, () => steps.map((one) => one()));
  const options = {
    stack,
    throwOnFailure: false,
    onEvent: (event: RunEvent) => {
      events.push(event);
      onEvent(event);
    },
  };
  const run = await printing.run({}, options);
  const readAll = (name: string) => collect(readStepLog(artifactStore, run.id, name));
  const texts = async (name: string) => (await readAll(name)).map(({ level, text }) => `${level}: ${text}`);
  return { run, events, artifactStore, readAll, texts };
}

describe('the log of a step', () => {
  it('has what the step printed and logged, with time and level', async () => {
    const before = Date.now();
    const { readAll, texts } = await runSteps({
      print: ({ log }) => {
        console.log('a %s', 'b', { c: 1 });
        console.debug('debug');
        console.warn('careful');
        console.error('bad');
        log.info('rows: %d', 344);
        log.warn('two\nlines');
        log.error(new Error('oops').message);
      },
    });
    expect(await texts('print')).toEqual([
      'info: a b { c: 1 }',
      'info: debug',
      'warn: careful',
      'error: bad',
      'info: rows: 344',
      'warn: two',
      'warn: lines',
      'error: oops',
    ]);
    const [first] = await readAll('print');
    expect(first?.time.getTime()).toBeGreaterThanOrEqual(before);
  });

  it('has what was written to the streams, by lines, whatever the pieces', async () => {
    const bytes = Buffer.from('fünf\n');
    let told = 0;
    const { texts } = await runSteps({
      write: async () => {
        process.stdout.write('one\ntw');
        process.stdout.write('o\n');
        process.stdout.write(bytes.subarray(0, 2));
        process.stdout.write(bytes.subarray(2), () => told++);
        process.stderr.write('broken', 'utf8', () => told++);
        process.stdout.write('no end');
        await sleep(1);
      },
    });
    expect(await texts('write')).toEqual(['info: one', 'info: two', 'info: fünf', 'info: no end', 'error: broken']);
    expect(told).toBe(2);
  });

  it('does not mix with that of a step beside it', async () => {
    const print = (name: string) => async () => {
      for (let line = 0; line < 5; line++) {
        console.log(`${name} ${line}`);
        await sleep(1);
      }
    };
    const { texts } = await runSteps({ a: print('a'), b: print('b') });
    for (const name of ['a', 'b']) {
      expect(await texts(name)).toEqual([0, 1, 2, 3, 4].map((line) => `info: ${name} ${line}`));
    }
  });

  it('has no secret', async () => {
    addMaskedValue('line-one\nline-two');
    addMaskedValue('swordfish-77');
    const { texts, events, artifactStore } = await runSteps({
      leak: ({ log }) => {
        console.log('the key is swordfish-77');
        log.info({ key: 'swordfish-77' });
        process.stdout.write('line-one\nline-');
        process.stdout.write('two\nsword');
        process.stdout.write('fish-77\n');
        console.log('key:\nline-one\nline-two');
      },
    });
    expect(await texts('leak')).toEqual([
      'info: the key is [secret]',
      "info: { key: '[secret]' }",
      'info: [secret]',
      'info: [secret]',
      'info: key:',
      'info: [secret]',
    ]);
    const everything = JSON.stringify(events) + [...artifactStore.objects.values()].map(({ bytes }) => bytes).join('');
    expect(everything).not.toContain('swordfish');
  });

  it('has what components print around the step, masked too', async () => {
    addMaskedValue('swordfish-77');
    const { stack, artifactStore } = await createTestStack();
    artifactStore.prepareStepRun = async () => console.log('prepared with swordfish-77');
    artifactStore.getStepRunMetadata = async () => {
      process.stdout.write('told of swordfish-77\n');
      return {};
    };
    artifactStore.cleanupStepRun = async () => console.warn('cleaned up');
    const print = step({ name: 'print' }, () => console.log('run'));
    const printing = pipeline({ name: 'printing' }, () => [print()]);
    const run = await printing.run({}, { stack, onEvent: () => {} });
    const lines = await collect(readStepLog(artifactStore, run.id, 'print'));
    expect(lines.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'info: prepared with [secret]',
      'info: run',
      'info: told of [secret]',
      'warn: cleaned up',
    ]);
  });

  it('has no secret whose lines are printed one by one, or that begins before the end of a line that is too long', async () => {
    addMaskedValue('pem\nabc\ndef\nghi');
    const { texts } = await runSteps({
      leak: ({ log }) => {
        for (const line of ['pem', 'abc', 'def', 'ghi', 'after']) console.log(line);
        for (const line of ['pem', 'abc', 'other']) log.warn(line);
        for (const piece of ['pe', 'm\na', 'bc', '\ndef\n', 'gh', 'i', '\n']) process.stderr.write(piece);
        for (let count = 0; count < 64; count++) process.stdout.write('x'.repeat(1024 - (count === 63 ? 5 : 0)));
        process.stdout.write('swordfish-77 and more');
        console.error('pem');
      },
    });
    expect(await texts('leak')).toEqual([
      'info: [secret]',
      'info: after',
      'warn: pem',
      'warn: abc',
      'warn: other',
      'error: [secret]',
      `info: ${'x'.repeat(64 * 1024 - 5)}[secr`,
      'error: pem',
      'info: et] and more',
    ]);
  });

  it('is told line by line, and the listener may print without being heard', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const { events, texts } = await runSteps({ print: ({ log }) => log.info('hello') }, ({ type }) =>
      console.log(type),
    );
    expect(events.filter(({ type }) => type === 'step-log')).toMatchObject([
      { step: 'print', line: { level: 'info', text: 'hello' } },
    ]);
    expect(await texts('print')).toEqual(['info: hello']);
  });

  it('is printed when nobody listens', async () => {
    const log = vi.spyOn(console, 'info').mockImplementation(() => {});
    const { stack } = await createTestStack();
    const print = step({ name: 'print' }, () => console.log('100%', 'done'));
    await pipeline({ name: 'printing' }, () => print()).run({}, { stack });
    expect(log.mock.calls.map((values) => values.at(-1))).toContain('100% done');
  });

  it('ends with the error of the step', async () => {
    const { texts } = await runSteps({
      fail: () => {
        throw new RangeError('too many');
      },
    });
    expect((await texts('fail'))[0]).toBe('error: RangeError: too many');
  });

  it('takes no object in the store when there is nothing to say', async () => {
    const { artifactStore } = await runSteps({ silent: () => {} });
    expect([...artifactStore.objects.keys()].filter((key) => key.startsWith('logs/'))).toEqual([]);
  });

  it('that cannot be kept does not fail the step, and is told once', async () => {
    const { stack, artifactStore } = await createTestStack();
    artifactStore.beforeWrite = (key) => {
      if (key.startsWith('logs/')) throw new StackError({ code: 'NO_SPACE', message: 'full' });
    };
    const print = step({ name: 'print' }, async () => {
      for (let line = 0; line < 3; line++) {
        console.log('x'.repeat(80_000));
        await sleep(1);
      }
    });
    const events: RunEvent[] = [];
    const run = await pipeline({ name: 'printing' }, () => print()).run(
      {},
      { stack, onEvent: (event) => events.push(event) },
    );
    expect(run.state).toBe('completed');
    expect(events.filter(({ type }) => type === 'step-log-failed')).toMatchObject([
      { step: 'print', error: { code: 'NO_SPACE' } },
    ]);
  });

  it('leaves the console and the streams as they were', async () => {
    const before = [console.log, console.error, process.stdout.write, process.stderr.write];
    await runSteps({ print: () => console.log('x'), other: () => sleep(2) });
    expect([console.log, console.error, process.stdout.write, process.stderr.write]).toEqual(before);
  });
});

describe('the chunks of a log', () => {
  const createLog = (artifactStore = new MemoryArtifactStore()) => {
    const log = new StepLog({
      store: artifactStore,
      runId: 'run',
      step: 'train',
      onLine: () => {},
      onError: (error) => {
        throw error;
      },
    });
    return { log, artifactStore, read: () => collect(readStepLog(artifactStore, 'run', 'train')) };
  };

  it('can be read while the step runs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { log, artifactStore, read } = createLog();
    log.write('info', 'first');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([...artifactStore.objects.keys()]).toEqual(['logs/run/train/000000.jsonl']);
    log.write('info', 'second');
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await read()).map(({ text }) => text)).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await read()).map(({ text }) => text)).toEqual(['first', 'second']);
    await log.close();
    expect(artifactStore.objects.size).toBe(2);
  });

  it('are followed by those of a later start of the step', async () => {
    const { log, artifactStore } = createLog();
    log.write('info', 'before the kill');
    await log.close();
    const second = createLog(artifactStore);
    second.log.write('info', 'after it');
    await second.log.close();
    expect((await second.read()).map(({ text }) => text)).toEqual(['before the kill', 'after it']);
  });

  it('are in order when there are many, and long lines are cut', async () => {
    const { log, artifactStore, read } = createLog();
    for (let line = 0; line < 20; line++) {
      log.write('info', `${line} ${'x'.repeat(40_000)}`);
      await sleep(0);
    }
    log.writeChunk('stdout', 'y'.repeat(150_000));
    await log.close();
    expect(artifactStore.objects.size).toBeGreaterThan(3);
    const lines = (await read()).map(({ text }) => text);
    expect(lines.slice(0, 20).map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
    expect(lines.slice(20).map(({ length }) => length)).toEqual([65_536, 65_536, 18_928]);
  });

  it('are bounded in memory while the store is slow: lines beyond are counted, not kept', async () => {
    const { log, artifactStore, read } = createLog();
    const { promise, resolve } = Promise.withResolvers<void>();
    artifactStore.beforeWrite = () => promise;
    const line = 'x'.repeat(60_000);
    for (let count = 0; count < 500; count++) log.write('info', line);
    resolve();
    await log.close();
    const texts = (await read()).map(({ text }) => text);
    const kept = texts.filter((text) => text === line).length;
    expect(kept * line.length).toBeLessThan(17_000_000);
    expect(texts.at(-1)).toBe(`${500 - kept} lines are missing here: the artifact store did not take them in time.`);
  });

  it('take no line after the end', async () => {
    const { log, read } = createLog();
    await log.close();
    log.write('info', 'too late');
    await log.close();
    expect(await read()).toEqual([]);
  });
});
