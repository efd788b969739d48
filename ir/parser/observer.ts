/**
 * What a parser tells about where things stand in the text. Editors need it (hover, go to definition, rename); parsing
 * without an observer pays nothing for it.
 */
import type { Block, Operation, Value } from "../operation.ts";

/** Where an operation stands; offsets into the source. */
export interface OperationPlace {
  /** Its first result's name, or its own name. */
  readonly start: number;
  /** Its own name. */
  readonly name: number;
  /** The start of what follows it: blanks and comments behind it are included. */
  readonly end: number;
}

/** Told about each thing once it has been read. Offsets `at` are those of the sigil (`%`, `^`). */
export interface ParseObserver {
  /** An operation is complete, behind those in its regions. */
  operation(operation: Operation, place: OperationPlace): void;
  /** `%name` got its value, number `number` of a pack. Earlier uses were told the value `placeholder`, if there is one. */
  valueDefinition(value: Value, name: string, number: number, at: number, placeholder: Value | undefined): void;
  /** `%name` or `%name#number` is used. The value is a placeholder where its definition has not been read yet. */
  valueUse(value: Value, name: string, number: number, at: number): void;
  blockDefinition(block: Block, name: string, at: number): void;
  blockUse(block: Block, name: string, at: number): void;
}
