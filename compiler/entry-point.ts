/**
 * What `run` starts: the function @main of a module, whose arguments are static buffers or tensors, or its only MIL program. Said of the program as
 * it was written, before it is lowered: afterwards its arguments are pointers, and nobody recognises them.
 */
import { type FunctionOperation, functionDefinition, functionOperation } from "../dialects/func/index.ts";
import { llvmFunction } from "../dialects/llvm/index.ts";
import {
  type MilFunction,
  mainOf,
  meaningOfBlock,
  program as milProgram,
  type ProgramOperation,
  StateType,
} from "../dialects/mil/index.ts";
import type { Operation } from "../ir/operation.ts";
import { SymbolTable } from "../ir/symbol-table.ts";
import { elementNameOf, MemRefType, TensorType, type Type } from "../ir/types.ts";

/** The attributes that say what a buffer is for. */
const roles = ["anemone.input", "anemone.output", "anemone.prepared", "anemone.arena"];

const taken = "`run` takes static tensors and memrefs of numbers";

/** @throws DiagnosticError where a module has no @main, or one that cannot be run: with the argument, its type, and what is taken */
export function checkEntryPoint(module: Operation): void {
  const main = new SymbolTable(module).lookup("main");
  if (main === undefined) {
    const programs = programsIn(module);
    const [program] = programs;
    if (program === undefined || programs.length > 1)
      throw module.error(`has no function @main to run; ${functionsIn(module)}`);
    checkProgram(program);
    return;
  }
  if (!functionDefinition.matches(main)) return;
  if (main.body.entry === undefined) throw main.error("has no body: `run` needs the whole of @main");
  const { inputs, results } = main.function_type;
  for (const [position, type] of inputs.entries()) {
    const fault = faultOf(type);
    if (fault !== undefined)
      throw main.error(`cannot be run: @main's argument ${nameOf(main, position)} is ${type}${fault}; ${taken}`);
  }
  for (const [position, type] of results.entries()) {
    const fault = faultOf(type);
    const subject = `@main's result ${position} is ${type}`;
    if (fault !== undefined) throw main.error(`cannot be run: ${subject}${fault}; ${taken}`);
    if (type instanceof MemRefType)
      throw main.error(
        `cannot be run: ${subject}, and buffers are not returned: write to an argument of this type with {anemone.output = "NAME"}`,
      );
  }
  for (const [position, type] of inputs.entries()) if (type instanceof MemRefType) checkRole(main, position, type);
}

function programsIn(module: Operation): readonly ProgramOperation[] {
  return module.regions.flatMap((region) =>
    (region.entry?.operations ?? []).filter((operation) => milProgram.matches(operation)),
  );
}

/** A MIL program that nothing calls: its own ports are given and read. */
function checkProgram(program: ProgramOperation): void {
  const main = mainOf(program);
  if (main === undefined) return;
  const check = (type: Type, what: string) => {
    const fault = faultOf(type);
    if (fault !== undefined) throw main.error(`cannot be run: ${what} is ${type}${fault}; ${taken}`);
  };
  const { inputs, results } = main.function_type;
  const isOpen = (type: Type) => type instanceof TensorType && !type.isStatic;
  if (!inputs.some(isOpen) && results.some(isOpen)) checkMeaning(main);
  for (const [position, type] of inputs.entries()) check(type, `its input ${main.input_names[position]}`);
  for (const [position, type] of results.entries()) check(type, `its output ${main.output_names[position]}`);
}

/** Throws what an op of a program says of itself that has no meaning: the reason of a result whose size is not known. */
function checkMeaning({ function_type: { inputs, results }, body: { onlyBlock: block } }: MilFunction): void {
  functionOperation("main", inputs, results, (builder, given) =>
    meaningOfBlock(block, new Map(block.arguments.map((argument, position) => [argument, given[position]!])), builder),
  );
}

const nameOf = (main: FunctionOperation, position: number) => {
  const hint = main.body.entry?.arguments[position]?.nameHint;
  return hint === undefined ? `${position}` : `%${hint}`;
};

function functionsIn(module: Operation): string {
  const names = [...new SymbolTable(module).symbols].flatMap(([name, operation]) =>
    functionDefinition.matches(operation) || llvmFunction.matches(operation) ? [`@${name}`] : [],
  );
  if (names.length === 0) return "it has no functions";
  const shown = names.slice(0, 8);
  return `it has ${shown.join(", ")}${names.length > shown.length ? `, and ${names.length - shown.length} more` : ""}`;
}

/** Why a type is no data that can be given or read: "" where all is said by the type itself; undefined where it can. */
function faultOf(type: Type): string | undefined {
  if (type instanceof StateType) return ", and a state outlives the call: make it an input and an output";
  if (!(type instanceof TensorType || type instanceof MemRefType)) return "";
  if (!type.isStatic) return ", with a size that is not known";
  return elementNameOf(type.element) === undefined ? `, and ${type.element} is no type of numbers` : undefined;
}

/** A buffer's attributes say whether it is read or written; a tensor that says nothing is named by its place. */
function checkRole(main: FunctionOperation, position: number, type: Type): void {
  const entries = main.arg_attrs?.[position]?.entries;
  if (roles.some((role) => entries?.has(role))) return;
  const name = main.body.entry?.arguments[position]?.nameHint ?? "NAME";
  throw main.error(
    `cannot be run: nothing says what @main's argument ${nameOf(main, position)}, ${type}, is for: ` +
      `write {anemone.input = "${name}"} or {anemone.output = "${name}"} behind its type`,
  );
}
