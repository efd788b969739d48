/**
 * Model packages: `.mlpackage` folders, in which a manifest names the model file and the folder of its weights. Written packages are
 * those of Apple's own library (paths, names, form of the manifest), but for the identifiers, which are made of the content, so that
 * the same model gives the same bytes.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DiagnosticError, messageOf } from "../../../ir/diagnostic-error.ts";
import { mapFile } from "../../../ir/map-file.ts";
import { type MlModel, readMlmodel, writeMlmodel } from "./model.ts";

const manifestName = "Manifest.json";
const author = "com.apple.CoreML";

export interface MlPackage {
  readonly model: MlModel;
  /** What `@model_path` stands for. */
  readonly modelFolder: string;
  readonly modelFile: string;
}

/**
 * Reads a package; weights stay in their file.
 *
 * @throws DiagnosticError where the manifest, or the model that it names, is missing or not right
 */
export function readMlpackage(path: string): MlPackage {
  const relative = rootModelPath(path);
  const parts = relative.split("/");
  if (relative.includes("\\") || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new DiagnosticError(`names its model by the path "${relative}", expected one inside of the package`, {
      file: join(path, manifestName),
    });
  }
  const modelFile = join(path, "Data", ...parts);
  if (!existsSync(modelFile) || !statSync(modelFile).isFile()) {
    throw new DiagnosticError(`the manifest names the model "${relative}", but there is no such file`, {
      file: modelFile,
    });
  }
  return { model: readMlmodel(mapFile(modelFile), modelFile), modelFolder: join(modelFile, ".."), modelFile };
}

/** The path of the root model below `Data`, as the manifest states it. */
function rootModelPath(path: string): string {
  const file = join(path, manifestName);
  if (!existsSync(file)) throw new DiagnosticError(`is no model package: it has no ${manifestName}`, { file: path });
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new DiagnosticError(`is not JSON: ${messageOf(error)}`, { file });
  }
  const format = member(manifest, "fileFormatVersion");
  if (typeof format !== "string" || !format.startsWith("1.")) {
    const found = format === undefined ? "no fileFormatVersion" : `the fileFormatVersion ${JSON.stringify(format)}`;
    throw new DiagnosticError(`has ${found}, expected "1.0.0"`, { file });
  }
  const root = member(manifest, "rootModelIdentifier");
  if (typeof root !== "string") throw new DiagnosticError("has no rootModelIdentifier", { file });
  const relative = member(member(member(manifest, "itemInfoEntries"), root), "path");
  if (typeof relative !== "string") {
    throw new DiagnosticError(`has no item with a path for the rootModelIdentifier "${root}"`, { file });
  }
  return relative;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** What gives a weight file piece by piece: a `BlobWriter`. */
export interface WeightChunks {
  chunks(): Iterable<Uint8Array>;
  writeTo(path: string): void;
}

/**
 * Writes a package; one that is there already is replaced when the new one is complete.
 *
 * @throws DiagnosticError where something else than a package is at `path`
 */
export function writeMlpackage(path: string, model: MlModel, weights?: WeightChunks | Uint8Array): void {
  if (existsSync(path) && !existsSync(join(path, manifestName))) {
    throw new DiagnosticError("is there already and is no model package: remove it, or give another name", {
      file: path,
    });
  }
  const temporary = `${path}.${process.pid}.part`;
  const folder = join(temporary, "Data", author);
  try {
    mkdirSync(folder, { recursive: true });
    const modelBytes = writeMlmodel(model);
    writeFileSync(join(folder, "model.mlmodel"), modelBytes);
    const items = [manifestItem([modelBytes], "model.mlmodel", "CoreML Model Specification")];
    if (weights !== undefined) {
      const chunks = weights instanceof Uint8Array ? [weights] : weights.chunks();
      mkdirSync(join(folder, "weights"));
      const file = join(folder, "weights", "weight.bin");
      if (weights instanceof Uint8Array) writeFileSync(file, weights);
      else weights.writeTo(file);
      items.push(manifestItem(chunks, "weights", "CoreML Model Weights"));
    }
    writeFileSync(join(temporary, manifestName), manifestText(items));
    // The old one moves away first: a folder cannot be put over another.
    const old = `${temporary}.old`;
    if (existsSync(path)) renameSync(path, old);
    renameSync(temporary, path);
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

interface ManifestItem {
  readonly identifier: string;
  readonly name: string;
  readonly description: string;
}

function manifestItem(content: Iterable<Uint8Array>, name: string, description: string): ManifestItem {
  const hash = new Bun.CryptoHasher("sha256").update(`${name}\0`);
  for (const chunk of content) hash.update(chunk);
  return { identifier: uuidOf(hash.digest()), name, description };
}

/** A UUID of the kind that makers define (version 8 of RFC 9562). */
function uuidOf(hash: Uint8Array): string {
  const bytes = hash.slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function manifestText(items: readonly ManifestItem[]): string {
  const manifest = {
    fileFormatVersion: "1.0.0",
    itemInfoEntries: Object.fromEntries(
      items.map(({ identifier, name, description }) => [
        identifier,
        { author, description, name, path: `${author}/${name}` },
      ]),
    ),
    rootModelIdentifier: items[0]!.identifier,
  };
  return `${JSON.stringify(manifest, undefined, 4)}\n`;
}
