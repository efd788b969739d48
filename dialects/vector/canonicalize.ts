/** Canonical forms of vectors: elements read where they were put, reshapes that change nothing, masks that are full. */
import { DenseElementsAttribute, ElementsAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { ShapedType, VectorType } from "../../ir/types.ts";
import { constantNumberOf } from "../arith/build.ts";
import { constantOfType, splatOf } from "../arith/elements.ts";
import { constant } from "../arith/ops.ts";
import {
  bitcast,
  broadcast,
  constantMask,
  createMask,
  extract,
  extractElement,
  insert,
  insertElement,
  load,
  maskedLoad,
  maskedStore,
  shapeCast,
  splat,
  store,
  transpose,
} from "./ops.ts";

/** The scalar of which all elements of a vector are copies. */
function repeatedScalar(value: Value): Value | undefined {
  const { definer } = value;
  if (splat.matches(definer)) return definer.input;
  if (broadcast.matches(definer) && !(definer.source.type instanceof VectorType)) return definer.source;
  return undefined;
}

/** extract(broadcast(x)) -> x */
const extractOfRepeated = rewrite(extract, "extract-of-repeated", (operation, rewriter) => {
  const scalar = repeatedScalar(operation.vector);
  return scalar?.type === operation.result.type ? rewriter.replace(operation, scalar) : undefined;
});

/** extractelement(broadcast(x), i) -> x */
const extractElementOfRepeated = rewrite(extractElement, "extractelement-of-repeated", (operation, rewriter) => {
  const scalar = repeatedScalar(operation.vector);
  return scalar && rewriter.replace(operation, scalar);
});

/** extract(insert(x, v, p), p) -> x */
const extractOfInserted = rewrite(extract, "extract-of-inserted", (operation, rewriter) => {
  const inner = operation.vector.definer;
  if (!insert.matches(inner) || inner.source.type !== operation.result.type) return undefined;
  if (operation.attribute("static_position") !== inner.attribute("static_position")) return undefined;
  const sameDynamics = operation.dynamic_position.every((value, axis) => value === inner.dynamic_position[axis]);
  return sameDynamics ? rewriter.replace(operation, inner.source) : undefined;
});

/** extractelement(insertelement(x, v, i), i) -> x */
const extractElementOfInserted = rewrite(extractElement, "extractelement-of-inserted", (operation, rewriter) => {
  const inner = operation.vector.definer;
  if (!insertElement.matches(inner) || inner.position !== operation.position) return undefined;
  return rewriter.replace(operation, inner.source);
});

/** extract(dense<c>, p) -> c */
const extractOfConstant = rewrite(extract, "extract-of-constant", (operation, rewriter) => {
  const known = constantOf(operation.vector);
  const value = known instanceof ElementsAttribute ? splatOf(known) : undefined;
  const folded = value === undefined ? undefined : constantOfType(value, operation.result.type);
  return folded && rewriter.replaceWith(operation, constant, { value: folded });
});

/** broadcast(c) -> dense<c> */
const repeatedConstant = (definition: typeof broadcast | typeof splat): Pattern =>
  rewrite(definition as typeof broadcast, `${definition.name.slice(7)}-of-constant`, (operation, rewriter) => {
    const value = splatOf(constantOf(operation.operand(0)));
    const folded = value === undefined ? undefined : constantOfType(value, operation.onlyResult.type);
    return folded && rewriter.replaceWith(operation, constant, { value: folded });
  });

/** cast(x) : T to T -> x, and cast(cast(x)) : T to U to V -> cast(x) */
const chainedCast = (definition: typeof shapeCast | typeof bitcast): Pattern =>
  rewrite(
    definition as typeof shapeCast,
    `chained-${definition.name.slice(7).replaceAll("_", "-")}`,
    (operation, rewriter) => {
      const { source, result } = operation;
      if (source.type === result.type) return rewriter.replace(operation, source);
      const inner: Operation | undefined = source.definer;
      if (inner?.name !== definition.name) return undefined;
      const [original] = inner.operands;
      return rewriter.modify(operation, () => operation.setOperand(0, original!));
    },
  );

/** transpose(x, [0, 1, …]) -> x */
const identityTransposition = rewrite(transpose, "identity-transposition", (operation, rewriter) =>
  operation.permutation.every((axis, position) => axis === position)
    ? rewriter.replace(operation, operation.vector)
    : undefined,
);

/** create_mask(c) -> constant_mask [c], clamped to the vector */
const constantSizedMask = rewrite(createMask, "constant-sized-mask", (operation, rewriter) => {
  const { type } = operation.result;
  if (type.scalable.includes(true)) return undefined;
  const sizes = operation.inputs.map(constantNumberOf);
  if (!sizes.every((size) => size !== undefined)) return undefined;
  const clamped = sizes.map((size, axis) => Math.min(Math.max(size, 0), type.shape[axis]!));
  const isEmpty = clamped.includes(0);
  return rewriter.replaceWith(operation, constantMask, {
    mask_dim_sizes: isEmpty ? clamped.map(() => 0) : clamped,
    result: type,
  });
});

/** Whether all or no elements of a mask are set, where that is known. */
function maskState(mask: Value): "full" | "empty" | undefined {
  const { definer } = mask;
  if (constantMask.matches(definer)) {
    const { shape } = definer.result.type;
    const sizes = definer.mask_dim_sizes;
    if (sizes.includes(0)) return "empty";
    return sizes.every((size, axis) => size === shape[axis]) ? "full" : undefined;
  }
  const known = constantOf(mask);
  if (!(known instanceof DenseElementsAttribute) || !(known.type instanceof ShapedType)) return undefined;
  if (known.splat === undefined) return undefined;
  return Number(known.splat) === 0 ? "empty" : "full";
}

/** maskedload(m, full, p) -> load(m); maskedload(m, empty, p) -> p */
const decidedMaskedLoad = rewrite(maskedLoad, "decided-masked-load", (operation, rewriter) => {
  const { base, indices, result } = operation;
  const state = maskState(operation.mask);
  if (state === "empty") return rewriter.replace(operation, operation.pass_thru);
  return state && rewriter.replaceWith(operation, load, { base, indices, result: result.type });
});

/** maskedstore(m, full, v) -> store(v, m); maskedstore(m, empty, v) -> nothing */
const decidedMaskedStore = rewrite(maskedStore, "decided-masked-store", (operation, rewriter) => {
  const { base, indices, valueToStore } = operation;
  const state = maskState(operation.mask);
  if (state === "empty") return rewriter.erase(operation);
  return state && rewriter.replaceWith(operation, store, { base, indices, valueToStore });
});

export const vectorCanonicalization: readonly Pattern[] = [
  extractOfRepeated,
  extractElementOfRepeated,
  extractOfInserted,
  extractElementOfInserted,
  extractOfConstant,
  repeatedConstant(broadcast),
  repeatedConstant(splat),
  chainedCast(shapeCast),
  chainedCast(bitcast),
  identityTransposition,
  constantSizedMask,
  decidedMaskedLoad,
  decidedMaskedStore,
];
