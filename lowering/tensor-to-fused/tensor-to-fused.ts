/**
 * Grouping tensor ops into tasks. Each op starts as a task of its own; then, in order, each joins the strongest task that
 * it works on, where a rule of the device allows it and the graph of tasks stays without cycles. What stays apart is
 * remarked with the reason.
 */
import { type AnchorClass, anchorClasses, anchorClassOf } from "../../dialects/fused/anchors.ts";
import { isTask, tasks, yieldOperation } from "../../dialects/fused/ops.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { constantOf } from "../../ir/effects.ts";
import { fuseLocations } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { applyPatternsGreedily } from "../../ir/rewrite/greedy-driver.ts";
import { isRefusal } from "../../ir/rewrite/pattern.ts";
import { TensorType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { aneRules } from "./ane-rules.ts";
import { groupAttention } from "./attention.ts";
import { cpuRules } from "./cpu-rules.ts";
import { type Group, GroupGraph } from "./group-graph.ts";
import { activationPatterns } from "./recognise-activations.ts";
import { normPatterns } from "./recognise-norms.ts";
import type { FusionRules, Proposal } from "./rules.ts";

const devices: { readonly [device: string]: FusionRules } = { cpu: cpuRules, ane: aneRules };

type Remark = (operation: Operation, message: string) => void;

export const tensorToFused = pass("tensor-to-fused", {
  doc: "Groups tensor ops into tasks, by the fusion rules of a device.",
  options: {
    device: { doc: "whose fusion rules apply", default: "cpu", choices: Object.keys(devices) },
    recognise: {
      doc: "first replace activations and norms that are written out by the op that they are",
      default: true,
    },
  },
  establishes: ["fused"],
  exactness:
    "bit-exact, but for activations and norms that are recognised: those are rounded once instead of at each step",
  run: (root, { context, missed }, { device, recognise }) => {
    const rules = devices[device]!;
    const patterns = recognise ? [...activationPatterns, ...normPatterns] : [];
    let changed = recognise && applyPatternsGreedily(root, patterns, context, { fold: false }).changed;
    const blocks: Block[] = [];
    root.walk((operation) => {
      if (isTask(operation) || isTask(operation.parentOperation)) return;
      for (const region of operation.regions) blocks.push(...region.blocks);
    });
    for (const block of blocks) changed = groupBlock(block, rules, missed) || changed;
    return changed;
  },
});

/** Groups the ops of one block; returns whether there were any. */
function groupBlock(block: Block, rules: FusionRules, remark: Remark): boolean {
  const members = block.operations.filter((operation) => anchorClassOf(operation) !== undefined);
  if (members.length === 0 || isTask(block.parentOperation)) return false;
  const graph = new GroupGraph(block);
  if (rules.attention) groupAttention(block, graph, remark);
  for (const operation of members) joinProducer(operation, graph, rules, remark);
  for (const operation of members.toReversed()) joinConsumer(operation, graph, rules, remark);
  const groups = graph.inOrder();
  const last = block.last?.definition?.hasTrait("Terminator") ? block.last : undefined;
  for (const group of groups) emit(group, block, last);
  return true;
}

const strength = (anchor: AnchorClass): number => anchorClasses.indexOf(anchor);

/** Lets an op that stands alone join a task whose result it uses. */
function joinProducer(operation: Operation, graph: GroupGraph, rules: FusionRules, remark: Remark): void {
  const group = graph.groupOf(operation)!;
  if (group.operations.length > 1) return;
  const candidates = operation.operands.flatMap((value): (Proposal & { readonly place: number })[] => {
    const task = graph.groupOf(value.definer);
    const anchor = task?.anchor;
    if (task === undefined || anchor === undefined || task === group) return [];
    return [{ task, anchor, operation, group, value, place: value.definer!.order }];
  });
  // The strongest anchor first; of equal ones the latest, whose other operands are surely there by then.
  candidates.sort((a, b) => strength(a.anchor) - strength(b.anchor) || b.place - a.place);
  for (const candidate of candidates) {
    if (!isAccepted(candidate, "consumer", rules, remark)) continue;
    if (!graph.canMerge(candidate.task, group)) {
      remark(
        operation,
        `stays out of the task of '${anchorName(candidate)}': another task between them would wait for itself`,
      );
      continue;
    }
    graph.merge(candidate.task, group);
    return;
  }
}

/** Lets an elementwise group join the one task that uses its results. */
function joinConsumer(operation: Operation, graph: GroupGraph, rules: FusionRules, remark: Remark): void {
  const group = graph.groupOf(operation)!;
  if (group.anchor !== "elementwise" || group.operations.at(-1) !== operation) return;
  const users = operation.results.flatMap((result) => result.users);
  const [user] = users;
  const task = graph.groupOf(user);
  const anchor = task?.anchor;
  if (task === undefined || anchor === undefined || task === group || user?.block !== operation.block) return;
  if (users.some((other) => graph.groupOf(other) !== task) || leavesElsewhere(group, task, graph)) return;
  const proposal: Proposal = { task, anchor, operation, group, value: operation.results[0]! };
  if (!isAccepted(proposal, "producer", rules, remark) || !graph.canMerge(group, task)) return;
  graph.merge(task, group);
}

/** Whether a group has results that others than `task` use. */
function leavesElsewhere(group: Group, task: Group, graph: GroupGraph): boolean {
  return group.operations.some((operation) =>
    operation.results.some((result) =>
      result.users.some((user) => graph.groupOf(user) !== task && graph.groupOf(user) !== group),
    ),
  );
}

function isAccepted(proposal: Proposal, joins: "consumer" | "producer", rules: FusionRules, remark: Remark): boolean {
  for (const rule of rules.rules) {
    if (rule.joins !== joins) continue;
    const verdict = rule.judge(proposal);
    if (verdict === undefined) continue;
    if (isRefusal(verdict)) {
      remark(
        proposal.operation,
        `stays out of the task of '${anchorName(proposal)}' (${rule.name}): ${verdict.refusal}`,
      );
      return false;
    }
    return true;
  }
  return false;
}

/** The op that the task is named after. */
function anchorName({ task, anchor }: Proposal): string {
  return task.operations.find((operation) => anchorClassOf(operation) === anchor)?.name ?? `fused.${anchor}`;
}

/** A constant that goes into the task instead of coming in as an input: one number for all elements. */
function isSplat(value: Value): boolean {
  const constant = constantOf(value);
  return constant instanceof DenseElementsAttribute && constant.isSplat;
}

/** Builds the task of a group before `before` and moves its ops inside; ops of no task move there as they are. */
function emit(group: Group, block: Block, before: Operation | undefined): void {
  const { operations, anchor } = group;
  if (anchor === undefined) {
    for (const operation of operations) {
      operation.unlink();
      block.insertBefore(operation, before);
    }
    return;
  }
  const inside = new Set(operations);
  const inputs: Value[] = [];
  const splats: Value[] = [];
  for (const value of operations.flatMap((operation) => operation.operands)) {
    if (value.definer !== undefined && inside.has(value.definer)) continue;
    const list = isSplat(value) ? splats : inputs;
    if (!list.includes(value)) list.push(value);
  }
  const results = operations.flatMap((operation) =>
    operation.results.filter((result) => result.users.some((user) => !inside.has(user)) || !result.hasUses),
  );
  const location = fuseLocations(operations.map((operation) => operation.location));
  const body = new Block();
  const mapping = new Map<Value, Value>();
  for (const value of inputs) {
    const argument = body.addArgument(value.type, value.location);
    argument.nameHint = value.nameHint;
    mapping.set(value, argument);
  }
  for (const value of splats) {
    const copy = value.definer!.clone();
    body.append(copy);
    mapping.set(value, copy.onlyResult);
  }
  for (const operation of operations) {
    operation.moveToEnd(body);
    for (const use of operation.operandUses) {
      const replacement = mapping.get(use.value);
      if (replacement !== undefined) use.set(replacement);
    }
  }
  const task = tasks[anchor].build(
    {
      inputs: inputs.filter(isTensor),
      outputs: results.map((result) => result.type).filter((type) => type instanceof TensorType),
      body: new Region([body]),
    },
    location,
  );
  block.insertBefore(task, before);
  for (const [position, result] of results.entries()) {
    const output = task.outputs[position]!;
    output.nameHint = result.nameHint;
    for (const use of result.uses) if (!inside.has(use.owner)) use.set(output);
  }
  const yielded: readonly Value[] = results;
  new Builder(at.endOf(body), location).build(yieldOperation, { values: yielded.filter(isTensor) });
}

function isTensor(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}
