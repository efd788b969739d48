/**
 * Compresses the weights of engine programs: constants of convolutions and matrix products become compressed constants, where the
 * target streams the form and its error is within the tolerance. All others stay f16, each with a remark that says why.
 */
import {
  buildCompressed,
  type CompressedForm,
  constant,
  decompress,
  defaultTarget,
  formName,
  formOf,
  type ProgramOperation,
  paletteBits,
  program,
  storedBytes,
  type Target,
  targetNames,
  targetOf,
  transposeForm,
} from "../../dialects/ane/index.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { Operation } from "../../ir/operation.ts";
import { type PassContext, pass } from "../../passes/pass.ts";
import {
  allCandidates,
  type Candidate,
  type CandidateOptions,
  candidatesOf,
  defaultTolerance,
  type Scheme,
  schemes,
} from "./candidates.ts";
import { chooseOptions } from "./choose.ts";
import { type Layer, layersOf, useRefusal } from "./layers.ts";
import { foldingReason } from "./streaming.ts";
import { type WeightError, weightError } from "./weights.ts";

/** A form that was measured; it is made again when it is chosen. Without one: f16 as it is. */
interface Measured {
  readonly make: Candidate | undefined;
  readonly bytes: number;
  /** ‖W - Ŵ‖/‖W‖ */
  readonly error: number;
  readonly worst: number;
}

interface Settings extends CandidateOptions {
  readonly scheme: Scheme;
  /** Part of the f16 bytes; only for `auto`. 0: as small as the tolerance allows. */
  readonly size: number;
  /** Whether forms that the target folds are taken too. */
  readonly folded: boolean;
  readonly leastElements: number;
}

/** The name of the remark that says that a size is not reached. */
export const missedSize = "size-not-reached";

const percent = (part: number) => `${(100 * part).toFixed(2)} %`;

/** Why a form is not taken for a layer; undefined where it can be. */
function refusalOf(form: CompressedForm, error: WeightError, layer: Layer, settings: Settings): string | undefined {
  const { target, folded, tolerance } = settings;
  const folding = folded ? undefined : foldingReason(form, target);
  if (folding !== undefined) return folding;
  const use = useRefusal(form, layer.uses);
  if (use !== undefined) return use;
  const [bytes, plain] = [storedBytes(form), layer.weights.numbers.byteLength];
  if (bytes >= plain) return `${formName(form)} takes ${bytes} bytes, no less than f16 (${plain})`;
  if (!(error.worst <= tolerance)) {
    return `${formName(form)} has an error of ${percent(error.worst)} in its worst channel, above the tolerance of ${percent(tolerance)}`;
  }
  return undefined;
}

/** The forms of a layer that are allowed, and why the others are not. `enough` ends the search at the first. */
function measure(layer: Layer, candidates: readonly Candidate[], settings: Settings, enough: boolean) {
  const { weights } = layer;
  const found: Measured[] = [];
  const refusals: string[] = [];
  for (const make of candidates) {
    const form = make(weights);
    const error = weightError(weights, decompress(form));
    const refusal = refusalOf(form, error, layer, settings);
    if (refusal !== undefined) refusals.push(refusal);
    else {
      found.push({ make, bytes: storedBytes(form), error: error.total, worst: error.worst });
      if (enough) break;
    }
  }
  return { found, refusals };
}

const shapeText = (shape: readonly number[]) => `weights [${shape.join(", ")}]`;

class Compression {
  readonly #settings: Settings;
  readonly #context: PassContext;
  worst = 0;
  count = 0;

  constructor(settings: Settings, context: PassContext) {
    this.#settings = settings;
    this.#context = context;
  }

  run(source: ProgramOperation): boolean {
    const { scheme, leastElements } = this.#settings;
    const layers: Layer[] = [];
    for (const each of layersOf(source, leastElements)) {
      if ("constant" in each) layers.push(each);
      else this.#kept(each.task, each.shape, each.reason);
    }
    const chosen =
      scheme === "auto"
        ? this.#mixed(layers, constantBytes(source))
        : layers.map((layer) => this.#first(layer, scheme));
    let changed = false;
    for (const [position, layer] of layers.entries()) {
      const { make } = chosen[position]!;
      if (make === undefined) continue;
      this.#replace(layer, make);
      changed = true;
    }
    return changed;
  }

  /** The first form of one scheme that is allowed, or f16. */
  #first(layer: Layer, scheme: Exclude<Scheme, "auto">): Measured {
    const { found, refusals } = measure(layer, candidatesOf(scheme, this.#settings), this.#settings, true);
    const [first] = found;
    if (first !== undefined) return first;
    this.#kept(layer.task, layer.weights.shape, summaryOf(refusals));
    return plain(layer);
  }

  /** The mixture of forms that is smallest within the tolerance, or has the least error at a size. */
  #mixed(layers: readonly Layer[], all: number): Measured[] {
    const candidates = allCandidates(this.#settings);
    const options = layers.map((layer) => {
      const { found } = measure(layer, candidates, this.#settings, false);
      return [...found, plain(layer)];
    });
    const { size, tolerance } = this.#settings;
    const others = all - layers.reduce((sum, { weights }) => sum + weights.numbers.byteLength, 0);
    const chosen = chooseOptions(options, size === 0 ? undefined : Math.floor(size * all) - others);
    const taken = chosen.reduce((sum, { bytes }) => sum + bytes, others);
    const [first] = layers;
    if (size > 0 && taken > size * all && first !== undefined) {
      this.#context.missed(
        first.task,
        `${percent(size)} of the f16 bytes cannot be reached within the tolerance of ${percent(tolerance)}: with the smallest forms it is ${percent(taken / all)}`,
        { name: missedSize, arguments: { size, taken: taken / all, tolerance } },
      );
    }
    for (const [position, layer] of layers.entries()) {
      if (chosen[position]?.make !== undefined) continue;
      const reason =
        options[position]!.length === 1
          ? "no form that the target streams is within the tolerance"
          : "the size allows it";
      this.#kept(layer.task, layer.weights.shape, reason);
    }
    return chosen;
  }

  #replace(layer: Layer, make: Candidate): void {
    const { constant: old, weights, task } = layer;
    const form = make(weights);
    const { worst, total } = weightError(weights, decompress(form));
    const made = buildCompressed(new Builder(at.before(old), old.location), this.#laidOut(form, layer));
    made.nameHint = old.onlyResult.nameHint;
    old.onlyResult.replaceAllUsesWith(made);
    old.erase();
    const [before, after] = [weights.numbers.byteLength, storedBytes(form)];
    this.worst = Math.max(this.worst, worst);
    this.count++;
    this.#context.remark(
      task,
      `${shapeText(weights.shape)} as ${formName(form)}: ${before} -> ${after} bytes, error ${percent(worst)} in the worst channel`,
      { name: "compressed", arguments: { form: form.kind, before, after, error: worst, total } },
    );
  }

  /** Weights of products are stored with a row per output, [N, K], as MIL takes compressed ones (aneforge.md 3.1). */
  #laidOut(form: CompressedForm, { weights, uses }: Layer): CompressedForm {
    if (weights.axis === 0) return form;
    for (const use of uses) use.properties.set("transpose_rhs", IntegerAttribute.bool(true));
    return transposeForm(form);
  }

