/**
 * Writes MIL programs as text, laid out as Apple's compiler does it, one statement a line. The same document gives the same text;
 * reading it gives the same document. Programs of version 1.0 spell scalars `tensor<int32, []>(1)`, later ones `int32(1)`.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type {
  MilArgument,
  MilAttribute,
  MilBlock,
  MilDocument,
  MilNamedType,
  MilOperation,
  MilType,
  MilValue,
} from "../document/document.ts";
import { isNumberType, type MilNumberType } from "../document/numbers.ts";
import { floatFormOf, hexFloat, isFloatType } from "./number-text.ts";
import { quotedText } from "./string-text.ts";
import { hasBareScalars, typeText } from "./type-text.ts";

/**
 * The text of a program.
 *
 * @throws DiagnosticError where names cannot be written, or a value's content does not fit its type
 */
export function printMilText(document: MilDocument): string {
  return new MilPrinter(document.version).document(document);
}

const scalar = (element: "string" | "uint64"): MilType => ({ kind: "tensor", element, shape: [] });

class MilPrinter {
  readonly #bareScalars: boolean;
  readonly #lines: string[] = [];
  /** Most types are written hundreds of times, and documents that were read share them. */
  readonly #types = new Map<MilType, string>();

  constructor(version: string) {
    this.#bareScalars = hasBareScalars(version);
  }

  document({ version, attributes, functions }: MilDocument): string {
    if (!/^\d+\.\d+$/.test(version)) throw new DiagnosticError(`'${version}' is no version of a MIL program`);
    this.#lines.push(`program(${version})`);
    if (attributes.length > 0) this.#lines.push(this.#attributes(attributes));
    this.#lines.push("{");
    for (const each of functions) {
      const head = `    func ${named(each.name)}<${named(each.opset)}>(${this.#parameters(each.parameters)})`;
      const attached = each.attributes.length === 0 ? "" : ` ${this.#attributes(each.attributes)}`;
      this.#block(`${head}${attached} `, each.block, 8);
      this.#lines.push(`${this.#lines.pop()};`);
    }
    this.#lines.push("}", "");
    return this.#lines.join("\n");
  }

