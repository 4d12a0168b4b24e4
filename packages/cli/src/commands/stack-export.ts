import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { StackError } from '@stack/core/errors';
import { formatStackDocument, stackDocumentJson } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { writeNamedFile } from '../output/write-named-file.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const file = invocation.positional('FILE');
  if (file !== '' && !/\.(?:ya?ml|json)$/.test(file)) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `A stack is exported as YAML or JSON, and ${file} is neither.`,
      hint: 'Give a file that ends in .yaml or .json.',
    });
  }
  await using project = await openProjectHere(invocation);
  const document = await project.documents.export(invocation.positional('NAME') || undefined);
  const json = stackDocumentJson(document);
  // Printed, it is for a file at the root of the project.
  const path = file === '' ? resolve(project.root, 'stack.yaml') : resolve(invocation.workingDirectory, file);
  const text = path.endsWith('.json')
    ? `${JSON.stringify(json, undefined, 2)}\n`
    : await formatStackDocument(document, schemaSeenFrom(path, project.root, await project.documents.writeSchema()));
  if (file === '') return { data: { document: json, text }, text: text.trimEnd() };
  await writeNamedFile(path, text, { replace: invocation.flag('force') });
  return { data: { document: json, text, file: path }, text: `Exported the stack "${document.name}" to ${path}.` };
}

/** `undefined` for a file outside of the project: the schema is of the project's machine. */
function schemaSeenFrom(file: string, root: string, schema: string): string | undefined {
  const inside = relative(root, file);
  if (inside.startsWith('..') || isAbsolute(inside)) return undefined;
  return relative(dirname(file), schema).split(sep).join('/');
}
