/**
 * A random program under construction: functions with blocks, into which operations are put one by one, each taken from a
 * template with operands that are in scope there. What does not verify is taken out again, so a program is right at every
 * moment, and whatever fast-check leaves out of the list of steps, what remains is a right program too.
 */
import { call, functionDefinition, moduleOperation, returnOperation } from "../../../dialects/func/index.ts";
import { StringAttribute, TypeAttribute } from "../../../ir/attributes.ts";
import { at, Builder } from "../../../ir/builder.ts";
import type { TypeConstraint } from "../../../ir/constraints.ts";
import type { Context } from "../../../ir/context.ts";
import { nameLocation } from "../../../ir/location.ts";
import { Block, type Operation, type OperationResult, Region, type Value } from "../../../ir/operation.ts";
import { countSymbolUses, symbolName } from "../../../ir/symbol-table.ts";
import { FunctionType, type Type } from "../../../ir/types.ts";
import { verifyAll } from "../../../ir/verifier.ts";
import { Choices } from "../draft.ts";
import { argumentTypes, isBranch, renamed, type Template } from "./templates.ts";

/** A function that is being filled. Its arguments come up as operations ask for values that nothing gives. */
interface Frame {
  readonly operation: Operation;
  readonly entry: Block;
}

/** A block that operations can be put into. */
interface Place {
  readonly block: Block;
  readonly frame: Frame;
}

const location = nameLocation("random");

/** What gives a value in an example, where that is a constant: some ops take nothing else. */
function constantBehind({ definer }: Value): Operation | undefined {
  const isConstant =
    definer?.definition?.hasTrait("Pure") && definer.operandCount === 0 && definer.regions.length === 0;
  return isConstant ? definer : undefined;
}

export class Construction {
  readonly #context: Context;
  readonly #module: Operation;
  readonly #frames: Frame[] = [];
  readonly #places: Place[] = [];
  /** Copies of the symbols of examples that are in the module. */
  readonly #imported = new Map<Operation, Operation>();

  #named = 0;

  constructor(context: Context) {
    this.#context = context;
    this.#module = moduleOperation([]);
    this.addFunction("main");
  }

  /** A function without operations, which `finish` lets `@main` call. */
  addFunction(name = `f${this.#frames.length}`): void {
    const entry = new Block();
    const sym_visibility = name === "main" ? undefined : "private";
    const operation = functionDefinition.build(
      { sym_name: name, function_type: FunctionType.get([], []), sym_visibility, body: new Region([entry]) },
      location,
    );
    this.#top.append(operation);
    const frame = { operation, entry };
    this.#frames.push(frame);
    this.#places.push({ block: entry, frame });
  }

