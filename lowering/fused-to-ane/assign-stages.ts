/**
 * Which operations of a function run on the engine, and in which program. Without host work there is one program. Where some
 * operations stay on the host, the rest is cut into stages: program 0, host 0, program 1, host 1, …, such that a program
 * reads only what earlier programs and host operations give.
 */

import { type FunctionOperation, returnOperation } from "../../dialects/func/index.ts";
import { isTask, tasks } from "../../dialects/fused/index.ts";
import * as tensor from "../../dialects/tensor/index.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { TensorType } from "../../ir/types.ts";
import type { EngineValue } from "./draft.ts";
import { attentionTask } from "./rules/attention.ts";
import { engineRulesByOp, reasonWithoutRule } from "./rules/index.ts";
import { constantEngineValue, EngineRefusal, engineElement, refuse, type Session } from "./session.ts";

/** An operation that cannot run on the engine, and why. */
export interface EngineFinding {
  readonly operation: Operation;
  readonly reason: string;
}

export interface StageAssignment {
  readonly findings: readonly EngineFinding[];
  /** Operations that stay host code, with their stage. */
  readonly host: ReadonlyMap<Operation, number>;
  /** Operations that became tasks. */
  readonly engine: readonly Operation[];
  readonly stages: number;
}

/** The tensor ops of one unit: those in a task's region, or the op itself. */
function operationsOf(unit: Operation): readonly Operation[] {
  if (!isTask(unit)) return [unit];
  return unit.body.onlyBlock.operations.filter((operation) => !operation.definition?.hasTrait("Terminator"));
}

/** Host code may always convert element types on the way in and out. */
function isTypeConversion(unit: Operation, entry: FunctionOperation["body"]["entry"]): boolean {
  const inside = operationsOf(unit);
  const [only] = inside;
  if (inside.length !== 1 || only === undefined || !tensor.convert.matches(only)) return false;
  const isInput = entry?.arguments.some((argument) => argument === unit.operand(0)) ?? false;
  const isOutput = unit.onlyResult.users.every((user) => returnOperation.matches(user));
  const { input, result } = only;
  return (
    (isInput && engineElement(input.type.element) === undefined) ||
    (isOutput && engineElement(result.type.element) === undefined)
  );
}

/** Converts what the target can run; `allowHost` decides whether the rest is a finding only, or host code too. */
export function assignStages(func: FunctionOperation, session: Session): StageAssignment {
  const findings: EngineFinding[] = [];
  const host = new Map<Operation, number>();
  const engine: Operation[] = [];
  const engineStage = new Map<Value, number>();
  const hostStage = new Map<Value, number>();
  const { entry } = func.body;
  for (const unit of entry?.operations ?? []) {
    if (unit.definition?.hasTrait("Terminator") || unit.definition?.hasTrait("ConstantLike")) continue;
    const before = unit.operands.map((value) => engineStage.get(value) ?? (hostStage.get(value) ?? -1) + 1);
    const stage = Math.max(0, ...before);
    const found = isTypeConversion(unit, entry) ? [] : convertUnit(unit, session, stage);
    if (found === undefined) {
      engine.push(unit);
      for (const result of unit.results) engineStage.set(result, stage);
      continue;
    }
    findings.push(...found);
    const own = Math.max(0, ...unit.operands.map((value) => engineStage.get(value) ?? hostStage.get(value) ?? 0));
    host.set(unit, own);
    for (const result of unit.results) {
      hostStage.set(result, own);
      definePort(session, result);
    }
  }
  const stages = 1 + Math.max(-1, ...engineStage.values());
  return { findings, host, engine, stages };
}

/** A value of host code as it enters a program. */
function definePort(session: Session, value: Value): void {
  const { type } = value;
  if (!(type instanceof TensorType)) return;
  session.define(value, {
    shape: type.shape,
    element: engineElement(type.element) ?? type.element,
    port: value,
    isSoleUse: false,
  });
}

/** Turns one unit into tasks; what stands against it, or undefined when it is done. */
function convertUnit(unit: Operation, session: Session, stage: number): EngineFinding[] | undefined {
  const drafted = session.drafts.length;
  const findings: EngineFinding[] = [];
  for (const operand of unit.operands) {
    if (!session.isKnown(operand) && operand.definer?.definition?.hasTrait("ConstantLike") !== true)
      definePort(session, operand);
  }
  if (isTask(unit)) {
    // What a task reads comes from another task, which it cannot join any more.
    for (const [position, argument] of unit.body.onlyBlock.arguments.entries()) {
      session.define(argument, { ...session.value(unit.operand(position)), isSoleUse: false });
    }
  }
  const native = nativeAttention(unit, session, stage);
  if (native !== undefined) {
    session.define(unit.onlyResult, { ...native, isSoleUse: false });
    return undefined;
  }
  for (const operation of operationsOf(unit)) {
    try {
      convertOperation(operation, session, stage);
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      findings.push({ operation, reason: error.message });
      // The rest is looked at as if this one were host code, so that one run finds all.
      for (const result of operation.results) definePort(session, result);
    }
  }
  if (findings.length > 0) {
    session.drafts.length = drafted;
    return findings;
  }
  if (isTask(unit)) {
    const terminator = unit.body.onlyBlock.last!;
    for (const [position, result] of unit.results.entries()) {
      session.define(result, { ...session.value(terminator.operand(position)), isSoleUse: false });
    }
  }
  return undefined;
}

/** An attention group as one task, where that is asked for and can be. */
function nativeAttention(unit: Operation, session: Session, stage: number): EngineValue | undefined {
  if (!session.nativeAttention || !tasks.attention.matches(unit)) return undefined;
  return session.convertTogether(unit, stage, () => attentionTask(session, operationsOf(unit)));
}

function convertOperation(operation: Operation, session: Session, stage: number): void {
  const { definition } = operation;
  if (definition?.hasTrait("ConstantLike")) return;
  const folded = session.folded(operation);
  if (folded !== undefined) {
    for (const [position, data] of folded.entries())
      session.define(operation.results[position]!, constantEngineValue(data));
    return;
  }
  const rule = session.ownRule(operation) ?? (definition && engineRulesByOp.get(definition));
  if (rule === undefined) refuse(reasonWithoutRule(operation));
  session.convert(operation, rule, stage);
}
