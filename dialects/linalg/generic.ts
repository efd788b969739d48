/** linalg.generic, and the ops that stand in its region. */
import { ArrayAttribute } from "../../ir/attributes.ts";
import {
  affineMapAttribute,
  anyType,
  arrayOf,
  i64Attribute,
  indexType,
  stringAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  optionalAttribute,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import { index } from "../../ir/types.ts";
import { iteratorTypeAttribute } from "./attributes.ts";
import { genericFormat } from "./formats.ts";
import { checkSizes, checkStructured, rankedTensor, shaped, structuredEffects, tensorResults } from "./structured.ts";

/** A structured op with what may stand in its body. */
const genericExample = [
  "#identity = affine_map<(d0, d1) -> (d0, d1)>",
  '%x = "test.source"() : () -> tensor<2x4xf32>',
  '%out = "test.source"() : () -> tensor<2x4xf32>',
  '%r = linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%out : tensor<2x4xf32>) {',
  "^bb0(%in: f32, %old: f32):",
  "  %i = linalg.index 0 : index",
  "  %new = arith.addf %in, %old : f32",
  "  linalg.yield %new : f32",
  "} -> tensor<2x4xf32>",
].join("\n");

export const yieldOperation = op(
  "linalg.yield",
  { inputs: variadicOperand(anyType) },
  {
    doc: "Ends the region of a structured op and gives the new element of each output.",
    example: genericExample,
    traits: ["Pure", "Terminator", "ReturnLike"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
  },
);

export const indexOperation = op(
  "linalg.index",
  { dim: attribute(i64Attribute), result: result(indexType) },
  {
    doc: "The position of the current point in one dimension of the iteration space.",
    example: genericExample,
    traits: ["Pure"],
    format: "$dim attr-dict `:` type($result)",
    infer: () => index,
    verify: (operation, report) => {
      const around = operation.parentOperation;
      if (!generic.matches(around)) return;
      const iterators = around.attribute("iterator_types");
      if (!(iterators instanceof ArrayAttribute)) return;
      const rank = iterators.elements.length;
      if (operation.dim < 0 || operation.dim >= rank)
        report(`expects a dimension from 0 to ${rank - 1}, found ${operation.dim}`);
    },
  },
);

export const generic = op(
  "linalg.generic",
  {
    inputs: variadicOperand(anyType),
    outputs: variadicOperand(shaped),
    indexing_maps: attribute(arrayOf(affineMapAttribute)),
    iterator_types: attribute(arrayOf(iteratorTypeAttribute)),
    doc: optionalAttribute(stringAttribute),
    library_call: optionalAttribute(stringAttribute),
    resultTensors: variadicResult(rankedTensor),
    region: region(),
  },
  {
    doc: "A loop nest over all points of an iteration space; the region computes the outputs' elements at one point.",
    example: genericExample,
    traits: ["SingleBlock"],
    format: genericFormat,
    infer: ({ outputs }) => tensorResults(outputs),
    effects: (operation) => structuredEffects(operation.inputs, operation.outputs, operation),
    verify: (operation, report) => {
      const { inputs, outputs, indexing_maps: maps, iterator_types: iterators } = operation;
      const operands = [...inputs, ...outputs];
      if (maps.length !== operands.length) {
        report(`expects one indexing map for each of ${operands.length} operands, found ${maps.length}`);
        return;
      }
      checkStructured(operation, inputs, outputs, report);
      checkSizes(operands, maps, iterators.length, report);
    },
  },
);
export type GenericOperation = OperationOf<typeof generic>;
