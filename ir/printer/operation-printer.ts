/**
 * Writes operations, regions and their parts. A hand-written format (`CustomFormat.print`) gets one of these, standing after
 * the op's name. SKELETON: the signatures are final, bodies follow.
 */
import type { Attribute } from "../attributes.ts";
import type { Block, BlockArgument, Operation, Region, Value } from "../operation.ts";
import type { Type } from "../types.ts";

const missing = (): never => {
  throw new Error("not there yet");
};

export interface RegionPrintOptions {
  /** Print `^bb0(…)` for the entry block when it has arguments. Default true. */
  readonly printEntryArguments?: boolean;
  /** Print the last operation of each block. Default true. */
  readonly printTerminator?: boolean;
}

export class OperationPrinter {
  /** Text as it is. */
  write(_text: string): void {
    missing();
  }
  /** The name of a value: `%0`, `%r#1`, `%arg0`. */
  operand(_value: Value): void {
    missing();
  }
  /** Names between commas. */
  operands(_values: readonly Value[]): void {
    missing();
  }
  /** `%x: type`, with the location when locations are printed. */
  blockArgument(_argument: BlockArgument): void {
    missing();
  }
  type(_type: Type): void {
    missing();
  }
  /** Types between commas. */
  types(_types: readonly Type[]): void {
    missing();
  }
  /** `T` or `(T, U)`: what stands after `->`. */
  resultTypes(_types: readonly Type[]): void {
    missing();
  }
  /** `(T, U) -> V` */
  functionType(_inputs: readonly Type[], _results: readonly Type[]): void {
    missing();
  }
  /** An attribute; with `elideType` a number or string without its `: type`. */
  attribute(_attribute: Attribute, _options?: { readonly elideType?: boolean }): void {
    missing();
  }
  /**
   * ` {a = 1}` with a space in front, or nothing: all discardable attributes, and the inherent ones that are not in
   * `elided` (what the custom form has written already) and differ from their default.
   */
  attributeDictionary(_operation: Operation, _elided?: readonly string[]): void {
    missing();
  }
  /** The same as ` attributes {a = 1}`. */
  attributeDictionaryWithKeyword(_operation: Operation, _elided?: readonly string[]): void {
    missing();
  }
  /** `{ … }` with its blocks indented. */
  region(_region: Region, _options?: RegionPrintOptions): void {
    missing();
  }
  /** `^bb1` */
  successor(_block: Block): void {
    missing();
  }
  /** `@name` */
  symbolName(_name: string): void {
    missing();
  }
  /** A line break and the current indentation. */
  newline(): void {
    missing();
  }
  /** Runs `body` one level deeper. */
  indented(_body: () => void): void {
    missing();
  }
  /** One operation in the form that the options ask for, without a line break. */
  operation(_operation: Operation): void {
    missing();
  }
}
