import type { StoredObject } from '@stack/core';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showSize } from '../output/records.ts';
import { renderFields } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const artifact = await project.runs.getArtifact(invocation.positional('ARTIFACT'));
  const { id, name, version, tags, runId, step, output, store, path, size, sha256, createdAt } = artifact;
  const { materializer, materializerVersion, contents, visualizations, schema, metadata } = artifact;
  const fields: [string, string][] = [
    ['id', id],
    ['name', name],
    ['version', String(version)],
    ['tags', tags.join(', ')],
    ['run', runId === undefined ? '' : (await project.runs.getRun(runId)).name],
    ['step', step ?? ''],
    ['output', output ?? ''],
    ['materializer', materializerVersion === 1 ? materializer : `${materializer}, version ${materializerVersion}`],
    ['artifact store', `${store.component} (${store.flavor})`],
    ['at', `${store.root}/${path}`],
    ['size', showSize(size)],
    ['sha256', sha256],
    ['contents', contents.length === 0 ? '' : showObjects(contents)],
    [
      'visualizations',
      visualizations.map((each) => `${each.name} (${each.mediaType}, ${showSize(each.size)})`).join(', '),
    ],
    ['schema', schema === undefined ? '' : JSON.stringify(schema)],
    ['metadata', Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata)],
    ['written', createdAt.toISOString()],
  ];
  const shown = fields.filter(([, value]) => value !== '');
  return { data: artifact, text: renderFields(shown, invocation.screen) };
}

function showObjects(objects: readonly StoredObject[]): string {
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  return `${objects.length} further ${objects.length === 1 ? 'object' : 'objects'} of ${showSize(size)}`;
}
