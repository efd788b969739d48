/** How an op is written for people: a format string, or a hand-written parser and printer. Interpreted by parser and printer. */

import type { OperationDefinition } from "./declaration.ts";
import type { Operation, OperationState } from "./operation.ts";
import type { OperationParser } from "./parser/operation-parser.ts";
import type { OperationPrinter } from "./printer/operation-printer.ts";

/** A hand-written custom form; both halves must agree, which the conformance suite checks. */
export interface CustomFormat {
  /** Parses what follows the op name. */
  readonly parse: (parser: OperationParser) => Omit<OperationState, "name" | "definition" | "location">;
  /** Prints what follows the op name. */
  readonly print: (operation: Operation, printer: OperationPrinter) => void;
  /**
   * What follows the op name, for documentation: "$predicate, %lhs, %rhs attr-dict : type(%lhs)", with `%` in front of
   * operands, `$` in front of attributes, `{ name }` for regions, `( … )?` around what may be left out.
   */
  readonly syntax?: string | ((definition: OperationDefinition) => string);
}

/**
 * MLIR's declarative assembly format: literals in backticks, `$field`, `type($field)`, `functional-type(operands, results)`,
 * `attr-dict`, `attr-dict-with-keyword`, `operands`, `regions`, `successors`, and optional groups
 * `( … $anchor^ … )?`.
 */
export type OpFormat = string | CustomFormat;
