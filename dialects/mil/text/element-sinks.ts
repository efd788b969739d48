/** Where the elements of a literal gather, each checked against the tensor's element type. */
import { roundToKind } from "../../../ir/float-bits.ts";
import type { MilContent } from "../document/document.ts";
import { allocateMilNumbers, type MilNumberType } from "../document/numbers.ts";
import {
  type ElementScanner,
  type FloatForm,
  floatFormOf,
  integerRange,
  isFloatType,
  type ScannerOptions,
} from "./number-text.ts";
import { unquotedText } from "./string-text.ts";
import type { Fail } from "./values.ts";

export class StringSink {
  readonly scannerOptions: ScannerOptions = {};
  readonly #strings: string[] = [];
  readonly #fail: Fail;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** The scanner stands before the literal. */
  add({ text, end: at }: ElementScanner): void {
    if (text[at] !== '"') this.#fail(at, `expected a string, found ${shortWord(text, at)}`);
    let end = at + 1;
    while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    const unquoted = unquotedText(text.slice(at, end + 1));
    if (typeof unquoted === "string") this.#strings.push(unquoted);
    else {
      const wrong = at + unquoted.wrongEscape;
      this.#fail(wrong, `there is no escape ${text.slice(wrong, wrong + 2)} in strings: write a backslash as \\\\`);
    }
  }

  finish(): MilContent {
    return { kind: "strings", strings: this.#strings };
  }
}

/** The literal that starts here, without what follows it. */
function shortWord(text: string, at: number): string {
  const [word = ""] = /^(?:"[^"\n]*"|[^\s,\])}]*)/.exec(text.slice(at, at + 40)) ?? [];
  return word;
}

export class NumberSink {
  readonly scannerOptions: ScannerOptions;
  readonly #element: MilNumberType;
  readonly #fail: Fail;
  readonly #float: FloatForm | undefined;
  readonly #least: number;
  readonly #greatest: number;
  readonly #isWide: boolean;
  readonly #numbers: number[] = [];
  readonly #wide: bigint[] = [];

  constructor(element: MilNumberType, fail: Fail) {
    this.#element = element;
    this.#fail = fail;
    this.#float = isFloatType(element) ? floatFormOf(element) : undefined;
    this.scannerOptions = { toOdd: element !== "fp64" };
    this.#isWide = element === "int64" || element === "uint64";
    if (this.#float !== undefined) {
      this.#greatest = this.#float.largest;
      this.#least = -this.#greatest;
    } else {
      const [least, greatest] = integerRange(element);
      this.#least = Number(least);
      this.#greatest = Number(greatest);
    }
  }

  /** Reads the element that the scanner stands before. */
  add(scanner: ElementScanner): void {
    if (scanner.text[scanner.end] === '"') this.#refuse(scanner, scanner.end, shortWord(scanner.text, scanner.end));
    const value = scanner.next();
    const { kind } = scanner;
    if (this.#element === "bool") {
      if (kind !== "boolean") this.#refuse(scanner, scanner.start, scanner.source);
      this.#numbers.push(value);
    } else if (this.#float !== undefined) {
      if (kind === "boolean") this.#refuse(scanner, scanner.start, scanner.source);
      if (!(value >= this.#least && value <= this.#greatest)) this.#checkFloat(this.#float, value, scanner);
      this.#numbers.push(this.#float.encode(value));
    } else {
      if (kind !== "integer") this.#refuse(scanner, scanner.start, scanner.source);
      if (this.#isWide) this.#addWide(scanner);
      else {
        if (value < this.#least || value > this.#greatest) this.#refuseRange(scanner);
        this.#numbers.push(value);
      }
    }
  }

  #addWide(scanner: ElementScanner): void {
    const source = scanner.source;
    const value = source.startsWith("-") ? -BigInt(source.slice(1)) : BigInt(source);
    const [least, greatest] = integerRange(this.#element);
    if (value < least || value > greatest) this.#refuseRange(scanner);
    this.#wide.push(value);
  }

  /** Beyond the greatest finite number: an infinity or NaN that is written as such, or what rounds to the greatest. */
  #checkFloat(form: FloatForm, value: number, scanner: ElementScanner): void {
    const isWord = /^-?[in]/.test(scanner.source);
    if (Number.isNaN(value)) return;
    const rounded = roundToKind(value, form.kind);
    if (isWord ? Number.isNaN(rounded) : !Number.isFinite(rounded)) this.#refuseRange(scanner);
  }

  #refuse({ text }: ElementScanner, at: number, found: string): never {
    const words =
      this.#element === "bool" ? "true or false" : this.#float !== undefined ? "a number" : "a whole number";
    return this.#fail(at, `expected ${words} of type ${this.#element}, found ${found || shortWord(text, at)}`);
  }

  #refuseRange(scanner: ElementScanner): never {
    const limits =
      this.#float === undefined
        ? `is out of the range of ${this.#element}, ${integerRange(this.#element).join(" to ")}`
        : `is beyond the greatest ${this.#element}, ${this.#float.largest}`;
    return this.#fail(scanner.start, `${scanner.source} ${limits}`);
  }

  finish(): MilContent {
    const source = this.#isWide ? this.#wide : this.#numbers;
    const numbers = allocateMilNumbers(this.#element, source.length);
    if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) numbers.set(this.#wide);
    else numbers.set(this.#numbers);
    return { kind: "numbers", numbers };
  }
}
