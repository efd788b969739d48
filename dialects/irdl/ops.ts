/**
 * The irdl dialect: dialects declared in IR. A definition's body computes constraints as SSA values; where one value stands
 * in several places, all of them must come out equal. `load.ts` makes dialects of such declarations.
 */
import { SymbolReferenceAttribute } from "../../ir/attributes.ts";
import {
  anyAttribute,
  arrayOf,
  attributeOf,
  i32Attribute,
  stringAttribute,
  unitAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  op,
  optionalAttribute,
  type Report,
  region,
  result,
  type Trait,
  variadicOperand,
} from "../../ir/declaration.ts";
import type { Operation } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { symbolNameAttribute } from "../upstream/constraints.ts";
import {
  baseFormat,
  definitionFormat,
  listFormat,
  namedArgumentsFormat,
  namedListFormat,
  parametricFormat,
  regionFormat,
  variadicListFormat,
} from "./formats.ts";
import { ConstraintType, constraintHandle, RegionConstraintType, regionHandle, variadicityAttribute } from "./types.ts";

const symbolReference = attributeOf(SymbolReferenceAttribute, "a symbol reference");

const frameTraits: readonly Trait[] = ["Symbol", "NoTerminator", "SingleBlock"];

function checkBody({ regions: [body] }: Operation, report: Report): void {
  const block = body?.entry;
  if (block === undefined) report("needs a body of one block, but has none");
  else if (block.arguments.length > 0) report("needs a body without arguments");
}

/** A definition has a body of one block, with one list of each kind at most. */
function checkLists(operation: Operation, names: readonly string[], report: Report): void {
  checkBody(operation, report);
  const inside = operation.regions[0]?.entry?.operations ?? [];
  for (const name of names) {
    if (inside.filter((each) => each.name === name).length > 1) report(`has more than one ${name}: give one`);
  }
}

export const dialectDefinition = op(
  "irdl.dialect",
  { sym_name: attribute(symbolNameAttribute), body: region() },
  {
    doc: "Declares a dialect: its types, attributes and operations are in the body.",
    example: [
      "irdl.dialect @cmath {",
      "  irdl.type @complex {",
      "    %0 = irdl.is f32",
      "    irdl.parameters(%0)",
      "  }",
      "}",
    ].join("\n"),
    traits: [...frameTraits, "SymbolTable", "IsolatedFromAbove"],
    format: definitionFormat,
    verify: checkBody,
  },
);

const inDialect = (lines: readonly string[]) => ["irdl.dialect @cmath {", ...lines, "}"].join("\n");
const inOperation = (lines: readonly string[]) =>
  inDialect(["  irdl.operation @norm {", ...lines.map((line) => `    ${line}`), "  }"]);

export const typeDefinition = op(
  "irdl.type",
  { sym_name: attribute(symbolNameAttribute), body: region() },
  {
    doc: "Declares a type of the surrounding dialect; irdl.parameters in the body says what its parameters may be.",
    example: inDialect(["  irdl.type @complex {", "    %0 = irdl.is f32", "    irdl.parameters(%0)", "  }"]),
    traits: frameTraits,
    parents: ["irdl.dialect"],
    format: definitionFormat,
    verify: (operation, report) => checkLists(operation, ["irdl.parameters"], report),
  },
);

export const attributeDefinition = op(
  "irdl.attribute",
  { sym_name: attribute(symbolNameAttribute), body: region() },
  {
    doc: "Declares an attribute of the surrounding dialect; irdl.parameters in the body says what its parameters may be.",
    example: inDialect(["  irdl.attribute @width {", "    %0 = irdl.any", "    irdl.parameters(%0)", "  }"]),
    traits: frameTraits,
    parents: ["irdl.dialect"],
    format: definitionFormat,
    verify: (operation, report) => checkLists(operation, ["irdl.parameters"], report),
  },
);

export const operationDefinition = op(
  "irdl.operation",
  { sym_name: attribute(symbolNameAttribute), body: region() },
  {
    doc: "Declares an operation of the surrounding dialect: the lists in its body say what it takes and gives.",
    example: inOperation(["%0 = irdl.is f32", "irdl.operands(%0)", "irdl.results(%0)"]),
    traits: frameTraits,
    parents: ["irdl.dialect"],
    format: definitionFormat,
    verify: (operation, report) =>
      checkLists(operation, ["irdl.operands", "irdl.results", "irdl.attributes", "irdl.regions"], report),
  },
);

