/** Building MIL ops in place of another one: names follow that op, parameters become constants in front. */
import * as mil from "../../../dialects/mil/index.ts";
import { DenseElementsAttribute, type ElementsAttribute, StringAttribute } from "../../../ir/attributes.ts";
import { at } from "../../../ir/builder.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import type { Rewriter } from "../../../ir/rewrite/rewriter.ts";
import { TensorType } from "../../../ir/types.ts";
import { Statement } from "../statement.ts";

export class Steps {
  readonly statement: Statement;
  readonly #rewriter: Rewriter;
  readonly #name: string;

  constructor(operation: Operation, rewriter: Rewriter) {
    this.statement = new Statement(operation);
    this.#rewriter = rewriter;
    this.#name = this.statement.name;
  }

  /** Builds an op called `NAME_suffix`; the last one has no suffix. Parameters are given as numbers, strings and lists. */
  build(definition: AnyDefinition, args: { readonly [name: string]: unknown }, suffix?: string): Value {
    const name = suffix === undefined ? this.#name : `${this.#name}_${suffix}`;
    const nameConstant = (parameter: string) => `${name}_${parameter}`;
    return mil.buildWithConstants(this.#rewriter, definition, args, { name, nameConstant }).onlyResult;
  }

  constant(value: ElementsAttribute, suffix: string): Value {
    const name = `${this.#name}_${suffix}`;
    return this.#rewriter.build(mil.constant, { val: value, name, result: value.type }).result;
  }

  /** The same beside the constant that it stands for, so that others can use it too. */
  constantBeside(original: Operation, value: ElementsAttribute, suffix: string): Value {
    const name = `${new Statement(original).name}_${suffix}`;
    return this.#rewriter.within(
      at.after(original),
      () => this.#rewriter.build(mil.constant, { val: value, name, result: value.type }).result,
    );
  }

  /** A number of the elements of `like`. */
  scalar(value: number, suffix: string, like: Value): Value {
    if (!(like.type instanceof TensorType)) throw new Error(`a tensor is expected, found ${like.type}`);
    return this.constant(DenseElementsAttribute.splat(TensorType.get([], like.type.element), value), suffix);
  }

  /** Puts a value in the op's place. The op behind it takes the op's name, so that outputs keep theirs. */
  replaceBy(value: Value): true {
    const { operation } = this.statement;
    const { definer } = value;
    if (definer !== undefined) {
      definer.properties.set("name", StringAttribute.get(this.#name));
      const resultNames = operation.attribute("result_names");
      if (resultNames !== undefined) definer.properties.set("result_names", resultNames);
    }
    value.nameHint = operation.onlyResult.nameHint;
    return this.#rewriter.replace(operation, value);
  }
}

/** A value that an op needs. */
export function needed(value: Value | undefined): Value {
  if (value === undefined) throw new Error("an operand is missing");
  return value;
}
