import { describe, expect, it } from 'vitest';
import { planDocument } from './plan-document.ts';
import { parseStackDocument, type StackDocumentInput } from './stack-document.ts';

const document = (input: Omit<StackDocumentInput, 'version'>) => parseStackDocument({ version: 1, ...input }, 'a test');
const files = {
  type: 'artifact-store',
  name: 'files',
  flavor: 's3',
  config: { path: 's3://a', retry: { attempts: 3 } },
};
const prod = { name: 'prod', components: { orchestrator: 'default', 'artifact-store': 'files' } };
const both = document({ components: [files], stacks: [prod] });
const nothing = document({});
const actions = (changes: ReturnType<typeof planDocument>) =>
  changes.map(({ kind, name, action }) => `${action} ${kind} ${name}`);

describe('planDocument', () => {
  it('creates what is not there, components before stacks', () => {
    expect(actions(planDocument(both, nothing, new Set()))).toEqual(['create component files', 'create stack prod']);
  });

  it('has nothing to do when the project is as the document says', () => {
    expect(actions(planDocument(both, both, new Set()))).toEqual(['unchanged component files', 'unchanged stack prod']);
  });

  it('says which fields an update changes, from what to what', () => {
    const after = document({
      components: [{ ...files, config: { path: 's3://b', retry: { attempts: 3, delay: 1 } } }],
    });
    const [change] = planDocument(after, both, new Set());
    expect(change).toMatchObject({
      action: 'update',
      fields: [
        { path: 'config.path', before: 's3://a', after: 's3://b' },
        { path: 'config.retry.delay', before: undefined, after: 1 },
      ],
    });
  });

  it('takes a field away that the document no longer has', () => {
    const after = document({ components: [{ ...files, config: { path: 's3://a' } }] });
    expect(planDocument(after, both, new Set())[0]?.fields).toEqual([
      { path: 'config.retry.attempts', before: 3, after: undefined },
    ]);
  });

  it('replaces a component whose flavor changed', () => {
    const after = document({ components: [{ ...files, flavor: 'gcs' }] });
    expect(planDocument(after, both, new Set())[0]?.action).toBe('replace');
  });

  it('treats another order of the components of a type as a change, since the first is the default', () => {
    const ordered = (names: string[]) => document({ stacks: [{ name: 'prod', components: { alerter: names } }] });
    expect(planDocument(ordered(['b', 'a']), ordered(['a', 'b']), new Set())[0]?.action).toBe('update');
  });

  it('deletes what a document made and no longer has, stacks first, and nothing else', () => {
    const managed = new Set(['component:artifact-store:files', 'stack:prod']);
    expect(actions(planDocument(nothing, both, managed))).toEqual(['delete stack prod', 'delete component files']);
    expect(planDocument(nothing, both, new Set())).toEqual([]);
  });
});
