/**
 * The conversion of the tensor and fused levels to linalg on tensors: every task becomes the structured ops that compute
 * it, and every type its storage type. What has no lowering is an error that names the op and the reason.
 */
import { constant } from "../../dialects/arith/ops.ts";
import { call, functionDefinition, returnOperation } from "../../dialects/func/ops.ts";
import { concat, upstreamTensorOps } from "../../dialects/tensor/upstream/ops.ts";
import { type Attribute, DictionaryAttribute, TypeAttribute } from "../../ir/attributes.ts";
import { createOperation, type Operation } from "../../ir/operation.ts";
import {
  applyPartialConversion,
  type ConversionPattern,
  ConversionTarget,
  convert,
  convertAny,
  TypeConverter,
} from "../../ir/rewrite/conversion.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { FunctionType, type Type } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { collected, lowerBlock, loweringOf, lowerOperation } from "./lower-block.ts";
import { storageType } from "./storage-types.ts";
import { storedConstant } from "./stored-constant.ts";

const types = new TypeConverter().add((type) => (storageType(type) === type ? undefined : storageType(type)));

const isStored = (type: Type): boolean => storageType(type) === type;
const hasStoredTypes = (operation: Operation): boolean =>
  [...operation.operands, ...operation.results].every((value) => isStored(value.type));

const lowerTask = convertAny("lower-task", (operation, operands, rewriter) => {
  if (operation.definition?.dialect !== "fused") return undefined;
  const [region] = operation.regions;
  if (region === undefined) return refuse("it has no region with ops to lower");
  return rewriter.replace(operation, lowerBlock(region.onlyBlock, operands, rewriter));
});

const lowerOp = convertAny("lower-op", (operation, operands, rewriter) => {
  const isOurs = operation.definition?.dialect === "tensor" || loweringOf(operation, rewriter.context) !== undefined;
  if (!isOurs || isUpstreamTensorOp(operation)) return undefined;
  return rewriter.replace(
    operation,
    collected(rewriter, () => lowerOperation(operation, operands, rewriter)),
  );
});

/** A function whose signature has types that are stored otherwise keeps the logical ones as `anemone.type`. */
const storeSignature = convert(functionDefinition, "store-signature", (operation, _, rewriter) => {
  const { inputs, results } = operation.function_type;
  const annotate = (logical: readonly Type[], dictionaries: readonly DictionaryAttribute[] | undefined) =>
    logical.map((type, position) => {
      const entries: [string, Attribute][] = [...(dictionaries?.[position]?.entries ?? [])];
      if (!isStored(type)) entries.push(["anemone.type", TypeAttribute.get(type)]);
      return DictionaryAttribute.get(entries);
    });
  const signature = FunctionType.get(inputs.map(storageType), results.map(storageType));
  const { fields } = functionDefinition;
  return rewriter.modify(operation, () => {
    operation.properties.set("arg_attrs", fields.arg_attrs.constraint.encode(annotate(inputs, operation.arg_attrs)));
    operation.properties.set("res_attrs", fields.res_attrs.constraint.encode(annotate(results, operation.res_attrs)));
    operation.properties.set("function_type", fields.function_type.constraint.encode(signature));
    for (const block of operation.body.blocks) rewriter.convertArguments(block);
  });
});

const storeConstant = convert(constant, "store-constant", (operation, _, rewriter) => {
  const stored = storedConstant(operation);
  return stored === undefined ? undefined : rewriter.replace(operation, rewriter.insert(stored).results);
});

const storeReturn = convert(returnOperation, "store-return", (operation, operands, rewriter) =>
  rewriter.modify(operation, () => operation.setOperands(operands)),
);

/** Ops that only pass elements on are rebuilt with stored types. */
const storeOperands = convertAny("store-operands", (operation, operands, rewriter) => {
  const passesOn = isUpstreamTensorOp(operation) || call.matches(operation);
  if (!passesOn) return undefined;
  if (operation.regions.length > 0) return refuse("its region works on elements that are stored with another type");
  const made = createOperation({
    name: operation.name,
    definition: operation.definition,
    operands,
    resultTypes: operation.results.map((result) => storageType(result.type)),
    properties: operation.properties,
    attributes: operation.attributes,
    successors: operation.successors,
    location: operation.location,
  });
  return rewriter.replace(operation, rewriter.insert(made).results);
});

const upstreamNames: ReadonlySet<string> = new Set(
  upstreamTensorOps.map(({ name }) => name).filter((name) => name !== concat.name),
);

function isUpstreamTensorOp(operation: Operation): boolean {
  return upstreamNames.has(operation.name);
}

const patterns: readonly ConversionPattern[] = [
  lowerTask,
  lowerOp,
  storeSignature,
  storeConstant,
  storeReturn,
  storeOperands,
];

export const fusedToLinalg = pass("fused-to-linalg", {
  doc: "Lowers tensor ops, fused or not, to linalg on tensors, merging the elementwise ops of each task.",
  requires: [],
  establishes: ["linalg"],
  exactness:
    "within rounding: f16 and bf16 are computed in f32 and rounded once per task; normalisations multiply by inverses",
  run: (root, { context }) => {
    const isLegal = (operation: Operation): boolean => {
      if (functionDefinition.matches(operation)) {
        const { inputs, results } = operation.function_type;
        return [...inputs, ...results].every(isStored);
      }
      if (isUpstreamTensorOp(operation)) return hasStoredTypes(operation);
      if (operation.definition?.dialect === "tensor" || loweringOf(operation, context) !== undefined) return false;
      const isConverted = constant.matches(operation) || returnOperation.matches(operation) || call.matches(operation);
      return !isConverted || hasStoredTypes(operation);
    };
    const target = new ConversionTarget().illegalDialects("fused");
    for (const name of context.dialects.keys()) if (name !== "fused") target.dynamicDialect(name, isLegal);
    return applyPartialConversion(root, target, patterns, context, { types });
  },
});
