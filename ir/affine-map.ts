/**
 * Affine expressions and maps: `affine_map<(d0, d1)[s0] -> (d0 * 2 + d1, s0)>`. Structured ops use them to say which
 * element of an operand each point of the iteration space touches. Expressions are simplified when built, and printed
 * as MLIR prints them.
 */

export type AffineExpression =
  | { readonly kind: "dimension"; readonly position: number }
  | { readonly kind: "symbol"; readonly position: number }
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "add" | "mul" | "mod" | "floordiv" | "ceildiv";
      readonly lhs: AffineExpression;
      readonly rhs: AffineExpression;
    };

type BinaryKind = Extract<AffineExpression, { lhs: AffineExpression }>["kind"];

export function dimension(position: number): AffineExpression {
  return { kind: "dimension", position };
}

export function symbol(position: number): AffineExpression {
  return { kind: "symbol", position };
}

export function affineConstant(value: number): AffineExpression {
  return { kind: "constant", value };
}

function evaluateBinary(kind: BinaryKind, lhs: number, rhs: number): number {
  switch (kind) {
    case "add":
      return lhs + rhs;
    case "mul":
      return lhs * rhs;
    case "mod":
      return ((lhs % rhs) + rhs) % rhs;
    case "floordiv":
      return Math.floor(lhs / rhs);
    case "ceildiv":
      return Math.ceil(lhs / rhs);
  }
}

/** Combines two expressions, folding constants and the neutral elements. */
export function affineBinary(kind: BinaryKind, lhs: AffineExpression, rhs: AffineExpression): AffineExpression {
  if (lhs.kind === "constant" && rhs.kind === "constant") {
    return affineConstant(evaluateBinary(kind, lhs.value, rhs.value));
  }
  const commutative = kind === "add" || kind === "mul";
  if (commutative && lhs.kind === "constant") return affineBinary(kind, rhs, lhs);
  if (rhs.kind === "constant") {
    if (kind === "add" && rhs.value === 0) return lhs;
    if (kind === "mul" && rhs.value === 0) return affineConstant(0);
    if (kind !== "add" && rhs.value === 1) return kind === "mod" ? affineConstant(0) : lhs;
    if (kind === "add" && lhs.kind === "add" && lhs.rhs.kind === "constant") {
      return affineBinary("add", lhs.lhs, affineConstant(lhs.rhs.value + rhs.value));
    }
    if (kind === "mul" && lhs.kind === "mul" && lhs.rhs.kind === "constant") {
      return affineBinary("mul", lhs.lhs, affineConstant(lhs.rhs.value * rhs.value));
    }
  }
  return { kind, lhs, rhs };
}

export function affineAdd(lhs: AffineExpression, rhs: AffineExpression | number): AffineExpression {
  return affineBinary("add", lhs, typeof rhs === "number" ? affineConstant(rhs) : rhs);
}

export function affineMul(lhs: AffineExpression, rhs: AffineExpression | number): AffineExpression {
  return affineBinary("mul", lhs, typeof rhs === "number" ? affineConstant(rhs) : rhs);
}

const operatorText: Record<BinaryKind, string> = {
  add: "+",
  mul: "*",
  mod: "mod",
  floordiv: "floordiv",
  ceildiv: "ceildiv",
};

function expressionText(expression: AffineExpression, nested: boolean): string {
  switch (expression.kind) {
    case "dimension":
      return `d${expression.position}`;
    case "symbol":
      return `s${expression.position}`;
    case "constant":
      return String(expression.value);
    default: {
      const { kind, lhs, rhs } = expression;
      if (kind === "mul" && rhs.kind === "constant" && rhs.value === -1) return `-${expressionText(lhs, true)}`;
      let text: string;
      if (kind === "add" && rhs.kind === "constant" && rhs.value < 0) {
        text = `${expressionText(lhs, false)} - ${-rhs.value}`;
      } else if (kind === "add" && rhs.kind === "mul" && rhs.rhs.kind === "constant" && rhs.rhs.value < 0) {
        const factor =
          rhs.rhs.value === -1 ? expressionText(rhs.lhs, true) : `${expressionText(rhs.lhs, true)} * ${-rhs.rhs.value}`;
        text = `${expressionText(lhs, false)} - ${factor}`;
      } else {
        // A sum on the left of a sum, and a product inside a sum, need no parentheses.
        const left = expressionText(lhs, kind !== "add");
        const right = expressionText(rhs, rhs.kind === "add" || kind !== "add");
        text = `${left} ${operatorText[kind]} ${right}`;
      }
      return nested ? `(${text})` : text;
    }
  }
}

export class AffineMap {
  readonly dimensions: number;
  readonly symbols: number;
  readonly results: readonly AffineExpression[];
  readonly text: string;

