/**
 * How an op is written, as one line for people: `%result = arith.cmpi predicate, %lhs, %rhs attr-dict : type(%lhs)`. It comes
 * from the op's declared format; where the format is hand-written, from the `syntax` beside it, else it is the generic form.
 */
import type { Element, TypeTarget } from "../../ir/assembly/compile.ts";
import { infoOf } from "../../ir/assembly/definition-info.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { OperationDefinition, ResultField } from "../../ir/declaration.ts";

/** The syntax of an op. `%name` stands for operands and results, `$name` for attributes, `{ name }` for regions. */
export function syntaxOf(definition: AnyDefinition): string {
  const { format } = definition.options;
  const { format: compiled } = infoOf(definition);
  const declared = typeof format === "object" ? format.syntax : undefined;
  const written = typeof declared === "function" ? declared(definition) : declared;
  const body =
    compiled !== undefined
      ? joined(elementTexts(compiled.elements, definition))
      : written === undefined
        ? undefined
        : written.trim();
  const results = resultsText(definition);
  if (body === undefined) return `${results}${genericSyntax(definition)}`;
  return `${results}${definition.name}${body === "" ? "" : ` ${body}`}`;
}

/** Whether `syntaxOf` could only give the generic form of an op that has a custom one. */
export function lacksSyntax(definition: AnyDefinition): boolean {
  const { format } = definition.options;
  return typeof format === "object" && format.syntax === undefined;
}

function resultsText({ resultFields }: OperationDefinition): string {
  if (resultFields.length === 0) return "";
  const texts = resultFields.map(({ name, field }) => resultText(name, field));
  return `${texts.join(", ")} = `;
}

function resultText(name: string, { arity }: ResultField): string {
  return arity === "one" ? `%${name}` : arity === "optional" ? `(%${name})?` : `%${name}…`;
}

function elementTexts(elements: readonly Element[], definition: OperationDefinition): string[] {
  return elements.flatMap((element) => elementText(element, definition) ?? []);
}

function elementText(element: Element, definition: OperationDefinition): string | undefined {
  switch (element.kind) {
    case "space":
      return undefined;
    case "literal":
      return element.text;
    case "operand":
      return valueText(element.field.name, element.field.field.arity);
    case "attribute":
      return isUnit(element.field.field.constraint.description) ? element.field.name : `$${element.field.name}`;
    case "region":
      return regionText(element.field.name, element.field.field.arity);
    case "successor":
      return `^${element.field.name}${element.field.field.arity === "variadic" ? ", …" : ""}`;
    case "type":
      return `type(${targetText(element.target, definition)})`;
    case "functional-type":
      return `(type(${targetText(element.inputs, definition)})) -> type(${targetText(element.results, definition)})`;
    case "operands":
      return definition.operandFields.map(({ name, field }) => valueText(name, field.arity)).join(", ");
    case "regions":
      return definition.regionFields.map(({ name, field }) => regionText(name, field.arity)).join(", ");
    case "successors":
      return definition.successorFields.map(({ name }) => `^${name}`).join(", ");
    case "prop-dict":
      return "<{ properties }>";
    case "attr-dict":
      return element.hasKeyword ? "(attributes attr-dict)?" : "attr-dict";
    case "group": {
      const present = joined(elementTexts(element.elements, definition));
      const absent = joined(elementTexts(element.otherwise, definition));
      return absent === "" ? `(${present})?` : `(${present} | ${absent})`;
    }
  }
}

function isUnit(description: string): boolean {
  return description === "a unit attribute";
}

function valueText(name: string, arity: "one" | "optional" | "variadic"): string {
  return `%${name}${arity === "variadic" ? ", …" : ""}`;
}

function regionText(name: string, arity: "one" | "variadic"): string {
  return `{ ${name} }${arity === "variadic" ? ", …" : ""}`;
}

function targetText(target: TypeTarget, { operandFields, resultFields }: OperationDefinition): string {
  switch (target.kind) {
    case "operand":
      return `%${operandFields[target.position]?.name ?? ""}`;
    case "result":
      return `%${resultFields[target.position]?.name ?? ""}`;
    default:
      return target.kind;
  }
}

/** With blanks between texts except where punctuation wants none. */
function joined(texts: readonly string[]): string {
  let line = "";
  for (const text of texts) {
    const isTight = line === "" || /[([<]$/.test(line) || /^[,)\]>]/.test(text);
    const isCall = /^[([<]$/.test(text) && /[\w)>$]$/.test(line) && !/(attr-dict|\))$/.test(line);
    line += isTight || isCall ? text : ` ${text}`;
  }
  return line;
}

function genericSyntax(definition: OperationDefinition): string {
  const { name, operandFields, attributeFields, regionFields, successorFields } = definition;
  const operands = operandFields.map((each) => valueText(each.name, each.field.arity)).join(", ");
  const successors = successorFields.map((each) => `^${each.name}`).join(", ");
  const regions = regionFields.map((each) => regionText(each.name, each.field.arity)).join(", ");
  return [
    `"${name}"(${operands})`,
    successors === "" ? "" : `[${successors}]`,
    attributeFields.length === 0 ? "" : " <{ properties }>",
    regions === "" ? "" : ` (${regions})`,
    " attr-dict : (type(operands)) -> (type(results))",
  ].join("");
}
