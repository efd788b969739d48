/**
 * One instruction per operation: a table from the ops of the llvm dialect to how LLVM IR text writes them. What an entry
 * returns stands behind `%name = ` (or alone where there is no result).
 */
import * as llvm from "../../dialects/llvm/index.ts";
import type { OperationDefinition, OperationOf } from "../../ir/declaration.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { i1, i32, type Type, VectorType } from "../../ir/types.ts";
import { mangledType, nameText, typeText } from "./spelling.ts";

/** What instructions ask of the function that is being written. */
export interface FunctionWriter {
  /** The name or constant that a value is written as. */
  value(value: Value): string;
  label(block: Block): string;
  /** The type that a global or function has, for calls of functions with variable arguments. */
  functionType(name: string): llvm.LlvmFunctionType | undefined;
  /** Notes that the module needs this declaration of an intrinsic. */
  declare(name: string, result: Type, parameters: readonly Type[]): void;
  /** `, !llvm.loop !3` and the like, or nothing. */
  branchMetadata(operation: Operation): string;
  /** Where a conditional branch goes when its condition is false: another block where both successors are the same. */
  falseLabel(operation: Operation, block: Block): string;
}

type Writer = (operation: Operation, writer: FunctionWriter) => string;

/** `float %x` */
export function typed(value: Value, writer: FunctionWriter): string {
  return `${typeText(value.type)} ${writer.value(value)}`;
}

function typedList(values: readonly Value[], writer: FunctionWriter): string {
  return values.map((value) => typed(value, writer)).join(", ");
}

// A definition is invariant in its fields; the table keeps only the general view.
// biome-ignore lint/suspicious/noExplicitAny: the only argument that every OperationDefinition<F> is assignable to
type AnyDefinition = OperationDefinition<any>;

function entry<D extends AnyDefinition>(
  definition: D,
  write: (operation: OperationOf<D>, writer: FunctionWriter) => string,
): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) => {
      if (!isOf(definition, operation)) throw operation.error(`is not the expected '${definition.name}'`);
      return write(operation, writer);
    },
  ];
}

function isOf<D extends AnyDefinition>(definition: D, operation: Operation): operation is OperationOf<D> {
  return definition.matches(operation);
}

/** Flags in front of the type: ` nnan contract`. The full set is `fast`. */
function flagsText(flags: readonly string[]): string {
  if (flags.length === llvm.llvmFastMathFlags.length) return " fast";
  return flags.map((flag) => ` ${flag}`).join("");
}

function binary(definition: AnyDefinition, mnemonic: string): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) => {
      const [lhs, rhs] = operation.operands;
      const flags = [...overflowOf(operation), ...fastMathOf(operation)];
      return `${mnemonic}${flagsText(flags)} ${typed(lhs!, writer)}, ${writer.value(rhs!)}`;
    },
  ];
}

function fastMathOf(operation: Operation): readonly string[] {
  const attribute = operation.attribute("fastmathFlags");
  return attribute === undefined ? [] : (llvm.llvmFastMathAttribute.decode(attribute) ?? []);
}

/** In the order that LLVM's reader takes in all versions. */
function overflowOf(operation: Operation): readonly string[] {
  const attribute = operation.attribute("overflowFlags");
  const flags: readonly string[] = attribute === undefined ? [] : (llvm.llvmOverflowAttribute.decode(attribute) ?? []);
  return ["nuw", "nsw"].filter((flag) => flags.includes(flag));
}

function cast(definition: AnyDefinition, mnemonic: string): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) =>
      `${mnemonic} ${typed(operation.operand(0), writer)} to ${typeText(operation.onlyResult.type)}`,
  ];
}

/** A call of an intrinsic; `suffixes` are the types that its name carries. */
function callIntrinsic(
  writer: FunctionWriter,
  base: string,
  suffixes: readonly Type[],
  result: Type,
  operands: readonly (readonly [Type, string])[],
  flags: readonly string[] = [],
): string {
  const name = `llvm.${base}${suffixes.map((type) => `.${mangledType(type)}`).join("")}`;
  writer.declare(
    name,
    result,
    operands.map(([type]) => type),
  );
  const list = operands.map(([type, text]) => `${typeText(type)} ${text}`).join(", ");
  return `call${flagsText(flags)} ${typeText(result)} @${name}(${list})`;
}

