/**
 * Inlining: calls of functions whose body is known are replaced by the body, callees first, so that a chain of small
 * functions melts into its caller in one run. Recursion ends: what an inlined body calls is not inlined again in the same
 * place. Who may be inlined, and how a return becomes a branch, is asked of interfaces.
 */
import { SymbolReferenceAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import { Callable, CallLike, InlineReturn, Inlining } from "../../ir/interfaces.ts";
import type { Location } from "../../ir/location.ts";
import { Block, type Operation, type Region, type Value } from "../../ir/operation.ts";
import { applyPatternsGreedily } from "../../ir/rewrite/greedy-driver.ts";
import { nearestSymbolTable, resolveSymbol } from "../../ir/symbol-table.ts";
import { insertBlockAfter } from "../control-regions.ts";
import { operationsImplementing, operationsOfKind } from "../find-operations.ts";
import { type PassContext, pass } from "../pass.ts";
import { isPrivate, SymbolUses } from "../symbol-uses.ts";
import { bottomUp } from "./call-graph.ts";

export const inline = pass("inline", {
  doc: "Replaces calls by the bodies of the functions they call, and removes private functions that nobody calls any more.",
  options: {
    "default-pipeline": {
      doc: "what cleans a function after calls in it were inlined",
      default: "canonicalize",
      choices: ["canonicalize"],
      empty: "nothing",
    },
    "max-operations": {
      doc: "inline only callees of at most this many operations; -1 for any size",
      default: -1,
    },
    "inlining-threshold": {
      doc: "inline only callees of at most this many percent of the caller's operations; -1 for any size",
      default: -1,
    },
  },
  statistics: {
    "calls inlined": "calls replaced by bodies",
    "functions removed": "private functions without calls left",
  },
  run: (root, passContext, options) => {
    const { context, statistic } = passContext;
    let inlined = 0;
    const limits = { operations: options["max-operations"], percent: options["inlining-threshold"] };
    const callsOf = findCalls(root, context);
    for (const caller of bottomUp(calleesOf(callsOf, context))) {
      const before = inlined;
      inlined += inlineCalls(callsOf.get(caller) ?? [], caller, root, passContext, limits);
      if (inlined > before && options["default-pipeline"] === "canonicalize")
        applyPatternsGreedily(caller, context.canonicalizationPatterns, context);
    }
    const removed = removeUncalled(root, context);
    statistic("calls inlined", inlined);
    statistic("functions removed", removed);
    return inlined + removed > 0;
  },
});

/** The callables with a body and the calls in each, but those in callables nested in it. */
type CallsByCaller = ReadonlyMap<Operation, readonly Operation[]>;

function findCalls(root: Operation, context: Context): CallsByCaller {
  const isCallable = (operation: Operation) => context.implementation(Callable, operation) !== undefined;
  const isCall = (operation: Operation) => context.implementation(CallLike, operation) !== undefined;
  const found = new Map<Operation, Operation[]>();
  const add = (operation: Operation) => {
    if (context.implementation(Callable, operation)?.region(operation) !== undefined) found.set(operation, []);
  };
  add(root);
  for (const operation of operationsOfKind(root, (each) => isCallable(each) || isCall(each))) {
    if (isCallable(operation)) add(operation);
    if (!isCall(operation)) continue;
    let caller = operation.parentOperation;
    while (caller !== undefined && !isCallable(caller)) caller = caller.parentOperation;
    if (caller !== undefined) found.get(caller)?.push(operation);
  }
  return found;
}

/** The callables that each callable calls directly. */
function calleesOf(callsOf: CallsByCaller, context: Context): ReadonlyMap<Operation, readonly Operation[]> {
  const callees = new Map<Operation, readonly Operation[]>();
  for (const [operation, calls] of callsOf) {
    const known = new Set<Operation>();
    for (const call of calls) {
      const callee = calleeOf(call, context);
      if (callee !== undefined && callsOf.has(callee)) known.add(callee);
    }
    callees.set(operation, [...known]);
  }
  return callees;
}

function callsItself(callable: Operation, context: Context): boolean {
  return operationsImplementing(callable, CallLike, context).some((call) => calleeOf(call, context) === callable);
}

function calleeOf(call: Operation, context: Context): Operation | undefined {
  const reference = context.implementation(CallLike, call)?.callee(call);
  return reference instanceof SymbolReferenceAttribute ? resolveSymbol(call, reference) : undefined;
}

interface Limits {
  readonly operations: number;
  readonly percent: number;
}

function inlineCalls(
  calls: readonly Operation[],
  caller: Operation,
  root: Operation,
  { context, remark, missed }: PassContext,
  limits: Limits,
): number {
  let inlined = 0;
  for (const call of calls) {
    const callee = calleeOf(call, context);
    // What is outside of the root is not ours to look at.
    if (callee === undefined || !root.isAncestorOf(callee)) continue;
    const refusal = refusalOf(call, callee, caller, context, limits);
    if (refusal !== undefined) {
      missed(call, `not inlined: ${refusal}`);
      continue;
    }
    remark(call, `inlined the body of ${callee.attribute("sym_name")?.text ?? callee.name}`);
    inlineCall(call, callee, context);
    inlined++;
  }
  return inlined;
}

/** Why a call stays a call; undefined where it may be inlined. */
function refusalOf(
  call: Operation,
  callee: Operation,
  caller: Operation,
  context: Context,
  limits: Limits,
): string | undefined {
  const callable = context.implementation(Callable, callee);
  const region = callable?.region(callee);
  const destination = call.parentRegion;
  if (callable === undefined) return "what it names is not a function";
  if (region?.entry === undefined) return "the function has no body here";
  if (destination === undefined) return "the call is not in a block";
  if (callee === caller || callee.isAncestorOf(call) || callsItself(callee, context))
    return "the function calls itself";
  if (callable.mayBeInlined?.(callee) === false) return "the function asks not to be inlined";
  const like = context.implementation(CallLike, call);
  if (like === undefined || like.mayInline?.(call, callee) === false) return "the call asks not to be inlined";
  const given = argumentsOf(call, context);
  const parameters = region.entry.arguments;
  if (given.length !== parameters.length || given.some((value, position) => value.type !== parameters[position]?.type))
    return "its arguments do not fit the function's parameters";
  const wanted = call.results.map((result) => result.type);
  const results = callable.resultTypes(callee);
  if (wanted.length !== results.length || wanted.some((type, position) => type !== results[position]))
    return "its results do not fit the function's";
  if (region.blocks.length > 1 && !takesSeveralBlocks(call, callee, context))
    return `the body has several blocks, and regions of '${call.parentOperation?.name}' have one`;
  const size = sizeOf(callee);
  if (limits.operations >= 0 && size > limits.operations)
    return `the body has ${size} operations, more than ${limits.operations}`;
  if (limits.percent >= 0 && size * 100 > sizeOf(caller) * limits.percent)
    return `the body has ${size} operations, more than ${limits.percent} % of the caller's`;
  return bodyRefusal(region, destination, context);
}

/** What in the body keeps it from being copied. */
function bodyRefusal(region: Region, destination: Region, context: Context): string | undefined {
  for (const block of region.blocks) {
    const end = block.last;
    if (end === undefined) return "the body has an empty block";
    const isReturn = end.definition?.hasTrait("ReturnLike") ?? false;
    if (
      end.successors.length === 0 &&
      region.blocks.length > 1 &&
      isReturn &&
      context.implementation(InlineReturn, end) === undefined
    )
      return `'${end.name}' does not say how it becomes a branch`;
    if (region.blocks.length === 1 && !isReturn) return `the body ends in '${end.name}', which does not return`;
    const pending = block.operations;
    for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
      if (operation.definition === undefined) return `nothing is known of '${operation.name}' in the body`;
      const rule = context.implementation(Inlining, operation);
      if (rule?.(operation, destination) === false) return `'${operation.name}' in the body must stay in its function`;
      if (operation.definition.hasTrait("IsolatedFromAbove")) continue;
      for (const inner of operation.regions) for (const each of inner.blocks) pending.push(...each.operations);
    }
  }
  return undefined;
}