const definitions = ["irdl.type", "irdl.attribute", "irdl.operation"];

/** Lists declare something: they stay, though nothing uses them. */
const declares = { effects: () => [{ kind: "write" as const }] };

/** Names of the constraints of a list, which newer files give. */
const names = optionalAttribute(arrayOf(stringAttribute));

/** Names, where a list has them, are as many as its constraints, are words, and differ. */
function checkNames(given: readonly string[] | undefined, count: number, report: Report): void {
  if (given === undefined) return;
  if (given.length !== count) report(`has ${count} constraints, but ${given.length} names`);
  for (const [position, name] of given.entries()) {
    if (!/^\w+$/.test(name)) report(`name of element #${position} must contain only letters, digits and underscores`);
    if (given.indexOf(name) < position) report(`the name '${name}' is given twice`);
  }
}

const variadicList = (name: string, what: string) =>
  op(
    name,
    { args: variadicOperand(constraintHandle), variadicity: attribute(variadicityAttribute), names },
    {
      doc: `The constraints on the ${what} of an operation, in order; optional and variadic ones say so. They may have names: \`${name}(first: %0, rest: variadic %0)\`.`,
      example: inOperation(["%0 = irdl.any", `${name}(%0, optional %0, variadic %0)`]),
      ...declares,
      parents: ["irdl.operation"],
      format: variadicListFormat,
      verify: ({ args, variadicity, names: given }, report) => {
        checkNames(given, args.length, report);
        if (args.length !== variadicity.length)
          report(`has ${args.length} constraints, but says how often they come for ${variadicity.length}`);
      },
    },
  );

export const operands = variadicList("irdl.operands", "operands");
export const results = variadicList("irdl.results", "results");

export const attributes = op(
  "irdl.attributes",
  { attributeValues: variadicOperand(constraintHandle), attributeValueNames: attribute(arrayOf(stringAttribute)) },
  {
    doc: "The attributes that an operation must have, by name.",
    example: inOperation(["%0 = irdl.any", 'irdl.attributes {"width" = %0}']),
    ...declares,
    parents: ["irdl.operation"],
    format: namedListFormat,
    verify: ({ attributeValues, attributeValueNames }, report) => {
      if (attributeValues.length !== attributeValueNames.length)
        report(`has ${attributeValues.length} constraints, but ${attributeValueNames.length} names`);
    },
  },
);

export const parameters = op(
  "irdl.parameters",
  { args: variadicOperand(constraintHandle), names },
  {
    doc: "The constraints on the parameters of a type or an attribute, in order. They may have names: `irdl.parameters(first: %0)`.",
    example: inDialect(["  irdl.type @pair {", "    %0 = irdl.any", "    irdl.parameters(%0, %0)", "  }"]),
    ...declares,
    parents: ["irdl.type", "irdl.attribute"],
    format: namedArgumentsFormat(ConstraintType.instance),
    verify: ({ args, names: given }, report) => checkNames(given, args.length, report),
  },
);

export const regions = op(
  "irdl.regions",
  { args: variadicOperand(regionHandle), names },
  {
    doc: "The constraints on the regions of an operation, in order. They may have names: `irdl.regions(body: %0)`.",
    example: inOperation(["%0 = irdl.region", "irdl.regions(%0)"]),
    ...declares,
    parents: ["irdl.operation"],
    format: namedArgumentsFormat(RegionConstraintType.instance),
    verify: ({ args, names: given }, report) => checkNames(given, args.length, report),
  },
);

export const regionConstraint = op(
  "irdl.region",
  {
    entryBlockArgs: variadicOperand(constraintHandle),
    numberOfBlocks: optionalAttribute(i32Attribute),
    constrainedArguments: optionalAttribute(unitAttribute),
    output: result(regionHandle),
  },
  {
    doc: "A region, perhaps with constraints on the arguments of its first block, perhaps with a number of blocks.",
    example: inOperation(["%0 = irdl.any", "%1 = irdl.region(%0) with size 2", "irdl.regions(%1)"]),
    traits: ["Pure"],
    parents: definitions,
    format: regionFormat,
    verify: ({ numberOfBlocks, entryBlockArgs, constrainedArguments }, report) => {
      if (numberOfBlocks !== undefined && numberOfBlocks < 1)
        report(`expects a number of blocks from 1, found ${numberOfBlocks}`);
      if (entryBlockArgs.length > 0 && constrainedArguments === undefined)
        report("has constraints on arguments, but does not say constrainedArguments");
    },
  },
);

