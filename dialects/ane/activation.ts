/**
 * The functions that the engine applies to single elements, in its activation slots: `#ane.activation<relu>`,
 * `#ane.activation<leaky_relu, 0.1>`. On the engine each is a table of 33 knots, or exact for the piecewise linear ones; the
 * names are those of the MIL ops that ask for them.
 */
import { Attribute, FloatAttribute, internAttribute } from "../../ir/attributes.ts";
import type { AttributeConstraint } from "../../ir/constraints.ts";
import type { AttributeDefinition } from "../../ir/context.ts";
import { floatLiteral } from "../../ir/float-bits.ts";
import type { TextParser } from "../../ir/parser/text-parser.ts";
import { f64 } from "../../ir/types.ts";

export interface ActivationFacts {
  /** Names of the parameters, in the order in which they are written. */
  readonly parameters: readonly ("alpha" | "beta")[];
  /** The function of x, for people. */
  readonly formula: string;
  /** First generation with a native form, as in `aneforge.md` 2.4 and 5.3 (sin and cos: A15); default A13, the MIL floor. */
  readonly since?: "A15";
  /** Results are rounded values for rounded operands, with no sums of two: it commutes with rounding to f16. */
  readonly exact?: true;
  /** No operand, not even an infinite one, has an infinite result. */
  readonly saturating?: true;
}

/** The closed list; a forgotten case elsewhere is a compile error. */
export const activationTable = {
  relu: { parameters: [], formula: "max(x, 0)", exact: true },
  relu6: { parameters: [], formula: "min(max(x, 0), 6)", exact: true, saturating: true },
  leaky_relu: { parameters: ["alpha"], formula: "x < 0 ? alpha·x : x" },
  elu: { parameters: ["alpha"], formula: "x < 0 ? alpha·(e^x - 1) : x" },
  thresholded_relu: { parameters: ["alpha"], formula: "x > alpha ? x : 0" },
  clip: { parameters: ["alpha", "beta"], formula: "min(max(x, alpha), beta)" },
  sigmoid: { parameters: [], formula: "1/(1 + e^-x)", saturating: true },
  sigmoid_hard: { parameters: ["alpha", "beta"], formula: "min(max(alpha·x + beta, 0), 1)", saturating: true },
  tanh: { parameters: [], formula: "tanh x", saturating: true },
  scaled_tanh: { parameters: ["alpha", "beta"], formula: "alpha·tanh(beta·x)" },
  gelu: { parameters: [], formula: "x·Φ(x)" },
  gelu_tanh: { parameters: [], formula: "x·½(1 + tanh(√(2/π)(x + 0.044715x³)))" },
  silu: { parameters: [], formula: "x/(1 + e^-x)" },
  softplus: { parameters: [], formula: "ln(1 + e^x)" },
  softsign: { parameters: [], formula: "x/(1 + |x|)", saturating: true },
  erf: { parameters: [], formula: "erf x", saturating: true },
  exp: { parameters: [], formula: "e^x" },
  exp2: { parameters: [], formula: "2^x" },
  log: { parameters: [], formula: "ln x; ln 0 = -45440" },
  sqrt: { parameters: [], formula: "√x; 0 below 0" },
  rsqrt: { parameters: [], formula: "1/√x; 0 below 0, +inf at 0" },
  inverse: { parameters: [], formula: "1/x; +inf at both zeros" },
  square: { parameters: [], formula: "x·x" },
  abs: { parameters: [], formula: "|x|", exact: true },
  sign: { parameters: [], formula: "-1, 0 or 1", saturating: true },
  floor: { parameters: [], formula: "⌊x⌋" },
  ceil: { parameters: [], formula: "⌈x⌉" },
  round: { parameters: [], formula: "nearest integer, halves away from 0" },
  sin: { parameters: [], formula: "sin x", since: "A15", saturating: true },
  cos: { parameters: [], formula: "cos x", since: "A15", saturating: true },
  atan: { parameters: [], formula: "arctan x", saturating: true },
} as const satisfies Record<string, ActivationFacts>;

export type ActivationName = keyof typeof activationTable;
export const activationNames = Object.keys(activationTable) as readonly ActivationName[];

export class ActivationAttribute extends Attribute {
  readonly text: string;
  readonly function: ActivationName;
  /** alpha and beta, where the function has them. */
  readonly parameters: readonly number[];

  private constructor(text: string, name: ActivationName, parameters: readonly number[]) {
    super();
    this.text = text;
    this.function = name;
    this.parameters = parameters;
  }

  static get(name: ActivationName, ...parameters: readonly number[]): ActivationAttribute {
    const wanted = activationTable[name].parameters;
    if (parameters.length !== wanted.length) {
      throw new Error(`activation ${name} has ${wanted.length} parameters, found ${parameters.length}`);
    }
    const text = `#ane.activation<${[name, ...parameters.map((value) => floatLiteral(value, "f64"))].join(", ")}>`;
    return internAttribute(text, ActivationAttribute, () => new ActivationAttribute(text, name, [...parameters]));
  }

  get facts(): ActivationFacts {
    return activationTable[this.function];
  }

  /** The first parameter; an error where the function has none. */
  get alpha(): number {
    return this.#parameter(0);
  }

  get beta(): number {
    return this.#parameter(1);
  }

  #parameter(position: number): number {
    const value = this.parameters[position];
    if (value === undefined) throw new Error(`activation ${this.function} has no parameter ${position}`);
    return value;
  }
}

export const activationConstraint: AttributeConstraint<ActivationAttribute> = {
  description: "an activation, #ane.activation<…>",
  decode: (attribute) => (attribute instanceof ActivationAttribute ? attribute : undefined),
  encode: (value) => value,
};

/** A number as attributes have it: also `0x7FF0…`, the bits of an infinity. */
function parseNumber(parser: TextParser): number {
  const at = parser.offset;
  const value = parser.parseAttribute(f64);
  if (!(value instanceof FloatAttribute)) throw parser.error(`expected a number, found ${value}`, at);
  return value.value;
}

export const activationDefinition: AttributeDefinition = {
  mnemonic: "activation",
  doc: "A function of one element with its parameters.",
  parse: (parser) => {
    parser.expect("<");
    const at = parser.offset;
    const word = parser.keyword("an activation");
    const name = activationNames.find((each) => each === word);
    if (name === undefined) throw parser.error(`expected one of ${activationNames.join(", ")}, found '${word}'`, at);
    const parameters: number[] = [];
    while (parser.accept(",")) parameters.push(parseNumber(parser));
    const wanted = activationTable[name].parameters;
    if (parameters.length !== wanted.length) {
      throw parser.error(
        `${name} has ${wanted.length} parameters (${wanted.join(", ") || "none"}), found ${parameters.length}`,
        at,
      );
    }
    parser.expect(">");
    return ActivationAttribute.get(name, ...parameters);
  },
};
