/**
 * From values to memory: functions on tensors become functions on buffers. Results turn into destination arguments, constants
 * into globals, and all intermediate values lie in one arena whose size and layout are fixed here (`@main(inputs…,
 * destinations…, arena)`), so that running a network allocates nothing. Where values lie is decided in `analysis.ts`; when
 * buffers share memory, in `arena-plan.ts`.
 */
import { constant } from "../../dialects/arith/ops.ts";
import { type FunctionOperation, functionDefinition, returnOperation } from "../../dialects/func/ops.ts";
import { copyOp } from "../../dialects/linalg/build.ts";
import { load } from "../../dialects/memref/ops.ts";
import {
  castOperation,
  collapseShape,
  empty,
  expandShape,
  extract,
  extractSlice,
  type InsertSliceOperation,
  insertSlice,
  type PadOperation,
  pad,
} from "../../dialects/tensor/upstream/ops.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import { Block, createOperation, type Operation, Region, type Value } from "../../ir/operation.ts";
import { TensorType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { asIndex, asMemRef } from "../linalg-to-loops/emit/emit-memory.ts";
import { readsOperand, type StructuredOperation, structured } from "../linalg-transforms/structured.ts";
import { analyseBuffers, type BufferAnalysis } from "./analysis.ts";
import { writeBorder } from "./border.ts";
import { Buffers, Globals } from "./buffers.ts";
import { bufferSignature } from "./signature.ts";
import { isSameMemory, type Storage } from "./storage.ts";
import { gatherGroups, splitSharedFills } from "./tensor-groups.ts";

export const bufferize = pass("bufferize", {
  doc: "Gives every tensor a place in memory: destination arguments for results, globals for constants, one planned arena for the rest.",
  anchor: "builtin.module",
  establishes: ["bufferised"],
  run: (module, { analysisRemark }) => {
    const globals = new Globals(module);
    let changed = false;
    for (const operation of module.regions[0]!.onlyBlock.operations) {
      if (!functionDefinition.matches(operation) || operation.body.entry === undefined || !usesTensors(operation))
        continue;
      const { arenaBytes, copies } = bufferizeFunction(operation, globals);
      analysisRemark(operation, `arena of ${arenaBytes} bytes; ${copies} copies`, {
        name: "Arena",
        arguments: { arenaBytes, copies },
      });
      changed = true;
    }
    globals.insert();
    return changed;
  },
});

function usesTensors({ function_type: type, body }: FunctionOperation): boolean {
  const types = [
    ...type.inputs,
    ...type.results,
    ...body.blocks.flatMap(({ operations }) => operations).flatMap((each) => each.results.map((result) => result.type)),
  ];
  return types.some((each) => each instanceof TensorType);
}

/** The sizes of all buffers are fixed when compiling: what has no fixed size is refused. */
function checkBufferizable(original: FunctionOperation): void {
  const { body, function_type: type } = original;
  if (body.blocks.length !== 1)
    throw original.error("has several blocks; only straight-line functions can be bufferised");
  const other = type.results.find((each) => !(each instanceof TensorType));
  if (other !== undefined)
    throw original.error(`returns a value of type ${other}: a function on tensors returns tensors`);
  const refuseDynamic = (value: Value, subject: Operation) => {
    if (value.type instanceof TensorType && !value.type.isStatic)
      throw subject.error(`has a value of type ${value.type}: expected tensors of static shape`);
  };
  for (const argument of body.onlyBlock.arguments) refuseDynamic(argument, original);
  for (const operation of body.onlyBlock.operations) {
    for (const result of operation.results) refuseDynamic(result, operation);
    operation.walk((inner) => {
      if (inner !== operation && inner.results.some((result) => result.type instanceof TensorType))
        throw inner.error(`makes a tensor inside the region of '${operation.name}', where it would have no place`);
    });
  }
}

/** Replaces a function on tensors by one on buffers. */
function bufferizeFunction(original: FunctionOperation, globals: Globals): { arenaBytes: number; copies: number } {
  checkBufferizable(original);
  const source = original.body.onlyBlock;
  splitSharedFills(source);
  gatherGroups(source);
  const analysis = analyseBuffers(source);
  const block = new Block();
  const buffers = new Buffers(analysis, globals);
  const signature = bufferSignature(original, buffers.arenaBytes);
  const writer = new FunctionWriter(analysis, buffers, new Builder(at.endOf(block), original.location));
  for (const [position, type] of signature.type.inputs.entries()) {
    const argument = block.addArgument(type, original.location);
    argument.nameHint = source.arguments[position]?.nameHint;
    if (position < source.arguments.length) writer.bind(source.arguments[position]!, argument);
    else if (position < source.arguments.length + analysis.destinations.length) {
      buffers.bind(analysis.destinations[position - source.arguments.length]!, argument);
    } else {
      argument.nameHint = "arena";
      buffers.arena = argument;
    }
  }
  writer.write();
  const replacement = functionDefinition.build(
    {
      sym_name: original.sym_name,
      function_type: signature.type,
      sym_visibility: original.sym_visibility,
      arg_attrs: signature.argumentAttributes,
      body: new Region([block]),
    },
    original.location,
    original.attributes,
  );
  original.block!.insertBefore(replacement, original);
  original.erase();
  return { arenaBytes: buffers.arenaBytes, copies: writer.copies };
}

/** Writes a function's operations again, on buffers. */
class FunctionWriter {
  readonly #analysis: BufferAnalysis;
  readonly #buffers: Buffers;
  readonly #builder: Builder;
  /** Scalars of the old function and what stands for them in the new one. */
  readonly #scalars = new Map<Value, Value>();
  copies = 0;

  constructor(analysis: BufferAnalysis, buffers: Buffers, builder: Builder) {
    this.#analysis = analysis;
    this.#buffers = buffers;
    this.#builder = builder;
  }

  /** An argument of the old function and its counterpart. */
  bind(old: Value, argument: Value): void {
    if (old.type instanceof TensorType) this.#buffers.bind(this.#analysis.storageOf(old), argument);
    else this.#scalars.set(old, argument);
  }

  write(): void {
    for (const operation of this.#analysis.operations) {
      this.#builder.location = operation.location;
      this.#operation(operation);
    }
  }

  #buffer(storage: Storage): Value {
    return this.#buffers.valueOf(storage, this.#builder);
  }

  #bufferOf(value: Value): Value {
    return this.#buffer(this.#analysis.storageOf(value));
  }

  #copy(from: Storage, to: Storage): void {
    if (isSameMemory(from, to) || to.type.count === 0) return;
    this.copies++;
    if (this.#buffers.fillInstead(from, to, this.#builder)) return;
    copyOp(this.#builder, this.#buffer(from), this.#buffer(to));
  }

  #operation(operation: Operation): void {
    const member = structured(operation);
    if (member !== undefined) this.#structured(member);
    else if (returnOperation.matches(operation)) this.#return(operation.inputs);
    else if (insertSlice.matches(operation)) this.#insertSlice(operation);
    else if (pad.matches(operation)) this.#pad(operation);
    else if (collapseShape.matches(operation) || expandShape.matches(operation)) {
      this.#copyOfView(operation.src, operation.result, operation);
    } else if (extractSlice.matches(operation)) this.#copyOfView(operation.source, operation.result, operation);
    else if (castOperation.matches(operation)) this.#copyOfView(operation.source, operation.onlyResult, operation);
    else if (extract.matches(operation)) this.#extract(operation);
    else if (!isMadeOnDemand(operation)) this.#builder.insert(operation.clone(this.#scalars));
  }

  #insertSlice(operation: InsertSliceOperation): void {
    const dest = this.#analysis.storageOf(operation.dest);
    if (dest.hasContent) this.#copy(dest, this.#analysis.storageOf(operation.result));
    if (this.#analysis.isInPlace(operation)) return;
    this.#copy(this.#analysis.storageOf(operation.source), this.#analysis.slotOf(operation));
  }

  #pad(operation: PadOperation): void {
    const isInPlace = this.#analysis.isInPlace(operation);
    const buffer = this.#bufferOf(operation.result);
    writeBorder(operation, isInPlace, buffer, this.#builder, (value) => this.#scalar(value));
    if (!isInPlace) this.#copy(this.#analysis.storageOf(operation.source), this.#analysis.slotOf(operation));
  }

  #extract(operation: OperationOf<typeof extract>): void {
    const indices = operation.indices.map((value) => asIndex(this.#scalar(value)));
    const memref = asMemRef(this.#bufferOf(operation.tensor));
    this.#scalars.set(operation.result, this.#builder.build(load, { memref, indices }).result);
  }

  #scalar(value: Value): Value {
    return this.#scalars.get(value) ?? value;
  }

  /** A view that could not share its source's memory is copied out of it. */
  #copyOfView(source: Value, result: Value, operation: Operation): void {
    const [from, to] = [this.#analysis.storageOf(source), this.#analysis.storageOf(result)];
    if (from.parent === to || to.parent === from) return;
    const view = this.#buffers.viewForCopy(operation, from, to);
    this.#copy(view.from, view.to);
  }

  #structured(member: StructuredOperation): void {
    const { operation, inputs, outputs, body } = member;
    if (operation.results.length === 0)
      throw operation.error("already works on buffers, in a function that also has tensors");
    const results = operation.results.map((result) => this.#analysis.storageOf(result));
    for (const [position, output] of outputs.entries()) {
      const initial = this.#analysis.storageOf(output);
      if (initial.hasContent && readsOperand(member, inputs.length + position)) this.#copy(initial, results[position]!);
    }
    if (results.every((storage) => storage.type.count === 0)) return;
    const operands = inputs.map((value) =>
      value.type instanceof TensorType ? this.#bufferOf(value) : this.#scalar(value),
    );
    const region = new Region();
    region.takeBlocks(operation.regions[0]!);
    const made = createOperation({
      name: operation.name,
      definition: operation.definition,
      operands: [...operands, ...results.map((storage) => this.#buffer(storage))],
      properties: operation.properties,
      attributes: operation.attributes,
      regions: [region],
      location: operation.location,
    });
    this.#rewriteBody(body);
    this.#builder.insert(made);
  }

  /** Reads of tensors by computed indices become loads; scalars from outside are those of the new function. */
  #rewriteBody(body: Block): void {
    const outer = new Set<Value>(this.#scalars.keys());
    for (const operation of body.operations) {
      operation.walk((each) => {
        for (const use of each.operandUses) if (outer.has(use.value)) use.set(this.#scalar(use.value));
      });
      if (!extract.matches(operation)) continue;
      const memref = asMemRef(this.#bufferOf(operation.tensor));
      const element = load.build({ memref, indices: operation.indices }, operation.location);
      body.insertBefore(element, operation);
      operation.replaceAllUsesWith(element.results);
      operation.erase();
    }
  }

  #return(values: readonly Value[]): void {
    for (const [position, value] of values.entries())
      this.#copy(this.#analysis.storageOf(value), this.#analysis.destinations[position]!);
    this.#builder.build(returnOperation, { inputs: [] });
  }
}

/** Tensors without contents and constants have buffers where they are used; nothing stands for them here. */
function isMadeOnDemand(operation: Operation): boolean {
  return empty.matches(operation) || (constant.matches(operation) && operation.result.type instanceof TensorType);
}
