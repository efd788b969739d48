/**
 * Removes values that cannot matter, with everything that carries them: operations, block arguments and what branches pass
 * for them, values carried around loops, parameters and results of private functions. What is dead is asked of the
 * liveness analysis; what cannot be taken out (because an op does not say how) stays, with all that it uses.
 */
import type { Context } from "../../ir/context.ts";
import { isPure } from "../../ir/effects.ts";
import { Branch, Callable, CallLike, CarriesValues, RegionBranch, type RegionEdge } from "../../ir/interfaces.ts";
import {
  type Block,
  BlockArgument,
  type Operation,
  OperationResult,
  type Use,
  type Value,
} from "../../ir/operation.ts";
import { livenessAnalysis } from "../dataflow/analysis.ts";
import { liveness } from "../dataflow/liveness.ts";
import type { Solution } from "../dataflow/solver.ts";
import { removeOperands, removeResults } from "../edit-operation.ts";
import { pass } from "../pass.ts";
import { SymbolUses } from "../symbol-uses.ts";

export const removeDeadValues = pass("remove-dead-values", {
  doc: "Removes unused values through branches, loops and the signatures of private functions.",
  statistics: {
    "operations removed": "operations whose results did not matter",
    "arguments removed": "block arguments, parameters and carried values that did not matter",
  },
  run: (root, { context, statistic, analysis }) => {
    const removal = new Removal(root, context, analysis(livenessAnalysis));
    removal.plan();
    const { operations, values } = removal.apply();
    statistic("operations removed", operations);
    statistic("arguments removed", values);
    return operations + values > 0;
  },
});

/** Values and operand slots that go together: a block argument and what every predecessor passes for it. */
interface Bundle {
  /** Block arguments and results. */
  readonly values: Set<Value>;
  /** The slots that feed them. */
  readonly slots: Set<Use>;
}

