/** How reports look on a terminal: MLIR's heading. */

const rule = `===${"-".repeat(73)}===`;

/** A heading with a title in the middle. */
export function reportHeading(title: string): string {
  const text = `... ${title} ...`;
  return `${rule}\n${" ".repeat(Math.max(0, Math.floor((rule.length - text.length) / 2)))}${text}\n${rule}\n`;
}
