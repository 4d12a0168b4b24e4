import { isPlainObject, type JsonObject, maskValue, StackError } from '@stack/core';
import { formatJsonProblems, inspectJson } from './json-data.ts';

/**
 * Metadata as it is recorded: a copy, masked.
 *
 * @throws ARGUMENT_INVALID for what is no JSON object, naming the fields
 */
export function recordedMetadata(metadata: JsonObject): JsonObject {
  const { problems } = inspectJson(metadata);
  if (isPlainObject(metadata) && problems.length === 0) return maskValue(JSON.parse(JSON.stringify(metadata)));
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message:
      problems.length === 0
        ? 'Metadata has to be an object.'
        : `Metadata has to be JSON:\n${formatJsonProblems(problems)}`,
    hint: 'Give names and values that JSON has, such as { rows: 344 }. What is larger is better saved as an artifact.',
    problems,
  });
}
