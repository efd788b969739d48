/** Products, contractions and scans of the vector dialect: many multiplications and additions in one op. */
import { ArrayAttribute, type Attribute, DictionaryAttribute, StringAttribute } from "../../ir/attributes.ts";
import {
  affineMapAttribute,
  anyType,
  arrayOf,
  boolAttribute,
  dialectEnumAttribute,
  i32Attribute,
  i64Attribute,
  typeOf,
  typeVariable,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalOperand,
  type Report,
  result,
} from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { VectorType } from "../../ir/types.ts";
import { example } from "../example.ts";
import {
  assembly,
  blank,
  colon,
  comma,
  dictionary,
  operand as operandPart,
  optionally,
  text,
  typeOf as typePart,
} from "../upstream/assembly.ts";
import { vectorType } from "../upstream/constraints.ts";
import { combiningKindAttribute } from "./kinds.ts";

const iteratorTypeAttribute = dialectEnumAttribute("vector", "iterator_type", ["parallel", "reduction"]);
const flatVector = typeOf(VectorType, "a vector of rank 1", (type) => type.rank === 1);

// --------------------------------------------------------------------------------------------------------- contraction

const contractHead = ["indexing_maps", "iterator_types", "kind"] as const;

/** The head of the custom form writes iterator types as strings. */
function iteratorsAs(attribute: Attribute, convert: (each: Attribute) => Attribute): Attribute {
  return attribute instanceof ArrayAttribute ? ArrayAttribute.get(attribute.elements.map(convert)) : attribute;
}

function iteratorFromText(each: Attribute): Attribute {
  if (!(each instanceof StringAttribute)) return each;
  return each.value === "parallel" || each.value === "reduction" ? iteratorTypeAttribute.encode(each.value) : each;
}

function iteratorToText(each: Attribute): Attribute {
  const word = iteratorTypeAttribute.decode(each);
  return word === undefined ? each : StringAttribute.get(word);
}

const contractOperands = assembly(
  [
    operandPart("lhs"),
    comma,
    operandPart("rhs"),
    comma,
    operandPart("acc"),
    dictionary,
    colon,
    typePart("lhs"),
    comma,
    typePart("rhs"),
    text(" into "),
    typePart("acc"),
  ],
  { dest: (types) => types.get("acc")![0]! },
);

/** `{indexing_maps = […], iterator_types = ["parallel", …], kind = #vector.kind<add>} %a, %b, %c : A, B into C` */
const contractFormat: CustomFormat = {
  syntax: "attr-dict %lhs, %rhs, %acc : type(%lhs), type(%rhs) into type(%dest)",
  parse: (parser) => {
    const head = parser.attributeDictionary();
    const iterators = head.get("iterator_types");
    if (iterators !== undefined) head.set("iterator_types", iteratorsAs(iterators, iteratorFromText));
    const state = contractOperands.parse(parser);
    const properties = new Map(state.properties);
    const attributes = new Map(state.attributes);
    for (const [name, value] of head)
      (contractHead.some((each) => each === name) ? properties : attributes).set(name, value);
    return { ...state, properties, attributes };
  },
  print: (operation, printer) => {
    const head = contractHead.flatMap((name): (readonly [string, Attribute])[] => {
      const value = operation.attribute(name);
      if (value === undefined) return [];
      return [[name, name === "iterator_types" ? iteratorsAs(value, iteratorToText) : value]];
    });
    printer.write(" ");
    printer.attribute(DictionaryAttribute.get(head));
    const [lhs, rhs, acc] = operation.operands;
    printer.write(" ");
    printer.operands([lhs!, rhs!, acc!]);
    printer.attributeDictionary(operation, contractHead);
    printer.write(" : ");
    printer.types([lhs!.type, rhs!.type]);
    printer.write(" into ");
    printer.type(acc!.type);
  },
};

