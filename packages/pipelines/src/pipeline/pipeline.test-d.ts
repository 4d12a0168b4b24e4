import { Readable } from 'node:stream';
import type { JsonValue } from '@stack/core';
import { type } from 'arktype';
import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import {
  asStream,
  directoryArtifact,
  type FileArtifact,
  fileArtifact,
  type OutputHandle,
  optional,
  type PipelineRun,
  pipeline,
  type RunOptions,
  type StepContext,
  step,
} from '../index.ts';

interface Penguin {
  readonly species: string;
  readonly mass: number | null;
}

const load = step({ name: 'load' }, async (): Promise<Penguin[]> => []);
const split = step(
  { name: 'split', outputs: ['train', 'test'] },
  ({ rows, ratio }: { rows: readonly Penguin[]; ratio: number }) => ({ train: rows.slice(ratio), test: [...rows] }),
);
const train = step({ name: 'train', retry: { attempts: 2 } }, async ({ rows }: { rows: Penguin[] }, context) => {
  expectTypeOf(context.attempt).toEqualTypeOf<number>();
  return { weights: [rows.length] };
});
const vote = step(
  { name: 'vote' },
  ({ models, by }: { models: { weights: number[] }[]; by?: string }) => models.length > 1 && by !== undefined,
);
const notify = step({ name: 'notify' }, async (_input, context) => context.log.info('done'));

declare const options: RunOptions;

describe('a step in a pipeline', () => {
  it('returns handles that are typed by the function', () => {
    expectTypeOf(load()).toEqualTypeOf<OutputHandle<Penguin[]>>();
    expectTypeOf(split({ rows: load(), ratio: 0.5 }).test).toEqualTypeOf<OutputHandle<Penguin[]>>();
    expectTypeOf(train({ rows: load() })).toEqualTypeOf<OutputHandle<{ weights: number[] }>>();
    expectTypeOf(vote({ models: [] })).toEqualTypeOf<OutputHandle<boolean>>();
  });

  it('hands on null for a function without a result', () => {
    expectTypeOf(notify()).toEqualTypeOf<OutputHandle<null>>();
    const find = step({ name: 'find' }, (): string | undefined => undefined);
    expectTypeOf(find()).toEqualTypeOf<OutputHandle<string | null>>();
  });

  it('takes a value, a handle, or data with handles inside', () => {
    const model = train({ rows: load() });
    train({ rows: [{ species: 'Adelie', mass: null }] });
    vote({ models: [model, { weights: [1] }, model] });
    vote({ models: [{ weights: step({ name: 'weigh' }, () => [1, 2])() }], by: 'mass' });
  });

  it('takes any data where it accepts any, and recursive data', () => {
    const anything = step({ name: 'anything' }, (_input: { value: unknown; json: JsonValue }) => 1);
    anything({ value: load(), json: { list: [1, null] } });
    anything({ value: 1, json: [step({ name: 'text' }, () => 'text')()] });
  });

  it('does not compile with a wrong, missing or unknown input', () => {
    // @ts-expect-error
    train({ rows: split({ rows: load(), ratio: 0.5 }) });
    // @ts-expect-error
    train({ rows: vote({ models: [] }) });
    // @ts-expect-error
    split({ rows: load(), ratio: 'half' });
    // @ts-expect-error
    split({ rows: load() });
    // @ts-expect-error
    train();
    // @ts-expect-error
    train({});
    // @ts-expect-error
    train(load());
    // @ts-expect-error
    train({ rows: load(), epochs: 3 });
    // @ts-expect-error
    load({ rows: 1 });
    // @ts-expect-error
    vote({ models: [load()] });
  });

  it('does not compile with a misspelt output, where it is used or where it is declared', () => {
    const outputs = split({ rows: load(), ratio: 0.5 });
    // @ts-expect-error
    outputs.tset;
    // @ts-expect-error
    train({ rows: split({ rows: load(), ratio: 0.5 }).tset });
    // @ts-expect-error
    step({ name: 'split', outputs: ['train', 'tset'] }, () => ({ train: 1, test: 2 }));
    // @ts-expect-error
    step({ name: 'split', outputs: ['train'] }, () => 5);
    // @ts-expect-error
    step({ name: 'split', outputs: [] }, () => ({ train: 1 }));
  });

  it('does not compile where a handle is used as the value', () => {
    const rows = load();
    // @ts-expect-error
    rows.length;
    // @ts-expect-error
    [...rows];
    const count = step({ name: 'count' }, () => 3)();
    // @ts-expect-error
    count + 1;
    // @ts-expect-error
    count satisfies number;
  });
});

