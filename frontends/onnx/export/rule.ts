/** How one op of the tensor dialect is written in ONNX. */
import type { Fields, OperationDefinition, OperationOf } from "../../../ir/declaration.ts";
import type { Operation } from "../../../ir/operation.ts";
import type { GraphWriter, Term } from "./graph-writer.ts";

export interface Rule {
  /** The op's full name. */
  readonly name: string;
  /** Writes the nodes; a term per result. Throws a diagnostic where ONNX has no words for the operation. */
  readonly write: (operation: Operation, graph: GraphWriter) => readonly Term[];
}

/** The rule of an op whose operation is seen with its accessors. */
export function rule<F extends Fields>(
  definition: OperationDefinition<F>,
  write: (operation: OperationOf<OperationDefinition<F>>, graph: GraphWriter) => Term | readonly Term[],
): Rule {
  return {
    name: definition.name,
    write: (operation, graph) => {
      const written = write(definition.cast(operation), graph);
      return isList(written) ? written : [written];
    },
  };
}

function isList(written: Term | readonly Term[]): written is readonly Term[] {
  return Array.isArray(written);
}

/** The shape of a result, for the form of the node that makes it. */
export function resultShape(operation: Operation, position = 0): readonly number[] {
  const { type } = operation.results[position]!;
  if (!("shape" in type) || !Array.isArray(type.shape)) throw operation.error(`makes a value of type ${type}`);
  return type.shape;
}
