/**
 * Collects the nodes, initializers and names of an ONNX graph while the rules of this folder say, op by op, what a tensor
 * program is in ONNX. A `Term` is a value of the graph. Operators that ONNX defines for fewer element types than the tensor
 * dialect are computed in a wider one and converted back, which changes no value.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { nameOf, placeOf } from "../../../ir/location.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import {
  type ElementName,
  elementCount,
  elementNames,
  setNumber,
  type TensorData,
  zeros,
} from "../../../ir/tensor-data.ts";
import { TensorType } from "../../../ir/types.ts";
import { hintOf } from "../import.ts";
import {
  dataTypeFacts,
  dataTypeFromElement,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "../model.ts";
import { onnxTensorOf } from "../tensor-values.ts";
import { acceptedElements, widerElements } from "./element-types.ts";

/** A value of the graph. */
export interface Term {
  readonly name: string;
  readonly element: ElementName;
  readonly shape: readonly number[];
}

/** Whole numbers are written as INT or INTS; floats say so, because `1` may be either. */
export type AttributeValue =
  | number
  | boolean
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: TensorData };

export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** What the result of a node has other than its first input. */
export interface ResultForm {
  readonly element?: ElementName;
  readonly shape?: readonly number[];
}

interface NodeDraft {
  readonly opType: string;
  readonly name: string;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: Attributes;
}

/** Splats from this many elements on are made by a node instead of being stored. */
const storedSplat = 1024;
/** Constants of up to this many elements are stored once per content. */
const sharedElements = 64;

export class GraphWriter {
  readonly #nodes: NodeDraft[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #shared = new Map<string, Term>();
  readonly #valueNames = new Set<string>();
  readonly #nodeNames = new Set<string>();
  readonly #nextNumber = new Map<string, number>();
  readonly #terms = new Map<Value, Term>();
  #current: Operation | undefined;
  /** The first node of the op that is being written. */
  #firstNode = 0;

  /** A name for a value that no other has: `wanted`, or that with a number behind. */
  valueName(wanted: string): string {
    return this.#unique(wanted, this.#valueNames);
  }

