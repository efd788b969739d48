/**
 * Elements below a byte, as weight files and Core ML's protobuf pack them: element after element in one stream of bits that
 * fills each byte from its low end, so 3-bit and 6-bit elements cross bytes. (Checked against the bytes that coremltools' own
 * writer gives for every width.) In memory there is one element per byte.
 */

/** Bytes that `count` packed elements take. */
export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** Bits of the last byte that hold no element. */
export function paddingBits(count: number, bits: number): number {
  return packedBytes(count, bits) * 8 - count * bits;
}

/** Packs the low `bits` (1 to 8) of each element; unused bits of the last byte are 0. */
export function packBits(elements: Uint8Array | Int8Array, bits: number): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(packedBytes(elements.length, bits));
  const mask = (1 << bits) - 1;
  let pending = 0;
  let held = 0;
  let position = 0;
  for (let index = 0; index < elements.length; index++) {
    pending |= (elements[index]! & mask) << held;
    held += bits;
    while (held >= 8) {
      packed[position++] = pending & 0xff;
      pending >>= 8;
      held -= 8;
    }
  }
  if (held > 0) packed[position] = pending;
  return packed;
}

/**
 * The elements of a packed stream, one per byte; signed ones have their sign.
 *
 * @throws Error where `packed` is shorter than `count` elements
 */
export function unpackBits(packed: Uint8Array, bits: number, count: number, signed: true): Int8Array<ArrayBuffer>;
export function unpackBits(packed: Uint8Array, bits: number, count: number, signed?: false): Uint8Array<ArrayBuffer>;
export function unpackBits(packed: Uint8Array, bits: number, count: number, signed = false): Uint8Array | Int8Array {
  if (packed.length < packedBytes(count, bits)) {
    throw new Error(`${count} elements of ${bits} bits need ${packedBytes(count, bits)} bytes, found ${packed.length}`);
  }
  const elements = signed ? new Int8Array(count) : new Uint8Array(count);
  const mask = (1 << bits) - 1;
  const signShift = signed ? 32 - bits : 0;
  let pending = 0;
  let held = 0;
  let position = 0;
  for (let index = 0; index < count; index++) {
    if (held < bits) {
      pending |= packed[position++]! << held;
      held += 8;
    }
    elements[index] = ((pending & mask) << signShift) >> signShift;
    pending >>= bits;
    held -= bits;
  }
  return elements;
}
