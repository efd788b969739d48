/** Signal processing: Fourier transforms as products with constant matrices, windows, the mel scale. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { readNumbers } from "../../../dialects/tensor/reference/values.ts";
import { ascending, product, reshape, since, sliceAxis, transpose } from "./common.ts";
import {
  elementOf,
  type NodeImport,
  type OperatorImport,
  type OperatorTable,
  shapeOf,
  type Tensor,
} from "./node-import.ts";

/** A cosine window: `weights` of cos(0), cos(x), cos(2x), … with alternating signs; periodic unless told otherwise. */
const cosineWindow =
  (weights: readonly number[]): OperatorImport =>
  (node) => {
    const size = node.constantInteger(0, "the size");
    node.requireSize(size);
    const period = node.flag("periodic", true) ? size : size - 1;
    const value = (index: number) =>
      weights.reduce((sum, weight, order) => {
        const angle = (2 * Math.PI * order * index) / Math.max(1, period);
        return sum + (order % 2 === 0 ? 1 : -1) * weight * Math.cos(angle);
      }, 0);
    return node.numbers(ascending(size).map(value), node.elementType("output_datatype", "f32"));
  };

/** [bins, mels]: triangles between neighbouring points that lie evenly on the mel scale, as ONNX MelWeightMatrix. */
function melWeightMatrix(node: NodeImport): Tensor {
  const number = (position: number, what: string) => Number(node.constantInput(position, what).data[0]);
  const [mels, length, rate] = [number(0, "num_mel_bins"), number(1, "dft_length"), number(2, "sample_rate")];
  const toMel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const low = toMel(number(3, "lower_edge_hertz"));
  const step = (toMel(number(4, "upper_edge_hertz")) - low) / (mels + 2);
  const bins = Math.floor(length / 2) + 1;
  node.requireSize(bins * mels);
  const points = ascending(mels + 2).map((index) => {
    const hertz = 700 * (10 ** ((low + index * step) / 2595) - 1);
    return Math.floor(((length + 1) * hertz) / rate);
  });
  const weights = new Array<number>(bins * mels).fill(0);
  for (const mel of ascending(mels)) {
    const [left = 0, centre = 0, right = 0] = points.slice(mel, mel + 3);
    if (centre === left) weights[centre * mels + mel] = 1;
    for (let bin = left; bin <= centre && centre > left; bin++)
      weights[bin * mels + mel] = (bin - left) / (centre - left);
    for (let bin = centre; bin < right; bin++) weights[bin * mels + mel] = (right - bin) / (right - centre);
  }
  return node.numbers(weights, node.elementType("output_datatype", "f32"), [bins, mels]);
}

/** What a transform computes: from `from` numbers of `parts` components (1 real, 2 complex) to `to` complex or real ones. */
interface Transform {
  readonly from: number;
  readonly parts: number;
  /** Points of the whole circle. */
  readonly length: number;
  readonly isInverse: boolean;
  /** Only the first half of the frequencies, which determines the rest where the signal is real. */
  readonly isOneSided: boolean;
  /** Weights of the signal's points. */
  readonly window?: ArrayLike<number> | undefined;
}

interface TransformMatrix {
  readonly to: number;
  readonly parts: number;
  /** [from·parts, to·parts of the result], row-major. */
  readonly values: number[];
}

/** The matrix of X[k] = Σ x[n]·e^(∓2πi·nk/length), divided by the length for the inverse. */
function transformMatrix({ from, parts, length, isInverse, isOneSided, window }: Transform): TransformMatrix {
  const angle = (n: number, k: number) => (2 * Math.PI * ((n * k) % length)) / length;
  if (isInverse && isOneSided) {
    // The real signal of half a spectrum: each frequency but the first and the middle stands for its mirror image too.
    const weight = (k: number) => (k === 0 || 2 * k === length ? 1 : 2) / length;
    const row = (k: number, part: number) => (n: number) =>
      weight(k) * (part === 0 ? Math.cos(angle(n, k)) : -Math.sin(angle(n, k)));
    const values = ascending(from).flatMap((k) =>
      ascending(parts).flatMap((part) => ascending(length).map(row(k, part))),
    );
    return { to: length, parts: 1, values };
  }
  const to = isOneSided ? Math.floor(length / 2) + 1 : length;
  const sign = isInverse ? 1 : -1;
  const factor = (n: number) => (window?.[n] ?? 1) / (isInverse ? length : 1);
  // (re + i·im)·(cos + i·sign·sin): the rows of the real and of the imaginary part.
  const values = ascending(from).flatMap((n) =>
    ascending(parts).flatMap((part) =>
      ascending(to).flatMap((k) => {
        const [cosine, sine] = [factor(n) * Math.cos(angle(n, k)), factor(n) * sign * Math.sin(angle(n, k))];
        return part === 0 ? [cosine, sine] : [-sine, cosine];
      }),
    ),
  );
  return { to, parts: 2, values };
}

