/**
 * Which form each layer's weights get, where several are possible. Without a size: the smallest form within the tolerance. With one:
 * the forms whose errors together are least among those that fit. Errors of layers add up as noise does, so what is minimised is
 * the sum of their squares. That is a knapsack with one choice per layer, solved by dynamic programming over sizes.
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

/** Sizes that are told apart: of several ways to about one size only the best is followed. Exact for budgets below. */
const resolution = 4096;

/** A way to store the first layers; `before` is the way to store those before the last of them. */
interface Partial {
  readonly bytes: number;
  readonly noise: number;
  readonly option: number;
  readonly before: Partial | undefined;
}

/** The ways to extend `partials` by one more layer that leave `room` for the others, at most one for each size. */
function extended(partials: readonly Partial[], options: readonly Option[], room: number, unit: number): Partial[] {
  const bySize: (Partial | undefined)[] = [];
  for (const before of partials) {
    for (const [option, { bytes: own, error }] of options.entries()) {
      const bytes = before.bytes + own;
      if (bytes > room) break;
      const noise = before.noise + error * error;
      const size = Math.floor(bytes / unit);
      const known = bySize[size];
      if (known === undefined || noise < known.noise) bySize[size] = { bytes, noise, option, before };
    }
  }
  const kept: Partial[] = [];
  for (const each of bySize)
    if (each !== undefined && (kept.length === 0 || each.noise < kept.at(-1)!.noise)) kept.push(each);
  return kept;
}

/**
 * One option per layer, at most `budget` bytes together (undefined: the smallest ones). Every list has at least one option; where
 * even the smallest do not fit, they are taken.
 */
export function chooseOptions<O extends Option>(layers: readonly (readonly O[])[], budget: number | undefined): O[] {
  const lists = layers.map(worthwhile);
  const smallest = lists.map((options) => options[0]!);
  let needed = smallest.reduce((sum, { bytes }) => sum + bytes, 0);
  if (budget === undefined || needed > budget) return smallest;
  const unit = Math.max(1, budget / resolution);
  let partials: readonly Partial[] = [{ bytes: 0, noise: 0, option: 0, before: undefined }];
  for (const [layer, options] of lists.entries()) {
    needed -= smallest[layer]!.bytes;
    partials = extended(partials, options, budget - needed, unit);
  }
  // They are in order of size, and so of falling noise.
  const chosen: O[] = [];
  let walk = partials.at(-1);
  for (const options of lists.toReversed()) {
    chosen.push(options[walk?.option ?? 0]!);
    walk = walk?.before;
  }
  return chosen.reverse();
}
