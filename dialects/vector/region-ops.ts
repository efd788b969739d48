/** The vector ops around other ops (mask, warp), their terminator, and those that print or ask the machine. */
import {
  anyMemRef,
  anyType,
  arrayOf,
  dialectEnumAttribute,
  i64Attribute,
  indexType,
  stringAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  type Report,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Block, createOperation, type Region } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import { MemRefType, type Type, VectorType } from "../../ir/types.ts";
import { example } from "../example.ts";
import { assembly, blank, colon, dictionary, elementOf, operands, typeOf } from "../upstream/assembly.ts";
import { vectorType } from "../upstream/constraints.ts";
import { maskType } from "./memory-ops.ts";

export const yieldOperation = op(
  "vector.yield",
  { operands_: variadicOperand(anyType) },
  {
    doc: "Ends the region of vector.mask or vector.warp_execute_on_lane_0 and gives its results.",
    example: example(
      "%r = vector.mask %m { vector.reduction <add>, %v : vector<8xf32> into f32 } : vector<8xi1> -> f32",
      "%m: vector<8xi1>",
      "%v: vector<8xf32>",
    ),
    traits: ["Pure", "Terminator", "ReturnLike"],
    format: "attr-dict ($operands_^ `:` type($operands_))?",
  },
);

/** The body of a mask ends in vector.yield of the results of its one op, unless that is there. */
function completeMask(parser: OperationParser, body: Region): void {
  let block = body.entry;
  if (block === undefined) {
    block = new Block();
    body.append(block);
  }
  const { last } = block;
  if (last?.name === "vector.yield") return;
  const definition = parser.context.definition("vector.yield");
  const location = parser.currentOperationLocation;
  block.append(createOperation({ name: "vector.yield", definition, operands: last?.results ?? [], location }));
}

/** `%mask, %passthru { op } : M -> T` */
const maskFormat: CustomFormat = {
  syntax: "%mask (, %passthru)? { maskRegion } attr-dict : type(%mask) (-> type(results))?",
  parse: (parser) => {
    const mask = parser.parseOperand();
    const passThrough = parser.accept(",") ? parser.parseOperand() : undefined;
    const body = parser.parseRegion();
    completeMask(parser, body);
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const type = parser.parseType();
    const at = parser.offset;
    const resultTypes = parser.accept("->") ? parser.parseResultTypes() : [];
    const [first] = resultTypes;
    if (passThrough !== undefined && first === undefined)
      throw parser.error("a mask with a value to pass through has a result", at);
    const passed = passThrough === undefined || first === undefined ? [] : [parser.resolve(passThrough, first)];
    return { operands: [parser.resolve(mask, type), ...passed], attributes, resultTypes, regions: [body] };
  },
  print: (operation, printer) => {
    printer.write(" ");
    printer.operands(operation.operands);
    printer.write(" { ");
    const first = operation.regions[0]?.entry?.first;
    if (first !== undefined) printer.operation(first);
    printer.write(" }");
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(operation.operand(0).type);
    if (operation.results.length === 0) return;
    printer.write(" -> ");
    printer.resultTypes(operation.results.map((each) => each.type));
  },
};

export const mask = op(
  "vector.mask",
  {
    mask: operand(maskType),
    passthru: optionalOperand(anyType),
    results_: variadicResult(anyType),
    maskRegion: region(),
  },
  {
    doc: "Runs one op only for the lanes whose mask is set; the others take the value that is passed through.",
    example: example(
      "%r = vector.mask %m { vector.reduction <add>, %v : vector<8xf32> into f32 } : vector<8xi1> -> f32",
      "%m: vector<8xi1>",
      "%v: vector<8xf32>",
    ),
    traits: ["SingleBlock"],
    format: maskFormat,
    verify: (operation, report) => {
      const block = operation.maskRegion.entry;
      const count = block === undefined ? 0 : [...block.operations].length;
      if (block === undefined || operation.maskRegion.blocks.length !== 1 || count > 2) {
        report("expects a region of one block with at most one op before its terminator");
        return;
      }
      if (block.arguments.length > 0) report("expects a block without arguments");
      const { last } = block;
      if (!yieldOperation.matches(last)) {
        report("expects a region that ends in vector.yield");
        return;
      }
      const wanted = operation.results.map((each) => each.type);
      const found = last.operands.map((each) => each.type);
      if (wanted.length !== found.length || wanted.some((type, position) => type !== found[position]))
        report(`expects vector.yield of (${wanted.join(", ")}), found (${found.join(", ")})`);
    },
  },
);

