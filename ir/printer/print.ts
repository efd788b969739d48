/** `print`: operations to IR text. */
import { isIsolatedName } from "../assembly/definition-info.ts";
import type { Operation } from "../operation.ts";
import { bareIdentifier, quoted } from "../quoted.ts";
import { blobsOf } from "./blobs-of.ts";
import { LocationPrinter } from "./location-printer.ts";
import { OperationPrinter } from "./operation-printer.ts";
import { ValueNames } from "./value-names.ts";

export interface PrintOptions {
  /** Only the generic form, which any MLIR tool reads. */
  readonly generic?: boolean;
  /** Print `loc(…)` behind operations and block arguments. */
  readonly debugInfo?: boolean;
  /** With `debugInfo`, spell each location out instead of `loc(#loc1)`. */
  readonly localScope?: boolean;
  /** Print `dense<…>` of more elements than this as `dense_resource<__elided__>`. */
  readonly elideLargerThan?: number;
  /** Append the bytes of resources as `{-# dialect_resources … #-}`. */
  readonly inlineResources?: boolean;
  /** With `inlineResources`, leave out those whose string is longer than this. */
  readonly elideResourcesLongerThan?: number;
  /** Keep the names that values came with. Default true. */
  readonly valueNames?: boolean;
  /** Name values without a name of their own after the name in their location (an ONNX node's). */
  readonly locationNames?: boolean;
  /** Never use a number twice in the text, also in regions that do not see each other. */
  readonly uniqueNames?: boolean;
  /** With `debugInfo`, locations for people (`file:1:2`), which cannot be read back. */
  readonly prettyDebugInfo?: boolean;
  /** Say in comments who uses each value. */
  readonly valueUsers?: boolean;
  /** Print `{...}` instead of regions. Cannot be read back. */
  readonly skipRegions?: boolean;
}

/** The text of an operation with all that is in it, ending in a line break. Values are named within the isolated operation around it. */
export function print(operation: Operation, options: PrintOptions = {}): string {
  const { generic = false, debugInfo = false, valueNames = true } = options;
  const { uniqueNames = generic, valueUsers = false, skipRegions = false } = options;
  const names = new ValueNames(isolatedAround(operation), {
    isUnique: uniqueNames,
    keepsHints: valueNames,
    usesLocationNames: options.locationNames,
    numbersOperations: valueUsers,
  });
  const locations = debugInfo ? new LocationPrinter(options.localScope === true, options.prettyDebugInfo) : undefined;
  const { elideLargerThan } = options;
  const printer = new OperationPrinter(names, { generic, locations, elideLargerThan, valueUsers, skipRegions });
  printer.operation(operation);
  printer.write("\n");
  const aliases = locations?.definitions ?? "";
  const resources =
    options.inlineResources === true ? resourceSection(operation, options.elideResourcesLongerThan) : "";
  return printer.text + aliases + resources;
}

/** The operation whose values need names: this one where it shares none with its surroundings, else the nearest isolated one around it. */
function isolatedAround(operation: Operation): Operation {
  const isAlone = operation.operandCount === 0 && operation.results.length === 0 && operation.successors.length === 0;
  // Naming all functions to print one would make printing each of them quadratic.
  if (isAlone && (operation.regions.length === 0 || isIsolated(operation))) return operation;
  let scope = operation;
  while (scope.parentOperation !== undefined && (scope === operation || !isIsolated(scope)))
    scope = scope.parentOperation;
  return scope;
}

function isIsolated({ name, definition }: Operation): boolean {
  return definition === undefined ? isIsolatedName(name) : definition.hasTrait("IsolatedFromAbove");
}

/** Blobs are aligned to 64 bytes, the widest vector. */
const alignmentPrefix = "40000000";

function resourceSection(operation: Operation, longest = Number.POSITIVE_INFINITY): string {
  const hexLength = (bytes: number) => 2 + alignmentPrefix.length + 2 * bytes;
  const printed = [...blobsOf(operation)].filter(({ bytes }) => hexLength(bytes.length) <= longest);
  const entries = printed.map(({ key, bytes }) => {
    const name = bareIdentifier.test(key) ? key : quoted(key);
    return `      ${name}: "0x${alignmentPrefix}${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex").toUpperCase()}"`;
  });
  if (entries.length === 0) return "";
  return `\n{-#\n  dialect_resources: {\n    builtin: {\n${entries.join(",\n")}\n    }\n  }\n#-}\n`;
}