export const is = op(
  "irdl.is",
  { expected: attribute(anyAttribute), output: result(constraintHandle) },
  {
    doc: "Exactly this attribute, or this type.",
    example: inOperation(["%0 = irdl.is 32 : i32"]),
    traits: ["Pure"],
    parents: definitions,
    format: "$expected attr-dict",
  },
);

/** What a reference to a type or an attribute of the file names; reported where there is no such. */
function checkReference(operation: Operation, reference: SymbolReferenceAttribute, report: Report): void {
  const found = resolveSymbol(operation, reference);
  if (found === undefined) report(`symbol '${reference}' not found`);
  else if (found.name !== "irdl.type" && found.name !== "irdl.attribute")
    report(`symbol '${reference}' does not refer to a type or attribute definition (refers to '${found.name}')`);
}

export const base = op(
  "irdl.base",
  {
    base_ref: optionalAttribute(symbolReference),
    base_name: optionalAttribute(stringAttribute),
    output: result(constraintHandle),
  },
  {
    doc: "Any type or attribute of one kind: a declared one by reference, another by name (`!builtin.integer`).",
    example: inOperation(['%0 = irdl.base "!builtin.integer"']),
    traits: ["Pure"],
    parents: definitions,
    format: baseFormat,
    verify: (operation, report) => {
      const { base_ref, base_name } = operation;
      if ((base_ref === undefined) === (base_name === undefined))
        report("the base type or attribute should be specified by either a name or a reference");
      else if (base_ref !== undefined) checkReference(operation, base_ref, report);
      else if (base_name !== undefined && !/^[!#]/.test(base_name))
        report("the base type or attribute name should start with '!' or '#'");
    },
  },
);

export const parametric = op(
  "irdl.parametric",
  { base_type: attribute(symbolReference), args: variadicOperand(constraintHandle), output: result(constraintHandle) },
  {
    doc: "A declared type or attribute whose parameters satisfy constraints.",
    example: [
      "irdl.dialect @cmath {",
      "  irdl.type @complex {",
      "    %0 = irdl.any",
      "    irdl.parameters(%0)",
      "  }",
      "  irdl.operation @norm {",
      "    %0 = irdl.any",
      "    %1 = irdl.parametric @cmath::@complex<%0>",
      "    irdl.operands(%1)",
      "    irdl.results(%0)",
      "  }",
      "}",
    ].join("\n"),
    traits: ["Pure"],
    parents: definitions,
    format: parametricFormat,
    verify: (operation, report) => checkReference(operation, operation.base_type, report),
  },
);

export const any = op(
  "irdl.any",
  { output: result(constraintHandle) },
  {
    doc: "Anything; where the value stands twice, the same twice.",
    example: inOperation(["%0 = irdl.any"]),
    traits: ["Pure"],
    parents: definitions,
    format: "attr-dict",
  },
);

const combination = (name: string, doc: string) =>
  op(
    name,
    { args: variadicOperand(constraintHandle), output: result(constraintHandle) },
    {
      doc,
      example: inOperation(["%0 = irdl.is f32", "%1 = irdl.is f64", `%2 = ${name}(%0, %1)`]),
      traits: ["Pure"],
      parents: definitions,
      format: listFormat(ConstraintType.instance, [ConstraintType.instance]),
      verify: ({ args }, report) => {
        if (args.length === 0) report("expected 1 or more operands, but found 0");
      },
    },
  );

export const anyOf = combination("irdl.any_of", "What satisfies one of several constraints.");
export const allOf = combination("irdl.all_of", "What satisfies all of several constraints.");

export const nativePredicate = op(
  "irdl.c_pred",
  { pred: attribute(stringAttribute), output: result(constraintHandle) },
  {
    doc: "A constraint in C++. It is read and printed; a dialect that uses it cannot be loaded.",
    example: inOperation(['%0 = irdl.c_pred "$_self.isInteger()"']),
    traits: ["Pure"],
    parents: definitions,
    format: "$pred attr-dict",
  },
);

export const irdlOps = [
  dialectDefinition,
  typeDefinition,
  attributeDefinition,
  operationDefinition,
  operands,
  results,
  attributes,
  parameters,
  regions,
  regionConstraint,
  is,
  base,
  parametric,
  any,
  anyOf,
  allOf,
  nativePredicate,
];
