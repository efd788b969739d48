/**
 * MLIR's declarative assembly format, compiled once per declaration into a list of elements that the format's parser and
 * printer walk: "$lhs `,` $rhs attr-dict `:` type($result)". A mistake in a format is an error of the declaration.
 */
import type {
  AttributeField,
  NamedField,
  OperandField,
  OperationDefinition,
  RegionField,
  ResultField,
  SuccessorField,
} from "../declaration.ts";
import { type FormatToken, tokenizeFormat } from "./format-tokens.ts";

/** Whose types a `type(…)` or `functional-type(…)` writes. */
export type TypeTarget =
  | { readonly kind: "operand" | "result"; readonly position: number }
  | { readonly kind: "operands" | "results" };

export type Element =
  | { readonly kind: "literal"; readonly text: string; readonly isWord: boolean }
  | { readonly kind: "space"; readonly text: "" | " " | "\n" }
  | { readonly kind: "operand"; readonly position: number; readonly field: NamedField<OperandField> }
  | {
      readonly kind: "attribute";
      readonly field: NamedField<AttributeField>;
      /** Written in full even where a short spelling exists. */
      readonly isQualified: boolean;
    }
  | { readonly kind: "region"; readonly position: number; readonly field: NamedField<RegionField> }
  | { readonly kind: "successor"; readonly position: number; readonly field: NamedField<SuccessorField> }
  | { readonly kind: "type"; readonly target: TypeTarget }
  | { readonly kind: "functional-type"; readonly inputs: TypeTarget; readonly results: TypeTarget }
  | { readonly kind: "operands" | "regions" | "successors" | "prop-dict" }
  | { readonly kind: "attr-dict"; readonly hasKeyword: boolean }
  | OptionalGroup;

export interface OptionalGroup {
  readonly kind: "group";
  readonly elements: readonly Element[];
  readonly otherwise: readonly Element[];
  /** The element whose presence decides what is printed. */
  readonly anchor: Element;
}

export interface CompiledFormat {
  readonly elements: readonly Element[];
  /** Attributes that the format writes, which the dictionary therefore leaves out. */
  readonly written: ReadonlySet<string>;
}

export function compileFormat(definition: OperationDefinition, format: string): CompiledFormat {
  const compiler = new FormatCompiler(definition, format);
  return compiler.compile();
}

