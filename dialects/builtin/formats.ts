/** The assembly of modules. */
import { StringAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { parseVisibility, stringOf } from "../upstream/function-format.ts";

/** `@name attributes {…} { … }` */
export const moduleFormat: CustomFormat = {
  syntax: "(@$sym_name)? (attributes attr-dict)? { body }",
  parse: (parser) => {
    const visibility = parseVisibility(parser);
    const name = parser.parseOptionalSymbolName();
    const attributes = parser.attributeDictionaryWithKeyword();
    const body = parser.parseRegion({ ensureBlock: true });
    const named = name === undefined ? [] : [["sym_name", StringAttribute.get(name)] as const];
    return { properties: [...visibility, ...named], attributes, regions: [body] };
  },
  print: (operation, printer) => {
    const visibility = stringOf(operation, "sym_visibility");
    const name = stringOf(operation, "sym_name");
    if (visibility !== undefined) printer.write(` ${visibility}`);
    if (name !== undefined) {
      printer.write(" ");
      printer.symbolName(name);
    }
    printer.attributeDictionaryWithKeyword(operation, ["sym_name", "sym_visibility"]);
    printer.write(" ");
    const body = operation.regions[0]!;
    // An empty block needs no label: reading makes one.
    printer.region(body, { printEntryArguments: (body.entry?.arguments.length ?? 0) > 0 });
  },
};
