import { type StackDocument, stackDocumentJson } from './stack-document.ts';

/**
 * The text of a document, as YAML. Equal documents have equal texts.
 *
 * @param schema path or URL of the JSON Schema that editors are to use, as seen from the file. Default: none
 */
export async function formatStackDocument(document: StackDocument, schema?: string): Promise<string> {
  const { Document } = await import('yaml');
  const yaml = new Document(stackDocumentJson(document), { aliasDuplicateObjects: false });
  if (schema !== undefined) yaml.commentBefore = ` yaml-language-server: $schema=${schema}`;
  return yaml.toString({ lineWidth: 0 });
}
