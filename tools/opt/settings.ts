/** Turns the flags of `anemone opt` into checked values; a wrong one is an error of usage that says what is allowed. */
import { didYouMean } from "../../ir/close-names.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import type { PrintOptions } from "../../ir/printer/print.ts";
import type { RemarkFilter } from "../../passes/instrumentation/remarks.ts";
import type { AnyPass, PipelineStep } from "../../passes/pass.ts";
import { type RemarkKind, remarkKinds } from "../../passes/pass-types.ts";
import { stepOfFlag } from "../../passes/pipeline.ts";
import { asUsage, UsageError } from "../failure.ts";
import { type OptOptions, optFlagNames } from "./flags.ts";

/** Other than this a resource is left out of standard output. */
export const longestPrintedResource = 1 << 16;

export function choice<const C extends readonly string[]>(flag: string, found: string, choices: C): C[number] {
  const known = choices.find((each) => each === found);
  if (known === undefined) throw new UsageError(`${flag} takes ${choices.join(" or ")}, but got '${found}'`);
  return known;
}

export function flagValue(flag: string, found: string): boolean {
  if (found === "true" || found === "1") return true;
  if (found === "false" || found === "0") return false;
  throw new UsageError(`${flag} takes true or false, but got '${found}'`);
}

export function count(flag: string, found: string): number {
  if (!/^\d+$/.test(found)) throw new UsageError(`${flag} takes a whole number, but got '${found}'`);
  return Number(found);
}

/** What is printed on standard output; a file has its weights beside it. */
export function printOptions(options: OptOptions): PrintOptions & { readonly elideResourcesLongerThan: number } {
  const { mlirElideElementsattrsIfLarger: elements, mlirElideResourceStringsIfLarger: resources } = options;
  const pretty = options.mlirPrettyDebuginfo ?? false;
  return {
    generic: options.mlirPrintOpGeneric ?? false,
    debugInfo: pretty || (options.mlirPrintDebuginfo ?? false),
    prettyDebugInfo: pretty,
    localScope: options.mlirPrintLocalScope ?? false,
    valueUsers: options.mlirPrintValueUsers ?? false,
    locationNames: options.mlirUseNamelocAsPrefix ?? false,
    skipRegions: options.mlirPrintSkipRegions ?? false,
    ...(options.mlirPrintUniqueSsaIds ? { uniqueNames: true } : {}),
    ...(elements === undefined ? {} : { elideLargerThan: count("--mlir-elide-elementsattrs-if-larger", elements) }),
    inlineResources: true,
    elideResourcesLongerThan:
      resources === undefined ? longestPrintedResource : count("--mlir-elide-resource-strings-if-larger", resources),
  };
}

/** Which remarks are wanted; undefined: none. */
export function remarkFilter({ remarks, remarksFilter, remarksOutput }: OptOptions): RemarkFilter | undefined {
  if (remarks === undefined && remarksOutput === undefined) return undefined;
  const words = (remarks ?? "all").split(",").map((word) => choice("--remarks", word.trim(), [...remarkKinds, "all"]));
  const kinds = new Set<RemarkKind>(words.flatMap((word) => (word === "all" ? remarkKinds : [word])));
  if (remarksFilter === undefined) return { kinds };
  try {
    return { kinds, passes: new RegExp(remarksFilter) };
  } catch (error) {
    throw new UsageError(`--remarks-filter is not a regular expression: ${messageOf(error)}`);
  }
}

/** Names of passes behind a flag. */
export function passNames(
  flag: string,
  found: string | undefined,
  passes: readonly AnyPass[],
): readonly string[] | undefined {
  return found?.split(",").map((each) => {
    const name = each.trim();
    if (passes.some((known) => known.name === name)) return name;
    const names = passes.map((known) => known.name);
    const hint = didYouMean(name, names) || "; `anemone opt --show-passes` lists them";
    throw new UsageError(`${flag}: no pass is called '${name}'${hint}`);
  });
}

/** What stands on the command line beside the flags that are listed: the file, passes as flags, a separator. */
export interface Arguments {
  readonly file: string;
  readonly steps: readonly PipelineStep[];
  readonly splitMarker: string | undefined;
}

const passFlag = /^--?([\w.-]+?)(?:=([\s\S]*))?$/;

/** Whether an argument is one of `passes` as a flag; that its options are right is not asked. */
export function isPassFlag(argument: string, passes: readonly AnyPass[]): boolean {
  const name = passFlag.exec(argument)?.[1];
  return passes.some((known) => known.name === name);
}

/** Reads the arguments that commander left over. */
export function readArguments(args: readonly string[], passes: readonly AnyPass[]): Arguments {
  const files: string[] = [];
  const steps: PipelineStep[] = [];
  let splitMarker: string | undefined;
  for (const argument of args) {
    if (argument === "-" || !argument.startsWith("-")) {
      files.push(argument);
      continue;
    }
    const [, name = "", value] = passFlag.exec(argument) ?? [];
    if (name === "split-input-file" && value !== undefined) {
      splitMarker = value;
      continue;
    }
    const step = asUsage(() => stepOfFlag(name, value, passes));
    if (step === undefined) {
      const names = passes.map((known) => known.name);
      const hint = didYouMean(name, [...names, ...optFlagNames], (each) => `--${each}`);
      throw new UsageError(`unknown option '${argument}': neither a flag of opt nor a pass${hint}`);
    }
    steps.push(step);
  }
  const [file = "-", other] = files;
  if (other !== undefined) throw new UsageError(`opt takes one file, but got '${file}' and '${other}'`);
  return { file, steps, splitMarker };
}
