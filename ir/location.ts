/**
 * Locations: where in the user's world an operation comes from (a line of IR text, an ONNX node, a call site in
 * TypeScript). Every operation has one; when operations merge, theirs are fused. Spelled as in MLIR: `loc(...)`.
 */
import type { DiagnosticDetails, SourcePlace } from "./diagnostic-error.ts";
import { quoted } from "./quoted.ts";

export type Location =
  | { readonly kind: "unknown" }
  | { readonly kind: "file"; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: "name"; readonly name: string; readonly child?: Location }
  | { readonly kind: "callsite"; readonly callee: Location; readonly caller: Location }
  | { readonly kind: "fused"; readonly parts: readonly Location[]; readonly metadata?: string };

/** A text that is read: finds lines and columns when somebody asks for them. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;
  #lastLine = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Line and column of an offset, both from 1. */
  place(offset: number): { readonly file: string; readonly line: number; readonly column: number } {
    const starts = this.#starts();
    let line = this.#lastLine;
    // Places are mostly asked in rising order: try the lines behind the last one before searching.
    if (starts[line]! > offset || (starts[line + 4] ?? Infinity) <= offset) line = lineAt(starts, offset);
    else while ((starts[line + 1] ?? Infinity) <= offset) line++;
    this.#lastLine = line;
    return { file: this.file, line: line + 1, column: offset - starts[line]! + 1 };
  }

  /** The location of a line and column that another reader found, both from 1. */
  at(line: number, column: number): Location {
    const start = this.#starts()[line - 1];
    return start === undefined
      ? fileLocation(this.file, line, column)
      : new TextLocation(this, Math.min(start + column - 1, this.text.length));
  }

  #starts(): readonly number[] {
    this.#lineStarts ??= lineStartsOf(this.text);
    return this.#lineStarts;
  }
}

/** A place in a text as a location of kind "file". */
export class TextLocation {
  declare readonly source: SourceText;
  declare readonly offset: number;

  constructor(source: SourceText, offset: number) {
    this.source = source;
    this.offset = offset;
  }

  get kind(): "file" {
    return "file";
  }

  get file(): string {
    return this.source.file;
  }

  get line(): number {
    return this.source.place(this.offset).line;
  }

  get column(): number {
    return this.source.place(this.offset).column;
  }

  toJSON(): Location {
    return fileLocation(this.file, this.line, this.column);
  }
}

function lineStartsOf(source: string): readonly number[] {
  const starts = [0];
  for (let end = source.indexOf("\n"); end >= 0; end = source.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}

/** The index of the line that contains an offset. */
function lineAt(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const unknownLocation: Location = { kind: "unknown" };

export function fileLocation(file: string, line: number, column: number): Location {
  return { kind: "file", file, line, column };
}

/** A named origin, for example an ONNX node's name; `child` says where that name stands. */
export function nameLocation(name: string, child?: Location): Location {
  return child === undefined ? { kind: "name", name } : { kind: "name", name, child };
}

/** The union of several locations without repeats; one location stays itself. */
export function fuseLocations(locations: readonly Location[]): Location {
  const parts: Location[] = [];
  const add = (part: Location) => {
    if (part.kind !== "unknown" && !parts.some((known) => isSameLocation(known, part))) parts.push(part);
  };
  for (const location of locations) {
    if (location.kind === "fused" && location.metadata === undefined) for (const part of location.parts) add(part);
    else add(location);
  }
  const [first] = parts;
  if (first === undefined) return unknownLocation;
  return parts.length === 1 ? first : { kind: "fused", parts };
}

function isSameLocation(a: Location, b: Location): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === "file" && b.kind === "file") return a.line === b.line && a.column === b.column && a.file === b.file;
  return locationText(a) === locationText(b);
}

/** Most parts of a location that `mergeLocations` makes: merging thousands of operations stays cheap, and readable. */
const mostParts = 16;

/** The location of an operation that also stands for one at `other`: both, as long as that stays short. */
export function mergeLocations(location: Location, other: Location): Location {
  if (location === other || other.kind === "unknown") return location;
  if (location.kind === "fused" && location.parts.length >= mostParts) return location;
  return fuseLocations([location, other]);
}

/** The text inside `loc( … )`. */
export function locationText(location: Location): string {
  switch (location.kind) {
    case "unknown":
      return "unknown";
    case "file":
      return `${quoted(location.file)}:${location.line}:${location.column}`;
    case "name":
      return location.child === undefined || location.child.kind === "unknown"
        ? quoted(location.name)
        : `${quoted(location.name)}(${locationText(location.child)})`;
    case "callsite":
      return `callsite(${locationText(location.callee)} at ${locationText(location.caller)})`;
    case "fused": {
      const metadata = location.metadata === undefined ? "" : `<${location.metadata}>`;
      return `fused${metadata}[${location.parts.map(locationText).join(", ")}]`;
    }
  }
}

/** The first file position that a location leads to, for `file:line:column:` in front of a message. */
export function placeOf(location: Location): SourcePlace {
  const { source: _, ...place } = originOf(location);
  return place;
}

/** As `placeOf`, for a diagnostic: with the text that the position is in, where that has been read here. */
export function originOf(location: Location): DiagnosticDetails {
  switch (location.kind) {
    case "unknown":
      return {};
    case "file": {
      const { file, line, column } = location;
      const place = { file, line, column };
      return location instanceof TextLocation ? { ...place, source: location.source.text } : place;
    }
    case "name":
      return location.child === undefined ? {} : originOf(location.child);
    case "callsite":
      return originOf(location.callee);
    case "fused":
      return location.parts.map(originOf).find((place) => place.file !== undefined) ?? {};
  }
}

/** The names on the way to the source ("conv1/relu"), for people; undefined where there are none. */
export function nameOf(location: Location): string | undefined {
  switch (location.kind) {
    case "name":
      return location.name;
    case "callsite":
      return nameOf(location.callee);
    case "fused": {
      const names = location.parts.map(nameOf).filter((name) => name !== undefined);
      return names.length === 0 ? undefined : names.join("+");
    }
    default:
      return undefined;
  }
}
