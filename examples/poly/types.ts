/** `!poly.polynomial<3>`: a polynomial in one variable with i32 coefficients, of degree 3 at most. */
import { type DataShape, DialectType, internType, type TypeDefinition, typeOf } from "anemone/ir";

export class PolynomialType extends DialectType {
  readonly degree: number;

  private constructor(body: string, degree: number) {
    super("poly", body);
    this.degree = degree;
  }

  /** The one type of this degree: equal types are the same object. */
  static get(degree: number): PolynomialType {
    const body = `polynomial<${degree}>`;
    return internType(`!poly.${body}`, PolynomialType, () => new PolynomialType(body, degree));
  }

  /** A value is its coefficients, the constant term first: what evaluators take and random tests make. */
  override get data(): DataShape {
    return { shape: [this.degree + 1], element: "i32" };
  }
}

/** Degrees above this are a mistake: lowered code is unrolled. */
export const greatestDegree = 64;

export const polynomial = typeOf(PolynomialType, "a polynomial");

export const polynomialDefinition: TypeDefinition = {
  mnemonic: "polynomial",
  doc: "A polynomial in one variable with i32 coefficients that wrap, of at most the degree between the brackets.",
  parse: (parser) => {
    parser.expect("<");
    const at = parser.offset;
    const degree = parser.parseDigits();
    if (degree > greatestDegree)
      throw parser.error(`expected a degree of at most ${greatestDegree}, found ${degree}`, at);
    parser.expect(">");
    return PolynomialType.get(degree);
  },
};
