/** Dialects made of `irdl.dialect` operations: their types parse, and their operations verify, as the IR says. */
import {
  type Attribute,
  DenseArrayAttribute,
  type SymbolReferenceAttribute,
  TypeAttribute,
} from "../../ir/attributes.ts";
import { anyType } from "../../ir/constraints.ts";
import {
  type AnyDefinition,
  type AttributeDefinition,
  type Dialect,
  dialect,
  type TypeDefinition,
} from "../../ir/context.ts";
import {
  type OperationOf,
  op,
  type Report,
  variadicOperand,
  variadicRegion,
  variadicResult,
  variadicSuccessor,
} from "../../ir/declaration.ts";
import type { Operation, Region, Value } from "../../ir/operation.ts";
import type { TextParser } from "../../ir/parser/text-parser.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { i32 } from "../../ir/types.ts";
import { isBuiltinBase } from "./base-names.ts";
import { type Constraint, ConstraintChecker } from "./constraints.ts";
import { DynamicAttribute, DynamicType } from "./dynamic.ts";
import * as irdl from "./ops.ts";
import type { Variadicity } from "./types.ts";

/**
 * The dialects that a verified module declares, in order.
 *
 * @throws DiagnosticError at a constraint that cannot be checked here (`irdl.c_pred`, a base that nobody defines)
 */
export function loadIrdl(module: Operation): Dialect[] {
  const declarations: OperationOf<typeof irdl.dialectDefinition>[] = [];
  module.walk((operation) => {
    if (irdl.dialectDefinition.matches(operation)) declarations.push(operation);
  });
  return declarations.map(loadDialect);
}

function loadDialect(declaration: OperationOf<typeof irdl.dialectDefinition>): Dialect {
  const name = declaration.sym_name;
  const inside = declaration.body.entry?.operations ?? [];
  const types: TypeDefinition[] = [];
  const attributes: AttributeDefinition[] = [];
  const ops: AnyDefinition[] = [];
  for (const each of inside) {
    if (irdl.typeDefinition.matches(each)) types.push(loadType(name, each.sym_name, new Declarations(each)));
    else if (irdl.attributeDefinition.matches(each))
      attributes.push(loadAttribute(name, each.sym_name, new Declarations(each)));
    else if (irdl.operationDefinition.matches(each))
      ops.push(loadOperation(`${name}.${each.sym_name}`, new Declarations(each)));
  }
  return dialect(name, { doc: `The dialect '${name}', declared in IR.`, ops, types, attributes });
}

/** The constraints in the body of a definition by position, and the lists that refer to them. */
class Declarations {
  readonly constraints: readonly Constraint[];
  readonly #operations: readonly Operation[];
  readonly #positions = new Map<Value, number>();

  constructor(definition: Operation) {
    this.#operations = definition.regions[0]?.entry?.operations ?? [];
    const constraints: Constraint[] = [];
    for (const operation of this.#operations) {
      const constraint = this.#constraintOf(operation);
      if (constraint === undefined) continue;
      this.#positions.set(operation.onlyResult, constraints.length);
      constraints.push(constraint);
    }
    this.constraints = constraints;
  }

  /** The positions of the constraints that values stand for. */
  positions(values: readonly Value[]): readonly number[] {
    return values.map((value) => {
      const position = this.#positions.get(value);
      if (position === undefined) throw (value.definer ?? this.#operations[0])!.error("is no constraint");
      return position;
    });
  }

  /** The operation of this kind in the body, if there is one. */
  find<D extends { readonly matches: (operation: Operation) => boolean }>(definition: D): OperationOf<D> | undefined {
    const found = this.#operations.find((each) => definition.matches(each));
    return found as OperationOf<D> | undefined;
  }

  #constraintOf(operation: Operation): Constraint | undefined {
    if (irdl.any.matches(operation)) return { kind: "any" };
    if (irdl.is.matches(operation)) return { kind: "is", expected: operation.expected };
    if (irdl.anyOf.matches(operation)) return { kind: "any-of", parts: this.positions(operation.args) };
    if (irdl.allOf.matches(operation)) return { kind: "all-of", parts: this.positions(operation.args) };
    if (irdl.base.matches(operation)) return { kind: "base", name: baseName(operation) };
    if (irdl.parametric.matches(operation)) {
      const name = referredName(operation, operation.base_type);
      return { kind: "parametric", name, parts: this.positions(operation.args) };
    }
    if (irdl.nativePredicate.matches(operation)) {
      throw operation.error(
        "is a constraint in C++, which cannot be checked here: use irdl.is, irdl.base, irdl.parametric, irdl.any_of or irdl.all_of",
      );
    }
    return undefined;
  }
}

