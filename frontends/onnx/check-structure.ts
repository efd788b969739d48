/**
 * What must hold for a decoded model to be a whole one: names resolve, every value has one definition before its uses,
 * every output is produced, every operator's domain has a version. A file that lost a part on its way, but still decodes
 * as protobuf, is caught here.
 */
import { malformed } from "./decode-tensor.ts";
import {
  describeNode,
  type OnnxAttribute,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from "./model.ts";

/** Throws `DiagnosticError` for the first rule that the model breaks. */
export function checkStructure(model: OnnxModel): void {
  const { graph } = model;
  if (graph.outputs.length === 0)
    throw malformed(model, `graph "${graph.name}" has no outputs`, "the file may be cut short");
  checkGraph({ model, opsets: model.opsets, attributes: undefined }, graph, undefined);
  for (const item of model.functions) checkFunction(model, item);
}

interface Surroundings {
  readonly model: OnnxModel;
  readonly opsets: ReadonlyMap<string, number>;
  /** Attribute names that references may use: those of the function; undefined outside functions. */
  readonly attributes: ReadonlySet<string> | undefined;
}

/** Names that are defined so far; a subgraph sees those of the graphs around it. */
class Scope {
  private readonly names = new Set<string>();

  constructor(private readonly parent: Scope | undefined) {}

  has(name: string): boolean {
    return this.names.has(name) || (this.parent?.has(name) ?? false);
  }

  hasOwn(name: string): boolean {
    return this.names.has(name);
  }

  add(name: string): void {
    this.names.add(name);
  }
}

function checkGraph(surroundings: Surroundings, graph: OnnxGraph, parent: Scope | undefined): void {
  const { model } = surroundings;
  const scope = new Scope(parent);
  for (const { name } of graph.inputs) {
    if (scope.hasOwn(name)) throw malformed(model, `graph "${graph.name}" has the input "${name}" twice`);
    scope.add(name);
  }
  for (const name of graph.initializers.keys()) scope.add(name);
  for (const name of graph.sparseInitializers.keys()) scope.add(name);
  checkNodes(surroundings, graph.nodes, scope);
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (!scope.has(name)) throw malformed(model, `output "${name}" of graph "${graph.name}" is produced by no node`);
    if (outputs.has(name) && parent === undefined) {
      throw malformed(model, `graph "${graph.name}" has the output "${name}" twice`);
    }
    outputs.add(name);
  }
}

function checkFunction(model: OnnxModel, item: OnnxFunction): void {
  const scope = new Scope(undefined);
  for (const name of item.inputs) scope.add(name);
  const attributes = new Set([...item.attributes, ...item.attributeDefaults.keys()]);
  // The specification demands a function's own imports; where they are missing the model's hold.
  const opsets = new Map([...model.opsets, ...item.opsets]);
  checkNodes({ model, opsets, attributes }, item.nodes, scope);
  for (const name of item.outputs) {
    if (!scope.has(name)) throw malformed(model, `output "${name}" of function "${item.name}" is produced by no node`);
  }
}

function checkNodes(surroundings: Surroundings, nodes: readonly OnnxNode[], scope: Scope): void {
  const { model, opsets } = surroundings;
  for (const [index, node] of nodes.entries()) {
    const what = describeNode(node, index);
    if (!opsets.has(node.domain)) {
      throw malformed(
        model,
        `${what} is of the domain "${node.domain || "ai.onnx"}", of which the model imports no operator set`,
        `imported: ${[...opsets].map(([domain, version]) => `${domain || "ai.onnx"} ${version}`).join(", ")}`,
      );
    }
    for (const name of node.inputs) {
      if (name === "" || scope.has(name)) continue;
      throw malformed(model, `${what} uses "${name}", which ${undefinedReason(nodes, name)}`);
    }
    for (const attribute of node.attributes.values()) checkAttribute(surroundings, attribute, what, scope);
    for (const name of node.outputs) {
      if (name === "") continue;
      if (scope.hasOwn(name)) throw malformed(model, `${what} defines "${name}", which is already defined`);
      scope.add(name);
    }
  }
}

function undefinedReason(nodes: readonly OnnxNode[], name: string): string {
  const later = nodes.find(({ outputs }) => outputs.includes(name));
  return later === undefined
    ? "no node, input or initializer defines"
    : `${describeNode(later)} defines only later: nodes must be in topological order`;
}

function checkAttribute(surroundings: Surroundings, attribute: OnnxAttribute, what: string, scope: Scope): void {
  if (attribute.kind === "graph") checkGraph(surroundings, attribute.value, scope);
  if (attribute.kind === "graphs") for (const graph of attribute.value) checkGraph(surroundings, graph, scope);
  if (attribute.kind !== "reference") return;
  const { model, attributes } = surroundings;
  if (attributes === undefined) {
    throw malformed(model, `${what} refers to a function's attribute "${attribute.value}", but is in no function`);
  }
  if (!attributes.has(attribute.value)) {
    throw malformed(model, `${what} refers to "${attribute.value}", which the function does not declare`);
  }
}
