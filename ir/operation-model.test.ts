/**
 * Random edits of the graph against a naive model: plain lists that are edited the obvious way. After each edit the graph's
 * lists, links, use lists, parents and order say what the model says. Dominance is compared with its definition: a block
 * dominates another if, without it, the other cannot be reached.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { forAll } from "../test/testing/property.ts";
import { DominanceInfo } from "./dominance.ts";
import { unknownLocation } from "./location.ts";
import { Block, createOperation, type Operation, Region, type Value } from "./operation.ts";
import { f32, i32 } from "./types.ts";

/** One edit; the numbers choose among what is there at the time, modulo its count. */
interface Edit {
  readonly kind: (typeof kinds)[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly list: readonly number[];
}

const kinds = [
  "create",
  "create",
  "createWithRegion",
  "erase",
  "moveBefore",
  "moveAfter",
  "moveToEnd",
  "unlinkAndAppend",
  "setOperand",
  "setOperands",
  "replaceValue",
  "replaceOperation",
  "addArgument",
  "insertArgument",
  "eraseArgument",
  "takeOperations",
  "clone",
] as const;

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    a: fc.nat(1000),
    b: fc.nat(1000),
    c: fc.nat(1000),
    list: fc.array(fc.nat(1000), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 60 },
);

/** What the graph should be: for each block its operations, for each operation its operands, in plain lists. */
class Model {
  readonly operationsOf = new Map<Block, Operation[]>();
  readonly argumentsOf = new Map<Block, Value[]>();
  readonly operandsOf = new Map<Operation, Value[]>();

  addBlock(block: Block): void {
    this.operationsOf.set(block, []);
    this.argumentsOf.set(block, [...block.arguments]);
  }

  get blocks(): Block[] {
    return [...this.operationsOf.keys()];
  }

  get operations(): Operation[] {
    return [...this.operationsOf.values()].flat();
  }

  get values(): Value[] {
    return [...this.argumentsOf.values(), ...this.operations.map((each) => each.results)].flat();
  }

  blockOf(operation: Operation): Block {
    return this.blocks.find((block) => this.operationsOf.get(block)!.includes(operation))!;
  }

  remove(operation: Operation): void {
    const list = this.operationsOf.get(this.blockOf(operation))!;
    list.splice(list.indexOf(operation), 1);
  }

  insert(operation: Operation, block: Block, position: number): void {
    this.operationsOf.get(block)!.splice(position, 0, operation);
  }

  /** The blocks inside an operation, at any depth. */
  inside(operation: Operation): Block[] {
    const direct = operation.regions.flatMap((region) => region.blocks);
    return direct.flatMap((block) => [block, ...this.operationsOf.get(block)!.flatMap((each) => this.inside(each))]);
  }

  usesOf(value: Value): string[] {
    return this.operations.flatMap((operation) =>
      this.operandsOf
        .get(operation)!
        .flatMap((operand, index) => (operand === value ? [`${this.#id(operation)}#${index}`] : [])),
    );
  }

  readonly #ids = new Map<Operation, number>();
  #id(operation: Operation): number {
    if (!this.#ids.has(operation)) this.#ids.set(operation, this.#ids.size);
    return this.#ids.get(operation)!;
  }

  useText(operation: Operation, index: number): string {
    return `${this.#id(operation)}#${index}`;
  }
}

function pick<T>(list: readonly T[], choice: number): T | undefined {
  return list[choice % Math.max(1, list.length)];
}

class Run {
  readonly top = new Block();
  readonly root = createOperation({ name: "t.root", regions: [new Region([this.top])], location: unknownLocation });
  readonly model = new Model();

  constructor() {
    this.model.addBlock(this.top);
  }

