/**
 * The buffers of a bufferised function: views of the arena at the planned offsets, globals for constants, and views for values
 * that lie inside others. Each is made where it is needed first.
 */
import { scalarAttribute } from "../../dialects/arith/build.ts";
import { constant } from "../../dialects/arith/ops.ts";
import { fillOp } from "../../dialects/linalg/build.ts";
import { subviewOf } from "../../dialects/memref/build.ts";
import {
  getGlobal,
  global,
  collapseShape as memrefCollapse,
  expandShape as memrefExpand,
  view,
} from "../../dialects/memref/ops.ts";
import type { Strides } from "../../dialects/memref/types.ts";
import { collapseShape, expandShape, extractSlice } from "../../dialects/tensor/upstream/ops.ts";
import {
  type Attribute,
  DenseElementsAttribute,
  DenseResourceAttribute,
  ElementsAttribute,
  IntegerAttribute,
  StridedLayoutAttribute,
  SymbolReferenceAttribute,
} from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Location } from "../../ir/location.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { SymbolTable } from "../../ir/symbol-table.ts";
import { index, MemRefType, type ShapedType, TensorType } from "../../ir/types.ts";
import { asIndex, asMemRef } from "../linalg-to-loops/emit/emit-memory.ts";
import { bytesOf } from "../linalg-to-loops/memory.ts";
import type { BufferAnalysis } from "./analysis.ts";
import { arenaAlignment, type BufferLife, planArena } from "./arena-plan.ts";
import { keptAxes, layoutOf, partOf, type Storage } from "./storage.ts";

/** Bytes behind the last buffer of the arena, which vectors may read (and ignore). */
const arenaSlack = arenaAlignment;

export class Buffers {
  readonly arenaBytes: number;
  /** The argument that is the arena; set before the first buffer is asked for. */
  arena: Value | undefined = undefined;
  readonly #globals: Globals;
  readonly #offsets: ReadonlyMap<Storage, number>;
  readonly #values = new Map<Storage, Value>();

  constructor(analysis: BufferAnalysis, globals: Globals) {
    this.#globals = globals;
    const { roots, lives } = bufferLives(analysis);
    const plan = planArena(lives);
    this.#offsets = new Map(roots.map((root, position) => [root, plan.offsets[position]!]));
    this.arenaBytes = plan.bytes + arenaSlack;
  }

  bind(storage: Storage, value: Value): void {
    this.#values.set(storage, value);
  }

  /** The memref of a storage; made at the builder's point when it is new. */
  valueOf(storage: Storage, builder: Builder): Value {
    const known = this.#values.get(storage);
    if (known !== undefined) return known;
    const made = this.#make(storage, builder);
    made.nameHint ??= storage.value.nameHint;
    this.#values.set(storage, made);
    return made;
  }

  #make(storage: Storage, builder: Builder): Value {
    const { parent, placement, type } = storage;
    if (parent === undefined || placement === undefined) return this.#makeRoot(storage, builder);
    const source = asMemRef(this.valueOf(parent, builder));
    const layout = layoutOf(storage);
    if (layout === undefined) throw new Error("a view without a strided layout was planned");
    switch (placement.kind) {
      case "same":
        return source;
      case "box": {
        const { offsets, sizes, strides } = placement.box;
        const kept = keptAxes(sizes, type.shape);
        const dropped = sizes.map((_, axis) => axis).filter((axis) => !kept.includes(axis));
        return subviewOf(builder, source, offsets, sizes, strides, dropped);
      }
      case "collapse": {
        const { reassociation } = placement;
        return builder.build(memrefCollapse, {
          src: source,
          reassociation,
          result: viewType(type, source.type, layout),
        }).result;
      }
      case "expand": {
        const { reassociation } = placement;
        return builder.build(memrefExpand, {
          src: source,
          output_shape: [],
          static_output_shape: type.shape,
          reassociation,
          result: viewType(type, source.type, layout),
        }).result;
      }
    }
  }

  #makeRoot(storage: Storage, builder: Builder): Value {
    const { definer } = storage.value;
    if (storage.role === "given") {
      const attribute = definer === undefined ? undefined : constantOf(storage.value);
      if (!(attribute instanceof ElementsAttribute))
        throw new Error("a given value is neither an argument nor a constant");
      return this.#globals.get(attribute, storage.value.nameHint, builder, definer!.location);
    }
    const offset = this.#offsets.get(storage);
    if (offset === undefined || this.arena === undefined) throw new Error("a buffer has no place in the arena");
    const shift = builder.build(constant, { value: IntegerAttribute.get(offset, index) }).result;
    const result = MemRefType.get(storage.type.shape, storage.type.element);
    return builder.build(view, { source: asMemRef(this.arena), byte_shift: asIndex(shift), sizes: [], result }).result;
  }

  /** Copying a constant of equal elements is filling. Returns whether `from` is one (and the fill was built). */
  fillInstead(from: Storage, to: Storage, builder: Builder): boolean {
    const value = constantOf(from.value);
    if (from.parent !== undefined || !(value instanceof DenseElementsAttribute) || value.splat === undefined)
      return false;
    const scalar = builder.build(constant, { value: scalarAttribute(value.splat, value.type.element) }).result;
    fillOp(builder, scalar, this.valueOf(to, builder));
    return true;
  }

  /** For a reshape or slice that has to be copied: two storages of one shape. */
  viewForCopy(operation: Operation, from: Storage, to: Storage): { readonly from: Storage; readonly to: Storage } {
    if (extractSlice.matches(operation)) {
      const box = {
        offsets: operation.static_offsets,
        sizes: operation.static_sizes,
        strides: operation.static_strides,
      };
      return { from: partOf(from, to.type, { kind: "box", box }), to };
    }
    if (collapseShape.matches(operation)) {
      return { from, to: partOf(to, from.type, { kind: "expand", reassociation: operation.reassociation }) };
    }
    if (expandShape.matches(operation)) {
      const { reassociation } = operation;
      return { from: partOf(from, to.type, { kind: "expand", reassociation }), to };
    }
    return { from, to };
  }
}

