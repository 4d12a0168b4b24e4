import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const keyLength = 32;
/** 96 bits, drawn anew for each value: what the algorithm is made for. */
const nonceLength = 12;
const tagLength = 16;
/** Hexadecimal digits: enough that no two keys of anybody have one id. */
const idLength = 16;

const hexPattern = new RegExp(`^[0-9A-Fa-f]{${keyLength * 2}}$`);
const base64Pattern = /^[A-Za-z0-9+/_-]{43}=?$/;

/** A key that seals values. Nothing that prints it shows the key. */
export class SecretKey {
  /** Tells keys apart, and nothing of the key. */
  readonly id: string;
  readonly #key: Buffer;
  readonly #sealing: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
    this.id = derive(key, 'id').toString('hex').slice(0, idLength);
    this.#sealing = derive(key, 'seal');
  }

  static generate(): SecretKey {
    return new SecretKey(randomBytes(keyLength));
  }

  /** The key that a text is, as base64, base64url or hexadecimal; `undefined` for any other text. */
  static parse(text: string): SecretKey | undefined {
    if (hexPattern.test(text)) return new SecretKey(Buffer.from(text, 'hex'));
    if (!base64Pattern.test(text)) return undefined;
    const key = Buffer.from(text, 'base64');
    const unpadded = text.replace('=', '');
    // A last character with bits of no byte was misread, or belongs to a longer text.
    const isWhole = [key.toString('base64url'), key.toString('base64').replace('=', '')].includes(unpadded);
    return isWhole ? new SecretKey(key) : undefined;
  }

  /** As base64, the form of a key file. */
  format(): string {
    return this.#key.toString('base64');
  }

  /** Encrypts a text, such that it opens with the same context alone. */
  seal(text: string, context: readonly string[]): string {
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv(algorithm, this.#sealing, nonce, { authTagLength: tagLength });
    cipher.setAAD(asBytes(context));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  }

  /** The text that was sealed; `undefined` when it was not by this key, not in this context, or was changed since. */
  open(sealed: string, context: readonly string[]): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    // Characters that are none of base64url are left out by `Buffer.from`.
    if (bytes.length < nonceLength + tagLength || bytes.toString('base64url') !== sealed) return undefined;
    const tag = bytes.length - tagLength;
    const decipher = createDecipheriv(algorithm, this.#sealing, bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    });
    decipher.setAAD(asBytes(context));
    decipher.setAuthTag(bytes.subarray(tag));
    const text = decipher.update(bytes.subarray(nonceLength, tag));
    try {
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}

/** A key for one purpose, from which none for another follows. */
function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `stack/secrets/${purpose}/1`, keyLength));
}

/** Unambiguous, whatever is in the texts. */
function asBytes(context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(context));
}