export const contract = op(
  "vector.contract",
  {
    lhs: operand(vectorType),
    rhs: operand(vectorType),
    acc: operand(typeVariable("A", anyType)),
    indexing_maps: attribute(arrayOf(affineMapAttribute)),
    iterator_types: attribute(arrayOf(iteratorTypeAttribute)),
    kind: defaultAttribute(combiningKindAttribute, "add"),
    dest: result(typeVariable("A", anyType)),
  },
  {
    doc: "Multiplies elements of two vectors and combines the products into an accumulator, as its maps and iterators say.",
    example: example(
      '%r = vector.contract {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>} %a, %b, %c : vector<4x8xf32>, vector<8x4xf32> into vector<4x4xf32>',
      "%a: vector<4x8xf32>",
      "%b: vector<8x4xf32>",
      "%c: vector<4x4xf32>",
    ),
    traits: ["Pure"],
    format: contractFormat,
    verify: ({ lhs, rhs, acc, indexing_maps: maps, iterator_types: iterators }, report) => {
      const operands = [lhs, rhs, acc];
      if (maps.length !== 3) {
        report(`expects one indexing map for each of lhs, rhs and acc, found ${maps.length}`);
        return;
      }
      const sizes = new Map<number, number>();
      for (const [position, map] of maps.entries()) {
        const type = operands[position]!.type;
        const shape = type instanceof VectorType ? type.shape : [];
        if (map.dimensions !== iterators.length || map.symbols > 0 || map.projectedDimensions === undefined) {
          report(`expects maps that pick some of ${iterators.length} dimensions, found ${map}`);
          return;
        }
        if (map.results.length !== shape.length) {
          report(`expects a map of ${shape.length} results for ${type}, found ${map}`);
          return;
        }
        for (const [axis, dimension] of map.projectedDimensions.entries()) {
          const known = sizes.get(dimension) ?? shape[axis]!;
          sizes.set(dimension, known);
          if (known !== shape[axis]) report(`dimension d${dimension} has sizes ${known} and ${shape[axis]}`);
        }
      }
      if (lhs.type.element !== rhs.type.element)
        report(`expects lhs and rhs of one element type, found ${lhs.type} and ${rhs.type}`);
      if (!iterators.includes("reduction")) report("expects at least one dimension that is reduced");
    },
  },
);

export const outerproduct = op(
  "vector.outerproduct",
  {
    lhs: operand(vectorType),
    rhs: operand(anyType),
    acc: optionalOperand(vectorType),
    kind: defaultAttribute(combiningKindAttribute, "add"),
    dest: result(vectorType),
  },
  {
    doc: "All products of an element of one vector with an element (or the scalar) of another, combined into an accumulator.",
    example: example(
      "%r = vector.outerproduct %a, %b, %c {kind = #vector.kind<maximumf>} : vector<4xf32>, vector<8xf32>",
      "%a: vector<4xf32>",
      "%b: vector<8xf32>",
      "%c: vector<4x8xf32>",
    ),
    traits: ["Pure"],
    format: assembly(
      [
        blank,
        operandPart("lhs"),
        comma,
        operandPart("rhs"),
        optionally("acc", ",", [comma, operandPart("acc")]),
        dictionary,
        colon,
        typePart("lhs"),
        comma,
        typePart("rhs"),
      ],
      { acc: (types) => outerType(types.get("lhs")?.[0], types.get("rhs")?.[0]) },
    ),
    infer: ({ lhs, rhs }) => outerType(lhs.type, rhs.type),
    verify: ({ lhs, rhs, acc, dest }, report) => {
      if (lhs.type.rank !== 1) report(`expects a vector of rank 1, found ${lhs.type}`);
      if (rhs.type instanceof VectorType && rhs.type.rank !== 1)
        report(`expects a vector of rank 1, found ${rhs.type}`);
      const element = rhs.type instanceof VectorType ? rhs.type.element : rhs.type;
      if (element !== dest.type.element) report(`expects one element type, found ${rhs.type} for ${dest.type}`);
      if (acc !== undefined && acc.type !== dest.type)
        report(`expects an accumulator of type ${dest.type}, found ${acc.type}`);
    },
  },
);

