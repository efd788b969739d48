/**
 * MIL programs in Core ML's protobuf. What protobuf says in another way than text: opsets are `CoreML5` to `CoreML9` for `ios15` to
 * `ios26`; the version is 1 for both spellings of text, so that a program is given the one that its opset is written in; maps
 * (arguments, attributes, functions) keep the order of the file; an argument is a tuple where it has not exactly one binding.
 */
import type {
  MilArgument,
  MilAttribute,
  MilBinding,
  MilBlock,
  MilDocument,
  MilFunctionText,
  MilNamedType,
  MilOperation,
} from "../document/document.ts";
import type { Place } from "./reading.ts";
import type { Wire, WireInput } from "./schema.ts";
import { readType, typeMessage } from "./types.ts";
import { readValue, valueMessage } from "./values.ts";

/** Opsets by their two names (coremltools: `_OPSET`, and the text that Apple's compiler writes of the same models). */
export const opsetNames = [
  { text: "ios13", protobuf: "CoreML3" },
  { text: "ios14", protobuf: "CoreML4" },
  { text: "ios15", protobuf: "CoreML5" },
  { text: "ios16", protobuf: "CoreML6" },
  { text: "ios17", protobuf: "CoreML7" },
  { text: "ios18", protobuf: "CoreML8" },
  { text: "ios26", protobuf: "CoreML9" },
] as const;

const textOpset = (opset: string) => opsetNames.find(({ protobuf }) => protobuf === opset)?.text ?? opset;
const protobufOpset = (opset: string) => opsetNames.find(({ text }) => text === opset)?.protobuf ?? opset;

/** The first opset whose programs are written with bare scalars. */
const bareScalarsSince = 18;

export interface ReadProgram {
  readonly document: MilDocument;
  /** A text for people; MIL text has no place for it. */
  readonly documentation: string;
}

export function readProgram(wire: Wire<"Program">, place: Place): ReadProgram {
  const version = wire.version ?? 0n;
  if (version !== 1n) throw place.error(`the ML program has version ${version}, expected 1`);
  const functions = wire.functions.map(({ key, value }) => {
    const name = requiredName(key, "a function", place);
    const inside = place.at(`function ${name}`);
    return readFunction(name, inside.required(value, "its body"), inside);
  });
  if (functions.length === 0) throw place.error("the ML program has no functions");
  refuseTwice(functions, "function", place);
  const isBare = functions.some(({ opset }) => Number(/^ios(\d+)$/.exec(opset)?.[1]) >= bareScalarsSince);
  return {
    document: { version: isBare ? "1.3" : "1.0", attributes: readAttributes(wire.attributes, place), functions },
    documentation: wire.docString ?? "",
  };
}

function readFunction(name: string, wire: Wire<"Function">, place: Place): MilFunctionText {
  const opset = wire.opset ?? "";
  const active = wire.block_specializations.filter(({ key }) => key === opset);
  const [block] = active;
  if (block === undefined || active.length > 1) {
    throw place.error(`has ${active.length} blocks for its opset "${opset}", expected one`);
  }
  const other = wire.block_specializations.find(({ key }) => key !== opset);
  if (other !== undefined) {
    throw place.error(
      `has a block for the opset "${other.key ?? ""}" beside that for "${opset}", which is not supported`,
    );
  }
  return {
    name,
    opset: textOpset(opset),
    parameters: readNamedTypes(wire.inputs, place),
    attributes: readAttributes(wire.attributes, place),
    block: readBlock(place.required(block.value, `the block for opset "${opset}"`), place),
  };
}

function readBlock(wire: Wire<"Block">, place: Place): MilBlock {
  return {
    parameters: readNamedTypes(wire.inputs, place),
    operations: wire.operations.map((operation, index) => {
      const label = [operation.type ?? "", operation.outputs[0]?.name ?? ""].join(" ").trim();
      return readOperation(operation, place.at(`operation ${index} (${label})`));
    }),
    results: wire.outputs,
    attributes: readAttributes(wire.attributes, place),
  };
}

