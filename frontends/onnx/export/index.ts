/**
 * Writes a program of the tensor level as an ONNX model of operator set 21, the first with 4-bit integers and per-channel
 * group normalisation, which ONNX Runtime has run since 1.18. Inputs and outputs keep their names, nodes are named after the
 * locations of the ops, values after their hints; weights are initializers, viewed and not copied until the model is encoded.
 * Float attributes of ONNX have 32 bits. Importing the result gives the same program, up to the order of equal steps.
 */
import { constant as arithConstant } from "../../../dialects/arith/index.ts";
import {
  argumentAttributes,
  call,
  type FunctionOperation,
  functionsOf,
  returnOperation,
} from "../../../dialects/func/index.ts";
import { empty } from "../../../dialects/tensor/upstream/ops.ts";
import { type DictionaryAttribute, ElementsAttribute, StringAttribute } from "../../../ir/attributes.ts";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { nameOf, placeOf } from "../../../ir/location.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { TensorType } from "../../../ir/types.ts";
import { encodeModel } from "../encode.ts";
import type { OnnxGraph, OnnxModel, OnnxTensor } from "../model.ts";
import { elementwiseRules } from "./elementwise.ts";
import { GraphWriter, type Term, valueInfo } from "./graph-writer.ts";
import { placementRules } from "./movement.ts";
import { quantizationRules } from "./quantization.ts";
import { reductionRules } from "./reduction.ts";
import type { Rule } from "./rule.ts";
import { windowRules } from "./windows.ts";

/** The operator set of the models, and the version of the file format that came with it. */
export const exportedOpset = 21;
const irVersion = 10;

/** The ops that ONNX has words for. */
export const exportRules: readonly Rule[] = [
  ...elementwiseRules,
  ...reductionRules,
  ...windowRules,
  ...placementRules,
  ...quantizationRules,
];
const ruleByName = new Map(exportRules.map((each) => [each.name, each]));

/** Protobuf messages are limited to 2 GiB; what is not weights needs far less than the rest. */
const mostWeightBytes = 2 ** 31 - 2 ** 24;

/**
 * The bytes of an `.onnx` file. Throws `DiagnosticError` for operations that ONNX cannot say (with the reason), for open
 * shapes, and for weights beyond the 2 GiB that one file may hold.
 */
export function exportOnnx(module: Operation): Uint8Array {
  const model = exportOnnxModel(module);
  let bytes = 0;
  for (const { payload } of model.graph.initializers.values())
    bytes += payload.kind === "raw" ? payload.bytes.length : 0;
  if (bytes > mostWeightBytes) {
    throw new DiagnosticError(
      `the weights take ${(bytes / 2 ** 30).toFixed(2)} GiB, and an ONNX file holds 2 GiB: keep the program as IR text, whose weights stand in a file of their own`,
      placeOf(module.location),
    );
  }
  return encodeModel(model);
}

/** The same as data. Weights are views of the program's. */
export function exportOnnxModel(module: Operation): OnnxModel {
  return {
    file: placeOf(module.location).file ?? "<module>",
    irVersion,
    producerName: "anemone",
    producerVersion: "",
    domain: "",
    modelVersion: 0n,
    docString: "",
    graph: new FunctionExport(module).graph(),
    opsets: new Map([["", exportedOpset]]),
    functions: [],
    metadata: new Map(),
  };
}

function mainOf(module: Operation): FunctionOperation {
  const functions = functionsOf(module);
  const main = functions.get("main") ?? (functions.size === 1 ? [...functions.values()][0] : undefined);
  if (main !== undefined) return main;
  throw new DiagnosticError(
    "cannot be written as ONNX: a model is one function, and the module has none named main",
    placeOf(module.location),
  );
}

class FunctionExport {
  readonly #main: FunctionOperation;
  readonly #functions: ReadonlyMap<string, FunctionOperation>;
  readonly #writer = new GraphWriter();
  /** Names that values must have: those of outputs. */
  readonly #outputNames = new Map<Value, string>();

  constructor(module: Operation) {
    this.#functions = functionsOf(module);
    this.#main = mainOf(module);
  }

