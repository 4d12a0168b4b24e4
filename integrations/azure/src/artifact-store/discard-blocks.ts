import type { ContainerClient } from '@azure/storage-blob';
import { serviceCodeOf } from './azure-error-code.ts';
import { placeholderType } from './blob-stat.ts';
import { type BlockOrigin, originOfBlock } from './block-id.ts';

/** Blocks that were staged for a blob that was never committed. */
export interface StagedBlocks {
  /** Bytes of all of them. */
  readonly size: number;
  /** When the last of them was staged. */
  readonly stagedAt: Date;
}

export interface DiscardOptions {
  /** Whether a block may be thrown away. If one of a blob may not, none of it is. */
  readonly isGarbage: (origin: BlockOrigin) => boolean;
  readonly dryRun: boolean;
  readonly abortSignal: AbortSignal;
}

/**
 * Throws away what was staged for a blob that does not exist, unless some of it is none of a store of this flavor.
 *
 * @returns what it was; `undefined` when nothing was thrown away
 */
export async function discardBlocks(
  container: ContainerClient,
  name: string,
  { isGarbage, dryRun, abortSignal }: DiscardOptions,
): Promise<StagedBlocks | undefined> {
  const blob = container.getBlockBlobClient(name);
  const { uncommittedBlocks: blocks = [] } = await blob.getBlockList('uncommitted', { abortSignal });
  const origins = blocks.map((block) => originOfBlock(block.name)).filter((origin) => origin !== undefined);
  if (origins.length === 0 || origins.length < blocks.length || !origins.every(isGarbage)) return undefined;
  const staged = {
    size: blocks.reduce((sum, { size }) => sum + size, 0),
    stagedAt: new Date(Math.max(...origins.map(({ stagedAt }) => stagedAt.getTime()))),
  };
  if (dryRun) return staged;
  try {
    // Only a blob in their place does it.
    const { etag = '' } = await blob.commitBlockList([], {
      abortSignal,
      conditions: { ifNoneMatch: '*' },
      blobHTTPHeaders: { blobContentType: placeholderType },
    });
    await blob.delete({ abortSignal, conditions: { ifMatch: etag } });
    return staged;
  } catch (error) {
    // Someone has written the blob meanwhile.
    if (['BlobAlreadyExists', 'ConditionNotMet', 'BlobNotFound'].includes(serviceCodeOf(error) ?? '')) return undefined;
    throw error;
  }
}
