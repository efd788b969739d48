/**
 * WebAssembly from a module at the loops level. Buffers are i32 addresses in one imported memory; weights and static buffers
 * have fixed addresses from `firstAddress` on, and whoever runs the code places the arguments behind them. `@main` and
 * `@prepare` are exported; the other functions stay inside.
 *
 * Index arithmetic is modulo 2^32, which no buffer of a 32-bit memory reaches.
 */
import { argumentAttributes, type FunctionOperation, functionDefinition } from "../../dialects/func/ops.ts";
import { global } from "../../dialects/memref/ops.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import {
  type Attribute,
  type DictionaryAttribute,
  ElementsAttribute,
  StringAttribute,
  TypeAttribute,
  UnitAttribute,
} from "../../ir/attributes.ts";
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import type { Block, Operation } from "../../ir/operation.ts";
import { elementBytes, elementCount } from "../../ir/tensor-data.ts";
import { dynamic, elementNameOf, MemRefType, ShapedType, type Type } from "../../ir/types.ts";
import { type Binaryen, loadBinaryen, type WasmModule, type WasmType } from "./binaryen.ts";
import { elementOf } from "./element.ts";
import { FunctionEmitter, firstAddress, type ModuleServices } from "./function-emitter.ts";
import { termForm } from "./linear-form.ts";
import { arithEmitters } from "./operations/arith.ts";
import { castEmitters } from "./operations/casts.ts";
import { comparisonEmitters } from "./operations/comparisons.ts";
import { emitConstant } from "./operations/constants.ts";
import { bindLocals, controlEmitters, heldTypes } from "./operations/control.ts";
import { mathEmitters } from "./operations/math.ts";
import { memoryEmitters } from "./operations/memory.ts";
import { vectorEmitters } from "./operations/vector.ts";
import { vectorMemoryEmitters } from "./operations/vector-memory.ts";
import { makeStandalone } from "./standalone.ts";
import { alignBuffer, type WasmArgument, type WasmBlob, type WasmCode, type WasmFunction } from "./wasm-code.ts";

export interface LoopsToWasmOptions {
  /** binaryen's optimizer: 0 leaves it out, 1 tidies locals, 2 runs all that `wasm-opt -O2` runs. Default 0. */
  readonly optimize?: 0 | 1 | 2;
  /** Also give the text form. */
  readonly text?: boolean;
  /** A module that needs nothing but itself: see standalone.ts. */
  readonly standalone?: boolean;
}

type Emit = (emitter: FunctionEmitter, operation: Operation) => void;

const emitters: ReadonlyMap<string, Emit> = new Map([
  ["arith.constant", emitConstant],
  ...Object.entries({
    ...arithEmitters,
    ...comparisonEmitters,
    ...castEmitters,
    ...mathEmitters,
    ...memoryEmitters,
    ...vectorEmitters,
    ...vectorMemoryEmitters,
  }),
]);

function emitBlock(emitter: FunctionEmitter, block: Block): void {
  for (let operation = block.first; operation !== undefined; operation = operation.next) {
    emitter.beginOperation();
    const control = controlEmitters[operation.name];
    if (control !== undefined) control(emitter, operation, emitBlock);
    else if (operation.definition?.hasTrait("Terminator")) return;
    else emitOperation(emitter, operation);
  }
}

function emitOperation(emitter: FunctionEmitter, operation: Operation): void {
  const emit = emitters.get(operation.name);
  if (emit === undefined) {
    throw operation.error("is not lowered to WebAssembly: only operations of the loops level are");
  }
  const isUnused = !operation.hasUses && operation.results.length > 0 && operation.definition?.hasTrait("Pure");
  if (!isUnused) emit(emitter, operation);
}

/** Makes WebAssembly code; the module is not changed. */
export async function loopsToWasm(module: Operation, options: LoopsToWasmOptions = {}): Promise<WasmCode> {
  return generateWasm(await loadBinaryen(), module, options);
}

/** The same with binaryen at hand. */
export function generateWasm(binaryen: Binaryen, module: Operation, options: LoopsToWasmOptions = {}): WasmCode {
  const generator = new ModuleGenerator(binaryen, module);
  try {
    return generator.generate(options);
  } finally {
    generator.wasm.dispose();
  }
}

class ModuleGenerator {
  readonly wasm: WasmModule;
  readonly #binaryen: Binaryen;
  readonly #module: Operation;
  readonly #addresses = new Map<Operation, number>();
  readonly #blobs: WasmBlob[] = [];
  readonly #hostFunctions = new Map<string, number>();
  #memoryEnd = firstAddress;