function argumentsOf(call: Operation, context: Context): readonly Value[] {
  const range = context.implementation(CallLike, call)?.arguments(call) ?? { start: 0, count: 0 };
  return call.operands.slice(range.start, range.start + range.count);
}

/** Whether the region around a call may get further blocks: a function's may, as may one that has several. */
function takesSeveralBlocks(call: Operation, callee: Operation, context: Context): boolean {
  const parent = call.parentOperation;
  if (parent === undefined || parent.definition?.hasTrait("SingleBlock")) return false;
  return (
    parent.name === callee.name ||
    context.implementation(Callable, parent) !== undefined ||
    (call.parentRegion?.blocks.length ?? 0) > 1
  );
}

function sizeOf(operation: Operation): number {
  let count = -1;
  operation.walk(() => {
    count++;
  });
  return count;
}

/** Puts a copy of the callee's body in the place of a call. */
function inlineCall(call: Operation, callee: Operation, context: Context): void {
  const region = context.implementation(Callable, callee)?.region(callee);
  const home = call.block;
  if (region?.entry === undefined || home === undefined) throw call.error("has nothing to inline");
  const mapping = new Map<Value, Value>();
  const given = argumentsOf(call, context);
  for (const [position, argument] of region.entry.arguments.entries()) mapping.set(argument, given[position]!);
  const copies = cloneBody(region, mapping, call.location);
  const [first, ...rest] = copies;
  if (first === undefined) throw call.error("has nothing to inline");
  if (rest.length === 0) {
    const end = first.last!;
    const returned = end.operands;
    for (const operation of first.operations) if (operation !== end) operation.moveBefore(call);
    keepNames(call, returned);
    call.replaceAllUsesWith(returned);
    end.erase();
    call.erase();
    return;
  }
  // The block is cut at the call: the second half takes the results as arguments and is where returns go.
  const continuation = new Block();
  for (const result of call.results) {
    const argument = continuation.addArgument(result.type, call.location);
    argument.nameHint = result.nameHint;
    result.replaceAllUsesWith(argument);
  }
  for (let operation = call.next; operation !== undefined; ) {
    const { next }: Operation = operation;
    operation.moveToEnd(continuation);
    operation = next;
  }
  call.erase();
  for (const operation of first.operations) operation.moveToEnd(home);
  let last = home;
  for (const block of [...rest, continuation]) {
    insertBlockAfter(block, last);
    last = block;
  }
  for (const block of [home, ...rest]) {
    const end = block.last;
    if (end === undefined || end.successors.length > 0 || !end.definition?.hasTrait("ReturnLike")) continue;
    const implementation = context.implementation(InlineReturn, end);
    if (implementation === undefined) throw end.error("does not say how it becomes a branch");
    implementation.branch(new Builder(at.before(end), end.location), continuation, end.operands);
    end.erase();
  }
}

