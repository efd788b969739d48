/** Reference semantics of arith on scalars: what MLIR's documentation and LLVM's instructions say. Undefined results are 0. */

import { requireElementName } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { type ElementName, elementsFromBytes, zeros } from "../../ir/tensor-data.ts";
import type { Type } from "../../ir/types.ts";
import { elementOrSelf } from "../upstream/constraints.ts";
import {
  asUnsigned,
  integerWidth,
  readScalar,
  roundFloat,
  type Scalar,
  scalarSemantics,
  wrapInteger,
  writeScalar,
} from "../upstream/scalar-evaluation.ts";
import * as ops from "./ops.ts";
import { floatComparisons, floatFunctions, integerComparisons, integerFunctions } from "./scalar.ts";

/** The op of a mnemonic. */
function definitionOf(mnemonic: string): AnyDefinition {
  const found = ops.arithOps.find((definition) => definition.name === `arith.${mnemonic}`);
  if (found === undefined) throw new Error(`there is no op arith.${mnemonic}`);
  return found;
}

const integers = Object.entries(integerFunctions).flatMap(([mnemonic, apply]) =>
  scalarSemantics(definitionOf(mnemonic), (operation, [a, b]) => {
    const { type } = operation.onlyResult;
    const value = apply(signed(BigInt(a!), type), signed(BigInt(b!), type), integerWidth(type));
    return [wrapInteger(value ?? 0n, type)];
  }),
);

const floats = Object.entries(floatFunctions).flatMap(([mnemonic, apply]) =>
  scalarSemantics(definitionOf(mnemonic), (operation, [a, b]) => [
    roundFloat(apply(Number(a), Number(b)), operation.onlyResult.type),
  ]),
);

/** As a signed number: the one of `i1` is -1. */
function signed(value: bigint, type: Type): bigint {
  return BigInt.asIntN(integerWidth(type), value);
}

const truth = (condition: boolean): bigint => (condition ? 1n : 0n);
const toInteger = (value: Scalar): bigint => (Number.isFinite(Number(value)) ? BigInt(Math.trunc(Number(value))) : 0n);

/** The bits of a scalar as another type of the same width. */
function reinterpret(value: Scalar, from: Type, to: Type): Scalar {
  const source = zeros([1], requireElementName(elementOrSelf(from)));
  writeScalar(source, 0, value);
  const element: ElementName = requireElementName(elementOrSelf(to));
  const bytes = new Uint8Array(source.data.buffer);
  return readScalar({ shape: [1], element, data: elementsFromBytes(element, bytes) }, 0);
}

const cast = (
  definition: AnyDefinition,
  apply: (value: Scalar, from: Type, to: Type) => Scalar,
): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation: Operation, [value]) => [
    apply(value!, operation.operand(0).type, operation.onlyResult.type),
  ]);
const extended = (
  definition: AnyDefinition,
  read: (value: bigint, type: Type) => bigint,
): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [a, b]) => {
    const { type } = operation.operand(0);
    const product = read(BigInt(a!), type) * read(BigInt(b!), type);
    return [wrapInteger(product, type), wrapInteger(product >> BigInt(integerWidth(type)), type)];
  });

export const arithEvaluators: readonly AttachedInterface[] = [
  ...integers,
  ...floats,
  ...scalarSemantics(ops.negf, (_, [x]) => [-Number(x)]),
  ...scalarSemantics(ops.adduiExtended, (operation, [a, b]) => {
    const { type } = operation.operand(0);
    const sum = asUnsigned(BigInt(a!), type) + asUnsigned(BigInt(b!), type);
    return [wrapInteger(sum, type), truth(sum >> BigInt(integerWidth(type)) !== 0n)];
  }),
  ...extended(ops.mulsiExtended, signed),
  ...extended(ops.muluiExtended, asUnsigned),
  ...scalarSemantics(ops.cmpi, (operation, [a, b]) => {
    const { type } = operation.operand(0);
    const compare = integerComparisons[ops.cmpi.cast(operation).predicate];
    return [truth(compare(signed(BigInt(a!), type), signed(BigInt(b!), type), integerWidth(type)))];
  }),
  ...scalarSemantics(ops.cmpf, (operation, [a, b]) => [
    truth(floatComparisons[ops.cmpf.cast(operation).predicate](Number(a), Number(b))),
  ]),
  ...scalarSemantics(ops.select, (_, [condition, a, b]) => [condition === 0n ? b! : a!]),
  ...cast(ops.extf, (value) => value),
  ...cast(ops.truncf, (value, _, to) => roundFloat(Number(value), to)),
  ...cast(ops.extsi, (value, from, to) => wrapInteger(signed(BigInt(value), from), to)),
  ...cast(ops.extui, (value, from, to) => wrapInteger(asUnsigned(BigInt(value), from), to)),
  ...cast(ops.trunci, (value, _, to) => wrapInteger(BigInt(value), to)),
  ...cast(ops.sitofp, (value, from, to) => roundFloat(Number(signed(BigInt(value), from)), to)),
  ...cast(ops.uitofp, (value, from, to) => roundFloat(Number(asUnsigned(BigInt(value), from)), to)),
  ...cast(ops.fptosi, (value, _, to) => wrapInteger(toInteger(value), to)),
  ...cast(ops.fptoui, (value, _, to) => wrapInteger(toInteger(value), to)),
  ...cast(ops.indexCast, (value, from, to) => wrapInteger(signed(BigInt(value), from), to)),
  ...cast(ops.indexCastUi, (value, from, to) => wrapInteger(asUnsigned(BigInt(value), from), to)),
  ...cast(ops.bitcast, reinterpret),
];
