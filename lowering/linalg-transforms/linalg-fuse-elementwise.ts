/** The pass `linalg-fuse-elementwise`: merges structured operations on tensors and simplifies padding and slices. */
import { pass } from "../../passes/pass.ts";
import {
  dropEmptyPadding,
  extractOfEmpty,
  extractOfInsert,
  insertOfAll,
  mergePadding,
  padOfFill,
} from "./fold-padding.ts";
import { dropIdentity, dropOperands, foldScalarOperand, fuseProducer } from "./fuse-elementwise.ts";

export const linalgFuseElementwise = pass("linalg-fuse-elementwise", {
  doc: "Computes elementwise producers inside their only users, makes operands of equal elements scalars, and simplifies padding and slices.",
  patterns: [
    foldScalarOperand,
    dropOperands,
    dropIdentity,
    fuseProducer,
    dropEmptyPadding,
    mergePadding,
    padOfFill,
    insertOfAll,
    extractOfInsert,
    extractOfEmpty,
  ],
});