  apply({ kind, a, b, c, list }: Edit): void {
    const { model } = this;
    const operation = pick(model.operations, a);
    const block = pick(model.blocks, b)!;
    const values = model.values;
    switch (kind) {
      case "create":
      case "createWithRegion": {
        const operands = values.length === 0 ? [] : list.map((choice) => pick(values, choice)!);
        const inner = kind === "create" ? undefined : new Block();
        const made = createOperation({
          name: "t.op",
          operands,
          resultTypes: Array.from({ length: c % 3 }, () => i32),
          regions: inner === undefined ? [] : [new Region([inner])],
          location: unknownLocation,
        });
        if (inner !== undefined) model.addBlock(inner);
        model.operandsOf.set(made, operands);
        const there = model.operationsOf.get(block)!;
        const anchor = there[a % (there.length + 1)];
        block.insertBefore(made, anchor);
        model.insert(made, block, anchor === undefined ? there.length : there.indexOf(anchor));
        return;
      }
      case "erase": {
        if (operation === undefined) return;
        const gone = new Set([operation, ...model.inside(operation).flatMap((each) => model.operationsOf.get(each)!)]);
        const defined = [...gone].flatMap((each) => [...each.results]);
        for (const each of model.inside(operation)) defined.push(...(model.argumentsOf.get(each) as never[]));
        const isUsedOutside = model.operations.some(
          (user) =>
            !gone.has(user) && model.operandsOf.get(user)!.some((operand) => defined.includes(operand as never)),
        );
        if (operation.hasUses || isUsedOutside) {
          if (operation.hasUses) expect(() => operation.erase()).toThrow("still used");
          return;
        }
        const insideBlocks = model.inside(operation);
        model.remove(operation);
        operation.erase();
        for (const each of insideBlocks) {
          model.operationsOf.delete(each);
          model.argumentsOf.delete(each);
        }
        return;
      }
      case "moveBefore":
      case "moveAfter": {
        const anchor = pick(model.operations, b);
        if (operation === undefined || anchor === undefined || operation === anchor || operation.isAncestorOf(anchor))
          return;
        const target = model.blockOf(anchor);
        model.remove(operation);
        const position = model.operationsOf.get(target)!.indexOf(anchor);
        model.insert(operation, target, kind === "moveBefore" ? position : position + 1);
        if (kind === "moveBefore") operation.moveBefore(anchor);
        else operation.moveAfter(anchor);
        return;
      }
      case "moveToEnd":
      case "unlinkAndAppend": {
        if (operation === undefined || model.inside(operation).includes(block)) return;
        model.remove(operation);
        model.insert(operation, block, model.operationsOf.get(block)!.length);
        if (kind === "moveToEnd") operation.moveToEnd(block);
        else {
          operation.unlink();
          expect([operation.block, operation.next, operation.previous]).toEqual([undefined, undefined, undefined]);
          block.append(operation);
        }
        return;
      }
      case "setOperand": {
        const operands = operation === undefined ? [] : model.operandsOf.get(operation)!;
        if (operation === undefined || operands.length === 0) return;
        const index = b % operands.length;
        operands[index] = pick(values, c)!;
        operation.setOperand(index, operands[index]);
        return;
      }
      case "setOperands": {
        if (operation === undefined || values.length === 0) return;
        const operands = list.map((choice) => pick(values, choice)!);
        model.operandsOf.set(operation, operands);
        operation.setOperands(operands);
        return;
      }
      case "replaceValue": {
        const value = pick(values, a);
        const replacement = pick(values, b);
        if (value === undefined || replacement === undefined) return;
        this.#replace(value, replacement);
        value.replaceAllUsesWith(replacement);
        return;
      }
      case "replaceOperation": {
        if (operation === undefined || values.length === 0) return;
        const replacements = operation.results.map((_, index) => pick(values, b + index)!);
        for (const [index, result] of operation.results.entries()) this.#replace(result, replacements[index]!);
        operation.replaceAllUsesWith(replacements);
        return;
      }
      case "addArgument":
        model.argumentsOf.get(block)!.push(block.addArgument(f32, unknownLocation));
        return;
      case "insertArgument": {
        const there = model.argumentsOf.get(block)!;
        const position = a % (there.length + 1);
        there.splice(position, 0, block.insertArgument(position, f32, unknownLocation));
        return;
      }
      case "eraseArgument": {
        const there = model.argumentsOf.get(block)!;
        if (there.length === 0) return;
        const position = a % there.length;
        if (model.usesOf(there[position]!).length > 0) return;
        there.splice(position, 1);
        block.eraseArgument(position);
        return;
      }
      case "takeOperations": {
        const source = pick(model.blocks, a)!;
        const isInside = model.operationsOf.get(source)!.some((each) => model.inside(each).includes(block));
        if (source === block || isInside) return;
        model.operationsOf.get(block)!.push(...model.operationsOf.get(source)!.splice(0));
        block.takeOperations(source);
        return;
      }
      case "clone": {
        if (operation === undefined || model.operations.length > 150) return;
        const copy = operation.clone();
        this.#addCopy(operation, copy, new Map());
        block.append(copy);
        model.insert(copy, block, model.operationsOf.get(block)!.length);
        return;
      }
    }
  }

