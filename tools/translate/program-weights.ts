/** The weights of a MIL program, brought into the one file that folders and packages have, wherever the program found them. */
import { BlobWriter, isBlobType, type ModelWeights } from "../../dialects/mil/blob-storage/index.ts";
import type {
  MilArgument,
  MilAttribute,
  MilBlock,
  MilContent,
  MilDocument,
  MilOperation,
  MilValue,
} from "../../dialects/mil/document/document.ts";
import { elementCountOf } from "../../dialects/mil/document/numbers.ts";
import { DiagnosticError, type SourcePlace } from "../../ir/diagnostic-error.ts";

type Blob = Extract<MilContent, { readonly kind: "blob" }>;

export interface ProgramFiles {
  readonly document: MilDocument;
  /** The weight file; undefined where the program names none. */
  readonly weights?: Uint8Array | BlobWriter;
}

/**
 * A program with its weights in one file, which it names by `weightsPath`. A program that had one already keeps its bytes and offsets;
 * several are put together.
 *
 * @throws DiagnosticError where a weight is missing, or is not what the program says
 */
export function withOneWeightFile(
  document: MilDocument,
  weights: ModelWeights,
  { file, weightsPath }: { readonly file: string; readonly weightsPath: string },
): ProgramFiles {
  const paths = new Set<string>();
  mapBlobs(
    document,
    (blob, value, place) => {
      checkBlob(blob, value, weights, place);
      paths.add(blob.path);
      return blob;
    },
    file,
  );
  const [only] = paths;
  if (only === undefined) return { document };
  if (paths.size === 1) {
    const renamed =
      only === weightsPath ? document : mapBlobs(document, (blob) => ({ ...blob, path: weightsPath }), file);
    return { document: renamed, weights: weights.storage(only).bytes };
  }
  const writer = new BlobWriter();
  const gathered = mapBlobs(
    document,
    (blob, value, place) => {
      const { type, bytes, elementCount } = checkBlob(blob, value, weights, place);
      return { kind: "blob", path: weightsPath, offset: writer.add(type, bytes, elementCount) };
    },
    file,
  );
  return { document: gathered, weights: writer };
}

function checkBlob(blob: Blob, { type }: MilValue, weights: ModelWeights, place: SourcePlace) {
  if (type.kind !== "tensor" || type.element === "string" || !isBlobType(type.element))
    throw new DiagnosticError("only tensors of numbers lie in weight files", place);
  return weights.blob(blob, { type: type.element, elementCount: elementCountOf(type) }, place);
}

/** Whether a program has values that lie in files. */
export function namesWeights(document: MilDocument): boolean {
  let found = false;
  mapBlobs(
    document,
    (blob) => {
      found = true;
      return blob;
    },
    "",
  );
  return found;
}

/** The document with every value that lies in a file replaced. Statements without one stay the same objects. */
function mapBlobs(
  document: MilDocument,
  replace: (blob: Blob, value: MilValue, place: SourcePlace) => Blob,
  file: string,
): MilDocument {
  const place = (operation?: MilOperation): SourcePlace => ({ file, ...operation?.position });
  const value = (given: MilValue, at: SourcePlace): MilValue => {
    const { content } = given;
    switch (content.kind) {
      case "blob":
        return { ...given, content: replace(content, given, at) };
      case "items":
        return { ...given, content: { ...content, items: content.items.map((each) => value(each, at)) } };
      case "entries":
        return {
          ...given,
          content: { ...content, entries: content.entries.map(([key, each]) => [value(key, at), value(each, at)]) },
        };
      default:
        return given;
    }
  };
  const attributes = (list: readonly MilAttribute[], at: SourcePlace): MilAttribute[] =>
    list.map((each) => ({ ...each, value: value(each.value, at) }));
  const args = (list: readonly MilArgument[], at: SourcePlace): MilArgument[] =>
    list.map((each) => ({
      ...each,
      bindings: each.bindings.map((binding) =>
        binding.kind === "name" ? binding : { ...binding, value: value(binding.value, at) },
      ),
    }));
  const block = (given: MilBlock): MilBlock => ({
    ...given,
    attributes: attributes(given.attributes, place()),
    operations: given.operations.map((operation) => ({
      ...operation,
      arguments: args(operation.arguments, place(operation)),
      attributes: attributes(operation.attributes, place(operation)),
      blocks: operation.blocks.map(block),
    })),
  });
  return {
    ...document,
    attributes: attributes(document.attributes, place()),
    functions: document.functions.map((each) => ({
      ...each,
      attributes: attributes(each.attributes, place()),
      block: block(each.block),
    })),
  };
}
