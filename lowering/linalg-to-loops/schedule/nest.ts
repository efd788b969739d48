/**
 * The model of a loop nest that scheduling works on: how large the iteration space is and how each memory operand is
 * addressed over it. It knows nothing of operations, so that choosing a schedule is arithmetic on plain numbers and gets
 * the same answer for a convolution, a matrix product or an op that nobody has a name for.
 */

export type { IteratorKind } from "../../linalg-transforms/structured.ts";

import type { IteratorKind } from "../../linalg-transforms/structured.ts";

/** When an operand is touched: before the reduction loops, inside them, or after them. */
export type Phase = "start" | "reduce" | "finish";

/** One memory operand: point `i` of the iteration space touches element `offset + Σ strides[d] · i_d`. */
export interface NestAccess {
  /** In elements, per dimension. */
  readonly strides: readonly number[];
  /** Dimensions that enter the address through a division or remainder; their stride means nothing. */
  readonly irregular: ReadonlySet<number>;
  readonly elementBytes: number;
  readonly phase: Phase;
  readonly write: boolean;
  /** Bytes behind the last element that exist in the same buffer, so that a vector may read (and ignore) them. */
  readonly slackBytes: number;
}

/** Cycles of arithmetic for one vector in each phase, as the cost model counts them. */
export interface NestWork {
  readonly start: number;
  readonly reduce: number;
  readonly finish: number;
}

export interface Nest {
  readonly sizes: readonly number[];
  readonly kinds: readonly IteratorKind[];
  readonly accesses: readonly NestAccess[];
  /** Dimensions whose index the body uses, so that they must stay loops of their own. */
  readonly indexed: ReadonlySet<number>;
  readonly work: NestWork;
  /** Values carried through the reduction loops, per point. */
  readonly accumulators: number;
  /** Whether partial reductions may be combined later: an associative combiner with a neutral element. */
  readonly combinable: boolean;
  /** Whether the bodies may work on vectors at all. */
  readonly vectorizable: boolean;
  /** Whether computing a point twice does no harm (no operand is updated in place). */
  readonly repeatable: boolean;
  /** Whether lanes that hold arbitrary data may be computed along (no integer division, no indirect loads). */
  readonly speculatable: boolean;
  /** Bytes of the widest value in the bodies: it decides how many lanes a vector has. */
  readonly elementBytes: number;
}

/** One or several dimensions that are walked as one loop, outermost first. */
export interface Loop {
  readonly dimensions: readonly number[];
  readonly size: number;
  readonly kind: IteratorKind;
}

/** The stride of an access along a loop: that of the loop's innermost dimension. */
export function loopStride(access: NestAccess, loop: Loop): number {
  const innermost = loop.dimensions.at(-1);
  return innermost === undefined ? 0 : access.strides[innermost]!;
}

export function isIrregular(access: NestAccess, loop: Loop): boolean {
  return loop.dimensions.some((dimension) => access.irregular.has(dimension));
}

/** Whether the access touches different elements as the loop proceeds. */
export function variesWith(access: NestAccess, loop: Loop): boolean {
  return loopStride(access, loop) !== 0 || isIrregular(access, loop);
}

/**
 * The loops of a nest: dimensions of size 1 are dropped, and neighbours are merged where every operand steps through both
 * as through one (`oh · ow` of a 1×1 convolution). Reduction dimensions merge only when one directly follows the
 * other, so that the order of the reduction stays as written.
 */
export function mergeLoops(nest: Nest): Loop[] {
  const loops: Loop[] = [];
  for (const [dimension, size] of nest.sizes.entries()) {
    if (size === 1) continue;
    loops.push({ dimensions: [dimension], size, kind: nest.kinds[dimension]! });
  }
  for (let merged = true; merged; ) {
    merged = false;
    for (const [position, outer] of loops.entries()) {
      const inner = mergeCandidates(loops, position).find((candidate) => canMerge(nest, outer, candidate));
      if (inner === undefined) continue;
      loops[position] = {
        dimensions: [...outer.dimensions, ...inner.dimensions],
        size: outer.size * inner.size,
        kind: outer.kind,
      };
      loops.splice(loops.indexOf(inner), 1);
      merged = true;
      break;
    }
  }
  return loops;
}

function mergeCandidates(loops: readonly Loop[], position: number): readonly Loop[] {
  const outer = loops[position]!;
  if (outer.kind === "parallel") return loops.filter((loop) => loop !== outer && loop.kind === "parallel");
  const next = loops.slice(position + 1).find((loop) => loop.kind === "reduction");
  return next === undefined ? [] : [next];
}

function canMerge(nest: Nest, outer: Loop, inner: Loop): boolean {
  const dimensions = [...outer.dimensions, ...inner.dimensions];
  if (dimensions.some((dimension) => nest.indexed.has(dimension))) return false;
  return nest.accesses.every((access) => {
    if (dimensions.some((dimension) => access.irregular.has(dimension))) return false;
    return loopStride(access, outer) === loopStride(access, inner) * inner.size;
  });
}
