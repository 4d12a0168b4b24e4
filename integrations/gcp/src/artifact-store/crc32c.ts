import { crc32c } from '@node-rs/crc32';

/** The CRC32C of bytes that come one after the other, as Cloud Storage writes it: big-endian, in Base64. */
export class Crc32c {
  #value = 0;

  update(bytes: Uint8Array): this {
    this.#value = crc32c(bytes, this.#value);
    return this;
  }

  toString(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes.toString('base64');
  }
}
