/** The weights of a program: constants that convolutions and matrix products multiply with, and what each use allows. */
import { type CompressedForm, constant, conv, matmul, type ProgramOperation } from "../../dialects/ane/index.ts";
import { DenseResourceAttribute } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import type { Use } from "../../ir/value.ts";
import type { Weights } from "./weights.ts";

/** A constant and the layers that multiply with it. */
export interface Layer {
  readonly constant: Operation;
  readonly weights: Weights;
  /** The first of the layers: where remarks stand. */
  readonly task: Operation;
  readonly uses: readonly Operation[];
}

/** A constant that stays as it is, though it is as large as one that would be compressed. */
export interface Kept {
  readonly task: Operation;
  readonly shape: readonly number[];
  readonly reason: string;
}

type Axes = Pick<Weights, "axis" | "inputAxis">;

/** The dimensions of output and input channels of a use, or why it takes no compressed weights. */
function axesOf({ owner, index }: Use): Axes | string {
  if (conv.matches(owner) && index === 1) {
    if (owner.transposed) return "transposed convolutions take f16 weights only (aneforge.md 2.2)";
    return { axis: 0, inputAxis: 1 };
  }
  if (matmul.matches(owner) && index === 1) {
    if (owner.rhs.type.rank !== 2) return "the weights of batched products stay f16";
    return owner.transpose_rhs ? { axis: 0, inputAxis: 1 } : { axis: 1, inputAxis: 0 };
  }
  return "it is no weight of a convolution or matrix product";
}

/** Constants of f16 with at least `least` elements, as layers or as kept ones. */
export function layersOf(program: ProgramOperation, least: number): (Layer | Kept)[] {
  const found: (Layer | Kept)[] = [];
  for (const operation of program.body.onlyBlock.operations) {
    if (!constant.matches(operation)) continue;
    const { shape } = operation.result.type;
    const { value } = operation;
    const uses = [...operation.result.uses];
    const [first] = uses;
    if (first === undefined || value.type.count < least || value.type.element.text !== "f16") continue;
    const keep = (reason: string) => found.push({ task: first.owner, shape, reason });
    const axes = uses.map(axesOf);
    const [own] = axes;
    const refusal = axes.find((each) => typeof each === "string");
    if (own === undefined || refusal !== undefined) {
      keep(typeof refusal === "string" ? refusal : "nothing uses it");
      continue;
    }
    if (typeof own === "string") continue;
    if (axes.some((each) => typeof each !== "string" && each.axis !== own.axis)) {
      keep("its uses have their output channels along different dimensions");
      continue;
    }
    if (value instanceof DenseResourceAttribute && value.blob === undefined) {
      keep("its numbers are not at hand: load the sidecar file of weights beside the IR");
      continue;
    }
    const { data } = value.value;
    if (!(data instanceof Float16Array)) continue;
    if (!data.every(Number.isFinite)) {
      keep("it holds numbers that are not finite");
      continue;
    }
    found.push({
      constant: operation,
      weights: { shape, numbers: data, ...own },
      task: first.owner,
      uses: uses.map(({ owner }) => owner),
    });
  }
  return found;
}

/**
 * Why the layers cannot take weights of this form; undefined where they can. Blockwise weights are no operand of a convolution
 * or product: they pass through a sum with 0 (driver-stack.md C.3), which makes them live, and a convolution takes live
 * weights for a single picture only (aneforge.md 5.7).
 */
export function useRefusal(form: CompressedForm, uses: readonly Operation[]): string | undefined {
  if (form.kind !== "blockwise") return undefined;
  const batch = uses.map((use) => (conv.matches(use) ? (use.input.type.shape[0] ?? 1) : 1));
  return batch.some((size) => size > 1)
    ? "a convolution of more than one picture takes no blockwise weights: they are live operands"
    : undefined;
}
