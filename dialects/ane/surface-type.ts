/**
 * `!ane.surface<1x64x56x56xf16>`: a tensor as the engine sees it. The logical shape is that of the network (rank at most 5);
 * the engine reads every surface as five sizes N, D, C, H, W. What differs from the default is printed behind the shape:
 * `!ane.surface<1x64x56x56xf16, interleave = 8, sram>`.
 *
 * One rule gives the reading: the last size is W, and sizes fill H, C, N from the right; rank 5 is [N, C, D, H, W] (the layout
 * of a 3-D convolution); rank 2 is [C, W] with H = 1 (the engine's rows are channels), and rank 1 is W.
 */

import { typeOf } from "../../ir/constraints.ts";
import type { TypeDefinition } from "../../ir/context.ts";
import type { Value } from "../../ir/operation.ts";
import { DialectType, f16, i1, internType, TensorType, type Type } from "../../ir/types.ts";

/** Where a surface lies: external memory, or the engine's working memory. */
export type MemorySpace = "dram" | "sram";

/** The sizes that the engine's registers hold. */
export interface EngineExtents {
  readonly n: number;
  readonly d: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
}

/** No surface has more dimensions (guide-tables.md, compile-legal envelope: rank 6 is rejected). */
export const maximumRank = 5;

export class SurfaceType extends DialectType {
  readonly shape: readonly number[];
  readonly element: Type;
  /** Channels that lie side by side in memory; 1 is planar. */
  readonly interleave: number;
  readonly space: MemorySpace;

  private constructor(body: string, shape: readonly number[], element: Type, interleave: number, space: MemorySpace) {
    super("ane", body);
    this.shape = shape;
    this.element = element;
    this.interleave = interleave;
    this.space = space;
  }

  static get(shape: readonly number[], element: Type = f16, interleave = 1, space: MemorySpace = "dram"): SurfaceType {
    const layout = interleave === 1 ? "" : `, interleave = ${interleave}`;
    const body = `surface<${shape.map((size) => `${size}x`).join("")}${element}${layout}${space === "dram" ? "" : `, ${space}`}>`;
    return internType(`!ane.${body}`, SurfaceType, () => new SurfaceType(body, [...shape], element, interleave, space));
  }

  get rank(): number {
    return this.shape.length;
  }

  /** How the engine reads the shape: see the top of this file. */
  get ndchw(): EngineExtents {
    const { shape } = this;
    const fromRight = (position: number) => shape[shape.length - position] ?? 1;
    if (shape.length === 2) return { n: 1, d: 1, c: fromRight(2), h: 1, w: fromRight(1) };
    if (shape.length === 5) return { n: shape[0]!, d: shape[2]!, c: shape[1]!, h: shape[3]!, w: shape[4]! };
    return { n: fromRight(4), d: 1, c: fromRight(3), h: fromRight(2), w: fromRight(1) };
  }

  /** The same values as a tensor of host code. */
  get tensor(): TensorType {
    return TensorType.get(this.shape, this.element);
  }

  /** The same layout and element type with another shape. */
  reshaped(shape: readonly number[]): SurfaceType {
    return SurfaceType.get(shape, this.element, this.interleave, this.space);
  }
}

export function isSurfaceValue(value: Value): value is Value<SurfaceType> {
  return value.type instanceof SurfaceType;
}

const elements: ReadonlySet<string> = new Set(["f16", "i1", "i32", "ui8", "i8"]);

/** Any surface; the verifier of `ane.program` checks the rank. */
export const anySurface = typeOf(SurfaceType, "a surface", (type) => elements.has(type.element.text));
/** What arithmetic tasks take and give. */
export const halfSurface = typeOf(SurfaceType, "a surface of f16", (type) => type.element === f16);
/** Truth values, which live only inside a program. */
export const boolSurface = typeOf(SurfaceType, "a surface of i1", (type) => type.element === i1);

export const surfaceDefinition: TypeDefinition = {
  mnemonic: "surface",
  doc: "A tensor in the engine's memory: shape, element type, interleave and memory space.",
  parse: (parser) => {
    parser.expect("<");
    const at = parser.offset;
    const { shape, element } = parser.parseShapedBody();
    if (shape.some((size) => size < 0)) throw parser.error("a surface has static sizes, found '?'", at);
    if (!elements.has(element.text)) {
      throw parser.error(`a surface has elements ${[...elements].join(", ")}, found ${element}`, at);
    }
    let interleave = 1;
    let space: MemorySpace = "dram";
    while (parser.accept(",")) {
      const wordAt = parser.offset;
      const word = parser.keyword("interleave, dram or sram");
      if (word === "interleave") {
        parser.expect("=");
        interleave = parser.parseSize();
      } else if (word === "dram" || word === "sram") space = word;
      else throw parser.error(`expected interleave, dram or sram, found '${word}'`, wordAt);
    }
    parser.expect(">");
    return SurfaceType.get(shape, element, interleave, space);
  },
};
