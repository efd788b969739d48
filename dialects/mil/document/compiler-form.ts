/**
 * The form that Apple's compiler gives a model's program when it writes it as text: protobuf keeps arguments in no order, the text has
 * them in that of their names. For the models that we have in both forms the text is then the compiler's, byte for byte but for the
 * compiler's version.
 */
import type {
  MilAttribute,
  MilBlock,
  MilDocument,
  MilFunctionText,
  MilOperation,
  MilType,
  MilValue,
} from "./document.ts";

/** The compiler versions that Apple's compiler is told: one of its own pairs. Programs without them are refused by some builds. */
export const compilerVersions: readonly (readonly [name: string, version: string])[] = [
  ["coremlc-component-MIL", "3520.4.1"],
  ["coremlc-version", "3520.5.1"],
];

/**
 * A program in the order of Apple's compiler: inputs of functions, arguments and attributes by their names. The compiler's version is
 * added where the program states none.
 */
export function inCompilerForm(document: MilDocument): MilDocument {
  const others = document.attributes.filter(({ name }) => name !== "buildInfo");
  const stated = document.attributes.find(({ name }) => name === "buildInfo");
  return {
    ...document,
    attributes: byName([...others, withVersions(stated)]),
    functions: document.functions.map(
      (each): MilFunctionText => ({
        ...each,
        parameters: byName(each.parameters),
        attributes: byName(each.attributes),
        block: ordered(each.block),
      }),
    ),
  };
}

/** Parameters of nested blocks stand for values by their position: those stay. */
function ordered(block: MilBlock): MilBlock {
  return {
    ...block,
    operations: block.operations.map(
      (operation): MilOperation => ({
        ...operation,
        arguments: byName(operation.arguments),
        attributes: byName(operation.attributes),
        blocks: operation.blocks.map(ordered),
      }),
    ),
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function byName<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => compare(a.name, b.name));
}

const string: MilType = { kind: "tensor", element: "string", shape: [] };
const stringValue = (text: string): MilValue => ({ type: string, content: { kind: "strings", strings: [text] } });
const textOf = ({ content }: MilValue) => (content.kind === "strings" ? (content.strings[0] ?? "") : "");

function withVersions(stated: MilAttribute | undefined): MilAttribute {
  const content = stated?.value.content;
  const known = content?.kind === "entries" ? content.entries : [];
  const names = new Set(known.map(([key]) => textOf(key)));
  // One of a pair is never of another compiler.
  const added = compilerVersions.some(([name]) => names.has(name)) ? [] : compilerVersions;
  const entries = [...known, ...added.map(([name, text]) => [stringValue(name), stringValue(text)] as const)];
  return {
    name: "buildInfo",
    value: {
      type: stated?.value.type ?? { kind: "dict", key: string, value: string },
      content: { kind: "entries", entries: entries.toSorted(([a], [b]) => compare(textOf(a), textOf(b))) },
    },
  };
}
