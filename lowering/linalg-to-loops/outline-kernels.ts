/**
 * Moves every loop nest into a function of its own, `@kernel_N`, and calls it. Layers of a network repeat: nests that are equal
 * but for the buffers they work on become one function, so that each is compiled once, and a profile shows them by name.
 * The buffers of a call never overlap (operands that share memory are one view), which the parameters state as noalias.
 */
import { constant } from "../../dialects/arith/ops.ts";
import { call, functionDefinition, returnOperation } from "../../dialects/func/ops.ts";
import { forOperation } from "../../dialects/scf/ops.ts";
import { type Attribute, DictionaryAttribute, UnitAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import { SymbolTable } from "../../ir/symbol-table.ts";
import { FunctionType, MemRefType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { nestAttributeName } from "./schedule/schedule-attribute.ts";

export const outlineKernels = pass("outline-kernels", {
  doc: "Moves each top-level loop nest into a private function; equal nests share one.",
  anchor: "builtin.module",
  requires: ["loops"],
  run: (module, { remark }) => {
    const kernels = new Kernels(module);
    let nests = 0;
    for (const operation of module.regions[0]!.onlyBlock.operations) {
      if (!functionDefinition.matches(operation)) continue;
      for (const block of operation.body.blocks) {
        for (const nest of nestsOf(block)) {
          kernels.outline(nest);
          nests++;
        }
      }
    }
    if (nests > 0) remark(module, `${nests} loop nests in ${kernels.count} kernels`);
    return nests > 0;
  },
});

/** The operations of each nest: neighbours with one number, or a loop that carries none. */
function nestsOf(block: Block): Operation[][] {
  const nests: Operation[][] = [];
  let last: Attribute | undefined;
  for (const operation of block.operations) {
    const number = operation.attribute(nestAttributeName);
    if (number !== undefined && number === last) nests.at(-1)!.push(operation);
    else if (number !== undefined || forOperation.matches(operation)) nests.push([operation]);
    last = number;
  }
  return nests.filter((nest) => nest.some((operation) => !isSetup(operation) && !constant.matches(operation)));
}

/** What stays with the caller: views of buffers. */
function isSetup(operation: Operation): boolean {
  return operation.results.some((result) => result.type instanceof MemRefType);
}

class Kernels {
  readonly #table: SymbolTable;
  readonly #names = new Map<string, string>();

  constructor(module: Operation) {
    this.#table = new SymbolTable(module);
  }

  get count(): number {
    return this.#names.size;
  }

  outline(nest: readonly Operation[]): void {
    const setup = nest.filter(isSetup);
    const moved = nest.filter((operation) => !isSetup(operation));
    const first = nest[0]!;
    const after = nest.at(-1)!.next;
    const block = first.block!;
    keepConstants(setup, moved);
    for (const operation of nest) operation.attributes.delete(nestAttributeName);
    const inside = operationsOf(moved);
    const captured = capturedValues(inside);
    const isUsedOutside = moved.some((operation) =>
      operation.results.some((result) => result.users.some((user) => !inside.has(user))),
    );
    if (isUsedOutside)
      throw first.error("belongs to a loop nest whose values are used outside, so that it cannot become a kernel");
    const [constants, parameters] = [captured.filter(isConstant), captured.filter((value) => !isConstant(value))];
    const kernel = this.#kernel(moved, constants, parameters);
    const name = this.#nameOf(kernel);
    const builder = new Builder({ block, before: after }, first.location);
    builder.build(call, { callee: name, inputs: parameters, outputs: [] }, kernel.location);
  }

  #kernel(moved: readonly Operation[], constants: readonly Value[], parameters: readonly Value[]): Operation {
    const location = moved.at(-1)!.location;
    const body = new Block();
    const mapping = new Map<Value, Value>();
    const builder = new Builder(at.endOf(body), location);
    for (const value of parameters) mapping.set(value, body.addArgument(value.type, location));
    for (const value of constants) mapping.set(value, builder.insert(value.definer!.clone()).onlyResult);
    for (const operation of moved) {
      operation.moveToEnd(body);
      operation.walk((each) => {
        for (const use of each.operandUses) {
          const replacement = mapping.get(use.value);
          if (replacement !== undefined) use.set(replacement);
        }
      });
    }
    builder.build(returnOperation, { inputs: [] });
    return functionDefinition.build(
      {
        sym_name: "kernel",
        function_type: FunctionType.get(
          parameters.map((value) => value.type),
          [],
        ),
        sym_visibility: "private",
        arg_attrs: parameters.map(parameterMarks),
        body: new Region([body]),
      },
      location,
    );
  }

  /** The name of an equal kernel that is already there, or of this one, then added to the module. */
  #nameOf(kernel: Operation): string {
    const key = print(kernel, { generic: true, valueNames: false });
    const known = this.#names.get(key);
    if (known !== undefined) {
      kernel.dropReferences();
      return known;
    }
    kernel.properties.set("sym_name", functionName(`kernel_${this.#names.size}`));
    const name = this.#table.insert(kernel);
    this.#names.set(key, name);
    return name;
  }
}

function functionName(name: string): Attribute {
  return functionDefinition.fields.sym_name.constraint.encode(name);
}

function parameterMarks({ type }: Value): DictionaryAttribute {
  return DictionaryAttribute.get(type instanceof MemRefType ? [["llvm.noalias", UnitAttribute.instance]] : []);
}

/** Views keep copies of the constants that move away with the nest. */
function keepConstants(setup: readonly Operation[], moved: readonly Operation[]): void {
  for (const operation of setup) {
    for (const [position, value] of operation.operands.entries()) {
      const { definer } = value;
      if (definer === undefined || !moved.includes(definer)) continue;
      const copy = definer.clone();
      copy.attributes.delete(nestAttributeName);
      operation.block!.insertBefore(copy, operation);
      operation.setOperand(position, copy.onlyResult);
    }
  }
}

/** All operations of a nest, nested ones included. */
function operationsOf(nest: readonly Operation[]): ReadonlySet<Operation> {
  const inside = new Set<Operation>();
  for (const member of nest) member.walk((operation) => inside.add(operation));
  return inside;
}

/** Values from outside that a nest uses, in the order of their first use. */
function capturedValues(inside: ReadonlySet<Operation>): Value[] {
  const captured = new Set<Value>();
  for (const operation of inside) {
    for (const value of operation.operands) {
      const owner = value.definer ?? value.parentBlock?.parentOperation;
      if (owner === undefined || !inside.has(owner)) captured.add(value);
    }
  }
  return [...captured];
}

function isConstant(value: Value): boolean {
  return constant.matches(value.definer);
}