function operandsOf(operation: Operation, writer: FunctionWriter): (readonly [Type, string])[] {
  return operation.operands.map((value) => [value.type, writer.value(value)]);
}

/** An intrinsic that is overloaded on the type of its first operand and takes nothing but operands. */
function intrinsic(definition: AnyDefinition): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) => {
      const base = operation.name.slice("llvm.intr.".length);
      const suffixes = [operation.operand(0).type];
      const operands = operandsOf(operation, writer);
      return callIntrinsic(writer, base, suffixes, operation.onlyResult.type, operands, fastMathOf(operation));
    },
  ];
}

/** An intrinsic with a flag behind its operand: `llvm.abs(x, i1 false)`. */
function flaggedIntrinsic(definition: AnyDefinition, flag: string): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) => {
      const base = operation.name.slice("llvm.intr.".length);
      const isSet = operation.attribute(flag)?.text === "true";
      const operands = [...operandsOf(operation, writer), [i1, String(isSet)] as const];
      const { type } = operation.onlyResult;
      return callIntrinsic(writer, base, [type], type, operands);
    },
  ];
}

/** A reduction of a vector, which stands behind a start value for `fadd` and `fmul`. */
function reduction(definition: AnyDefinition): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) => {
      const base = operation.name.slice("llvm.intr.".length);
      const vector = operation.operand(operation.operandCount - 1);
      const operands = operandsOf(operation, writer);
      return callIntrinsic(writer, base, [vector.type], operation.onlyResult.type, operands, fastMathOf(operation));
    },
  ];
}

/** A copy or fill of memory. */
function memoryIntrinsic(definition: AnyDefinition): readonly [string, Writer] {
  return [
    definition.name,
    (operation, writer) => {
      const base = operation.name.slice("llvm.intr.".length);
      const isVolatile = operation.attribute("isVolatile")?.text === "true";
      const [first, second, length] = operation.operands;
      const suffixes = base === "memset" ? [first!.type, length!.type] : [first!.type, second!.type, length!.type];
      const operands = [...operandsOf(operation, writer), [i1, String(isVolatile)] as const];
      return callIntrinsic(writer, base, suffixes, llvm.voidType, operands);
    },
  ];
}

function alignmentText(alignment: number | undefined): string {
  return alignment === undefined ? "" : `, align ${alignment}`;
}

/** `<4 x i32> <i32 0, i32 1, …>`, the mask of a shuffle. */
function maskText(mask: readonly number[]): string {
  const type = typeText(VectorType.get([mask.length], i32));
  if (mask.every((lane) => lane === 0)) return `${type} zeroinitializer`;
  return `${type} <${mask.map((lane) => (lane < 0 ? "i32 poison" : `i32 ${lane}`)).join(", ")}>`;
}

function floatPredicateText(predicate: llvm.LlvmFloatPredicate): string {
  return predicate.startsWith("_") ? predicate.slice(1) : predicate;
}