class FormatCompiler {
  readonly #definition: OperationDefinition;
  readonly #format: string;
  readonly #tokens: readonly FormatToken[];
  #next = 0;
  #groupDepth = 0;
  readonly #written = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(definition: OperationDefinition, format: string) {
    this.#definition = definition;
    this.#format = format;
    this.#tokens = tokenizeFormat(format, (message) => this.#error(message));
  }

  compile(): CompiledFormat {
    const elements = this.#elements(false).elements;
    if (this.#peek() !== undefined) throw this.#error(`unexpected '${this.#peek()?.text}'`);
    this.#checkComplete();
    return { elements, written: this.#written };
  }

  #doesNotFollow({ name }: NamedField<OperandField | ResultField>): Error {
    return this.#error(
      `the type of $${name} does not follow: add type($${name}), or declare it exactly(…) where it is always one type`,
    );
  }

  #error(message: string): Error {
    return new Error(`the format of '${this.#definition.name}' is wrong: ${message}, in "${this.#format}"`);
  }

  #peek(): FormatToken | undefined {
    return this.#tokens[this.#next];
  }

  #accept(text: string): boolean {
    const token = this.#peek();
    if (token?.kind !== "punctuation" || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#error(`expected '${text}', found '${this.#peek()?.text ?? "the end"}'`);
  }

  /** Elements up to a closing parenthesis or the end. */
  #elements(isInGroup: boolean): { readonly elements: Element[]; readonly anchor: Element | undefined } {
    const elements: Element[] = [];
    let anchor: Element | undefined;
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      if (token.kind === "punctuation" && token.text !== "(") break;
      const element = this.#element();
      elements.push(element);
      if (!this.#accept("^")) continue;
      if (!isInGroup) throw this.#error("an anchor '^' stands outside an optional group");
      if (anchor !== undefined) throw this.#error("an optional group has two anchors");
      anchor = element;
    }
    return { elements, anchor };
  }

  #element(): Element {
    const token = this.#peek()!;
    this.#next++;
    switch (token.kind) {
      case "literal":
        return literal(token.text);
      case "variable":
        return this.#variable(token.text, false);
      case "word":
        return this.#directive(token.text);
      default:
        return this.#group();
    }
  }

  #group(): Element {
    this.#groupDepth++;
    const { elements, anchor } = this.#elements(true);
    this.#groupDepth--;
    this.#expect(")");
    let otherwise: readonly Element[] = [];
    if (this.#accept(":")) {
      this.#expect("(");
      otherwise = this.#elements(false).elements;
      this.#expect(")");
    }
    this.#expect("?");
    if (anchor === undefined) throw this.#error("an optional group needs an anchor: write '^' behind one element");
    const first = elements.find((element) => element.kind !== "space");
    if (first === undefined || !canBeOptional(first)) {
      throw this.#error("an optional group must start with a literal or something that can be seen to be absent");
    }
    return { kind: "group", elements, otherwise, anchor };
  }

  #variable(name: string, isQualified: boolean): Element {
    const definition = this.#definition;
    this.#seen.add(name);
    const operand = definition.operandFields.findIndex((each) => each.name === name);
    if (operand >= 0) return { kind: "operand", position: operand, field: definition.operandFields[operand]! };
    const attribute = definition.attributeFields.find((each) => each.name === name);
    if (attribute !== undefined) {
      if (attribute.field.arity === "optional" && this.#groupDepth === 0) {
        throw this.#error(`the optional attribute $${name} must stand in an optional group`);
      }
      this.#written.add(name);
      return { kind: "attribute", field: attribute, isQualified };
    }
    const region = definition.regionFields.findIndex((each) => each.name === name);
    if (region >= 0) return { kind: "region", position: region, field: definition.regionFields[region]! };
    const successor = definition.successorFields.findIndex((each) => each.name === name);
    if (successor >= 0)
      return { kind: "successor", position: successor, field: definition.successorFields[successor]! };
    throw this.#error(`$${name} is not an operand, attribute, region or successor`);
  }

  #directive(word: string): Element {
    switch (word) {
      case "attr-dict":
      case "attr-dict-with-keyword":
        this.#seen.add("attr-dict");
        return { kind: "attr-dict", hasKeyword: word !== "attr-dict" };
      case "operands":
        if (this.#definition.hasTrait("AttrSizedOperandSegments")) {
          throw this.#error("'operands' cannot tell several groups of operands apart: name each of them");
        }
        this.#seen.add(word);
        return { kind: word };
      case "regions":
      case "successors":
      case "prop-dict":
        this.#seen.add(word);
        return { kind: word };
      case "type":
        return { kind: "type", target: this.#argument() };
      case "functional-type": {
        this.#expect("(");
        const inputs = this.#target();
        this.#expect(",");
        const results = this.#target();
        this.#expect(")");
        return { kind: "functional-type", inputs, results };
      }
      case "qualified":
        return this.#qualified();
      default:
        throw this.#error(`the directive '${word}' is not known`);
    }
  }

  /** `qualified($x)` or `qualified(type($x))`: types are always written in full. */
  #qualified(): Element {
    this.#expect("(");
    const token = this.#peek();
    this.#next++;
    if (token?.kind !== "variable" && token?.kind !== "word")
      throw this.#error("'qualified' takes an attribute or type(…)");
    const element = token.kind === "variable" ? this.#variable(token.text, true) : this.#directive(token.text);
    this.#expect(")");
    return element;
  }

  #argument(): TypeTarget {
    this.#expect("(");
    const target = this.#target();
    this.#expect(")");
    return target;
  }

  #target(): TypeTarget {
    const token = this.#peek();
    this.#next++;
    if (token?.kind === "word" && (token.text === "operands" || token.text === "results")) {
      this.#seen.add(`type(${token.text})`);
      return { kind: token.text };
    }
    if (token?.kind !== "variable") throw this.#error(`expected $name, operands or results, found '${token?.text}'`);
    this.#seen.add(`type($${token.text})`);
    const operand = this.#definition.operandFields.findIndex((each) => each.name === token.text);
    if (operand >= 0) return { kind: "operand", position: operand };
    const result = this.#definition.resultFields.findIndex((each) => each.name === token.text);
    if (result >= 0) return { kind: "result", position: result };
    throw this.#error(`$${token.text} is not an operand or result, so it has no type`);
  }

  /** Whatever the format leaves out could not be read back. */
  #checkComplete(): void {
    const { operandFields, regionFields, successorFields } = this.#definition;
    const seen = this.#seen;
    if (!seen.has("attr-dict")) throw this.#error("it must contain attr-dict");
    const parts: readonly (readonly [string, readonly NamedField[]])[] = [
      ["operands", operandFields],
      ["regions", regionFields],
      ["successors", successorFields],
    ];
    for (const [all, fields] of parts) {
      const missing = seen.has(all) ? undefined : fields.find(({ name }) => !seen.has(name));
      if (missing !== undefined) throw this.#error(`it must contain $${missing.name}`);
    }
    this.#checkTypes();
  }

  /** Each type must be written or follow from what is written. */
  #checkTypes(): void {
    const { operandFields, resultFields, options } = this.#definition;
    const seen = this.#seen;
    const isWritten = ({ name }: NamedField, all: string) => seen.has(`type($${name})`) || seen.has(all);
    const known = new Set<string>();
    for (const each of operandFields) {
      if (isWritten(each, "type(operands)") && each.field.constraint.variable !== undefined)
        known.add(each.field.constraint.variable);
    }
    for (const each of resultFields) {
      if (isWritten(each, "type(results)") && each.field.constraint.variable !== undefined)
        known.add(each.field.constraint.variable);
    }
    const isAnyWritten =
      operandFields.some((each) => isWritten(each, "type(operands)")) ||
      resultFields.some((each) => isWritten(each, "type(results)"));
    const isSame = this.#definition.hasTrait("SameOperandsAndResultType") && isAnyWritten;
    const follows = ({ field }: NamedField<OperandField | ResultField>) =>
      isSame ||
      field.constraint.only !== undefined ||
      (field.constraint.variable !== undefined && known.has(field.constraint.variable));
    for (const each of operandFields) {
      if (!isWritten(each, "type(operands)") && !follows(each)) throw this.#doesNotFollow(each);
    }
    for (const each of resultFields) {
      const isInferred = options.infer !== undefined || this.#definition.hasTrait("SameOperandsAndResultType");
      const fromOperand = operandFields.some(
        ({ field }) =>
          field.constraint.variable !== undefined && field.constraint.variable === each.field.constraint.variable,
      );
      if (isWritten(each, "type(results)") || follows(each) || isInferred || fromOperand) continue;
      throw this.#doesNotFollow(each);
    }
  }
}

function literal(text: string): Element {
  if (text === "" || text === " ") return { kind: "space", text };
  if (text === "\\n") return { kind: "space", text: "\n" };
  return { kind: "literal", text, isWord: /^[A-Za-z_]/.test(text) };
}

/** Whether a parser can see that the element is not there. */
function canBeOptional(element: Element): boolean {
  switch (element.kind) {
    case "space":
    case "group":
    case "attr-dict":
    case "prop-dict":
      return false;
    case "operand":
      return element.field.field.arity !== "one";
    default:
      return true;
  }
}
