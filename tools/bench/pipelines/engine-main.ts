/** The process of an engine: it does what its parent asks, so that nothing else of this bench is measured with it. */
import type { Answer } from '../ask-process.ts';
import { peakMemory } from '../peak-memory.ts';
import type { BenchedEngine, RunPipeline } from './benched-engine.ts';
import type { Answers, Question } from './engine-process.ts';
import { engineEntry } from './engines.ts';

let engine: BenchedEngine | undefined;
let run: RunPipeline | undefined;
/** What the last step of a run is to give, beyond its seed. */
let gain = 0;
let seed = 0;

process.on('message', (question: Question) => {
  answer(question).then(
    (result) => process.send?.({ result } satisfies Answer<Answers[keyof Answers]>),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Answer<Answers[keyof Answers]>),
  );
});

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.ask) {
    case 'open':
      engine = await engineEntry(question.engine).open(question.place);
      return { by: engine.by };
    case 'prepare': {
      const prepared = await engine?.prepare(question.shape, question.steps);
      if (typeof prepared === 'string') return { lacking: prepared };
      run = prepared;
      gain = question.steps;
      return {};
    }
    case 'run': {
      const start = performance.now();
      for (let count = 0; count < question.runs; count++) {
        // Further than any run gets.
        seed += 1_000_000;
        const last = await run?.(seed);
        if (last !== seed + gain) throw new Error(`a run gave ${last}, and ${seed + gain} would be right`);
      }
      return { milliseconds: performance.now() - start };
    }
    case 'run-cached': {
      if (engine?.runCached === undefined) throw new Error('it has no cache');
      const start = performance.now();
      await engine.runCached();
      return { milliseconds: performance.now() - start };
    }
    case 'memory':
      return { bytes: peakMemory() };
    case 'close':
      await engine?.[Symbol.asyncDispose]();
      return {};
  }
}