const entries: readonly (readonly [string, Writer])[] = [
  binary(llvm.add, "add"),
  binary(llvm.sub, "sub"),
  binary(llvm.mul, "mul"),
  binary(llvm.shl, "shl"),
  binary(llvm.udiv, "udiv"),
  binary(llvm.sdiv, "sdiv"),
  binary(llvm.urem, "urem"),
  binary(llvm.srem, "srem"),
  binary(llvm.and, "and"),
  binary(llvm.or, "or"),
  binary(llvm.xor, "xor"),
  binary(llvm.lshr, "lshr"),
  binary(llvm.ashr, "ashr"),
  binary(llvm.fadd, "fadd"),
  binary(llvm.fsub, "fsub"),
  binary(llvm.fmul, "fmul"),
  binary(llvm.fdiv, "fdiv"),
  binary(llvm.frem, "frem"),
  entry(llvm.fneg, (op, w) => `fneg${flagsText(op.fastmathFlags)} ${typed(op.input, w)}`),
  entry(llvm.icmp, (op, w) => `icmp ${op.predicate} ${typed(op.lhs, w)}, ${w.value(op.rhs)}`),
  entry(llvm.fcmp, (op, w) => {
    const predicate = floatPredicateText(op.predicate);
    return `fcmp${flagsText(op.fastmathFlags)} ${predicate} ${typed(op.lhs, w)}, ${w.value(op.rhs)}`;
  }),
  entry(llvm.select, (op, w) => {
    return `select${flagsText(op.fastmathFlags)} ${typed(op.condition, w)}, ${typedList([op.trueValue, op.falseValue], w)}`;
  }),
  entry(llvm.freeze, (op, w) => `freeze ${typed(op.val, w)}`),
  cast(llvm.sext, "sext"),
  cast(llvm.zext, "zext"),
  cast(llvm.trunc, "trunc"),
  cast(llvm.fpext, "fpext"),
  cast(llvm.fptrunc, "fptrunc"),
  cast(llvm.sitofp, "sitofp"),
  cast(llvm.uitofp, "uitofp"),
  cast(llvm.fptosi, "fptosi"),
  cast(llvm.fptoui, "fptoui"),
  cast(llvm.bitcast, "bitcast"),
  cast(llvm.inttoptr, "inttoptr"),
  cast(llvm.ptrtoint, "ptrtoint"),
  cast(llvm.addrspacecast, "addrspacecast"),
  entry(llvm.insertElement, (op, w) => `insertelement ${typedList([op.vector, op.value, op.position], w)}`),
  entry(llvm.extractElement, (op, w) => `extractelement ${typedList([op.vector, op.position], w)}`),
  entry(llvm.shuffleVector, (op, w) => `shufflevector ${typedList([op.v1, op.v2], w)}, ${maskText(op.mask)}`),
  entry(
    llvm.insertValue,
    (op, w) => `insertvalue ${typedList([op.container, op.value], w)}, ${op.position.join(", ")}`,
  ),
  entry(llvm.extractValue, (op, w) => `extractvalue ${typed(op.container, w)}, ${op.position.join(", ")}`),
  entry(llvm.alloca, (op, w) => {
    return `alloca ${typeText(op.elem_type)}, ${typed(op.arraySize, w)}${alignmentText(op.alignment)}`;
  }),
  entry(llvm.getElementPointer, (op, w) => {
    let next = 0;
    const indices = op.rawConstantIndices.map((index) =>
      index === llvm.dynamicPosition ? typed(op.dynamicIndices[next++]!, w) : `i32 ${index}`,
    );
    const inbounds = op.inbounds ? " inbounds" : "";
    return `getelementptr${inbounds} ${typeText(op.elem_type)}, ${[typed(op.base, w), ...indices].join(", ")}`;
  }),
  entry(llvm.load, (op, w) => {
    const isVolatile = op.volatile_ ? " volatile" : "";
    return `load${isVolatile} ${typeText(op.res.type)}, ${typed(op.addr, w)}${alignmentText(op.alignment)}`;
  }),
  entry(llvm.store, (op, w) => {
    const isVolatile = op.volatile_ ? " volatile" : "";
    return `store${isVolatile} ${typedList([op.value, op.addr], w)}${alignmentText(op.alignment)}`;
  }),
  entry(llvm.call, (op, w) => {
    const result = op.result?.type ?? llvm.voidType;
    const list = typedList(llvm.callArguments(op), w);
    const callee = op.callee === undefined ? w.value(op.callee_operands[0]!) : `@${nameText(op.callee)}`;
    const known = op.callee === undefined ? undefined : w.functionType(op.callee);
    const signature = op.var_callee_type ?? (known?.isVariadic ? known : undefined);
    const tail = op.TailCallKind === "none" ? "" : `${op.TailCallKind} `;
    const convention = op.CConv === "ccc" ? "" : ` ${op.CConv}`;
    const type = typeText(signature ?? result);
    return `${tail}call${flagsText(op.fastmathFlags)}${convention} ${type} ${callee}(${list})`;
  }),
  entry(llvm.llvmReturn, (op, w) => (op.arg === undefined ? "ret void" : `ret ${typed(op.arg, w)}`)),
  entry(llvm.branch, (op, w) => `br label %${w.label(op.dest)}${w.branchMetadata(op)}`),
  entry(llvm.conditionalBranch, (op, w) => {
    const targets = `label %${w.label(op.trueDest)}, label %${w.falseLabel(op, op.falseDest)}`;
    return `br ${typed(op.condition, w)}, ${targets}${w.branchMetadata(op)}`;
  }),
  entry(llvm.unreachable, () => "unreachable"),
  ...[
    llvm.intrExp,
    llvm.intrExp2,
    llvm.intrLog,
    llvm.intrLog2,
    llvm.intrLog10,
    llvm.intrSqrt,
    llvm.intrSin,
    llvm.intrCos,
    llvm.intrFabs,
    llvm.intrFloor,
    llvm.intrCeil,
    llvm.intrTrunc,
    llvm.intrRound,
    llvm.intrRoundEven,
    llvm.intrRint,
    llvm.intrNearbyInt,
    llvm.intrPow,
    llvm.intrCopySign,
    llvm.intrMaximum,
    llvm.intrMinimum,
    llvm.intrMaxNum,
    llvm.intrMinNum,
    llvm.intrSmax,
    llvm.intrSmin,
    llvm.intrUmax,
    llvm.intrUmin,
    llvm.intrCtPop,
    llvm.intrFma,
    llvm.intrFmulAdd,
  ].map(intrinsic),
  entry(llvm.intrPowi, (op, w) => {
    const suffixes = [op.val.type, op.power.type];
    return callIntrinsic(w, "powi", suffixes, op.res.type, operandsOf(op, w), op.fastmathFlags);
  }),
  flaggedIntrinsic(llvm.intrAbs, "is_int_min_poison"),
  flaggedIntrinsic(llvm.intrCtlz, "is_zero_poison"),
  flaggedIntrinsic(llvm.intrCttz, "is_zero_poison"),
  ...[
    llvm.reduceAdd,
    llvm.reduceMul,
    llvm.reduceAnd,
    llvm.reduceOr,
    llvm.reduceXor,
    llvm.reduceSmax,
    llvm.reduceSmin,
    llvm.reduceUmax,
    llvm.reduceUmin,
    llvm.reduceFmax,
    llvm.reduceFmin,
    llvm.reduceFmaximum,
    llvm.reduceFminimum,
    llvm.reduceFadd,
    llvm.reduceFmul,
  ].map(reduction),
  entry(llvm.maskedLoad, (op, w) => {
    const { type } = op.res;
    const passThrough = op.pass_thru[0] === undefined ? "poison" : w.value(op.pass_thru[0]);
    return callIntrinsic(w, "masked.load", [type, op.data.type], type, [
      [op.data.type, w.value(op.data)],
      [i32, String(op.alignment)],
      [op.mask.type, w.value(op.mask)],
      [type, passThrough],
    ]);
  }),
  entry(llvm.maskedStore, (op, w) => {
    return callIntrinsic(w, "masked.store", [op.value.type, op.data.type], llvm.voidType, [
      [op.value.type, w.value(op.value)],
      [op.data.type, w.value(op.data)],
      [i32, String(op.alignment)],
      [op.mask.type, w.value(op.mask)],
    ]);
  }),
  entry(llvm.maskedGather, (op, w) => {
    const { type } = op.res;
    const passThrough = op.pass_thru[0] === undefined ? "poison" : w.value(op.pass_thru[0]);
    return callIntrinsic(w, "masked.gather", [type, op.ptrs.type], type, [
      [op.ptrs.type, w.value(op.ptrs)],
      [i32, String(op.alignment)],
      [op.mask.type, w.value(op.mask)],
      [type, passThrough],
    ]);
  }),
  entry(llvm.maskedScatter, (op, w) => {
    return callIntrinsic(w, "masked.scatter", [op.value.type, op.ptrs.type], llvm.voidType, [
      [op.value.type, w.value(op.value)],
      [op.ptrs.type, w.value(op.ptrs)],
      [i32, String(op.alignment)],
      [op.mask.type, w.value(op.mask)],
    ]);
  }),
  memoryIntrinsic(llvm.memcpy),
  memoryIntrinsic(llvm.memmove),
  memoryIntrinsic(llvm.memset),
  entry(llvm.prefetch, (op, w) =>
    callIntrinsic(w, "prefetch", [op.addr.type], llvm.voidType, [
      [op.addr.type, w.value(op.addr)],
      [i32, String(op.rw)],
      [i32, String(op.hint)],
      [i32, String(op.cache)],
    ]),
  ),
  entry(llvm.assume, (op, w) => callIntrinsic(w, "assume", [], llvm.voidType, [[i1, w.value(op.cond)]])),
];

const writers: ReadonlyMap<string, Writer> = new Map(entries);

/** The instruction that an operation stands for, without `%name = `. */
export function instructionText(operation: Operation, writer: FunctionWriter): string {
  const write = writers.get(operation.name);
  if (write === undefined) {
    throw operation.error("cannot be written as LLVM IR: only the llvm dialect can; run loops-to-llvm before");
  }
  return write(operation, writer);
}
