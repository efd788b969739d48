/**
 * Options of passes: the schema of one option is its default, with an optional kind, bounds and choices. The same schema
 * checks values given by programs, reads them from pipelines, prints them, and types them for the pass's function.
 */
import { didYouMean } from "../../ir/close-names.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";

export type OptionScalar = string | number | boolean;
export type OptionValue = OptionScalar | readonly string[] | readonly number[];

/** A typed option of a pass: its default gives the type. */
export interface OptionDefinition<V extends OptionValue = OptionValue> {
  readonly doc: string;
  readonly default: V;
  /** `integer` refuses fractions. Says as well what an empty list holds: strings unless given. */
  readonly kind?: "integer" | "number" | "string";
  /** The least and the greatest number allowed. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** The allowed words of a string, or of a list's elements. */
  readonly choices?: readonly OptionScalar[];
  /** What an empty word stands for, where one is allowed beside the choices: "that of each program". */
  readonly empty?: string;
}

export type OptionDefinitions = { readonly [name: string]: OptionDefinition };

type WidenList<D, E> = D extends { readonly kind: "integer" | "number" }
  ? readonly number[]
  : [E] extends [never]
    ? readonly string[]
    : E extends number
      ? readonly number[]
      : readonly string[];
type Widen<D, V> = V extends string
  ? string
  : V extends number
    ? number
    : V extends boolean
      ? boolean
      : V extends readonly (infer E)[]
        ? WidenList<D, E>
        : never;
/** What a pass's function gets: each option by name, with the type that its default shows. */
export type OptionsOf<D extends OptionDefinitions> = { readonly [K in keyof D]: Widen<D[K], D[K]["default"]> };

/** A broken rule of an option; who reads a text adds the position. */
export class OptionError extends DiagnosticError {}

type ScalarKind = "boolean" | "integer" | "number" | "string";

/** What the option's value, or each element of its list, must be. */
function scalarKind(option: OptionDefinition): ScalarKind {
  const first = Array.isArray(option.default) ? option.default[0] : option.default;
  if (typeof first === "boolean") return "boolean";
  if (option.kind !== undefined) return option.kind;
  return typeof first === "number" ? "number" : "string";
}

export function isListOption(option: OptionDefinition): boolean {
  return Array.isArray(option.default);
}

/** What the option takes, in words: "an integer of at least 1", "one of cpu, ane", "a list of numbers". */
export function describeOption(option: OptionDefinition): string {
  const kind = scalarKind(option);
  const { choices, minimum, maximum, empty } = option;
  const isList = isListOption(option);
  if (choices !== undefined) {
    const words = `${choices.length === 1 ? "" : isList ? "a list of " : "one of "}${choices.map(printScalar).join(", ")}`;
    return empty === undefined ? words : `${words}; or empty for ${empty}`;
  }
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ].join(" and ");
  const suffix = bounds === "" ? "" : ` of ${bounds}`;
  if (isList) return `a list of ${kind}s${suffix}`;
  return `${kind === "integer" ? "an" : "a"} ${kind}${suffix}`;
}

function checkScalar(option: OptionDefinition, value: unknown): boolean {
  const kind = scalarKind(option);
  if (kind === "integer" ? !Number.isSafeInteger(value) : typeof value !== kind) return false;
  if (typeof value === "number") {
    if (Number.isNaN(value)) return false;
    if (value < (option.minimum ?? Number.NEGATIVE_INFINITY) || value > (option.maximum ?? Number.POSITIVE_INFINITY))
      return false;
  }
  if (value === "" && option.empty !== undefined) return true;
  return option.choices === undefined || option.choices.some((choice) => choice === value);
}

/** Checks a value against its schema. */
export function checkOption(pass: string, name: string, option: OptionDefinition, value: unknown): void {
  const isGood =
    isListOption(option) && Array.isArray(value)
      ? value.every((element) => checkScalar(option, element))
      : !isListOption(option) && checkScalar(option, value);
  if (isGood) return;
  const found = Array.isArray(value) ? printOption(value) : JSON.stringify(value);
  throw new OptionError(`option '${name}' of pass '${pass}' must be ${describeOption(option)}, but got ${found}`);
}

