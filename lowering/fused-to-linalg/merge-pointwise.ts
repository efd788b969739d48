/**
 * Merging elementwise ops: a `linalg.generic` whose points are independent goes into the one op that uses its result, so
 * that a fused task computes its chain in one body. Narrow floats that are rounded by the first and widened again by the
 * second stay wide: within a task the arithmetic is that of the compute type.
 */
import { constant } from "../../dialects/arith/ops.ts";
import {
  type GenericOperation,
  generic,
  genericOp,
  indexOperation,
  yieldOperation,
} from "../../dialects/linalg/index.ts";
import { empty } from "../../dialects/tensor/upstream/ops.ts";
import { AffineMap } from "../../ir/affine-map.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import { fuseLocations } from "../../ir/location.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { index } from "../../ir/types.ts";
import { shapeOf } from "./emit.ts";

/** More operands than this make a body that no schedule does well. */
const maximumOperands = 24;

/** Whether all points are independent, every output is written in the order of the points, and none is read before. */
function isPointwise(operation: GenericOperation): boolean {
  const { inputs, outputs, indexing_maps: maps, iterator_types: iterators, region } = operation;
  return (
    iterators.every((kind) => kind === "parallel") &&
    outputs.every((output, position) => maps[inputs.length + position]!.isIdentity && empty.matches(output.definer)) &&
    region.onlyBlock.arguments.slice(inputs.length).every((argument) => !argument.hasUses)
  );
}

/** The number of points of an op's iteration space that a map does not tell apart. */
function repetitions(consumer: GenericOperation, map: AffineMap): number {
  const sizes = iterationSizes(consumer);
  const covered = new Set(map.results.flatMap((result) => (result.kind === "dimension" ? [result.position] : [])));
  return sizes.reduce((count, size, position) => (covered.has(position) ? count : count * size), 1);
}

/** The size of each dimension of an op's iteration space. */
export function iterationSizes(operation: GenericOperation): number[] {
  const sizes = new Array<number>(operation.iterator_types.length).fill(1);
  for (const [position, value] of [...operation.inputs, ...operation.outputs].entries()) {
    if (operation.indexing_maps[position]!.results.length === 0) continue;
    for (const [axis, result] of operation.indexing_maps[position]!.results.entries()) {
      if (result.kind === "dimension") sizes[result.position] = shapeOf(value)[axis]!;
    }
  }
  return sizes;
}

interface Candidate {
  readonly producer: GenericOperation;
  /** How the consumer reads the producer's result: from its own dimensions to the producer's. */
  readonly map: AffineMap;
}

/** A producer that can go into `consumer` without computing any element twice. */
function findCandidate(
  consumer: GenericOperation,
  group: ReadonlySet<Operation>,
  roots: ReadonlySet<Value>,
): Candidate | undefined {
  for (const [position, value] of consumer.inputs.entries()) {
    const producer = value.definer;
    if (!generic.matches(producer) || !group.has(producer) || !isPointwise(producer)) continue;
    const map = consumer.indexing_maps[position]!;
    if (!map.results.every((result) => result.kind === "dimension" || result.kind === "constant")) continue;
    const positions = map.results.flatMap((result) => (result.kind === "dimension" ? [result.position] : []));
    if (new Set(positions).size !== positions.length || repetitions(consumer, map) !== 1) continue;
    const readsAlike = consumer.inputs.every(
      (other, at) => other.definer !== producer || consumer.indexing_maps[at]!.text === map.text,
    );
    const isOnlyUser = producer.results.every((result) => result.users.every((user) => user === consumer));
    const isDestination = consumer.outputs.some((output) => output.definer === producer);
    if (!readsAlike || !isOnlyUser || isDestination) continue;
    // A result that leaves the group too becomes a further result, which needs points in the same order.
    const leaves = producer.results.some((result) => roots.has(result));
    if (leaves && !(isPointwise(consumer) && map.isIdentity)) continue;
    if (consumer.operandCount + producer.operandCount > maximumOperands) continue;
    if (leavesSizeOpen(consumer, producer, map)) continue;
    return { producer, map };
  }
  return undefined;
}

/** Whether the merged op would have a dimension (of size 1, then) that none of its operands has, so that nothing tells its size. */
function leavesSizeOpen(consumer: GenericOperation, producer: GenericOperation, map: AffineMap): boolean {
  const { inputs, indexing_maps: maps } = consumer;
  const remaining = maps.filter((_, position) => inputs[position]?.definer !== producer);
  const taken = producer.inputs.map((_, position) => producer.indexing_maps[position]!.compose(map));
  const known = new Set<number>();
  for (const { results } of [...remaining, ...taken]) {
    for (const result of results) if (result.kind === "dimension") known.add(result.position);
  }
  return known.size < consumer.iterator_types.length;
}

/** Copies a body's operations, seeing through pairs of rounding and widening, and gives what it yields. */
function copyBody(
  builder: Builder,
  source: GenericOperation,
  mapping: Map<Value, Value>,
  indexOf: (dimension: number) => Value,
): readonly Value[] {
  for (const operation of source.region.onlyBlock.operations) {
    if (yieldOperation.matches(operation)) return operation.inputs.map((value) => mapping.get(value) ?? value);
    if (indexOperation.matches(operation)) {
      mapping.set(operation.result, indexOf(operation.dim));
      continue;
    }
    if (operation.name === "arith.extf") {
      const input = mapping.get(operation.operand(0)) ?? operation.operand(0);
      const wide = input.definer?.name === "arith.truncf" ? input.definer.operand(0) : undefined;
      if (wide !== undefined && wide.type === operation.onlyResult.type) {
        mapping.set(operation.onlyResult, wide);
        continue;
      }
    }
    builder.insert(operation.clone(mapping));
  }
  return [];
}