describe('run of a step', () => {
  it('takes and returns plain values', () => {
    expectTypeOf(train.run({ rows: [] })).toEqualTypeOf<Promise<{ weights: number[] }>>();
    expectTypeOf(load.run()).toEqualTypeOf<Promise<Penguin[]>>();
    void train.run({ rows: [] }, { attempt: 2 });
    // @ts-expect-error
    void train.run({ rows: load() });
    // @ts-expect-error
    void train.run();
    // @ts-expect-error
    void load.run({ rows: 1 });
    void notify.run({}, { step: 'tell' });
  });
});

describe('a pipeline', () => {
  const training = pipeline(
    { name: 'training', parameters: z.object({ ratio: z.number().default(0.8), seed: z.number() }) },
    (parameters) => {
      expectTypeOf(parameters).toEqualTypeOf<{ ratio: number; seed: number }>();
      const model = train({ rows: split({ rows: load(), ratio: parameters.ratio }).train });
      return { model, all: [vote({ models: [model] })], seed: parameters.seed };
    },
  );

  it('is typed by schemas of other libraries too', () => {
    const training = pipeline(
      { name: 'training', parameters: type({ ratio: 'number = 0.8', seed: 'number' }) },
      (parameters) => {
        expectTypeOf(parameters).toEqualTypeOf<{ ratio: number; seed: number }>();
        return load();
      },
    );
    void training.run({ seed: 1 }, options);
    // @ts-expect-error
    void training.run({ ratio: 1 }, options);
    // @ts-expect-error
    pipeline({ name: 'training', parameters: { ratio: 1 } }, () => load());
  });

  it('takes the input of its parameters', () => {
    training.plan({ seed: 1 });
    training.plan({ seed: 1, ratio: 0.5 });
    // @ts-expect-error
    training.plan({});
    // @ts-expect-error
    training.plan({ seed: '1' });
    // @ts-expect-error
    training.plan({ seed: 1, ration: 0.5 });
    // @ts-expect-error
    void training.run({ seed: 1 }, {});
  });

  it('has the values behind the handles as its result', () => {
    expectTypeOf(training.run({ seed: 1 }, options)).resolves.toEqualTypeOf<
      PipelineRun<{
        readonly model: { weights: number[] };
        readonly all: readonly boolean[];
        readonly seed: number;
      }>
    >();
    const single = pipeline({ name: 'single' }, () => load());
    expectTypeOf(single.run({}, options)).resolves.toEqualTypeOf<PipelineRun<Penguin[]>>();
    // @ts-expect-error
    single.plan({ ratio: 1 });
  });
});

describe('a run config', () => {
  const training = pipeline({ name: 'training', parameters: z.object({ seed: z.number(), ratio: z.number() }) }, () =>
    load(),
  );

  it('may give parameters that the run is then not given', () => {
    training.plan({ ratio: 1 }, { config: { parameters: { seed: 1 } } });
    void training.run({}, { ...options, config: { parameters: { seed: 1, ratio: 1 } } });
    // @ts-expect-error
    training.plan({ ratio: 1 });
    // @ts-expect-error
    void training.run({ ratio: '1' }, { ...options, config: {} });
  });

  it('does not compile with a key that it does not have', () => {
    // @ts-expect-error
    training.plan({}, { config: { setings: {} } });
    // @ts-expect-error
    training.plan({}, { config: { steps: { load: { setting: {} } } } });
  });
});

declare module '@stack/core' {
  interface SettingsBySelector {
    readonly 'orchestrator.typed'?: { readonly workers?: number; readonly pods?: { readonly limit?: number } };
  }
}