  graph(): OnnxGraph {
    const main = this.#main;
    const block = main.body.entry;
    if (block === undefined) throw main.error("cannot be written as ONNX: it is a declaration without a body");
    const inputs = block.arguments.map((argument, position) => {
      const { nameHint } = argument;
      const name = this.#portName(argumentAttributes(main, position), "anemone.input", nameHint ?? `input${position}`);
      const term = this.#portTerm(argument, name);
      this.#writer.bind(argument, term);
      return term;
    });
    const results = main.function_type.results;
    const names = results.map((_, position) => {
      const otherwise = results.length === 1 ? "output" : `output${position}`;
      return this.#portName(main.res_attrs?.[position], "anemone.output", otherwise);
    });
    const last = block.operations.at(-1);
    for (const [position, value] of (last?.operands ?? []).entries()) {
      if (value.definer !== undefined && !this.#outputNames.has(value)) this.#outputNames.set(value, names[position]!);
    }
    const values = this.#writeBlock(main, []);
    const outputs = values.map((term, position) => {
      const name = names[position]!;
      return term.name === name ? term : this.#writer.node("Identity", [term], {}, {}, name);
    });
    return {
      name: nameOf(main.location) ?? main.sym_name,
      nodes: this.#writer.nodes,
      initializers: this.#usedInitializers(),
      sparseInitializers: new Map(),
      inputs: inputs.map(valueInfo),
      outputs: outputs.map(valueInfo),
      valueInfos: [],
      docString: "",
      metadata: new Map(),
    };
  }

  /** Constants may have been asked for that a rule did not use in the end. */
  #usedInitializers(): ReadonlyMap<string, OnnxTensor> {
    const used = new Set(this.#writer.nodes.flatMap(({ inputs }) => inputs));
    return new Map([...this.#writer.initializers].filter(([name]) => used.has(name)));
  }

  #portName(attributes: DictionaryAttribute | undefined, key: string, otherwise: string): string {
    const stated = attributes?.entries.get(key);
    const wanted = stated instanceof StringAttribute ? stated.value : otherwise;
    return this.#writer.valueName(wanted);
  }

  #portTerm(value: Value, name: string): Term {
    const { type } = value;
    if (!(type instanceof TensorType) || !type.isStatic) {
      throw this.#main.error(`cannot be written as ONNX: "${name}" is of type ${type}, not a tensor of static shape`);
    }
    return { name, element: this.#writer.elementOf(value), shape: type.shape };
  }

  /** Writes a function's body and returns what it returns. `callers` are the functions on the way here. */
  #writeBlock(main: FunctionOperation, callers: readonly FunctionOperation[]): readonly Term[] {
    const block = main.body.entry;
    if (block === undefined || main.body.blocks.length !== 1)
      throw main.error("cannot be written as ONNX: only functions of one block are");
    for (const operation of block.operations) {
      if (returnOperation.matches(operation)) return operation.operands.map((value) => this.#writer.of(value));
      if (call.matches(operation)) this.#writeCall(operation, [...callers, main]);
      else this.#writeOperation(operation);
    }
    throw main.error("cannot be written as ONNX: it does not return");
  }

  /** The body of the callee in place of the call. */
  #writeCall(operation: Operation, callers: readonly FunctionOperation[]): void {
    const { callee } = call.cast(operation);
    const target = this.#functions.get(callee);
    if (target === undefined) throw operation.error(`calls @${callee}, which is no function of this module`);
    if (callers.some(({ sym_name }) => sym_name === callee))
      throw operation.error(`cannot be written as ONNX: @${callee} calls itself`);
    const entry = target.body.entry;
    if (entry === undefined) throw operation.error(`cannot be written as ONNX: @${callee} has no body`);
    for (const [position, argument] of entry.arguments.entries()) {
      this.#writer.bind(argument, this.#writer.of(operation.operand(position)));
    }
    const results = this.#writeBlock(target, callers);
    for (const [position, result] of operation.results.entries()) this.#writer.bind(result, results[position]!);
  }

  #writeOperation(operation: Operation): void {
    const names = operation.results.map((result) => this.#outputNames.get(result));
    this.#writer.write(operation, names, () => {
      if (arithConstant.matches(operation)) return [this.#constant(operation)];
      if (empty.matches(operation)) return [this.#empty(operation)];
      const written = ruleByName.get(operation.name);
      if (written !== undefined) return written.write(operation, this.#writer);
      throw this.#writer.error(reasonAgainst(operation));
    });
  }

  #constant(operation: Operation): Term {
    const { value } = arithConstant.cast(operation);
    const result = operation.onlyResult;
    if (!(value instanceof ElementsAttribute))
      throw this.#writer.error(`it makes a value of type ${result.type}, and ONNX knows tensors only`);
    const hint = result.nameHint;
    const { splat } = value;
    const { shape } = value.type;
    if (splat !== undefined && value.type instanceof TensorType)
      return this.#writer.splat(splat, this.#writer.elementOf(result), shape, hint);
    return this.#writer.constant(value.value, hint);
  }

  #empty(operation: Operation): Term {
    const { type } = operation.onlyResult;
    if (!(type instanceof TensorType) || !type.isStatic) throw this.#writer.error(`the shape of ${type} is not static`);
    return this.#writer.splat(0, this.#writer.elementOf(operation.onlyResult), type.shape);
  }
}

/** Why an operation has no rule. */
function reasonAgainst(operation: Operation): string {
  const types = [...operation.operands, ...operation.results].map(({ type }) => type);
  const other = types.find((type) => !(type instanceof TensorType));
  if (other !== undefined) return `it works on values of type ${other}, and ONNX knows tensors only`;
  if (operation.regions.length > 0) return "it has a body of scalar operations, and ONNX knows tensors only";
  if (!operation.name.startsWith("tensor.")) {
    return "it is not of the tensor level: write the program before it is lowered";
  }
  return `no operators of operator set ${exportedOpset} compute it`;
}
