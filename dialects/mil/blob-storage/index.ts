/** Weight files of MIL programs: reading, writing, and the packing of elements below a byte. */
export { packBits, packedBytes, paddingBits, unpackBits } from "./bits.ts";
export { type BlobType, blobTypes, isBlobType, type StoredBlob } from "./format.ts";
export { type BlobName, ModelWeights } from "./model-weights.ts";
export { BlobStorage, type ExpectedBlob, readBlob, readBlobStorage } from "./reader.ts";
export { BlobWriter, type BlobWriterOptions } from "./writer.ts";
