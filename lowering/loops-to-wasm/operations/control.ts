/**
 * Loops, conditions, calls and returns. Values that a loop carries are locals that the end of each trip sets. Loops with a
 * known number of trips run without a test in front; a single trip needs no loop at all.
 */
import { call, functionDefinition, returnOperation } from "../../../dialects/func/ops.ts";
import {
  condition,
  executeRegion,
  forOperation,
  ifOperation,
  indexSwitch,
  parallel,
  reduce,
  whileOperation,
  yieldOperation,
} from "../../../dialects/scf/ops.ts";
import { SymbolReferenceAttribute } from "../../../ir/attributes.ts";
import type { Block, Operation, Region, Value } from "../../../ir/operation.ts";
import { resolveSymbol } from "../../../ir/symbol-table.ts";
import { IndexType, MemRefType, type Type, VectorType } from "../../../ir/types.ts";
import type { Expression, WasmType } from "../binaryen.ts";
import { elementOf, vectorShape, wasmTypesOf } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { asMaskLanes } from "../lanes.ts";
import { constantForm, constantOf, type LinearForm, termForm } from "../linear-form.ts";
import { Part } from "../part.ts";

/** Lowers the operations of a block up to its terminator, which the caller handles. */
export type EmitBlock = (emitter: FunctionEmitter, block: Block) => void;

/** The WebAssembly types that hold a value; an error at the operation for types without any. */
export function heldTypes(type: Type, operation: Operation): readonly WasmType[] {
  if (type instanceof MemRefType) return ["i32"];
  const types = wasmTypesOf(type);
  if (types === undefined) throw operation.error(`has a value of type ${type}, which WebAssembly code cannot hold`);
  return types;
}

/** The expressions of a value's parts, each to be used once. */
export function takeAll(emitter: FunctionEmitter, value: Value): Expression[] {
  const lowered = emitter.lowered(value);
  switch (lowered.kind) {
    case "index":
      return [emitter.evaluate(lowered.form)];
    case "memory":
      return [emitter.evaluate(lowered.address)];
    case "splat":
      throw new Error("a scalar in all lanes has other uses than vectors");
    case "data":
      return asMaskLanes(emitter, lowered, 4).parts.map((part) => emitter.take(part));
  }
}

/** Makes a value of `type` from locals. Masks in locals have 32-bit lanes. */
export function bindLocals(
  emitter: FunctionEmitter,
  value: Value,
  locals: readonly number[],
  options: { readonly nonNegative?: boolean } = {},
): void {
  const { type } = value;
  const term = () =>
    termForm({ local: locals[0]!, depth: emitter.scope.depth, nonNegative: options.nonNegative ?? false });
  if (type instanceof IndexType) {
    emitter.defineIndex(value, term());
    return;
  }
  if (type instanceof MemRefType) {
    const address = termForm({ local: locals[0]!, depth: emitter.scope.depth, nonNegative: true });
    emitter.defineMemory(value, { address, origin: undefined, sizes: new Map() });
    return;
  }
  const held = elementOf(type instanceof VectorType ? type.element : type);
  if (held === undefined) throw new Error(`expects a scalar, vector, index or memref, found ${type}`);
  const shape = type instanceof VectorType ? vectorShape(type) : undefined;
  const part = shape === undefined ? held.wasm : "v128";
  emitter.set(value, { kind: "data", element: held, shape, parts: locals.map((local) => Part.local(part, local)) });
}

/** Locals for values that outlive a nested block. */
function newLocals(emitter: FunctionEmitter, values: readonly Value[], operation: Operation): number[][] {
  return values.map((value) => heldTypes(value.type, operation).map((type) => emitter.newLocal(type)));
}

/** Sets locals to values, all at once: no value sees a local that is already set. */
function assign(emitter: FunctionEmitter, locals: readonly (readonly number[])[], values: readonly Value[]): void {
  const flat = locals.flat();
  const types = values.flatMap((value) =>
    value.type instanceof MemRefType ? (["i32"] as const) : (wasmTypesOf(value.type) ?? []),
  );
  const expressions = values.flatMap((value) => takeAll(emitter, value));
  if (flat.length === 1) {
    emitter.setLocal(flat[0]!, expressions[0]!);
    return;
  }
  const computed = expressions.map((expression, position) => emitter.toLocal(types[position]!, expression));
  for (const [position, part] of computed.entries()) emitter.setLocal(flat[position]!, emitter.take(part));
}

