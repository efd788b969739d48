/** Makes symbols private, so that passes may change or remove what nobody outside can see. */
import { StringAttribute } from "../../ir/attributes.ts";
import { symbolName } from "../../ir/symbol-table.ts";
import { pass } from "../pass.ts";
import { isPrivate } from "../symbol-uses.ts";

export const symbolPrivatize = pass("symbol-privatize", {
  doc: "Makes the symbols directly inside the operation private, but those that are excluded.",
  options: { exclude: { doc: "names that stay as they are, separated by commas", default: "" } },
  run: (root, _passContext, options) => {
    const excluded = new Set(options.exclude.split(",").map((name) => name.trim()));
    let changed = false;
    for (const region of root.regions) {
      for (const block of region.blocks) {
        for (const operation of block.operations) {
          const name = symbolName(operation);
          if (name === undefined || excluded.has(name) || isPrivate(operation)) continue;
          operation.properties.set("sym_visibility", StringAttribute.get("private"));
          changed = true;
        }
      }
    }
    return changed;
  },
});
