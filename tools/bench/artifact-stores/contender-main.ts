/** The process of a contender: it does what its parent asks, so that its memory is its own. */
import type { Answer } from '../ask-process.ts';
import { peakMemory } from '../peak-memory.ts';
import type { BenchedStore } from './benched-store.ts';
import type { Question, Result } from './contender-process.ts';
import { openContender } from './contenders.ts';
import { runTurn } from './turns.ts';

let store: BenchedStore | undefined;

process.on('message', (question: Question) => {
  answer(question).then(
    (result) => process.send?.({ result } satisfies Answer<Result>),
    (error: unknown) => process.send?.({ error: messageOf(error) } satisfies Answer<Result>),
  );
});

async function answer(question: Question): Promise<Result> {
  switch (question.ask) {
    case 'open': {
      const opened = await openContender(question.contender, question.place);
      if (typeof opened === 'string') return { lacking: opened };
      store = opened;
      const operation = opened[question.operation];
      return typeof operation === 'string' ? { lacking: operation } : { by: opened.by };
    }
    case 'turn': {
      const operation = store?.[question.operation];
      if (operation === undefined || typeof operation === 'string') throw new Error('it has no such operation');
      await runTurn(question.operation, operation, question.turn);
      return {};
    }
    case 'memory':
      return { memory: peakMemory() };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
