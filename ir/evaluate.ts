/**
 * Running IR by its reference semantics: every operation through its Evaluate interface, on plain data. Slow and obviously
 * correct: it is what folding uses and what each lowering is compared with. Functions of any level whose ops have
 * evaluators can be run (tensor, fused, linalg on tensors).
 */
import {
  DenseArrayAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  requireElementName,
} from "./attributes.ts";
import type { Context } from "./context.ts";
import { constantOf } from "./effects.ts";
import { Evaluate } from "./interfaces.ts";
import type { Block, Operation, Value } from "./operation.ts";
import { setNumber, type TensorData, zeros } from "./tensor-data.ts";

/** The data of a constant attribute; undefined where it has none. Scalars have shape `[]`. */
export function dataOfAttribute(attribute: unknown): TensorData | undefined {
  if (attribute instanceof ElementsAttribute) return attribute.value;
  if (attribute instanceof DenseArrayAttribute) return listData(attribute);
  if (attribute instanceof FloatAttribute || attribute instanceof IntegerAttribute) {
    const tensor = zeros(
      [],
      attribute instanceof IntegerAttribute && attribute.type.text === "index"
        ? "i64"
        : requireElementName(attribute.type),
    );
    if (tensor.data instanceof BigInt64Array || tensor.data instanceof BigUint64Array)
      tensor.data[0] = BigInt(attribute.value);
    else setNumber(tensor, 0, Number(attribute.value));
    return tensor;
  }
  return undefined;
}

/** `array<i32: 1, 2>`, in which dialects hold constants of their own types: data of one dimension. */
function listData({ element, values }: DenseArrayAttribute): TensorData {
  const list = zeros([values.length], requireElementName(element));
  for (const [position, value] of values.entries()) {
    if (list.data instanceof BigInt64Array || list.data instanceof BigUint64Array) list.data[position] = BigInt(value);
    else setNumber(list, position, Number(value));
  }
  return list;
}

/**
 * Evaluates one operation whose operands' data are given; undefined where it has no evaluator. `outer` holds the values that
 * its regions use from outside.
 */
export function evaluateOperation(
  operation: Operation,
  inputs: readonly TensorData[],
  context: Context,
  outer: ReadonlyMap<Value, TensorData> = new Map(),
): readonly TensorData[] | undefined {
  const evaluate = context.implementation(Evaluate, operation);
  return evaluate?.(operation, inputs, context, outer);
}

/**
 * Runs the operations of a block in order, with `environment` holding the values from outside and the block's arguments.
 * Returns the operands of the terminator.
 */
export function evaluateBlock(
  block: Block,
  environment: Map<Value, TensorData>,
  context: Context,
): readonly TensorData[] {
  for (let operation = block.first; operation !== undefined; operation = operation.next) {
    const current: Operation = operation;
    if (operation.definition?.hasTrait("Terminator"))
      return operation.operands.map((value) => lookUp(value, environment, current));
    const [onlyResult] = operation.results;
    if (operation.definition?.hasTrait("ConstantLike") && onlyResult !== undefined) {
      const data = dataOfAttribute(constantOf(onlyResult));
      if (data === undefined) throw operation.error("holds a constant that plain data cannot represent");
      environment.set(onlyResult, data);
      continue;
    }
    const results = evaluateOperation(
      operation,
      operation.operands.map((value) => lookUp(value, environment, current)),
      context,
      environment,
    );
    if (results === undefined) {
      throw operation.error(
        "has no evaluator: implement the 'evaluate' interface, or lower it and run the compiled code",
      );
    }
    for (const [position, result] of operation.results.entries()) environment.set(result, results[position]!);
  }
  return [];
}

function lookUp(value: Value, environment: ReadonlyMap<Value, TensorData>, user: Operation): TensorData {
  const data = environment.get(value);
  if (data === undefined) throw user.error("uses a value that has not been computed");
  return data;
}

/** Runs a function on argument data; returns what it returns. */
export function evaluateFunction(
  func: Operation,
  inputs: readonly TensorData[],
  context: Context,
): readonly TensorData[] {
  const entry = func.regions[0]?.entry;
  if (entry === undefined) throw func.error("has no body to run");
  if (inputs.length !== entry.arguments.length) {
    throw func.error(`takes ${entry.arguments.length} arguments, but got ${inputs.length}`);
  }
  const environment = new Map<Value, TensorData>(
    entry.arguments.map((argument, position) => [argument, inputs[position]!]),
  );
  return evaluateBlock(entry, environment, context);
}
