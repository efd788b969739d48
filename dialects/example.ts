/** Examples in op declarations: short texts that parse on their own, for documentation and conformance tests. */

/**
 * A self-contained program for an op's documentation: `inputs` ("%x: tensor<2xf32>") are values made by
 * `test.source`, then comes `line`.
 */
export function example(line: string, ...inputs: readonly string[]): string {
  const sources = inputs.map((input) => {
    const colon = input.indexOf(":");
    const type = input.slice(colon + 1).trim();
    return `${input.slice(0, colon)} = "test.source"() : () -> ${type.startsWith("(") ? `(${type})` : type}`;
  });
  return [...sources, line].join("\n");
}

/** The same inside a function `@f`, for ops that need one around them; the inputs are its parameters. */
export function exampleInFunction(body: string, ...inputs: readonly string[]): string {
  const lines = body.split("\n").map((line) => (line.startsWith("^") ? line : `  ${line}`));
  return [`func.func @f(${inputs.join(", ")}) {`, ...lines, "}"].join("\n");
}
