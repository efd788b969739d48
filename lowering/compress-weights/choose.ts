/**
 * Which form each layer's weights get, where several are possible. Without a size: the smallest form within the tolerance. With one:
 * the forms whose errors together are least among those that fit. Errors of layers add up as noise does, so what is minimised
 * is the sum of their squares; each step gives the bytes to the layer where a byte takes away most of it (the greedy walk along the
 * layers' convex hulls, which is what a Lagrange multiplier finds).
 */

/** One way to store the weights of a layer. */
export interface Option {
  readonly bytes: number;
  /** ‖W - Ŵ‖/‖W‖ */
  readonly error: number;
}

/** Options that are not worse in both respects than another, from the smallest to the most exact. */
export function worthwhile<O extends Option>(options: readonly O[]): O[] {
  const sorted = [...options].sort((a, b) => a.bytes - b.bytes || a.error - b.error);
  const kept: O[] = [];
  for (const option of sorted) if (kept.length === 0 || option.error < kept.at(-1)!.error) kept.push(option);
  return kept;
}

/** From `position`, the larger option that takes away most squared error per byte, and how much that is. */
function bestStep(
  options: readonly Option[],
  position: number,
  room: number,
): { to: number; gain: number } | undefined {
  const from = options[position]!;
  let best: { to: number; gain: number } | undefined;
  for (let to = position + 1; to < options.length; to++) {
    const { bytes, error } = options[to]!;
    if (bytes - from.bytes > room) break;
    const gain = (from.error ** 2 - error ** 2) / Math.max(1, bytes - from.bytes);
    if (best === undefined || gain > best.gain) best = { to, gain };
  }
  return best;
}

/**
 * One option per layer, at most `budget` bytes together (undefined: the smallest ones). Every list has at least one option; where
 * even the smallest do not fit, they are taken.
 */
export function chooseOptions<O extends Option>(layers: readonly (readonly O[])[], budget: number | undefined): O[] {
  const lists = layers.map(worthwhile);
  const positions = lists.map(() => 0);
  if (budget !== undefined) {
    let room = budget - lists.reduce((sum, options) => sum + options[0]!.bytes, 0);
    for (;;) {
      let best: { layer: number; to: number; gain: number } | undefined;
      for (const [layer, options] of lists.entries()) {
        const step = bestStep(options, positions[layer]!, room);
        if (step !== undefined && (best === undefined || step.gain > best.gain)) best = { layer, ...step };
      }
      if (best === undefined) break;
      const options = lists[best.layer]!;
      room -= options[best.to]!.bytes - options[positions[best.layer]!]!.bytes;
      positions[best.layer] = best.to;
    }
  }
  return lists.map((options, layer) => options[positions[layer]!]!);
}
