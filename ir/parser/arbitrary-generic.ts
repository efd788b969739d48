/** For tests: random types, attributes and modules of unregistered operations, with every construct of the generic form. */
import fc from "fast-check";
import { testContext } from "../assembly/test-dialect.ts";
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DenseElementsAttribute,
  DictionaryAttribute,
  FloatAttribute,
  IntegerAttribute,
  LocationAttribute,
  OpaqueAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../attributes.ts";
import { fileLocation, type Location, nameLocation, unknownLocation } from "../location.ts";
import { Block, createOperation, type Operation, Region, type Value } from "../operation.ts";
import {
  bf16,
  ComplexType,
  dynamic,
  FloatType,
  FunctionType,
  f16,
  f32,
  f64,
  IntegerType,
  i1,
  i64,
  index,
  MemRefType,
  NoneType,
  OpaqueType,
  TensorType,
  TupleType,
  type Type,
  VectorType,
} from "../types.ts";

export const context = testContext({ allowUnregistered: true });

const integerTypes = fc
  .tuple(fc.integer({ min: 1, max: 80 }), fc.constantFrom("signless", "signed", "unsigned"))
  .map(([width, signedness]) => IntegerType.get(width, signedness as "signless"));
const floatTypes = fc.constantFrom(f16, bf16, f32, f64, FloatType.get("f8E4M3FN"), FloatType.get("f8E5M2"));
const scalars: fc.Arbitrary<Type> = fc.oneof(integerTypes, floatTypes, fc.constant(index));
const sizes = fc.array(fc.oneof(fc.nat(70), fc.constant(dynamic)), { maxLength: 4 });

const types: fc.Arbitrary<Type> = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalars,
    fc.constant(NoneType.instance),
    floatTypes.map((element) => ComplexType.get(element)),
    fc.tuple(sizes, scalars).map(([shape, element]) => TensorType.get(shape, element)),
    fc.tuple(sizes, scalars).map(([shape, element]) => MemRefType.get(shape, element)),
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }).map((shape) => VectorType.get(shape, f32)),
    fc.constantFrom("bar", "bar<1>", 'bar<"a>b", [()]>', '"text"').map((body) => OpaqueType.get("foo", body)),
    fc.array(tie("type"), { maxLength: 3 }).map((elements) => TupleType.get(elements)),
    fc
      .tuple(fc.array(tie("type"), { maxLength: 2 }), fc.array(tie("type"), { maxLength: 2 }))
      .map(([inputs, results]) => FunctionType.get(inputs, results)),
  ),
})).type;

const strings = fc.string({ unit: "grapheme", maxLength: 12 });
const locations: fc.Arbitrary<Location> = fc.oneof(
  fc.constant(unknownLocation),
  fc.tuple(strings, fc.nat(), fc.nat()).map(([file, line, column]) => fileLocation(file, line, column)),
  strings.map((name) => nameLocation(name)),
);

export const attributes: fc.Arbitrary<Attribute> = fc.letrec<{ attribute: Attribute }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 3 },
    fc.constant(UnitAttribute.instance),
    fc
      .tuple(fc.bigInt(-(1n << 70n), 1n << 70n), integerTypes)
      .map(([value, type]) => IntegerAttribute.get(value, type)),
    fc.tuple(fc.double(), floatTypes).map(([value, type]) => FloatAttribute.get(value, type)),
    strings.map((value) => StringAttribute.get(value)),
    types.map((type) => TypeAttribute.get(type)),
    fc
      .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 })
      .map((path) => SymbolReferenceAttribute.get(...path)),
    fc.array(fc.integer(), { maxLength: 4 }).map((values) => DenseArrayAttribute.i64(values)),
    fc.array(fc.float(), { maxLength: 4 }).map((values) => DenseArrayAttribute.get(f32, values)),
    fc.array(fc.boolean(), { maxLength: 4 }).map((values) => DenseArrayAttribute.get(i1, values.map(Number))),
    fc
      .array(fc.float(), { minLength: 6, maxLength: 6 })
      .map((values) => DenseElementsAttribute.get(TensorType.get([2, 3], f32), Float32Array.from(values))),
    fc
      .array(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), { maxLength: 3 })
      .map((values) => DenseElementsAttribute.get(TensorType.get([values.length], i64), BigInt64Array.from(values))),
    locations.map((location) => LocationAttribute.get(location)),
    fc.constantFrom("bar", "bar<a, b>", "<1>").map((body) => OpaqueAttribute.get("foo", body)),
    fc.array(tie("attribute"), { maxLength: 3 }).map((elements) => ArrayAttribute.get(elements)),
    fc
      .dictionary(fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }), tie("attribute"), { maxKeys: 3 })
      .map((entries) => DictionaryAttribute.get(Object.entries(entries))),
  ),
})).attribute;

