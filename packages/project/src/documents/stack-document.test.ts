import { describe, expect, it } from 'vitest';
import { defineStack } from './define-stack.ts';
import { parseStackDocument, stackDocumentJsonSchema } from './stack-document.ts';

describe('parseStackDocument', () => {
  it('fills in what may be left out, so that equal documents are equal', () => {
    const short = { version: 1, components: [{ type: 'orchestrator', name: 'a', flavor: 'local' }] };
    const component = { type: 'orchestrator', name: 'a', flavor: 'local', config: {}, settings: {}, labels: {} };
    expect(parseStackDocument(short, 'it')).toEqual({ version: 1, flavors: [], components: [component], stacks: [] });
  });

  it('reports every problem, by path', () => {
    const value = { version: 1, stack: [], components: [{ type: 'orchestrator', nmae: 'a', flavor: 3 }] };
    const read = () => parseStackDocument(value, 'stack.yaml');
    expect(read).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        problems: expect.arrayContaining([
          expect.objectContaining({ path: 'stack', hint: 'Did you mean "stacks"?' }),
          expect.objectContaining({ path: 'components.0.nmae', hint: 'Did you mean "name"?' }),
          expect.objectContaining({ path: 'components.0.flavor' }),
          expect.objectContaining({ path: 'components.0.name', message: 'is required' }),
        ]),
      }),
    );
  });

  it('refuses two things of one name', () => {
    const stack = { name: 'prod', components: {} };
    expect(() => parseStackDocument({ version: 1, stacks: [stack, stack] }, 'it')).toThrow(
      'stacks: "prod": is there twice',
    );
  });

  it('takes what defineStack makes: components written where they are used, once each', () => {
    const files = { type: 'artifact-store', name: 'files', flavor: 's3', config: {}, settings: {}, labels: {} };
    const definition = defineStack(
      { name: 'a', components: { orchestrator: 'default', 'artifact-store': files } },
      { name: 'b', components: { orchestrator: 'default', 'artifact-store': [files, 'other'] } },
    );
    expect(parseStackDocument(definition, 'it')).toMatchObject({
      components: [files],
      stacks: [
        { name: 'a', components: { orchestrator: ['default'], 'artifact-store': ['files'] } },
        { name: 'b', components: { 'artifact-store': ['files', 'other'] } },
      ],
    });
  });
});

describe('stackDocumentJsonSchema', () => {
  it('describes every field of a document', () => {
    const properties = stackDocumentJsonSchema().properties as Record<string, unknown>;
    expect(Object.keys(properties)).toEqual(['version', 'flavors', 'components', 'stacks']);
  });
});
