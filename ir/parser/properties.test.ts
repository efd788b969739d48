/** Random modules and random damage: what we print is read back as the same, and damage ends in a diagnostic. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
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
import { DiagnosticError } from "../diagnostic-error.ts";
import { fileLocation, type Location, nameLocation, unknownLocation } from "../location.ts";
import { Block, createOperation, type Operation, Region, type Value } from "../operation.ts";
import { missingOracle, mlirGenericForm } from "../printer/mlir-oracle.ts";
import { print } from "../printer/print.ts";
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
import { parse } from "./parse.ts";
import { sample } from "./sample.ts";

const context = testContext({ allowUnregistered: true });

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

const attributes: fc.Arbitrary<Attribute> = fc.letrec<{ attribute: Attribute }>((tie) => ({
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

const modules = fc.array(plans, { maxLength: 4 }).map((list) => {
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

/** Whether a region with several blocks has one that MLIR would call unfinished. */
function isAcceptedByMlir(module: Operation): boolean {
  let isAccepted = true;
  module.walk((operation) => {
    for (const [name] of [...operation.attributes, ...operation.properties])
      if (!/^[ -~]+$/.test(name)) isAccepted = false;
    for (const { blocks } of operation.regions) {
      for (const block of blocks) {
        if (blocks.length > 1 && block.isEmpty) isAccepted = false;
        for (const each of block.operations)
          if (each.successors.length > 0 && each.next !== undefined) isAccepted = false;
      }
    }
  });
  return isAccepted;
}

describe("random modules", () => {
  test("are printed, read and printed as the same text, in every form", () => {
    fc.assert(
      fc.property(modules, fc.boolean(), fc.boolean(), fc.boolean(), (module, generic, debugInfo, localScope) => {
        const options = { generic, debugInfo, localScope };
        const once = print(module, options);
        expect(print(parse(once, context), options)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });

  test("keep their attributes: the very same objects come back", () => {
    fc.assert(
      fc.property(attributes, (attribute) => {
        const operation = createOperation({ name: "a.b", attributes: [["v", attribute]], location: unknownLocation });
        const back = parse(print(operation), context).regions[0]!.onlyBlock.first!;
        expect(back.attribute("v")).toBe(attribute);
      }),
      { numRuns: 1000 },
    );
  });

  test.skipIf(missingOracle !== undefined)(`mean the same to MLIR (${missingOracle ?? "installed"})`, () => {
    fc.assert(
      fc.property(modules.filter(isAcceptedByMlir), (module) => {
        const options = { generic: true, valueNames: false } as const;
        const ours = print(module, options);
        expect(print(parse(mlirGenericForm(ours), context), options)).toBe(ours);
      }),
      { numRuns: 60 },
    );
  });
});

describe("random damage", () => {
  const pieces = [
    "<",
    ">",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    '"',
    "-",
    ":",
    ",",
    "=",
    "#",
    "!",
    "%",
    "@",
    "^",
    "0x",
    "1",
    "99999999999",
    "loc",
    "dense",
    "x",
    "?",
    "*",
    "i32",
    "\\",
    "\n",
    "->",
    "é",
  ];
  const damage = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("delete", "insert", "replace"),
    piece: fc.constantFrom(...pieces),
  });

  test("is read or refused, never anything else, and what is read prints and reads back", () => {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (list) => {
        let text = sample;
        for (const { at, kind, piece } of list) {
          const place = at % text.length;
          text =
            text.slice(0, place) + (kind === "delete" ? "" : piece) + text.slice(kind === "insert" ? place : place + 1);
        }
        let module: Operation;
        try {
          module = parse(text, context);
        } catch (error) {
          if (error instanceof DiagnosticError) return;
          throw error;
        }
        const once = print(module, { generic: true });
        expect(print(parse(once, context), { generic: true })).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });
});