function baseName(operation: OperationOf<typeof irdl.base>): string {
  const { base_ref, base_name } = operation;
  if (base_ref !== undefined) return referredName(operation, base_ref);
  if (base_name === undefined) throw operation.error("names neither a type nor an attribute");
  const isOfBuiltin = /^[!#]builtin\./.test(base_name);
  if (isOfBuiltin ? !isBuiltinBase(base_name) : !/^[!#][\w$]+\.[\w$]+$/.test(base_name))
    throw operation.error(
      `no registered ${base_name.startsWith("!") ? "type" : "attribute"} with name ${base_name.slice(1)}`,
    );
  return base_name;
}

/** `!cmath.complex` of `@cmath::@complex`. */
function referredName(operation: Operation, reference: SymbolReferenceAttribute): string {
  const found = resolveSymbol(operation, reference);
  const parent = found?.parentOperation;
  if (found === undefined || !irdl.dialectDefinition.matches(parent))
    throw operation.error(`symbol '${reference}' is not in a dialect`);
  const sigil = found.name === "irdl.type" ? "!" : "#";
  return `${sigil}${parent.sym_name}.${reference.path.at(-1)}`;
}

// ------------------------------------------------------------------------------------------------ types and attributes

/** `operand 'lhs'`, or `operand #0` where the declaration gives no name. */
function labelOf(kind: string, name: string | undefined, position: number): string {
  return `${kind} ${name === undefined ? `#${position}` : `'${name}'`}`;
}

/** Reads `<f32, 3 : i32>` and checks it; nothing where the definition has no parameters. */
function readParameters(parser: TextParser, mnemonic: string, declarations: Declarations, kind: string): Attribute[] {
  const at = parser.offset - mnemonic.length;
  const declared = declarations.find(irdl.parameters);
  const wanted = declarations.positions(declared?.args ?? []);
  const found = parser.peek("<") ? parser.delimited("<", ">", () => parser.parseAttribute()) : [];
  if (found.length !== wanted.length)
    throw parser.error(`expected ${wanted.length} ${kind} arguments, but had ${found.length}`, at);
  const checker = new ConstraintChecker(declarations.constraints);
  for (const [position, parameter] of found.entries()) {
    const problem = checker.problem(parameter, wanted[position]!);
    if (problem !== undefined)
      throw parser.error(`${labelOf("parameter", declared?.names?.[position], position)}: ${problem}`, at);
  }
  return found;
}

function loadType(dialectName: string, mnemonic: string, declarations: Declarations): TypeDefinition {
  return {
    mnemonic,
    doc: "A type that is declared in IR.",
    parse: (parser) => DynamicType.get(dialectName, mnemonic, readParameters(parser, mnemonic, declarations, "type")),
  };
}

function loadAttribute(dialectName: string, mnemonic: string, declarations: Declarations): AttributeDefinition {
  return {
    mnemonic,
    doc: "An attribute that is declared in IR.",
    parse: (parser) =>
      DynamicAttribute.get(dialectName, mnemonic, readParameters(parser, mnemonic, declarations, "attribute")),
  };
}

// --------------------------------------------------------------------------------------------------------- operations

/** Constraints on a list of operands or results, and how often each may come. */
interface List {
  readonly kind: "operand" | "result";
  readonly positions: readonly number[];
  readonly variadicity: readonly Variadicity[];
  /** Empty where the declaration gives none. */
  readonly names: readonly string[];
}

interface RegionRule {
  readonly name: string | undefined;
  /** On the arguments of the first block; undefined: any. */
  readonly entryArguments: readonly number[] | undefined;
  readonly blocks: number | undefined;
}

function loadOperation(name: string, declarations: Declarations): AnyDefinition {
  const { constraints } = declarations;
  const listOf = (kind: List["kind"], found: OperationOf<typeof irdl.operands> | undefined): List => ({
    kind,
    positions: declarations.positions(found?.args ?? []),
    variadicity: found?.variadicity ?? [],
    names: found?.names ?? [],
  });
  const operands = listOf("operand", declarations.find(irdl.operands));
  const results = listOf("result", declarations.find(irdl.results));
  const attributeList = declarations.find(irdl.attributes);
  const attributePositions = declarations.positions(attributeList?.attributeValues ?? []);
  const attributes = (attributeList?.attributeValueNames ?? []).map(
    (attributeName, position) => [attributeName, attributePositions[position]!] as const,
  );
  const regionList = declarations.find(irdl.regions);
  const regionRules = (regionList?.args ?? []).map((value, position): RegionRule => {
    const constraint = irdl.regionConstraint.cast(value.definer!);
    const isConstrained = constraint.constrainedArguments !== undefined;
    return {
      name: regionList?.names?.[position],
      entryArguments: isConstrained ? declarations.positions(constraint.entryBlockArgs) : undefined,
      blocks: constraint.numberOfBlocks,
    };
  });
  return op(
    name,
    {
      inputs: variadicOperand(anyType),
      outputs: variadicResult(anyType),
      bodies: variadicRegion(),
      targets: variadicSuccessor(),
    },
    {
      doc: "An operation that is declared in IR.",
      verify: (operation, report) => {
        const checker = new ConstraintChecker(constraints);
        if (operation.properties.size > 0) {
          const list = [...operation.properties].map(([key, value]) => `${key} = ${value}`).join(", ");
          report(`invalid properties {${list}}: operations of dialects that are declared in IR have none; write {…}`);
        }
        const groups = segments(operation, operands, report);
        const resultGroups = segments(operation, results, report);
        if (groups === undefined || resultGroups === undefined) return;
        for (const [key, position] of attributes) {
          const found = operation.attributes.get(key);
          const problem = found === undefined ? undefined : checker.problem(found, position);
          if (found === undefined) report(`attribute "${key}" is expected but not provided`);
          else if (problem !== undefined) report(`attribute "${key}": ${problem}`);
        }
        checkValues(operation.operands, groups, operands, checker, report);
        checkValues(operation.results, resultGroups, results, checker, report);
        checkRegions(operation.regions, regionRules, new ConstraintChecker(constraints), report);
      },
    },
  );
}

/** How many values each constraint of a list stands for; undefined (and a report) where the numbers do not fit. */
function segments(operation: Operation, list: List, report: Report): readonly number[] | undefined {
  const { kind, variadicity } = list;
  const found = kind === "operand" ? operation.operandCount : operation.results.length;
  const variable = variadicity.filter((word) => word !== "single").length;
  const singles = variadicity.length - variable;
  if (variable > 1) return statedSegments(operation, list, found, report);
  const most = variable === 0 ? singles : variadicity.includes("variadic") ? Number.POSITIVE_INFINITY : singles + 1;
  if (variable === 0 && found !== singles) report(`expects exactly ${singles} ${kind}s, but got ${found}`);
  else if (found < singles) report(`expects at least ${singles} ${kind}s, but got ${found}`);
  else if (found > most) report(`expects at most ${most} ${kind}s, but got ${found}`);
  else return variadicity.map((word) => (word === "single" ? 1 : found - singles));
  return undefined;
}

/** With more than one part of variable length the operation has to say how long each is. */
function statedSegments(
  operation: Operation,
  list: List,
  found: number,
  report: Report,
): readonly number[] | undefined {
  const { kind, variadicity } = list;
  const name = `${kind}_segment_sizes`;
  const stated = operation.attributes.get(name) ?? operation.attributes.get(`${kind}SegmentSizes`);
  if (!(stated instanceof DenseArrayAttribute && stated.element === i32)) {
    report(`'${name}' attribute is expected but not provided`);
    return undefined;
  }
  const sizes = stated.numbers;
  if (sizes.length !== variadicity.length) {
    report(
      `'${name}' attribute for specifying ${kind} segments must have ${variadicity.length} elements, but got ${sizes.length}`,
    );
    return undefined;
  }
  for (const [position, size] of sizes.entries()) {
    const word = variadicity[position];
    const isRight = word === "single" ? size === 1 : word === "optional" ? size === 0 || size === 1 : size >= 0;
    if (isRight) continue;
    report(`element ${position} in '${name}' attribute is ${size}, but the ${kind} is ${word}`);
    return undefined;
  }
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (sum === found) return sizes;
  report(`sum of elements in '${name}' attribute must be equal to the number of ${kind}s: ${sum} is not ${found}`);
  return undefined;
}

function checkValues(
  values: readonly Value[],
  groups: readonly number[],
  { kind, positions, names }: List,
  checker: ConstraintChecker,
  report: Report,
): void {
  let next = 0;
  for (const [group, count] of groups.entries()) {
    for (const [offset, value] of values.slice(next, next + count).entries()) {
      const problem = checker.problem(TypeAttribute.get(value.type), positions[group]!);
      if (problem !== undefined) report(`${labelOf(kind, names[group], next + offset)}: ${problem}`);
    }
    next += count;
  }
}

function checkRegions(
  regions: readonly Region[],
  rules: readonly RegionRule[],
  checker: ConstraintChecker,
  report: Report,
): void {
  if (regions.length !== rules.length) {
    report(`unexpected number of regions: expected ${rules.length} but got ${regions.length}`);
    return;
  }
  for (const [number, { name, entryArguments, blocks }] of rules.entries()) {
    const region = regions[number]!;
    if (blocks !== undefined && region.blocks.length !== blocks)
      report(`expected region ${number} to have ${blocks} block(s) but got ${region.blocks.length}`);
    if (entryArguments === undefined) continue;
    const args = region.entry?.arguments ?? [];
    if (args.length !== entryArguments.length) {
      report(`expected region ${number} to have ${entryArguments.length} arguments but got ${args.length}`);
      continue;
    }
    for (const [position, argument] of args.entries()) {
      const problem = checker.problem(TypeAttribute.get(argument.type), entryArguments[position]!);
      if (problem !== undefined) report(`argument #${position} of ${labelOf("region", name, number)}: ${problem}`);
    }
  }
}
