/**
 * Weights that are computed from constants alone are the same in every run: their expressions move from `@main` to
 * `@prepare`, which runs once after loading. What it gives comes back into `@main` as arguments that carry the same name in
 * `anemone.prepared`. Works at every level of tensors, and again after a pass that made more of such expressions.
 */
import { constant } from "../../dialects/arith/ops.ts";
import { functionOperation, functionsOf } from "../../dialects/func/build.ts";
import { type FunctionOperation, functionDefinition, returnOperation } from "../../dialects/func/ops.ts";
import {
  type Attribute,
  DenseElementsAttribute,
  DictionaryAttribute,
  ElementsAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import { constantOf, isPure, isTriviallyDead } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { FloatType, FunctionType, IndexType, IntegerType, ShapedType, TensorType, type Type } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";

const preparedName = "anemone.prepared";

export const hoistWeights = pass("hoist-weights", {
  doc: "Moves computations on constants alone from @main to @prepare, which runs once.",
  options: {
    "max-growth": { doc: "results may be this many times as large as the constants that they come from", default: 4 },
  },
  anchor: "builtin.module",
  run: (module, { context }, options) => {
    const functions = functionsOf(module);
    const main = functions.get("main");
    if (main?.body.entry === undefined) return false;
    const hoister = new Hoister(main, functions.get("prepare"), context, options["max-growth"]);
    return hoister.run(module);
  },
});

/** Bytes of a value; sub-byte elements count as one each. */
function bytesOf(type: Type): number {
  if (!(type instanceof ShapedType)) return 0;
  const { element } = type;
  const bits =
    element instanceof IntegerType || element instanceof FloatType
      ? element.width
      : element instanceof IndexType
        ? 64
        : 0;
  return type.count * Math.max(1, Math.ceil(bits / 8));
}

/** Values from outside that an operation or anything inside it uses. */
function outerValues(operation: Operation): Set<Value> {
  const values = new Set<Value>();
  operation.walk((inner) => {
    for (const value of inner.operands) {
      const home = value.parentBlock?.parentOperation;
      if (home === undefined || home === operation.parentOperation || !operation.isAncestorOf(home)) values.add(value);
    }
  });
  return values;
}

/** The operations of `block`'s function body that contain the users of a value. */
function usersIn(value: Value, main: FunctionOperation): Operation[] {
  return value.users.map((user) => {
    let walker = user;
    while (walker.parentOperation !== undefined && walker.parentOperation !== main) walker = walker.parentOperation;
    return walker;
  });
}

class Hoister {
  readonly #main: FunctionOperation;
  readonly #prepare: FunctionOperation | undefined;
  readonly #context: Context;
  readonly #growth: number;
  /** Values of @main that @prepare can know: to the bytes of real constants that they come from. */
  readonly #known = new Map<Value, number>();
  readonly #hoisted = new Set<Operation>();

  constructor(main: FunctionOperation, prepare: FunctionOperation | undefined, context: Context, growth: number) {
    this.#main = main;
    this.#prepare = prepare;
    this.#context = context;
    this.#growth = growth;
  }

  run(module: Operation): boolean {
    const entry = this.#main.body.entry!;
    for (const { argument } of this.#preparedArguments()) this.#known.set(argument, bytesOf(argument.type));
    const candidates = entry.operations.filter((operation) => this.#learn(operation));
    const roots = this.#selectRoots(candidates);
    if (roots.length === 0) return false;
    this.#move(module, candidates, roots);
    return true;
  }

  /** The arguments of @main that @prepare gives already. */
  #preparedArguments(): { readonly argument: Value; readonly name: string }[] {
    const entry = this.#main.body.entry!;
    return entry.arguments.flatMap((argument, position) => {
      const name = this.#main.arg_attrs?.[position]?.entries.get(preparedName);
      return name instanceof StringAttribute ? [{ argument, name: name.value }] : [];
    });
  }

  /** Notes an operation on known values; true if it computes something from them. */
  #learn(operation: Operation): boolean {
    const [only] = operation.results;
    if (operation.definition?.hasTrait("ConstantLike") && only !== undefined) {
      const value = constantOf(only);
      const isWeight =
        value instanceof ElementsAttribute && !(value instanceof DenseElementsAttribute && value.isSplat);
      this.#known.set(only, isWeight ? bytesOf(only.type) : 0);
      return false;
    }
    const isTerminator = operation.definition?.hasTrait("Terminator") ?? true;
    if (isTerminator || !isPure(operation, this.#context)) return false;
    let bytes = 0;
    for (const value of outerValues(operation)) {
      const known = this.#known.get(value);
      if (known === undefined) return false;
      bytes += known;
    }
    for (const result of operation.results) this.#known.set(result, bytes);
    return true;
  }

  /** The results that @main still uses once all that can be is hoisted. Users are decided before what they use. */
  #selectRoots(candidates: readonly Operation[]): Value[] {
    for (const operation of candidates) this.#hoisted.add(operation);
    const roots: Value[] = [];
    for (const operation of candidates.toReversed()) {
      const leaving = operation.results.filter((result) =>
        usersIn(result, this.#main).some((user) => !this.#hoisted.has(user)),
      );
      if (leaving.every((result) => this.#isWorthIt(result))) roots.push(...leaving);
      else this.#hoisted.delete(operation);
    }
    return roots.reverse();
  }

  /** Whether a result comes from weights and is not much larger than they are (a broadcast had better stay). */
  #isWorthIt(result: Value): boolean {
    const bytes = this.#known.get(result) ?? 0;
    return result.type instanceof TensorType && bytes > 0 && bytesOf(result.type) <= this.#growth * bytes;
  }

  #move(module: Operation, candidates: readonly Operation[], roots: readonly Value[]): void {
    const prepare = this.#prepare ?? this.#emptyPrepare(module);
    const body = prepare.body.onlyBlock;
    const terminator = returnOperation.cast(body.last!);
    const inside = new Map<Value, Value>();
    const names = (prepare.res_attrs ?? []).map((dictionary) => dictionary.entries.get(preparedName));
    for (const { argument, name } of this.#preparedArguments()) {
      const position = names.findIndex((attribute) => attribute instanceof StringAttribute && attribute.value === name);
      const given = terminator.inputs[position];
      if (given === undefined)
        throw this.#main.error(`has the prepared argument '${name}', which @prepare does not give`);
      inside.set(argument, given);
    }
    const takeConstant = (value: Value) => {
      if (inside.has(value) || !value.definer?.definition?.hasTrait("ConstantLike")) return;
      const copy = value.definer.clone();
      body.insertBefore(copy, terminator);
      inside.set(value, copy.onlyResult);
    };
    for (const operation of candidates) {
      if (!this.#hoisted.has(operation)) continue;
      for (const value of outerValues(operation)) takeConstant(value);
      body.insertBefore(operation.clone(inside), terminator);
    }
    const taken = new Set(names.flatMap((name) => (name instanceof StringAttribute ? [name.value] : [])));
    const fresh: string[] = [];
    for (let counter = 0; fresh.length < roots.length; counter++)
      if (!taken.has(`w${counter}`)) fresh.push(`w${counter}`);
    const given = roots.map((root) => inside.get(root)!);
    terminator.setOperands([...terminator.inputs, ...given]);
    setSignature(
      prepare,
      [],
      terminator.inputs.map((value) => value.type),
      prepare.arg_attrs,
      [...padded(prepare.res_attrs, terminator.inputs.length - roots.length), ...fresh.map(named)],
    );
    this.#receive(roots, fresh);
    this.#removeDead(candidates);
  }

  #emptyPrepare(module: Operation): FunctionOperation {
    const made = functionOperation("prepare", [], [], () => [], { location: this.#main.location });
    module.regions[0]!.onlyBlock.append(made);
    return made;
  }

  /** Gives @main an argument for each root and lets it be used in the root's stead. */
  #receive(roots: readonly Value[], names: readonly string[]): void {
    const entry = this.#main.body.entry!;
    const { inputs, results } = this.#main.function_type;
    for (const root of roots) {
      const argument = entry.addArgument(root.type, root.location);
      argument.nameHint = root.nameHint;
      for (const use of root.uses) {
        const [user] = usersIn(root, this.#main).filter((each) => each.isAncestorOf(use.owner));
        if (user === undefined || !this.#hoisted.has(user)) use.set(argument);
      }
    }
    const types = [...inputs, ...roots.map((root) => root.type)];
    setSignature(
      this.#main,
      types,
      results,
      [...padded(this.#main.arg_attrs, inputs.length), ...names.map(named)],
      this.#main.res_attrs,
    );
  }

  /** What was hoisted, and constants that only it used. */
  #removeDead(candidates: readonly Operation[]): void {
    for (const operation of candidates.toReversed()) {
      if (this.#hoisted.has(operation) && !operation.hasUses) operation.erase();
    }
    for (const operation of this.#main.body.entry!.operations) {
      if (constant.matches(operation) && isTriviallyDead(operation, this.#context)) operation.erase();
    }
  }
}

function named(name: string): DictionaryAttribute {
  return DictionaryAttribute.get([[preparedName, StringAttribute.get(name)]]);
}

function padded(
  dictionaries: readonly DictionaryAttribute[] | undefined,
  count: number,
): readonly DictionaryAttribute[] {
  return dictionaries ?? Array.from({ length: count }, () => DictionaryAttribute.get([]));
}

function setSignature(
  operation: FunctionOperation,
  inputs: readonly Type[],
  results: readonly Type[],
  argumentAttributes: readonly DictionaryAttribute[] | undefined,
  resultAttributes: readonly DictionaryAttribute[] | undefined,
): void {
  const { fields } = functionDefinition;
  const properties: [string, Attribute][] = [
    ["function_type", fields.function_type.constraint.encode(FunctionType.get(inputs, results))],
  ];
  if (argumentAttributes !== undefined)
    properties.push(["arg_attrs", fields.arg_attrs.constraint.encode(argumentAttributes)]);
  if (resultAttributes !== undefined)
    properties.push(["res_attrs", fields.res_attrs.constraint.encode(resultAttributes)]);
  for (const [name, value] of properties) operation.properties.set(name, value);
}
