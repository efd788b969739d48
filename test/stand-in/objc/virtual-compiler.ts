/** What computes behind the stand-in where networks are run: the virtual engine. A file of its own, since it loads the compiler. */
import { join } from "node:path";
import { elementsFromBytes } from "../../../ir/tensor-data.ts";
import { readVirtualProgram } from "../virtual-program.ts";
import type { StandInCompiler } from "./world.ts";

/** The engine behind the stand-in that is one: our reader of MIL text and weights, and the virtual engine. */
export const virtualCompiler: StandInCompiler = (folder, file) => {
  const { inputs, outputs, run } = readVirtualProgram(join(folder, file));
  const ports = (list: typeof inputs) => list.map(({ name, type }) => ({ name, ...type }));
  return {
    inputs: ports(inputs),
    outputs: ports(outputs),
    run: (given, made) => {
      const tensors = inputs.map(({ type }, index) => ({
        ...type,
        data: elementsFromBytes(type.element, given[index]!),
      }));
      for (const [index, { data }] of run(tensors).entries())
        made[index]!.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },
  };
};
