/** Programs for the documentation of MIL ops. */

/** A float of f16 in an example. */
export interface Real {
  readonly real: number;
}
export function real(value: number): Real {
  return { real: value };
}

/** Scalars that MIL takes as a tuple. */
export interface Tuple {
  readonly tuple: readonly (number | boolean)[];
}
export function tuple(...values: readonly (number | boolean)[]): Tuple {
  return { tuple: values };
}

type ExampleParameter = number | boolean | string | Real | readonly number[] | readonly boolean[];

/** `"1x3xf16"` as a tensor type; what starts with `!` as it is. */
const typeText = (text: string) => (text.startsWith("!") ? text : `tensor<${text}>`);

function literal(value: number | boolean): string {
  return String(value);
}

/** A constant and its type. */
function constantText(value: ExampleParameter): { readonly text: string; readonly type: string } {
  if (typeof value === "string") return { text: JSON.stringify(value), type: "!mil.string" };
  if (typeof value === "object" && "real" in value) {
    const number = Number.isInteger(value.real) ? value.real.toFixed(1) : value.real.toExponential(6);
    return { text: `dense<${number}> : tensor<f16>`, type: "tensor<f16>" };
  }
  const elementOf = (each: number | boolean | undefined) => (typeof each === "boolean" ? "i1" : "i32");
  if (typeof value !== "object") {
    const type = `tensor<${elementOf(value)}>`;
    return { text: `dense<${literal(value)}> : ${type}`, type };
  }
  const items: readonly (number | boolean)[] = value;
  const type = `tensor<${items.length}x${elementOf(items[0])}>`;
  return { text: `dense<[${items.map(literal).join(", ")}]> : ${type}`, type };
}

/**
 * A self-contained program for an op's documentation: `inputs` by name, with their types as `2x3xf16` (a list for an input that takes
 * several), `parameters` by name, and the types of the results.
 */
export function example(
  mnemonic: string,
  inputs: { readonly [name: string]: string | readonly string[] },
  parameters: { readonly [name: string]: ExampleParameter | Tuple },
  ...results: readonly string[]
): string {
  const lines: string[] = [];
  const types: string[] = [];
  const source = (name: string, text: string) => {
    lines.push(`%${name} = "test.source"() : () -> ${typeText(text)}`);
    types.push(typeText(text));
    return `%${name}`;
  };
  const written = Object.entries(inputs).map(([name, type]) => {
    if (typeof type === "string") return `${name} = ${source(name, type)}`;
    return `${name} = (${type.map((each, position) => source(`${name}_${position}`, each)).join(", ")})`;
  });
  const constant = (name: string, value: ExampleParameter) => {
    const { text, type } = constantText(value);
    lines.push(`%${name} = mil.const ${text}`);
    types.push(type);
    return `%${name}`;
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== "object" || !("tuple" in value)) written.push(`${name} = ${constant(name, value)}`);
    else
      written.push(
        `${name} = (${value.tuple.map((each, position) => constant(`${name}_${position}`, each)).join(", ")})`,
      );
  }
  const resultTypes = results.map(typeText);
  const made = results.length === 1 ? "%result" : `%result:${results.length}`;
  const arrow = resultTypes.length === 1 ? resultTypes[0] : `(${resultTypes.join(", ")})`;
  lines.push(`${made} = mil.${mnemonic}(${written.join(", ")}) : (${types.join(", ")}) -> ${arrow}`);
  return lines.join("\n");
}
