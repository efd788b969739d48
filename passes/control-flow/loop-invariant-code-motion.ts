/**
 * Loop-invariant code motion: operations of a loop whose operands come from outside of it move in front of it. Which
 * may move is asked of interfaces: those without effects that may run although the loop does not; and reads, where nothing in
 * the loop writes what they read and the loop is sure to run them.
 */
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import { constantOf, effectsOf } from "../../ir/effects.ts";
import { isSpeculatable, LoopLike, type LoopLikeImplementation, type MemoryEffect } from "../../ir/interfaces.ts";
import type { Operation, Region, Value } from "../../ir/operation.ts";
import { operationsImplementing } from "../find-operations.ts";
import { pass } from "../pass.ts";

export const loopInvariantCodeMotion = pass("loop-invariant-code-motion", {
  doc: "Moves operations out of loops that compute the same in every iteration.",
  options: {
    "hoist-reads": { doc: "also move reads of memory that the loop does not write, if it surely runs", default: true },
  },
  statistics: { "operations moved": "operations that left a loop" },
  run: (root, { context, statistic, remark }, options) => {
    let moved = 0;
    // Inner loops first: what leaves them may leave the outer ones too.
    for (const loop of operationsImplementing(root, LoopLike, context).reverse()) {
      const implementation = context.implementation(LoopLike, loop);
      if (implementation === undefined) continue;
      const motion = new LoopMotion(loop, implementation, context, options["hoist-reads"]);
      for (const operation of motion.run()) {
        remark(operation, `moved out of '${loop.name}'`);
        moved++;
      }
    }
    statistic("operations moved", moved);
    return moved > 0;
  },
});

class LoopMotion {
  readonly #loop: Operation;
  readonly #implementation: LoopLikeImplementation;
  readonly #context: Context;
  readonly #hoistReads: boolean;
  /** What the loop does to memory; found when the first read asks. "unknown" includes writes to anything. */
  #writes: readonly MemoryEffect[] | "unknown" | undefined = undefined;

  constructor(loop: Operation, implementation: LoopLikeImplementation, context: Context, hoistReads: boolean) {
    this.#loop = loop;
    this.#implementation = implementation;
    this.#context = context;
    this.#hoistReads = hoistReads;
  }

  /** Moves what may move; returns it in order. */
  run(): Operation[] {
    const moved: Operation[] = [];
    for (const region of this.#implementation.regions(this.#loop)) {
      // Definers stand before their users but in loops between blocks, which a second round sees.
      for (let again = true; again; ) {
        again = false;
        for (const block of region.blocks) {
          for (const operation of block.operations) {
            if (!this.#mayMove(operation, region)) continue;
            operation.moveBefore(this.#loop);
            moved.push(operation);
            again = region.blocks.length > 1;
          }
        }
      }
    }
    return moved;
  }

  #mayMove(operation: Operation, region: Region): boolean {
    const { definition } = operation;
    if (definition === undefined || definition.hasTrait("Terminator")) return false;
    const effects = effectsOf(operation, this.#context);
    if (effects === undefined) return false;
    const isRead = effects.length > 0;
    if (isRead && !(this.#hoistReads && effects.every(({ kind }) => kind === "read"))) return false;
    if (!this.#isDefinedOutside(operation)) return false;
    if (isRead) return effects.every((effect) => !this.#isWritten(effect)) && this.#surelyRuns(operation, region);
    return isSpeculatable(operation, this.#context);
  }

  /** Whether all that the operation and its regions use comes from outside of the loop (or from inside of the operation). */
  #isDefinedOutside(operation: Operation): boolean {
    const isOutside = (value: Value): boolean => {
      for (let parent = value.parentBlock?.parentOperation; parent !== undefined; parent = parent.parentOperation) {
        if (parent === operation) return true;
        if (parent === this.#loop) return false;
      }
      return true;
    };
    if (operation.regions.length === 0) return operation.operands.every(isOutside);
    let outside = true;
    operation.walk((inner) => {
      if (outside) outside = inner.operands.every(isOutside);
    });
    return outside;
  }

  #isWritten(read: MemoryEffect): boolean {
    if (this.#writes === undefined) {
      const all = effectsOf(this.#loop, this.#context);
      this.#writes = all === undefined ? "unknown" : all.filter(({ kind }) => kind === "write" || kind === "free");
    }
    if (this.#writes === "unknown") return true;
    return this.#writes.some(({ value }) => !areDistinct(read.value, value, this.#context));
  }

  /** Whether every run of the loop runs this: the loop has a first turn, and nothing before may end it or the program. */
  #surelyRuns(operation: Operation, region: Region): boolean {
    if (operation.block !== region.entry || !this.#runsAtLeastOnce()) return false;
    for (let before = operation.previous; before !== undefined; before = before.previous) {
      if (before.regions.length > 0 || effectsOf(before, this.#context) === undefined) return false;
    }
    return true;
  }

  #runsAtLeastOnce(): boolean {
    const { runsAtLeastOnce, inductionVariables } = this.#implementation;
    if (runsAtLeastOnce !== undefined) return runsAtLeastOnce(this.#loop);
    const variables = inductionVariables?.(this.#loop) ?? [];
    return (
      variables.length > 0 &&
      variables.every(({ lower, upper }) => {
        const [from, to] = [numberOf(lower), numberOf(upper)];
        return from !== undefined && to !== undefined && from < to;
      })
    );
  }
}

function numberOf(bound: Value | bigint): bigint | undefined {
  if (typeof bound === "bigint") return bound;
  const constant = constantOf(bound);
  return constant instanceof IntegerAttribute ? constant.value : undefined;
}

/** Whether two values surely are different memory: two allocations. */
function areDistinct(a: Value | undefined, b: Value | undefined, context: Context): boolean {
  if (a === undefined || b === undefined || a === b) return false;
  return isAllocation(a, context) && isAllocation(b, context);
}

function isAllocation(value: Value, context: Context): boolean {
  const { definer } = value;
  if (definer === undefined) return false;
  return effectsOf(definer, context)?.some((each) => each.kind === "allocate" && each.value === value) ?? false;
}
