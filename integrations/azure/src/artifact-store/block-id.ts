import { randomBytes } from 'node:crypto';

/** When a block was staged, and by which upload. */
export interface BlockOrigin {
  readonly upload: string;
  readonly stagedAt: Date;
}

export function newUploadId(): string {
  return randomBytes(10).toString('hex');
}

/**
 * The id of a block. Blob Storage does not tell when a block was staged, so that its id does. All ids of a blob, also
 * those that others have staged, have to have one length: this is that of Microsoft's SDKs.
 */
export function blockId(upload: string, index: number): string {
  const name = `stack-${String(Date.now()).padStart(13, '0')}-${upload}-${String(index).padStart(7, '0')}`;
  return Buffer.from(name).toString('base64');
}

/** Where a block comes from; `undefined` for one that no store of this flavor has staged. */
export function originOfBlock(id: string): BlockOrigin | undefined {
  const [, time = '', upload = ''] =
    /^stack-(\d{13})-([0-9a-f]{20})-\d{7}$/.exec(Buffer.from(id, 'base64').toString()) ?? [];
  return upload === '' ? undefined : { upload, stagedAt: new Date(Number(time)) };
}
