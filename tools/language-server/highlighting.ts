/** What each token is, for editors that colour by meaning: results differ from block arguments, op names from other words. */
import { BlockArgument } from "../../ir/operation.ts";
import type { Range, TextModel } from "./model.ts";

/** Kinds of the protocol; their order is the legend. */
export const highlightKinds = [
  "comment",
  "string",
  "number",
  "function",
  "variable",
  "parameter",
  "enumMember",
  "method",
  "macro",
  "type",
  "property",
] as const;

export type HighlightKind = (typeof highlightKinds)[number];

export interface Highlight extends Range {
  readonly kind: HighlightKind;
  readonly isDefinition: boolean;
}

const builtinType =
  /^(?:[su]?i[0-9]+|bf16|tf32|f[0-9]+|f8E[0-9]M[0-9]\w*|index|none|tensor|memref|vector|tuple|complex)$/;
/** `2x3xf32`: sizes, and the element type where it follows directly. */
const dimensions = /^((?:[0-9]+x)+)(\w*)$/;

export function highlightsOf(model: TextModel): readonly Highlight[] {
  const { tokens } = model;
  const names = model.operationNames;
  const found: Highlight[] = [];
  for (let index = 0; index < tokens.count; index++) {
    const start = tokens.start(index);
    const end = tokens.end(index);
    const add = (kind: HighlightKind, isDefinition = false, from = start, to = end) => {
      if (to > from) found.push({ start: from, end: to, kind, isDefinition });
    };
    if (names.has(start)) {
      add("function");
      continue;
    }
    switch (tokens.kind(index)) {
      case "comment":
      case "string":
        add(tokens.kind(index) === "comment" ? "comment" : "string");
        break;
      case "number": {
        const shape = dimensions.exec(tokens.text(index));
        const border = shape === null ? end : start + shape[1]!.length;
        add("number", false, start, border);
        if (shape !== null && builtinType.test(shape[2]!)) add("type", false, border);
        break;
      }
      case "value": {
        const mention = model.valueAt(start);
        add(mention?.target instanceof BlockArgument ? "parameter" : "variable", mention?.isDefinition);
        break;
      }
      case "block":
        add("enumMember", model.blockAt(start)?.isDefinition);
        break;
      case "symbol":
        add("method");
        break;
      case "attribute":
        add("macro");
        break;
      case "type":
        add("type");
        break;
      case "word":
        if (builtinType.test(tokens.text(index))) add("type");
        else if (tokens.text(tokens.next(index)) === "=") add("property");
        break;
    }
  }
  return found;
}
