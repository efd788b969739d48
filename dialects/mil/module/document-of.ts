/**
 * A program of the mil dialect as a document, which text and protobuf are written from. Values get the names that they were read with,
 * or those of their ops; whatever is taken gets a number. Weights stay where they were read from, or are handed to `place`, which
 * writes a new file of them.
 */
import { ArrayAttribute, DenseResourceAttribute, ElementsAttribute, StringAttribute } from "../../../ir/attributes.ts";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { Block, Operation, Value } from "../../../ir/operation.ts";
import { type ConstantOperation, constant } from "../constant.ts";
import type {
  MilArgument,
  MilAttribute,
  MilBinding,
  MilBlock,
  MilContent,
  MilDocument,
  MilFunctionText,
  MilNamedType,
  MilNumbers,
  MilOperation,
  MilTensorType,
  MilType,
  MilValue,
} from "../document/document.ts";
import { signatureOf } from "../meaning.ts";
import { functionDefinition, type MilFunction, type ProgramOperation, returnOperation } from "../program.ts";
import { milTypeOf } from "../types.ts";
import { milAttributes, numbersOfElements, stringValue, valueOfAttribute } from "./values.ts";

/**
 * Puts weights into a file: says where, or undefined where they are to stand in the text. Elements below a byte are one per byte.
 */
export type BlobPlacer = (
  type: MilTensorType,
  numbers: MilNumbers,
) => { readonly path: string; readonly offset: number } | undefined;

export interface DocumentOptions {
  /** Without it, constants that were read from a weight file name that file, and all others stand in the text. */
  readonly place?: BlobPlacer;
}

/**
 * The document of a program.
 *
 * @throws DiagnosticError where a value has no form in MIL, or a result has no name of its own
 */
export function documentOf(program: ProgramOperation, options: DocumentOptions = {}): MilDocument {
  const functions: MilFunctionText[] = [];
  for (const each of program.body.entry?.operations ?? []) {
    if (!functionDefinition.matches(each)) throw each.error("is no function of a MIL program");
    functions.push(new FunctionWriter(each, options).function());
  }
  const stated = program.further_attributes;
  return {
    version: program.version,
    attributes: stated === undefined ? buildInfo(program) : checked(program, () => milAttributes(stated)),
    functions,
  };
}

/** Runs what throws plain errors; they become those of the operation. */
function checked<T>(operation: Operation, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof DiagnosticError || !(error instanceof Error) || error.constructor !== Error) throw error;
    throw operation.error(error.message);
  }
}

const stringType: MilType = { kind: "tensor", element: "string", shape: [] };

function buildInfo(program: ProgramOperation): MilAttribute[] {
  const { entries } = program.build_info;
  if (entries.size === 0) return [];
  const pairs = [...entries].map(([key, value]): [MilValue, MilValue] => [
    stringValue(key),
    stringValue(value instanceof StringAttribute ? value.value : value.text),
  ]);
  const type: MilType = { kind: "dict", key: stringType, value: stringType };
  return [{ name: "buildInfo", value: { type, content: { kind: "entries", entries: pairs } } }];
}

/** Names that a block gives; those of the blocks around it are taken too. */
class Names {
  readonly #taken = new Map<string, Value | undefined>();
  readonly #outer: Names | undefined;

  constructor(outer?: Names) {
    this.#outer = outer;
  }

  holder(name: string): { readonly value: Value | undefined } | undefined {
    if (this.#taken.has(name)) return { value: this.#taken.get(name) };
    return this.#outer?.holder(name);
  }

  /** Takes a name as it is, or with a number behind it where another value has it. */
  take(wanted: string, value: Value): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9_@]/g, "_").replace(/^(?=\d|@|$)/, "_");
    let name = base;
    for (let counter = 1; this.holder(name) !== undefined && !isSame(this.holder(name)?.value, value); counter++)
      name = `${base}_${counter}`;
    this.#taken.set(name, value);
    return name;
  }
}

/** Whether two values are the same constant, which a program may state again under one name. */
function isSame(known: Value | undefined, value: Value): boolean {
  const [first, second] = [known?.definer, value.definer];
  if (!constant.matches(first) || !constant.matches(second)) return false;
  const sameValue = first.val === second.val && known?.type === value.type;
  return sameValue && first.attribute("name") === second.attribute("name");
}

const byName = ({ name: a }: { readonly name: string }, { name: b }: { readonly name: string }) =>
  a < b ? -1 : a > b ? 1 : 0;

function statedStrings(operation: Operation, attribute: string): readonly string[] | undefined {
  const stated = operation.attribute(attribute);
  if (!(stated instanceof ArrayAttribute)) return undefined;
  return stated.elements.flatMap((each) => (each instanceof StringAttribute ? [each.value] : []));
}

