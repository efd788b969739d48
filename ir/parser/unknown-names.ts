/** What to say about an operation or a dialect that the text names and nobody has loaded. */
import { didYouMean } from "../close-names.ts";
import type { Context } from "../context.ts";
import type { OperationKind } from "../operation.ts";

/** `addi` of `arith.addi`. */
export function localName(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

function dialectOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(".")));
}

/** The names of all operations of the dialect that `name` is of. */
export function namesOfDialect(context: Context, name: string): readonly string[] {
  return context.dialects.get(dialectOf(name))?.ops.map((each) => each.name) ?? [];
}

/** Why there is no such operation, and what to do. */
export function unknownOperation(name: string, context: Context): string {
  const dialect = dialectOf(name);
  const local = localName(name);
  if (dialect === "") return "its name has no dialect in front";
  const known = context.dialects.get(dialect);
  if (known === undefined) return `no dialect '${dialect}' is loaded${dialectAdvice(dialect, context)}`;
  const locals = known.ops.map((each) => localName(each.name));
  const close = didYouMean(local, locals, (each) => `${dialect}.${each}`);
  if (close !== "") return `dialect '${dialect}' has no op '${local}'${close}`;
  // The right word in the wrong dialect: `arith.exp`.
  const elsewhere = [...context.definitions].filter((each) => localName(each.name) === local).slice(0, 3);
  const offer = elsewhere.length === 0 ? "" : `; did you mean ${elsewhere.map((each) => each.name).join(" or ")}?`;
  return `dialect '${dialect}' has no op '${local}'${offer}`;
}

/** Why an operation cannot be read from the words behind its bare name. */
export function noCustomForm({ name, definition }: OperationKind, context: Context): string {
  if (definition === undefined && context.dialects.has(dialectOf(name)))
    return `'${name}' op is not registered: ${unknownOperation(name, context)}`;
  const reason = definition === undefined ? "is not registered" : "has no custom form";
  return `'${name}' op ${reason}: write it in generic form, "${name}"(…) : (…) -> (…)`;
}

/**
 * What is wrong with a property that an op does not declare. Nothing, as in MLIR, where the op has others and none is spelt
 * like this one: versions of an op differ in their properties, and it is kept.
 */
export function unknownProperty(name: string, known: ReadonlySet<string>): string | undefined {
  if (known.size === 0)
    return `has no property '${name}': it has none; other attributes stand in {…}, behind the regions`;
  const close = didYouMean(name, known);
  return close === "" ? undefined : `has no property '${name}'${close}`;
}

/** What follows "is not loaded". */
export function dialectAdvice(dialect: string, context: Context): string {
  const close = didYouMean(dialect, context.dialects.keys());
  return close === "" ? ": load it (--load, --irdl-file) or pass --allow-unregistered-dialect" : close;
}