describe('settings in code', () => {
  it('do not compile with a key or value that a flavor which is known does not have', () => {
    const known = { 'orchestrator.typed': { workers: 2, pods: { limit: 1 } }, 'orchestrator.other': { any: 1 } };
    step({ name: 'train', settings: known }, () => 1);
    // @ts-expect-error
    step({ name: 'train', settings: { 'orchestrator.typed': { wokers: 2 } } }, () => 1);
    // @ts-expect-error
    step({ name: 'train', settings: { 'orchestrator.typed': { pods: { limits: 2 } } } }, () => 1);
    // @ts-expect-error
    pipeline({ name: 'training', settings: { 'orchestrator.typed': { workers: 'two' } } }, () => load());
    const training = pipeline({ name: 'training' }, () => load());
    // @ts-expect-error
    training.plan({}, { config: { steps: { load: { settings: { 'orchestrator.typed': { wokers: 2 } } } } } });
  });

  it('are objects of JSON, by selector', () => {
    step({ name: 'train', settings: { orchestrator: { concurrency: 2, tags: ['a', null] } } }, () => 1);
    // @ts-expect-error
    step({ name: 'train', settings: { orchestrator: 2 } }, () => 1);
    // @ts-expect-error
    pipeline({ name: 'training', settings: { orchestrator: { since: new Date() } } }, () => load());
  });
});

describe('the context of a step', () => {
  it('does not compile with metadata of an output that the step does not have', () => {
    step({ name: 'split', outputs: ['train', 'test'] }, (_input, context) => {
      context.logMetadata({ rows: 1 }, { output: 'test' });
      // @ts-expect-error
      context.logMetadata({ rows: 1 }, { output: 'tset' });
      // @ts-expect-error
      context.logMetadata({ rows: 1 }, 'test');
      return { train: 1, test: 2 };
    });
    step({ name: 'fit', outputs: { model: {} } }, ({ rows }: { rows: number }, context) => {
      // @ts-expect-error
      context.logMetadata({ rows }, { output: 'output' });
      return { model: rows };
    });
    step({ name: 'single' }, async (_input, context) => {
      context.logMetadata({}, { output: 'output' });
      // @ts-expect-error
      context.logMetadata({}, { output: 'single' });
    });
  });

  it('is the same for hooks, and may be handed to functions that know of no outputs', () => {
    const note = (context: StepContext) => context.logMetadata({ rows: 1 }, { output: 'any' });
    step({ name: 'noted', outputs: ['train'], onStart: note }, (_input, context) => {
      note(context);
      return { train: 1 };
    });
    step(
      {
        name: 'told',
        outputs: ['train'],
        // @ts-expect-error
        onSuccess: (context) => context.logMetadata({}, { output: 'trian' }),
      },
      () => ({ train: 1 }),
    );
    const told = step({ name: 'typed' }, (_input: object, context: StepContext) => context.attempt);
    void told.run({}, { attempt: 1 });
  });
});

describe('an output', () => {
  it('that is a stream is handed on as bytes, and as a stream to who asks for one', () => {
    const read = step({ name: 'read' }, () => new ReadableStream<Uint8Array>());
    expectTypeOf(read()).toEqualTypeOf<OutputHandle<Uint8Array>>();
    expectTypeOf(step({ name: 'node' }, async () => Readable.from(['a']))()).toEqualTypeOf<OutputHandle<Uint8Array>>();
    expectTypeOf(asStream(read())).toEqualTypeOf<OutputHandle<Readable>>();
    expectTypeOf(asStream(optional(read()))).toEqualTypeOf<OutputHandle<Readable | undefined>>();
  });

  it('that is a file or directory is handed on as one', () => {
    const write = step({ name: 'write' }, () => fileArtifact('a'));
    const take = step({ name: 'take' }, (_input: { file: FileArtifact; all: readonly FileArtifact[] }) => 1);
    take({ file: write(), all: [write()] });
    // @ts-expect-error
    take({ file: step({ name: 'folder' }, () => directoryArtifact('a'))(), all: [] });
  });

  it('of which a step says something is one that it returns', () => {
    const options = { name: 'split', outputs: { train: { schema: z.array(z.number()) }, test: {} } } as const;
    const cut = step(options, () => ({ train: [1], test: 'a' }));
    expectTypeOf(cut().train).toEqualTypeOf<OutputHandle<number[]>>();
    // @ts-expect-error
    cut().trian;
    // @ts-expect-error
    step(options, () => ({ train: [1] }));
    // @ts-expect-error
    step({ name: 'one', output: { schema: 'number' } }, () => 1);
  });
});
