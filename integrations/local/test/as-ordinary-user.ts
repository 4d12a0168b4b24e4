import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const nobody = 65_534;

/**
 * Runs work as a user whom permissions keep from something: nothing keeps root, who becomes another one meanwhile, to whom
 * the folder then belongs.
 */
export async function asOrdinaryUser(folder: string, work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  await chown(folder, nobody, nobody);
  for (const entry of await readdir(folder, { recursive: true })) await chown(join(folder, entry), nobody, nobody);
  process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
