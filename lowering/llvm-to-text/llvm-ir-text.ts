/**
 * From the llvm dialect to LLVM IR text, one instruction per operation. The text needs no LLVM library to be made, and is valid for
 * every LLVM from 15 on. Large constants are not part of it: their globals are declared `external` and listed, so that whoever
 * links the code binds them to the addresses where the weights lie.
 */

import { module as builtinModule } from "../../dialects/builtin/ops.ts";
import * as llvm from "../../dialects/llvm/index.ts";
import { type Attribute, ElementsAttribute, UnitAttribute } from "../../ir/attributes.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { placeOf } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import type { Type } from "../../ir/types.ts";
import { constantValueText, functionText, type ModuleWriter } from "./function-text.ts";
import { Metadata } from "./metadata.ts";
import { constantText, nameText, typeText } from "./spelling.ts";

export interface LlvmTextOptions {
  /** Attributes that every defined function gets: `nounwind`, or `"name"="value"` with its quotes. */
  readonly functionAttributes?: readonly string[];
  /** Constants above this many bytes are bound by address instead of being written out. */
  readonly inlineBytes?: number;
  /** Write all constants into the text (for tools that cannot bind addresses). */
  readonly inlineAll?: boolean;
}

/** Keeps LLVM from splitting 512-bit vectors on processors whose tables prefer 256 bits. */
export const defaultFunctionAttributes: readonly string[] = ["nounwind", '"prefer-vector-width"="512"'];
const defaultInlineBytes = 1024;

/** A global whose bytes are bound to an address when the code is linked. */
export interface ExternalConstant {
  readonly symbol: string;
  readonly value: ElementsAttribute;
}

export interface LlvmText {
  readonly text: string;
  readonly constants: readonly ExternalConstant[];
}

/**
 * Translates a module of the llvm dialect.
 *
 * @throws DiagnosticError naming the operation that is not of the llvm dialect, or has a type or constant that LLVM lacks
 */
export function llvmIrText(module: Operation, options: LlvmTextOptions = {}): LlvmText {
  if (!builtinModule.matches(module)) throw module.error("is not a module");
  return new ModuleText(module, options).write();
}

class ModuleText implements ModuleWriter {
  readonly metadata = new Metadata();
  readonly #module: Operation;
  readonly #options: LlvmTextOptions;
  readonly #functions = new Map<string, llvm.LlvmFunctionType>();
  readonly #declarations = new Map<string, string>();
  readonly #groups = new Map<string, number>();
  readonly #structs = new Map<string, string>();
  readonly #constants: ExternalConstant[] = [];

  constructor(module: Operation, options: LlvmTextOptions) {
    this.#module = module;
    this.#options = options;
  }

