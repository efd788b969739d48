/** MIL programs in text for tests of rules and workarounds: short to write, and short to read when they come back. */

import { targetOf } from "../../dialects/ane/index.ts";
import { functionsOf } from "../../dialects/func/index.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { allocateElements, elementCount, setNumber, type TensorData } from "../../ir/tensor-data.ts";
import { TensorType } from "../../ir/types.ts";
import { verify } from "../../ir/verifier.ts";
import { milFindings, type RuleFinding } from "./check.ts";
import type { Facts } from "./rule.ts";
import { constantElements, Statement } from "./statement.ts";

export const milContext = new Context([...upstreamDialects, tensor, mil.mil], { allowUnregistered: true });

export interface MilText {
  /** `name: type` */
  readonly inputs: readonly string[];
  readonly lines: readonly string[];
  /** `%value: type`; the outputs are called as `names` says, else `out0`, … */
  readonly outputs: readonly string[];
  readonly names?: readonly string[];
  /** Attributes of the program and of the function. */
  readonly program?: string;
  readonly function?: string;
  /** The program breaks rules of the dialect as well. */
  readonly unchecked?: boolean;
}

const after = (text: string) => text.slice(text.indexOf(":") + 1).trim();
const before = (text: string) => text.slice(0, text.indexOf(":")).trim();

/** A program of these statements, and a function of host code that calls it. */
export function milModule(text: MilText): Operation {
  const { inputs, lines, outputs, names = outputs.map((_, position) => `out${position}`) } = text;
  const quoted = (list: readonly string[]) => `[${list.map((name) => JSON.stringify(name)).join(", ")}]`;
  const inputTypes = inputs.map(after).join(", ");
  const outputTypes = outputs.map(after).join(", ");
  const parameters = inputs.map((each) => `%${before(each)}: ${after(each)}`).join(", ");
  const further = text.function === undefined ? "" : `, ${text.function}`;
  const values = outputs.length === 0 ? "" : ` ${outputs.map(before).join(", ")} : ${outputTypes}`;
  const called = outputs.length === 0 ? "" : `%called:${outputs.length} = `;
  const results = outputs.map((_, position) => `%called#${position}`).join(", ");
  const source = `mil.program @net ${text.program === undefined ? "" : `attributes {${text.program}} `}{
  mil.function @main(${parameters}) -> (${outputTypes}) attributes {input_names = ${quoted(inputs.map(before))}, output_names = ${quoted(names)}${further}} {
    ${lines.join("\n    ")}
    mil.return${values}
  }
}
func.func @main(${parameters}) -> (${outputTypes}) {
  ${called}mil.call @net(${inputs.map((each) => `%${before(each)}`).join(", ")}) : (${inputTypes}) -> (${outputTypes})
  return${outputs.length === 0 ? "" : ` ${results} : ${outputTypes}`}
}`;
  const module = parse(source, milContext, { file: "net.mlir" });
  if (text.unchecked !== true) verify(module, milContext);
  return module;
}

function argumentText(value: Value): string {
  const elements = constantElements(value);
  if (elements !== undefined) return elements.type.count > 8 ? `${elements.type}` : elements.text.replace(/ : .*/, "");
  const { definer } = value;
  if (definer === undefined) return value.nameHint ?? "?";
  if (mil.constant.matches(definer)) return definer.val.text;
  return new Statement(definer).name;
}

/** The statements of the program: `name = op(input = value, …)`, constants where they are used. */
export function statementsOf(module: Operation): readonly string[] {
  const lines: string[] = [];
  module.walk((operation) => {
    const { parentOperation, definition } = operation;
    if (parentOperation?.name !== mil.functionDefinition.name || mil.constant.matches(operation)) return;
    if (mil.returnOperation.matches(operation)) {
      lines.push(`return ${operation.operands.map(argumentText).join(", ")}`);
      return;
    }
    const statement = new Statement(operation);
    const args = (definition?.operandFields ?? []).flatMap(({ name }) => {
      const values = statement.values(name).map(argumentText);
      return values.length === 0 ? [] : [`${name} = ${values.join(" ")}`];
    });
    lines.push(`${statement.name} = ${statement.mnemonic}(${args.join(", ")})`);
  });
  return lines;
}

export const factsOf = (route: Facts["route"], target: string): Facts => ({ route, target: targetOf(target) });

/** The ids of the rules that a program breaks. */
export function brokenRules(module: Operation, route: Facts["route"] = "e5rt", target = "h16s"): readonly string[] {
  return milFindings(module, factsOf(route, target)).map(({ rule }: RuleFinding) => rule.id);
}

/** Numbers for the inputs of the host function, the same for the same seed. */
export function inputsFor(module: Operation, seed = 1, scale = 4): readonly TensorData[] {
  let state = seed;
  const { inputs } = functionsOf(module).get("main")!.function_type;
  return inputs.map((type): TensorData => {
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    const data: TensorData = {
      shape: type.shape,
      element: "f16",
      data: allocateElements("f16", elementCount(type.shape)),
    };
    for (let index = 0; index < data.data.length; index++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      setNumber(data, index, ((state >>> 8) / 2 ** 23 - 1) * scale);
    }
    return data;
  });
}

export function run(module: Operation, inputs: readonly TensorData[]): readonly (readonly number[])[] {
  const results = evaluateFunction(functionsOf(module).get("main")!, inputs, milContext);
  return results.map(({ data }) => Array.from(data, Number));
}
