/** Broadcasting questions about shapes. */

/** Whether `shape` broadcasts to exactly `target`. */
export function isBroadcastable(shape: readonly number[], target: readonly number[]): boolean {
  const shift = target.length - shape.length;
  return shift >= 0 && shape.every((size, axis) => size === 1 || size === target[axis + shift]);
}
