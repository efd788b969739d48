/**
 * Printing for people who look for a defect: it works on invalid IR as well. A custom form may stumble over what the
 * verifier would have refused; then the generic form, which assumes nothing, is printed in its stead.
 */
import { messageOf } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { type PrintOptions, print } from "../../ir/printer/print.ts";
import { symbolName } from "../../ir/symbol-table.ts";

/** The text of an operation that may be invalid. */
export function printAnyway(operation: Operation, options: PrintOptions = {}): string {
  if (options.generic === true) return print(operation, options);
  try {
    return print(operation, options);
  } catch (error) {
    const reason = messageOf(error);
    const note = `// printed in the generic form: the custom form of invalid IR failed with: ${reason.replaceAll("\n", " ")}\n`;
    return note + print(operation, { ...options, generic: true });
  }
}

/** `'func.func' operation: @main`, as MLIR names an operation in headings. */
export function describeOperation(operation: Operation): string {
  const symbol = symbolName(operation);
  return `'${operation.name}' operation${symbol === undefined ? "" : `: @${symbol}`}`;
}

/** The operation that holds all others around `operation`. */
export function outermost(operation: Operation): Operation {
  let root = operation;
  for (let outer = root.parentOperation; outer !== undefined; outer = root.parentOperation) root = outer;
  return root;
}