/** One op that does what producer and consumer did. Results: the consumer's, then those of the producer that leave. */
function merge(
  rewriter: Rewriter,
  consumer: GenericOperation,
  { producer, map }: Candidate,
  leaving: readonly number[],
): GenericOperation {
  interface Input {
    readonly value: Value;
    readonly map: AffineMap;
    /** The body arguments of the old ops that it stands for. */
    readonly arguments: Value[];
  }
  const inputs: Input[] = [];
  const take = (value: Value, at: AffineMap, argument: Value) => {
    const known = inputs.find((input) => input.value === value && input.map.text === at.text);
    if (known === undefined) inputs.push({ value, map: at, arguments: [argument] });
    else known.arguments.push(argument);
  };
  const bodyArguments = (operation: GenericOperation) => operation.region.onlyBlock.arguments;
  for (const [position, value] of producer.inputs.entries()) {
    take(value, producer.indexing_maps[position]!.compose(map), bodyArguments(producer)[position]!);
  }
  for (const [position, value] of consumer.inputs.entries()) {
    if (value.definer !== producer) take(value, consumer.indexing_maps[position]!, bodyArguments(consumer)[position]!);
  }
  const outputs = [...consumer.outputs, ...leaving.map((position) => producer.outputs[position]!)];
  const consumerMaps = consumer.indexing_maps.slice(consumer.inputs.length);
  const outputMaps = [...consumerMaps, ...leaving.map(() => AffineMap.identity(consumer.iterator_types.length))];
  const location = fuseLocations([producer.location, consumer.location]);
  return rewriter.within(
    { block: consumer.block!, before: consumer },
    () =>
      genericOp(rewriter, {
        inputs: inputs.map(({ value }) => value),
        outputs,
        maps: [...inputs.map((input) => input.map), ...outputMaps],
        iterators: consumer.iterator_types,
        location,
        body: (builder, elements) => {
          const mapping = new Map<Value, Value>();
          for (const [position, input] of inputs.entries()) {
            for (const argument of input.arguments) mapping.set(argument, elements[position]!);
          }
          for (const [position] of consumer.outputs.entries()) {
            mapping.set(
              bodyArguments(consumer)[consumer.inputs.length + position]!,
              elements[inputs.length + position]!,
            );
          }
          const own = (dimension: number): Value =>
            builder.build(indexOperation, { dim: dimension, result: index }).result;
          const yielded = copyBody(builder, producer, mapping, (dimension) => {
            const result = map.results[dimension]!;
            if (result.kind === "dimension") return own(result.position);
            const value = result.kind === "constant" ? result.value : 0;
            return builder.build(constant, { value: IntegerAttribute.get(value, index) }).result;
          });
          for (const [position, value] of consumer.inputs.entries()) {
            if (value.definer !== producer) continue;
            const produced: readonly Value[] = producer.results;
            const result = produced.indexOf(value);
            mapping.set(bodyArguments(consumer)[position]!, yielded[result]!);
          }
          const results = copyBody(builder, consumer, mapping, own);
          return [...results, ...leaving.map((position) => yielded[position]!)];
        },
      }),
    location,
  );
}

/** Removes what computes nothing in a body any more (a rounding that was seen through). */
function removeDeadBody(operation: GenericOperation): void {
  for (const inner of operation.region.onlyBlock.operations.reverse()) {
    if (!yieldOperation.matches(inner) && !inner.hasUses && inner.regions.length === 0) inner.erase();
  }
}

/**
 * Merges the elementwise ops among `operations` (in order, of one block) into their users. `roots` are values that are used
 * elsewhere; the result holds what stands for each now.
 */
export function mergePointwise(operations: readonly Operation[], roots: readonly Value[], rewriter: Rewriter): Value[] {
  const kept = [...roots];
  const group = new Set<Operation>(operations);
  for (const operation of [...operations].reverse()) {
    if (!generic.matches(operation) || operation.block === undefined) continue;
    let consumer: GenericOperation = operation;
    for (;;) {
      const candidate = findCandidate(consumer, group, new Set(kept));
      if (candidate === undefined) break;
      const { producer } = candidate;
      const leaving = producer.results.flatMap((result, position) => (kept.includes(result) ? [position] : []));
      const merged = merge(rewriter, consumer, candidate, leaving);
      removeDeadBody(merged);
      for (const [position, root] of kept.entries()) {
        const fromProducer = leaving.findIndex((result) => producer.results[result] === root);
        if (fromProducer >= 0) kept[position] = merged.results[consumer.results.length + fromProducer]!;
        const consumed: readonly Value[] = consumer.results;
        const fromConsumer = consumed.indexOf(root);
        if (fromConsumer >= 0) kept[position] = merged.results[fromConsumer]!;
      }
      rewriter.replace(consumer, merged.results.slice(0, consumer.results.length));
      rewriter.erase(producer);
      group.add(merged);
      consumer = merged;
    }
  }
  for (const operation of operations) {
    if (
      operation.block !== undefined &&
      empty.matches(operation) &&
      !operation.hasUses &&
      !kept.includes(operation.result)
    )
      rewriter.erase(operation);
  }
  return kept;
}
