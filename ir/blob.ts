/**
 * Blobs: the bytes of large constants, held once and referred to by key (`dense_resource<key>`). A blob's key is made
 * of its content, so equal weights are shared and a dump finds its weights again in the sidecar file. Bytes may be a view
 * on a memory-mapped or larger file buffer; passes never copy or print them.
 */

export interface Blob {
  /** Identifies the content; printed in `dense_resource<key>`. */
  readonly key: string;
  /** Little-endian, dense, row-major; one element per byte for sub-byte types. */
  readonly bytes: Uint8Array;
}

/** A content key: `hint` (an identifier that helps people) and the first 64 bits of SHA-256. */
export function contentKey(bytes: Uint8Array, hint = "blob"): string {
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 16);
  return `${hint.replaceAll(/[^A-Za-z0-9_]/g, "_")}_${hash}`;
}

/** Wraps bytes as a blob named by their content. */
export function blobOf(bytes: Uint8Array, hint?: string): Blob {
  return { key: contentKey(bytes, hint), bytes };
}

/** Resolves keys to blobs: the sidecar of a dump, or the blobs gathered while importing. */
export class BlobStore {
  readonly #blobs = new Map<string, Blob>();

  get(key: string): Blob | undefined {
    return this.#blobs.get(key);
  }

  /** Adds a blob; one with the same key (and so the same content) is kept instead. */
  add(blob: Blob): Blob {
    const known = this.#blobs.get(blob.key);
    if (known !== undefined) return known;
    this.#blobs.set(blob.key, blob);
    return blob;
  }

  values(): IterableIterator<Blob> {
    return this.#blobs.values();
  }

  get size(): number {
    return this.#blobs.size;
  }
}
