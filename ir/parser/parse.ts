/** `parse`: IR text to operations. */
import type { BlobStore } from "../blob.ts";
import type { Context } from "../context.ts";
import type { Location } from "../location.ts";
import { Block, createOperation, type Operation, Region } from "../operation.ts";
import type { ParseObserver } from "./observer.ts";
import { OperationParser } from "./operation-parser.ts";

export interface ParseOptions {
  /** The name for locations and messages; `-` unless given. */
  readonly file?: string;
  /** Where `dense_resource<key>` finds its bytes; resources that the text itself contains are added. */
  readonly blobs?: BlobStore;
  /** Is told where things stand in the text. */
  readonly observer?: ParseObserver;
  /** False: the text is one operation, which is returned without a module around it. Default true. */
  readonly implicitModule?: boolean;
}

/**
 * Reads a module: the text's only `builtin.module`, or one made around the text's operations. Throws a DiagnosticError with
 * the place for text that is not IR. The IR is not verified.
 */
export function parse(text: string, context: Context, options: ParseOptions = {}): Operation {
  const parser = new OperationParser(text, context, options);
  const operations: Operation[] = [];
  while (!parser.isAtEnd) {
    if (!parser.definitions.readOptional()) operations.push(parser.parseOperation());
  }
  parser.finish();
  const [only] = operations;
  if (options.implicitModule === false) {
    if (only !== undefined && operations.length === 1) return only;
    throw parser.error(
      `expected one operation without an implicit module around it, but the text has ${operations.length}`,
      0,
    );
  }
  if (only !== undefined && operations.length === 1 && only.name === "builtin.module") return only;
  return moduleAround(operations, context, parser.location(0));
}

function moduleAround(operations: readonly Operation[], context: Context, location: Location): Operation {
  const block = new Block();
  for (const operation of operations) block.append(operation);
  const name = "builtin.module";
  return createOperation({ name, definition: context.definition(name), regions: [new Region([block])], location });
}
