/**
 * From MIL programs to tensor ops: each MIL op becomes what it means (as its declaration states), in the element types of the
 * program. Calls in host code take in the whole program; a program that nothing calls becomes a function of its own. So a
 * dumped or foreign MIL program runs on every device.
 */
import { functionOperation } from "../../dialects/func/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import { DictionaryAttribute, StringAttribute, SymbolReferenceAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { pass } from "../../passes/pass.ts";

/** Builds what a MIL function computes on `inputs`; returns its results. */
function inlineFunction(main: mil.MilFunction, inputs: readonly Value[], builder: Builder): readonly Value[] {
  const block = main.body.onlyBlock;
  const known = new Map<Value, Value>(block.arguments.map((argument, position) => [argument, inputs[position]!]));
  return mil.meaningOfBlock(block, known, builder);
}

const roles = (names: readonly string[], role: string) =>
  names.map((name) => DictionaryAttribute.get([[role, StringAttribute.get(name)]]));

/** A program as a function of host code, with its ports' names. */
function programFunction(program: mil.ProgramOperation, main: mil.MilFunction, name: string): Operation {
  const { inputs, results } = main.function_type;
  return functionOperation(name, inputs, results, (builder, args) => inlineFunction(main, args, builder), {
    location: program.location,
    argumentAttributes: roles(main.input_names, "anemone.input"),
    resultAttributes: roles(main.output_names, "anemone.output"),
    argumentNames: main.input_names,
  });
}

export const milToTensor = pass("mil-to-tensor", {
  doc: "Turns MIL programs into tensor ops: inside the functions that call them, or as functions of their own.",
  exactness: "the same steps, each rounded to its element type",
  anchor: "builtin.module",
  subject: { operations: [mil.program.name], otherwise: "a .mil file or a Core ML model holds one" },
  run: (module) => {
    const programs = module.regions[0]!.onlyBlock.operations.filter((operation) => mil.program.matches(operation));
    const called = new Set<Operation>();
    const calls: Operation[] = [];
    module.walk((operation) => {
      if (mil.call.matches(operation)) calls.push(operation);
    });
    for (const operation of calls) {
      const { callee } = mil.call.cast(operation);
      const program = resolveSymbol(operation, SymbolReferenceAttribute.get(callee));
      const main = mil.program.matches(program) ? mil.mainOf(program) : undefined;
      if (program === undefined || main === undefined)
        throw operation.error(`calls @${callee}, which is no mil.program in this module`);
      called.add(program);
      const builder = new Builder(at.before(operation), operation.location);
      operation.replaceAllUsesWith(inlineFunction(main, operation.operands, builder));
      operation.erase();
    }
    for (const operation of programs) {
      const program = mil.program.cast(operation);
      const main = mil.mainOf(program);
      if (!called.has(program) && main !== undefined) {
        const name = programs.length === 1 ? "main" : program.sym_name;
        program.block!.insertBefore(programFunction(program, main, name), program);
      }
      program.erase();
    }
    return programs.length > 0;
  },
});
