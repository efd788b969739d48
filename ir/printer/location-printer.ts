/** Spells locations behind operations: in full, by aliases that are defined at the end of the text, or for people only. */
import { type Location, locationText } from "../location.ts";

export class LocationPrinter {
  readonly #isLocal: boolean;
  readonly #isPretty: boolean;
  /** Aliases by the text of their location. */
  readonly #aliases = new Map<string, string>();
  #definitions = "";

  /** A pretty one cannot be read back. */
  constructor(isLocal: boolean, isPretty = false) {
    this.#isLocal = isLocal;
    this.#isPretty = isPretty;
  }

  /** `loc(…)` */
  spell(location: Location): string {
    if (this.#isPretty) return prettyLocation(location);
    const text = locationText(location);
    if (this.#isLocal || location.kind === "unknown") return `loc(${text})`;
    let alias = this.#aliases.get(text);
    if (alias === undefined) {
      const count = this.#aliases.size;
      alias = count === 0 ? "#loc" : `#loc${count}`;
      this.#aliases.set(text, alias);
      this.#definitions += `${alias} = loc(${text})\n`;
    }
    return `loc(${alias})`;
  }

  /** The lines that define the aliases used so far. */
  get definitions(): string {
    return this.#definitions;
  }
}

/** A location as people write it: `model.mlir:3:4`, `"conv1"`, `[a.mlir:1:2, b.mlir:3:4]`. */
function prettyLocation(location: Location): string {
  switch (location.kind) {
    case "unknown":
      return "[unknown]";
    case "file":
      return `${location.file}:${location.line}:${location.column}`;
    case "name": {
      const { name, child } = location;
      const place = child === undefined || child.kind === "unknown" ? "" : `(${prettyLocation(child)})`;
      return `"${name}"${place}`;
    }
    case "callsite":
      return `${prettyLocation(location.callee)} at ${prettyLocation(location.caller)}`;
    case "fused": {
      const { metadata, parts } = location;
      return `${metadata === undefined ? "" : `<${metadata}>`}[${parts.map(prettyLocation).join(", ")}]`;
    }
  }
}