/** The type of a reshaped view, spelled as upstream infers it: a layout only where the source has one. */
function viewType(shape: ShapedType, source: MemRefType, layout: Strides): MemRefType {
  const attribute = hasIdentityLayout(source) ? undefined : StridedLayoutAttribute.get(layout.strides, layout.offset);
  return MemRefType.get(shape.shape, shape.element, attribute, source.memorySpace);
}

/** As upstream: a reshaped view spells its layout out unless the source's is the identity, which `strided<[1]>` of rank 1 is too. */
function hasIdentityLayout({ layout }: MemRefType): boolean {
  return layout === undefined || layout === StridedLayoutAttribute.get([1], 0);
}

/** The buffers that need a place in the arena, and from when to when they hold data. */
function bufferLives(analysis: BufferAnalysis): {
  readonly roots: readonly Storage[];
  readonly lives: readonly BufferLife[];
} {
  const lives = new Map<Storage, BufferLife>();
  const consider = (storage: Storage) => {
    const { root } = storage;
    if (root.role !== "buffer" || root.accesses.length === 0 || lives.has(root)) return;
    const positions = root.accesses.map(({ at }) => at);
    const last = analysis.extents.length - 1;
    const extent = (position: number) => analysis.extents[Math.min(position, last)]!;
    // Members of one loop nest run at the same time.
    const start = Math.min(root.definedAt, ...positions.map((position) => extent(position).first));
    const end = Math.max(root.definedAt, ...positions.map((position) => extent(position).last));
    lives.set(root, {
      bytes: root.type.count * bytesOf(root.type.element),
      start: Math.max(0, start),
      end: Math.max(0, end),
    });
  };
  for (const operation of analysis.operations) {
    for (const value of [...operation.operands, ...operation.results]) {
      if (value.type instanceof TensorType) consider(analysis.storageOf(value));
    }
  }
  return { roots: [...lives.keys()], lives: [...lives.values()] };
}

/** The module's constants as globals; equal ones are shared. */
export class Globals {
  readonly #table: SymbolTable;
  readonly #module: Operation;
  readonly #names = new Map<Attribute, string>();
  readonly #made: Operation[] = [];

  constructor(module: Operation) {
    this.#module = module;
    this.#table = new SymbolTable(module);
  }

  /** The buffer of a constant, in the function that the builder is in. */
  get(value: ElementsAttribute, hint: string | undefined, builder: Builder, location: Location): Value {
    const type = MemRefType.get(value.type.shape, value.type.element);
    const known = this.#names.get(value);
    const name = known ?? this.#declare(value, type, hint, location);
    const made = builder.build(getGlobal, { name, result: type });
    made.properties.set("name", SymbolReferenceAttribute.get(name));
    return made.result;
  }

  #declare(value: ElementsAttribute, type: MemRefType, hint: string | undefined, location: Location): string {
    const wanted = value instanceof DenseResourceAttribute ? value.key : (hint ?? "constant");
    const taken = new Set(this.#names.values());
    let name = this.#table.freeName(wanted);
    for (let counter = 0; taken.has(name); counter++) name = this.#table.freeName(`${wanted}_${counter}`);
    this.#names.set(value, name);
    this.#made.push(
      global.build(
        {
          sym_name: name,
          sym_visibility: "private",
          type,
          initial_value: value,
          constant: true,
          alignment: arenaAlignment,
        },
        location,
      ),
    );
    return name;
  }

  /** Puts the globals in front of the module's functions. */
  insert(): void {
    const block = this.#module.regions[0]!.onlyBlock;
    const { first } = block;
    for (const operation of this.#made) block.insertBefore(operation, first);
  }
}
