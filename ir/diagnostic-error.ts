/**
 * The one error class for bad input and bad IR. It carries a place in the user's source (when there is one), what was
 * expected and found as its message, and notes for other places. Tools print it as `file:line:column: error: …` and
 * exit with 1; any other exception is a defect of ours.
 */

/** A place in a source text; lines and columns count from 1. */
export interface SourcePlace {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A further remark on a diagnostic, with its own place. */
export interface DiagnosticNote extends SourcePlace {
  readonly message: string;
}

export interface DiagnosticDetails extends SourcePlace {
  readonly notes?: readonly DiagnosticNote[];
  /** The source text, for the caret line. */
  readonly source?: string;
}

function placeText(place: SourcePlace): string {
  const parts = [place.file ?? (place.line === undefined ? "" : "-"), place.line, place.column];
  return parts
    .filter((part) => part !== undefined && part !== "")
    .map((part) => `${part}:`)
    .join("");
}

function caretText(details: DiagnosticDetails, source: string | undefined): string {
  if (source === undefined || details.line === undefined) return "";
  const line = source.split("\n")[details.line - 1];
  if (line === undefined) return "";
  const column = Math.max(1, details.column ?? 1);
  // Keep the caret visible on very long lines (a resource string can be megabytes).
  const start = Math.max(0, column - 80);
  const shown = line
    .slice(start, start + 160)
    .replaceAll("\t", " ")
    .replaceAll(/\p{Cc}|\ufffd/gu, "·");
  return `\n  ${shown}\n  ${" ".repeat(column - 1 - start)}^`;
}

/** Beyond this, what makes a message long is a word of the input that nobody reads. */
const longestMessage = 1000;

export class DiagnosticError extends Error {
  readonly details: Omit<DiagnosticDetails, "source">;
  /** Private, so that whoever inspects the error does not print a whole program. */
  readonly #source: string | undefined;

  constructor(message: string, { source, ...details }: DiagnosticDetails = {}) {
    super(
      message.length > longestMessage ? message.replaceAll(/\S{80,}/g, (word) => `${word.slice(0, 60)}…`) : message,
    );
    this.name = "DiagnosticError";
    this.details = details;
    this.#source = source;
  }

  /** The source text that the caret line is taken from. */
  get source(): string | undefined {
    return this.#source;
  }

  /** The details with the source text, for another diagnostic at the same place. */
  get origin(): DiagnosticDetails {
    return this.#source === undefined ? this.details : { ...this.details, source: this.#source };
  }

  /** The text that tools print: place, severity, message, caret line, notes. */
  render(severity: "error" | "warning" | "remark" = "error"): string {
    const place = placeText(this.details);
    const notes = (this.details.notes ?? []).map((note) => {
      const notePlace = placeText(note);
      return `\n${notePlace}${notePlace === "" ? "" : " "}note: ${note.message}`;
    });
    return `${place}${place === "" ? "" : " "}${severity}: ${this.message}${caretText(this.details, this.#source)}${notes.join("")}`;
  }
}

/** What anything that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