/** Splits `a,b` at the commas outside quotes and brackets. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  let quote: string | undefined;
  for (let position = 0; position < text.length; position++) {
    const character = text[position]!;
    if (quote !== undefined) {
      if (character === "\\" && quote === '"') position++;
      else if (character === quote) quote = undefined;
    } else if (character === '"' || character === "'") quote = character;
    else if ("{[(".includes(character)) depth++;
    else if ("}])".includes(character)) depth--;
    else if (character === "," && depth === 0) {
      parts.push(text.slice(start, position));
      start = position + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

/** Takes off one pair of quotes or braces around the whole. In double quotes a backslash takes the next character as it is. */
function unwrap(text: string): string {
  const first = text[0];
  const last = text.at(-1);
  if (text.length < 2) return text;
  if (first === '"' && last === '"') return text.slice(1, -1).replaceAll(/\\(.)/gs, "$1");
  return (first === "'" && last === "'") || (first === "{" && last === "}") ? text.slice(1, -1) : text;
}

function readScalar(kind: ScalarKind, text: string): OptionScalar {
  const bare = unwrap(text);
  if (kind === "boolean") {
    if (bare === "true" || bare === "1") return true;
    if (bare === "false" || bare === "0") return false;
    return bare;
  }
  if (kind === "string") return bare;
  const number = Number(bare);
  return bare.trim() === "" || Number.isNaN(number) ? bare : number;
}

/** Reads what stands behind `name=` in a pipeline; undefined: nothing does, which means true. Checked against the schema. */
export function readOption(
  pass: string,
  name: string,
  option: OptionDefinition,
  text: string | undefined,
): OptionValue {
  if (text === undefined) {
    if (scalarKind(option) === "boolean" && !isListOption(option)) return true;
    throw new OptionError(
      `option '${name}' of pass '${pass}' needs a value, ${describeOption(option)}: ${name}=${printOption(option.default)}`,
    );
  }
  const kind = scalarKind(option);
  if (!isListOption(option)) {
    const value = readScalar(kind, text);
    checkOption(pass, name, option, value);
    return value;
  }
  const inside = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  const elements: unknown[] = inside.trim() === "" ? [] : splitList(inside).map((part) => readScalar(kind, part));
  checkOption(pass, name, option, elements);
  return elements as OptionValue;
}

const plainWord = /^[^\s,'"\\{}()[\]=]+$/;

function printScalar(value: OptionScalar): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "string" || plainWord.test(value)) return String(value);
  return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** The text that `readOption` reads back. */
export function printOption(value: OptionValue): string {
  if (typeof value !== "object") return printScalar(value);
  return value.length === 0 ? "{}" : value.map(printScalar).join(",");
}

/** The options of a pass with the given ones checked and filled in: an unknown name is an error that says what is known. */
export function fillOptions(
  pass: string,
  known: OptionDefinitions,
  given: { readonly [name: string]: OptionValue },
): { readonly [name: string]: OptionValue } {
  const filled: { [name: string]: OptionValue } = {};
  for (const [name, option] of Object.entries(known)) filled[name] = option.default;
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (option === undefined) throw unknownOption(pass, known, name);
    checkOption(pass, name, option, value);
    filled[name] = value;
  }
  return filled;
}

export function unknownOption(pass: string, known: OptionDefinitions, name: string): OptionError {
  const names = Object.keys(known);
  const list = names.map((each) => `${each}=${printOption(known[each]!.default)}`);
  const hint = names.length === 0 ? "" : `; it has ${names.join(", ")}${didYouMean(name, names)}`;
  return new OptionError(
    `pass '${pass}' has no option '${name}'${hint}`,
    names.length === 0 ? {} : { notes: [{ message: `its options with their defaults: ${list.join(" ")}` }] },
  );
}
