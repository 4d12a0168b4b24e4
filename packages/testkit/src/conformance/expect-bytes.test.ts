import { expect, it } from 'vitest';
import { expectBytes, expectTexts } from './expect-bytes.ts';

const bytes = Buffer.from('0123456789');

it('says where bytes are not the same', () => {
  expectBytes(bytes, Buffer.from(bytes));
  expect(() => expectBytes(Buffer.from('0123x56789'), bytes)).toThrow(
    'the bytes of the object are others from byte 4 on',
  );
  expect(() => expectBytes(bytes.subarray(1), bytes, 'a/b')).toThrow('the bytes of a/b are others from byte 0 on');
  expect(() => expectBytes(bytes.subarray(0, 9), bytes)).toThrow('the object has 9 bytes, and not 10');
  expect(() => expectBytes(Buffer.concat([bytes, bytes]), bytes)).toThrow('the object has 20 bytes, and not 10');
  expect(() => expectBytes(undefined, bytes)).toThrow('the object is missing');
});

it('says where lists of texts are not the same', () => {
  expectTexts(['a', 'b'], ['a', 'b']);
  expect(() => expectTexts(['a', 'c'], ['a', 'b'])).toThrow('entry 1 is "c", and not "b"');
  expect(() => expectTexts(['a'], ['a', 'b'])).toThrow(
    'the listing has 1 entries, 2 are expected; entry 1 is nothing, and not "b"',
  );
  expect(() => expectTexts(['a', 'b'], ['a'])).toThrow('entry 1 is "b", and not nothing');
});
