/** MIL programs as documents (what text and protobuf spell) and as modules of the mil dialect: both directions. */
export { type BlobPlacer, type DocumentOptions, documentOf } from "./document-of.ts";
export { type BlobReader, type ModuleOptions, moduleOf } from "./module-of.ts";