  #replace(value: Value, replacement: Value): void {
    for (const operands of this.model.operandsOf.values()) {
      for (const [index, operand] of operands.entries()) if (operand === value) operands[index] = replacement;
    }
  }

  /** The model's own idea of a copy: the same operands, but those that were copied along. */
  #addCopy(source: Operation, copy: Operation, copies: Map<Value, Value>): void {
    const pairs: [Operation, Operation][] = [];
    const collect = (from: Operation, to: Operation): void => {
      pairs.push([from, to]);
      for (const [index, result] of from.results.entries()) copies.set(result, to.results[index]!);
      for (const [r, region] of from.regions.entries()) {
        for (const [b, block] of region.blocks.entries()) {
          const blockCopy = to.regions[r]!.blocks[b]!;
          this.model.addBlock(blockCopy);
          for (const [index, argument] of this.model.argumentsOf.get(block)!.entries()) {
            copies.set(argument, blockCopy.arguments[index]!);
          }
          const inner = blockCopy.operations;
          expect(inner.length).toBe(this.model.operationsOf.get(block)!.length);
          this.model.operationsOf.set(blockCopy, inner);
          for (const [position, each] of this.model.operationsOf.get(block)!.entries()) collect(each, inner[position]!);
        }
      }
    };
    collect(source, copy);
    for (const [from, to] of pairs) {
      this.model.operandsOf.set(
        to,
        this.model.operandsOf.get(from)!.map((operand) => copies.get(operand) ?? operand),
      );
    }
  }

  check(): void {
    const { model } = this;
    for (const block of model.blocks) {
      const wanted = model.operationsOf.get(block)!;
      expect(block.operations.length).toBe(wanted.length);
      expect(block.isEmpty).toBe(wanted.length === 0);
      expect(block.first === wanted[0] && block.last === wanted.at(-1)).toBe(true);
      for (const [position, operation] of wanted.entries()) {
        expect(block.operations[position] === operation, "order of the list").toBe(true);
        expect(operation.block === block, "block").toBe(true);
        expect(operation.previous === wanted[position - 1] && operation.next === wanted[position + 1], "links").toBe(
          true,
        );
        for (const region of operation.regions) expect(region.parent === operation).toBe(true);
        const later = wanted[(position * 7 + 3) % wanted.length]!;
        expect(operation.isBeforeInBlock(later)).toBe(position < wanted.indexOf(later));
      }
      const inside = model.argumentsOf.get(block)!;
      expect(block.arguments.length).toBe(inside.length);
      for (const [index, argument] of block.arguments.entries()) {
        expect(argument === inside[index] && argument.index === index && argument.owner === block, "argument").toBe(
          true,
        );
      }
    }
    for (const operation of model.operations) {
      const wanted = model.operandsOf.get(operation)!;
      expect(operation.operandCount).toBe(wanted.length);
      expect(operation.operands.every((operand, index) => operand === wanted[index])).toBe(true);
    }
    for (const value of model.values) {
      const found = value.uses.map((use) => {
        expect(use.value === value).toBe(true);
        return model.useText(use.owner, use.index);
      });
      const wanted = model.usesOf(value);
      expect(found.toSorted()).toEqual(wanted.toSorted());
      expect(value.hasUses).toBe(wanted.length > 0);
      expect(value.hasOneUse).toBe(wanted.length === 1);
      expect(value.users.length).toBe(new Set(wanted.map((use) => use.split("#")[0])).size);
    }
    let walked = 0;
    this.root.walk(() => walked++);
    expect(walked - 1).toBe(model.operations.length);
  }
}

test("random edits leave what the same edits on plain lists leave", () => {
  forAll(edits, 400, (list) => {
    const run = new Run();
    for (const edit of list) {
      run.apply(edit);
      run.check();
    }
  });
});

/** Blocks that branch as the lists say. */
function graphOf(successors: readonly (readonly number[])[]): { readonly blocks: Block[]; readonly values: Value[] } {
  const blocks = successors.map(() => new Block());
  const values = blocks.map((block, index) => {
    const value = createOperation({ name: "t.def", resultTypes: [i32], location: unknownLocation });
    block.append(value);
    const targets = successors[index]!.map((choice) => blocks[choice % blocks.length]!);
    block.append(createOperation({ name: "t.br", successors: targets, location: unknownLocation }));
    return value.onlyResult;
  });
  createOperation({ name: "t.cfg", regions: [new Region(blocks)], location: unknownLocation });
  return { blocks, values };
}

function reachable(from: Block, without: Block | undefined): Set<Block> {
  const found = new Set<Block>();
  const pending = [from];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    if (block === without || found.has(block)) continue;
    found.add(block);
    pending.push(...block.successors);
  }
  return found;
}

test("dominance is what its definition says, on random control flow", () => {
  const graphs = fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
  forAll(graphs, 500, (successors) => {
    const { blocks, values } = graphOf(successors);
    const dominance = new DominanceInfo();
    const live = reachable(blocks[0]!, undefined);
    for (const [a, definer] of blocks.entries()) {
      if (!live.has(definer)) continue;
      const without = reachable(blocks[0]!, definer);
      for (const user of blocks) {
        if (!live.has(user)) continue;
        // In its own block the definition comes first, so that the terminator may use it.
        const wanted = user === definer || !without.has(user);
        expect(dominance.dominates(values[a]!, user.last!)).toBe(wanted);
      }
    }
  });
});
