/**
 * Reads operations, blocks and regions. A hand-written format (`CustomFormat.parse`) gets one of these, standing after the
 * op's name. SKELETON: the signatures are final, bodies follow.
 */
import type { Attribute } from "../attributes.ts";
import type { Location } from "../location.ts";
import type { Block, Operation, Region, Value } from "../operation.ts";
import type { Type } from "../types.ts";
import { TextParser } from "./text-parser.ts";

const missing = (): never => {
  throw new Error("not there yet");
};

/** `%name` or `%name#2` before its type is known. */
export interface UnresolvedOperand {
  /** Without `%` and `#`. */
  readonly name: string;
  /** Which result of a pack; 0 unless `#n` was written. */
  readonly number: number;
  /** Where it was written. */
  readonly offset: number;
}

/** An argument of a region's entry block that the op's own syntax declares (`%i: index`). */
export interface RegionArgument {
  /** Without `%`. */
  readonly name: string;
  readonly type: Type;
  readonly location: Location;
  readonly offset?: number;
}

export interface RegionOptions {
  /** Arguments of the entry block; then the text must not have a label for it. */
  readonly arguments?: readonly RegionArgument[];
  /** The name of an op without operands and results that ends a block which has no terminator. */
  readonly implicitTerminator?: string;
}

export class OperationParser extends TextParser {
  /** The location of the operation being read. */
  get currentOperationLocation(): Location {
    return missing();
  }

  parseOperand(): UnresolvedOperand {
    return missing();
  }
  parseOptionalOperand(): UnresolvedOperand | undefined {
    return missing();
  }
  /** Zero or more operands between commas; with `open` and `close` inside these. */
  operandList(_open?: string, _close?: string): UnresolvedOperand[] {
    return missing();
  }
  /** The value of an operand. It may be defined further down; its type must agree with all other uses. */
  resolve(_operand: UnresolvedOperand, _type: Type): Value {
    return missing();
  }
  /** Resolves each operand with the type at its position; a wrong number of types is an error at `at`. */
  resolveAll(_operands: readonly UnresolvedOperand[], _types: readonly Type[], _at?: number): Value[] {
    return missing();
  }

  /** `{ … }` */
  parseRegion(_options?: RegionOptions): Region {
    return missing();
  }
  /** A region if `{` is next, else undefined. */
  parseOptionalRegion(_options?: RegionOptions): Region | undefined {
    return missing();
  }
  /** `%x: type loc(…)?` */
  parseBlockArgument(): RegionArgument {
    return missing();
  }
  /** `^bb1`; the block may follow later in the region. */
  parseSuccessor(): Block {
    return missing();
  }
  /** `attributes {…}` if it is there, else an empty map. */
  attributeDictionaryWithKeyword(): Map<string, Attribute> {
    return missing();
  }
  /** One operation with its results' names, in generic or custom form. It is not yet in a block. */
  parseOperation(): Operation {
    return missing();
  }
}
