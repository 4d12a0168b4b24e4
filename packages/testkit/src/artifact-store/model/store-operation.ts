import fc, { type Arbitrary } from 'fast-check';

/** What a write, copy or rename is bound to: to nothing, to absence, or to the etag that the target has or had. */
export type Condition = 'none' | 'ifAbsent' | 'ifMatch' | 'ifMatch of before';

/** One step of a program, of JSON values, so that it reads well where it fails. Keys are relative to a directory. */
export type StoreOperation =
  | {
      readonly do: 'write';
      readonly key: string;
      readonly size: number;
      readonly condition: Condition;
      readonly as: 'bytes' | 'stream';
    }
  | { readonly do: 'read'; readonly key: string; readonly start: number; readonly length: number | null }
  | { readonly do: 'stat' | 'remove'; readonly key: string }
  | { readonly do: 'exists' | 'isDirectory'; readonly key: string }
  | { readonly do: 'list' | 'walk'; readonly directory: string }
  | { readonly do: 'removeTree'; readonly directory: string }
  | { readonly do: 'glob'; readonly pattern: string }
  | { readonly do: 'copy' | 'rename'; readonly from: string; readonly to: string; readonly condition: Condition }
  | { readonly do: 'removeMany'; readonly keys: readonly string[] };

/** Few keys, so that they meet: objects, their directories, beginnings of each other. */
const key = fc.constantFrom('a', 'a/b', 'a/b/c', 'a/d', 'ab', 'a-b', 'e f/\u00e9', 'e f/%2F');
const condition = fc.constantFrom<Condition>('none', 'none', 'none', 'ifAbsent', 'ifMatch', 'ifMatch of before');
const directory = fc.constantFrom('', 'a', 'a/b', 'e f', 'nothing');
const size = fc.constantFrom(0, 1, 2, 100, 70_000);

/** A step of a random program; those that change something come more often. */
export const operationArbitrary: Arbitrary<StoreOperation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write'), key, size, condition, as: fc.constantFrom('bytes', 'stream') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('copy', 'rename'), from: key, to: key, condition }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('stat', 'remove'), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('exists', 'isDirectory'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('read'),
      key,
      start: fc.constantFrom(0, 0, 1, 99, 70_000),
      length: fc.constantFrom(null, 0, 1, 50, 70_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('list', 'walk'), directory }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('removeTree'), directory }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('glob'),
      pattern: fc.constantFrom('*', '**', 'a/*', 'a*', '**/?', '{a,e}*/**'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('removeMany'), keys: fc.array(key, { maxLength: 4 }) }) },
);