/** `(%lane)[32] args(%v : T) -> (U) { … }` */
const warpFormat: CustomFormat = {
  syntax: "(%laneid)[$warp_size] (args(%args, … : type(%args)))? (-> (type(results)))? { warpRegion } attr-dict",
  parse: (parser) => {
    parser.expect("(");
    const lane = parser.parseOperand();
    parser.expect(")");
    parser.expect("[");
    const size = i64Attribute.encode(parser.parseSize());
    parser.expect("]");
    const laneValue = parser.resolve(lane, indexType.only!);
    let args: readonly ReturnType<typeof parser.resolve>[] = [];
    if (parser.acceptKeyword("args")) {
      parser.expect("(");
      const operandList = parser.operandList();
      parser.expect(":");
      const at = parser.offset;
      args = parser.resolveAll(operandList, parser.parseTypeList(), at);
      parser.expect(")");
    }
    const resultTypes = parser.accept("->") ? parser.parseResultTypes() : [];
    const body = parser.parseRegion({ implicitTerminator: "vector.yield" });
    return {
      operands: [laneValue, ...args],
      properties: [["warp_size", size]],
      attributes: parser.attributeDictionary(),
      resultTypes,
      regions: [body],
    };
  },
  print: (operation, printer) => {
    const [lane, ...args] = operation.operands;
    const size = operation.attribute("warp_size");
    printer.write("(");
    printer.operand(lane!);
    printer.write(`)[${size === undefined ? "" : i64Attribute.decode(size)}]`);
    if (args.length > 0) {
      printer.write(" args(");
      printer.operands(args);
      printer.write(" : ");
      printer.types(args.map((value) => value.type));
      printer.write(")");
    }
    if (operation.results.length > 0) {
      printer.write(" -> (");
      printer.types(operation.results.map((each) => each.type));
      printer.write(")");
    }
    printer.write(" ");
    printer.region(operation.regions[0]!, { printTerminator: operation.results.length > 0 });
    printer.attributeDictionary(operation, ["warp_size"]);
  },
};

export const warpExecuteOnLane0 = op(
  "vector.warp_execute_on_lane_0",
  {
    laneid: operand(indexType),
    args: variadicOperand(anyType),
    warp_size: attribute(i64Attribute),
    results_: variadicResult(anyType),
    warpRegion: region(),
  },
  {
    doc: "Runs its region on the first lane of a group of lanes; vectors are gathered from and given back to the lanes.",
    example: example(
      [
        "%r = vector.warp_execute_on_lane_0(%lane)[32] args(%v : vector<4xf32>) -> (vector<4xf32>) {",
        "^bb0(%all: vector<128xf32>):",
        "  vector.yield %all : vector<128xf32>",
        "}",
      ].join("\n"),
      "%lane: index",
      "%v: vector<4xf32>",
    ),
    traits: ["SingleBlock"],
    format: warpFormat,
    verify: (operation, report) => {
      const found = operation.warpRegion.entry?.arguments.length ?? 0;
      if (found !== operation.args.length)
        report(`expects ${operation.args.length} block arguments, one per argument, found ${found}`);
      const last = operation.warpRegion.entry?.last;
      if (!yieldOperation.matches(last)) report("expects a region that ends in vector.yield");
      else if (last.operandCount !== operation.results.length)
        report(`expects vector.yield of ${operation.results.length} values, found ${last.operandCount}`);
      else {
        const inside = [...(operation.warpRegion.entry?.arguments ?? []), ...last.operands];
        const outside = [...operation.args, ...operation.results];
        for (const [position, value] of outside.entries())
          checkDistribution(inside[position]?.type, value.type, operation.warp_size, report);
      }
    },
  },
);

/** Inside, a vector is whole; outside each lane has its part. The lanes are shared out among the dimensions. */
function checkDistribution(whole: Type | undefined, part: Type, lanes: number, report: Report): void {
  if (whole === part || whole === undefined) return;
  const isFine =
    whole instanceof VectorType &&
    part instanceof VectorType &&
    whole.element === part.element &&
    whole.rank === part.rank &&
    whole.shape.every((size, axis) => size % part.shape[axis]! === 0) &&
    whole.shape.reduce((product, size, axis) => (product * size) / part.shape[axis]!, 1) === lanes;
  if (!isFine) report(`cannot share ${whole} out among ${lanes} lanes as ${part}`);
}

// ---------------------------------------------------------------------------------------------------- elements and sizes

export const fromElements = op(
  "vector.from_elements",
  { elements: variadicOperand(anyType), result: result(vectorType) },
  {
    doc: "A vector of these elements, in row-major order.",
    example: example("%r = vector.from_elements %x, %y : vector<2xf32>", "%x: f32", "%y: f32"),
    traits: ["Pure"],
    format: assembly([blank, operands("elements"), dictionary, colon, typeOf("result")], {
      elements: elementOf("result"),
    }),
    verify: ({ elements, result: made }, report) => {
      const { count, element } = made.type;
      if (elements.length !== count) report(`expects ${count} elements for ${made.type}, found ${elements.length}`);
      const other = elements.find((value) => value.type !== element);
      if (other !== undefined) report(`expects elements of type ${element}, found ${other.type}`);
    },
  },
);