class Removal {
  readonly #root: Operation;
  readonly #context: Context;
  readonly #solution: Solution;
  readonly #bundles = new Set<Bundle>();
  readonly #bundleOfSlot = new Map<Use, Bundle>();
  readonly #bundleOfValue = new Map<Value, Bundle>();
  /** Operations that go as a whole. */
  readonly #dead = new Set<Operation>();
  /** Functions whose signature shrinks with the bundles of their parameters and results. */
  readonly #callables: {
    readonly callable: Operation;
    readonly calls: readonly Operation[];
    readonly returns: readonly Operation[];
  }[] = [];

  constructor(root: Operation, context: Context, solution: Solution) {
    this.#root = root;
    this.#context = context;
    this.#solution = solution;
  }

  #isDead(value: Value): boolean {
    return this.#solution.fact(liveness, value) === false;
  }

  // ------------------------------------------------------------------------------------------------------------ plan

  /** Finds what could go, then keeps what something that stays still uses, until that is consistent. */
  plan(): void {
    const symbolUses = new SymbolUses(this.#root, this.#context);
    this.#root.walk((operation) => {
      if (operation === this.#root) this.#planBlocks(operation);
      else {
        if (this.#mayGo(operation)) this.#dead.add(operation);
        this.#planBlocks(operation);
        this.#planCarried(operation);
        this.#planSignature(operation, symbolUses);
      }
    });
    for (const bundle of this.#bundles)
      if (![...bundle.values].every((value) => this.#isDead(value))) this.#keep(bundle);
    for (let again = true; again; ) {
      again = false;
      for (const bundle of this.#bundles) {
        if ([...bundle.values].every((value) => this.#usesGo(value))) continue;
        this.#keep(bundle);
        again = true;
      }
      for (const operation of this.#dead) {
        if (operation.results.every((result) => this.#usesGo(result))) continue;
        this.#dead.delete(operation);
        again = true;
      }
    }
  }

  /** An operation without effects whose results are dead. */
  #mayGo(operation: Operation): boolean {
    const { definition } = operation;
    if (definition === undefined || definition.hasTrait("Terminator") || operation.results.length === 0) return false;
    return operation.results.every((result) => this.#isDead(result)) && isPure(operation, this.#context);
  }

  #usesGo(value: Value): boolean {
    return value.uses.every((use) => this.#bundleOfSlot.has(use) || this.#isInsideDead(use.owner));
  }

  #isInsideDead(operation: Operation): boolean {
    for (let walker: Operation | undefined = operation; walker !== undefined; walker = walker.parentOperation) {
      if (this.#dead.has(walker)) return true;
    }
    return false;
  }

  #keep(bundle: Bundle): void {
    this.#bundles.delete(bundle);
    for (const slot of bundle.slots) this.#bundleOfSlot.delete(slot);
    for (const value of bundle.values) this.#bundleOfValue.delete(value);
  }

  /** States that `slot` feeds `value`: bundles that share either become one. */
  #join(value: Value, slot: Use | undefined): void {
    const known = this.#bundleOfValue.get(value);
    const other = slot === undefined ? undefined : this.#bundleOfSlot.get(slot);
    const bundle: Bundle = known ?? other ?? { values: new Set(), slots: new Set() };
    if (known !== undefined && other !== undefined && known !== other) {
      this.#bundles.delete(other);
      for (const each of other.values) this.#add(bundle, each, undefined);
      for (const each of other.slots) this.#add(bundle, undefined, each);
    }
    this.#bundles.add(bundle);
    this.#add(bundle, value, slot);
  }

  #add(bundle: Bundle, value: Value | undefined, slot: Use | undefined): void {
    if (value !== undefined) {
      bundle.values.add(value);
      this.#bundleOfValue.set(value, bundle);
    }
    if (slot !== undefined) {
      bundle.slots.add(slot);
      this.#bundleOfSlot.set(slot, bundle);
    }
  }

  /** The arguments of blocks that branches go to, where all predecessors say what they pass. */
  #planBlocks(operation: Operation): void {
    for (const region of operation.regions) {
      if (region.blocks.length < 2) continue;
      const predecessors = new Map<Block, Operation[]>();
      for (const block of region.blocks) {
        for (const successor of new Set(block.successors)) {
          predecessors.set(successor, [...(predecessors.get(successor) ?? []), block.last!]);
        }
      }
      for (const block of region.blocks) {
        if (block === region.entry) continue;
        for (const argument of block.arguments) this.#planArgument(argument, predecessors.get(block) ?? []);
      }
    }
  }

  #planArgument(argument: BlockArgument, branches: readonly Operation[]): void {
    const slots: Use[] = [];
    for (const branch of branches) {
      const implementation = this.#context.implementation(Branch, branch);
      for (const [position, successor] of branch.successors.entries()) {
        if (successor !== argument.owner) continue;
        const range = implementation?.successorOperands(branch, position);
        const index = argument.index - (argument.owner.arguments.length - (range?.count ?? 0));
        const slot = range === undefined || index < 0 ? undefined : branch.operandUses[range.start + index];
        if (slot === undefined) return;
        slots.push(slot);
      }
    }
    this.#join(argument, undefined);
    for (const slot of slots) this.#join(argument, slot);
  }

  /** The values that a structured operation carries. */
  #planCarried(operation: Operation): void {
    const edgesOf = this.#context.implementation(RegionBranch, operation);
    if (edgesOf === undefined || this.#context.implementation(CarriesValues, operation) === undefined) return;
    const plan = (source: Operation, edges: readonly RegionEdge[]) => {
      for (const { operands, inputs } of edges) {
        for (const [position, input] of inputs.entries())
          this.#join(input, source.operandUses[operands.start + position]);
      }
    };
    plan(operation, edgesOf(operation, operation, []));
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        const end = block.last;
        if (end !== undefined && end.successors.length === 0) plan(end, edgesOf(operation, end, []));
      }
    }
  }

  /** The parameters and results of a function whose calls are all known. */
  #planSignature(callable: Operation, symbolUses: SymbolUses): void {
    const implementation = this.#context.implementation(Callable, callable);
    const region = implementation?.region(callable);
    if (implementation?.keepInSignature === undefined || region?.entry === undefined) return;
    const calls = symbolUses.onlyCalls(callable);
    if (calls === undefined || calls.length === 0) return;
    const returns = region.blocks.flatMap(({ last }) =>
      last !== undefined && last.successors.length === 0 && last.definition?.hasTrait("ReturnLike") ? [last] : [],
    );
    for (const argument of region.entry.arguments) {
      this.#join(argument, undefined);
      for (const call of calls) {
        const start = this.#context.implementation(CallLike, call)?.arguments(call).start ?? 0;
        this.#join(argument, call.operandUses[start + argument.index]);
      }
    }
    // Results go together with what every return gives for them.
    for (const call of calls) {
      for (const result of call.results) for (const end of returns) this.#join(result, end.operandUses[result.index]);
    }
    this.#callables.push({ callable, calls, returns });
  }

  // ----------------------------------------------------------------------------------------------------------- apply

  /** Takes out what is planned. Returns how much that was. */
  apply(): { readonly operations: number; readonly values: number } {
    const removedSlots = new Map<Operation, Set<number>>();
    const removedResults = new Map<Operation, Set<number>>();
    const removedArguments = new Map<Block, BlockArgument[]>();
    let values = 0;
    for (const { callable, calls, returns } of this.#callables) this.#shrinkSignature(callable, calls, returns);
    for (const bundle of this.#bundles) {
      values += bundle.values.size;
      for (const slot of bundle.slots) addTo(removedSlots, slot.owner, slot.index);
      for (const value of bundle.values) {
        if (value instanceof BlockArgument) {
          const known = removedArguments.get(value.owner);
          if (known === undefined) removedArguments.set(value.owner, [value]);
          else known.push(value);
        } else if (value instanceof OperationResult) addTo(removedResults, value.owner, value.index);
      }
    }
    for (const [operation, positions] of removedSlots) {
      const branch = this.#context.implementation(Branch, operation);
      const ranges = operation.successors.map((_each, position) => branch?.successorOperands(operation, position));
      removeOperands(
        operation,
        positions,
        ranges.filter((range) => range !== undefined),
      );
    }
    // Users go before what they use: nothing that is dead is used by what stays.
    for (const operation of this.#dead) operation.dropReferences();
    let operations = 0;
    for (const operation of this.#dead) {
      removedResults.delete(operation);
      if (operation.block === undefined) continue;
      operation.erase();
      operations++;
    }
    for (const [block, dead] of removedArguments) {
      for (const { index } of dead.sort((a, b) => b.index - a.index)) block.eraseArgument(index);
    }
    for (const [operation, positions] of removedResults) {
      if (operation.block !== undefined) removeResults(operation, positions);
    }
    return { operations, values };
  }

  #shrinkSignature(callable: Operation, calls: readonly Operation[], returns: readonly Operation[]): void {
    const implementation = this.#context.implementation(Callable, callable);
    const parameters = implementation?.region(callable)?.entry?.arguments ?? [];
    const keptInputs = parameters.filter((argument) => !this.#bundleOfValue.has(argument)).map(({ index }) => index);
    const count = implementation?.resultTypes(callable).length ?? 0;
    const goes = (position: number): boolean => {
      const results = calls.map((call) => call.results[position]);
      return returns.length > 0 && results.every((result) => result !== undefined && this.#bundleOfValue.has(result));
    };
    const keptResults = Array.from({ length: count }, (_each, position) => position).filter(
      (position) => !goes(position),
    );
    if (keptInputs.length < parameters.length || keptResults.length < count)
      implementation?.keepInSignature?.(callable, keptInputs, keptResults);
  }
}

function addTo<K>(sets: Map<K, Set<number>>, key: K, value: number): void {
  const known = sets.get(key);
  if (known === undefined) sets.set(key, new Set([value]));
  else known.add(value);
}