function outerType(lhs: unknown, rhs: unknown): VectorType {
  if (!(lhs instanceof VectorType)) throw new Error(`expects a vector as its first operand, found ${lhs}`);
  if (!(rhs instanceof VectorType)) return lhs;
  return VectorType.get([...lhs.shape, ...rhs.shape], lhs.element, [...lhs.scalable, ...rhs.scalable]);
}

// ------------------------------------------------------------------------------------------------------- flat matrices

export const matrixMultiply = op(
  "vector.matrix_multiply",
  {
    lhs: operand(flatVector),
    rhs: operand(flatVector),
    lhs_rows: attribute(i32Attribute),
    lhs_columns: attribute(i32Attribute),
    rhs_columns: attribute(i32Attribute),
    res: result(flatVector),
  },
  {
    doc: "The product of two matrices that are stored in vectors of rank 1, column by column.",
    example: example(
      "%r = vector.matrix_multiply %a, %b {lhs_columns = 2 : i32, lhs_rows = 2 : i32, rhs_columns = 3 : i32} : (vector<4xf32>, vector<6xf32>) -> vector<6xf32>",
      "%a: vector<4xf32>",
      "%b: vector<6xf32>",
    ),
    traits: ["Pure"],
    format: "$lhs `,` $rhs attr-dict `:` `(` type($lhs) `,` type($rhs) `)` `->` type($res)",
    verify: ({ lhs, rhs, res }, report) => {
      if (lhs.type.element !== rhs.type.element || lhs.type.element !== res.type.element)
        report(`expects one element type, found ${lhs.type}, ${rhs.type} and ${res.type}`);
    },
  },
);

export const flatTranspose = op(
  "vector.flat_transpose",
  {
    matrix: operand(flatVector),
    rows: attribute(i32Attribute),
    columns: attribute(i32Attribute),
    res: result(flatVector),
  },
  {
    doc: "The transpose of a matrix that is stored in a vector of rank 1.",
    example: example(
      "%r = vector.flat_transpose %a {columns = 2 : i32, rows = 3 : i32} : vector<6xf32> -> vector<6xf32>",
      "%a: vector<6xf32>",
    ),
    traits: ["Pure"],
    format: "$matrix attr-dict `:` type($matrix) `->` type($res)",
    verify: ({ matrix, res }, report) => {
      if (matrix.type.element !== res.type.element)
        report(`expects one element type, found ${matrix.type} and ${res.type}`);
    },
  },
);

// ----------------------------------------------------------------------------------------------------------------- scan

function checkScan(source: VectorType, initial: VectorType, axis: number, report: Report): void {
  if (axis < 0 || axis >= source.rank) {
    report(`expects a dimension below ${source.rank}, found ${axis}`);
    return;
  }
  const kept = source.shape.filter((_, position) => position !== axis);
  if (initial.element !== source.element || kept.join() !== initial.shape.join())
    report(`expects an initial value without dimension ${axis} of ${source}, found ${initial}`);
}

export const scan = op(
  "vector.scan",
  {
    kind: attribute(combiningKindAttribute),
    source: operand(typeVariable("S", vectorType)),
    initial_value: operand(typeVariable("I", vectorType)),
    reduction_dim: attribute(i64Attribute),
    inclusive: attribute(boolAttribute),
    dest: result(typeVariable("S", vectorType)),
    accumulated_value: result(typeVariable("I", vectorType)),
  },
  {
    doc: "Combines the elements along one dimension step by step and keeps all the steps; inclusive of the element or not.",
    example: example(
      "%all, %last = vector.scan <add>, %v, %x {inclusive = true, reduction_dim = 1 : i64} : vector<2x4xf32>, vector<2xf32>",
      "%v: vector<2x4xf32>",
      "%x: vector<2xf32>",
    ),
    traits: ["Pure"],
    format: "$kind `,` $source `,` $initial_value attr-dict `:` type($source) `,` type($initial_value)",
    verify: ({ source, initial_value: initial, reduction_dim: axis }, report) =>
      checkScan(source.type, initial.type, axis, report),
  },
);

export const vectorProductOps = [contract, outerproduct, matrixMultiply, flatTranspose, scan];
