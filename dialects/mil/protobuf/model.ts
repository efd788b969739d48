/**
 * Core ML model files (`.mlmodel`, and the model inside an `.mlpackage`) that hold an ML program. The program becomes a `MilDocument`;
 * what else the file says (its description for applications, metadata) is kept as the file has it.
 */
import { Reader } from "protobufjs/light";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { MilDocument } from "../document/document.ts";
import { programMessage, readProgram } from "./program.ts";
import { Place } from "./reading.ts";
import { messages, otherModelKinds, type Wire } from "./schema.ts";
import { wireFault } from "./wire-fault.ts";

/** Inputs and outputs as applications see them, and metadata: the messages of Core ML as plain data. */
export type ModelDescription = Wire<"ModelDescription">;
export type FeatureDescription = Wire<"FeatureDescription">;
export type FeatureType = Wire<"FeatureType">;

export interface MlModel {
  /** 6 is iOS 15, 9 is iOS 18. */
  readonly specificationVersion: number;
  readonly description: ModelDescription;
  readonly isUpdatable: boolean;
  readonly document: MilDocument;
  /** The program's documentation text, which MIL text has no place for. */
  readonly documentation: string;
}

/**
 * Reads a model file. Elements of tensors may be views of `bytes`, which must not change afterwards; `file` names it in diagnostics.
 *
 * @throws DiagnosticError for what is no whole ML program, and for what a document cannot hold
 */
export function readMlmodel(bytes: Uint8Array, file = "<bytes>"): MlModel {
  const place = new Place(file);
  refuseOtherKinds(bytes, place);
  let wire: Wire<"Model">;
  try {
    wire = messages.decode("Model", bytes);
  } catch (error) {
    throw notAModel(bytes, file, error);
  }
  if (wire.mlProgram === undefined) {
    throw new DiagnosticError("not a Core ML program: it has no mlProgram", {
      file,
      notes: [{ message: "the file may be cut short, or of another format" }],
    });
  }
  const specificationVersion = place.required(wire.specificationVersion, "the specification version");
  return {
    specificationVersion,
    description: place.required(wire.description, "the model's description"),
    isUpdatable: wire.isUpdatable ?? false,
    ...readProgram(wire.mlProgram, place),
  };
}

/** The bytes of a model file: the same model gives the same bytes. */
export function writeMlmodel(model: MlModel): Uint8Array {
  return messages.encode("Model", {
    specificationVersion: model.specificationVersion,
    description: model.description,
    isUpdatable: model.isUpdatable || undefined,
    mlProgram: programMessage(model),
  });
}

/** Says of a model without a program what it is. */
function refuseOtherKinds(bytes: Uint8Array, place: Place): void {
  let found: string | undefined;
  try {
    const reader = Reader.create(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    while (reader.pos < reader.len && found === undefined) {
      const tag = reader.uint32();
      found = otherModelKinds.get(tag >>> 3);
      reader.skipType(tag & 7);
    }
  } catch {
    // Damaged: decoding says where.
    return;
  }
  if (found !== undefined) {
    throw place.error(
      `is a Core ML model of another kind (${found}), expected an ML program: convert it to one (iOS 15 or later)`,
    );
  }
}

function notAModel(bytes: Uint8Array, file: string, error: unknown): DiagnosticError {
  const advice = recognisedAs(bytes) ?? "the file may be cut short or damaged: compare its size with the original's";
  return new DiagnosticError(`not a Core ML model: ${wireFault(error)}`, { file, notes: [{ message: advice }] });
}

/** Files that are given by mistake most often, by their first bytes. */
function recognisedAs(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  if (head.startsWith("PK\x03\x04")) return "this is a zip archive: unpack it and give the folder";
  if (head.startsWith("version https://git-lfs")) return "this is a Git LFS pointer: fetch the file itself";
  if (/^\s*program\s*\(/.test(head)) return "this is MIL text: name it .mil";
  if (/^\s*[<{]/.test(head)) return "this looks like text, not like a protobuf file";
  return undefined;
}
