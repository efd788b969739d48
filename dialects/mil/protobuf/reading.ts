/** Where reading stands in a model file, for diagnostics: protobuf has no lines, so the way there is named instead. */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";

export class Place {
  readonly #file: string;
  readonly #outer: Place | undefined;
  readonly #part: string;

  constructor(file: string, part = "", outer?: Place) {
    this.#file = file;
    this.#part = part;
    this.#outer = outer;
  }

  /** A part of this place: `function main`, `operation 3 (conv y)`. */
  at(part: string): Place {
    return new Place(this.#file, part, this);
  }

  error(message: string): DiagnosticError {
    const path = this.#path();
    return new DiagnosticError(path === "" ? message : `${path}: ${message}`, { file: this.#file });
  }

  #path(): string {
    const outer = this.#outer === undefined ? "" : this.#outer.#path();
    return outer === "" ? this.#part : `${outer}, ${this.#part}`;
  }

  /** What must be there. */
  required<Value>(value: Value | undefined, what: string): Value {
    if (value === undefined) throw this.error(`${what} is missing`);
    return value;
  }

  /** The one member of a protobuf `oneof` that is set. */
  only<Members extends object>(members: Members, what: string): keyof Members & string {
    const set: (keyof Members & string)[] = [];
    for (const name in members) if (members[name] !== undefined) set.push(name);
    const [first] = set;
    if (first === undefined) throw this.error(`${what} is missing`);
    if (set.length > 1) throw this.error(`${what} is given as ${set.join(" and as ")}`);
    return first;
  }

  /** A count or offset that a number can hold. */
  size(value: bigint, what: string): number {
    if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.error(`${what} is ${value}`);
    return Number(value);
  }
}