  constructor(binaryen: Binaryen, module: Operation) {
    this.#binaryen = binaryen;
    this.#module = module;
    this.wasm = new binaryen.Module();
    const { SIMD128, BulkMemory, BulkMemoryOpt, NontrappingFPToInt, SignExt, MutableGlobals, Multivalue } =
      binaryen.Features;
    this.wasm.setFeatures(
      SIMD128 | BulkMemory | BulkMemoryOpt | NontrappingFPToInt | SignExt | MutableGlobals | Multivalue,
    );
  }

  generate({ optimize = 0, text = false, standalone = false }: LoopsToWasmOptions): WasmCode {
    const functions = this.#module.regions[0]!.onlyBlock.operations.filter((each) => functionDefinition.matches(each));
    const main = functions.find(({ sym_name: name }) => name === "main");
    if (main === undefined) throw this.#module.error("has no function @main to export");
    const prepare = functions.find(({ sym_name: name }) => name === "prepare");
    const { wasm } = this;
    // Instructions refer to the memory, so there must be one before its size is known.
    if (standalone) wasm.setMemory(1, 1);
    else wasm.addMemoryImport("0", "env", "memory");
    const services = this.#services();
    for (const each of functions) if (each.body.blocks.length > 0) this.#function(each, services);
    const layout = {
      main: describe(main),
      ...(prepare === undefined ? {} : { prepare: describe(prepare) }),
      blobs: this.#blobs,
      memoryEnd: this.#memoryEnd,
    };
    if (standalone) makeStandalone(this.#binaryen, wasm, layout);
    else {
      const exported = [main, prepare].filter((each) => each !== undefined);
      for (const { sym_name: name } of exported) wasm.addFunctionExport(name, name);
    }
    if (!wasm.validate()) throw new Error("the generated WebAssembly is not valid");
    this.#optimize(optimize);
    return {
      code: wasm.emitBinary(),
      ...(text ? { text: wasm.emitText() } : {}),
      ...layout,
      hostFunctions: [...this.#hostFunctions.keys()],
    };
  }

  #optimize(level: 0 | 1 | 2): void {
    if (level === 1) {
      this.wasm.runPasses(["simplify-locals-nostructure", "vacuum", "coalesce-locals", "vacuum"]);
    } else if (level === 2) {
      this.#binaryen.setOptimizeLevel(2);
      this.#binaryen.setShrinkLevel(0);
      this.wasm.optimize();
    }
  }

  #services(): ModuleServices {
    const { i32, i64, f32, f64, v128 } = this.#binaryen;
    const typeCodes = { i32, i64, f32, f64, v128 };
    return {
      wasm: this.wasm,
      typeCodes,
      tupleType: (types) => this.#tupleType(types),
      globalAddress: (operation) => this.#globalAddress(operation),
      reserve: (bytes) => this.#reserve(bytes),
      hostFunction: (name, parameters) => {
        const internal = `math.${name}`;
        if (!this.#hostFunctions.has(name)) {
          this.#hostFunctions.set(name, parameters);
          const types = this.#tupleType(Array.from({ length: parameters }, () => "f64" as const));
          this.wasm.addFunctionImport(internal, "math", name, types, f64);
        }
        return internal;
      },
    };
  }

