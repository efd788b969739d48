/**
 * From a module at the llvm level to what the LLVM device loads: the IR text, how the arguments of @main and @prepare are used
 * (their `anemone.*` attributes), and the weights. A dump of that level, read again, gives the same artefact.
 */

import * as llvm from "../dialects/llvm/index.ts";
import { type DictionaryAttribute, StringAttribute, TypeAttribute } from "../ir/attributes.ts";
import type { Operation } from "../ir/operation.ts";
import { elementNameOf, TensorType } from "../ir/types.ts";
import { type LlvmTextOptions, llvmIrText } from "../lowering/llvm-to-text/index.ts";
import { packedName } from "../lowering/loops-to-llvm/index.ts";
import type { ArtefactFunction, LlvmArtefact } from "../runtime/devices/cpu-llvm.ts";
import { type ArgumentDescriptor, type ArgumentRole, arenaArgument, tensorArgument } from "../runtime/program.ts";

const namedRoles: readonly ArgumentRole[] = ["input", "output", "prepared"];

/** What one pointer argument is for, from its attributes. */
function describeArgument(
  func: llvm.LlvmFunctionOperation,
  attributes: DictionaryAttribute | undefined,
  position: number,
): ArgumentDescriptor {
  const entries = attributes?.entries;
  const type = entries?.get("anemone.type");
  const tensor = type instanceof TypeAttribute && type.type instanceof TensorType ? type.type : undefined;
  const element = tensor === undefined ? undefined : elementNameOf(tensor.element);
  if (tensor === undefined || element === undefined || !tensor.isStatic) {
    throw func.error(
      `argument ${position} of @${func.sym_name} needs the attribute anemone.type, a static tensor type, found ${type ?? "none"}`,
    );
  }
  if (entries?.has("anemone.arena")) return arenaArgument(tensor.count);
  for (const role of namedRoles) {
    const name = entries?.get(`anemone.${role}`);
    if (name instanceof StringAttribute) return tensorArgument(role, name.value, { shape: tensor.shape, element });
  }
  throw func.error(
    `argument ${position} of @${func.sym_name} needs one of the attributes anemone.input, anemone.output, anemone.prepared (with a name) or anemone.arena`,
  );
}

function describeFunction(module: Operation, name: string): ArtefactFunction | undefined {
  const functions = (module.regions[0]?.entry?.operations ?? []).filter((each) => llvm.llvmFunction.matches(each));
  const func = functions.find((each) => each.sym_name === name);
  if (func?.body.entry === undefined) return undefined;
  const entry = packedName(name);
  if (!functions.some((each) => each.sym_name === entry)) {
    throw func.error(`has no packed entry @${entry}: loops-to-llvm makes it where all arguments are pointers`);
  }
  const { inputs } = func.function_type;
  return {
    entry,
    arguments: inputs.map((_, position) => describeArgument(func, func.arg_attrs?.[position], position)),
  };
}

/**
 * Makes the artefact of a module.
 *
 * @param name the network's name, for messages
 * @throws DiagnosticError where the module has no @main, or an argument does not say what it is for
 */
export function llvmArtefact(module: Operation, name: string, options: LlvmTextOptions = {}): LlvmArtefact {
  const main = describeFunction(module, "main");
  if (main === undefined) throw module.error("has no llvm.func @main with a body");
  const { text, constants } = llvmIrText(module, options);
  const blobs = constants.map(({ symbol, value }) => {
    const { data } = value.value;
    return { symbol, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  });
  return { name, irText: text, main, prepare: describeFunction(module, "prepare"), blobs };
}