function terminatorOf(block: Block, operation: Operation): Operation {
  const { last } = block;
  if (last === undefined) throw operation.error("has a block without a terminator");
  return last;
}

function yieldedFrom(block: Block, operation: Operation): readonly Value[] {
  const last = terminatorOf(block, operation);
  if (yieldOperation.matches(last)) return last.inputs;
  throw operation.error(`has a block that ends in ${last.name}, expected scf.yield`);
}

function onlyBlock(region: Region, operation: Operation): Block {
  const [block] = region.blocks;
  if (block === undefined || region.blocks.length !== 1) {
    throw operation.error(
      `has a region of ${region.blocks.length} blocks; WebAssembly code is made from single blocks`,
    );
  }
  return block;
}

/** The bounds of a counting loop; scalars of integer type count as well as `index`. */
function boundOf(emitter: FunctionEmitter, value: Value): LinearForm {
  const lowered = emitter.lowered(value);
  if (lowered.kind === "index") return lowered.form;
  const part = emitter.share(emitter.scalar(value));
  if (part.local === undefined) return termForm(emitter.newTerm(emitter.take(part), false));
  return termForm({ local: part.local, depth: emitter.scope.depth, nonNegative: false });
}

interface CountedLoop {
  readonly lower: LinearForm;
  readonly upper: LinearForm;
  readonly step: LinearForm;
}

/** Writes a loop; `body` gets the counter and adds what one trip does. */
export function emitCountedLoop(
  emitter: FunctionEmitter,
  { lower, upper, step }: CountedLoop,
  body: (counter: LinearForm) => void,
): void {
  const { m } = emitter;
  const [begin, end, stride] = [constantOf(lower), constantOf(upper), constantOf(step)];
  const isKnown = begin !== undefined && end !== undefined && stride !== undefined;
  if (isKnown && begin >= end) return;
  if (isKnown && begin + stride >= end) {
    emitter.addStatements(emitter.block(() => body(constantForm(begin))));
    return;
  }
  const label = emitter.newLabel();
  const counterLocal = emitter.newLocal("i32");
  const limit = end ?? emitter.newTerm(emitter.evaluate(upper), false).local;
  const stepLocal = stride === undefined ? emitter.newTerm(emitter.evaluate(step), false).local : undefined;
  const readLimit = () => (end === undefined ? emitter.get(limit, "i32") : m.i32.const(limit));
  const readCounter = () => emitter.get(counterLocal, "i32");
  emitter.setLocal(counterLocal, emitter.evaluate(lower));
  const counterAt = (depth: number) => ({
    local: counterLocal,
    depth,
    nonNegative: begin !== undefined && begin >= 0,
  });
  const { statements, scope } = emitter.loopBody(
    stride === undefined ? undefined : (depth) => ({ term: counterAt(depth), lower, step: stride }),
    (inner) => body(termForm(inner.counter?.term ?? counterAt(inner.depth))),
  );
  const increment = stepLocal === undefined ? m.i32.const(stride!) : emitter.get(stepLocal, "i32");
  const next = m.local.set(counterLocal, m.i32.add(readCounter(), increment));
  const again = m.br_if(label, m.i32.lt_s(readCounter(), readLimit()));
  const loop = m.loop(label, m.block(null, [...statements, ...scope.increments, next, again]));
  const whole = [...scope.preheader, loop];
  emitter.addStatements(isKnown ? whole : [m.if(m.i32.lt_s(readCounter(), readLimit()), m.block(null, whole))]);
}

