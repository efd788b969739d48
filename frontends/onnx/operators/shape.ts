/** Operators that move elements or ask for shapes. The shape operands must be known when compiling; the rest folds them. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { broadcastShapes } from "../../../dialects/tensor/reference/broadcast.ts";
import { resolveSlice } from "../../../dialects/tensor/reference/movement.ts";
import { getNumber } from "../../../ir/tensor-data.ts";
import {
  ascending,
  broadcastTo,
  concat,
  product,
  reshape,
  type Shape,
  since,
  sliceAxis,
  transpose,
  unsqueeze,
} from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** Axes from input `position` since version 13, from the attribute `axes` before. */
function axesOf(node: NodeImport, position: number): number[] | undefined {
  return node.version >= 13 ? node.optionalConstantIntegers(position, "axes") : node.integers("axes");
}

function reshapeTo(node: NodeImport): Tensor {
  const input = node.input(0);
  const wanted = node.version >= 5 ? node.constantIntegers(1, "the shape") : node.integers("shape");
  if (wanted === undefined) throw node.error("attribute shape is missing");
  const shape = shapeOf(input);
  const allowZero = node.flag("allowzero");
  const copied = wanted.map((size, axis) => {
    if (size !== 0 || allowZero) return size;
    const own = shape[axis];
    if (own === undefined) throw node.error(`size 0 at ${axis} copies a dimension that ${input.type} does not have`);
    return own;
  });
  const open = copied.indexOf(-1);
  if (open < 0) return reshape(node, input, copied);
  const rest = product(copied.filter((_, axis) => axis !== open));
  const inferred = rest === 0 ? 0 : product(shape) / rest;
  if (!Number.isInteger(inferred) || copied.lastIndexOf(-1) !== open) {
    throw node.error(`cannot reshape [${shape.join(", ")}] to [${wanted.join(", ")}]`);
  }
  return reshape(node, input, copied.with(open, inferred));
}

function flatten(node: NodeImport): Tensor {
  const shape = shapeOf(node.input(0));
  const axis = node.integer("axis", 1);
  const at = axis === shape.length ? axis : node.axis(axis, shape.length);
  return reshape(node, node.input(0), [product(shape.slice(0, at)), product(shape.slice(at))]);
}

function squeeze(node: NodeImport): Tensor {
  const input = node.input(0);
  const shape = shapeOf(input);
  const given = axesOf(node, 1);
  const axes =
    given === undefined ? ascending(shape.length).filter((axis) => shape[axis] === 1) : node.axes(given, shape.length);
  const wrong = axes.find((axis) => shape[axis] !== 1);
  if (wrong !== undefined) throw node.error(`dimension ${wrong} of ${input.type} cannot be removed: its size is not 1`);
  return reshape(
    node,
    input,
    shape.filter((_, axis) => !axes.includes(axis)),
  );
}

function unsqueezeAt(node: NodeImport): Tensor {
  const input = node.input(0);
  const axes = axesOf(node, 1);
  if (axes === undefined) throw node.error("axes are missing");
  return unsqueeze(node, input, node.axes(axes, input.type.rank + axes.length));
}

function expand(node: NodeImport): Tensor {
  const input = node.input(0);
  return broadcastTo(node, input, broadcastShapes("expand", shapeOf(input), node.constantIntegers(1, "the shape")));
}

function shape(node: NodeImport): Tensor {
  const sizes = shapeOf(node.input(0));
  const end = node.hasAttribute("end") ? node.integer("end") : sizes.length;
  return node.numbers(sizes.slice(node.integer("start", 0), end), "i64");
}

function split(node: NodeImport): readonly Tensor[] {
  const input = node.input(0);
  const axis = node.axis(node.integer("axis", 0), input.type.rank);
  const size = shapeOf(input)[axis]!;
  const sizes = splitSizes(node, size);
  if (sizes.reduce((sum, each) => sum + each, 0) !== size) {
    throw node.error(`parts of ${sizes.join(", ")} do not add up to the size ${size} of dimension ${axis}`);
  }
  let start = 0;
  return sizes.map((each) => {
    start += each;
    return sliceAxis(node, input, axis, start - each, each);
  });
}