const dictionaries = fc.dictionary(fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }), attributes, {
  maxKeys: 3,
});

/** What an operation is made from: choices that are resolved against the values at hand. */
interface Plan {
  readonly name: string;
  readonly operands: readonly number[];
  readonly results: readonly Type[];
  readonly hint: string | undefined;
  readonly attributes: { readonly [name: string]: Attribute };
  readonly properties: { readonly [name: string]: Attribute };
  readonly regions: readonly (readonly PlannedBlock[])[];
  readonly successors: readonly number[];
  readonly location: Location;
}
interface PlannedBlock {
  readonly arguments: readonly Type[];
  readonly operations: readonly Plan[];
}

const plans = fc.letrec<{ plan: Plan; block: PlannedBlock }>((tie) => ({
  block: fc.record({
    arguments: fc.array(types, { maxLength: 2 }),
    operations: fc.array(tie("plan"), { maxLength: 3 }),
  }),
  plan: fc.record(
    {
      name: fc.constantFrom("a.b", "dialect.some_op", "x.y.z", "a.b-c"),
      operands: fc.array(fc.nat(), { maxLength: 3 }),
      results: fc.array(types, { maxLength: 3 }),
      hint: fc.option(fc.constantFrom("x", "y", "arg0", "x_0", "a.b"), { nil: undefined }),
      attributes: dictionaries,
      properties: dictionaries,
      regions: fc.oneof(
        { maxDepth: 3, depthIdentifier: "regions" },
        fc.constant([]),
        fc.array(fc.array(tie("block"), { maxLength: 3 }), { maxLength: 2 }),
      ),
      successors: fc.array(fc.nat(), { maxLength: 2 }),
      location: locations,
    },
    {
      requiredKeys: [
        "name",
        "operands",
        "results",
        "hint",
        "attributes",
        "properties",
        "regions",
        "successors",
        "location",
      ],
    },
  ),
})).plan;

/** Builds a plan in order; operands are values that are visible there. */
function build(plan: Plan, visible: readonly Value[], blocks: readonly Block[]): Operation {
  const operands = visible.length === 0 ? [] : plan.operands.map((choice) => visible[choice % visible.length]!);
  const regions = plan.regions.map((planned) => {
    const made = planned.map((block) => {
      const result = new Block();
      for (const type of block.arguments) result.addArgument(type, plan.location);
      return result;
    });
    for (const [position, block] of planned.entries()) {
      const inside = [...visible, ...made[position]!.arguments];
      for (const each of block.operations) {
        const operation = build(each, inside, made.slice(1));
        made[position]!.append(operation);
        inside.push(...operation.results);
      }
    }
    return new Region(made);
  });
  const operation = createOperation({
    name: plan.name,
    operands,
    resultTypes: plan.results,
    attributes: Object.entries(plan.attributes),
    properties: Object.entries(plan.properties),
    regions,
    successors: blocks.length === 0 ? [] : plan.successors.map((choice) => blocks[choice % blocks.length]!),
    location: plan.location,
  });
  if (operation.results[0] !== undefined && plan.hint !== undefined) operation.results[0].nameHint = plan.hint;
  return operation;
}

export const modules = fc.array(plans, { maxLength: 4 }).map((list) => {
  const block = new Block();
  const visible: Value[] = [];
  for (const plan of list) {
    const operation = build(plan, visible, []);
    block.append(operation);
    visible.push(...operation.results);
  }
  return createOperation({
    name: "builtin.module",
    definition: context.definition("builtin.module"),
    regions: [new Region([block])],
    location: unknownLocation,
  });
});
