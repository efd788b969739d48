/**
 * Imports an ONNX model as a module of the tensor dialect with one function `@main`. Shapes are static: open dimensions get
 * sizes first (input-shapes.ts), and whatever computes shapes is folded on the way (operators/tensor-builder.ts). Each
 * operator is a small function in `operators/`; model-local functions and branches of constant conditions are imported in
 * place. Operations carry the ONNX node's name as location (a binary file has no lines: the "line" is the node's
 * number in its graph), values the ONNX names as hints; inputs and outputs keep their exact names as attributes
 * `anemone.input` and `anemone.output` of the function.
 */
import { functionDefinition, moduleOperation, returnOperation } from "../../dialects/func/index.ts";
import { DictionaryAttribute, StringAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { isTriviallyDead } from "../../ir/effects.ts";
import { fileLocation, type Location, nameLocation } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { FunctionType } from "../../ir/types.ts";
import { verify } from "../../ir/verifier.ts";
import {
  dimensionsText,
  modelInterface,
  resolveInputShapes,
  type ShapeOptions,
  type StaticPort,
} from "./input-shapes.ts";
import {
  describeNode,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from "./model.ts";
import { operatorDomains, standardOperators } from "./operators/index.ts";
import {
  NodeImport,
  type NodeSurroundings,
  type Operator,
  type OperatorImport,
  type OperatorResults,
  type OperatorTable,
} from "./operators/node-import.ts";
import { type Tensor, TensorBuilder, tensorOf, tensorType } from "./operators/tensor-builder.ts";
import { sparseTensorDataOf, tensorDataOf } from "./tensor-values.ts";

export { modelInterface, type OnnxInterface, type OnnxPort } from "./input-shapes.ts";
export { UnknownContentsError } from "./operators/node-import.ts";

export interface ImportOptions extends ShapeOptions {
  /** Holds the dialects builtin, func, arith and tensor. */
  readonly context: Context;
  /** Inputs that get a fixed value: they are constants of the program instead of parameters. */
  readonly constants?: Readonly<Record<string, TensorData>> | undefined;
}

/**
 * Imports a model. Throws `DiagnosticError` for operators, types or attribute values that are not supported (all unknown
 * operators at once), for open dimensions, and for nodes that contradict themselves.
 */
export function importOnnx(model: OnnxModel, options: ImportOptions): Operation {
  return new ModelImporter(model, options).import();
}

/** A nest of names: a graph's own, then those of the graphs around it. */
class Scope {
  readonly #values = new Map<string, Tensor>();
  readonly #lazy: ((name: string) => Tensor | undefined) | undefined;
  readonly #parent: Scope | undefined;

  /** `lazy` makes the value of a name on first use (initializers). */
  constructor(parent?: Scope, lazy?: (name: string) => Tensor | undefined) {
    this.#parent = parent;
    this.#lazy = lazy;
  }

  get(name: string): Tensor | undefined {
    const known = this.#values.get(name) ?? this.#lazy?.(name);
    if (known === undefined) return this.#parent?.get(name);
    this.#values.set(name, known);
    return known;
  }

  set(name: string, value: Tensor): void {
    this.#values.set(name, value);
  }
}

/** What holds for the nodes of one graph or function body. */
interface Frame {
  readonly scope: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** In a function body: the attributes that the calling node gives. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute> | undefined;
  /** The functions being imported, outermost first. */
  readonly callers: readonly OnnxFunction[];
}

class ModelImporter {
  readonly #model: OnnxModel;
  readonly #options: ImportOptions;
  #builder: TensorBuilder | undefined;
  /** Nodes imported so far, those of unfolded functions and loops included. */
  #nodes = 0;
  /** Graph input names by their block arguments. */
  readonly #parameters = new Map<Value, string>();

  constructor(model: OnnxModel, options: ImportOptions) {
    this.#model = model;
    this.#options = options;
  }

  import(): Operation {
    const { context } = this.#options;
    const { graph, opsets } = this.#model;
    this.#noteNewOpsets();
    this.#checkOperators(graph.nodes, opsets);
    const ports = this.#ports();
    const location = nameLocation(graph.name || "main", fileLocation(this.#model.file, 0, 0));
    const body = new Block();
    for (const { name, shape, element } of ports) {
      const parameter = body.addArgument(tensorType(shape, element), location);
      parameter.nameHint = hintOf(name);
      this.#parameters.set(parameter, name);
    }
    const builder = new Builder(at.endOf(body), location);
    this.#builder = new TensorBuilder(context, builder);
    const outputs = this.#importMain();
    builder.build(returnOperation, { inputs: outputs });
    eraseUnused(body, context);
    const types = {
      inputs: body.arguments.map(({ type }) => type),
      results: outputs.map(({ type }) => type),
    };
    const main = functionDefinition.build(
      {
        sym_name: "main",
        function_type: FunctionType.get(types.inputs, types.results),
        arg_attrs: ports.map(({ name }) => nameAttribute("anemone.input", name)),
        res_attrs: graph.outputs.map(({ name }) => nameAttribute("anemone.output", name)),
        body: new Region([body]),
      },
      location,
    );
    const module = moduleOperation([main], location);
    verify(module, context);
    return module;
  }

  get #tensors(): TensorBuilder {
    if (this.#builder === undefined) throw new Error("the import has not started");
    return this.#builder;
  }

  #error(message: string, ...notes: readonly string[]): DiagnosticError {
    return new DiagnosticError(message, { file: this.#model.file, notes: notes.map((note) => ({ message: note })) });
  }

  #noteNewOpsets(): void {
    const version = this.#model.opsets.get("");
    if (version === undefined || version <= newestOpset) return;
    this.#options.note?.(
      `the model uses operator set ${version}; up to ${newestOpset} are known, newer operators may differ`,
    );
  }

  /** The parameters of the program: inputs that are neither fixed nor have a default value. */
  #ports(): readonly StaticPort[] {
    const { constants = {} } = this.#options;
    const { inputs } = modelInterface(this.#model);
    for (const [name, { shape, element }] of Object.entries(constants)) {
      const port = inputs.find((each) => each.name === name);
      if (port === undefined) {
        throw this.#error(
          `there is no input "${name}" to fix`,
          `the inputs are: ${inputs.map((each) => each.name).join(", ")}`,
        );
      }
      const fits = (size: OnnxDimension, axis: number) => typeof size !== "number" || size === shape[axis];
      const sameRank = port.shape === undefined || port.shape.length === shape.length;
      if (sameRank && (port.shape ?? []).every(fits) && (port.element ?? element) === element) continue;
      throw this.#error(
        `the value of ${element} [${shape.join(", ")}] for input "${name}" does not fit the model's ` +
          `${port.element ?? "type"} ${dimensionsText(port.shape)}`,
      );
    }
    const open = inputs.filter(({ name }) => !Object.hasOwn(constants, name));
    return resolveInputShapes(this.#model, open, this.#options);
  }

  /** The values of the graph's outputs, usable at the end of the block. */
  #importMain(): readonly Tensor[] {
    const { graph, opsets } = this.#model;
    const fixed = new Scope();
    for (const [name, data] of Object.entries(this.#options.constants ?? {})) {
      fixed.set(name, this.#tensors.constant(data, hintOf(name)));
    }
    for (const [parameter, name] of this.#parameters) fixed.set(name, tensorOf(parameter));
    const frame: Frame = { scope: this.#graphScope(graph, fixed), opsets, attributes: undefined, callers: [] };
    this.#importNodes(graph.nodes, frame);
    return graph.outputs.map(({ name }) => this.#tensors.use(this.#lookUp(name, frame)));
  }

  #graphScope(graph: OnnxGraph, parent: Scope): Scope {
    const place = { file: this.#model.file };
    return new Scope(parent, (name) => {
      const dense = graph.initializers.get(name);
      const sparse = graph.sparseInitializers.get(name);
      if (dense === undefined && sparse === undefined) return undefined;
      // Before the data are read, so that a weight of an unsupported type is an error only where it is used.
      const data = dense !== undefined ? tensorDataOf(dense, place) : sparseTensorDataOf(sparse!, place);
      return this.#tensors.at(nameLocation(name, fileLocation(this.#model.file, 0, 0)), () =>
        this.#tensors.constant(data, hintOf(name)),
      );
    });
  }

  #lookUp(name: string, frame: Frame): Tensor {
    const value = frame.scope.get(name);
    if (value === undefined) throw this.#error(`the value "${name}" is used, but not defined`);
    return value;
  }

  // -------------------------------------------------------------------------------------------------------- nodes

  /** Throws one error for all nodes whose operators nobody can import. */
  #checkOperators(nodes: readonly OnnxNode[], opsets: ReadonlyMap<string, number>): void {
    this.#checkOpset(nodes, opsets.get("") ?? newestOpset);
    const unknown = nodes
      .filter((node) => !isSupported(this.#model, node, opsets))
      .map((node) => operatorText(node, opsets));
    if (unknown.length === 0) return;
    const [first] = unknown;
    throw this.#error(
      unknown.length === 1
        ? `operator not supported: ${first}`
        : `${unknown.length} nodes have operators that are not supported`,
      ...(unknown.length === 1 ? [] : unknown.slice(0, 20)),
      ...(unknown.length > 20 ? [`and ${unknown.length - 20} more`] : []),
      `supported operators: ${Object.keys(standardOperators).sort().join(", ")}`,
    );
  }

  #checkOpset(nodes: readonly OnnxNode[], version: number): void {
    if (version >= oldestOpset) return;
    const changed = nodes.find(({ domain, opType }) => domain === "" && !unchangedOperators.has(opType));
    if (changed === undefined) return;
    throw this.#error(
      `operator set ${version} is not supported: ${oldestOpset} to ${newestOpset} are`,
      `${describeNode(changed)} may mean something else in an older one; onnx.version_converter of the Python package onnx converts models`,
    );
  }

  #importNodes(nodes: readonly OnnxNode[], frame: Frame): void {
    for (const [index, node] of nodes.entries()) {
      const label = node.name || node.outputs.find((name) => name !== "") || node.opType;
      const own = nameLocation(label, fileLocation(this.#model.file, index + 1, 1));
      const outer = this.#tensors.location;
      // Inside a function or branch both places matter: the node, and the node that brought it in.
      const location: Location = frame.callers.length === 0 ? own : { kind: "callsite", callee: own, caller: outer };
      this.#tensors.at(location, () => this.#importNode(node, frame));
    }
  }

  #importNode(node: OnnxNode, frame: Frame): void {
    if (++this.#nodes > mostNodes) {
      throw this.#error(
        `functions and loops unfold to more than ${mostNodes} nodes`,
        `reached at ${describeNode(node)}`,
      );
    }
    const inputs = node.inputs.map((name) => (name === "" ? undefined : this.#lookUp(name, frame)));
    const resolved = frame.attributes === undefined ? node : withAttributes(node, frame.attributes);
    const body = functionOf(this.#model, node);
    const results =
      body === undefined
        ? this.#runOperator(resolved, inputs, frame)
        : this.#inlineFunction(body, resolved, inputs, frame);
    const list: readonly (Tensor | undefined)[] = Array.isArray(results) ? results : [results];
    for (const [position, name] of node.outputs.entries()) {
      if (name === "") continue;
      const value = list[position];
      if (value === undefined)
        throw this.#error(`${describeNode(node)}: output ${position}, "${name}", is not supported`);
      value.nameHint ??= hintOf(name);
      frame.scope.set(name, value);
    }
  }

  #runOperator(node: OnnxNode, inputs: readonly (Tensor | undefined)[], frame: Frame): OperatorResults {
    const importer = importerOf(node, frame.opsets);
    if (importer === undefined) throw this.#error(`operator not supported: ${describeNode(node)}`);
    const surroundings: NodeSurroundings = {
      file: this.#model.file,
      builder: this.#tensors,
      inputsBehind: (value) => this.#inputsBehind(value),
      importSubgraph: (graph, values) => this.#importSubgraph(graph, values, frame),
    };
    const view = new NodeImport(node, frame.opsets.get(node.domain) ?? 1, inputs, surroundings);
    try {
      return importer(view);
    } catch (error) {
      throw describedError(error, view);
    }
  }

  #importSubgraph(graph: OnnxGraph, inputs: readonly Tensor[], outer: Frame): readonly Tensor[] {
    this.#checkOperators(graph.nodes, outer.opsets);
    const frame: Frame = { ...outer, scope: this.#graphScope(graph, outer.scope) };
    for (const [position, { name }] of graph.inputs.entries()) {
      const value = inputs[position];
      if (value !== undefined) frame.scope.set(name, value);
    }
    this.#importNodes(graph.nodes, frame);
    return graph.outputs.map(({ name }) => this.#lookUp(name, frame));
  }

  #inlineFunction(
    body: OnnxFunction,
    node: OnnxNode,
    inputs: readonly (Tensor | undefined)[],
    outer: Frame,
  ): OperatorResults {
    if (outer.callers.includes(body))
      throw this.#error(`${describeNode(node)}: the function "${body.name}" calls itself`);
    const opsets = new Map([...this.#model.opsets, ...body.opsets]);
    this.#checkOperators(body.nodes, opsets);
    const scope = new Scope();
    for (const [position, name] of body.inputs.entries()) {
      const value = inputs[position];
      if (value !== undefined) scope.set(name, value);
    }
    const attributes = new Map([...body.attributeDefaults, ...node.attributes]);
    const frame: Frame = { scope, opsets, attributes, callers: [...outer.callers, body] };
    this.#importNodes(
      body.nodes.map((each) => withoutMissingInputs(each, body, scope)),
      frame,
    );
    return body.outputs.map((name) => scope.get(name));
  }

  #inputsBehind(value: Tensor): readonly string[] {
    const names = new Set<string>();
    const seen = new Set<Value>([value]);
    for (const each of seen) {
      const name = this.#parameters.get(each);
      if (name !== undefined) names.add(name);
      for (const operand of each.definer?.operands ?? []) seen.add(operand);
    }
    return [...names];
  }
}

/** Functions that call functions, and loops in loops, can unfold to more than any machine holds. */
const mostNodes = 1_000_000;

/** Below it, shapes and axes stood in attributes, and broadcasting had to be asked for. */
const oldestOpset = 7;
/** Operators that are in models of older operator sets what they are today. */
const unchangedOperators: ReadonlySet<string> = new Set(
  "Abs Ceil Exp Flatten Floor Identity Log Neg Not Reciprocal Relu Shape Sigmoid Size Sqrt Tanh Transpose".split(" "),
);

/** Up to which version of the standard operators the importers were written and tested. */
const newestOpset = 28;

/** The nodes of a model, outside branches and functions, whose operators cannot be imported, for people. */
export function unsupportedOperators(model: OnnxModel): readonly string[] {
  const { graph, opsets } = model;
  return graph.nodes.filter((node) => !isSupported(model, node, opsets)).map((node) => operatorText(node, opsets));
}

function isSupported(model: OnnxModel, node: OnnxNode, opsets: ReadonlyMap<string, number>): boolean {
  return functionOf(model, node) !== undefined || importerOf(node, opsets) !== undefined;
}

function operatorText(node: OnnxNode, opsets: ReadonlyMap<string, number>): string {
  const [first] = Object.keys(tableOf(node)?.[node.opType] ?? {});
  const since = first === undefined ? "" : `, which is known from version ${first}`;
  return `${describeNode(node)} (operator set ${node.domain || "ai.onnx"} ${opsets.get(node.domain) ?? "unknown"}${since})`;
}

function functionOf(model: OnnxModel, node: OnnxNode): OnnxFunction | undefined {
  return model.functions.find(
    ({ name, domain, overload }) => name === node.opType && domain === node.domain && overload === node.overload,
  );
}

/** The table that holds the node's operator, if one does. */
function tableOf(node: OnnxNode): OperatorTable | undefined {
  const table = Object.hasOwn(operatorDomains, node.domain) ? operatorDomains[node.domain] : undefined;
  return table !== undefined && Object.hasOwn(table, node.opType) ? table : undefined;
}

function importerOf(node: OnnxNode, opsets: ReadonlyMap<string, number>): OperatorImport | undefined {
  const operator = tableOf(node)?.[node.opType];
  return operator === undefined ? undefined : versionOf(operator, opsets.get(node.domain) ?? 1);
}

/** The importer that holds for `version`: that of the greatest version up to it. */
function versionOf(operator: Operator, version: number): OperatorImport | undefined {
  const since = Object.keys(operator)
    .map(Number)
    .filter((each) => each <= version);
  return since.length === 0 ? undefined : operator[Math.max(...since)];
}

/** A node of a function's body with the attributes that it takes from the calling node; those not given are left out. */
function withAttributes(node: OnnxNode, given: ReadonlyMap<string, OnnxAttribute>): OnnxNode {
  const attributes = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of node.attributes) {
    const value = attribute.kind === "reference" ? given.get(attribute.value) : attribute;
    if (value !== undefined) attributes.set(name, value);
  }
  return { ...node, attributes };
}

/** A node of a function's body where optional inputs that the caller left out are left out too. */
function withoutMissingInputs(node: OnnxNode, body: OnnxFunction, scope: Scope): OnnxNode {
  const isMissing = (name: string) => body.inputs.includes(name) && scope.get(name) === undefined;
  return { ...node, inputs: node.inputs.map((name) => (isMissing(name) ? "" : name)) };
}

/** What shape inference and folding throw, with the node's name; defects of ours stay as they are. */
function describedError(error: unknown, node: NodeImport): unknown {
  if (!(error instanceof Error) || error instanceof DiagnosticError) return error;
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return error;
  return node.error(error.message);
}

function nameAttribute(key: string, name: string): DictionaryAttribute {
  return DictionaryAttribute.get([[key, StringAttribute.get(name)]]);
}

/** An ONNX name as an identifier for people: other characters become `_`. */
export function hintOf(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "");
  return /^[A-Za-z]/.test(plain) ? plain : `v${plain}`;
}

/** Erases operations without uses, users before what they use. */
function eraseUnused(block: Block, context: Context): void {
  for (const operation of block.operations.reverse()) if (isTriviallyDead(operation, context)) operation.erase();
}
