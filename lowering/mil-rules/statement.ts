/**
 * One op of a MIL function as rules and workarounds look at it: inputs by name, and those that are constants as numbers, words
 * and truth values, with the op's defaults where they are left out.
 */
import * as mil from "../../dialects/mil/index.ts";
import {
  Attribute,
  DenseArrayAttribute,
  DenseElementsAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import { type Operation, Value } from "../../ir/operation.ts";
import { TensorType } from "../../ir/types.ts";

const prefix = "mil.";

/** What a `mil.const` holds; undefined for other values. */
export function constantAttribute(value: Value | undefined): Attribute | undefined {
  return value === undefined ? undefined : mil.constantValue(value);
}

/** The elements that a constant holds; undefined for strings, lists and what is computed. */
export function constantElements(value: Value | undefined): ElementsAttribute | undefined {
  const attribute = constantAttribute(value);
  return attribute instanceof ElementsAttribute ? attribute : undefined;
}

/** The number that a constant repeats (or holds alone); undefined where it holds several. */
export function constantNumber(value: Value | undefined): number | undefined {
  const elements = constantElements(value);
  if (elements === undefined) return undefined;
  if (elements instanceof DenseElementsAttribute && elements.splat !== undefined) return Number(elements.splat);
  return elements.type.count === 1 ? Number(elements.value.data[0]) : undefined;
}

/** Whether a value is known when compiling: given by a `mil.const` or by an op that decompresses one. */
export function isKnown(value: Value | undefined): boolean {
  const name = value?.definer?.name;
  return name === mil.constant.name || name?.startsWith("mil.constexpr_") === true;
}

/** The sizes of a tensor; undefined for strings, lists and states. Sizes that are left open are -1. */
export function sizesOf(value: Value | undefined): readonly number[] | undefined {
  return value?.type instanceof TensorType ? value.type.shape : undefined;
}

/** The element type as IR text spells it: `f16`, `ui8`, … */
export function elementOf(value: Value | undefined): string {
  return value?.type instanceof TensorType ? value.type.element.text : String(value?.type ?? "");
}

type Parameter = number | string | boolean | readonly (number | boolean)[];

/** A parameter's value: that of its constant, or its default. */
function decoded(found: unknown): Parameter | undefined {
  if (found instanceof Value) {
    const attribute = constantAttribute(found);
    return attribute === undefined ? undefined : decodedAttribute(mil.parameterOf(attribute));
  }
  if (found instanceof Attribute) return decodedAttribute(found);
  if (typeof found === "number" || typeof found === "string" || typeof found === "boolean") return found;
  if (Array.isArray(found) && found.every((each) => typeof each === "number" || typeof each === "boolean"))
    return found;
  return undefined;
}

function decodedAttribute(attribute: Attribute): Parameter | undefined {
  if (attribute instanceof StringAttribute) return attribute.value;
  if (attribute instanceof FloatAttribute) return attribute.value;
  if (attribute instanceof IntegerAttribute) return Number(attribute.value);
  return attribute instanceof DenseArrayAttribute ? attribute.numbers : undefined;
}

export class Statement {
  readonly operation: Operation;
  readonly mnemonic: string;

  constructor(operation: Operation) {
    this.operation = operation;
    this.mnemonic = operation.name.startsWith(prefix) ? operation.name.slice(prefix.length) : operation.name;
  }

  /** What the text calls it. */
  get name(): string {
    const { operation } = this;
    const stated = operation.attribute("name");
    return stated instanceof StringAttribute ? stated.value : (operation.results[0]?.nameHint ?? this.mnemonic);
  }

  /** Inputs by name, as the op's declaration gives them; attributes of an op that is not declared. */
  #field(name: string): unknown {
    const { operation } = this;
    return operation.definition === undefined ? operation.attribute(name) : Reflect.get(operation, name);
  }

  #parameter(name: string): Parameter | undefined {
    const found = this.#field(name);
    if (found !== undefined) return decoded(found);
    const input = mil.signatureOf(this.operation.definition)?.inputs.get(name);
    return input?.kind === "attribute" ? decoded(input.fallback) : undefined;
  }

  /** The values of an input that takes several. */
  values(name: string): readonly Value[] {
    const found = this.#field(name);
    if (found instanceof Value) return [found];
    return Array.isArray(found) ? found.filter((each) => each instanceof Value) : [];
  }

  /** The value of an input; undefined where it is left out. */
  value(name: string): Value | undefined {
    return this.values(name)[0];
  }

  sizes(name: string): readonly number[] | undefined {
    return sizesOf(this.value(name));
  }

  number(name: string): number | undefined {
    const found = this.#parameter(name);
    if (typeof found === "number") return found;
    return Array.isArray(found) && found.length === 1 ? Number(found[0]) : undefined;
  }

  numbers(name: string): readonly number[] | undefined {
    const found = this.#parameter(name);
    if (typeof found === "number") return [found];
    return Array.isArray(found) ? found.map(Number) : undefined;
  }

  word(name: string): string | undefined {
    const found = this.#parameter(name);
    return typeof found === "string" ? found : undefined;
  }

  flag(name: string): boolean | undefined {
    const found = this.#parameter(name);
    return typeof found === "boolean" ? found : typeof found === "number" ? found !== 0 : undefined;
  }

  /** Constant operands whose text stands at their use, not in a statement of its own. */
  isInline(name: string): boolean {
    const { definer } = this.value(name) ?? {};
    return mil.constant.matches(definer) && definer.inline !== undefined;
  }

  /** Ops that read a result of this one. */
  *users(): Generator<Statement> {
    for (const result of this.operation.results) {
      for (let use = result.firstUse; use !== undefined; use = use.next) yield new Statement(use.owner);
    }
  }
}

/** The op that gives a value. */
export function definerOf(value: Value | undefined): Statement | undefined {
  return value?.definer === undefined ? undefined : new Statement(value.definer);
}