  get #top(): Block {
    return this.#module.regions[0]!.onlyBlock;
  }

  /** Puts an operation of the template into the place of this number, if one fits there. */
  add(template: Template, placeNumber: number, choices: Choices): void {
    const place = this.#places[placeNumber % this.#places.length]!;
    const { parents } = template.definition.options;
    const parent = place.block.parentOperation;
    if (parents !== undefined && !parents.includes(parent?.name ?? "")) return;
    if (isBranch(template)) this.#branch(template, place, choices);
    else if (!template.definition.hasTrait("Terminator")) {
      if (!this.#tryToAdd(template, place, choices, true)) this.#tryToAdd(template, place, choices, false);
    }
  }

  /** With `isFree` operands of any type that the constraints allow and other attributes; else as in the example, its constants too. */
  #tryToAdd(template: Template, place: Place, choices: Choices, isFree: boolean): boolean {
    const { sample } = template;
    const values = this.#scopeOf(place.block);
    const mapping = new Map<Value, Value>();
    const operands: Value[] = [];
    const constants: Operation[] = [];
    for (const [position, operand] of sample.operands.entries()) {
      const constraint = isFree ? constraintOf(sample, position) : undefined;
      const constant = isFree ? undefined : constantBehind(operand)?.clone();
      if (constant !== undefined) constants.push(constant);
      const chosen = constant?.onlyResult ?? this.#choose(values, operand.type, constraint, place, choices);
      if (chosen === undefined) return false;
      operands.push(chosen);
      mapping.set(operand, chosen);
    }
    for (const outer of outerValues(sample)) {
      if (mapping.get(outer)?.type === outer.type) continue;
      const chosen = this.#choose(values, outer.type, undefined, place, choices);
      if (chosen === undefined) return false;
      mapping.set(outer, chosen);
    }
    const made = sample.clone(mapping);
    made.walk(dropNames);
    made.setOperands(operands);
    this.#rename(made, template);
    if (symbolName(made) !== undefined) made.properties.set("sym_name", StringAttribute.get(`n${this.#named++}`));
    if (isFree) varyAttribute(made, template, choices);
    for (const constant of constants) {
      dropNames(constant);
      this.#insert(constant, place.block);
    }
    this.#insert(made, place.block);
    if (!this.#inferResults(made) || !this.#isRight(made)) {
      made.erase();
      for (const constant of constants) constant.erase();
      return false;
    }
    if (template.writesRegions) this.#openRegions(made, place.frame);
    return true;
  }

  /** Ends a block of a function by a branch to blocks that are there, or to new ones. */
  #branch(template: Template, place: Place, choices: Choices): void {
    const { block, frame } = place;
    const region = frame.operation.regions[0]!;
    if (block.region !== region || isClosed(block)) return;
    const { sample } = template;
    const values = this.#scopeOf(block);
    const operands = sample.operands.map(({ type }) => this.#choose(values, type, undefined, place, choices));
    if (!operands.every((each) => each !== undefined)) return;
    const fresh: Block[] = [];
    const successors = sample.successors.map((successor) => {
      const wanted = argumentTypes(successor);
      const fitting = region.blocks.slice(1).filter((each) => sameTypes(argumentTypes(each), wanted));
      const known = fitting[choices.below(fitting.length + 1)];
      if (known !== undefined) return known;
      const made = new Block();
      for (const type of wanted) made.addArgument(type, location);
      fresh.push(made);
      region.append(made);
      return made;
    });
    const made = sample.clone(new Map());
    made.setOperands(operands);
    for (const [position, successor] of successors.entries()) made.successors[position] = successor;
    block.append(made);
    if (verifyAll(made, this.#context).length > 0) {
      made.erase();
      for (const each of fresh) region.remove(each);
    } else for (const each of fresh) this.#places.push({ block: each, frame });
  }

  /** Lets the terminator of a region give something else, so that what was put into the region matters. */
  redirect(placeNumber: number, choices: Choices): void {
    const { block } = this.#places[placeNumber % this.#places.length]!;
    const { last } = block;
    if (last === undefined || !isClosed(block) || last.successors.length > 0 || last.operandCount === 0) return;
    const position = choices.below(last.operandCount);
    const old = last.operand(position);
    const fitting = this.#scopeOf(block).filter(({ type }) => type === old.type);
    const chosen = fitting[fitting.length - 1 - choices.below(fitting.length)];
    if (chosen === undefined) return;
    last.setOperand(position, chosen);
    if (!this.#isRight(last)) last.setOperand(position, old);
  }

  // ---------------------------------------------------------------------------------------------------- parts of it

  /** A value in scope, later ones first, or a new argument of the function; undefined where neither is possible. */
  #choose(
    values: readonly Value[],
    type: Type,
    constraint: TypeConstraint | undefined,
    place: Place,
    choices: Choices,
  ): Value | undefined {
    const matches = (value: Value) => (constraint === undefined ? value.type === type : constraint.matches(value.type));
    const fitting = values.filter(matches).reverse();
    const chosen = fitting[choices.below(fitting.length + 1)];
    if (chosen !== undefined) return chosen;
    if (!this.#seesArguments(place)) return fitting[0];
    const { entry } = place.frame;
    const argument = entry.addArgument(type, location);
    argument.nameHint = `x${argument.index}`;
    return argument;
  }

  /** Whether nothing between a block and its function is isolated from above. */
  #seesArguments({ block, frame }: Place): boolean {
    let around = block.parentOperation;
    while (around !== undefined && around !== frame.operation) {
      if (around.definition?.hasTrait("IsolatedFromAbove")) return false;
      around = around.parentOperation;
    }
    return true;
  }

  /** The values that may be used at the end of a block (before its terminator), outer ones first. */
  #scopeOf(block: Block): readonly Value[] {
    const own = [...block.arguments, ...block.operations.flatMap((each) => each.results)];
    const parent = block.parentOperation;
    const entry = block.region?.entry;
    // The first block of a region dominates the others; nothing is asked of the rest.
    const before = entry === undefined || entry === block ? [] : [...entry.arguments, ...resultsIn(entry)];
    if (parent === undefined || parent.definition?.hasTrait("IsolatedFromAbove")) return [...before, ...own];
    const outer = parent.block === undefined ? [] : this.#scopeOf(parent.block);
    const isVisible = (value: Value) => {
      const { definer } = value;
      return definer === undefined || definer.block !== parent.block || definer.isBeforeInBlock(parent);
    };
    return [...outer.filter(isVisible), ...before, ...own];
  }

  #insert(operation: Operation, block: Block): void {
    if (isClosed(block)) block.insertBefore(operation, block.last);
    else block.append(operation);
  }

  #inferResults(operation: Operation): boolean {
    const { definition } = operation;
    if (definition === undefined) return true;
    const groups = definition.operandFields.map((_, position) => {
      const { start, count } = definition.operandGroup(operation, position);
      return operation.operands.slice(start, start + count);
    });
    try {
      const types = definition.inferResultTypes(operation, groups);
      if (types === undefined || types.length !== operation.results.length) return true;
      for (const [position, result] of operation.results.entries()) result.type = types[position]!;
      return true;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      return false;
    }
  }

  /** Whether an operation verifies, and what it stands in too. */
  #isRight(operation: Operation): boolean {
    let root = operation;
    while (root.parentOperation !== undefined && !functionDefinition.matches(root.parentOperation))
      root = root.parentOperation;
    return verifyAll(root, this.#context).length === 0;
  }

  #openRegions(operation: Operation, frame: Frame): void {
    operation.walk((each) => {
      for (const { entry } of each.regions) if (entry !== undefined) this.#places.push({ block: entry, frame });
    });
  }

  /** Brings the symbols that an operation needs into the module, under names of their own. */
  #rename(operation: Operation, template: Template): void {
    const names = new Map<string, string>();
    for (const symbol of template.symbols) {
      const copy = this.#imported.get(symbol) ?? this.#import(symbol);
      const [from, to] = [symbol.attribute("sym_name"), copy.attribute("sym_name")];
      if (from instanceof StringAttribute && to instanceof StringAttribute) names.set(from.value, to.value);
    }
    operation.walk((each) => {
      for (const attributes of [each.properties, each.attributes])
        for (const [name, value] of attributes) attributes.set(name, renamed(value, names));
    });
  }

  #import(symbol: Operation): Operation {
    const copy = symbol.clone();
    copy.properties.set("sym_name", StringAttribute.get(`s${this.#imported.size}`));
    this.#imported.set(symbol, copy);
    this.#top.append(copy);
    return copy;
  }

  // ---------------------------------------------------------------------------------------------------------- ending

  /** Ends all functions; each gives values that are not used, as the bits of `kept` say. The module is then whole. */
  finish(kept: number): Operation {
    const [main, ...others] = this.#frames;
    for (const frame of others) this.#end(frame, kept);
    for (const { operation, entry } of others) {
      const types = functionDefinition.cast(operation).function_type;
      if (entry.isEmpty) continue;
      this.#call(main!, operation, types);
    }
    this.#end(main!, kept);
    const uses = countSymbolUses(this.#module);
    for (const copy of this.#imported.values()) {
      const name = copy.attribute("sym_name");
      if (name instanceof StringAttribute && !uses.has(name.value)) copy.erase();
    }
    return this.#module;
  }

  #call(main: Frame, callee: Operation, { inputs, results }: FunctionType): void {
    const place = { block: main.entry, frame: main };
    const values = this.#scopeOf(main.entry);
    const given = inputs.map((type) => {
      const known = values.findLast((value) => value.type === type);
      return known ?? this.#choose([], type, undefined, place, new Choices([]));
    });
    if (!given.every((each) => each !== undefined)) return;
    const name = functionDefinition.cast(callee).sym_name;
    this.#insert(call.build({ callee: name, inputs: given, outputs: results }, location), main.entry);
  }

  #end({ operation, entry }: Frame, kept: number): void {
    const unused = resultsIn(entry).filter((value) => !value.hasUses);
    const given = unused.reverse().filter((_, position) => position === 0 || ((kept >>> (position - 1)) & 1) === 1);
    for (const block of operation.regions[0]!.blocks) {
      if (isClosed(block)) continue;
      new Builder(at.endOf(block), location).build(returnOperation, { inputs: given });
    }
    for (const argument of [...entry.arguments].reverse()) if (!argument.hasUses) entry.eraseArgument(argument.index);
    for (const argument of entry.arguments) argument.nameHint = `x${argument.index}`;
    const type = FunctionType.get(
      argumentTypes(entry),
      given.map((value) => value.type),
    );
    operation.properties.set("function_type", TypeAttribute.get(type));
  }
}

