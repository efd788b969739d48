/**
 * The graph of groups: which ops of a block are computed together, and who waits for whom. Merging two groups must leave
 * the graph without cycles, or no order of tasks would compute all inputs of each before it runs.
 */
import { createRequire } from "node:module";
import type { DirectedGraph } from "graphology";
import { type AnchorClass, anchorClassOf, strongestAnchor } from "../../dialects/fused/anchors.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";

export class Group {
  readonly key: string;
  /** In the block's order. */
  readonly operations: Operation[];

  constructor(key: string, operation: Operation) {
    this.key = key;
    this.operations = [operation];
  }

  /** The class of the task that the group becomes; undefined for an op that belongs in no task. */
  get anchor(): AnchorClass | undefined {
    return strongestAnchor(this.operations);
  }
}

// Loaded where it is used: most commands group nothing.
const load = createRequire(import.meta.url);
const graphology = (): typeof import("graphology") => load("graphology");
const graphologyDag = (): typeof import("graphology-dag") => load("graphology-dag");

/** Every operand of an operation and of all inside it. */
function usedValues(operation: Operation): Value[] {
  const values: Value[] = [];
  operation.walk((inner) => values.push(...inner.operands));
  return values;
}

export class GroupGraph {
  readonly #graph: DirectedGraph = new (graphology().DirectedGraph)();
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Operation, Group>();

  /** Each operation of the block is a group of its own at first; constants and the terminator are in none. */
  constructor(block: Block) {
    let lastEffect: Group | undefined;
    for (const operation of block.operations) {
      if (operation.definition?.hasTrait("ConstantLike") || operation.definition?.hasTrait("Terminator")) continue;
      const group = new Group(`${this.#groups.size}`, operation);
      this.#groups.set(group.key, group);
      this.#groupOf.set(operation, group);
      this.#graph.addNode(group.key);
      for (const value of usedValues(operation)) {
        const source = value.definer === undefined ? undefined : this.#groupOf.get(value.definer);
        if (source !== undefined && source !== group) this.#graph.mergeEdge(source.key, group.key);
      }
      // What may have effects keeps its order.
      if (anchorClassOf(operation) !== undefined || operation.definition?.hasTrait("Pure")) continue;
      if (lastEffect !== undefined) this.#graph.mergeEdge(lastEffect.key, group.key);
      lastEffect = group;
    }
  }

  groupOf(operation: Operation | undefined): Group | undefined {
    return operation === undefined ? undefined : this.#groupOf.get(operation);
  }

  get groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  /** Whether `producer`, whose results `consumer` uses, can be computed together with it. */
  canMerge(producer: Group, consumer: Group): boolean {
    // A path from one to the other beside the direct edge would run out of the merged group and back into it.
    const hasEdge = this.#graph.hasEdge(producer.key, consumer.key);
    if (hasEdge) this.#graph.dropEdge(producer.key, consumer.key);
    const hasOtherPath = graphologyDag().willCreateCycle(this.#graph, consumer.key, producer.key);
    if (hasEdge) this.#graph.addEdge(producer.key, consumer.key);
    return !hasOtherPath && !graphologyDag().willCreateCycle(this.#graph, producer.key, consumer.key);
  }

  /** Puts the operations of `absorbed` into `group`. */
  merge(group: Group, absorbed: Group): void {
    for (const source of this.#graph.inNeighbors(absorbed.key)) {
      if (source !== group.key) this.#graph.mergeEdge(source, group.key);
    }
    for (const target of this.#graph.outNeighbors(absorbed.key)) {
      if (target !== group.key) this.#graph.mergeEdge(group.key, target);
    }
    this.#graph.dropNode(absorbed.key);
    this.#groups.delete(absorbed.key);
    group.operations.push(...absorbed.operations);
    group.operations.sort((a, b) => (a.isBeforeInBlock(b) ? -1 : 1));
    for (const operation of absorbed.operations) this.#groupOf.set(operation, group);
  }

  /**
   * All groups, each behind those that it uses, and otherwise in the block's order of their last operations: an order by
   * distance from the inputs would keep more intermediates alive.
   */
  inOrder(): Group[] {
    const byPlace = this.groups.toSorted((a, b) =>
      a.operations.at(-1)!.isBeforeInBlock(b.operations.at(-1)!) ? -1 : 1,
    );
    const done = new Set<Group>();
    const order: Group[] = [];
    for (const group of byPlace) {
      const pending = [group];
      for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
        const sources = this.#graph.inNeighbors(next.key).map((key) => this.#groups.get(key)!);
        const missing = sources.find((source) => !done.has(source));
        if (missing !== undefined && !done.has(next)) {
          pending.push(missing);
          continue;
        }
        pending.pop();
        if (done.has(next)) continue;
        done.add(next);
        order.push(next);
      }
    }
    return order;
  }
}