export const reshape = op(
  "vector.reshape",
  {
    vector: operand(vectorType),
    input_shape: variadicOperand(indexType),
    output_shape: variadicOperand(indexType),
    fixed_vector_sizes: attribute(arrayOf(i64Attribute)),
    result: result(vectorType),
  },
  {
    doc: "A vector of vectors in another arrangement, the sizes of which are known when running.",
    example: example(
      "%r = vector.reshape %v, [%n], [%m], [4] : vector<2x4xf32> to vector<2x4xf32>",
      "%v: vector<2x4xf32>",
      "%n: index",
      "%m: index",
    ),
    traits: ["Pure"],
    verify: ({ vector, input_shape: from, output_shape: to, fixed_vector_sizes: fixed, result: made }, report) => {
      for (const [shape, type] of [
        [from, vector.type],
        [to, made.type],
      ] as const) {
        if (
          type.rank !== shape.length + fixed.length ||
          fixed.some((size, axis) => type.shape[shape.length + axis] !== size)
        )
          report(`expects ${shape.length} leading sizes and then [${fixed.join(", ")}], found ${type}`);
      }
    },
    format:
      "$vector `,` `[` $input_shape `]` `,` `[` $output_shape `]` `,` $fixed_vector_sizes attr-dict `:` type($vector) `to` type($result)",
  },
);

export const scalableInsert = op(
  "vector.scalable.insert",
  {
    source: operand(vectorType),
    dest: operand(vectorType),
    pos: attribute(i64Attribute),
    res: result(vectorType),
  },
  {
    doc: "A scalable vector with a vector of fixed size put at a position.",
    example: example(
      "%r = vector.scalable.insert %v, %s[0] : vector<4xf32> into vector<[4]xf32>",
      "%v: vector<4xf32>",
      "%s: vector<[4]xf32>",
    ),
    traits: ["Pure"],
    format: "$source `,` $dest `[` $pos `]` attr-dict `:` type($source) `into` type($dest)",
    infer: ({ dest }) => dest.type,
    verify: ({ source, dest, pos }, report) => checkSlice(source.type, dest.type, pos, report),
  },
);

export const scalableExtract = op(
  "vector.scalable.extract",
  { source: operand(vectorType), pos: attribute(i64Attribute), res: result(vectorType) },
  {
    doc: "A vector of fixed size from a position of a scalable vector.",
    example: example("%r = vector.scalable.extract %s[0] : vector<4xf32> from vector<[4]xf32>", "%s: vector<[4]xf32>"),
    traits: ["Pure"],
    format: "$source `[` $pos `]` attr-dict `:` type($res) `from` type($source)",
    verify: ({ source, res, pos }, report) => checkSlice(res.type, source.type, pos, report),
  },
);

function checkSlice(
  fixed: VectorType,
  scalable: VectorType,
  position: number,
  report: (message: string) => void,
): void {
  if (fixed.rank !== 1 || scalable.rank !== 1 || fixed.element !== scalable.element)
    report(`expects vectors of rank 1 with one element type, found ${fixed} and ${scalable}`);
  if (!scalable.scalable.includes(true)) report(`expects a scalable vector, found ${scalable}`);
  if (position % Math.max(1, fixed.count) !== 0)
    report(`expects a position that is a multiple of ${fixed.count}, found ${position}`);
}

export const typeCast = op(
  "vector.type_cast",
  { memref: operand(anyMemRef), result: result(anyMemRef) },
  {
    doc: "Sees a buffer of scalars as a buffer of one vector.",
    example: example("%r = vector.type_cast %m : memref<2x4xf32> to memref<vector<2x4xf32>>", "%m: memref<2x4xf32>"),
    traits: ["Pure"],
    format: "$memref attr-dict `:` type($memref) `to` type($result)",
    verify: ({ memref, result: cast }, report) => {
      if (!memref.type.isStatic || memref.type.layout !== undefined) {
        report(`expects a buffer of static shape and dense layout, found ${memref.type}`);
        return;
      }
      const wanted = MemRefType.get(
        [],
        VectorType.get(memref.type.shape, memref.type.element),
        undefined,
        memref.type.memorySpace,
      );
      if (cast.type !== wanted) report(`expects a result of type ${wanted}, found ${cast.type}`);
    },
  },
);

export const vscale = op(
  "vector.vscale",
  { res: result(indexType) },
  {
    doc: "How many times the least size scalable vectors have on this machine.",
    example: example("%r = vector.vscale"),
    traits: ["Pure"],
    format: "attr-dict",
  },
);

const punctuations = ["no_punctuation", "newline", "comma", "open", "close"] as const;

export const print = op(
  "vector.print",
  {
    source: optionalOperand(anyType),
    punctuation: defaultAttribute(dialectEnumAttribute("vector", "punctuation", punctuations), "newline"),
    stringLiteral: optionalAttribute(stringAttribute),
  },
  {
    doc: "Writes a value, a text or a sign to the standard output, for debugging.",
    example: example("vector.print %v : vector<4xf32> punctuation <comma>", "%v: vector<4xf32>"),
    format: "($source^ `:` type($source))? (`str` $stringLiteral^)? (`punctuation` $punctuation^)? attr-dict",
    effects: () => [{ kind: "write" }],
  },
);

export const vectorRegionOps = [
  yieldOperation,
  mask,
  warpExecuteOnLane0,
  fromElements,
  reshape,
  scalableInsert,
  scalableExtract,
  typeCast,
  vscale,
  print,
];
