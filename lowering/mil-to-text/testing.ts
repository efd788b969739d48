/**
 * A reader of MIL text for tests: accepts exactly the grammar of the text form, and resolves names, so that what is written
 * can be checked without Apple's compiler. It keeps what tests ask for: ops with their arguments, and references to blobs.
 */

export interface MilArgument {
  readonly name: string;
  /** A name, several (`values = (a, b)`), or a value as text. */
  readonly values: readonly string[];
}

export interface MilStatement {
  /** Declared results: type and name. */
  readonly results: readonly { readonly type: string; readonly name: string }[];
  readonly mnemonic: string;
  readonly args: readonly MilArgument[];
  readonly attributes: ReadonlyMap<string, string>;
}

export interface MilBlobReference {
  readonly type: string;
  readonly path: string;
  readonly offset: number;
}

export interface MilText {
  readonly version: string;
  readonly opset: string;
  readonly parameters: readonly { readonly type: string; readonly name: string }[];
  readonly statements: readonly MilStatement[];
  readonly returns: readonly string[];
  readonly blobs: readonly MilBlobReference[];
}

const dtypes: ReadonlySet<string> = new Set([
  ...["string", "bool", "fp16", "fp32", "fp64", "bf16", "int4", "int8", "int16", "int32", "int64"],
  ...["uint1", "uint2", "uint3", "uint4", "uint6", "uint8", "uint16", "uint32", "uint64", "fp8e4m3fn", "fp8e5m2"],
]);
const tokenPattern =
  /\s*(?:("(?:[^"\\]|\\.)*")|(-?(?:0x[0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?p[+-]?\d+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|inf\b|nan\b))|([A-Za-z_][A-Za-z0-9_@]*)|(->|[()[\]{}<>=,;?]))/y;

class MilReader {
  readonly #tokens: string[] = [];
  #at = 0;
  readonly blobs: MilBlobReference[] = [];
  readonly #mayShadow: boolean;

  constructor(text: string, mayShadow: boolean) {
    this.#mayShadow = mayShadow;
    tokenPattern.lastIndex = 0;
    const end = text.trimEnd().length;
    while (tokenPattern.lastIndex < end) {
      const start = tokenPattern.lastIndex;
      const match = tokenPattern.exec(text);
      if (match === null) throw new Error(`no token at ${start}: ${text.slice(start, start + 40)}`);
      this.#tokens.push(match[0].trim());
    }
  }

