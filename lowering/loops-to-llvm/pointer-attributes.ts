/**
 * What LLVM may assume of pointer parameters. The buffers of a network (inputs, outputs, prepared tensors, arena) never overlap. The
 * parameters of a private function are compared at each of its calls: views of different buffers, or of byte ranges
 * of one buffer that do not meet, cannot alias; nor does it matter where neither is written.
 */

import { constantNumberOf } from "../../dialects/arith/build.ts";
import * as func from "../../dialects/func/ops.ts";
import * as memref from "../../dialects/memref/ops.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import { dynamicIndex } from "../../dialects/upstream/constraints.ts";
import {
  type Attribute,
  DictionaryAttribute,
  IntegerAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import { effectsOf } from "../../ir/effects.ts";
import { BlockArgument, type Operation, type Value } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { elementBytes } from "../../ir/tensor-data.ts";
import { dynamic, elementNameOf, MemRefType, TensorType, type Type } from "../../ir/types.ts";

/** The attributes that say what a pointer of a network's function is for. */
const roleNames = ["anemone.input", "anemone.output", "anemone.prepared", "anemone.arena"] as const;

/** The buffer that a memref lies in, and which bytes of it. */
interface Extent {
  /** A parameter of a network's function, an allocation, or the name of a global. */
  readonly root: Value | string;
  readonly low: number;
  readonly high: number;
}

function bytesOfElement(type: Type): number | undefined {
  const name = elementNameOf(type);
  return name === undefined ? undefined : elementBytes(name);
}

/** How many bytes a memref spans from its first element on. */
function span(type: MemRefType): number {
  const layout = stridesOf(type);
  const size = bytesOfElement(type.element);
  if (layout === undefined || size === undefined || !type.isStatic || layout.strides.includes(dynamic)) {
    return Number.POSITIVE_INFINITY;
  }
  if (type.count === 0) return 0;
  const last = type.shape.reduce((sum, count, axis) => sum + (count - 1) * layout.strides[axis]!, 0);
  return (last + 1) * size;
}

/** Where a memref lies; undefined where that is not known. */
function extentOf(value: Value, isRole: (argument: BlockArgument) => boolean): Extent | undefined {
  const { type, definer } = value;
  if (!(type instanceof MemRefType)) return undefined;
  if (definer === undefined) {
    if (!(value instanceof BlockArgument) || !isRole(value)) return undefined;
    return { root: value, low: 0, high: span(type) };
  }
  if (memref.getGlobal.matches(definer)) {
    return { root: memref.globalNameOf(definer), low: 0, high: span(type) };
  }
  if (memref.alloc.matches(definer) || memref.alloca.matches(definer)) return { root: value, low: 0, high: span(type) };
  if (!memref.isView(definer)) return undefined;
  const source = extentOf(definer.operand(0), isRole);
  if (source === undefined) return undefined;
  const start = viewStart(definer);
  if (start === undefined) return source;
  const low = source.low + start;
  return { root: source.root, low, high: Math.min(source.high, low + span(type)) };
}

/** How many bytes behind its source's first element a view begins; undefined where that is not known. */
function viewStart(operation: Operation): number | undefined {
  if (memref.view.matches(operation)) return constantNumberOf(operation.byte_shift);
  if (memref.subview.matches(operation)) {
    const layout = stridesOf(operation.source.type);
    const size = bytesOfElement(operation.source.type.element);
    const offsets = operation.static_offsets;
    if (layout === undefined || size === undefined || offsets.includes(dynamicIndex)) return undefined;
    if (layout.strides.includes(dynamic)) return undefined;
    return offsets.reduce((sum, offset, axis) => sum + offset * layout.strides[axis]!, 0) * size;
  }
  if (memref.reinterpretCast.matches(operation)) return undefined;
  return 0;
}

function areDisjoint(a: Extent | undefined, b: Extent | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.root !== b.root || a.high <= b.low || b.high <= a.low;
}

/** Whether anything writes through a memref or a view of it. What is not known counts as writing. */
function isWritten(value: Value, context: Context): boolean {
  return value.users.some((user) => {
    if (memref.isView(user)) return isWritten(user.onlyResult, context);
    // Where the buffer goes on under another name (carried by a loop, selected, returned), we do not follow it.
    const goesOn = user.regions.length > 0 || user.definition?.hasTrait("Terminator") === true;
    if (goesOn || user.results.some(({ type }) => type instanceof MemRefType)) return true;
    const effects = effectsOf(user, context);
    if (effects === undefined) return true;
    return effects.some(({ kind, value: touched }) => kind !== "read" && (touched === value || touched === undefined));
  });
}

/** The attributes of an argument with more of them. */
function extended(
  attributes: DictionaryAttribute | undefined,
  more: Iterable<readonly [string, Attribute]>,
): DictionaryAttribute {
  return DictionaryAttribute.get([...new Map([...(attributes?.entries ?? []), ...more])]);
}

/** Says for every memref argument in `module` what holds of its pointer, in `arg_attrs`. */
export function annotatePointers(module: Operation, context: Context): void {
  const functions: func.FunctionOperation[] = [];
  const calls = new Map<string, Operation[]>();
  module.walk((operation) => {
    if (func.functionDefinition.matches(operation)) functions.push(operation);
    if (!func.call.matches(operation)) return;
    const list = calls.get(operation.callee) ?? [];
    list.push(operation);
    calls.set(operation.callee, list);
  });
  const isRole = (argument: BlockArgument): boolean => {
    const parent = argument.owner.parentOperation;
    if (!func.functionDefinition.matches(parent)) return false;
    const attributes = parent.arg_attrs?.[argument.index];
    return roleNames.some((name) => attributes?.entries.has(name));
  };
  for (const operation of functions) {
    const entry = operation.body.entry;
    if (entry === undefined) continue;
    const attributes = entry.arguments.map((argument, position) => {
      const known = operation.arg_attrs?.[position];
      if (!(argument.type instanceof MemRefType)) return extended(known, []);
      if (isRole(argument)) return extended(known, networkPointer(argument.type, known));
      const words = ["llvm.nonnull", "llvm.noundef"];
      if (!isWritten(argument, context)) words.push("llvm.readonly");
      const callers = operation.sym_visibility === "private" ? (calls.get(operation.sym_name) ?? []) : [];
      if (callers.length > 0 && callers.every((call) => isAlone(call, operation, argument, context, isRole))) {
        words.push("llvm.noalias");
      }
      return extended(
        known,
        words.map((word) => [word, UnitAttribute.instance] as const),
      );
    });
    operation.properties.set("arg_attrs", func.functionDefinition.fields.arg_attrs.constraint.encode(attributes));
  }
}

/** Whether at this call no other argument touches the bytes behind `argument`, or none of both writes. */
function isAlone(
  call: Operation,
  callee: func.FunctionOperation,
  argument: BlockArgument,
  context: Context,
  isRole: (argument: BlockArgument) => boolean,
): boolean {
  const entry = callee.body.entry!;
  const extent = extentOf(call.operand(argument.index), isRole);
  if (extent === undefined) return false;
  if (typeof extent.root === "string" && !isConstantGlobal(call, extent.root)) return false;
  const writes = isWritten(argument, context);
  return entry.arguments.every((other) => {
    if (other === argument || !(other.type instanceof MemRefType)) return true;
    if (!writes && !isWritten(other, context)) return true;
    return areDisjoint(extent, extentOf(call.operand(other.index), isRole));
  });
}

/** A global that may change could also be touched by its name. */
function isConstantGlobal(from: Operation, name: string): boolean {
  const found = resolveSymbol(from, SymbolReferenceAttribute.get(name));
  return memref.global.matches(found) && found.constant === true;
}

/** What holds of the pointers of a network's function, and the tensor that each stands for. */
function networkPointer(type: MemRefType, known: DictionaryAttribute | undefined): (readonly [string, Attribute])[] {
  const stated = known?.entries.get("anemone.type");
  return [
    ["llvm.noalias", UnitAttribute.instance],
    ["llvm.nonnull", UnitAttribute.instance],
    ["llvm.noundef", UnitAttribute.instance],
    ["llvm.align", IntegerAttribute.get(64)],
    ["anemone.type", stated ?? TypeAttribute.get(TensorType.get(type.shape, type.element))],
  ];
}