  #unique(wanted: string, taken: Set<string>): string {
    let name = wanted;
    for (let next = this.#nextNumber.get(wanted) ?? 1; taken.has(name); next++) {
      name = `${wanted}_${next}`;
      this.#nextNumber.set(wanted, next + 1);
    }
    taken.add(name);
    return name;
  }

  bind(value: Value, term: Term): void {
    this.#terms.set(value, term);
  }

  /** The value in the graph. */
  of(value: Value): Term {
    const term = this.#terms.get(value);
    if (term === undefined) throw this.error(`uses a value of type ${value.type} that stands outside of the function`);
    return term;
  }

  /** The element type of a value; a diagnostic where plain data has none. */
  elementOf(value: Value): ElementName {
    const { type } = value;
    const element = type instanceof TensorType ? elementNames.find((each) => each === type.element.text) : undefined;
    if (element === undefined) throw this.error(`ONNX has no values of type ${value.type}`);
    return element;
  }

  /** A diagnostic at the op that is being written. */
  error(reason: string): DiagnosticError {
    const operation = this.#current;
    if (operation === undefined) return new DiagnosticError(`cannot be written as ONNX: ${reason}`);
    const name = nameOf(operation.location);
    const label = name === undefined ? `'${operation.name}'` : `'${operation.name}' "${name}"`;
    return new DiagnosticError(`${label} cannot be written as ONNX: ${reason}`, placeOf(operation.location));
  }

  /**
   * Writes `operation` through its rule and binds its results. `names` are the names that results must have (outputs of the
   * graph); others get theirs from hints.
   */
  write(operation: Operation, names: readonly (string | undefined)[], rule: () => readonly Term[]): void {
    this.#current = operation;
    this.#firstNode = this.#nodes.length;
    const terms = rule();
    for (const [position, result] of operation.results.entries()) {
      const term = terms[position];
      if (term === undefined) throw this.error(`result ${position} has no counterpart`);
      this.bind(result, this.#renamed(term, names[position], result.nameHint));
    }
    this.#current = undefined;
  }

  /** The term under the name that it should have, where a node of the current op makes it. */
  #renamed(term: Term, wanted: string | undefined, hint: string | undefined): Term {
    const own = this.#nodes.slice(this.#firstNode);
    if (!own.some(({ outputs }) => outputs.includes(term.name))) {
      if (wanted === undefined) return term;
      return this.node("Identity", [term], {}, {}, wanted);
    }
    if (wanted === undefined && hint === undefined) return term;
    this.#valueNames.delete(term.name);
    const name = wanted ?? this.valueName(hint ?? term.name);
    this.#valueNames.add(name);
    for (const { inputs, outputs } of own) {
      for (const list of [inputs, outputs]) {
        for (const [position, each] of list.entries()) if (each === term.name) list[position] = name;
      }
    }
    return { ...term, name };
  }

  // ------------------------------------------------------------------------------------------------------------ nodes

  /** Nodes of one result, as they are. The result is like the first input unless `form` says otherwise. */
  node(
    opType: string,
    inputs: readonly (Term | undefined)[],
    attributes: Attributes = {},
    form: ResultForm = {},
    name?: string,
  ): Term {
    const [first] = inputs;
    const { element = first?.element, shape = first?.shape } = form;
    if (element === undefined || shape === undefined) throw this.error(`${opType} has no first input`);
    return this.nodeWith(opType, inputs, attributes, [{ element, shape }], name)[0]!;
  }

  /** A node of several results. */
  nodeWith(
    opType: string,
    inputs: readonly (Term | undefined)[],
    attributes: Attributes,
    results: readonly { readonly element: ElementName; readonly shape: readonly number[] }[],
    wanted?: string,
  ): readonly Term[] {
    const location = this.#current === undefined ? undefined : nameOf(this.#current.location);
    const name = this.#unique(location === undefined || location === "" ? opType : location, this.#nodeNames);
    // As the importer would name them, so that reading and writing again keeps the names.
    const label = hintOf(name);
    const terms = results.map((form, position) => ({
      ...form,
      name: wanted ?? this.valueName(position === 0 ? `${label}_out` : `${label}_out${position}`),
    }));
    const names = inputs.map((term) => term?.name ?? "");
    while (names.at(-1) === "") names.pop();
    this.#nodes.push({ opType, name, inputs: names, outputs: terms.map((term) => term.name), attributes });
    return terms;
  }

  /**
   * A node whose inputs and result have one element type, which is widened where the operator does not take it. Inputs after
   * `typed` (positions, limits of another type) are passed as they are.
   */
  typed(
    opType: string,
    inputs: readonly (Term | undefined)[],
    attributes: Attributes = {},
    form: ResultForm = {},
    typed = inputs.length,
  ): Term {
    const element = inputs[0]!.element;
    const accepted = this.acceptedBy(opType, element);
    const widened = inputs.map((term, position) =>
      term === undefined || position >= typed ? term : this.cast(term, accepted),
    );
    const keeps = form.element === undefined || form.element === element;
    const result = this.node(opType, widened, attributes, { ...form, element: keeps ? accepted : form.element! });
    return keeps ? this.cast(result, element) : result;
  }

  /** The element type in which `opType` takes values of `element`: itself, or one that holds them all. */
  acceptedBy(opType: string, element: ElementName): ElementName {
    const accepted = acceptedElements(opType);
    if (accepted === undefined || accepted.has(element)) return element;
    const wider = widerElements(element).find((each) => accepted.has(each));
    if (wider !== undefined) return wider;
    throw this.error(`${opType} takes ${[...accepted].join(", ")}, and none of them holds every ${element}`);
  }

  /** Converts the element type; to 4 bits by keeping the low ones, since ONNX leaves open what else would happen. */
  cast(term: Term, element: ElementName): Term {
    if (term.element === element) return term;
    if (element !== "i4" && element !== "ui4") return this.#castNode(term, element);
    const bytes = this.cast(term, element === "i4" ? "i8" : "ui8");
    const low = this.node("BitwiseAnd", [bytes, this.scalar(15, bytes.element)]);
    if (element === "ui4") return this.#castNode(low, element);
    const eight = this.scalar(8, bytes.element);
    return this.#castNode(this.node("Sub", [this.node("BitwiseXor", [low, eight]), eight]), element);
  }

  #castNode(term: Term, element: ElementName): Term {
    return this.node("Cast", [term], { to: typeCode(element) }, { element });
  }

  // -------------------------------------------------------------------------------------------------------- constants

  scalar(value: number | bigint, element: ElementName): Term {
    return this.constant(filledScalar(value, element));
  }

  /** A list of whole numbers, as shapes, axes and positions are given. */
  integers(values: readonly (number | bigint)[]): Term {
    return this.constant({ shape: [values.length], element: "i64", data: BigInt64Array.from(values, BigInt) });
  }

  /** A constant; small ones are stored once, whoever asks. `hint` is the name of those that are not shared. */
  constant(data: TensorData, hint?: string): Term {
    const { shape, element } = data;
    const key = data.data.length > sharedElements ? undefined : `${element}[${shape.join(",")}]${data.data.join(",")}`;
    const known = key === undefined || hint !== undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.valueName(hint ?? "constant");
    this.#initializers.set(name, onnxTensorOf(name, data));
    const term: Term = { name, element, shape };
    // Zero is equal to minus zero as text.
    if (key !== undefined && hint === undefined && !data.data.some((value) => Object.is(value, -0)))
      this.#shared.set(key, term);
    return term;
  }

  /** `value` in every place. */
  splat(value: number | bigint, element: ElementName, shape: readonly number[], hint?: string): Term {
    const count = elementCount(shape);
    if (count >= storedSplat && element !== "i4" && element !== "ui4" && element !== "bf16") {
      const single = { ...filledScalar(value, element), shape: [1] };
      const name = hint === undefined ? undefined : this.valueName(hint);
      return this.node(
        "ConstantOfShape",
        [this.integers(shape)],
        { value: { tensor: single } },
        { element, shape },
        name,
      );
    }
    const data = zeros(shape, element);
    fill(data, value);
    return this.constant(data, hint);
  }

  // ----------------------------------------------------------------------------------------------------------- result

  get initializers(): ReadonlyMap<string, OnnxTensor> {
    return this.#initializers;
  }

  get nodes(): readonly OnnxNode[] {
    return this.#nodes.map(({ opType, name, inputs, outputs, attributes }) => {
      const encoded = new Map<string, OnnxAttribute>();
      for (const [key, value] of Object.entries(attributes)) {
        if (value !== undefined) encoded.set(key, attributeOf(value));
      }
      return {
        ...{ opType, name, inputs, outputs, attributes: encoded },
        ...{ domain: "", overload: "", docString: "", metadata: new Map() },
      };
    });
  }
}

