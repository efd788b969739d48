/** Removes all locations, so that texts of the same program are equal wherever it came from. */
import { unknownLocation } from "../../ir/location.ts";
import { pass } from "../pass.ts";

export const stripDebuginfo = pass("strip-debuginfo", {
  doc: "Replaces the locations of all operations and block arguments by the unknown one.",
  run: (root) => {
    let changed = false;
    const strip = (each: { location: typeof unknownLocation | typeof root.location }) => {
      if (each.location.kind === "unknown") return;
      each.location = unknownLocation;
      changed = true;
    };
    root.walk((operation) => {
      strip(operation);
      for (const region of operation.regions) for (const block of region.blocks) block.arguments.forEach(strip);
    });
    return changed;
  },
});
