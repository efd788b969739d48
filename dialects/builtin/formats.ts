/** The assembly of modules. */
import { StringAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { stringOf } from "../upstream/function-format.ts";

/** `@name attributes {…} { … }` */
export const moduleFormat: CustomFormat = {
  syntax: "(@$sym_name)? (attributes attr-dict)? { body }",
  parse: (parser) => {
    const name = parser.parseOptionalSymbolName();
    const attributes = parser.attributeDictionaryWithKeyword();
    const body = parser.parseRegion({ ensureBlock: true });
    const named = name === undefined ? [] : [["sym_name", StringAttribute.get(name)] as const];
    return { properties: named, attributes, regions: [body] };
  },
  print: (operation, printer) => {
    const name = stringOf(operation, "sym_name");
    if (name !== undefined) {
      printer.write(" ");
      printer.symbolName(name);
    }
    printer.attributeDictionaryWithKeyword(operation, ["sym_name"]);
    printer.write(" ");
    const body = operation.regions[0]!;
    // An empty block needs no label: reading makes one.
    printer.region(body, { printEntryArguments: (body.entry?.arguments.length ?? 0) > 0 });
  },
};
