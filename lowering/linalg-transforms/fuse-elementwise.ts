/**
 * Merging structured operations on tensors, so that values that are only passed on never go through memory. A producer whose
 * points are independent is computed inside its user, where that computes no element twice; fills and constants of equal
 * elements become scalars of the body; an operand that is there twice, or that nobody looks at, is dropped.
 */
import { scalarAttribute } from "../../dialects/arith/build.ts";
import { constant } from "../../dialects/arith/ops.ts";
import { genericOp } from "../../dialects/linalg/build.ts";
import { fill, type GenericOperation, generic, indexOperation, yieldOperation } from "../../dialects/linalg/ops.ts";
import { AffineMap, dimension, substituteAffine } from "../../ir/affine-map.ts";
import { DenseElementsAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import { constantOf } from "../../ir/effects.ts";
import { fuseLocations } from "../../ir/location.ts";
import type { Value } from "../../ir/operation.ts";
import { type Outcome, type Pattern, refuse, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { index, ShapedType, TensorType } from "../../ir/types.ts";
import { isElementwise, plainDimensions, readsOperand, type StructuredOperation, structured } from "./structured.ts";

/** More operands than this make a body that no register tile does well. */
const maximumOperands = 16;

/** An input of a generic that is being put together. */
interface Input {
  readonly value: Value;
  readonly map: AffineMap;
}

/** The view of an operation that is known to be structured. */
function view(operation: GenericOperation): StructuredOperation {
  const found = structured(operation);
  if (found === undefined) throw operation.error("is not structured");
  return found;
}

function points({ sizes }: StructuredOperation): number {
  return sizes.reduce((product, size) => product * size, 1);
}

/** Copies a body's operations to the builder's point; `mapping` holds what stands for the arguments. Gives what is yielded. */
function inlineBody(
  builder: Builder,
  { body }: StructuredOperation,
  mapping: Map<Value, Value>,
  indexOf: (position: number) => Value,
): readonly Value[] {
  for (const operation of body.operations) {
    if (yieldOperation.matches(operation)) return operation.inputs.map((value) => mapping.get(value) ?? value);
    if (indexOperation.matches(operation)) mapping.set(operation.result, indexOf(operation.dim));
    else builder.insert(operation.clone(mapping));
  }
  return [];
}

function ownIndex(builder: Builder): (position: number) => Value {
  return (position) => builder.build(indexOperation, { dim: position, result: index }).result;
}

/** Whether the maps still say how large every dimension is. */
function boundsAll(rank: number, operands: readonly { readonly map: AffineMap; readonly value: Value }[]): boolean {
  const bounded = new Set<number>();
  for (const { map, value } of operands) {
    if (!(value.type instanceof ShapedType)) continue;
    for (const result of map.results) if (result.kind === "dimension") bounded.add(result.position);
  }
  return bounded.size === rank;
}

// g(f(x)) -> (g∘f)(x), point by point
export const fuseProducer: Pattern = rewrite(generic, "fuse-elementwise-producer", (operation, rewriter) => {
  const consumer = view(operation);
  let reason: Outcome;
  for (const [position, value] of consumer.inputs.entries()) {
    const producer = value.definer;
    if (!generic.matches(producer) || producer.block !== operation.block) continue;
    const outcome = fuseInto(consumer, position, view(producer), rewriter);
    if (outcome === true) return true;
    reason ??= outcome;
  }
  return reason;
});

function fuseInto(
  consumer: StructuredOperation,
  position: number,
  producer: StructuredOperation,
  rewriter: Rewriter,
): Outcome {
  const value = consumer.inputs[position]!;
  const map = consumer.maps[position]!;
  if (!isElementwise(producer)) return refuse("the producer is a reduction");
  if (producer.outputs.some((_, output) => readsOperand(producer, producer.inputs.length + output))) {
    return refuse("the producer reads what its destination held before");
  }
  if (producer.operation.results.length !== 1) return refuse("the producer has several results");
  if (consumer.inputs.length + producer.inputs.length > maximumOperands)
    return refuse(`the result would have more than ${maximumOperands} operands`);
  const isOnlyUser = value.uses.every(
    (use) =>
      use.owner === consumer.operation &&
      use.index < consumer.inputs.length &&
      consumer.maps[use.index]!.text === map.text,
  );
  if (!isOnlyUser) return refuse("the producer's result is used elsewhere");
  const outputMap = producer.maps[producer.inputs.length]!;
  const positions = plainDimensions(outputMap);
  if (positions === undefined || positions.includes(undefined) || positions.length !== producer.sizes.length) {
    return refuse("the producer does not write one element per point");
  }
  if (points(consumer) > points(producer) && !isRepetition(producer)) {
    return refuse("the user looks at elements several times, which would compute them again each time");
  }
  // Where the producer stands, in the consumer's dimensions.
  const toProducer = new AffineMap(
    consumer.sizes.length,
    0,
    producer.sizes.map((_, dimensionOfProducer) => map.results[positions.indexOf(dimensionOfProducer)]!),
  );
  const bounds = [
    ...producer.inputs.map((each, at) => ({ value: each, map: producer.maps[at]!.compose(toProducer) })),
    ...[...consumer.inputs, ...consumer.outputs].flatMap((each, at) =>
      each === value ? [] : [{ value: each, map: consumer.maps[at]! }],
    ),
  ];
  if (!boundsAll(consumer.sizes.length, bounds))
    return refuse("only the producer's result says how large the iteration space is");
  const usesIndex = producer.body.operations.some((each) => indexOperation.matches(each));
  if (usesIndex && !toProducer.results.every((result) => result.kind === "dimension" || result.kind === "constant")) {
    return refuse("the producer's body uses its indices, and they are no dimensions of the user");
  }
  replaceWithFused(consumer, value, producer, toProducer, rewriter);
  return true;
}

/** A body that only passes its input on, which is smaller than what is written: a broadcast. */
function isRepetition(producer: StructuredOperation): boolean {
  const terminator = producer.body.last;
  const read = producer.inputs.reduce(
    (sum, value) => sum + (value.type instanceof TensorType ? value.type.count : 1),
    0,
  );
  const isMove = producer.body.first === terminator && terminator?.operands.length === 1;
  return isMove && read < points(producer);
}

function replaceWithFused(
  consumer: StructuredOperation,
  value: Value,
  producer: StructuredOperation,
  toProducer: AffineMap,
  rewriter: Rewriter,
): void {
  const inputs: Input[] = [];
  const take = (taken: Value, map: AffineMap): number => {
    const known = inputs.findIndex((input) => input.value === taken && input.map.text === map.text);
    return known >= 0 ? known : inputs.push({ value: taken, map }) - 1;
  };
  const ofProducer = producer.inputs.map((each, position) => take(each, producer.maps[position]!.compose(toProducer)));
  const ofConsumer = consumer.inputs.map((each, position) =>
    each === value ? -1 : take(each, consumer.maps[position]!),
  );
  const consumerOutputs = consumer.maps.slice(consumer.inputs.length);
  rebuild(consumer, inputs, consumerOutputs, rewriter, [producer], (builder, elements) => {
    const fromProducer = new Map<Value, Value>();
    for (const [position, at] of ofProducer.entries())
      fromProducer.set(producer.body.arguments[position]!, elements[at]!);
    const indexOfProducer = (position: number): Value => {
      const result = toProducer.results[position]!;
      if (result.kind === "dimension") return ownIndex(builder)(result.position);
      const fixed = result.kind === "constant" ? result.value : 0;
      return builder.build(constant, { value: IntegerAttribute.get(fixed, index) }).result;
    };
    const [produced] = inlineBody(builder, producer, fromProducer, indexOfProducer);
    const mapping = new Map<Value, Value>();
    for (const [position, at] of ofConsumer.entries())
      mapping.set(consumer.body.arguments[position]!, at < 0 ? produced! : elements[at]!);
    for (const [position] of consumer.outputs.entries()) {
      mapping.set(consumer.body.arguments[consumer.inputs.length + position]!, elements[inputs.length + position]!);
    }
    return inlineBody(builder, consumer, mapping, ownIndex(builder));
  });
}

/** Puts a generic with other inputs in the place of one; `body` gives what it yields. */
function rebuild(
  old: StructuredOperation,
  inputs: readonly Input[],
  outputMaps: readonly AffineMap[],
  rewriter: Rewriter,
  merged: readonly StructuredOperation[],
  body: (builder: Builder, elements: readonly Value[]) => readonly Value[],
): void {
  const made = genericOp(rewriter, {
    inputs: inputs.map(({ value }) => value),
    outputs: old.outputs,
    maps: [...inputs.map(({ map }) => map), ...outputMaps],
    iterators: old.iterators,
    location: fuseLocations([...merged.map(({ operation }) => operation.location), old.operation.location]),
    attributes: old.operation.attributes,
    body,
  });
  rewriter.replace(old.operation, made.results);
}

/** Rebuilds a generic without some inputs; `standIn` gives what their elements are instead. */
function withoutInputs(
  old: StructuredOperation,
  dropped: readonly number[],
  standIn: (builder: Builder, position: number, elements: readonly Value[]) => Value | undefined,
  rewriter: Rewriter,
): void {
  const kept = old.inputs.flatMap((value, position) =>
    dropped.includes(position) ? [] : [{ value, map: old.maps[position]!, position }],
  );
  rebuild(old, kept, old.maps.slice(old.inputs.length), rewriter, [], (builder, elements) => {
    const mapping = new Map<Value, Value>();
    for (const [at, { position }] of kept.entries()) mapping.set(old.body.arguments[position]!, elements[at]!);
    for (const [position] of old.outputs.entries())
      mapping.set(old.body.arguments[old.inputs.length + position]!, elements[kept.length + position]!);
    for (const position of dropped) {
      const value = standIn(builder, position, elements);
      if (value !== undefined) mapping.set(old.body.arguments[position]!, value);
    }
    return inlineBody(builder, old, mapping, ownIndex(builder));
  });
}

// g(fill(c)) -> g(c), g(splat) -> g(c): an operand of equal elements is a scalar of the body
export const foldScalarOperand: Pattern = rewrite(generic, "fold-scalar-operand", (operation, rewriter) => {
  const member = view(operation);
  for (const [position, value] of member.inputs.entries()) {
    const scalar = scalarOf(value);
    if (scalar === undefined || !readsOperand(member, position)) continue;
    const rest = [...member.inputs, ...member.outputs].flatMap((each, at) =>
      at === position ? [] : [{ value: each, map: member.maps[at]! }],
    );
    if (!boundsAll(member.sizes.length, rest)) return refuse("the operand says how large the iteration space is");
    withoutInputs(member, [position], (builder) => scalar(builder), rewriter);
    return true;
  }
  return undefined;
});

/** How to make the scalar that all elements of a tensor equal; undefined where they differ. */
function scalarOf(value: Value): ((builder: Builder) => Value) | undefined {
  const { definer } = value;
  if (fill.matches(definer)) {
    const scalar = definer.inputs[0]!;
    const element = value.type instanceof TensorType ? value.type.element : undefined;
    const known = constantOf(scalar);
    if (scalar.type !== element) return undefined;
    return known === undefined ? () => scalar : (builder) => builder.build(constant, { value: known }).result;
  }
  const dense = constantOf(value);
  if (!(dense instanceof DenseElementsAttribute) || dense.splat === undefined) return undefined;
  const attribute = scalarAttribute(dense.splat, dense.type.element);
  return (builder) => builder.build(constant, { value: attribute }).result;
}

// g(x, x) -> g(x); an unread operand goes, unless it bounds a loop
export const dropOperands: Pattern = rewrite(generic, "drop-repeated-operands", (operation, rewriter) => {
  const member = view(operation);
  const operands = [...member.inputs, ...member.outputs].map((value, position) => ({
    value,
    map: member.maps[position]!,
  }));
  for (const [position, value] of member.inputs.entries()) {
    const twin = member.inputs.findIndex(
      (other, at) => at < position && other === value && member.maps[at]!.text === member.maps[position]!.text,
    );
    if (twin >= 0) {
      withoutInputs(member, [position], (_, __, elements) => elements[twin], rewriter);
      return true;
    }
    if (readsOperand(member, position)) continue;
    if (
      !boundsAll(
        member.sizes.length,
        operands.filter((_, at) => at !== position),
      )
    )
      continue;
    withoutInputs(member, [position], () => undefined, rewriter);
    return true;
  }
  return undefined;
});

// generic{yield x}(x) -> x: a copy in the same order is no copy
export const dropIdentity: Pattern = rewrite(generic, "drop-identity", (operation, rewriter) => {
  const member = view(operation);
  const [source] = member.inputs;
  if (!isElementwise(member) || member.inputs.length !== 1 || member.outputs.length !== 1 || source === undefined)
    return undefined;
  const terminator = member.body.last;
  if (member.body.first !== terminator || terminator?.operands[0] !== member.body.arguments[0]) return undefined;
  if (source.type !== operation.results[0]?.type) return undefined;
  const unit = (map: AffineMap) => dropUnitDimensions(map, member.sizes);
  if (unit(member.maps[0]!) !== unit(member.maps[1]!)) return undefined;
  return rewriter.replace(operation, source);
});

/** A map's text with indices of dimensions of size 1 written as 0. */
function dropUnitDimensions(map: AffineMap, sizes: readonly number[]): string {
  const results = map.results.map((result) =>
    substituteAffine(
      result,
      (position) => (sizes[position] === 1 ? { kind: "constant", value: 0 } : dimension(position)),
      (position) => ({ kind: "symbol", position }),
    ),
  );
  return new AffineMap(map.dimensions, map.symbols, results).text;
}
