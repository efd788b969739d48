/**
 * What a reducer tries on a module: each step proposes smaller modules, as edits on a fresh copy. A step knows nothing of why
 * the module is interesting; it only promises to make it smaller if the edit can be done at all. Operations are named by
 * their number in walk order, which is the same in every copy.
 */
import { ArrayAttribute, TypeAttribute } from "../../ir/attributes.ts";
import { at } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import { type Block, createOperation, type Operation, type Value } from "../../ir/operation.ts";
import { reachableBlocks } from "../../ir/rewrite/region-simplification.ts";
import { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { FunctionType } from "../../ir/types.ts";

/** An edit on a copy of the module; returns false where it cannot be done. */
export interface Candidate {
  /** For people: "without 12 operations". */
  readonly what: string;
  readonly edit: (copy: Operation) => boolean;
}

/**
 * Proposes edits of the current module. `yield` returns whether the edit was taken; `current()` is then the edited module.
 * Steps go from the last operation to the first, so that an edit leaves the numbers of those to come as they are.
 */
export type Step = (current: () => Operation, context: Context) => Generator<Candidate, void, boolean>;

/** All operations inside, in walk order. */
export function operationsIn(root: Operation): Operation[] {
  const operations: Operation[] = [];
  root.walk((operation) => {
    if (operation !== root) operations.push(operation);
  });
  return operations;
}

function isTerminator(operation: Operation): boolean {
  return (
    operation.definition?.hasTrait("Terminator") ?? (operation.successors.length > 0 || operation.next === undefined)
  );
}

/** A value of this type that an operation may use in place of one that goes: the nearest defined before it. */
function visibleValue(type: Value["type"], before: Operation, without: ReadonlySet<Operation>): Value | undefined {
  for (let place: Operation | undefined = before; place !== undefined; place = place.parentOperation) {
    if (place !== before && place.definition?.hasTrait("IsolatedFromAbove")) return undefined;
    for (let each = place.previous; each !== undefined; each = each.previous) {
      if (without.has(each)) continue;
      const found = each.results.find((result) => result.type === type);
      if (found !== undefined) return found;
    }
    const found = place.block?.arguments.find((argument) => argument.type === type);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value out of nothing: a cast of no operands, which every verifier takes for what it says. */
function valueFromNothing(type: Value["type"], before: Operation, context: Context): Value {
  const name = "builtin.unrealized_conversion_cast";
  const { location } = before;
  const cast = createOperation({ name, definition: context.definition(name), resultTypes: [type], location });
  before.block!.insertBefore(cast, before);
  return cast.onlyResult;
}

type Substitute = "operand" | "visible" | "nothing";

/** Erases operations; what still uses their results gets substitutes. */
function eraseAll(doomed: readonly Operation[], substitute: Substitute, context: Context): boolean {
  const all = new Set<Operation>();
  for (const operation of doomed) operation.walk((each) => all.add(each));
  const roots = doomed.filter((operation) => !all.has(operation.parentOperation!));
  for (const operation of roots) {
    for (const result of operation.results) {
      const outside = result.uses.filter((use) => !all.has(use.owner));
      if (outside.length === 0) continue;
      const replacement =
        substitute === "nothing"
          ? valueFromNothing(result.type, operation, context)
          : substitute === "operand"
            ? operation.operands.find((operand) => operand.type === result.type)
            : visibleValue(result.type, operation, all);
      if (replacement === undefined || (replacement.definer !== undefined && all.has(replacement.definer)))
        return false;
      for (const use of outside) use.set(replacement);
    }
  }
  for (const operation of roots) operation.walk((each) => each.setOperands([]));
  for (const operation of roots) operation.erase();
  return true;
}

/** Fewer operations: halves of them, quarters, … and each alone. */
export const withoutOperations: Step = function* (current, context) {
  for (let size = operationsIn(current()).length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: users go before what they use.
    for (let end = operationsIn(current()).length; end > 0; end -= size) {
      const start = Math.max(0, end - size);
      for (const substitute of ["operand", "visible", "nothing"] as const) {
        const isTaken = yield {
          what: `without ${end - start} operations`,
          edit: (copy) => {
            const doomed = operationsIn(copy)
              .slice(start, end)
              .filter((operation) => !isTerminator(operation));
            // Where nobody uses them, the three are the same edit.
            const hasUsers = doomed.some((operation) => operation.hasUses);
            return doomed.length > 0 && (hasUsers || substitute === "operand") && eraseAll(doomed, substitute, context);
          },
        };
        if (isTaken) break;
      }
    }
  }
};

/** An operation's only block in its place: `scf.if` becomes what it does. */
export const inlinedRegions: Step = function* (current, context) {
  for (const [index, operation] of [...operationsIn(current()).entries()].reverse()) {
    for (const [position, region] of operation.regions.entries()) {
      if (region.blocks.length !== 1 || operation.definition?.hasTrait("IsolatedFromAbove")) continue;
      const isTaken = yield {
        what: `with region ${position} of ${operation.name} in its place`,
        edit: (copy) => inlineRegion(operationsIn(copy)[index]!, position, context),
      };
      if (isTaken) break;
    }
  }
};

function inlineRegion(operation: Operation, position: number, context: Context): boolean {
  const block = operation.regions[position]!.onlyBlock;
  const terminator = block.last;
  if (operation.block === undefined || terminator === undefined || terminator.successors.length > 0) return false;
  for (const argument of block.arguments) {
    if (argument.hasUses) argument.replaceAllUsesWith(valueFromNothing(argument.type, operation, context));
  }
  const results = operation.results.map(
    (result, index) =>
      terminator.operands.find(
        (operand, at) => operand.type === result.type && (at === index || terminator.operandCount === 1),
      ) ?? terminator.operands.find((operand) => operand.type === result.type),
  );
  for (const inner of block.operations) if (inner !== terminator) inner.moveBefore(operation);
  for (const [index, result] of operation.results.entries()) {
    if (result.hasUses) result.replaceAllUsesWith(results[index] ?? valueFromNothing(result.type, operation, context));
  }
  operation.walk((each) => each.setOperands([]));
  operation.erase();
  return true;
}

/** Regions with nothing in them (a function becomes a declaration), or with their entry block only. */
export const emptiedRegions: Step = function* (current, context) {
  for (const [index, operation] of [...operationsIn(current()).entries()].reverse()) {
    for (const [position, region] of operation.regions.entries()) {
      if (region.blocks.length === 0) continue;
      const isTaken = yield {
        what: `without the body of ${operation.name}`,
        edit: (copy) => {
          const found = operationsIn(copy)[index]!;
          for (const block of [...found.regions[position]!.blocks]) eraseBlock(block);
          return true;
        },
      };
      if (!isTaken && region.blocks.length > 1) {
        yield {
          what: `with the first block of ${operation.name} only`,
          edit: (copy) => keepEntry(operationsIn(copy)[index]!, position, context),
        };
      }
    }
  }
};

function eraseBlock(block: Block): void {
  for (const operation of block.operations) operation.dropReferences();
  for (const operation of block.operations.reverse()) {
    for (const result of operation.results) for (const use of result.uses) use.owner.setOperands([]);
    operation.erase();
  }
  block.region?.remove(block);
}

/** Ends the entry block as some other block of the region ends that has no successors, and drops the rest. */
function keepEntry(operation: Operation, position: number, context: Context): boolean {
  const { blocks } = operation.regions[position]!;
  const [entry, ...rest] = blocks;
  const last = entry?.last;
  const end = rest.map((block) => block.last).find((each) => each !== undefined && each.successors.length === 0);
  if (entry === undefined || last === undefined || end === undefined) return false;
  const operands = end.operands.map(
    (operand) => visibleValue(operand.type, last, new Set()) ?? valueFromNothing(operand.type, last, context),
  );
  const terminator = createOperation({
    name: end.name,
    definition: end.definition,
    operands,
    properties: end.properties,
    attributes: end.attributes,
    location: end.location,
  });
  last.dropReferences();
  last.erase();
  for (const block of rest) for (const each of block.operations) each.dropReferences();
  for (const block of rest) eraseBlock(block);
  entry.append(terminator);
  return true;
}

/** Straight code: a block goes on with what one of its successors does. */
export const straightenedBlocks: Step = function* (current, context) {
  for (const [index, operation] of [...operationsIn(current()).entries()].reverse()) {
    for (const position of operation.successors.keys()) {
      const isTaken = yield {
        what: `with successor ${position} of ${operation.name} in its place`,
        edit: (copy) => straighten(operationsIn(copy)[index]!, position, context),
      };
      if (isTaken) break;
    }
  }
};

function straighten(terminator: Operation, position: number, context: Context): boolean {
  const { block } = terminator;
  const successor = terminator.successors[position];
  if (block?.region === undefined || successor === undefined || successor === block) return false;
  const mapping = new Map<Value, Value>();
  for (const argument of successor.arguments) {
    const { type } = argument;
    const value =
      terminator.operands.find((operand) => operand.type === type) ?? visibleValue(type, terminator, new Set());
    mapping.set(argument, value ?? valueFromNothing(type, terminator, context));
  }
  const copies = successor.operations.map((each) => each.clone(mapping));
  terminator.dropReferences();
  terminator.erase();
  for (const each of copies) block.append(each);
  const live = reachableBlocks(block.region);
  const dead = block.region.blocks.filter((each) => !live.has(each));
  for (const each of dead) for (const inner of each.operations) inner.dropReferences();
  const isUsed = dead.some((each) =>
    [...each.arguments, ...each.operations.flatMap((op) => [...op.results])].some((value) => value.hasUses),
  );
  if (isUsed) return false;
  for (const each of dead) eraseBlock(each);
  return true;
}

/** Without what people added: discardable attributes, and properties that the op can do without. */
export const withoutAttributes: Step = function* (current) {
  for (let size = attributeSlots(current()).length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = attributeSlots(current()).length; end > 0; end -= size) {
      const start = Math.max(0, end - size);
      yield {
        what: `without ${end - start} attributes`,
        edit: (copy) => {
          for (const { operation, kind, name } of attributeSlots(copy).slice(start, end)) operation[kind].delete(name);
          return true;
        },
      };
    }
  }
};

function attributeSlots(module: Operation) {
  return operationsIn(module).flatMap((operation) => [
    ...[...operation.attributes].map(([name]) => ({ operation, kind: "attributes" as const, name })),
    ...[...operation.properties].map(([name]) => ({ operation, kind: "properties" as const, name })),
  ]);
}

/** Operands all alike: each operand replaced by the first value of its type that the block has. */
export const simplerOperands: Step = function* (current) {
  for (const index of operationsIn(current()).keys()) {
    for (let position = 0; position < operationsIn(current())[index]!.operandCount; position++) {
      const operation = operationsIn(current())[index]!;
      const operand = operation.operand(position);
      const earliest = earliestValue(operand.type, operation);
      if (earliest === undefined || earliest === operand) continue;
      yield {
        what: `with an earlier operand ${position} of ${operation.name}`,
        edit: (copy) => {
          const found = operationsIn(copy)[index]!;
          found.setOperand(position, earliestValue(operand.type, found)!);
          return true;
        },
      };
    }
  }
};

function earliestValue(type: Value["type"], before: Operation): Value | undefined {
  const argument = before.block?.arguments.find((each) => each.type === type);
  if (argument !== undefined) return argument;
  for (let each = before.block?.first; each !== undefined && each !== before; each = each.next) {
    const found = each.results.find((result) => result.type === type);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Functions without the arguments that they do not use. */
export const withoutArguments: Step = function* (current) {
  for (const [index, operation] of [...operationsIn(current()).entries()].reverse()) {
    const count = operation.regions[0]?.entry?.arguments.length ?? 0;
    for (let position = count - 1; position >= 0; position--) {
      yield {
        what: `without argument ${position} of ${operation.name}`,
        edit: (copy) => eraseArgument(operationsIn(copy)[index]!, position),
      };
    }
  }
};

/** What declares its arguments' types in a `function_type` loses one there too; its callers then no longer verify. */
function eraseArgument(operation: Operation, position: number): boolean {
  const entry = operation.regions[0]?.entry;
  const declared = operation.properties.get("function_type");
  if (entry?.arguments[position] === undefined || entry.arguments[position].hasUses) return false;
  if (!(declared instanceof TypeAttribute && declared.type instanceof FunctionType)) return false;
  const inputs = declared.type.inputs.filter((_, at) => at !== position);
  operation.properties.set("function_type", TypeAttribute.get(FunctionType.get(inputs, declared.type.results)));
  const attributes = operation.properties.get("arg_attrs");
  if (attributes instanceof ArrayAttribute) {
    const rest = attributes.elements.filter((_, at) => at !== position);
    operation.properties.set("arg_attrs", ArrayAttribute.get(rest));
  }
  entry.eraseArgument(position);
  return true;
}

/** Dead operations of any kind go: what nobody uses, whatever it does. */
export const withoutUnused: Step = function* (current, context) {
  const unused = operationsIn(current()).filter((operation) => !operation.hasUses && !isTerminator(operation));
  if (unused.length === 0) return;
  yield {
    what: "without operations that are not used",
    edit: (copy) => {
      const rewriter = new Rewriter(at.startOf(copy.regions[0]!.onlyBlock), context);
      for (const operation of operationsIn(copy).reverse()) {
        if (
          operation.block !== undefined &&
          operation.regions.length === 0 &&
          !operation.hasUses &&
          !isTerminator(operation)
        ) {
          rewriter.erase(operation);
        }
      }
      return true;
    },
  };
};
