/**
 * Damaged models never crash the importer: conformance models with changed attributes, inputs, operators, versions and
 * shapes either import, or end in a `DiagnosticError`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arith } from "../dialects/arith/index.ts";
import { builtin } from "../dialects/builtin/index.ts";
import { func } from "../dialects/func/index.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { unsupportedOperators } from "../frontends/onnx/import.ts";
import type { OnnxAttribute, OnnxModel, OnnxNode } from "../frontends/onnx/model.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { loadCase, type OnnxCase } from "../frontends/onnx/test-data.ts";
import { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { allocateElements, elementCount, type TensorData } from "../ir/tensor-data.ts";
import { importFor } from "./testing/onnx-case.ts";
import { propertyParameters } from "./testing/property.ts";

const root = resolve(import.meta.dirname, "../../shared/data/onnx-node");
const names = existsSync(root) ? readdirSync(root).filter((name) => existsSync(join(root, name, "model.onnx"))) : [];
const context = new Context([builtin, func, arith, tensor]);

/** One change; the numbers choose the place and the value modulo what there is. */
const change = fc.record({
  kind: fc.constantFrom("attribute", "input", "operator", "version", "value", "shape", "no attributes"),
  node: fc.nat(1000),
  place: fc.nat(1000),
  number: fc.constantFrom(-100, -3, -1, 0, 1, 2, 3, 4, 7, 100, 1e6, 2 ** 31, -(2 ** 40)),
  word: fc.constantFrom("", "x", "SAME_UPPER", "ij,jk->ik", "...->"),
  operator: fc.constantFrom(
    ...[
      "Add",
      "Concat",
      "Conv",
      "Einsum",
      "Expand",
      "Gather",
      "GatherND",
      "LSTM",
      "MatMul",
      "OneHot",
      "Pad",
      "Reshape",
    ],
    ...["Resize", "Slice", "Softmax", "Split", "Tile", "TopK", "Transpose"],
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const at = <T>(items: readonly T[], index: number): T | undefined => items[index % Math.max(1, items.length)];

function changedAttribute(attribute: OnnxAttribute, { number, word, place }: Change): OnnxAttribute {
  if (attribute.kind === "int") return { kind: "int", value: BigInt(number) };
  if (attribute.kind === "float") return { kind: "float", value: number };
  if (attribute.kind === "string") return { kind: "string", value: word };
  if (attribute.kind !== "ints") return attribute;
  return { kind: "ints", value: attribute.value.with(place % Math.max(1, attribute.value.length), BigInt(number)) };
}

function changedNode(node: OnnxNode, step: Change): OnnxNode {
  if (step.kind === "operator") return { ...node, opType: step.operator };
  if (step.kind === "no attributes") return { ...node, attributes: new Map() };
  if (step.kind === "input" && node.inputs.length > 0) {
    const other = step.number > 1 ? (at(node.inputs, step.number) ?? "") : "";
    return { ...node, inputs: node.inputs.with(step.place % node.inputs.length, other) };
  }
  const name = at([...node.attributes.keys()], step.place);
  const attribute = name === undefined ? undefined : node.attributes.get(name);
  if (
    step.kind !== "attribute" ||
    name === undefined ||
    attribute === undefined ||
    (attribute.kind === "ints" && attribute.value.length === 0)
  )
    return node;
  return { ...node, attributes: new Map([...node.attributes, [name, changedAttribute(attribute, step)]]) };
}

function changedValue(data: TensorData, { place, number }: Change): TensorData {
  const { element, shape } = data;
  const copy = allocateElements(element, data.data.length);
  for (let index = 0; index < copy.length; index++) copy[index] = data.data[index]!;
  if (copy.length > 0)
    copy[place % copy.length] =
      copy instanceof BigInt64Array || copy instanceof BigUint64Array ? BigInt(number) : number;
  return { shape, element, data: copy };
}

function changedShape(data: TensorData, { place, number }: Change): TensorData {
  if (data.shape.length === 0) return data;
  const shape = data.shape.with(place % data.shape.length, Math.min(5, Math.abs(number)));
  return { shape, element: data.element, data: allocateElements(data.element, elementCount(shape)) };
}

/** The case's model and inputs after the changes; declared shapes go, so that changed inputs get past the first check. */
function damage({ model, dataSets }: OnnxCase, changes: readonly Change[]) {
  const inputs = new Map((dataSets[0]?.inputs ?? []).map(({ name, data }) => [name, data]));
  let { opsets } = model;
  let { nodes } = model.graph;
  for (const step of changes) {
    const name = at([...inputs.keys()], step.place);
    const data = name === undefined ? undefined : inputs.get(name);
    if (step.kind === "version")
      opsets = new Map([["", [1, 6, 7, 9, 10, 11, 12, 13, 17, 18, 21, 25][step.place % 12]!]]);
    else if (step.kind === "value" && name !== undefined && data !== undefined)
      inputs.set(name, changedValue(data, step));
    else if (step.kind === "shape" && name !== undefined && data !== undefined)
      inputs.set(name, changedShape(data, step));
    else if (nodes.length > 0) nodes = nodes.with(step.node % nodes.length, changedNode(at(nodes, step.node)!, step));
  }
  const graphInputs = model.graph.inputs.map((value) =>
    value.type?.kind === "tensor" ? { ...value, type: { ...value.type, shape: undefined } } : value,
  );
  const damaged: OnnxModel = { ...model, opsets, graph: { ...model.graph, nodes, inputs: graphInputs } };
  return { damaged, inputs: Object.fromEntries(inputs) };
}

test.skipIf(names.length === 0)(
  "damaged models end in diagnostics (skipped where ../shared/data/onnx-node is absent)",
  () => {
    let imported = 0;
    let refused = 0;
    const property = fc.property(
      fc.constantFrom(...names),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (name, changes) => {
        const loaded = loadIfSupported(name);
        fc.pre(loaded !== undefined);
        const { damaged, inputs } = damage(loaded, changes);
        try {
          importFor(damaged, inputs, context);
          imported++;
        } catch (error) {
          if (!(error instanceof DiagnosticError)) throw error;
          refused++;
        }
      },
    );
    fc.assert(property, propertyParameters(1500));
    expect(Math.min(imported, refused), "both happen").toBeGreaterThan(100);
  },
);

function loadIfSupported(name: string): OnnxCase | undefined {
  const directory = join(root, name);
  if (unsupportedOperators(readOnnxModel(join(directory, "model.onnx"))).length > 0) return undefined;
  try {
    return loadCase(directory);
  } catch (error) {
    // Cases with values that are no tensors of ours.
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}
