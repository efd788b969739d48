/** Writes one function: blocks in order, block arguments as phi nodes, constants where they are used. */
import * as llvm from "../../dialects/llvm/index.ts";
import {
  ArrayAttribute,
  type Attribute,
  type DictionaryAttribute,
  IntegerAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import type { Type } from "../../ir/types.ts";
import { type FunctionWriter, instructionText } from "./instructions.ts";
import { loopProperties, type Metadata } from "./metadata.ts";
import { constantText, nameText, typeText } from "./spelling.ts";

/** What functions share with their module. */
export interface ModuleWriter {
  readonly metadata: Metadata;
  functionType(name: string): llvm.LlvmFunctionType | undefined;
  declare(name: string, result: Type, parameters: readonly Type[]): void;
  /** The number of the group of these function attributes. */
  attributeGroup(attributes: readonly string[]): number;
}

/** The text of a value that no instruction computes; undefined for others. */
export function constantValueText(operation: Operation): string | undefined {
  if (llvm.constant.matches(operation)) return constantText(operation.value, operation.res.type);
  if (llvm.addressOf.matches(operation)) return `@${nameText(operation.global_name)}`;
  if (llvm.zero.matches(operation)) return operation.res.type instanceof llvm.PointerType ? "null" : "zeroinitializer";
  if (llvm.undef.matches(operation)) return "undef";
  if (llvm.poison.matches(operation)) return "poison";
  return undefined;
}

/** What a branch passes to a block, and from which label. */
interface Incoming {
  readonly label: string;
  readonly values: readonly Value[];
}

class BodyWriter implements FunctionWriter {
  readonly lines: string[] = [];
  readonly #module: ModuleWriter;
  readonly #values = new Map<Value, string>();
  readonly #labels = new Map<Block, string>();
  readonly #incoming = new Map<Block, Incoming[]>();
  /** The blocks put between a conditional branch and a block that it reaches in both cases. */
  readonly #between = new Map<Operation, string>();

  constructor(operation: llvm.LlvmFunctionOperation, module: ModuleWriter) {
    this.#module = module;
    const { blocks } = operation.body;
    for (const [position, block] of blocks.entries()) this.#labels.set(block, `b${position}`);
    let next = 0;
    for (const block of blocks) {
      for (const argument of block.arguments) this.#values.set(argument, `%v${next++}`);
      for (let each = block.first; each !== undefined; each = each.next) {
        if (each.results.length === 0) continue;
        const constant = this.#constantOf(each);
        this.#values.set(each.onlyResult, constant ?? `%v${next++}`);
      }
    }
    for (const block of blocks) this.#noteBranches(block);
  }

  #constantOf(operation: Operation): string | undefined {
    try {
      return constantValueText(operation);
    } catch (error) {
      throw operation.error(messageOf(error));
    }
  }

  #noteBranches(block: Block): void {
    const terminator = block.last;
    const label = this.label(block);
    if (llvm.branch.matches(terminator)) this.#note(terminator.dest, { label, values: terminator.destOperands });
    if (!llvm.conditionalBranch.matches(terminator)) return;
    this.#note(terminator.trueDest, { label, values: terminator.trueDestOperands });
    let falseLabel = label;
    // A phi node tells predecessors apart by block, so two edges from one block need a block between.
    if (terminator.trueDest === terminator.falseDest && terminator.falseDestOperands.length > 0) {
      falseLabel = `${label}.else`;
      this.#between.set(terminator, falseLabel);
    }
    this.#note(terminator.falseDest, { label: falseLabel, values: terminator.falseDestOperands });
  }

  #note(block: Block, incoming: Incoming): void {
    const list = this.#incoming.get(block);
    if (list === undefined) this.#incoming.set(block, [incoming]);
    else list.push(incoming);
  }

  write(operation: llvm.LlvmFunctionOperation): void {
    const entry = operation.body.entry!;
    if (this.#incoming.has(entry)) throw operation.error("branches to its entry block, which LLVM does not allow");
    for (const block of operation.body.blocks) this.#writeBlock(block);
  }

  #writeBlock(block: Block): void {
    this.lines.push(`${this.label(block)}:`);
    const incoming = this.#incoming.get(block) ?? [];
    if (block !== block.region?.entry) {
      for (const argument of block.arguments) {
        const sources = incoming.map(({ label, values }) => `[ ${this.value(values[argument.index]!)}, %${label} ]`);
        if (sources.length === 0)
          this.lines.push(`  ${this.value(argument)} = freeze ${typeText(argument.type)} poison`);
        else this.lines.push(`  ${this.value(argument)} = phi ${typeText(argument.type)} ${sources.join(", ")}`);
      }
    }
    for (let each = block.first; each !== undefined; each = each.next) {
      const [result] = each.results;
      if (result === undefined) this.lines.push(`  ${instructionText(each, this)}`);
      else {
        const name = this.value(result);
        if (name.startsWith("%v")) this.lines.push(`  ${name} = ${instructionText(each, this)}`);
      }
      const between = this.#between.get(each);
      if (between !== undefined) this.lines.push(`${between}:`, `  br label %${this.label(each.successors[1]!)}`);
    }
  }

  value(value: Value): string {
    const text = this.#values.get(value);
    if (text === undefined)
      throw new Error(`a value of type ${value.type} is used outside the function that defines it`);
    return text;
  }

  label(block: Block): string {
    const label = this.#labels.get(block);
    if (label === undefined) throw new Error("a branch leaves its function");
    return label;
  }

  falseLabel(operation: Operation, block: Block): string {
    return this.#between.get(operation) ?? this.label(block);
  }

  functionType(name: string): llvm.LlvmFunctionType | undefined {
    return this.#module.functionType(name);
  }

  declare(name: string, result: Type, parameters: readonly Type[]): void {
    this.#module.declare(name, result, parameters);
  }

  branchMetadata(operation: Operation): string {
    const { metadata } = this.#module;
    let text = "";
    const weights = llvm.conditionalBranch.matches(operation) ? operation.branch_weights : undefined;
    if (weights !== undefined) {
      const list = weights.map((weight) => `, i32 ${weight}`).join("");
      text += `, !prof ${metadata.node(`!{!"branch_weights"${list}}`)}`;
    }
    const properties = loopProperties(operation.attribute("loop_annotation"));
    if (properties.length > 0) text += `, !llvm.loop ${metadata.loop(properties)}`;
    return text;
  }
}

