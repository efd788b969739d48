/**
 * The elementwise task: one to three operands that broadcast, one function, and the slots behind it. `identity` with one
 * operand is how a chain of activations and constants runs that no other task could take.
 */
import { enumAttribute } from "../../ir/constraints.ts";
import { attribute, op, result, variadicOperand } from "../../ir/declaration.ts";
import { f16, i1, type Type } from "../../ir/types.ts";
import { broadcastShapes } from "../tensor/reference/broadcast.ts";
import { example, type SurfaceValue, shapeOf, surface, taskResult } from "./declare.ts";
import { slotFields, slotFormat, unslottedShape, verifySlots } from "./slots.ts";
import { anySurface } from "./surface-type.ts";

export interface ElementwiseFacts {
  /** Element types of the operands, in order. */
  readonly operands: readonly Type[];
  readonly result: Type;
  readonly formula: string;
}

const two = { operands: [f16, f16], result: f16 } as const;
const comparison = { operands: [f16, f16], result: i1 } as const;

/** The closed list of functions, with operands a, b, c in order. */
export const elementwiseTable = {
  identity: { operands: [f16], result: f16, formula: "a" },
  add: { ...two, formula: "a + b" },
  sub: { ...two, formula: "a - b" },
  mul: { ...two, formula: "a·b" },
  real_div: { ...two, formula: "a/b" },
  maximum: { ...two, formula: "max(a, b)" },
  minimum: { ...two, formula: "min(a, b)" },
  pow: { ...two, formula: "a^b" },
  prelu: { ...two, formula: "a < 0 ? a·b : a" },
  equal: { ...comparison, formula: "a = b" },
  not_equal: { ...comparison, formula: "a ≠ b" },
  less: { ...comparison, formula: "a < b" },
  less_equal: { ...comparison, formula: "a ≤ b" },
  greater: { ...comparison, formula: "a > b" },
  greater_equal: { ...comparison, formula: "a ≥ b" },
  logical_not: { operands: [i1], result: i1, formula: "not a" },
  select: { operands: [i1, f16, f16], result: f16, formula: "a ? b : c" },
} as const satisfies Record<string, ElementwiseFacts>;

export type ElementwiseKind = keyof typeof elementwiseTable;
export const elementwiseKinds = Object.keys(elementwiseTable) as readonly ElementwiseKind[];

function resultOf(
  kind: ElementwiseKind,
  inputs: readonly SurfaceValue[],
  view: { readonly transpose: readonly number[] | undefined },
) {
  return taskResult(broadcastShapes("elementwise", ...inputs.map(shapeOf)), view, elementwiseTable[kind].result);
}

export const elementwise = op(
  "ane.elementwise",
  {
    inputs: variadicOperand(anySurface),
    ...slotFields,
    kind: attribute(enumAttribute(elementwiseKinds)),
    result: result(anySurface),
  },
  {
    doc:
      "One function of a, b, c elementwise, with NumPy broadcasting: " +
      `${elementwiseKinds.map((kind) => `${kind} ${elementwiseTable[kind].formula}`).join("; ")}. Comparisons give i1, which only other elementwise tasks of the program may read.`,
    example: example(
      `%y = ane.elementwise %a, %b {kind = "add"} : (${surface("2x3")}, ${surface("3")}) -> ${surface("2x3")}`,
      `%a: ${surface("2x3")}`,
      `%b: ${surface("3")}`,
    ),
    traits: ["Pure"],
    format: `$inputs ${slotFormat}`,
    infer: (view) => resultOf(view.kind, view.inputs, view),
    verify: (operation, report) => {
      const facts: ElementwiseFacts = elementwiseTable[operation.kind];
      const found = operation.inputs.map(({ type }) => type.element);
      if (
        found.length !== facts.operands.length ||
        facts.operands.some((element, position) => element !== found[position])
      ) {
        report(`${operation.kind} takes (${facts.operands.join(", ")}), found (${found.join(", ")})`);
      }
      if (
        facts.result === i1 &&
        (operation.pre_activation ?? operation.post_activation ?? operation.gain ?? operation.offset)
      ) {
        report(`${operation.kind} gives truth values, which the activation, gain and offset slots do not take`);
      }
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report);
    },
  },
);
