/** From number literals to values of a type, with MLIR's rules of what fits. */

import { bitsToFloat } from "../float-bits.ts";
import { type FloatType, IndexType, type IntegerType } from "../types.ts";
import type { Lexer, NumberLiteral } from "./lexer.ts";

/**
 * The integer of a literal, wrapped into the type's range. A literal may fill all bits of a signless type (`255 : i8` is
 * -1), but not more.
 */
export function integerOfLiteral(
  parser: Lexer,
  literal: NumberLiteral,
  type: IntegerType | IndexType,
  at: number,
): bigint {
  if (literal.kind === "float")
    throw parser.error(`expected an integer of type ${type}, found ${shortened(literal)}`, at);
  const magnitude = BigInt(literal.text);
  const value = literal.negative ? -magnitude : magnitude;
  const width = type instanceof IndexType ? 64 : type.width;
  const signedness = type instanceof IndexType ? "signed" : type.signedness;
  const power = 1n << BigInt(width);
  const lowest = signedness === "unsigned" ? 0n : width === 0 ? 0n : -(power >> 1n);
  const highest = signedness === "signed" ? (power >> 1n) - 1n : power - 1n;
  if (value < lowest || value > highest) {
    const range =
      width > 128
        ? `${lowest === 0n ? "0" : `-2^${width - 1}`} to 2^${signedness === "signed" ? width - 1 : width} - 1`
        : `${lowest} to ${highest}`;
    throw parser.error(`${shortened(literal)} does not fit ${type}, which holds ${range}`, at);
  }
  return value;
}

/** A literal as written, of which a megabyte would hide the message. */
function shortened({ negative, text }: NumberLiteral): string {
  return (negative ? "-" : "") + (text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** The value of a float literal, or of the bit pattern that a hexadecimal literal gives. */
export function floatOfLiteral(parser: Lexer, literal: NumberLiteral, type: FloatType, at: number): number {
  if (literal.kind === "float") {
    const value = Number(literal.text);
    return literal.negative ? -value : value;
  }
  if (literal.kind === "decimal") {
    throw parser.error(
      `expected a number of type ${type}, found the integer ${shortened(literal)}: write ${shortened(literal)}.0`,
      at,
    );
  }
  if (literal.negative) throw parser.error("a bit pattern has no sign", at);
  const bits = BigInt(literal.text);
  if (bits >> BigInt(type.width) !== 0n) {
    throw parser.error(`the bit pattern ${shortened(literal)} is wider than ${type}`, at);
  }
  const value = bitsToFloat(bits, type.kind);
  if (value === undefined) throw parser.error(`bit patterns of type ${type} cannot be read`, at);
  return value;
}
