/** The weight file of a MIL program: see `dialects/mil/blob-storage`. */
export {
  type BlobType,
  BlobWriter,
  blobTypes,
  isBlobType,
  readBlob,
  readBlobStorage,
  type StoredBlob,
} from "../../dialects/mil/blob-storage/index.ts";