  constructor(dimensions: number, symbols: number, results: readonly AffineExpression[]) {
    this.dimensions = dimensions;
    this.symbols = symbols;
    this.results = results;
    const names = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${prefix}${i}`).join(", ");
    const symbolList = symbols === 0 ? "" : `[${names("s", symbols)}]`;
    const resultList = results.map((result) => expressionText(result, false)).join(", ");
    this.text = `(${names("d", dimensions)})${symbolList} -> (${resultList})`;
  }

  toString(): string {
    return this.text;
  }

  static identity(rank: number): AffineMap {
    return new AffineMap(
      rank,
      0,
      Array.from({ length: rank }, (_, i) => dimension(i)),
    );
  }

  /** The map `(d0, …) -> (d_positions[0], …)`. */
  static projection(rank: number, positions: readonly number[]): AffineMap {
    return new AffineMap(rank, 0, positions.map(dimension));
  }

  get isIdentity(): boolean {
    return (
      this.symbols === 0 &&
      this.results.length === this.dimensions &&
      this.results.every((result, position) => result.kind === "dimension" && result.position === position)
    );
  }

  /** The dimension positions of the results when each is a plain dimension used at most once; undefined otherwise. */
  get projectedDimensions(): readonly number[] | undefined {
    const positions: number[] = [];
    for (const result of this.results) {
      if (result.kind !== "dimension" || positions.includes(result.position)) return undefined;
      positions.push(result.position);
    }
    return positions;
  }

  evaluate(dimensions: readonly number[], symbols: readonly number[] = []): number[] {
    return this.results.map((result) => evaluateAffine(result, dimensions, symbols));
  }

  /** `this ∘ inner`: feeds inner's results as this map's dimensions. Symbols of both are kept, this map's first. */
  compose(inner: AffineMap): AffineMap {
    const shifted = inner.results.map((result) =>
      substituteAffine(
        result,
        (position) => dimension(position),
        (position) => symbol(position + this.symbols),
      ),
    );
    const results = this.results.map((result) => substituteAffine(result, (position) => shifted[position]!, symbol));
    return new AffineMap(inner.dimensions, this.symbols + inner.symbols, results);
  }
}

export function evaluateAffine(
  expression: AffineExpression,
  dimensions: readonly number[],
  symbols: readonly number[] = [],
): number {
  switch (expression.kind) {
    case "dimension":
      return dimensions[expression.position]!;
    case "symbol":
      return symbols[expression.position]!;
    case "constant":
      return expression.value;
    default:
      return evaluateBinary(
        expression.kind,
        evaluateAffine(expression.lhs, dimensions, symbols),
        evaluateAffine(expression.rhs, dimensions, symbols),
      );
  }
}

/** Rebuilds an expression with its dimensions and symbols replaced. */
export function substituteAffine(
  expression: AffineExpression,
  dimensionOf: (position: number) => AffineExpression,
  symbolOf: (position: number) => AffineExpression,
): AffineExpression {
  switch (expression.kind) {
    case "dimension":
      return dimensionOf(expression.position);
    case "symbol":
      return symbolOf(expression.position);
    case "constant":
      return expression;
    default:
      return affineBinary(
        expression.kind,
        substituteAffine(expression.lhs, dimensionOf, symbolOf),
        substituteAffine(expression.rhs, dimensionOf, symbolOf),
      );
  }
}

/** The coefficients of a linear expression (`constant + Σ coefficient·d_i`), or undefined where it is not linear. */
export function linearForm(
  expression: AffineExpression,
): { readonly constant: number; readonly coefficients: ReadonlyMap<number, number> } | undefined {
  switch (expression.kind) {
    case "constant":
      return { constant: expression.value, coefficients: new Map() };
    case "dimension":
      return { constant: 0, coefficients: new Map([[expression.position, 1]]) };
    case "add": {
      const lhs = linearForm(expression.lhs);
      const rhs = linearForm(expression.rhs);
      if (lhs === undefined || rhs === undefined) return undefined;
      const coefficients = new Map(lhs.coefficients);
      for (const [position, factor] of rhs.coefficients) {
        coefficients.set(position, (coefficients.get(position) ?? 0) + factor);
      }
      return { constant: lhs.constant + rhs.constant, coefficients };
    }
    case "mul": {
      const lhs = linearForm(expression.lhs);
      if (lhs === undefined || expression.rhs.kind !== "constant") return undefined;
      const factor = expression.rhs.value;
      return {
        constant: lhs.constant * factor,
        coefficients: new Map([...lhs.coefficients].map(([position, value]) => [position, value * factor])),
      };
    }
    default:
      return undefined;
  }
}