function splitSizes(node: NodeImport, size: number): number[] {
  const given =
    node.version >= 13 || node.optionalInput(1) !== undefined
      ? node.optionalConstantIntegers(1, "the sizes")
      : node.integers("split");
  if (given !== undefined) return given;
  const count = node.integer("num_outputs", node.outputCount);
  if (count !== node.outputCount)
    throw node.error(`num_outputs is ${count}, but there are ${node.outputCount} outputs`);
  const chunk = Math.ceil(size / count);
  return ascending(count).map((index) => Math.max(0, Math.min(chunk, size - index * chunk)));
}

function sliceWith(
  node: NodeImport,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] | undefined,
  steps: readonly number[] | undefined,
): Tensor {
  const input = node.input(0);
  const shape = shapeOf(input);
  const resolved = resolveSlice(shape, starts, ends, axes ?? ascending(starts.length), steps ?? starts.map(() => 1));
  const { sizes, strides = shape.map(() => 1) } = resolved;
  const isWhole = sizes.every((size, axis) => size === shape[axis] && strides[axis] === 1);
  return isWhole ? input : node.emit(tensor.slice, { input, starts: resolved.starts, sizes, strides });
}

function required<Value>(node: NodeImport, value: Value | undefined, name: string): Value {
  if (value === undefined) throw node.error(`${name} is missing`);
  return value;
}

function padBy(node: NodeImport, pads: readonly number[], axes: readonly number[] | undefined, value: number): Tensor {
  const input = node.input(0);
  const { rank } = input.type;
  const over = axes === undefined ? ascending(rank) : node.axes(axes, rank);
  if (pads.length !== 2 * over.length) throw node.error(`expected ${2 * over.length} pads, found ${pads.length}`);
  const [low, high] = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)];
  for (const [entry, axis] of over.entries()) {
    low[axis] = pads[entry]!;
    high[axis] = pads[over.length + entry]!;
  }
  if ([...low, ...high].every((count) => count === 0)) return input;
  const mode = node.oneOf("mode", ["constant", "reflect", "edge", "wrap"], "constant");
  return node.emit(tensor.staticPad, { input, low, high, mode, value });
}

function padWithInputs(node: NodeImport): Tensor {
  const value = node.optionalConstantInput(2, "the padding value");
  const axes = node.optionalConstantIntegers(3, "axes");
  return padBy(node, node.constantIntegers(1, "the pads"), axes, value === undefined ? 0 : getNumber(value, 0));
}

function tile(node: NodeImport): Tensor {
  const input = node.input(0);
  if (node.version < 6) {
    const axis = node.axis(node.constantInteger(2, "the axis"), input.type.rank);
    const repeats = shapeOf(input).map((_, each) =>
      each === axis ? node.constantInteger(1, "the number of tiles") : 1,
    );
    return node.emit(tensor.tile, { input, repeats });
  }
  const repeats = node.constantIntegers(1, "the repeats");
  return repeats.every((repeat) => repeat === 1) ? input : node.emit(tensor.tile, { input, repeats });
}

/** Crops or pads around the middle to a given size; an odd element comes off (or on) at the end. */
function centerCropPad(node: NodeImport): Tensor {
  const input = node.input(0);
  const wanted = node.constantIntegers(1, "the shape");
  const axes = node.axes(node.integers("axes") ?? ascending(input.type.rank), input.type.rank);
  const [low, high] = [input, input].map(() => new Array<number>(input.type.rank).fill(0));
  for (const [entry, axis] of axes.entries()) {
    const difference = wanted[entry]! - shapeOf(input)[axis]!;
    low![axis] = Math.sign(difference) * Math.floor(Math.abs(difference) / 2);
    high![axis] = difference - low![axis]!;
  }
  if ([...low!, ...high!].every((count) => count === 0)) return input;
  return node.emit(tensor.staticPad, { input, low: low!, high: high! });
}

