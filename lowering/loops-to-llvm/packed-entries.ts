/**
 * Packed entries: `_packed_main(list)` loads the pointers of @main's arguments from a list in memory and calls it, so that one foreign
 * call with one pointer runs a network with any number of buffers.
 */
import * as llvm from "../../dialects/llvm/index.ts";
import type { Operation, Value } from "../../ir/operation.ts";

/** The functions that get a packed entry, where the module has them. */
const packedFunctions = ["main", "prepare"] as const;

export function packedName(name: string): string {
  return `_packed_${name}`;
}

/** Adds the packed entries to a converted module. */
export function addPackedEntries(module: Operation): void {
  const block = module.regions[0]!.onlyBlock;
  const functions = new Map<string, llvm.LlvmFunctionOperation>();
  for (const operation of block.operations) {
    if (llvm.llvmFunction.matches(operation)) functions.set(operation.sym_name, operation);
  }
  for (const name of packedFunctions) {
    const callee = functions.get(name);
    if (callee?.body.entry === undefined || functions.has(packedName(name))) continue;
    const { inputs, results } = callee.function_type;
    if (results.length > 0 || inputs.some((type) => type !== llvm.pointer)) continue;
    const packed = llvm.llvmFunctionOperation(
      packedName(name),
      [llvm.pointer],
      [],
      (builder, [list]) => {
        const args = inputs.map((type, position): Value => {
          const address = position === 0 ? list! : llvm.elementAddress(builder, list!, [position], llvm.pointer);
          return builder.build(llvm.load, { addr: llvm.asPointer(address), alignment: 8, res: type }).res;
        });
        llvm.llvmCall(builder, name, args);
        return [];
      },
      { location: callee.location },
    );
    block.append(packed);
  }
}
