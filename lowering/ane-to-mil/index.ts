/**
 * From programs of the engine to MIL, Apple's input language: one or more MIL ops per task, named after it. Slots become ops
 * again; Apple's compiler fuses them by its own rules. Host code keeps its calls, of a `mil.program` now.
 */
import * as ane from "../../dialects/ane/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import { at, Builder } from "../../ir/builder.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { FunctionType, TensorType, type Type } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { MilBuilder, MilNames } from "./mil-builder.ts";
import { emitTask } from "./tasks.ts";

/** The text form that Apple's tools write for programs of an opset (driver-stack.md C.2, C.6). */
const versionOf = { ios16: "1.0", ios17: "1.0", ios18: "1.3" } as const;
type EmittedOpset = keyof typeof versionOf;
const emittedOpsets = ["ios18", "ios17", "ios16"] as const;

function tensorOf(type: Type): TensorType {
  if (type instanceof ane.SurfaceType) return type.tensor;
  throw new Error(`a surface is expected, found ${type}`);
}

function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

/** The MIL program of an engine program, not yet in a block. */
function milProgram(source: ane.ProgramOperation, opset: EmittedOpset, version: mil.ProgramVersion): Operation {
  if (!ane.targetOf(source.target).limits.mil) {
    throw source.error(`is for ${source.target}, whose compiler takes no MIL: MIL is only supported from H13 on`);
  }
  const { inputs, results } = source.function_type;
  const names = new MilNames();
  const inputNames = source.input_names.map((name) => names.fresh(name));
  const outputNames = source.output_names.map((name) => names.fresh(name));
  const body = new Block();
  const sourceBlock = source.body.onlyBlock;
  // The function stands first: what its ops may be asks for its opset.
  const main = mil.functionDefinition.build(
    {
      sym_name: "main",
      function_type: FunctionType.get(inputs.map(tensorOf), results.map(tensorOf)),
      opset,
      input_names: inputNames,
      output_names: outputNames,
      body: new Region([body]),
    },
    source.location,
  );
  const to = new MilBuilder(new Builder(at.endOf(body), source.location), names, opset);
  for (const [position, argument] of sourceBlock.arguments.entries()) {
    const made = body.addArgument(tensorOf(argument.type), argument.location);
    made.nameHint = inputNames[position];
    to.bind(argument, made);
  }
  const returned = sourceBlock.last?.operands ?? [];
  const taken = new Set<Value>();
  const needsCopy: boolean[] = [];
  for (const [position, value] of returned.entries()) {
    // A port of its own for what already has a name: an input, a constant, a value returned twice.
    const isCopy = value.definer === undefined || isConstant(value.definer) || taken.has(value);
    needsCopy.push(isCopy);
    taken.add(value);
    if (!isCopy) to.reserveOutput(value, outputNames[position]!);
  }
  for (const task of sourceBlock.operations) {
    if (!isConstant(task) && !ane.returnOperation.matches(task)) emitTask(to, task);
  }
  const outputs = returned.map((value, position) =>
    needsCopy[position] ? to.copy(value, outputNames[position]!) : to.value(value),
  );
  to.builder.build(mil.returnOperation, { inputs: outputs.filter(isTensorValue) });
  const programBody = new Block();
  programBody.append(main);
  return mil.program.build({ sym_name: source.sym_name, version, body: new Region([programBody]) }, source.location);
}

/** Whether an op of the engine holds weights, plain or compressed. */
const isConstant = (operation: Operation) => ane.constant.matches(operation) || ane.isCompressedConstant(operation);

export const aneToMil = pass("ane-to-mil", {
  doc: "Turns programs of the engine into MIL programs, with one or more MIL ops per task.",
  options: {
    opset: {
      doc: "opset of the programs: which ops and inputs they may use; ios16 with the version 1.0, ios18 unless stated",
      default: "",
      choices: emittedOpsets,
      empty: "that of the version",
    },
    version: {
      doc: "version of the programs' text form: 1.0 goes with ios16 and ios17, 1.3 with ios18",
      default: "",
      choices: mil.programVersions,
      empty: "that of the opset",
    },
  },
  exactness: "the same steps; Apple's compiler decides their order and rounding again",
  anchor: "builtin.module",
  subject: { operations: [ane.program.name], otherwise: "fused-to-ane makes them, behind tensor-to-fused{device=ane}" },
  run: (module, _, options) => {
    const opset =
      emittedOpsets.find((each) => each === options.opset) ?? (options.version === "1.0" ? "ios16" : "ios18");
    const version = mil.programVersions.find((each) => each === options.version) ?? versionOf[opset];
    const programs = module.regions[0]!.onlyBlock.operations.filter((operation) => ane.program.matches(operation));
    for (const source of programs) {
      const made = milProgram(ane.program.cast(source), opset, version);
      source.block!.insertBefore(made, source);
      source.erase();
    }
    module.walk((operation) => {
      if (!ane.call.matches(operation)) return;
      const { callee, inputs, outputs } = operation;
      const made = mil.call.build({ callee, inputs, outputs: outputs.map(({ type }) => type) }, operation.location);
      operation.block!.insertBefore(made, operation);
      operation.replaceAllUsesWith(made.results);
      operation.erase();
    });
    return programs.length > 0;
  },
});
