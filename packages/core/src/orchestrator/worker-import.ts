import { processGlobal } from '../process-global.ts';

const state = processGlobal('worker-import', () => ({ imports: 0 }));

/** Imports the module of a pipeline for a worker. Until it is imported, no pipeline can be run in this process. */
export async function importForWorker<Module>(load: () => Promise<Module>): Promise<Module> {
  state.imports++;
  try {
    return await load();
  } finally {
    state.imports--;
  }
}

/** Whether a worker imports the module of its pipeline. Running a pipeline then would start the run again, in the run. */
export function isImportedByWorker(): boolean {
  return state.imports > 0;
}