/** Transforms the dimension before the last, which holds the components. */
function applyTransform(node: NodeImport, input: Tensor, transform: Transform): Tensor {
  const shape = shapeOf(input);
  const outer = shape.slice(0, -2);
  const rows = transform.from * transform.parts;
  const points = Math.max(transform.from, transform.length);
  node.requireSize(rows * points * 2);
  const { to, parts, values } = transformMatrix(transform);
  const rhs = node.numbers(values, elementOf(input), [rows, to * parts]);
  const lhs = reshape(node, input, [product(outer), rows]);
  return reshape(node, node.emit(tensor.matmul, { lhs, rhs }), [...outer, to, parts]);
}

/** Cuts or pads with zeros to `size` elements along `axis`. */
function cutOrPad(node: NodeImport, input: Tensor, axis: number, size: number): Tensor {
  const own = shapeOf(input)[axis]!;
  if (size <= own) return sliceAxis(node, input, axis, 0, size);
  const low = shapeOf(input).map(() => 0);
  return node.emit(tensor.staticPad, { input, low, high: low.with(axis, size - own) });
}

/** The axis is an attribute in version 17 and an input since 20. */
function fourierTransform(node: NodeImport): Tensor {
  const input = node.input(0);
  const { rank } = input.type;
  const given =
    node.version < 20
      ? node.integer("axis", 1)
      : node.optionalInput(2) === undefined
        ? -2
        : node.constantInteger(2, "the axis");
  const axis = node.axis(given, rank);
  const [isInverse, isOneSided] = [node.flag("inverse"), node.flag("onesided")];
  const own = shapeOf(input)[axis]!;
  const isHalf = isInverse && isOneSided;
  const length =
    node.optionalInput(1) === undefined ? (isHalf ? 2 * (own - 1) : own) : node.constantInteger(1, "the length");
  node.requireSize(length);
  const from = isHalf ? Math.floor(length / 2) + 1 : length;
  const others = ascending(rank - 1).filter((each) => each !== axis);
  const order = [...others, axis, rank - 1];
  const moved = transpose(node, cutOrPad(node, input, axis, from), order);
  const parts = shapeOf(input)[rank - 1]!;
  const result = applyTransform(node, moved, { from, parts, length, isInverse, isOneSided });
  return transpose(
    node,
    result,
    ascending(rank).map((each) => order.indexOf(each)),
  );
}

/** Frames of the signal [batch, length, 1 or 2], weighted by the window, each transformed: [batch, frames, frequencies, 2]. */
function shortTimeTransform(node: NodeImport): Tensor {
  const input = node.input(0);
  const [batch = 1, length = 1, parts = 1] = shapeOf(input);
  const step = node.constantInteger(1, "the frame step");
  const weights = node.optionalConstantInput(2, "the window");
  const size = node.optionalInput(3) === undefined ? weights?.data.length : node.constantInteger(3, "the frame length");
  if (size === undefined) throw node.error("has neither a window nor a frame length");
  if (step < 1 || size < 1 || size > length)
    throw node.error(`frames of ${size}, ${step} apart, do not fit a signal of ${length}`);
  const frames = Math.floor((length - size) / step) + 1;
  node.requireSize(frames * size);
  const places = ascending(frames).flatMap((frame) => ascending(size, frame * step));
  const cut = node.emit(tensor.take, { input, indices: node.numbers(places, "i64", [frames, size]), axis: 1 });
  return applyTransform(node, reshape(node, cut, [batch, frames, size, parts]), {
    from: size,
    parts,
    length: size,
    isInverse: false,
    isOneSided: node.flag("onesided", true),
    window: weights === undefined ? undefined : readNumbers(weights),
  });
}

export const signalOperators: OperatorTable = {
  BlackmanWindow: since(17, cosineWindow([0.42, 0.5, 0.08])),
  DFT: since(17, fourierTransform),
  HammingWindow: since(17, cosineWindow([25 / 46, 21 / 46])),
  HannWindow: since(17, cosineWindow([0.5, 0.5])),
  MelWeightMatrix: since(17, melWeightMatrix),
  STFT: since(17, shortTimeTransform),
};