// -------------------------------------------------------------------------------------------------------- signatures

/** Attributes of parameters that are one word in LLVM IR. */
const parameterFlags: ReadonlySet<string> = new Set([
  "noalias",
  "nonnull",
  "noundef",
  "readonly",
  "readnone",
  "writeonly",
  "nofree",
  "inreg",
  "returned",
  "signext",
  "zeroext",
]);

/** ` noalias align 64` for one parameter or result. */
function parameterText(attributes: DictionaryAttribute | undefined): string {
  let text = "";
  for (const [name, value] of attributes?.entries ?? []) {
    const word = name.startsWith("llvm.") ? name.slice("llvm.".length) : "";
    if (parameterFlags.has(word)) text += ` ${word}`;
    else if (word === "align" && value instanceof IntegerAttribute) text += ` align ${value.value}`;
    else if (word === "dereferenceable" && value instanceof IntegerAttribute)
      text += ` dereferenceable(${value.value})`;
  }
  return text;
}

/** Function attributes that are words; all others are written as strings. */
const functionFlags: ReadonlySet<string> = new Set([
  "alwaysinline",
  "cold",
  "hot",
  "minsize",
  "mustprogress",
  "nofree",
  "noinline",
  "norecurse",
  "noreturn",
  "nosync",
  "nounwind",
  "optnone",
  "optsize",
  "willreturn",
]);

function passthroughText(attribute: Attribute | undefined): readonly string[] {
  if (!(attribute instanceof ArrayAttribute)) return [];
  return attribute.elements.flatMap((each) => {
    if (each instanceof StringAttribute)
      return [functionFlags.has(each.value) ? each.value : JSON.stringify(each.value)];
    if (!(each instanceof ArrayAttribute)) return [];
    const [name, value] = each.elements;
    return name instanceof StringAttribute && value instanceof StringAttribute
      ? [`${JSON.stringify(name.value)}=${JSON.stringify(value.value)}`]
      : [];
  });
}

function attributesOf(operation: llvm.LlvmFunctionOperation): readonly string[] {
  const words: string[] = [...passthroughText(operation.passthrough)];
  if (operation.no_inline) words.push("noinline");
  if (operation.always_inline) words.push("alwaysinline");
  if (operation.no_unwind) words.push("nounwind");
  if (operation.will_return) words.push("willreturn");
  if (operation.target_cpu !== undefined) words.push(`"target-cpu"=${JSON.stringify(operation.target_cpu)}`);
  return words;
}

/** The text of a function or of its declaration; `common` are attributes that every function gets. */
export function functionText(
  operation: llvm.LlvmFunctionOperation,
  module: ModuleWriter,
  common: readonly string[],
): string {
  const { function_type: type, linkage, body, CConv: convention } = operation;
  const entry = body.entry;
  const writer = new BodyWriter(operation, module);
  const parameters = type.inputs.map((input, position) => {
    const attributes = parameterText(operation.arg_attrs?.[position]);
    const argument = entry?.arguments[position];
    return `${typeText(input)}${attributes}${argument === undefined ? "" : ` ${writer.value(argument)}`}`;
  });
  if (type.isVariadic) parameters.push("...");
  const words = [
    entry === undefined ? "declare" : "define",
    ...(linkage === "external" || entry === undefined ? [] : [linkage]),
    ...(convention === "ccc" ? [] : [convention]),
    `${parameterText(operation.res_attrs?.[0]).trimStart()} ${typeText(type.result)}`.trimStart(),
  ];
  const group = module.attributeGroup([...new Set([...common, ...attributesOf(operation)])]);
  const head = `${words.join(" ")} @${nameText(operation.sym_name)}(${parameters.join(", ")}) #${group}`;
  if (entry === undefined) return head;
  writer.write(operation);
  return `${head} {\n${writer.lines.join("\n")}\n}`;
}