  write(): LlvmText {
    const operations = this.#module.regions[0]?.onlyBlock.operations ?? [];
    for (const operation of operations) {
      if (llvm.llvmFunction.matches(operation)) this.#functions.set(operation.sym_name, operation.function_type);
    }
    this.#noteStructs();
    const globals: string[] = [];
    const functions: string[] = [];
    for (const operation of operations) {
      if (llvm.llvmFunction.matches(operation))
        functions.push(this.#located(operation, () => this.#function(operation)));
      else if (llvm.global.matches(operation)) globals.push(this.#located(operation, () => this.#global(operation)));
      else throw operation.error("cannot be written as LLVM IR: a module may hold llvm.func and llvm.mlir.global only");
    }
    const groups = [...this.#groups].map(([attributes, number]) => `attributes #${number} = { ${attributes} }`);
    const sections = [
      [...this.#structs.values()].join("\n"),
      globals.join("\n"),
      functions.join("\n\n"),
      [...this.#declarations.values()].join("\n"),
      groups.join("\n"),
      this.metadata.lines().join("\n"),
    ];
    const text = `${sections.filter((section) => section !== "").join("\n\n")}\n`;
    return { text, constants: this.#constants };
  }

  /** Turns a plain error about a type or constant into one that says where. */
  #located(operation: Operation, body: () => string): string {
    try {
      return body();
    } catch (error) {
      if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
      const place = placeOf(operation.location);
      throw new DiagnosticError(operation.error(`cannot be written as LLVM IR: ${error.message}`).message, place);
    }
  }

  #function(operation: llvm.LlvmFunctionOperation): string {
    return functionText(operation, this, this.#options.functionAttributes ?? defaultFunctionAttributes);
  }

  #global(operation: llvm.LlvmGlobalOperation): string {
    const name = `@${nameText(operation.sym_name)}`;
    const type = typeText(operation.global_type);
    const space = operation.addr_space === 0 ? "" : `addrspace(${operation.addr_space}) `;
    const kind = `${space}${operation.constant ? "constant" : "global"}`;
    const alignment = operation.alignment === undefined ? "" : `, align ${operation.alignment}`;
    const value = operation.value;
    if (value instanceof ElementsAttribute && operation.constant && this.#isBound(value)) {
      this.#constants.push({ symbol: operation.sym_name, value });
      return `${name} = external ${kind} ${type}, align 64`;
    }
    const initial = this.#initialValue(operation, value);
    if (initial === undefined) return `${name} = external ${kind} ${type}${alignment}`;
    const linkage = operation.linkage === "external" ? "" : `${operation.linkage} `;
    const section = operation.section === undefined ? "" : `, section ${JSON.stringify(operation.section)}`;
    return `${name} = ${linkage}${kind} ${type} ${initial}${section}${alignment}`;
  }

  #isBound(value: ElementsAttribute): boolean {
    const { splat, type } = value;
    if (this.#options.inlineAll || (splat !== undefined && Object.is(Number(splat), 0))) return false;
    const width = "width" in type.element && typeof type.element.width === "number" ? type.element.width : 64;
    return (type.count * width) / 8 > (this.#options.inlineBytes ?? defaultInlineBytes);
  }

  #initialValue(operation: llvm.LlvmGlobalOperation, value: Attribute | undefined): string | undefined {
    if (value === UnitAttribute.instance) return "undef";
    if (value !== undefined) return constantText(value, operation.global_type);
    const block = operation.initializer.entry;
    if (block === undefined) return undefined;
    const terminator = block.last;
    const definer = llvm.llvmReturn.matches(terminator) ? terminator.arg?.definer : undefined;
    const text = definer === undefined ? undefined : constantValueText(definer);
    if (text === undefined) throw operation.error("has an initializer that computes: only one constant can be written");
    return text;
  }

  /** Named structs must be defined once in the module. */
  #noteStructs(): void {
    const visit = (type: Type): void => {
      if (type instanceof llvm.ArrayType) visit(type.element);
      if (!(type instanceof llvm.StructType)) return;
      const { structName } = type;
      if (structName !== undefined && !this.#structs.has(structName)) {
        const fields = type.fields.map(typeText).join(", ");
        const body = type.isOpaque ? "opaque" : type.isPacked ? `<{ ${fields} }>` : `{ ${fields} }`;
        this.#structs.set(structName, `%${nameText(structName)} = type ${body}`);
      }
      type.fields.forEach(visit);
    };
    this.#module.walk((operation) => {
      for (const { type } of operation.results) if (type instanceof llvm.StructType) visit(type);
      if (llvm.alloca.matches(operation) || llvm.getElementPointer.matches(operation)) visit(operation.elem_type);
      if (llvm.global.matches(operation)) visit(operation.global_type);
      if (llvm.llvmFunction.matches(operation)) operation.function_type.inputs.forEach(visit);
    });
  }

  functionType(name: string): llvm.LlvmFunctionType | undefined {
    return this.#functions.get(name);
  }

  declare(name: string, result: Type, parameters: readonly Type[]): void {
    if (this.#declarations.has(name)) return;
    this.#declarations.set(name, `declare ${typeText(result)} @${name}(${parameters.map(typeText).join(", ")})`);
  }

  attributeGroup(attributes: readonly string[]): number {
    const text = attributes.join(" ");
    let number = this.#groups.get(text);
    if (number === undefined) {
      number = this.#groups.size;
      this.#groups.set(text, number);
    }
    return number;
  }
}