function emitFor(emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock): void {
  if (!forOperation.matches(operation)) return;
  const { lowerBound, upperBound, step, initArgs } = operation;
  if (!(lowerBound.type instanceof IndexType) && heldTypes(lowerBound.type, operation)[0] !== "i32") {
    throw operation.error(`counts in ${lowerBound.type}; WebAssembly code counts in index or at most 32 bits`);
  }
  const block = onlyBlock(operation.region, operation);
  const carried = newLocals(emitter, initArgs, operation);
  const bounds = {
    lower: boundOf(emitter, lowerBound),
    upper: boundOf(emitter, upperBound),
    step: boundOf(emitter, step),
  };
  assign(emitter, carried, initArgs);
  const [counterArgument, ...arguments_] = block.arguments;
  emitCountedLoop(emitter, bounds, (counter) => {
    bindCounter(emitter, counterArgument!, counter);
    for (const [position, argument] of arguments_.entries()) bindLocals(emitter, argument, carried[position]!);
    emitBlock(emitter, block);
    assign(emitter, carried, yieldedFrom(block, operation));
  });
  for (const [position, result] of operation.results.entries()) bindLocals(emitter, result, carried[position]!);
}

function bindCounter(emitter: FunctionEmitter, argument: Value, counter: LinearForm): void {
  if (argument.type instanceof IndexType) {
    emitter.defineIndex(argument, counter);
    return;
  }
  const held = elementOf(argument.type);
  if (held === undefined) throw new Error(`expects an integer counter, found ${argument.type}`);
  const part = emitter.share(emitter.part("i32", emitter.evaluate(counter)));
  emitter.set(argument, { kind: "data", element: held, shape: undefined, parts: [part] });
}

function emitIf(emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock): void {
  if (!ifOperation.matches(operation)) return;
  const results = newLocals(emitter, operation.results, operation);
  const test = emitter.take(emitter.share(emitter.scalar(operation.condition)));
  const branch = (region: Region): Expression => {
    const block = onlyBlock(region, operation);
    const statements = emitter.block(() => {
      emitBlock(emitter, block);
      assign(emitter, results, yieldedFrom(block, operation));
    });
    return emitter.m.block(null, statements);
  };
  const then = branch(operation.thenRegion);
  const otherwise = operation.elseRegion.blocks.length === 0 ? undefined : branch(operation.elseRegion);
  emitter.addStatements([emitter.m.if(test, then, otherwise)]);
  for (const [position, result] of operation.results.entries()) bindLocals(emitter, result, results[position]!);
}

function emitWhile(emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock): void {
  if (!whileOperation.matches(operation)) return;
  const { m } = emitter;
  const before = onlyBlock(operation.before, operation);
  const after = onlyBlock(operation.after, operation);
  const carried = newLocals(emitter, operation.inits, operation);
  const results = newLocals(emitter, operation.results, operation);
  assign(emitter, carried, operation.inits);
  const label = emitter.newLabel();
  const { statements, scope } = emitter.loopBody(undefined, () => {
    for (const [position, argument] of before.arguments.entries()) bindLocals(emitter, argument, carried[position]!);
    emitBlock(emitter, before);
    const decision = terminatorOf(before, operation);
    if (!condition.matches(decision)) throw operation.error(`expects scf.condition, found ${decision.name}`);
    const test = emitter.take(emitter.share(emitter.scalar(decision.condition)));
    assign(emitter, results, decision.args);
    const body = emitter.block(() => {
      for (const [position, argument] of after.arguments.entries()) bindLocals(emitter, argument, results[position]!);
      emitBlock(emitter, after);
      assign(emitter, carried, yieldedFrom(after, operation));
    });
    emitter.addStatements([m.if(test, m.block(null, [...body, m.br(label)]))]);
  });
  emitter.addStatements([...scope.preheader, m.loop(label, m.block(null, statements))]);
  for (const [position, result] of operation.results.entries()) bindLocals(emitter, result, results[position]!);
}

/** Iterations may run in any order, so one after the other will do. */
function emitParallel(emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock): void {
  if (!parallel.matches(operation)) return;
  const block = onlyBlock(operation.region, operation);
  const terminator = terminatorOf(block, operation);
  if (operation.initVals.length > 0 || !reduce.matches(terminator)) {
    throw operation.error("reduces; write the reduction as scf.for with carried values for WebAssembly");
  }
  const open = (axis: number): void => {
    const [lowerBound, upperBound, step] = [operation.lowerBound, operation.upperBound, operation.step].map(
      (list) => list[axis],
    );
    if (lowerBound === undefined || upperBound === undefined || step === undefined) {
      emitBlock(emitter, block);
      return;
    }
    const bounds = {
      lower: emitter.index(lowerBound),
      upper: emitter.index(upperBound),
      step: emitter.index(step),
    };
    emitCountedLoop(emitter, bounds, (counter) => {
      emitter.defineIndex(block.arguments[axis]!, counter);
      open(axis + 1);
    });
  };
  open(0);
}

