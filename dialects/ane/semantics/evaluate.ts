/** Runs tasks and programs on plain data, by the engine's rules: the reference semantics of the ane level. */
import { SymbolReferenceAttribute } from "../../../ir/attributes.ts";
import { at, Builder } from "../../../ir/builder.ts";
import { Context } from "../../../ir/context.ts";
import { constantOf } from "../../../ir/effects.ts";
import { dataOfAttribute, evaluateBlock } from "../../../ir/evaluate.ts";
import { Block, type Operation, type Value } from "../../../ir/operation.ts";
import { resolveSymbol } from "../../../ir/symbol-table.ts";
import { allocateElements, type TensorData } from "../../../ir/tensor-data.ts";
import { elementType, TensorType } from "../../../ir/types.ts";
import { tensor } from "../../tensor/index.ts";
import { decompressed, isCompressedConstant } from "../compressed/index.ts";
import { engineRules } from "../numerics.ts";
import { call, constant, type ProgramOperation, program } from "../program.ts";
import { defaultTarget, targetOf } from "../targets.ts";
import { EngineSteps } from "./steps.ts";
import { expandTask } from "./tasks.ts";

/** What the expansions of tasks consist of. */
const evaluators = new Context([tensor]);

/** What a task gives for these operands. The target is that of the program around it. */
export function evaluateTask(task: Operation, inputs: readonly TensorData[]): readonly TensorData[] {
  const around = task.parentOperation;
  const target = program.matches(around) ? around.target : defaultTarget;
  const block = new Block();
  const builder = new Builder(at.endOf(block), task.location);
  const environment = new Map<Value, TensorData>();
  const standIns = new Map<Value, Value>();
  for (const [position, operand] of task.operands.entries()) {
    const data = inputs[position]!;
    const standIn = block.addArgument(TensorType.get(data.shape, elementType(data.element)), task.location);
    environment.set(standIn, data);
    standIns.set(operand, standIn);
  }
  const steps = new EngineSteps(builder, engineRules(targetOf(target)));
  const written = steps.write(expandTask(steps, task, (value) => steps.read(standIns.get(value)!)));
  evaluateBlock(block, environment, evaluators);
  return [environment.get(written)!];
}

/** A number that is not one is +inf to the engine; other elements stay. */
export function admit(data: TensorData): TensorData {
  if (data.element !== "f16") return data;
  const admitted = allocateElements("f16", data.data.length);
  for (let index = 0; index < admitted.length; index++) {
    const value = Number(data.data[index]);
    admitted[index] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  }
  return { ...data, data: admitted };
}

/** Runs a program's tasks in order. */
export function evaluateProgram(operation: ProgramOperation, inputs: readonly TensorData[]): readonly TensorData[] {
  const block = operation.body.onlyBlock;
  const values = new Map<Value, TensorData>(
    block.arguments.map((argument, position) => [argument, admit(inputs[position]!)]),
  );
  for (const task of block.operations) {
    const operands = task.operands.map((value) => values.get(value)!);
    if (task.definition?.hasTrait("Terminator")) return operands;
    if (constant.matches(task)) {
      const data = dataOfAttribute(constantOf(task.result));
      if (data === undefined) throw task.error("holds a constant that plain data cannot represent");
      values.set(task.result, admit(data));
      continue;
    }
    if (isCompressedConstant(task)) {
      values.set(task.onlyResult, admit(decompressed(task)));
      continue;
    }
    for (const [position, data] of evaluateTask(task, operands).entries()) values.set(task.results[position]!, data);
  }
  return [];
}

/** A call evaluates the program that it names. */
export function evaluateCall(operation: Operation, inputs: readonly TensorData[]): readonly TensorData[] {
  const { callee } = call.cast(operation);
  const found = resolveSymbol(operation, SymbolReferenceAttribute.get(callee));
  if (!program.matches(found)) throw operation.error(`calls @${callee}, which is not an ane.program in this module`);
  return evaluateProgram(found, inputs);
}
