/**
 * What a loaded program says of its ports: names, element types, and how each tensor lies in its surface. The dictionary
 * comes from `-[_ANEInMemoryModel modelAttributes]`; its keys are those of driver-stack A.4, and a program whose dictionary
 * lacks one of them cannot be run safely, so that is an error which names the key.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { type ElementName, elementBytes } from "../../../ir/tensor-data.ts";
import type { PlainValue } from "../objc.ts";
import { checkLayout, type SurfaceLayout } from "./surface-layout.ts";

/** One input or output of a loaded program. */
export interface EnginePort {
  /** The name in the program's text. */
  readonly name: string;
  /** What a request calls it by. */
  readonly index: number;
  readonly element: ElementName;
  readonly layout: SurfaceLayout;
}

/** The ports of a program's procedure, in the order in which a request lists them. */
export interface EnginePorts {
  readonly inputs: readonly EnginePort[];
  readonly outputs: readonly EnginePort[];
}

const elementTypes: Readonly<Record<string, ElementName>> = {
  Float16: "f16",
  Float32: "f32",
  Int8: "i8",
  UInt8: "ui8",
  Int16: "i16",
  UInt16: "ui16",
  Int32: "i32",
};

/** A value of the dictionary together with the way to it, for messages. */
class Attribute {
  readonly value: PlainValue | undefined;
  readonly path: string;

  constructor(value: PlainValue | undefined, path: string) {
    this.value = value;
    this.path = path;
  }

  fail(expected: string): DiagnosticError {
    const found = this.value === undefined ? "nothing" : shorten(this.value);
    return new DiagnosticError(
      `-[_ANEInMemoryModel modelAttributes]: ${this.path} must be ${expected}, found ${found}`,
    );
  }

  get(key: string): Attribute {
    const { value } = this;
    if (typeof value !== "object" || value instanceof Uint8Array || isList(value)) throw this.fail("a dictionary");
    return new Attribute(Object.hasOwn(value, key) ? value[key] : undefined, `${this.path}.${key}`);
  }

  list(): Attribute[] {
    const { value } = this;
    if (typeof value !== "object" || !isList(value)) throw this.fail("a list");
    return value.map((element, position) => new Attribute(element, `${this.path}[${position}]`));
  }

  number(): number {
    if (typeof this.value !== "number" || !Number.isSafeInteger(this.value)) throw this.fail("a whole number");
    return this.value;
  }

  text(): string {
    if (typeof this.value !== "string") throw this.fail("a string");
    return this.value;
  }

  numberOr(absent: number): number {
    return this.value === undefined ? absent : this.number();
  }
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

function shorten(value: PlainValue): string {
  const text = JSON.stringify(value, (_, entry: unknown) => (typeof entry === "bigint" ? String(entry) : entry));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Reads the ports of procedure 0. */
export function readPorts(attributes: PlainValue): EnginePorts {
  const root = new Attribute(attributes, "attributes");
  const description = root.get("ANEFModelDescription");
  const procedure = first(description.get("ANEFModelProcedures"));
  const status = first(root.get("NetworkStatusList"));
  const side = (kind: "Input" | "Output") =>
    readSide(
      description.get(`kANEFModel${kind}SymbolsArrayKey`),
      procedure.get(`ANEFModel${kind}SymbolIndexArray`),
      status.get(`Live${kind}List`),
    );
  return { inputs: side("Input"), outputs: side("Output") };
}

function first(list: Attribute): Attribute {
  const [found] = list.list();
  if (found === undefined) throw list.fail("a list with an element");
  return found;
}

/**
 * A request names ports by their index among all symbols; sizes stand in a list of their own, in an order of its own. The
 * entries of that list were also seen without names: then they are taken in the procedure's order.
 */
function readSide(symbols: Attribute, indices: Attribute, live: Attribute): EnginePort[] {
  const names = symbols.list().map((symbol) => symbol.text());
  const entries = live.list();
  const byName = new Map<string, Attribute>();
  for (const entry of entries) {
    const name = [entry.get("Symbol"), entry.get("Name")].find(({ value }) => value !== undefined);
    if (name !== undefined) byName.set(withoutSuffix(name.text()), entry);
  }
  return indices.list().map((index, position) => {
    const symbol = names[index.number()];
    if (symbol === undefined) throw index.fail(`an index of ${symbols.path} (${names.length} symbols)`);
    const name = withoutSuffix(symbol);
    const entry = byName.size === 0 ? entries[position] : byName.get(name);
    if (entry === undefined) throw live.fail(`a list with '${name}'`);
    return { name, index: index.number(), ...readTensor(entry, name) };
  });
}

/** Outputs appear as `name@output`. */
function withoutSuffix(symbol: string): string {
  return symbol.replace(/@output$/, "");
}

function readTensor(entry: Attribute, name: string): { element: ElementName; layout: SurfaceLayout } {
  if (entry.get("4CCFormat").value !== undefined)
    throw new DiagnosticError(`the port '${name}' takes an image: give the program tensor ports`);
  const type = entry.get("Type");
  const element = elementTypes[type.text()];
  if (element === undefined) throw type.fail(`one of ${Object.keys(elementTypes).join(", ")}`);
  if (entry.get("Interleave").numberOr(1) !== 1) throw entry.get("Interleave").fail("1 (channels are not interleaved)");
  const batchStride = entry.get("BatchStride").number();
  const layout: SurfaceLayout = {
    batches: entry.get("Batches").number(),
    channels: entry.get("Channels").number(),
    depth: entry.get("Depth").numberOr(1),
    height: entry.get("Height").number(),
    width: entry.get("Width").number(),
    elementBytes: elementBytes(element),
    batchStride,
    depthStride: entry.get("DepthStride").numberOr(batchStride),
    planeStride: entry.get("PlaneStride").number(),
    rowStride: entry.get("RowStride").number(),
  };
  checkLayout(`port '${name}'`, layout);
  return { element, layout };
}
