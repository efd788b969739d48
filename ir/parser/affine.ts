/** Reads affine maps: `(d0, d1)[s0] -> (d0 * 2 + s0, d1 floordiv 4)`. Names are free; positions count. */
import { type AffineExpression, AffineMap, affineBinary, affineConstant, dimension, symbol } from "../affine-map.ts";
import { maximumDepth } from "./lexer.ts";
import type { TextParser } from "./text-parser.ts";

export function readAffineMap(parser: TextParser): AffineMap {
  const { names, dimensions, symbols } = readSpace(parser);
  parser.expect("->", "in this affine map");
  const reader = new ExpressionReader(parser, names);
  return new AffineMap(
    dimensions,
    symbols,
    parser.delimited("(", ")", () => reader.sum()),
  );
}

/** Reads `(d0)[s0] : (d0 - s0 >= 0, d0 mod 2 == 0)`, which is kept as text. */
export function checkAffineSet(parser: TextParser): void {
  const reader = new ExpressionReader(parser, readSpace(parser).names);
  parser.expect(":", "in this affine set");
  parser.delimited("(", ")", () => {
    reader.sum();
    if (!parser.accept("==") && !parser.accept(">=") && !parser.accept("<="))
      throw parser.expected("'==', '>=' or '<='");
    reader.sum();
  });
}

/** `(d0, d1)[s0]` */
function readSpace(parser: TextParser) {
  const names = new Map<string, AffineExpression>();
  const declare = (make: (position: number) => AffineExpression) => {
    let count = 0;
    return () => {
      const at = parser.offset;
      const name = parser.keyword("the name of a dimension or symbol");
      if (names.has(name)) throw parser.error(`'${name}' is declared twice in this affine map`, at);
      names.set(name, make(count++));
    };
  };
  const dimensions = parser.delimited("(", ")", declare(dimension)).length;
  const symbols = parser.peek("[") ? parser.delimited("[", "]", declare(symbol)).length : 0;
  return { names, dimensions, symbols };
}

class ExpressionReader {
  readonly #parser: TextParser;
  readonly #names: ReadonlyMap<string, AffineExpression>;
  /** Operators so far: a long sum is as deep as a nested one. */
  #operators = 0;

  constructor(parser: TextParser, names: ReadonlyMap<string, AffineExpression>) {
    this.#parser = parser;
    this.#names = names;
  }

  sum(): AffineExpression {
    let result = this.#product();
    for (;;) {
      const at = this.#parser.offset;
      if (this.#parser.accept("+")) result = this.#binary("add", result, this.#product(), at);
      else if (this.#parser.accept("-")) {
        result = this.#binary("add", result, this.#binary("mul", this.#product(), affineConstant(-1), at), at);
      } else return result;
    }
  }

  #product(): AffineExpression {
    const parser = this.#parser;
    let result = this.#factor();
    for (;;) {
      const at = parser.offset;
      if (parser.accept("*")) result = this.#binary("mul", result, this.#factor(), at);
      else if (parser.acceptKeyword("mod")) result = this.#binary("mod", result, this.#factor(), at);
      else if (parser.acceptKeyword("floordiv")) result = this.#binary("floordiv", result, this.#factor(), at);
      else if (parser.acceptKeyword("ceildiv")) result = this.#binary("ceildiv", result, this.#factor(), at);
      else return result;
    }
  }

  #factor(): AffineExpression {
    const parser = this.#parser;
    parser.enter();
    const result = this.#operand();
    parser.leave();
    return result;
  }

  #operand(): AffineExpression {
    const parser = this.#parser;
    const at = parser.offset;
    if (parser.accept("(")) {
      const inner = this.sum();
      parser.expect(")");
      return inner;
    }
    if (parser.peekNumber()) return affineConstant(parser.parseSize());
    if (parser.accept("-")) return this.#binary("mul", this.#factor(), affineConstant(-1), at);
    const name = parser.keyword("an affine expression");
    const known = this.#names.get(name);
    if (known === undefined) throw parser.error(`'${name}' is not a dimension or symbol of this affine map`, at);
    return known;
  }

  #binary(
    kind: "add" | "mul" | "mod" | "floordiv" | "ceildiv",
    lhs: AffineExpression,
    rhs: AffineExpression,
    at: number,
  ): AffineExpression {
    this.#operators++;
    if (this.#operators > 4 * maximumDepth) throw this.#parser.error("this affine expression is too long", at);
    if (kind === "mul" && !isSymbolic(lhs) && !isSymbolic(rhs)) {
      throw this.#parser.error("not affine: one factor of a product must be a constant or a symbol", at);
    }
    if (kind !== "add" && kind !== "mul") {
      if (!isSymbolic(rhs))
        throw this.#parser.error(`not affine: the right of '${kind}' must be a constant or a symbol`, at);
      if (rhs.kind === "constant" && rhs.value === 0) throw this.#parser.error(`division by zero in '${kind}'`, at);
    }
    return affineBinary(kind, lhs, rhs);
  }
}

/** Whether an expression has no dimension in it. */
function isSymbolic(expression: AffineExpression): boolean {
  if (expression.kind === "dimension") return false;
  if (expression.kind === "constant" || expression.kind === "symbol") return true;
  return isSymbolic(expression.lhs) && isSymbolic(expression.rhs);
}
