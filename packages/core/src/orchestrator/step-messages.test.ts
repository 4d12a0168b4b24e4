import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { StepOutput } from './step-messages.ts';

const program = `
  import { writeStepMessage } from ${JSON.stringify(import.meta.resolve('./step-messages.ts'))};
  process.stdout.write('before ');
  writeStepMessage(JSON.stringify({ type: 'line', text: 'é\\nü' }));
  console.log('between');
  writeStepMessage(JSON.stringify('x'.repeat(100_000)));
  process.stdout.write('after');
`;

function printed(): Buffer {
  const options = ['--conditions=@stack/source', '--input-type=module', '--eval', program];
  const env = { ...process.env, STACK_STEP_MESSAGES: 'stdout' };
  return spawnSync(process.execPath, options, { env }).stdout;
}

function read(chunks: readonly Uint8Array[]) {
  const messages: string[] = [];
  let output = '';
  const reader = new StepOutput({
    onMessage: (line) => messages.push(line),
    onOutput: (_, chunk) => {
      output += Buffer.from(chunk).toString('latin1');
    },
  });
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return { messages, output };
}

const expected = {
  messages: [JSON.stringify({ type: 'line', text: 'é\nü' }), JSON.stringify('x'.repeat(100_000))],
  output: 'before between\nafter',
};

test('messages that a program prints are taken out of what else it prints, wherever the output is cut', () => {
  const bytes = printed();
  expect(read([bytes])).toEqual(expected);
  for (let cut = 0; cut < 120; cut++) expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, i) =>
    bytes.subarray(i * 777, (i + 1) * 777),
  );
  expect(read(pieces)).toEqual(expected);
});

test('a message that was cut by the end of the program is none, and what only looks like the beginning of one is output', () => {
  const bytes = printed();
  const cut = bytes.subarray(0, bytes.length - 100);
  expect(read([cut])).toEqual({ messages: expected.messages.slice(0, 1), output: 'before between\n' });
  expect(read([Buffer.from('a\u001Estack-st'), Buffer.from('\u001E')])).toEqual({
    messages: [],
    output: 'a\u001Estack-st\u001E',
  });
});