/** Sums of windows' columns back into images: the transposed convolution with unit weights, per channel. */
function col2im(node: NodeImport): Tensor {
  const input = node.input(0);
  const [image, block] = [node.constantIntegers(1, "the image shape"), node.constantIntegers(2, "the block shape")];
  if (image.length !== 2) throw node.error(`images of ${image.length} spatial dimensions are not supported, only of 2`);
  const [strides, dilations] = [node.integers("strides") ?? [1, 1], node.integers("dilations") ?? [1, 1]];
  const [top = 0, left = 0, bottom = 0, right = 0] = node.integers("pads") ?? [];
  const [batch = 1, rows = 1] = shapeOf(input);
  const window = product(block);
  const channels = rows / window;
  const reach = image.map(
    (size, axis) => size + (axis === 0 ? top + bottom : left + right) - dilations[axis]! * (block[axis]! - 1),
  );
  const counts = reach.map((size, axis) => Math.floor((size - 1) / strides[axis]!) + 1);
  const planes = reshape(node, input, [batch * channels, window, ...counts]);
  // Weight [window, 1, kh, kw]: column k adds to position k of its window.
  const identity = ascending(window * window).map((index) => (index % (window + 1) === 0 ? 1 : 0));
  const weight = node.numbers(identity, elementOf(input), [window, 1, ...block]);
  const whole = counts.map((count, axis) => (count - 1) * strides[axis]! + dilations[axis]! * (block[axis]! - 1) + 1);
  const missing = whole.map((size, axis) => image[axis]! + (axis === 0 ? top + bottom : left + right) - size);
  const summed = node.emit(tensor.convTranspose2d, { input: planes, weight, strides, dilations });
  const padded = node.emit(tensor.staticPad, {
    input: summed,
    low: [0, 0, -top, -left],
    high: [0, 0, missing[0]! - bottom, missing[1]! - right],
  });
  return reshape(node, padded, [batch, channels, ...image]);
}

const permutationOf = (node: NodeImport, shape: Shape) => node.integers("perm") ?? ascending(shape.length).reverse();

export const shapeOperators: OperatorTable = {
  CenterCropPad: since(18, centerCropPad),
  Col2Im: since(18, col2im),
  Concat: since(1, (node) => {
    const inputs = node.inputsFrom(0);
    const axis = node.version < 4 ? node.integer("axis", 1) : node.integer("axis");
    return concat(node, inputs, node.axis(axis, node.input(0).type.rank));
  }),
  DepthToSpace: since(1, (node) =>
    node.emit(tensor.depthToSpace, {
      input: node.input(0),
      block_size: node.integer("blocksize"),
      mode: node.oneOf("mode", ["DCR", "CRD"], "DCR"),
    }),
  ),
  Expand: since(8, expand),
  Flatten: since(1, flatten),
  Identity: since(1, (node) => node.input(0)),
  Pad: {
    1: (node) =>
      padBy(node, required(node, node.integers("paddings"), "attribute paddings"), undefined, node.float("value", 0)),
    2: (node) =>
      padBy(node, required(node, node.integers("pads"), "attribute pads"), undefined, node.float("value", 0)),
    11: padWithInputs,
  },
  Reshape: since(1, reshapeTo),
  Shape: since(1, shape),
  Size: since(1, (node) => node.numbers([node.input(0).type.count], "i64", [])),
  Slice: {
    1: (node) =>
      sliceWith(
        node,
        required(node, node.integers("starts"), "attribute starts"),
        required(node, node.integers("ends"), "attribute ends"),
        node.integers("axes"),
        undefined,
      ),
    10: (node) =>
      sliceWith(
        node,
        node.constantIntegers(1, "the starts"),
        node.constantIntegers(2, "the ends"),
        node.optionalConstantIntegers(3, "the axes"),
        node.optionalConstantIntegers(4, "the steps"),
      ),
  },
  SpaceToDepth: since(1, (node) =>
    node.emit(tensor.spaceToDepth, { input: node.input(0), block_size: node.integer("blocksize") }),
  ),
  Split: since(1, split),
  Squeeze: since(1, squeeze),
  Tile: since(1, tile),
  Transpose: since(1, (node) => transpose(node, node.input(0), permutationOf(node, shapeOf(node.input(0))))),
  Unsqueeze: since(1, unsqueezeAt),
};
