/**
 * What shape inference and the reference evaluators throw: a sentence that names the operation, what it expected and what
 * it found, so that a verifier or an importer can hand it on with a location. Values never cause these errors (division
 * by zero, NaN, overflow all have results), with one exception: an index that points outside its tensor.
 */

/** A shape, an axis, an attribute that describes a shape, or an index does not fit. */
export class ShapeError extends Error {
  override readonly name: string = "ShapeError";

  /** `op` is the operation's name, `expected` and `found` continue the words "expected" and "found". */
  constructor(
    readonly op: string,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`${op}: expected ${expected}, found ${found}`);
  }
}

/** An operand has an element type that the operation does not define. */
export class ElementTypeError extends ShapeError {
  override readonly name = "ElementTypeError";
}

/** `[1, 64, 56, 56]`, as error messages write shapes and lists of numbers. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