function emitExecuteRegion(emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock): void {
  if (!executeRegion.matches(operation)) return;
  const block = onlyBlock(operation.region, operation);
  const results = newLocals(emitter, operation.results, operation);
  emitter.addStatements(
    emitter.block(() => {
      emitBlock(emitter, block);
      assign(emitter, results, yieldedFrom(block, operation));
    }),
  );
  for (const [position, result] of operation.results.entries()) bindLocals(emitter, result, results[position]!);
}

function emitIndexSwitch(emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock): void {
  if (!indexSwitch.matches(operation)) return;
  const { m } = emitter;
  const results = newLocals(emitter, operation.results, operation);
  const selector = emitter.newTerm(emitter.evaluate(emitter.index(operation.arg)), false);
  const branch = (region: Region): Expression => {
    const block = onlyBlock(region, operation);
    const statements = emitter.block(() => {
      emitBlock(emitter, block);
      assign(emitter, results, yieldedFrom(block, operation));
    });
    return m.block(null, statements);
  };
  let chosen = branch(operation.defaultRegion);
  for (const [position, region] of [...operation.caseRegions.entries()].reverse()) {
    const value = m.i32.const(Number(operation.cases[position]));
    chosen = m.if(m.i32.eq(emitter.get(selector.local, "i32"), value), branch(region), chosen);
  }
  emitter.addStatements([chosen]);
  for (const [position, result] of operation.results.entries()) bindLocals(emitter, result, results[position]!);
}

function emitCall(emitter: FunctionEmitter, operation: Operation): void {
  if (!call.matches(operation)) return;
  const { m } = emitter;
  const callee = resolveSymbol(operation, SymbolReferenceAttribute.get(operation.callee));
  if (!functionDefinition.matches(callee))
    throw operation.error(`calls @${operation.callee}, which is not a func.func`);
  if (callee.body.blocks.length === 0) {
    throw operation.error(
      `calls @${operation.callee}, which has no body: WebAssembly code cannot call outside functions`,
    );
  }
  const arguments_ = operation.inputs.flatMap((value) => takeAll(emitter, value));
  const types = operation.results.flatMap((result) => heldTypes(result.type, operation));
  const called = m.call(operation.callee, arguments_, emitter.services.tupleType(types));
  if (types.length === 0) {
    emitter.effect(called);
    return;
  }
  const locals = newLocals(emitter, operation.results, operation);
  if (types.length === 1) emitter.effect(m.local.set(locals[0]![0]!, called));
  else {
    const tuple = emitter.newTuple(types);
    emitter.effect(m.local.set(tuple, called));
    for (const [position, local] of locals.flat().entries()) {
      emitter.setLocal(local, m.tuple.extract(m.local.get(tuple, emitter.services.tupleType(types)), position));
    }
  }
  for (const [position, result] of operation.results.entries()) bindLocals(emitter, result, locals[position]!);
}

function emitReturn(emitter: FunctionEmitter, operation: Operation): void {
  if (!returnOperation.matches(operation)) return;
  const { m } = emitter;
  const values = operation.inputs.flatMap((value) => takeAll(emitter, value));
  if (values.length === 0) return;
  const [only] = values;
  emitter.effect(m.return(values.length === 1 ? only : m.tuple.make(values)));
}

/** Operations with regions, and calls. */
export const controlEmitters: Readonly<
  Record<string, (emitter: FunctionEmitter, operation: Operation, emitBlock: EmitBlock) => void>
> = {
  "scf.for": emitFor,
  "scf.if": emitIf,
  "scf.while": emitWhile,
  "scf.parallel": emitParallel,
  "scf.execute_region": emitExecuteRegion,
  "scf.index_switch": emitIndexSwitch,
  "func.call": emitCall,
  "func.return": emitReturn,
};
