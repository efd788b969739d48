/** "Did you mean": known names that are like a mistyped one. */

const mostNames = 3;
const mostEdits = 2;

/** At most three of the known names, those that share a prefix or differ in few letters, closest first. */
export function closeNames(wanted: string, known: Iterable<string>): string[] {
  const found: { readonly name: string; readonly distance: number }[] = [];
  for (const name of known) {
    const isPrefix = wanted.length > 2 && (name.startsWith(wanted) || wanted.startsWith(name));
    const distance = editDistance(name, wanted);
    if (isPrefix || distance <= mostEdits) found.push({ name, distance });
  }
  return found
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostNames)
    .map(({ name }) => name);
}

/** The number of letters to insert, remove or change. */
function editDistance(known: string, wanted: string): number {
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
