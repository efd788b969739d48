/**
 * The IR before and after passes, under MLIR's headings: one after the other through `write`, or each in a file of its own
 * in a folder tree that follows the nesting of the operations.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "../../ir/operation.ts";
import type { PrintOptions } from "../../ir/printer/print.ts";
import { symbolName } from "../../ir/symbol-table.ts";
import type { Instrumentation, PassOutcome } from "../manager/instrumentation.ts";
import type { PassInstance } from "../pass.ts";
import { describeOperation, outermost, printAnyway } from "./print-anyway.ts";

export interface IrPrintingOptions {
  /** Names of the passes to print before and after; `all` for every one. */
  readonly before?: "all" | readonly string[];
  readonly after?: "all" | readonly string[];
  /** Behind a pass only where it changed something. Alone it means `after: "all"`. */
  readonly afterChange?: boolean;
  /** Behind a pass only where it failed. Alone it means `after: "all"`. */
  readonly afterFailure?: boolean;
  /** Print the outermost operation instead of the one that the pass ran on. */
  readonly moduleScope?: boolean;
  /** Write files into this folder instead: `builtin_module_no-symbol-name/func_func_main/0_1_cse.mlir`. */
  readonly treeFolder?: string;
  readonly print?: PrintOptions;
  /** Receives the text. Default: standard error. */
  readonly write?: (text: string) => void;
}

export class IrPrinting implements Instrumentation {
  readonly #options: IrPrintingOptions;
  /** How often each operation has been printed, for the names of files. */
  readonly #counts = new Map<Operation, number>();

  constructor(options: IrPrintingOptions) {
    this.#options = options;
  }

  beforePass(pass: PassInstance, operation: Operation): void {
    if (names(this.#options.before, pass)) this.#show("Before", "", pass, operation);
  }

  afterPass(pass: PassInstance, operation: Operation, { changed }: PassOutcome): void {
    const { afterChange = false, afterFailure = false } = this.#options;
    if (afterFailure && !afterChange) return;
    if (!this.#isWantedAfter(pass) || (afterChange && !changed)) return;
    this.#show("After", "", pass, operation);
  }

  afterFailure(pass: PassInstance, operation: Operation): void {
    if (this.#isWantedAfter(pass)) this.#show("After", " Failed", pass, operation);
  }

  #isWantedAfter(pass: PassInstance): boolean {
    const { after, afterChange = false, afterFailure = false } = this.#options;
    return names(after ?? (afterChange || afterFailure ? "all" : undefined), pass);
  }

  #show(when: string, outcome: string, { definition }: PassInstance, operation: Operation): void {
    const { moduleScope = false, treeFolder, print: printOptions, write = console.error } = this.#options;
    const scope = moduleScope ? outermost(operation) : operation;
    const of = operation.parentOperation === undefined ? "" : ` (${describeOperation(operation)})`;
    const heading = `// -----// IR Dump ${when} ${definition.name}${outcome}${of} //----- //\n`;
    const text = heading + printAnyway(scope, printOptions);
    if (treeFolder === undefined) {
      write(text);
      return;
    }
    const path = this.#pathOf(operation, definition.name, treeFolder);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  }

  /** As MLIR names them: a folder per operation around, and a count of what was printed for each of them. */
  #pathOf(operation: Operation, pass: string, folder: string): string {
    this.#counts.set(operation, (this.#counts.get(operation) ?? -1) + 1);
    const folders: string[] = [];
    const counts: number[] = [];
    for (let each: Operation | undefined = operation; each !== undefined; each = each.parentOperation) {
      folders.unshift(safeName(`${each.name.replaceAll(".", "_")}_${symbolName(each) ?? "no-symbol-name"}`));
      const count = this.#counts.get(each) ?? 0;
      this.#counts.set(each, count);
      counts.unshift(count);
    }
    return join(folder, ...folders, `${counts.join("_")}_${safeName(pass)}.mlir`);
  }
}

function names(passes: "all" | readonly string[] | undefined, { definition }: PassInstance): boolean {
  return passes === "all" || (passes?.includes(definition.name) ?? false);
}

/** A symbol may be called anything; a file may not. */
function safeName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "_").slice(0, 200);
}
