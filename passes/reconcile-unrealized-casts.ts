/** Removes the casts that conversions leave between converted and unconverted values, where they cancel out. */
import { reconcileCasts } from "../ir/rewrite/conversion.ts";
import { pass } from "./pass.ts";

export const reconcileUnrealizedCasts = pass("reconcile-unrealized-casts", {
  doc: "Removes chains of builtin.unrealized_conversion_cast that cancel out, of one value or several, and those that nobody needs.",
  run: (operation) => reconcileCasts(operation),
});