  /** From `{` to `-> (…)`; the statements stand four columns right of the closing bracket. */
  #block(head: string, { operations, results, attributes }: MilBlock, indent: number): void {
    this.#lines.push(`${head}{`);
    for (const operation of operations) this.#operation(operation, indent + 4);
    const attached = attributes.length === 0 ? "" : ` ${this.#attributes(attributes)}`;
    this.#lines.push(`${" ".repeat(indent)}} -> (${results.map(named).join(", ")})${attached}`);
  }

  #operation(operation: MilOperation, indent: number): void {
    const { mnemonic, results, attributes, blocks } = operation;
    const margin = " ".repeat(indent);
    const args = operation.arguments.map((each) => this.#argument(each)).join(", ");
    const assigned = results.length === 0 ? "" : `${this.#parameters(results)} = `;
    const attached = attributes.length === 0 ? "" : this.#attributes(attributes);
    this.#lines.push(`${margin}${assigned}${named(mnemonic)}(${args})${attached}`);
    for (const block of blocks) {
      const { parameters } = block;
      const head = parameters.length === 0 ? "" : `(${this.#parameters(parameters)}) `;
      this.#block(`${margin}    ${head}`, block, indent + 4);
    }
    this.#lines.push(`${this.#lines.pop()};`);
  }

  #argument({ name, bindings, isTuple }: MilArgument): string {
    const texts = bindings.map((each) => (each.kind === "name" ? named(each.name) : this.value(each.value)));
    if (isTuple) return `${named(name)} = (${texts.join(", ")})`;
    if (texts.length !== 1)
      throw new DiagnosticError(`the argument '${name}' needs one value, or to be a tuple, but has ${texts.length}`);
    return `${named(name)} = ${texts[0]}`;
  }

  #parameters(parameters: readonly MilNamedType[]): string {
    return parameters.map(({ name, type }) => `${this.#type(type)} ${named(name)}`).join(", ");
  }

  #attributes(attributes: readonly MilAttribute[]): string {
    return `[${attributes.map(({ name, value }) => `${named(name)} = ${this.value(value)}`).join(", ")}]`;
  }

  #type(type: MilType): string {
    let text = this.#types.get(type);
    if (text === undefined) {
      text = typeText(type, this.#bareScalars);
      this.#types.set(type, text);
    }
    return text;
  }

  value(value: MilValue): string {
    const { type, content } = value;
    if (content.kind !== "blob") return `${this.#type(type)}(${this.#literal(value)})`;
    const path = `${this.#type(scalar("string"))}(${quotedText(content.path)})`;
    return `${this.#type(type)}(BLOBFILE(path = ${path}, offset = ${this.#type(scalar("uint64"))}(${content.offset})))`;
  }

  /** What stands in a value's brackets, and for the parts of a value in theirs: a part that lies in a file says its type. */
  #literal(value: MilValue): string {
    const { type, content } = value;
    if (content.kind === "blob") return this.value(value);
    if (type.kind === "tensor" && content.kind === "strings" && type.element === "string")
      return nested(content.strings.map(quotedText), type.shape);
    if (type.kind === "tensor" && content.kind === "numbers" && isNumberType(type.element))
      return nested(numberTexts(type.element, content.numbers), type.shape);
    if (type.kind === "list" && content.kind === "items")
      return `[${content.items.map((item) => this.#literal(item)).join(", ")}]`;
    if (type.kind === "tuple" && content.kind === "items")
      return `(${content.items.map((item) => this.#literal(item)).join(", ")})`;
    if (type.kind === "dict" && content.kind === "entries")
      return `{${content.entries.map(([key, value]) => `{${this.#literal(key)}, ${this.#literal(value)}}`).join(", ")}}`;
    throw new DiagnosticError(`a value of type ${typeText(type)} cannot have ${content.kind} as its content`);
  }
}

/** MIL has no way to quote names. */
function named(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_@]*$/.test(name))
    throw new DiagnosticError(
      `'${name}' cannot be a name in MIL text: use letters, digits, _ and @, a letter or _ first`,
    );
  return name;
}

function numberTexts(element: MilNumberType, numbers: ArrayLike<number | bigint>): string[] {
  if (element === "bool") return Array.from(numbers, (value) => (value ? "true" : "false"));
  if (!isFloatType(element)) return Array.from(numbers, String);
  const { decode } = floatFormOf(element);
  return Array.from(numbers, (stored) => hexFloat(decode(Number(stored))));
}

/** Row-major elements as `[[1, 2], [3, 4]]`. One size may be left open. */
function nested(elements: readonly string[], shape: readonly (number | undefined)[]): string {
  const known = shape.reduce<number>((product, size) => product * (size ?? 1), 1);
  const open = shape.filter((size) => size === undefined).length;
  const sizes = shape.map((size) => size ?? (known === 0 ? 0 : elements.length / known));
  const isWhole = open === 0 || (open === 1 && known > 0 && Number.isInteger(elements.length / known));
  if (!isWhole || sizes.reduce((product, size) => product * size, 1) !== elements.length) {
    const words = `[${shape.map((size) => size ?? "?").join(", ")}]`;
    throw new DiagnosticError(`a tensor of shape ${words} cannot have ${elements.length} elements`);
  }
  let at = 0;
  const listed = (level: number): string => {
    const size = sizes[level];
    if (size === undefined) return elements[at++]!;
    if (level < sizes.length - 1) return `[${Array.from({ length: size }, () => listed(level + 1)).join(", ")}]`;
    at += size;
    return `[${elements.slice(at - size, at).join(", ")}]`;
  };
  return listed(0);
}