function readOperation(wire: Wire<"Operation">, place: Place): MilOperation {
  return {
    mnemonic: requiredName(wire.type, "an operation", place),
    results: readNamedTypes(wire.outputs, place),
    arguments: readArguments(wire.inputs, place),
    attributes: readAttributes(wire.attributes, place),
    blocks: wire.blocks.map((block, index) => readBlock(block, place.at(`block ${index}`))),
  };
}

function readArguments(entries: readonly Wire<"ArgumentEntry">[], place: Place): MilArgument[] {
  const found = entries.map(({ key, value }): MilArgument => {
    const name = requiredName(key, "an argument", place);
    const bindings = (value?.arguments ?? []).map((binding) => readBinding(binding, place.at(`argument ${name}`)));
    return { name, bindings, isTuple: bindings.length !== 1 };
  });
  refuseTwice(found, "argument", place);
  return found;
}

function readBinding(wire: Wire<"Binding">, place: Place): MilBinding {
  place.only(wire, "a binding");
  const { name, value } = wire;
  return name === undefined ? { kind: "value", value: readValue(value, place) } : { kind: "name", name };
}

function readNamedTypes(items: readonly Wire<"NamedValueType">[], place: Place): MilNamedType[] {
  return items.map(({ name, type }) => {
    const found = requiredName(name, "a value", place);
    return { name: found, type: readType(type, place.at(`the type of ${found}`)) };
  });
}

function readAttributes(entries: readonly Wire<"AttributeEntry">[], place: Place): MilAttribute[] {
  const found = entries.map(({ key, value }): MilAttribute => {
    const name = requiredName(key, "an attribute", place);
    return { name, value: readValue(value, place.at(`attribute ${name}`)) };
  });
  refuseTwice(found, "attribute", place);
  return found;
}

function requiredName(name: string | undefined, what: string, place: Place): string {
  if (name === undefined || name === "") throw place.error(`${what} has no name`);
  return name;
}

/** A map of the file format: a second entry would silently take the place of the first. */
function refuseTwice(items: readonly { readonly name: string }[], what: string, place: Place): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    if (seen.has(name)) throw place.error(`has the ${what} ${name} twice`);
    seen.add(name);
  }
}

export function programMessage({ document, documentation }: ReadProgram): WireInput<"Program"> {
  return {
    version: 1n,
    functions: document.functions.map((item) => ({ key: item.name, value: functionMessage(item) })),
    docString: documentation === "" ? undefined : documentation,
    attributes: attributeMessages(document.attributes),
  };
}

function functionMessage(item: MilFunctionText): WireInput<"Function"> {
  const opset = protobufOpset(item.opset);
  return {
    inputs: namedTypeMessages(item.parameters),
    opset,
    block_specializations: [{ key: opset, value: blockMessage(item.block) }],
    attributes: attributeMessages(item.attributes),
  };
}

function blockMessage(block: MilBlock): WireInput<"Block"> {
  return {
    inputs: namedTypeMessages(block.parameters),
    outputs: block.results,
    operations: block.operations.map(operationMessage),
    attributes: attributeMessages(block.attributes),
  };
}

function operationMessage(operation: MilOperation): WireInput<"Operation"> {
  return {
    type: operation.mnemonic,
    inputs: operation.arguments.map(({ name, bindings }) => ({
      key: name,
      value: { arguments: bindings.map(bindingMessage) },
    })),
    outputs: namedTypeMessages(operation.results),
    blocks: operation.blocks.map(blockMessage),
    attributes: attributeMessages(operation.attributes),
  };
}

function bindingMessage(binding: MilBinding): WireInput<"Binding"> {
  return binding.kind === "name" ? { name: binding.name } : { value: valueMessage(binding.value) };
}

function namedTypeMessages(items: readonly MilNamedType[]): WireInput<"NamedValueType">[] {
  return items.map(({ name, type }) => ({ name, type: typeMessage(type) }));
}

function attributeMessages(items: readonly MilAttribute[]): WireInput<"AttributeEntry">[] {
  return items.map(({ name, value }) => ({ key: name, value: valueMessage(value) }));
}