/** The number that stands for an element type in attributes. */
export function typeCode(element: ElementName): number {
  return dataTypeFacts(dataTypeFromElement(element)).code;
}

export function valueInfo({ name, element, shape }: Term): OnnxValueInfo {
  return { name, type: { kind: "tensor", dataType: dataTypeFromElement(element), shape } };
}

function filledScalar(value: number | bigint, element: ElementName): TensorData {
  const data = zeros([], element);
  fill(data, value);
  return data;
}

function fill(tensor: TensorData, value: number | bigint): void {
  if (tensor.data instanceof BigInt64Array || tensor.data instanceof BigUint64Array) {
    tensor.data.fill(BigInt(value));
    return;
  }
  if (tensor.data.length === 0) return;
  setNumber(tensor, 0, Number(value));
  tensor.data.fill(tensor.data[0]!);
}

function attributeOf(value: AttributeValue): OnnxAttribute {
  if (typeof value === "number") return { kind: "int", value: BigInt(value) };
  if (typeof value === "boolean") return { kind: "int", value: value ? 1n : 0n };
  if (typeof value === "string") return { kind: "string", value };
  if ("float" in value) return { kind: "float", value: value.float };
  if ("tensor" in value) return { kind: "tensor", value: onnxTensorOf("", value.tensor) };
  return { kind: "ints", value: value.map(BigInt) };
}
