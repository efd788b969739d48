/**
 * Running what the other side lowered. Our loops of a whole network, of programs in the corpus and of random programs are
 * lowered by `mlir-opt` instead of by us and run: the results are those of our own lowering. And the other way round: what
 * `mlir-opt` made of them in the llvm dialect is read by us, written as LLVM IR by us, and run.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompiledNetwork, compile, lowerTo } from "../../compiler/index.ts";
import { functionsOf } from "../../dialects/func/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { StringAttribute } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { i1, MemRefType } from "../../ir/types.ts";
import { llvmIrText } from "../../lowering/llvm-to-text/index.ts";
import { arbitraryModule, type RandomProgram } from "../testing/arbitrary-module.ts";
import { difference } from "../testing/compare.ts";
import { MlirProgram, missingMlirRun, mlirToLlvmDialect } from "../testing/mlir-run.ts";
import { longTests, missingNetwork, sampleInput, testNetworks } from "../testing/networks.ts";
import { propertyParameters } from "../testing/property.ts";
import { read } from "./exchange.ts";

const skipped = missingMlirRun === undefined ? "" : ` (SKIPPED: ${missingMlirRun})`;

/** The ways to machine code that have a part of mlir-opt's in them. */
const ways: readonly { readonly name: string; readonly load: (loops: Operation) => MlirProgram }[] = [
  { name: "our loops lowered and translated by MLIR", load: (loops) => new MlirProgram(loops) },
  {
    name: "our loops lowered by MLIR, its llvm dialect read and translated by us",
    load: (loops) => new MlirProgram(loops, llvmIrText(read(mlirToLlvmDialect(loops)), { inlineAll: true }).text),
  },
];

/** The names of a program's outputs, in the order of its arguments. */
function outputNames(loops: Operation): readonly string[] {
  const main = functionsOf(loops).get("main");
  return (main?.arg_attrs ?? []).flatMap((marks) => {
    const name = marks.entries.get("anemone.output");
    return name instanceof StringAttribute ? [name.value] : [];
  });
}

/** Whether a program keeps truth values in memory: MLIR stores vectors of them as bits, we store each in a byte. */
function storesTruths(loops: Operation): boolean {
  let found = false;
  loops.walk((operation) => {
    for (const { type } of [...operation.operands, ...operation.results])
      found ||= type instanceof MemRefType && type.element === i1;
  });
  return found;
}

/**
 * Runs a source by our own lowering, then its loops in each of the other ways, and compares. False where it cannot be
 * compared: it packs weights for itself beforehand, or keeps truth values in memory.
 */
async function expectSameResults(
  source: string | Operation,
  inputs: Readonly<Record<string, TensorData>>,
): Promise<boolean> {
  const copy = () => (typeof source === "string" ? source : source.clone());
  using compiled: CompiledNetwork = await compile(copy(), { device: "cpu" });
  const expected = compiled.program.run(inputs);
  const loops = lowerTo(copy(), "loops", { route: "cpu" }).module;
  if (functionsOf(loops).has("prepare") || storesTruths(loops)) return false;
  const given = compiled.program.inputs.map(({ name }) => inputs[name]!);
  for (const { name, load } of ways) {
    const program = load(loops);
    const found = program.call("main", given);
    for (const [position, output] of outputNames(loops).entries())
      expect(difference(found[position]!, expected[output]!), `${name}: output ${output}`).toBe(undefined);
    program.dispose();
  }
  return true;
}

describe.skipIf(missingMlirRun !== undefined)(`loops that MLIR lowers give our results${skipped}`, () => {
  for (const network of testNetworks.filter(({ name }) => name === "MNIST CNN" || longTests)) {
    const absent = missingNetwork(network);
    test.skipIf(absent !== undefined)(
      `${network.name}${absent === undefined ? "" : ` (SKIPPED: ${absent})`}`,
      async () => {
        expect(await expectSameResults(network.path, { [network.input]: await sampleInput(network) })).toBe(true);
      },
      120_000,
    );
  }

  test("random programs", async () => {
    const programs = fc.sample(arbitraryModule([tensor]), propertyParameters<RandomProgram>(12));
    let compared = 0;
    for (const program of programs) if (await expectSameResults(program.build(), program.namedInputs)) compared++;
    expect(compared).toBeGreaterThan(programs.length / 2);
  }, 120_000);
});
