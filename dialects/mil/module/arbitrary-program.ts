/** Random MIL programs for tests: ops of the whole dialect as their documentation uses them, with every way to write them. */
import fc from "fast-check";
import { StringAttribute, UnitAttribute } from "../../../ir/attributes.ts";
import { Context } from "../../../ir/context.ts";
import { unknownLocation } from "../../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../../ir/operation.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { FunctionType } from "../../../ir/types.ts";
import { builtin } from "../../builtin/index.ts";
import { constant } from "../constant.ts";
import { mil, milComputeOps } from "../index.ts";
import { functionDefinition, type ProgramOperation, program, returnOperation } from "../program.ts";

const context = new Context([builtin, mil], { allowUnregistered: true });

interface StepDraft {
  readonly op: number;
  readonly isNamed: boolean;
  /** Which constants the text has where they are used. */
  readonly inline: number;
  readonly inBrackets: boolean;
}

const steps: fc.Arbitrary<StepDraft[]> = fc.array(
  fc.record({
    op: fc.nat(milComputeOps.length - 1),
    isNamed: fc.boolean(),
    inline: fc.nat(255),
    inBrackets: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Ops that the oldest text form has take part in it. */
export const arbitraryMilProgram: fc.Arbitrary<ProgramOperation> = fc
  .record({ version: fc.constantFrom("1.0" as const, "1.3" as const), steps })
  .map(({ version, steps: drafts }) => programOf(version, drafts));

function programOf(version: "1.0" | "1.3", drafts: readonly StepDraft[]): ProgramOperation {
  const body = new Block();
  const taken: Value[] = [];
  for (const [position, draft] of drafts.entries()) taken.push(...appendExample(body, draft, `op${position}`));
  body.append(returnOperation.build({ inputs: taken }, unknownLocation));
  const main = functionDefinition.build(
    {
      sym_name: "main",
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
function appendExample(body: Block, { op, isNamed, inline, inBrackets }: StepDraft, name: string): readonly Value[] {
  const text = milComputeOps[op]?.options.example ?? "";
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
