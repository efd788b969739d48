/** Linear quantisation as ONNX nodes: QuantizeLinear and DequantizeLinear where their types allow, else what they compute. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { elementRange } from "../../../dialects/tensor/reference/values.ts";
import type { ElementName } from "../../../ir/tensor-data.ts";
import { type GraphWriter, type Term, typeCode } from "./graph-writer.ts";
import { type Rule, resultShape, rule } from "./rule.ts";

interface Layout {
  readonly axis: number;
  readonly block_size: number;
}

/** Types that the two operators have, of numbers and of what they become. */
const reals: ReadonlySet<ElementName> = new Set(["f32", "f16", "bf16"]);
const quantized: ReadonlySet<ElementName> = new Set(["i4", "ui4", "i8", "ui8", "i16", "ui16"]);

function flat(graph: GraphWriter, term: Term): Term {
  const isSingle = term.shape.length > 0 && term.shape.every((size) => size === 1);
  return isSingle ? graph.node("Reshape", [term, graph.integers([])], {}, { shape: [] }) : term;
}

/** One number, or one per index of the axis, in a shape that broadcasts over `input`. */
function spread(graph: GraphWriter, term: Term, input: Term, { axis, block_size }: Layout): Term {
  if (term.shape.length === 0) return term;
  if (block_size !== 0) throw graph.error(`blocks of ${term.element} have no operator in operator set 21`);
  const shape = input.shape.map((size, each) => (each === axis ? size : 1));
  return graph.node("Reshape", [term, graph.integers(shape)], {}, { shape });
}

const layoutOf = ({ axis, block_size }: Layout, scale: Term) =>
  scale.shape.length === 0 ? {} : { axis, ...(block_size === 0 ? {} : { block_size }) };

export const quantizationRules: readonly Rule[] = [
  rule(tensor.quantizeLinear, (operation, graph) => {
    const [input, scale] = [graph.of(operation.input), flat(graph, graph.of(operation.scale))];
    const zero = operation.zero_point && flat(graph, graph.of(operation.zero_point));
    const element = graph.elementOf(operation.result);
    const shape = resultShape(operation);
    if (reals.has(input.element) && input.element === scale.element && quantized.has(element)) {
      const type = zero === undefined && element !== "ui8" ? { output_dtype: typeCode(element) } : {};
      const attributes = { ...layoutOf(operation, scale), ...type };
      return graph.node("QuantizeLinear", [input, scale, zero], attributes, { element, shape });
    }
    // clip(round(x/scale) + zero), in a float type that holds the result exactly.
    const wide: ElementName = element === "i32" || input.element === "f64" || input.element === "i32" ? "f64" : "f32";
    const number = (term: Term) => spread(graph, graph.cast(term, wide), input, operation);
    const quotient = graph.node("Div", [graph.cast(input, wide), number(scale)], {}, { shape });
    const rounded = graph.node("Round", [quotient]);
    const moved = zero === undefined ? rounded : graph.node("Add", [rounded, number(zero)], {}, { shape });
    const { lowest, highest } = elementRange(element);
    const limits = [graph.scalar(Number(lowest), wide), graph.scalar(Number(highest), wide)];
    return graph.cast(graph.node("Clip", [moved, ...limits]), element);
  }),
  rule(tensor.dequantizeLinear, (operation, graph) => {
    const [input, scale] = [graph.of(operation.input), flat(graph, graph.of(operation.scale))];
    const zero = operation.zero_point && flat(graph, graph.of(operation.zero_point));
    const shape = resultShape(operation);
    const isKnown = quantized.has(input.element) || (input.element === "i32" && zero === undefined);
    if (reals.has(scale.element) && isKnown) {
      const form = { element: scale.element, shape };
      return graph.node("DequantizeLinear", [input, scale, zero], layoutOf(operation, scale), form);
    }
    const wide: ElementName = input.element === "i32" || scale.element === "f64" ? "f64" : "f32";
    const number = (term: Term) => spread(graph, graph.cast(term, wide), input, operation);
    const values = graph.cast(input, wide);
    const moved = zero === undefined ? values : graph.node("Sub", [values, number(zero)], {}, { shape });
    return graph.cast(graph.node("Mul", [moved, number(scale)], {}, { shape }), scale.element);
  }),
];
