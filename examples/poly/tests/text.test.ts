/** What each rewrite does to IR text: the `.mlir` files beside this one. `UPDATE=1` rewrites what they expect. */
import { textFiles } from "anemone/testing";
import { dialects, passes } from "../index.ts";

textFiles(import.meta.dirname, { dialects, passes });