/** Results keep their names for people where the body's values have none. */
function keepNames(call: Operation, returned: readonly Value[]): void {
  for (const [position, result] of call.results.entries()) {
    const value = returned[position];
    if (value !== undefined) value.nameHint ??= result.nameHint;
  }
}

/** Copies of a region's blocks, not in a region; the entry's arguments are replaced by what `mapping` gives them. */
function cloneBody(region: Region, mapping: Map<Value, Value>, caller: Location): Block[] {
  const blocks = new Map<Block, Block>();
  for (const block of region.blocks) {
    const copy = new Block();
    blocks.set(block, copy);
    if (block === region.entry) continue;
    for (const argument of block.arguments) {
      const copied = copy.addArgument(argument.type, { kind: "callsite", callee: argument.location, caller });
      copied.nameHint = argument.nameHint;
      mapping.set(argument, copied);
    }
  }
  for (const [block, copy] of blocks) {
    for (const operation of block.operations) copy.append(operation.clone(mapping));
  }
  for (const copy of blocks.values()) {
    for (const operation of copy.operations) {
      for (const [position, successor] of operation.successors.entries())
        operation.successors[position] = blocks.get(successor) ?? successor;
      operation.walk((inner) => {
        inner.location = { kind: "callsite", callee: inner.location, caller };
        // A use that stands before its definition in the list of blocks was copied with the callee's own value.
        for (const use of inner.operandUses) {
          const mapped = mapping.get(use.value);
          if (mapped !== undefined) use.set(mapped);
        }
      });
    }
  }
  return [...blocks.values()];
}

/** Removes private callables without uses, and those that only they used. */
function removeUncalled(root: Operation, context: Context): number {
  let removed = 0;
  for (let again = true; again; ) {
    again = false;
    const callables = operationsImplementing(root, Callable, context).filter(isPrivate);
    if (callables.length === 0) break;
    const uses = new SymbolUses(root, context);
    for (const callable of callables) {
      if (nearestSymbolTable(callable.parentOperation ?? root) === undefined) continue;
      const calls = uses.onlyCalls(callable);
      if (calls === undefined || calls.some((call) => !callable.isAncestorOf(call))) continue;
      if (callable.block === undefined) continue;
      callable.erase();
      removed++;
      again = true;
    }
  }
  return removed;
}