/** In the order that was written, else by name. */
function ordered<T extends { readonly name: string }>(
  items: readonly T[],
  written: readonly string[] | undefined,
): T[] {
  const sorted = items.toSorted(byName);
  if (written === undefined) return sorted;
  const rank = (name: string) => (written.includes(name) ? written.indexOf(name) : written.length);
  return sorted.sort((a, b) => rank(a.name) - rank(b.name));
}

class FunctionWriter {
  readonly #function: MilFunction;
  readonly #place: BlobPlacer | undefined;
  readonly #names = new Map<Value, string>();

  constructor(operation: MilFunction, { place }: DocumentOptions) {
    this.#function = operation;
    this.#place = place;
  }

  function(): MilFunctionText {
    const main = this.#function;
    const entry = main.body.onlyBlock;
    const scope = new Names();
    const parameters = entry.arguments.map((argument, position) =>
      this.#parameter(argument, main.input_names[position] ?? "x", scope, main),
    );
    this.#nameResults(entry, scope);
    return {
      name: main.sym_name,
      opset: main.opset,
      parameters,
      attributes: checked(main, () => milAttributes(main.further_attributes)),
      block: this.#block(
        entry,
        [],
        scope,
        checked(main, () => milAttributes(main.block_attributes)),
      ),
    };
  }

  /** What the function returns is called what its ports are called. */
  #nameResults(entry: Block, scope: Names): void {
    const main = this.#function;
    for (const [position, value] of (entry.last?.operands ?? []).entries()) {
      const port = main.output_names[position] ?? `y_${position}`;
      if (this.#names.get(value) === port) continue;
      const isInline = constant.matches(value.definer) && this.#ownName(value.definer) !== port;
      if (value.definer === undefined || this.#names.has(value) || isInline) {
        throw main.error(
          `returns as ${port} what is an input, a constant or returned already: put an op between, such as mil.mul by 1`,
        );
      }
      this.#names.set(value, scope.take(port, value));
    }
  }

  /** The name that a constant has by itself. */
  #ownName(operation: ConstantOperation): string | undefined {
    if (operation.inline === true) return undefined;
    return statedStrings(operation, "result_names")?.[0] ?? statedName(operation);
  }

  #parameter(value: Value, wanted: string, scope: Names, owner: Operation): MilNamedType {
    const name = scope.take(wanted, value);
    this.#names.set(value, name);
    return { name, type: typeOf(value, owner) };
  }

  #block(
    block: Block,
    parameters: readonly MilNamedType[],
    scope: Names,
    attributes: readonly MilAttribute[],
  ): MilBlock {
    const operations: MilOperation[] = [];
    let results: readonly string[] = [];
    for (const operation of block.operations) {
      if (returnOperation.matches(operation))
        results = operation.operands.map((value) => this.#nameOf(value, operation));
      else if (!(constant.matches(operation) && operation.inline === true))
        operations.push(this.#operation(operation, scope));
    }
    return { parameters, operations, results, attributes };
  }

  #nameOf(value: Value, user: Operation): string {
    const name = this.#names.get(value);
    if (name === undefined) throw user.error("uses a value that stands nowhere before it in the text");
    return name;
  }

  #operation(operation: Operation, scope: Names): MilOperation {
    const further = checked(operation, () => milAttributes(operation.attribute("further_attributes")));
    const written = statedStrings(operation, "written_order");
    // Arguments and blocks cannot name the results.
    const isConstant = constant.matches(operation);
    const args = isConstant ? { inputs: [], bracket: [] } : this.#inputs(operation);
    const blocks = isConstant ? [] : this.#blocks(operation, scope);
    const { results, label } = this.#results(operation, scope);
    const attributes: MilAttribute[] = [...further, ...args.bracket];
    if (label !== undefined) attributes.push({ name: "name", value: stringValue(label) });
    if (isConstant) attributes.push({ name: "val", value: this.#value(operation) });
    return {
      mnemonic: operation.name.slice("mil.".length),
      results,
      arguments: ordered(args.inputs, written),
      attributes: ordered(attributes, written?.slice(args.inputs.length)),
      blocks,
    };
  }

  /** Names of results: those of ports, those that were read, or the op's own. */
  #results(operation: Operation, scope: Names): { results: MilNamedType[]; label: string | undefined } {
    const named = statedName(operation);
    const read = statedStrings(operation, "result_names");
    const wanted = named ?? operation.results[0]?.nameHint ?? "v";
    const isSingle = operation.results.length === 1;
    const results = operation.results.map((result, position): MilNamedType => {
      let name = this.#names.get(result);
      if (name === undefined) {
        name = scope.take(read?.[position] ?? (isSingle ? wanted : `${wanted}_${position}`), result);
        this.#names.set(result, name);
      }
      return { name, type: typeOf(result, operation) };
    });
    if (read !== undefined) return { results, label: named };
    return { results, label: isSingle ? results[0]?.name : wanted };
  }

  #blocks(operation: Operation, scope: Names): MilBlock[] {
    const lists = operation.attribute("block_attributes");
    return operation.regions.map((region, position) => {
      const inner = new Names(scope);
      const block = region.onlyBlock;
      const parameters = block.arguments.map((argument) =>
        this.#parameter(argument, argument.nameHint ?? "x", inner, operation),
      );
      const list = lists instanceof ArrayAttribute ? lists.elements[position] : undefined;
      return this.#block(
        block,
        parameters,
        inner,
        checked(operation, () => milAttributes(list)),
      );
    });
  }

  #inputs(operation: Operation): { readonly inputs: MilArgument[]; readonly bracket: MilAttribute[] } {
    const { definition } = operation;
    if (signatureOf(definition) === undefined || definition === undefined)
      throw operation.error("is no op that MIL has");
    const inBrackets = operation.attribute("in_brackets") !== undefined;
    const inputs: MilArgument[] = [];
    const bracket: MilAttribute[] = [];
    for (const [position, { name, field }] of definition.operandFields.entries()) {
      const { start, count } = definition.operandGroup(operation, position);
      const isTuple = field.arity === "variadic";
      if (count === 0 && !isTuple) continue;
      const bindings = operation.operands.slice(start, start + count).map((value) => this.#binding(value, operation));
      const [only] = bindings;
      if (inBrackets && only?.kind === "value" && !isTuple) bracket.push({ name, value: only.value });
      else inputs.push({ name, bindings, isTuple });
    }
    return { inputs, bracket };
  }

  #binding(value: Value, user: Operation): MilBinding {
    const { definer } = value;
    if (constant.matches(definer) && definer.inline === true) return { kind: "value", value: this.#value(definer) };
    return { kind: "name", name: this.#nameOf(value, user) };
  }

  #value(operation: ConstantOperation): MilValue {
    const { val, result, path, offset } = operation;
    const type = typeOf(result, operation);
    if (val instanceof ElementsAttribute && type.kind === "tensor") {
      const content = this.#weights(operation, val, type);
      if (content !== undefined) return { type, content };
      if (path !== undefined && offset !== undefined && this.#place === undefined)
        return { type, content: { kind: "blob", path, offset } };
      if (val instanceof DenseResourceAttribute && val.blob === undefined)
        throw operation.error(`names the weights ${val.key}, which are not at hand`);
    }
    return checked(operation, () => valueOfAttribute(val, result.type));
  }

  /** Numbers with dimensions lie in the weight file; scalars, positions and parameters stand in the text. */
  #weights(operation: ConstantOperation, val: ElementsAttribute, type: MilTensorType): MilContent | undefined {
    const isInText = type.shape.length === 0 || inText.has(type.element) || isParameter(operation.result);
    if (this.#place === undefined || isInText) return undefined;
    if (val instanceof DenseResourceAttribute && val.blob === undefined)
      throw operation.error(`names the weights ${val.key}, which are not at hand`);
    const placed = this.#place(
      type,
      checked(operation, () => numbersOfElements(val, type)),
    );
    return placed === undefined ? undefined : { kind: "blob", ...placed };
  }
}

const inText: ReadonlySet<string> = new Set(["int32", "uint32", "int64", "bool", "string"]);

/** Whether a value is only used as a parameter of ops. */
function isParameter(value: Value): boolean {
  const { users } = value;
  return users.length > 0 && users.every((user) => isParameterOf(user, value));
}

function isParameterOf(user: Operation, value: Value): boolean {
  const { definition } = user;
  const inputs = signatureOf(definition)?.inputs;
  if (definition === undefined || inputs === undefined) return false;
  return definition.operandFields.every(({ name }, position) => {
    if (inputs.get(name)?.kind === "attribute") return true;
    const { start, count } = definition.operandGroup(user, position);
    return !user.operands.slice(start, start + count).includes(value);
  });
}

function statedName(operation: Operation): string | undefined {
  const stated = operation.attribute("name");
  return stated instanceof StringAttribute ? stated.value : undefined;
}

function typeOf(value: Value, operation: Operation): MilType {
  const type = milTypeOf(value.type);
  if (type === undefined) throw operation.error(`has a value of type ${value.type}, which MIL has not`);
  return type;
}
