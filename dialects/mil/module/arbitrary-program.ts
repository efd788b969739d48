/** Random MIL programs for tests: ops of the whole dialect as their documentation uses them, with every way to write them. */
import fc from "fast-check";
import { StringAttribute, UnitAttribute } from "../../../ir/attributes.ts";
import { Context } from "../../../ir/context.ts";
import { unknownLocation } from "../../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../../ir/operation.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { FunctionType } from "../../../ir/types.ts";
import { verifyAll } from "../../../ir/verifier.ts";
import { builtin } from "../../builtin/index.ts";
import { constant } from "../constant.ts";
import { mil, milComputeOps } from "../index.ts";
import type { Opset, ProgramVersion } from "../opsets.ts";
import { functionDefinition, type ProgramOperation, program, returnOperation } from "../program.ts";

const context = new Context([builtin, mil], { allowUnregistered: true });

interface StepDraft {
  /** Which example, counted round and round. */
  readonly op: number;
  readonly isNamed: boolean;
  /** Which constants the text has where they are used. */
  readonly inline: number;
  readonly inBrackets: boolean;
}

const steps: fc.Arbitrary<StepDraft[]> = fc.array(
  fc.record({
    op: fc.nat(999),
    isNamed: fc.boolean(),
    inline: fc.nat(255),
    inBrackets: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

type Form = readonly [version: ProgramVersion, opset: Opset];

export const arbitraryMilProgram: fc.Arbitrary<ProgramOperation> = fc
  .record({ form: fc.constantFrom<Form[]>(["1.0", "ios16"], ["1.3", "ios18"]), steps })
  .map(({ form, steps: drafts }) => programOf(form, drafts));

/** The examples that a function of an opset may hold, found once. */
const known = new Map<Opset, readonly string[]>();

function examplesOf(opset: Opset): readonly string[] {
  let examples = known.get(opset);
  if (examples === undefined) {
    examples = milComputeOps
      .flatMap(({ options }) => (options.example === undefined ? [] : [options.example]))
      .filter((example) => verifyAll(programOfExample(example, opset), context, 1).length === 0);
    known.set(opset, examples);
  }
  return examples;
}

/** A program of the op that an example documents. */
export function programOfExample(example: string, opset: Opset): ProgramOperation {
  return programOf(["1.3", opset], [{ op: 0, isNamed: false, inline: 0, inBrackets: false }], [example]);
}

function programOf(
  [version, opset]: Form,
  drafts: readonly StepDraft[],
  examples: readonly string[] = examplesOf(opset),
): ProgramOperation {
  const body = new Block();
  const taken: Value[] = [];
  for (const [position, draft] of drafts.entries())
    taken.push(...appendExample(body, examples[draft.op % examples.length]!, draft, `op${position}`));
  body.append(returnOperation.build({ inputs: taken }, unknownLocation));
  const main = functionDefinition.build(
    {
      sym_name: "main",
      opset,
      function_type: FunctionType.get(
        body.arguments.map(({ type }) => type),
        taken.map(({ type }) => type),
      ),
      input_names: body.arguments.map((_, position) => `in${position}`),
      output_names: taken.map((_, position) => `out${position}`),
      body: new Region([body]),
    },
    unknownLocation,
  );
  const functions = new Block();
  functions.append(main);
  return program.build({ sym_name: "p", version, body: new Region([functions]) }, unknownLocation);
}

/** Puts the documented use of an op at the end of `body`; values that it takes from elsewhere become inputs of the function. */
function appendExample(
  body: Block,
  text: string,
  { isNamed, inline, inBrackets }: StepDraft,
  name: string,
): readonly Value[] {
  const values = new Map<Value, Value>();
  let results: readonly Value[] = [];
  let constants = 0;
  for (const operation of [...parse(text, context).regions[0]!.onlyBlock.operations]) {
    if (operation.name === "test.source") {
      for (const result of operation.results) values.set(result, body.addArgument(result.type, unknownLocation));
      continue;
    }
    const copy: Operation = operation.clone(values);
    body.append(copy);
    if (constant.matches(copy)) {
      const isInline = ((inline >> (constants % 8)) & 1) === 1 || inBrackets;
      if (isInline) copy.properties.set("inline", UnitAttribute.instance);
      else copy.properties.set("name", StringAttribute.get(`${name}_c${constants}`));
      constants++;
      continue;
    }
    if (isNamed) copy.properties.set("name", StringAttribute.get(name));
    if (inBrackets && constants > 0) copy.properties.set("in_brackets", UnitAttribute.instance);
    results = copy.results;
  }
  return results;
}
