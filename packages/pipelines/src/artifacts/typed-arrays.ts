const classes = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** A typed array, but for `Uint8Array`. */
export type NumberArray = InstanceType<(typeof classes)[number]>;

/** The classes of typed arrays by name: `Float64Array`, ... Without those of plain bytes. */
export const numberArrays: ReadonlyMap<string, new (buffer: ArrayBuffer) => NumberArray> = new Map(
  classes.map((arrayClass) => [arrayClass.name, arrayClass]),
);

const byteArrays: readonly object[] = [Uint8Array.prototype, Buffer.prototype];

/** Whether a value is a typed array, and no instance of a class that extends one. */
export function isTypedArray(value: object): value is NumberArray | Uint8Array {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null) return false;
  return byteArrays.includes(prototype) || classes.some((arrayClass) => arrayClass.prototype === prototype);
}

/** The bytes of a typed array alone, and nothing else of the buffer that it lies in. */
export function bytesOf(array: NumberArray | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A typed array of a class, with a buffer of its own. */
export function arrayOf(name: string, bytes: Uint8Array): NumberArray | Uint8Array | undefined {
  if (name === 'Buffer') return Buffer.from(bytes);
  const buffer = Uint8Array.from(bytes).buffer;
  const NumberArrayClass = numberArrays.get(name);
  if (NumberArrayClass !== undefined) return new NumberArrayClass(buffer);
  return name === 'Uint8Array' ? new Uint8Array(buffer) : undefined;
}
