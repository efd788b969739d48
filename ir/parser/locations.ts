/** Reads the body of `loc(…)`. */
import { fileLocation, type Location, nameLocation, unknownLocation } from "../location.ts";
import type { TextParser } from "./text-parser.ts";

export function readLocationBody(parser: TextParser): Location {
  const text = parser.parseOptionalString();
  if (text !== undefined) {
    if (parser.accept(":")) {
      const line = parser.parseSize();
      parser.expect(":", "between line and column");
      return fileLocation(text, line, parser.parseSize());
    }
    if (!parser.accept("(")) return nameLocation(text);
    const child = parser.locationBody();
    parser.expect(")");
    return nameLocation(text, child);
  }
  if (parser.acceptKeyword("unknown")) return unknownLocation;
  if (parser.acceptKeyword("callsite")) {
    parser.expect("(");
    const callee = parser.locationBody();
    parser.expectKeyword("at");
    const caller = parser.locationBody();
    parser.expect(")");
    return { kind: "callsite", callee, caller };
  }
  if (parser.acceptKeyword("fused")) {
    const metadata = parser.accept("<") ? fusedMetadata(parser) : undefined;
    const parts = parser.delimited("[", "]", () => parser.locationBody());
    return metadata === undefined ? { kind: "fused", parts } : { kind: "fused", parts, metadata };
  }
  throw parser.expected("a location (unknown, a string, callsite, fused or an alias)");
}

function fusedMetadata(parser: TextParser): string {
  const attribute = parser.parseAttribute();
  parser.expect(">");
  return attribute.text;
}
