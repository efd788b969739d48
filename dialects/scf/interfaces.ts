/** What generic passes know about structured control flow: where control and values go, and what repeats. */
import { type Attribute, IntegerAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import {
  type AttachedInterface,
  CarriesValues,
  ConditionallySpeculatable,
  type InductionVariable,
  LoopLike,
  type OperandRange,
  RegionBranch,
  type RegionEdge,
} from "../../ir/interfaces.ts";
import { Block, type Operation, type Region, type Value } from "../../ir/operation.ts";
import { truthOf } from "../cf/interfaces.ts";
import { dynamicIndex } from "../upstream/constraints.ts";
import {
  executeRegion,
  forall,
  forOperation,
  ifOperation,
  indexSwitch,
  parallel,
  reduce,
  whileOperation,
  yieldOperation,
} from "./ops.ts";

const none: OperandRange = { start: 0, count: 0 };
const all = (source: Operation, start = 0): OperandRange => ({ start, count: source.operandCount - start });

/** Into a region: the values become its entry block's arguments from `from` on. */
function into(target: Region, operands: OperandRange, from = 0): RegionEdge {
  return { target, operands, inputs: operands.count === 0 ? [] : (target.entry?.arguments.slice(from) ?? []) };
}

/** Past the operation: the values become its results. */
function past(operation: Operation, operands: OperandRange): RegionEdge {
  return { target: undefined, operands, inputs: operands.count === 0 ? [] : operation.results };
}

const integerOf = (constant: Attribute | undefined): bigint | undefined =>
  constant instanceof IntegerAttribute ? constant.value : undefined;

/** The regions run in turn, one of them or none; each terminator's operands are the results. */
function runsOnce(definition: AnyDefinition): AttachedInterface {
  return RegionBranch.attach(definition, (operation, source) =>
    source === operation ? operation.regions.map((region) => into(region, none)) : [past(operation, all(source))],
  );
}

const forEdges = RegionBranch.attach(forOperation, (operation, source, constants) => {
  const [region] = operation.regions;
  if (region === undefined) return [];
  if (source !== operation) return [into(region, all(source), 1), past(operation, all(source))];
  const [lower, upper] = [integerOf(constants[0]), integerOf(constants[1])];
  const initial = all(operation, 3);
  const enter = into(region, initial, 1);
  const skip = past(operation, initial);
  if (lower === undefined || upper === undefined) return [enter, skip];
  return lower < upper ? [enter] : [skip];
});

const ifEdges = RegionBranch.attach(ifOperation, (operation, source, constants) => {
  if (source !== operation) return [past(operation, all(source))];
  const truth = truthOf(constants[0]);
  const [thenRegion, elseRegion] = operation.regions;
  const edges: RegionEdge[] = [];
  if (truth !== false && thenRegion !== undefined) edges.push(into(thenRegion, none));
  if (truth !== true) {
    edges.push(
      elseRegion?.entry === undefined ? { target: undefined, operands: none, inputs: [] } : into(elseRegion, none),
    );
  }
  return edges;
});

const whileEdges = RegionBranch.attach(whileOperation, (operation, source, constants) => {
  const [before, after] = operation.regions;
  if (before === undefined || after === undefined) return [];
  if (source === operation || source.parentRegion === after) return [into(before, all(source))];
  const truth = truthOf(constants[0]);
  const edges: RegionEdge[] = [];
  if (truth !== false) edges.push(into(after, all(source, 1)));
  if (truth !== true) edges.push(past(operation, all(source, 1)));
  return edges;
});

const switchEdges = RegionBranch.attach(indexSwitch, (operation, source, constants) => {
  if (source !== operation) return [past(operation, all(source))];
  const known = integerOf(constants[0]);
  if (known === undefined) return operation.regions.map((region) => into(region, none));
  const chosen = indexSwitch.cast(operation).cases.findIndex((each) => BigInt(each) === known) + 1;
  const region = operation.regions[chosen];
  return region === undefined ? [] : [into(region, none)];
});

const nothing = (): RegionEdge => ({ target: undefined, operands: none, inputs: [] });

/** The shared outputs come from outside in every iteration; what the iterations make of them is not forwarded. */
const forallEdges = RegionBranch.attach(forall, (operation, source) => {
  const [region] = operation.regions;
  if (source !== operation || region === undefined) return [nothing()];
  const { staticLowerBound, outputs } = forall.cast(operation);
  const start = operation.operandCount - outputs.length;
  return [into(region, { start, count: outputs.length }, staticLowerBound.length), nothing()];
});

/** How the partial results are combined is not followed: results are unknown. */
const parallelEdges = RegionBranch.attach(parallel, (operation, source) => {
  const [region] = operation.regions;
  return source !== operation || region === undefined ? [nothing()] : [into(region, none), nothing()];
});

const reduceEdges = RegionBranch.attach(reduce, (operation, source) =>
  source === operation ? [...operation.regions.map((region) => into(region, none)), nothing()] : [nothing()],
);

function mixed(values: readonly Value[], statics: readonly number[]): (Value | bigint)[] {
  let next = 0;
  return statics.map((size) => (size === dynamicIndex ? values[next++]! : BigInt(size)));
}

function zip(
  values: readonly Value[],
  lower: readonly (Value | bigint)[],
  upper: readonly (Value | bigint)[],
  step: readonly (Value | bigint)[],
): InductionVariable[] {
  return lower.flatMap((from, position) => {
    const value = values[position];
    const [to, by] = [upper[position], step[position]];
    return value === undefined || to === undefined || by === undefined
      ? []
      : [{ value, lower: from, upper: to, step: by }];
  });
}

const loops: readonly AttachedInterface[] = [
  LoopLike.attach(forOperation, {
    regions: (operation) => operation.regions,
    inductionVariables: (operation) => {
      const { lowerBound, upperBound, step, region } = forOperation.cast(operation);
      return zip(region.entry?.arguments ?? [], [lowerBound], [upperBound], [step]);
    },
  }),
  // The before region runs once even where the loop does not.
  LoopLike.attach(whileOperation, { regions: (operation) => operation.regions }),
  LoopLike.attach(parallel, {
    regions: (operation) => operation.regions,
    inductionVariables: (operation) => {
      const { lowerBound, upperBound, step, region } = parallel.cast(operation);
      return zip(region.entry?.arguments ?? [], lowerBound, upperBound, step);
    },
  }),
  LoopLike.attach(forall, {
    regions: (operation) => operation.regions,
    inductionVariables: (operation) => {
      const loop = forall.cast(operation);
      return zip(
        loop.region.entry?.arguments ?? [],
        mixed(loop.dynamicLowerBound, loop.staticLowerBound),
        mixed(loop.dynamicUpperBound, loop.staticUpperBound),
        mixed(loop.dynamicStep, loop.staticStep),
      );
    },
  }),
];

export const scfInterfaces: readonly AttachedInterface[] = [
  forEdges,
  ifEdges,
  whileEdges,
  switchEdges,
  forallEdges,
  parallelEdges,
  reduceEdges,
  runsOnce(executeRegion),
  ...loops,
  ...[forOperation, whileOperation, executeRegion, indexSwitch].map((definition) =>
    CarriesValues.attach(definition, {}),
  ),
  CarriesValues.attach(ifOperation, {
    prepare: (operation) => {
      const { elseRegion } = ifOperation.cast(operation);
      if (elseRegion.entry !== undefined) return;
      const block = new Block();
      elseRegion.append(block);
      new Builder(at.endOf(block), operation.location).build(yieldOperation, { inputs: [] });
    },
  }),
  ConditionallySpeculatable.attach(ifOperation, () => "recursively"),
  ConditionallySpeculatable.attach(indexSwitch, () => "recursively"),
  // With a step of 1 the counter meets every bound; another step may wrap around it for ever.
  ConditionallySpeculatable.attach(forOperation, (operation) =>
    integerOf(constantOf(operation.operand(2))) === 1n ? "recursively" : "never",
  ),
  ConditionallySpeculatable.attach(whileOperation, () => "never"),
];
