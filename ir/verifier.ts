/**
 * The verifier: structure, declared constraints, traits, each op's own rules, symbols, and dominance. It always checks
 * all of them. Errors name the op, its location, what was expected and what was found.
 */

import type { Context } from "./context.ts";
import type {
  ArityLimits,
  AttributeField,
  NamedField,
  OperandField,
  OperationDefinition,
  ResultField,
} from "./declaration.ts";
import type { DiagnosticError } from "./diagnostic-error.ts";
import { messageOf } from "./diagnostic-error.ts";
import { DominanceInfo } from "./dominance.ts";
import { SymbolUser } from "./interfaces/symbol-user.ts";
import { placeOf } from "./location.ts";
import { type Block, type Operation, OperationResult, type Value } from "./operation.ts";
import { print } from "./printer/print.ts";
import { nearestSymbolTable, resolveSymbol, symbolName } from "./symbol-table.ts";
import type { Type } from "./types.ts";

/** All rule breaks inside (and on) `operation`, in order, at most `limit`. */
export function verifyAll(operation: Operation, context: Context, limit = 20): DiagnosticError[] {
  const verifier = new Verifier(context, limit);
  verifier.operation(operation);
  return verifier.errors;
}

/** Throws the first rule break. */
export function verify(operation: Operation, context: Context): void {
  const [first] = verifyAll(operation, context, 1);
  if (first !== undefined) throw first;
}

/** What stands for a type variable, and the first field that said so. */
type BoundTypes = Map<string, { readonly type: Type; readonly where: string }>;

/** Whether value and user stand in a region of an op without a declaration: nobody knows whether its order means anything. */
function isUnordered(value: Value, user: Operation): boolean {
  const region = value.parentBlock?.region;
  const parent = region?.parent;
  if (parent === undefined || parent.definition !== undefined || parent.name === "builtin.module") return false;
  let ancestor: Operation | undefined = user;
  while (ancestor !== undefined && ancestor.block?.region !== region) ancestor = ancestor.parentOperation;
  return ancestor !== undefined;
}

class Verifier {
  readonly errors: DiagnosticError[] = [];
  readonly #context: Context;
  readonly #limit: number;
  readonly #dominance = new DominanceInfo();
  /** Operations with rules of their own, checked last. */
  readonly #withRules: Operation[] = [];
  /** What is wrong with the types of the operation at hand. */
  readonly #wrongTypes: { readonly who: string; readonly what: string; readonly type: Type }[] = [];
  /** Whether ops of a declaration implement SymbolUser. */
  readonly #symbolUsers = new Map<OperationDefinition, boolean>();

  constructor(context: Context, limit: number) {
    this.#context = context;
    this.#limit = limit;
  }

