/**
 * The pass `expand-math`: elementary functions that no machine has an instruction for become f32 arithmetic, at the loops level,
 * for scalars and vectors alike. LLVM and WebAssembly then compute the same thing, and no function of the C library is called
 * from inside a vector loop. What stays: absf, sqrt, fma, floor, ceil, trunc, roundeven, copysign and integer bit counting,
 * which are instructions. Types other than f32 stay as they are (narrower floats are extended before, f64 calls the C library).
 */
import { constant } from "../../dialects/arith/ops.ts";
import { namedStructure } from "../../dialects/linalg/named.ts";
import * as math from "../../dialects/math/ops.ts";
import { elementOrSelf } from "../../dialects/upstream/constraints.ts";
import { ElementsAttribute, FloatAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { f32, i32 } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { expandCosh, expandExp, expandExp2, expandExpm1, expandSinh, expandTanh } from "./exponential.ts";
import { ConstantPool, FloatArithmetic } from "./float-arithmetic.ts";
import { expandAcos, expandAsin, expandAtan, expandAtan2 } from "./inverse-trigonometric.ts";
import { expandAcosh, expandAsinh, expandAtanh, expandLog, expandLog1p, expandLog2, expandLog10 } from "./logarithm.ts";
import {
  expandCbrt,
  expandConstantPow,
  expandErf,
  expandIntegerPow,
  expandPow,
  expandRound,
  expandRsqrt,
} from "./power.ts";
import { expandCos, expandSin, expandTan } from "./trigonometric.ts";

type Expansion = (m: FloatArithmetic, x: Value) => Value;

const unaryExpansions: readonly (readonly [AnyDefinition, Expansion])[] = [
  [math.acos, expandAcos],
  [math.acosh, expandAcosh],
  [math.asin, expandAsin],
  [math.asinh, expandAsinh],
  [math.atan, expandAtan],
  [math.atanh, expandAtanh],
  [math.cbrt, expandCbrt],
  [math.cos, expandCos],
  [math.cosh, expandCosh],
  [math.erf, expandErf],
  [math.exp, expandExp],
  [math.exp2, expandExp2],
  [math.expm1, expandExpm1],
  [math.log, expandLog],
  [math.log10, expandLog10],
  [math.log1p, expandLog1p],
  [math.log2, expandLog2],
  [math.round, expandRound],
  [math.rsqrt, expandRsqrt],
  [math.sin, expandSin],
  [math.sinh, expandSinh],
  [math.tan, expandTan],
  [math.tanh, expandTanh],
];
const unaryByName = new Map(unaryExpansions.map(([definition, expansion]) => [definition.name, expansion]));

/** The value that an operation has after expansion; undefined where it is left as it is. */
function expansionOf(m: FloatArithmetic, operation: Operation): Value | undefined {
  const unary = unaryByName.get(operation.name);
  if (unary !== undefined) return unary(m, operation.operand(0));
  if (math.atan2.matches(operation)) return expandAtan2(m, operation.lhs, operation.rhs);
  if (math.powf.matches(operation)) {
    const exponent = constantFloatOf(operation.rhs);
    const short = exponent === undefined ? undefined : expandConstantPow(m, operation.lhs, exponent);
    return short ?? expandPow(m, operation.lhs, operation.rhs);
  }
  if (math.fpowi.matches(operation)) return expandIntegerPow(m, operation.lhs, operation.rhs);
  return undefined;
}

/** The number that a float constant or all its lanes have. */
function constantFloatOf(value: Value): number | undefined {
  const { definer } = value;
  if (!constant.matches(definer)) return undefined;
  if (definer.value instanceof FloatAttribute) return definer.value.value;
  const splat = definer.value instanceof ElementsAttribute ? definer.value.splat : undefined;
  return splat === undefined ? undefined : Number(splat);
}

const expandedNames: ReadonlySet<string> = new Set([
  ...unaryByName.keys(),
  math.atan2.name,
  math.powf.name,
  math.fpowi.name,
]);

function isExpandable(operation: Operation): boolean {
  // The body of a named structured op is what its name says: it is expanded once it stands in loops.
  if (operation.parentOperation !== undefined && namedStructure(operation.parentOperation) !== undefined) return false;
  if (!expandedNames.has(operation.name) || elementOrSelf(operation.onlyResult.type) !== f32) return false;
  return operation.name !== math.fpowi.name || elementOrSelf(operation.operand(1).type) === i32;
}

/** The entry block of the function (or other closed region) around an operation: where its constants go. */
function functionEntry(operation: Operation, root: Operation): Block {
  let walker = operation;
  for (;;) {
    const parent = walker.parentOperation;
    if (parent === undefined || parent === root || parent.definition?.hasTrait("IsolatedFromAbove")) break;
    walker = parent;
  }
  return walker.parentRegion!.entry!;
}

export const expandMath = pass("expand-math", {
  doc: "Expands elementary functions on f32 into polynomials, accurate to one or two units in the last place.",
  options: {
    fma: { doc: "whether math.fma rounds once on the target; false avoids it", default: true },
  },
  exactness: "the result of each function changes by at most 2 units in the last place (3 without fma)",
  run: (root, _passContext, options) => {
    const candidates: Operation[] = [];
    root.walk((operation) => {
      if (isExpandable(operation)) candidates.push(operation);
    });
    const pools = new Map<Block, ConstantPool>();
    for (const operation of candidates) {
      const entry = functionEntry(operation, root);
      const pool = pools.get(entry) ?? new ConstantPool(entry);
      pools.set(entry, pool);
      const builder = new Builder(at.before(operation), operation.location);
      const result = operation.onlyResult;
      const expanded = expansionOf(new FloatArithmetic(builder, result.type, pool, options.fma), operation);
      if (expanded === undefined) continue;
      if (expanded.definer?.name !== constant.name) expanded.nameHint ??= result.nameHint;
      result.replaceAllUsesWith(expanded);
      operation.erase();
    }
    return candidates.length > 0;
  },
});