  #kept(task: Operation, shape: readonly number[], reason: string): void {
    const message = `${shapeText(shape)} stay f16: ${reason}`;
    this.#context.missed(task, message, { name: "stays-f16", arguments: { reason } });
  }
}

/** What is said of several refusals: the first, and that of the last form where it differs. */
function summaryOf(refusals: readonly string[]): string {
  const [first = "no form was tried"] = refusals;
  const last = refusals.at(-1) ?? first;
  return first === last ? first : `${first}; ${last}`;
}

function plain({ weights }: Layer): Measured {
  return { make: undefined, bytes: weights.numbers.byteLength, error: 0, worst: 0 };
}

/** Bytes of a program's constants in a weight file. */
function constantBytes(source: ProgramOperation): number {
  let bytes = 0;
  for (const operation of source.body.onlyBlock.operations) {
    const form = formOf(operation);
    if (form !== undefined) bytes += storedBytes(form);
    else if (constant.matches(operation)) bytes += operation.value.type.count * 2;
  }
  return bytes;
}

export const compressWeights = pass("compress-weights", {
  doc: "Stores weights of convolutions and matrix products compressed, where the target streams the form and the error is within a tolerance.",
  options: {
    scheme: {
      doc: "int8 per output channel, int4 palettes, sparse, blockwise int8, or auto: the best of them for each layer",
      default: "auto",
      choices: schemes,
    },
    tolerance: {
      doc: "greatest error of a channel, ‖w - ŵ‖/‖w‖, that is accepted; -1 is the scheme's own: int8, blockwise and sparse 0.05, int4 0.3, auto 0.1",
      default: -1,
      kind: "number",
      minimum: -1,
      maximum: 1,
    },
    size: {
      doc: "for auto: the least error at this part of the f16 bytes of all constants; 0 is as small as the tolerance allows",
      default: 0,
      kind: "number",
      minimum: 0,
      maximum: 1,
    },
    target: {
      doc: "the engine whose streaming rules count",
      default: "",
      choices: targetNames,
      empty: "that of each program",
    },
    folded: { doc: "take forms too that the target's compiler unfolds to f16: smaller files only", default: false },
    "min-elements": { doc: "constants with fewer elements stay f16", default: 1024, kind: "integer", minimum: 1 },
    "palette-bits": { doc: "bits of an index, for int4", default: 4, choices: paletteBits },
    "block-size": {
      doc: "elements per block along the input dimension, at most",
      default: 32,
      kind: "integer",
      minimum: 1,
    },
    "block-bits": { doc: "bits of a number, for blockwise", default: 8, choices: [4, 8] },
  },
  exactness: "weights within the tolerance",
  anchor: "builtin.module",
  subject: { operations: [program.name], otherwise: "fused-to-ane makes them, behind tensor-to-fused{device=ane}" },
  run: (module, context, options) => {
    const scheme = schemes.find((each) => each === options.scheme) ?? "auto";
    let changed = false;
    let [before, after, worst, count] = [0, 0, 0, 0];
    for (const source of module.regions[0]!.onlyBlock.operations) {
      if (!program.matches(source)) continue;
      const target: Target = targetOf(options.target === "" ? (source.target ?? defaultTarget) : options.target);
      const compression = new Compression(
        {
          scheme,
          target,
          tolerance: options.tolerance < 0 ? defaultTolerance[scheme] : options.tolerance,
          size: options.size,
          folded: options.folded,
          leastElements: options["min-elements"],
          paletteBits: paletteBits.find((bits) => bits === options["palette-bits"]) ?? 4,
          blockSize: options["block-size"],
          blockBits: options["block-bits"] === 4 ? 4 : 8,
        },
        context,
      );
      before += constantBytes(source);
      changed = compression.run(source) || changed;
      after += constantBytes(source);
      worst = Math.max(worst, compression.worst);
      count += compression.count;
    }
    context.analysisRemark(
      module,
      `weights ${before} -> ${after} bytes, ${count} tensors compressed, error at most ${percent(worst)} in a channel`,
      { name: "weights", arguments: { before, after, count, error: worst } },
    );
    return changed;
  },
});
