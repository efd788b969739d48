/**
 * The task that moves elements: which position of the result reads which position of which operand. Element values go
 * through as they are (but see the crop rule of old engines in numerics.ts). One op, since the engine has one unit for it;
 * `kind` says which attributes matter.
 */
import { enumAttribute, f64Attribute, i64ArrayAttribute, i64Attribute } from "../../ir/constraints.ts";
import {
  attribute,
  type InferenceView,
  op,
  optionalAttribute,
  type Report,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import {
  concatShape,
  depthToSpaceShape,
  padShape,
  reshapeShape,
  sliceShape,
  spaceToDepthShape,
  tileShape,
  transposeShape,
} from "../tensor/reference/movement.ts";
import { example, surface } from "./declare.ts";
import { anySurface, SurfaceType } from "./surface-type.ts";

export const moveKinds = [
  ...([
    "reshape",
    "transpose",
    "concat",
    "slice",
    "pad",
    "tile",
    "reverse",
    "depth_to_space",
    "pixel_shuffle",
    "space_to_depth",
  ] as const),
] as const;
export type MoveKind = (typeof moveKinds)[number];

const fields = {
  inputs: variadicOperand(anySurface),
  kind: attribute(enumAttribute(moveKinds)),
  /** reshape: the new shape; slice: sizes of the result. */
  shape: optionalAttribute(i64ArrayAttribute),
  permutation: optionalAttribute(i64ArrayAttribute),
  /** concat: where the operands meet. */
  axis: optionalAttribute(i64Attribute),
  /** reverse. */
  axes: optionalAttribute(i64ArrayAttribute),
  /** slice: first positions and steps. */
  begin: optionalAttribute(i64ArrayAttribute),
  strides: optionalAttribute(i64ArrayAttribute),
  /** pad: elements before and behind each dimension. */
  low: optionalAttribute(i64ArrayAttribute),
  high: optionalAttribute(i64ArrayAttribute),
  mode: optionalAttribute(enumAttribute(["constant", "reflect", "edge"])),
  value: optionalAttribute(f64Attribute),
  repeats: optionalAttribute(i64ArrayAttribute),
  /** depth_to_space and its kin: by how much height and width grow or shrink. */
  block_size: optionalAttribute(i64Attribute),
  tile: optionalAttribute(i64ArrayAttribute),
  result: result(anySurface),
};

type View = InferenceView<typeof fields>;

/** The attributes that each kind needs. */
const needed: Record<MoveKind, readonly (keyof View)[]> = {
  reshape: ["shape"],
  transpose: ["permutation"],
  concat: ["axis"],
  slice: ["begin", "shape", "strides"],
  pad: ["low", "high", "mode"],
  tile: ["repeats"],
  reverse: ["axes"],
  depth_to_space: ["block_size"],
  pixel_shuffle: ["block_size"],
  space_to_depth: ["block_size"],
};

const shapeRules: Record<MoveKind, (view: View, shape: readonly number[]) => readonly number[]> = {
  reshape: ({ shape }, input) => reshapeShape(input, shape!),
  transpose: ({ permutation }, input) => transposeShape(input, permutation!),
  concat: ({ inputs, axis }) =>
    concatShape(
      inputs.map(({ type }) => type.shape),
      axis!,
    ),
  slice: ({ begin, shape, strides }, input) => sliceShape(input, { starts: begin!, sizes: shape!, strides: strides! }),
  pad: ({ low, high, mode }, input) => padShape(input, { low: low!, high: high!, mode }),
  tile: ({ repeats }, input) => tileShape(input, repeats!),
  reverse: (_, input) => input,
  depth_to_space: ({ block_size }, input) => depthToSpaceShape(input, { blocksize: block_size! }),
  pixel_shuffle: ({ block_size }, input) => depthToSpaceShape(input, { blocksize: block_size! }),
  space_to_depth: ({ block_size }, input) => spaceToDepthShape(input, { blocksize: block_size! }),
};

function inferMove(view: View): SurfaceType {
  const [first] = view.inputs;
  if (first === undefined) throw new Error("expects at least one operand");
  if (view.kind !== "concat" && view.inputs.length > 1)
    throw new Error(`${view.kind} takes one operand, found ${view.inputs.length}`);
  const missing = needed[view.kind].find((name) => view[name] === undefined);
  if (missing !== undefined) throw new Error(`${view.kind} needs the attribute ${missing}`);
  return SurfaceType.get(shapeRules[view.kind](view, first.type.shape), first.type.element);
}

function checkElements(inputs: View["inputs"], report: Report): void {
  const elements = new Set(inputs.map(({ type }) => type.element));
  if (elements.size > 1) report(`expects operands of one element type, found ${[...elements].join(", ")}`);
}

export const move = op("ane.move", fields, {
  doc:
    "Rearranges elements: reshape (to shape), transpose (permutation), concat (along axis), slice (begin, shape, strides), pad (low, high, mode, value), " +
    "tile (repeats), reverse (axes), depth_to_space, pixel_shuffle and space_to_depth (block_size).",
  example: example(
    `%y = ane.move %x {kind = "transpose", permutation = array<i64: 1, 0>} : (${surface("2x3")}) -> ${surface("3x2")}`,
    `%x: ${surface("2x3")}`,
  ),
  traits: ["Pure"],
  format: "$inputs attr-dict `:` functional-type(operands, results)",
  infer: inferMove,
  verify: ({ inputs }, report) => checkElements(inputs, report),
});
