/**
 * The table beside the overflow counts: what each number of the output `anemone.overflow` counts for. It stands on the function
 * as the attribute `anemone.overflow`, one dictionary per number.
 */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";

export interface OverflowEntry {
  /** The task's origin (an ONNX node, say), or the name of an input. */
  readonly name: string;
  readonly kind: "input" | "task";
  /** Where the task comes from, `file:line:column`; empty where that is not known, and for inputs. */
  readonly location: string;
  /** Entries on whose values this one directly depends. */
  readonly sources: readonly number[];
}

/** The name of the output that holds the counts, and of the attribute. */
export const overflowName = "anemone.overflow";

export function overflowAttribute(entries: readonly OverflowEntry[]): Attribute {
  return ArrayAttribute.get(
    entries.map(({ name, kind, location, sources }) =>
      DictionaryAttribute.get([
        ["name", StringAttribute.get(name)],
        ["kind", StringAttribute.get(kind)],
        ["location", StringAttribute.get(location)],
        ["sources", DenseArrayAttribute.i64(sources)],
      ]),
    ),
  );
}

/** The table of a function (or of the module with one such function); undefined where it counts nothing. */
export function overflowEntries(operation: Operation): readonly OverflowEntry[] | undefined {
  let found: readonly OverflowEntry[] | undefined;
  operation.walk((each) => {
    const attribute = each.attributes.get(overflowName);
    if (attribute instanceof ArrayAttribute) found ??= attribute.elements.map(entryOf);
  });
  return found;
}

function entryOf(attribute: Attribute): OverflowEntry {
  const entries = attribute instanceof DictionaryAttribute ? attribute.entries : new Map<string, Attribute>();
  const text = (name: string) => {
    const found = entries.get(name);
    return found instanceof StringAttribute ? found.value : "";
  };
  const sources = entries.get("sources");
  return {
    name: text("name"),
    kind: text("kind") === "input" ? "input" : "task",
    location: text("location"),
    sources: sources instanceof DenseArrayAttribute ? sources.numbers : [],
  };
}
