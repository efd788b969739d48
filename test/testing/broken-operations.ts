/**
 * What an op's declaration rules out, as edits of an operation that is right: too few and too many operands, types that a
 * constraint does not match, attributes that are missing or of another kind, regions, successors, places. The verifier must
 * refuse each, naming what is wrong.
 */
import { AffineMap } from "../../ir/affine-map.ts";
import {
  AffineMapAttribute,
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DenseElementsAttribute,
  DictionaryAttribute,
  FloatAttribute,
  IntegerAttribute,
  OpaqueAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import type { NamedField, OperandField, ResultField } from "../../ir/declaration.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, createOperation, type Operation, Region } from "../../ir/operation.ts";
import {
  ComplexType,
  FunctionType,
  f32,
  f64,
  IntegerType,
  i1,
  i8,
  i32,
  i64,
  index,
  MemRefType,
  NoneType,
  OpaqueType,
  TensorType,
  type Type,
  UnrankedTensorType,
  VectorType,
} from "../../ir/types.ts";
import { remade, sourceBefore } from "./example-program.ts";

/** One way to break an operation. */
export interface Breakage {
  readonly what: string;
  /** What the verifier has to say, after the op's name. */
  readonly complaint: RegExp;
  readonly apply: (operation: Operation) => void;
}

/** Types of every kind; those that a constraint does not match break it. */
export const sampleTypes: readonly Type[] = [
  NoneType.instance,
  i1,
  i32,
  IntegerType.get(7, "unsigned"),
  f32,
  f64,
  index,
  ComplexType.get(f32),
  FunctionType.get([], []),
  TensorType.get([], f32),
  TensorType.get([2, 3], f32),
  TensorType.get([3], i64),
  TensorType.get([-1, 3], f32),
  UnrankedTensorType.get(f32),
  VectorType.get([4], f32),
  MemRefType.get([2, 3], f32),
  OpaqueType.get("foreign", "thing"),
];

/** Attributes of every kind. */
export const sampleAttributes: readonly Attribute[] = [
  UnitAttribute.instance,
  IntegerAttribute.get(1, i1),
  IntegerAttribute.get(-1, i64),
  IntegerAttribute.get(1000, i32),
  IntegerAttribute.get(5, IntegerType.get(7)),
  FloatAttribute.get(1.5, f32),
  FloatAttribute.get(Number.NaN, f64),
  StringAttribute.get("no such word"),
  TypeAttribute.get(NoneType.instance),
  TypeAttribute.get(FunctionType.get([], [])),
  ArrayAttribute.get([]),
  ArrayAttribute.get([UnitAttribute.instance]),
  DictionaryAttribute.get([]),
  DenseArrayAttribute.get(i64, [-1, 7]),
  DenseArrayAttribute.get(i32, []),
  DenseArrayAttribute.get(i8, [1]),
  DenseElementsAttribute.get(TensorType.get([2], f32), Float32Array.of(1, 2)),
  AffineMapAttribute.get(AffineMap.identity(2)),
  SymbolReferenceAttribute.get("no", "where"),
  OpaqueAttribute.get("foreign", "thing"),
];

type ValueFields = readonly NamedField<OperandField | ResultField>[];

/** The least and the greatest number of values that fields stand for. */
function bounds(fields: readonly { readonly field: { readonly arity: string } }[]) {
  const least = fields.filter(({ field }) => field.arity === "one").length;
  const isOpen = fields.some(({ field }) => field.arity === "variadic");
  return { least, most: isOpen ? Number.POSITIVE_INFINITY : fields.length };
}

const countComplaint = (kind: string) => new RegExp(`expected .* ${kind}s?, but found`);

function operandCounts(operation: Operation, fields: ValueFields): Breakage[] {
  const { least, most } = bounds(fields);
  const found: Breakage[] = [];
  if (least > 0) {
    found.push({
      what: "no operands",
      complaint: countComplaint("operand"),
      apply: (copy) => copy.setOperands([]),
    });
  }
  if (Number.isFinite(most)) {
    found.push({
      what: "too many operands",
      complaint: countComplaint("operand"),
      apply: (copy) => {
        const extra = Array.from({ length: most + 1 - operation.operandCount }, () => sourceBefore(copy, i1));
        copy.setOperands([...copy.operands, ...extra]);
      },
    });
  }
  return found;
}

function resultCounts(operation: Operation, fields: ValueFields): Breakage[] {
  const { least, most } = bounds(fields);
  const types = operation.results.map((result) => result.type);
  const found: Breakage[] = [];
  const complaint = countComplaint("result");
  if (least > 0) {
    found.push({ what: "no results", complaint, apply: (copy) => remade(copy, { resultTypes: [] }) });
  }
  if (Number.isFinite(most)) {
    const resultTypes = [...types, ...Array.from({ length: most + 1 - types.length }, () => i1)];
    found.push({ what: "too many results", complaint, apply: (copy) => remade(copy, { resultTypes }) });
  }
  return found;
}

function wrongTypes(operation: Operation): Breakage[] {
  const definition = operation.definition!;
  const found: Breakage[] = [];
  const visit = (kind: "operand" | "result", fields: ValueFields) => {
    for (const [position, { name, field }] of fields.entries()) {
      const group =
        kind === "operand" ? definition.operandGroup(operation, position) : definition.resultGroup(operation, position);
      if (group.count === 0) continue;
      for (const type of sampleTypes.filter((each) => !field.constraint.matches(each))) {
        found.push({
          what: `${kind} ${name} of type ${type}`,
          complaint: new RegExp(`${kind} '${name}' must be`),
          apply: (copy) => {
            if (kind === "operand") copy.setOperand(group.start, sourceBefore(copy, type));
            else copy.results[group.start]!.type = type;
          },
        });
      }
    }
  };
  visit("operand", definition.operandFields);
  visit("result", definition.resultFields);
  return found;
}

/** Another type of the same kind: another size, element type, or width. */
export function variantsOf(type: Type): readonly Type[] {
  if (type instanceof TensorType) {
    const { shape, element, encoding } = type;
    const resized = [
      shape.map((size, axis) => (axis === 0 ? size + 1 : size)),
      shape.map((size, axis) => (axis === shape.length - 1 ? 0 : size)),
      [...shape, 1],
      shape.slice(1),
      shape.map(() => -1),
    ];
    return [
      ...resized.map((each) => TensorType.get(each, element, encoding)),
      ...variantsOf(element).map((each) => TensorType.get(shape, each, encoding)),
    ].filter((each) => each !== type);
  }
  if (type instanceof VectorType) {
    const { shape, element } = type;
    const others = [
      VectorType.get([...shape, 2], element),
      VectorType.get(
        shape.map((size) => size + 1),
        element,
      ),
      ...variantsOf(element).map((each) => VectorType.get(shape, each)),
    ];
    return others.filter((each) => each !== type);
  }
  if (type instanceof MemRefType) {
    const { shape, element, layout, memorySpace } = type;
    const others = [
      MemRefType.get([...shape, 2], element, undefined, memorySpace),
      MemRefType.get(
        shape.map((size) => size + 1),
        element,
        layout,
        memorySpace,
      ),
      ...variantsOf(element).map((each) => MemRefType.get(shape, each, layout, memorySpace)),
    ];
    return others.filter((each) => each !== type);
  }
  return [f32, i64, i1].filter((each) => each !== type);
}

/** Result types that the declaration does not imply, for ops whose results it implies. */
function wrongInference(operation: Operation): Breakage[] {
  const definition = operation.definition!;
  const isImplied =
    definition.options.infer !== undefined || definition.hasTrait("SameOperandsAndResultType")
      ? () => true
      : ({ field }: NamedField<ResultField>) =>
          field.constraint.variable !== undefined &&
          definition.operandFields.some((each) => each.field.constraint.variable === field.constraint.variable);
  const found: Breakage[] = [];
  for (const [position, entry] of definition.resultFields.entries()) {
    const { start, count } = definition.resultGroup(operation, position);
    const present = operation.results[start];
    if (count === 0 || present === undefined || !isImplied(entry)) continue;
    for (const type of variantsOf(present.type).filter((each) => entry.field.constraint.matches(each))) {
      found.push({
        what: `result ${entry.name} of type ${type} instead of ${present.type}`,
        complaint: /must be .* by its operands|must have the type|needs one type for all/,
        apply: (copy) => {
          copy.results[start]!.type = type;
        },
      });
    }
  }
  return found;
}

function wrongAttributes(operation: Operation): Breakage[] {
  const found: Breakage[] = [];
  for (const { name, field } of operation.definition!.attributeFields) {
    if (field.arity === "one") {
      found.push({
        what: `no attribute ${name}`,
        complaint: new RegExp(`needs the attribute '${name}'`),
        apply: (copy) => {
          copy.properties.delete(name);
          copy.attributes.delete(name);
        },
      });
    }
    for (const attribute of sampleAttributes.filter((each) => field.constraint.decode(each) === undefined)) {
      found.push({
        what: `attribute ${name} = ${attribute}`,
        complaint: new RegExp(`attribute '${name}' must be`),
        apply: (copy) => copy.properties.set(name, attribute),
      });
    }
  }
  return found;
}

function wrongRegions(operation: Operation): Breakage[] {
  const definition = operation.definition!;
  const found: Breakage[] = [];
  const { least, most } = bounds(definition.regionFields);
  if (least > 0)
    found.push({
      what: "no region",
      complaint: countComplaint("region"),
      apply: (copy) => remade(copy, { regions: [] }),
    });
  if (Number.isFinite(most)) {
    found.push({
      what: "a region too many",
      complaint: countComplaint("region"),
      apply: (copy) => {
        remade(copy, { regions: [...copy.regions.map((old) => taken(old)), new Region([new Block()])] });
      },
    });
  }
  if (Number.isFinite(bounds(definition.successorFields).most)) {
    found.push({
      what: "a successor too many",
      complaint: countComplaint("successor"),
      apply: (copy) => remade(copy, { successors: [...copy.successors, copy.block!] }),
    });
  }
  return found;
}

function taken(old: Region): Region {
  const region = new Region();
  region.takeBlocks(old);
  return region;
}

function wrongPlaces(operation: Operation): Breakage[] {
  const definition = operation.definition!;
  const found: Breakage[] = [];
  const foreign = (regions: readonly Region[] = []) =>
    createOperation({ name: "test.foreign", regions, location: unknownLocation });
  if (definition.hasTrait("Terminator") && operation.block !== undefined) {
    found.push({
      what: "an operation behind it",
      complaint: /must be the last operation of its block/,
      apply: (copy) => copy.block!.append(foreign()),
    });
  }
  if (definition.options.parents !== undefined) {
    found.push({
      what: "another operation around it",
      complaint: /must be directly inside/,
      apply: (copy) => {
        const block = new Block();
        copy.block!.insertBefore(foreign([new Region([block])]), copy);
        copy.moveToEnd(block);
      },
    });
  }
  const body = operation.regions.findIndex((region) => region.entry !== undefined);
  if (definition.hasTrait("IsolatedFromAbove") && operation.block !== undefined && body >= 0) {
    found.push({
      what: "a value from outside used in its region",
      complaint: /uses a value from outside|is isolated/,
      apply: (copy) => {
        const outside = sourceBefore(copy, i1);
        const entry = copy.regions[body]!.entry!;
        const user = createOperation({ name: "test.sink", operands: [outside], location: unknownLocation });
        entry.insertBefore(user, entry.first);
      },
    });
  }
  return found;
}

/** Every breakage that the declaration of an operation's op implies; `operation` is right and is not changed. */
export function breakagesOf(operation: Operation): readonly Breakage[] {
  const { operandFields, resultFields } = operation.definition!;
  return [
    ...operandCounts(operation, operandFields),
    ...resultCounts(operation, resultFields),
    ...wrongTypes(operation),
    ...wrongInference(operation),
    ...wrongAttributes(operation),
    ...wrongRegions(operation),
    ...wrongPlaces(operation),
  ];
}

/** Edits that keep to every constraint of the declaration: the op's own rules have to accept or refuse them. */
export function variationsOf(operation: Operation): readonly Omit<Breakage, "complaint">[] {
  const definition = operation.definition!;
  const found: Omit<Breakage, "complaint">[] = [];
  for (const [position, { name, field }] of definition.operandFields.entries()) {
    const { start, count } = definition.operandGroup(operation, position);
    if (count === 0) continue;
    const types = [...variantsOf(operation.operand(start).type), ...sampleTypes];
    for (const type of types.filter((each) => field.constraint.matches(each))) {
      found.push({
        what: `operand ${name} of type ${type}`,
        apply: (copy) => copy.setOperand(start, sourceBefore(copy, type)),
      });
    }
  }
  for (const [position, { name, field }] of definition.resultFields.entries()) {
    const { start, count } = definition.resultGroup(operation, position);
    if (count === 0) continue;
    const types = [...variantsOf(operation.results[start]!.type), ...sampleTypes];
    for (const type of types.filter((each) => field.constraint.matches(each))) {
      found.push({
        what: `result ${name} of type ${type}`,
        apply: (copy) => {
          const result = copy.results[start]!;
          if (result.hasUses) result.replaceAllUsesWith(sourceBefore(copy, result.type));
          result.type = type;
        },
      });
    }
  }
  for (const { name, field } of definition.attributeFields) {
    const present = operation.attribute(name);
    const values = [...(present === undefined ? [] : similarAttributes(present)), ...sampleAttributes];
    for (const value of values.filter((each) => field.constraint.decode(each) !== undefined)) {
      found.push({ what: `attribute ${name} = ${value}`, apply: (copy) => copy.properties.set(name, value) });
    }
    // (An absent default reads as the default but is written as such, so it does not come back as absent.)
    if (field.arity === "optional" && present !== undefined)
      found.push({ what: `no attribute ${name}`, apply: (copy) => copy.properties.delete(name) });
  }
  if (operation.definition!.hasTrait("AttrSizedOperandSegments") || bounds(definition.operandFields).most > 1e9) {
    found.push({ what: "no operands", apply: (copy) => copy.setOperands([]) });
  }
  if (operation.regions.some((region) => region.blocks.length > 0)) {
    found.push({
      what: "empty regions",
      apply: (copy) => {
        for (const region of copy.regions) for (const block of [...region.blocks]) region.remove(block);
      },
    });
    found.push({
      what: "regions with an empty block",
      apply: (copy) => {
        for (const region of copy.regions) {
          for (const block of [...region.blocks]) region.remove(block);
          region.append(new Block());
        }
      },
    });
    found.push({
      what: "an argument more in its blocks",
      apply: (copy) => {
        for (const region of copy.regions)
          for (const block of region.blocks) block.addArgument(NoneType.instance, unknownLocation);
      },
    });
  }
  return found;
}

/** Attributes of the same kind with other contents. */
export function similarAttributes(attribute: Attribute): readonly Attribute[] {
  if (attribute instanceof DenseArrayAttribute) {
    const { element } = attribute;
    // The mark of a run-time position is not a number beside which others make sense.
    const values = attribute.values.map((value) => (Math.abs(Number(value)) > 2 ** 30 ? 0 : value));
    return [
      DenseArrayAttribute.get(element, values.slice(1)),
      DenseArrayAttribute.get(element, [...values, 1]),
      DenseArrayAttribute.get(
        element,
        values.map((value) => (typeof value === "bigint" ? -value - 1n : -value - 1)),
      ),
      DenseArrayAttribute.get(
        element,
        values.map(() => 0),
      ),
      DenseArrayAttribute.get(
        element,
        values.map((value) => (typeof value === "bigint" ? value + 1n : value + 1)),
      ),
      DenseArrayAttribute.get(element, [...values].reverse()),
    ];
  }
  if (attribute instanceof IntegerAttribute) {
    return [-5, -1, 0, 1, 2, 3, 7, 100].map((value) => IntegerAttribute.get(value, attribute.type));
  }
  if (attribute instanceof FloatAttribute) {
    return [0, -1, 1e30, Number.POSITIVE_INFINITY, Number.NaN].map((value) =>
      FloatAttribute.get(value, attribute.type),
    );
  }
  if (attribute instanceof ArrayAttribute) {
    const { elements } = attribute;
    return [
      ArrayAttribute.get(elements.slice(1)),
      ArrayAttribute.get([...elements, ...elements.slice(-1)]),
      ArrayAttribute.get([...elements].reverse()),
    ];
  }
  if (attribute instanceof StringAttribute)
    return ["", "other", 'say "\\"\n'].map((value) => StringAttribute.get(value));
  if (attribute instanceof TypeAttribute) return variantsOf(attribute.type).map((type) => TypeAttribute.get(type));
  if (attribute instanceof SymbolReferenceAttribute) return [SymbolReferenceAttribute.get("nowhere")];
  if (attribute instanceof AffineMapAttribute) return [AffineMapAttribute.get(AffineMap.identity(1))];
  return [];
}
