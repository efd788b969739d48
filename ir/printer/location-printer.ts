/** Spells locations behind operations: in full, or by aliases that are defined at the end of the text. */
import { type Location, locationText } from "../location.ts";

export class LocationPrinter {
  readonly #isLocal: boolean;
  /** Aliases by the text of their location. */
  readonly #aliases = new Map<string, string>();
  #definitions = "";

  constructor(isLocal: boolean) {
    this.#isLocal = isLocal;
  }

  /** `loc(…)` */
  spell(location: Location): string {
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