const isClosed = ({ last }: Block) => last?.definition?.hasTrait("Terminator") === true;

const sameTypes = (a: readonly Type[], b: readonly Type[]) =>
  a.length === b.length && a.every((type, position) => type === b[position]);

function resultsIn(block: Block): readonly OperationResult[] {
  return block.operations.flatMap((each) => each.results);
}

/** The names in examples say nothing in a random program, and a custom form may leave out what they are for. */
function dropNames(operation: Operation): void {
  for (const value of operation.results) value.nameHint = undefined;
  for (const region of operation.regions)
    for (const block of region.blocks) for (const value of block.arguments) value.nameHint = undefined;
}

/** The constraint of an operand by its position. */
function constraintOf(sample: Operation, position: number): TypeConstraint | undefined {
  const definition = sample.definition!;
  const field = definition.operandFields.find((_, number) => {
    const { start, count } = definition.operandGroup(sample, number);
    return position >= start && position < start + count;
  });
  return field?.field.constraint;
}

/** The values from outside that the regions of an operation use. */
function outerValues(sample: Operation): readonly Value[] {
  const found = new Set<Value>();
  for (const region of sample.regions) {
    for (const block of region.blocks) {
      for (const operation of block.operations) {
        operation.walk((each) => {
          for (const value of each.operands) {
            const home = value.definer ?? value.parentBlock?.parentOperation;
            const isInside = home !== undefined && home !== sample && sample.isAncestorOf(home);
            const isArgument = value.definer === undefined && home === sample;
            if (!isInside && !isArgument) found.add(value);
          }
        });
      }
    }
  }
  return [...found];
}

function varyAttribute(operation: Operation, { alternatives }: Template, choices: Choices): void {
  const names = [...alternatives.keys()];
  const name = names[choices.below(2 * names.length)];
  const candidates = name === undefined ? undefined : alternatives.get(name);
  if (name === undefined || candidates === undefined) return;
  operation.properties.set(name, choices.of(candidates));
}
