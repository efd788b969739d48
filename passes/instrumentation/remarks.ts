/**
 * Remarks: what passes did (passed), did not do and why (missed), and found out (analysis). A pattern that declines with a
 * reason is a missed remark too. Kept as plain records, for standard error or as LLVM's YAML.
 */
import { DiagnosticError, type SourcePlace } from "../../ir/diagnostic-error.ts";
import { placeOf } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import type { RewriteObserver } from "../../ir/rewrite/observer.ts";
import { symbolName } from "../../ir/symbol-table.ts";
import type { Instrumentation } from "../manager/instrumentation.ts";
import type { PassInstance } from "../pass.ts";
import type { Remark, RemarkArguments, RemarkKind } from "../pass-types.ts";

/** A remark that outlives the operation that it is about. */
export interface RemarkRecord {
  readonly kind: RemarkKind;
  readonly pass: string;
  readonly name: string;
  readonly place: SourcePlace;
  /** The symbol around (or of) the operation. */
  readonly symbol: string | undefined;
  readonly message: string;
  readonly arguments: RemarkArguments;
}

export interface RemarkFilter {
  readonly kinds: ReadonlySet<RemarkKind>;
  /** Only passes whose name matches. */
  readonly passes?: RegExp;
}

export class Remarks implements Instrumentation {
  readonly #filter: RemarkFilter;
  readonly #onRecord: ((record: RemarkRecord) => void) | undefined;
  readonly #records: RemarkRecord[] = [];
  readonly rewrites?: RewriteObserver;
  #pass: PassInstance | undefined;
  /** Refusals of the current pass: a driver may ask a pattern again and again. */
  readonly #refusals = new Map<Operation, Set<string>>();

  /** `onRecord` gets each remark as it is made. */
  constructor(filter: RemarkFilter, onRecord?: (record: RemarkRecord) => void) {
    this.#filter = filter;
    this.#onRecord = onRecord;
    if (filter.kinds.has("missed")) {
      this.rewrites = { refused: (pattern, operation, reason) => this.#refused(pattern, operation, reason) };
    }
  }

  get records(): readonly RemarkRecord[] {
    return this.#records;
  }

  beforePass(pass: PassInstance): void {
    this.#pass = pass;
    this.#refusals.clear();
  }

  remark({ kind, pass, name, operation, message, arguments: facts }: Remark): void {
    const { kinds, passes } = this.#filter;
    if (!kinds.has(kind) || (passes !== undefined && !passes.test(pass))) return;
    const record: RemarkRecord = {
      kind,
      pass,
      name,
      place: placeOf(operation.location),
      symbol: enclosingSymbol(operation),
      message,
      arguments: facts,
    };
    this.#records.push(record);
    this.#onRecord?.(record);
  }

  #refused(pattern: string, operation: Operation, reason: string): void {
    let known = this.#refusals.get(operation);
    if (known === undefined) {
      known = new Set();
      this.#refusals.set(operation, known);
    }
    const key = `${pattern}\0${reason}`;
    if (known.has(key)) return;
    known.add(key);
    this.remark({
      kind: "missed",
      pass: this.#pass?.definition.name ?? "",
      name: pattern,
      operation,
      message: `'${operation.name}' is left as it is: ${reason}`,
      arguments: { pattern, operation: operation.name, reason },
    });
  }
}

function enclosingSymbol(operation: Operation): string | undefined {
  for (let each: Operation | undefined = operation; each !== undefined; each = each.parentOperation) {
    const name = symbolName(each);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** A remark as a diagnostic: `file:line:col: remark: [missed] vectorize: …`. */
export function remarkDiagnostic({ kind, pass, name, message, place }: RemarkRecord): DiagnosticError {
  const subject = name.includes(".") || name === pass ? pass : `${pass} (${name})`;
  return new DiagnosticError(`[${kind}] ${subject}: ${message}`, place);
}

const yamlTags: { readonly [K in RemarkKind]: string } = {
  passed: "!Passed",
  missed: "!Missed",
  analysis: "!Analysis",
};

/** Remarks in the form of LLVM's `-fsave-optimization-record`, one YAML document each. */
export async function remarksAsYaml(records: readonly RemarkRecord[]): Promise<string> {
  const { Document, YAMLMap } = await import("yaml");
  return records
    .map(({ kind, pass, name, place, symbol, message, arguments: facts }) => {
      const { file, line, column } = place;
      const document = new Document({
        Pass: pass,
        Name: name,
        ...(file === undefined ? {} : { DebugLoc: { File: file, Line: line ?? 0, Column: column ?? 0 } }),
        Function: symbol ?? "<module>",
        Args: [{ String: message }, ...Object.entries(facts).map(([key, value]) => ({ [key]: String(value) }))],
      });
      if (document.contents instanceof YAMLMap) {
        document.contents.tag = yamlTags[kind];
        const debugLocation = document.contents.get("DebugLoc");
        if (debugLocation instanceof YAMLMap) debugLocation.flow = true;
      }
      return `--- ${document.toString({ lineWidth: 0, defaultStringType: "PLAIN" })}...\n`;
    })
    .join("");
}