  /**
   * Checks `root` and everything inside it. An op's own rules look at its neighbours (the function around a return), so they
   * run once the declarations hold everywhere, and may rely on them.
   */
  operation(root: Operation): void {
    this.#checkDeclarations(root);
    if (this.errors.length > 0) return;
    for (const operation of this.#withRules) {
      this.#checkRules(operation);
      if (this.errors.length >= this.#limit) return;
    }
  }

  /** A rule may throw its sentence as well: computing what a type should be throws where there is no such type. */
  #checkRules(operation: Operation): void {
    const { definition } = operation;
    const report = (message: string) => this.#report(operation, message);
    try {
      definition?.options.verify?.(definition.cast(operation), report);
      if (definition === undefined || this.#symbolUsers.get(definition) !== true) return;
      // Outside of any table there is nothing to resolve a name in.
      if (operation.parentOperation === undefined || nearestSymbolTable(operation.parentOperation) === undefined)
        return;
      this.#context.implementation(SymbolUser, operation)?.(
        operation,
        (reference) => resolveSymbol(operation, reference),
        report,
      );
    } catch (error) {
      if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) throw error;
      this.#report(operation, error.message);
    }
  }

  /** With an explicit stack: nesting must not exhaust the machine's. */
  #checkDeclarations(root: Operation): void {
    // Each entry stands for itself and all operations behind it in its block.
    const pending: Operation[] = [root];
    for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
      if (this.errors.length >= this.#limit) return;
      this.#checkOne(operation, root);
      if (operation !== root && operation.next !== undefined) pending.push(operation.next);
      if (!operation.hasParts) continue;
      for (let r = operation.regions.length - 1; r >= 0; r--) {
        const { blocks } = operation.regions[r]!;
        for (let b = blocks.length - 1; b >= 0; b--) {
          const { first } = blocks[b]!;
          if (first !== undefined) pending.push(first);
        }
      }
    }
  }

  #report(operation: Operation, message: string, notes: { message: string }[] = []): void {
    if (this.errors.length >= this.#limit) return;
    const hasPlace = placeOf(operation.location).file !== undefined;
    this.errors.push(operation.error(message, hasPlace ? notes : [...notes, { message: seeOperation(operation) }]));
  }

  #checkOne(operation: Operation, root: Operation): void {
    const { definition } = operation;
    if (definition === undefined) {
      if (!this.#context.allowUnregistered) {
        this.#report(operation, "is not registered: load its dialect, or allow unregistered dialects");
      }
    } else if (definition.acceptedShapes.isApplicable) this.#checkRepeated(operation, definition);
    else this.#checkDeclared(operation, definition);
    if (operation.operandCount > 0) this.#checkOperands(operation, root);
    if (operation.hasParts) this.#checkBlocks(operation, definition);
  }

  #checkRepeated(operation: Operation, definition: OperationDefinition): void {
    const { acceptedShapes } = definition;
    if (acceptedShapes.has(operation)) {
      this.#queueRules(operation, definition);
      return;
    }
    const before = this.errors.length;
    this.#checkDeclared(operation, definition);
    if (this.errors.length === before) acceptedShapes.add(operation);
  }

  #checkDeclared(operation: Operation, definition: OperationDefinition): void {
    const before = this.errors.length;
    this.#checkCounts(operation, definition);
    if (this.errors.length > before) return;
    const bound: BoundTypes = new Map();
    if (definition.operandFields.length > 0) {
      this.#checkTypes(operation, definition.operandFields, "operand", operation.operands, bound, definition);
    }
    this.#checkTypes(operation, definition.resultFields, "result", operation.results, bound, definition);
    const hasWrongTypes = this.#wrongTypes.length > 0;
    if (hasWrongTypes) this.#reportWrongTypes(operation);
    for (const entry of definition.attributeFields) this.#checkAttribute(operation, entry);
    this.#checkTraits(operation, definition, hasWrongTypes);
    if (this.errors.length > before) return;
    this.#checkInferred(operation, definition);
    if (this.errors.length === before) this.#queueRules(operation, definition);
  }

  #queueRules(operation: Operation, definition: OperationDefinition): void {
    if (definition.options.verify !== undefined || this.#isSymbolUser(operation, definition))
      this.#withRules.push(operation);
  }

  #isSymbolUser(operation: Operation, definition: OperationDefinition): boolean {
    // Symbols are named in attributes.
    if (definition.attributeFields.length === 0) return false;
    let answer = this.#symbolUsers.get(definition);
    if (answer === undefined) {
      answer = this.#context.implementation(SymbolUser, operation) !== undefined;
      this.#symbolUsers.set(definition, answer);
    }
    return answer;
  }

  #checkCounts(operation: Operation, definition: OperationDefinition): void {
    this.#checkCount(operation, definition.operandLimits, operation.operandCount);
    this.#checkCount(operation, definition.resultLimits, operation.results.length);
    this.#checkCount(operation, definition.regionLimits, operation.regions.length);
    this.#checkCount(operation, definition.successorLimits, operation.successors.length);
    if (definition.traits.has("AttrSizedOperandSegments")) {
      this.#checkSegments(operation, definition.operandFields, operation.operandCount, (at) =>
        definition.operandGroup(operation, at),
      );
    }
    if (definition.traits.has("AttrSizedResultSegments")) {
      this.#checkSegments(operation, definition.resultFields, operation.results.length, (at) =>
        definition.resultGroup(operation, at),
      );
    }
  }

  #checkCount(operation: Operation, { kind, least, most }: ArityLimits, found: number): void {
    if (found >= least && found <= most) return;
    const range = most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
    const expected = most === least ? `${least}` : range;
    this.#report(operation, `expected ${expected} ${kind}${expected === "1" ? "" : "s"}, but found ${found}`);
  }

  #checkSegments(
    operation: Operation,
    fields: readonly NamedField<OperandField | ResultField>[],
    total: number,
    group: (position: number) => { readonly count: number },
  ): void {
    let sum = 0;
    for (const [position, { name, field }] of fields.entries()) {
      const { count } = group(position);
      if (count < 0) this.#report(operation, `segment size of ${name} is negative (${count})`);
      if (field.arity === "one" && count !== 1)
        this.#report(operation, `segment size of ${name} must be 1, but is ${count}`);
      if (field.arity === "optional" && count > 1)
        this.#report(operation, `segment size of ${name} must be 0 or 1, but is ${count}`);
      sum += count;
    }
    if (sum !== total)
      this.#report(operation, `segment sizes add up to ${sum}, but there are ${total} ${fields[0]?.field.kind}s`);
  }

  #checkTypes(
    operation: Operation,
    fields: readonly NamedField<OperandField | ResultField>[],
    kind: "operand" | "result",
    values: readonly Value[],
    bound: BoundTypes,
    definition: OperationDefinition,
  ): void {
    for (let position = 0; position < fields.length; position++) {
      const { name, field } = fields[position]!;
      const { start, count } =
        kind === "operand" ? definition.operandGroup(operation, position) : definition.resultGroup(operation, position);
      const { constraint } = field;
      for (let at = start; at < start + count; at++) {
        const value = values[at]!;
        if (!constraint.matches(value.type)) {
          this.#wrongTypes.push({ who: `${kind} '${name}'`, what: `be ${constraint.description}`, type: value.type });
          continue;
        }
        if (constraint.variable === undefined) continue;
        const known = bound.get(constraint.variable);
        if (known === undefined) bound.set(constraint.variable, { type: value.type, where: name });
        else if (known.type !== value.type) {
          const what = `have the type of '${known.where}', ${known.type}`;
          this.#wrongTypes.push({ who: `${kind} '${name}'`, what, type: value.type });
        }
      }
    }
  }

  /** One error for all operands and results that are wrong in the same way. */
  #reportWrongTypes(operation: Operation): void {
    const subjects = new Map<string, Set<string>>();
    for (const { who, what, type } of this.#wrongTypes) {
      const predicate = `must ${what}, but got ${type}`;
      subjects.set(predicate, (subjects.get(predicate) ?? new Set()).add(who));
    }
    this.#wrongTypes.length = 0;
    for (const [predicate, names] of subjects) this.#report(operation, `${[...names].join(" and ")} ${predicate}`);
  }

  #checkAttribute(operation: Operation, { name, field }: NamedField<AttributeField>): void {
    const found = operation.attribute(name);
    if (found === undefined) {
      if (field.arity === "one")
        this.#report(operation, `needs the attribute '${name}': ${field.constraint.description}`);
      return;
    }
    if (field.constraint.decode(found) === undefined) {
      this.#report(
        operation,
        `attribute '${name}' must be ${field.constraint.description}, but got ${shortText(found.text)}`,
      );
    }
  }

  #checkTraits(operation: Operation, definition: OperationDefinition, hasWrongTypes: boolean): void {
    const { traits } = definition;
    // Of a type that is wrong in itself nothing more need be said.
    if (!hasWrongTypes && traits.has("SameOperandsAndResultType")) {
      const types = new Set([...operation.operands, ...operation.results].map((value) => value.type));
      if (types.size > 1)
        this.#report(operation, `needs one type for all operands and results, but got ${[...types].join(", ")}`);
    }
    if (traits.has("Terminator") && operation.block !== undefined && operation.next !== undefined) {
      this.#report(operation, "must be the last operation of its block");
    }
    if (traits.has("SingleBlock") || traits.has("SymbolTable")) {
      for (const region of operation.regions) {
        if (region.blocks.length > 1)
          this.#report(operation, `needs regions of one block, but one has ${region.blocks.length}`);
      }
    }
    const { parents } = definition.options;
    if (
      parents !== undefined &&
      operation.block !== undefined &&
      !parents.includes(operation.parentOperation?.name ?? "")
    ) {
      const found = operation.parentOperation?.name;
      this.#report(
        operation,
        `must be directly inside ${parents.map((name) => `'${name}'`).join(" or ")}${found === undefined ? "" : `, not '${found}'`}`,
      );
    }
    if (traits.has("Symbol")) this.#checkVisibility(operation);
    if (traits.has("SymbolTable")) this.#checkSymbols(operation);
  }

  #checkVisibility(operation: Operation): void {
    const found = operation.attribute("sym_visibility");
    if (found === undefined || visibilities.has(found.text)) return;
    this.#report(
      operation,
      `attribute 'sym_visibility' must be one of ${[...visibilities].join(", ")}, but got ${shortText(found.text)}`,
    );
  }

  #checkSymbols(table: Operation): void {
    const seen = new Map<string, Operation>();
    for (const region of table.regions) {
      for (const block of region.blocks) {
        for (let each = block.first; each !== undefined; each = each.next) {
          const name = symbolName(each);
          if (name === undefined) continue;
          const earlier = seen.get(name);
          if (earlier === undefined) seen.set(name, each);
          else
            this.#report(each, `redefines the symbol @${name}`, [
              { message: "it is first defined here", ...placeOf(earlier.location) },
            ]);
        }
      }
    }
  }

  #checkInferred(operation: Operation, definition: OperationDefinition): void {
    if (definition.options.infer === undefined) return;
    let inferred: readonly Type[] | undefined;
    try {
      inferred = definition.inferResultTypes(operation, []);
    } catch (error) {
      this.#report(operation, messageOf(error));
      return;
    }
    if (inferred === undefined) return;
    for (const [position, result] of operation.results.entries()) {
      const expected = inferred[position];
      if (expected !== undefined && expected !== result.type) {
        this.#report(
          operation,
          `result ${position} must be ${expected} by its operands and attributes, but is ${result.type}`,
        );
      }
    }
  }

  #checkOperands(operation: Operation, root: Operation): void {
    const { operandUses, block } = operation;
    block?.ensureOrder();
    for (let index = 0; index < operandUses.length; index++) {
      const use = operandUses[index]!;
      const { value } = use;
      if (isDefinedEarlier(value, operation, block)) continue;
      if (operation !== root && !this.#dominance.dominates(value, operation) && !isUnordered(value, operation)) {
        const notes = [{ message: "the operand is defined here", ...placeOf(value.location) }];
        this.#report(operation, `operand #${use.index} does not dominate this use`, notes);
      }
      const border = this.#isolationBorder(operation, value);
      if (border !== undefined) {
        this.#report(operation, `uses a value from outside '${border.name}', which is isolated from above`);
      }
    }
  }

  /** The isolated operation that stands between a value and its user, if there is one. */
  #isolationBorder(operation: Operation, value: Value): Operation | undefined {
    const home = value.parentBlock;
    let block = operation.block;
    while (block !== undefined && block !== home && block.region !== home?.region) {
      const parent: Operation | undefined = block.parentOperation;
      if (parent?.definition?.hasTrait("IsolatedFromAbove")) return parent;
      block = parent?.block;
    }
    return undefined;
  }

  #checkBlocks(operation: Operation, definition: OperationDefinition | undefined): void {
    for (const region of operation.regions) {
      for (const [position, block] of region.blocks.entries()) {
        this.#checkBlock(operation, definition, block, position);
      }
    }
  }

  #checkBlock(operation: Operation, definition: OperationDefinition | undefined, block: Block, position: number): void {
    for (const successor of block.successors) {
      if (successor.region !== block.region) this.#report(operation, "has a branch to a block of another region");
    }
    if (definition === undefined || definition.hasTrait("NoTerminator")) return;
    const last = block.last;
    if (last === undefined) {
      this.#report(operation, `block ${position} is empty: it needs a terminator`);
      return;
    }
    if (last.definition !== undefined && !last.definition.hasTrait("Terminator")) {
      this.#report(last, "is the last operation of a block but not a terminator");
    }
  }
}

/** Whether a value is defined above its user in the same block, as most are. The block must be in order. */
function isDefinedEarlier(value: Value, user: Operation, block: Block | undefined): boolean {
  if (block === undefined) return false;
  if (value instanceof OperationResult) return value.owner.block === block && value.owner.order < user.order;
  return value.parentBlock === block;
}

/** Who may name a symbol. */
const visibilities: ReadonlySet<string> = new Set(['"public"', '"private"', '"nested"']);

/** What stands for the place of an operation that a program made: its text, without its regions. */
function seeOperation(operation: Operation): string {
  const text = print(operation, { generic: true, skipRegions: true, elideLargerThan: 8 }).trim();
  return `see the operation: ${text.length <= longestOperation ? text : `${text.slice(0, longestOperation)}…`}`;
}

const longestOperation = 400;

/** At most about 80 characters of an attribute, so that messages stay readable. */
function shortText(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