  #tupleType(types: readonly WasmType[]): number {
    const { i32, i64, f32, f64, v128, none, createType } = this.#binaryen;
    const codes = { i32, i64, f32, f64, v128 };
    const [only] = types;
    if (only === undefined) return none;
    return types.length === 1 ? codes[only] : createType(types.map((type) => codes[type]));
  }

  #reserve(bytes: number): number {
    const address = this.#memoryEnd;
    this.#memoryEnd = alignBuffer(address + bytes);
    if (this.#memoryEnd > 2 ** 32) {
      throw new DiagnosticError(
        `the weights and static buffers need more than ${this.#memoryEnd} bytes, but WebAssembly has 4 GiB: use LLVM`,
      );
    }
    return address;
  }

  #globalAddress(operation: Operation): number {
    const known = this.#addresses.get(operation);
    if (known !== undefined) return known;
    if (!global.matches(operation)) throw operation.error("is not a memref.global");
    const { type, initial_value: initial } = operation;
    if (!(type instanceof MemRefType)) throw operation.error(`expects a memref type, found ${type}`);
    if (initial === undefined) throw operation.error("is defined elsewhere, which WebAssembly code cannot reach");
    const element = elementOf(type.element);
    if (element === undefined) throw operation.error(`holds ${type.element}, which WebAssembly code cannot hold`);
    const address = this.#reserve(type.count * element.storageBytes);
    this.#addresses.set(operation, address);
    if (initial !== UnitAttribute.instance) this.#blobs.push({ address, bytes: initialBytes(operation, initial) });
    return address;
  }

  #function(operation: FunctionOperation, services: ModuleServices): void {
    const { inputs, results } = operation.function_type;
    const [block, ...others] = operation.body.blocks;
    if (block === undefined || others.length > 0) {
      throw operation.error("has several blocks; WebAssembly code is made from structured control flow (scf)");
    }
    const emitter = new FunctionEmitter(services);
    const parameters = inputs.map((type) => heldTypes(type, operation));
    const codes = parameters.flat().map((type) => services.typeCodes[type]);
    emitter.locals.push(...codes);
    let next = 0;
    for (const [position, argument] of block.arguments.entries()) {
      const locals = parameters[position]!.map(() => next++);
      if (argument.type instanceof MemRefType) bindBuffer(emitter, argument.type, argument, locals[0]!);
      else bindLocals(emitter, argument, locals);
    }
    const statements = emitter.block(() => emitBlock(emitter, block));
    const resultTypes = results.flatMap((type) => heldTypes(type, operation));
    const body = this.wasm.block(null, [...emitter.scope.preheader, ...statements], this.#tupleType(resultTypes));
    this.wasm.addFunction(
      operation.sym_name,
      this.#tupleType(parameters.flat()),
      this.#tupleType(resultTypes),
      emitter.locals.slice(codes.length),
      body,
    );
  }
}

/** A buffer that a function gets: the address of its element at index 0. */
function bindBuffer(
  emitter: FunctionEmitter,
  type: MemRefType,
  argument: Block["arguments"][number],
  local: number,
): void {
  const address = termForm({ local, depth: 0, nonNegative: true });
  const offset = layoutOffset(type);
  const bytes = elementOf(type.element)?.storageBytes ?? 1;
  const origin = offset === undefined ? undefined : { ...address, constant: -offset * bytes };
  emitter.defineMemory(argument, { address, origin, sizes: new Map() });
}

/** The offset of a layout; undefined where it is not known. */
function layoutOffset(type: MemRefType): number | undefined {
  const offset = stridesOf(type)?.offset;
  return offset === dynamic ? undefined : offset;
}

/** The bytes of a global's initial value. */
function initialBytes(operation: Operation, initial: Attribute): Uint8Array {
  if (!(initial instanceof ElementsAttribute)) throw operation.error("expects dense elements as its initial value");
  try {
    const { data } = initial.value;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  } catch (error) {
    throw operation.error(messageOf(error));
  }
}

const namedRoles = ["input", "output", "prepared"] as const;

/** What the arguments of an exported function are for, by their attributes. */
function describe(operation: FunctionOperation): WasmFunction {
  const { sym_name: entry, function_type: type } = operation;
  return {
    entry,
    arguments: type.inputs.map((input, position) => {
      const attributes = argumentAttributes(operation, position);
      const described = describeArgument(input, attributes);
      if (described !== undefined) return described;
      throw operation.error(
        `has an argument ${position} of type ${input} that is no static buffer with a role; expected one of the attributes ` +
          `${namedRoles.map((role) => `anemone.${role}`).join(", ")}, anemone.arena, found ${attributes}`,
      );
    }),
  };
}

function describeArgument(type: Type, attributes: DictionaryAttribute): WasmArgument | undefined {
  if (!(type instanceof MemRefType) || !type.isStatic) return undefined;
  if (attributes.entries.has("anemone.arena")) {
    const bytes = type.count * (elementOf(type.element)?.storageBytes ?? 1);
    return { role: "arena", name: "arena", type: { shape: [bytes], element: "i8" }, bytes };
  }
  const logical = attributes.entries.get("anemone.type");
  const tensor = logical instanceof TypeAttribute && logical.type instanceof ShapedType ? logical.type : type;
  const element = elementNameOf(tensor.element);
  if (element === undefined) return undefined;
  for (const role of namedRoles) {
    const name = attributes.entries.get(`anemone.${role}`);
    if (!(name instanceof StringAttribute)) continue;
    const { shape } = tensor;
    return { role, name: name.value, type: { shape, element }, bytes: elementCount(shape) * elementBytes(element) };
  }
  return undefined;
}
