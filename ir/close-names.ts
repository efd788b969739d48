/** "Did you mean": known names that are like a mistyped one. */

const mostNames = 3;
const mostEdits = 2;

/**
 * At most three of the known names, those that share a prefix, end the other behind a dash (`convert-scf-to-cf`) or differ in
 * few letters, closest first. Of names that only
 * differ in letters, those that differ in the fewest.
 */
export function closeNames(wanted: string, known: Iterable<string>): string[] {
  const found: { readonly name: string; readonly distance: number; readonly isPart: boolean }[] = [];
  // Of a short name two letters are all of it.
  let fewest = Math.min(mostEdits, Math.floor(wanted.length / 2));
  for (const name of known) {
    const isLong = wanted.length > 2 && name.length > 1;
    const isPrefix = name.startsWith(wanted) || wanted.startsWith(name);
    const isPart = isLong && (isPrefix || name.endsWith(`-${wanted}`) || wanted.endsWith(`-${name}`));
    const distance = editDistance(name, wanted);
    if (!isPart && distance > fewest) continue;
    fewest = Math.min(fewest, distance);
    found.push({ name, distance, isPart });
  }
  return found
    .filter(({ distance, isPart }) => isPart || distance <= fewest)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostNames)
    .map(({ name }) => name);
}

/** The end of a message about an unknown name: `; did you mean a or b?`, or nothing where no known name is close. */
export function didYouMean(
  wanted: string,
  known: Iterable<string>,
  spell: (name: string) => string = (name) => name,
): string {
  const close = closeNames(wanted, known);
  return close.length === 0 ? "" : `; did you mean ${close.map(spell).join(" or ")}?`;
}

/** The number of letters to insert, remove or change. */
export function editDistance(known: string, wanted: string): number {
  const distances = Array.from({ length: wanted.length + 1 }, (_, i) => i);
  for (let i = 1; i <= known.length; i++) {
    let diagonal = distances[0]!;
    distances[0] = i;
    for (let j = 1; j <= wanted.length; j++) {
      const above = distances[j]!;
      const cost = known[i - 1] === wanted[j - 1] ? 0 : 1;
      distances[j] = Math.min(above + 1, distances[j - 1]! + 1, diagonal + cost);
      diagonal = above;
    }
  }
  return distances[wanted.length]!;
}