  get #token(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #fail(expected: string): never {
    throw new Error(
      `expected ${expected}, found '${this.#token}' behind '${this.#tokens.slice(Math.max(0, this.#at - 12), this.#at).join(" ")}'`,
    );
  }

  #accept(token: string): boolean {
    if (this.#token !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) this.#fail(`'${token}'`);
  }

  #matching(pattern: RegExp, what: string): string {
    const token = this.#token;
    if (!pattern.test(token)) this.#fail(what);
    this.#at++;
    return token;
  }

  #identifier(): string {
    return this.#matching(/^[A-Za-z_][A-Za-z0-9_@]*$/, "an identifier");
  }

  #list<T>(close: string, read: () => T): T[] {
    const items: T[] = [];
    if (this.#accept(close)) return items;
    do items.push(read());
    while (this.#accept(","));
    this.#expect(close);
    return items;
  }

  program(): MilText {
    this.#expect("program");
    this.#expect("(");
    const version = this.#matching(/^\d+\.\d+$/, "a version");
    this.#expect(")");
    while (this.#token === "[") this.#attributes();
    this.#expect("{");
    const func = this.#function();
    this.#accept(";");
    this.#expect("}");
    if (this.#token !== "") this.#fail("the end");
    return { version, ...func, blobs: this.blobs };
  }

  #function(): Omit<MilText, "version" | "blobs"> {
    this.#expect("func");
    this.#identifier();
    this.#expect("<");
    const opset = this.#matching(/^ios1[5-8]$/, "an opset");
    this.#expect(">");
    this.#expect("(");
    const parameters = this.#list(")", () => ({ type: this.#type(), name: this.#identifier() }));
    while (this.#token === "[") this.#attributes();
    this.#expect("{");
    const known = new Set(parameters.map(({ name }) => name));
    const statements: MilStatement[] = [];
    while (!this.#accept("}")) statements.push(this.#statement(known));
    this.#expect("->");
    this.#expect("(");
    const returns = this.#list(")", () => this.#identifier());
    const unknown = returns.find((name) => !known.has(name));
    if (unknown !== undefined) throw new Error(`returns ${unknown}, which nothing gives`);
    return { opset, parameters, statements, returns };
  }

  #statement(known: Set<string>): MilStatement {
    const results: { type: string; name: string }[] = [];
    do results.push({ type: this.#type(), name: this.#identifier() });
    while (this.#accept(","));
    this.#expect("=");
    const mnemonic = this.#identifier();
    this.#expect("(");
    const args = this.#list(")", () => this.#argument(known));
    const attributes = this.#token === "[" ? this.#attributes() : new Map<string, string>();
    this.#expect(";");
    for (const { name } of results) {
      if (!this.#mayShadow && known.has(name)) throw new Error(`${name} is given twice`);
      known.add(name);
    }
    return { results, mnemonic, args, attributes };
  }

  #argument(known: ReadonlySet<string>): MilArgument {
    const name = this.#identifier();
    this.#expect("=");
    if (this.#accept("(")) return { name, values: this.#list(")", () => this.#operand(known)) };
    return { name, values: [this.#operand(known)] };
  }

  #operand(known: ReadonlySet<string>): string {
    const isValue = dtypes.has(this.#token) || this.#token === "tensor";
    if (isValue) return this.#value();
    const name = this.#identifier();
    if (!known.has(name)) throw new Error(`${name} is used before it is given`);
    return name;
  }

  #attributes(): Map<string, string> {
    this.#expect("[");
    return new Map(
      this.#list("]", () => {
        const name = this.#identifier();
        this.#expect("=");
        return [name, this.#value()] as const;
      }),
    );
  }

  #type(): string {
    const start = this.#at;
    if (this.#accept("tensor")) {
      this.#expect("<");
      this.#dtype();
      this.#expect(",");
      this.#expect("[");
      this.#list("]", () => this.#matching(/^(\d+|\?)$/, "a size"));
      this.#expect(">");
    } else if (this.#accept("dict") || this.#accept("tuple")) {
      this.#expect("<");
      this.#list(">", () => this.#type());
    } else if (this.#accept("list")) {
      this.#expect("<");
      this.#type();
      this.#expect(",");
      this.#matching(/^(\d+|\?)$/, "a length");
      this.#expect(">");
    } else this.#dtype();
    return this.#tokens.slice(start, this.#at).join("");
  }

  #dtype(): void {
    if (!dtypes.has(this.#token)) this.#fail("an element type");
    this.#at++;
  }

  #value(): string {
    const start = this.#at;
    const type = this.#type();
    this.#expect("(");
    if (this.#accept("BLOBFILE")) this.#blob(type);
    else this.#literal();
    this.#expect(")");
    return this.#tokens.slice(start, this.#at).join("");
  }

  #blob(type: string): void {
    this.#expect("(");
    this.#expect("path");
    this.#expect("=");
    const path = /"(.*)"/.exec(this.#value())?.[1] ?? "";
    this.#expect(",");
    this.#expect("offset");
    this.#expect("=");
    const offset = Number(/\((\d+)\)$/.exec(this.#value())?.[1]);
    this.#expect(")");
    this.blobs.push({ type, path, offset });
  }

  #literal(): void {
    if (this.#accept("[")) {
      this.#list("]", () => this.#literal());
      return;
    }
    if (this.#accept("(")) {
      this.#list(")", () => this.#literal());
      return;
    }
    if (this.#accept("{")) {
      this.#list("}", () => {
        this.#expect("{");
        this.#literal();
        this.#expect(",");
        this.#literal();
        this.#expect("}");
      });
      return;
    }
    if (dtypes.has(this.#token) || this.#token === "tensor") {
      this.#value();
      return;
    }
    this.#matching(/^("|-?\d|-?0x|-?inf$|nan$|true$|false$)/, "a literal");
  }
}

/** Reads MIL text; throws where it breaks the grammar, or a name is unknown or given twice (unless `mayShadow`). */
export function readMilText(text: string, mayShadow = false): MilText {
  return new MilReader(text, mayShadow).program();
}
