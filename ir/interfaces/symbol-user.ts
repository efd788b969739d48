/** Symbol users: operations that refer to symbols and check what they refer to. */
import type { SymbolReferenceAttribute } from "../attributes.ts";
import type { Operation } from "../operation.ts";
import { OpInterface } from "./op-interface.ts";

/** Reports where the symbols that an operation names are missing or of the wrong kind. */
export type SymbolUserImplementation = (
  operation: Operation,
  resolve: (reference: SymbolReferenceAttribute) => Operation | undefined,
  report: (message: string) => void,
) => void;
export const SymbolUser = new OpInterface<SymbolUserImplementation>("symbol-user");
