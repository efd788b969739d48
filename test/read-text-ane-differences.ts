/**
 * What the text reader reads otherwise on the virtual engine than by ONNX Runtime, line by line, each with the operation whose fp16
 * arithmetic causes it. The list says exactly what differs: a line that comes out the same has to go. It is empty: on the
 * four pictures the engine's rounding changes confidences in the third digit and no character.
 */
export interface ReadingDifference {
  /** File name in examples/pictures. */
  readonly picture: string;
  /** The line as ONNX Runtime gives it; undefined where it finds none. */
  readonly expected: string | undefined;
  /** The line as the virtual engine gives it; undefined where it finds none. */
  readonly found: string | undefined;
  /** The operation (its ONNX node) that the difference comes from, and why. */
  readonly cause: string;
}

export const engineReadingDifferences: readonly ReadingDifference[] = [];
