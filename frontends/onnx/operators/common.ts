/** What the importers of operators share: the steps that they are made of, and how a table of them is written. */
import type { Operator, OperatorImport } from "./node-import.ts";

export {
  add,
  ascending,
  broadcastTo,
  concat,
  convert,
  div,
  isFloatElement,
  mul,
  product,
  reshape,
  type Shape,
  sameList,
  sliceAxis,
  sub,
  transpose,
  transposeMatrix,
  unsqueeze,
  withNumber,
} from "../../../dialects/tensor/build/steps.ts";

/** An operator whose importer holds for all versions from its first. */
export const since = (version: number, importer: OperatorImport): Operator => ({ [version]: importer });
