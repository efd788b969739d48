/**
 * A MIL program that was read, from text or protobuf, as a module of the mil dialect. Every statement becomes one op at the
 * statement's place; names, the order of inputs and what stands in brackets are kept, so that the program can be written again as it
 * was. Whatever the dialect does not know ends in an error at the statement.
 */

import { operandSegments } from "../../../ir/assembly/definition-info.ts";
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DenseResourceAttribute,
  DictionaryAttribute,
  IntegerAttribute,
  StringAttribute,
  UnitAttribute,
} from "../../../ir/attributes.ts";
import { didYouMean } from "../../../ir/close-names.ts";
import { type AnyDefinition, Context } from "../../../ir/context.ts";
import { DiagnosticError, type SourcePlace } from "../../../ir/diagnostic-error.ts";
import { fileLocation, type Location, nameLocation, SourceText, unknownLocation } from "../../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../../ir/operation.ts";
import { FunctionType, i32, TensorType, type Type } from "../../../ir/types.ts";
import { verify } from "../../../ir/verifier.ts";
import { builtin, module } from "../../builtin/index.ts";
import { constant } from "../constant.ts";
import type {
  MilArgument,
  MilAttribute,
  MilBlock,
  MilDocument,
  MilFunctionText,
  MilNamedType,
  MilNumbers,
  MilOperation,
  MilPosition,
  MilTensorType,
  MilValue,
} from "../document/document.ts";
import { mil, milComputeOps } from "../index.ts";
import { type MilSignature, signatureOf } from "../meaning.ts";
import { hasSince, isOpset, opsets, programVersions } from "../opsets.ts";
import { functionDefinition, program, returnOperation } from "../program.ts";
import { StringType, typeOfMil } from "../types.ts";
import { attributeList, attributeOfValue, elementsOfNumbers, stringIn } from "./values.ts";

/**
 * Gives the elements of a blob that a program names, sub-byte ones one per byte: a view of the file where it can be one. Throws a
 * DiagnosticError at `place` where there is no such blob.
 */
export type BlobReader = (
  blob: { readonly path: string; readonly offset: number },
  type: MilTensorType,
  place: SourcePlace,
) => MilNumbers;

export interface ModuleOptions {
  /** The file, for locations and messages. */
  readonly file?: string;
  /** Its text, for messages. */
  readonly source?: string;
  /** Where weights are found; without it they stay unresolved: the program can be looked at and written, but not run. */
  readonly weights?: BlobReader;
  /** The symbol of the program. */
  readonly name?: string;
}

/**
 * The module of a program, verified.
 *
 * @throws DiagnosticError at the first statement that the dialect does not know, or finds wrong
 */
export function moduleOf(document: MilDocument, options: ModuleOptions = {}): Operation {
  const read = new ProgramReader(document, options).program();
  const body = new Block();
  body.append(read);
  const made = module.build({ body: new Region([body]) }, read.location);
  verify(made, verifying);
  return made;
}

const verifying = new Context([builtin, mil]);

const definitions: ReadonlyMap<string, AnyDefinition> = new Map(
  milComputeOps.map((definition) => [definition.name.slice("mil.".length), definition]),
);

/** Values by name; a block sees those of the blocks around it. */
class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name);
  }

  names(): string[] {
    return [...this.#values.keys(), ...(this.#outer?.names() ?? [])];
  }
}

/** What results are called where nothing else is said. */
function isDefaultNames(names: readonly string[], name: string | undefined): boolean {
  if (name === undefined) return false;
  return names.length === 1 ? names[0] === name : names.every((each, index) => each === `${name}_${index}`);
}

const isSorted = (names: readonly string[]) => names.every((name, index) => index === 0 || names[index - 1]! < name);
const strings = (values: readonly string[]) => ArrayAttribute.get(values.map((value) => StringAttribute.get(value)));

class ProgramReader {
  readonly #document: MilDocument;
  readonly #options: ModuleOptions;
  readonly #text: SourceText | undefined;

  constructor(document: MilDocument, options: ModuleOptions) {
    const { file, source } = options;
    this.#document = document;
    this.#options = options;
    this.#text = file === undefined || source === undefined ? undefined : new SourceText(file, source);
  }

  program(): Operation {
    const { version, attributes, functions } = this.#document;
    const known = programVersions.find((each) => each === version);
    if (known === undefined)
      throw this.#error(undefined, `the program is of version ${version}: ${programVersions.join(" and ")} are known`);
    const body = new Block();
    for (const each of functions) body.append(this.#function(each));
    const info = buildInfoOf(attributes);
    return program.build(
      {
        sym_name: this.#options.name ?? "program",
        version: known,
        build_info: info ?? DictionaryAttribute.get([]),
        further_attributes: info === undefined && attributes.length > 0 ? this.#list(undefined, attributes) : undefined,
        body: new Region([body]),
      },
      this.#location({ line: 1, column: 1 }),
    );
  }

  #function({ name, opset, parameters, attributes, block, position }: MilFunctionText): Operation {
    if (!isOpset(opset)) {
      throw this.#error(position, `'${name}' is of the opset ${opset}: known are ${opsets.join(", ")}`);
    }
    const scope = new Scope();
    const body = new Block();
    this.#parameters(body, parameters, scope, position);
    const reader = new BlockReader(this.#shared(opset), body, scope);
    reader.operations(block);
    const results = reader.results(block, position);
    const location = this.#location(position);
    body.append(returnOperation.build({ inputs: results }, location));
    return functionDefinition.build(
      {
        sym_name: name,
        function_type: FunctionType.get(
          body.arguments.map(({ type }) => type),
          results.map(({ type }) => type),
        ),
        opset,
        input_names: parameters.map((parameter) => parameter.name),
        output_names: block.results,
        further_attributes: attributes.length > 0 ? this.#list(position, attributes) : undefined,
        block_attributes: block.attributes.length > 0 ? this.#list(position, block.attributes) : undefined,
        body: new Region([body]),
      },
      location,
    );
  }

  #shared(opset: (typeof opsets)[number]): Shared {
    return {
      opset,
      weights: this.#options.weights,
      location: (position) => this.#location(position),
      place: (position) => this.#place(position),
      error: (position, message) => this.#error(position, message),
      list: (position, attributes) => this.#list(position, attributes),
      parameters: (block, parameters, scope, position) => this.#parameters(block, parameters, scope, position),
    };
  }

  #parameters(
    block: Block,
    parameters: readonly MilNamedType[],
    scope: Scope,
    position: MilPosition | undefined,
  ): void {
    for (const { name, type } of parameters) {
      const argument = block.addArgument(typeOfMil(type), this.#location(position));
      argument.nameHint = name;
      scope.set(name, argument);
    }
  }

  #list(position: MilPosition | undefined, attributes: readonly MilAttribute[]): ArrayAttribute {
    try {
      return attributeList(attributes);
    } catch (error) {
      if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
      throw this.#error(position, `an attribute ${error.message}`);
    }
  }

  #location(position: MilPosition | undefined): Location {
    const { file } = this.#options;
    if (position === undefined || file === undefined) return unknownLocation;
    if (this.#text !== undefined) return this.#text.at(position.line, position.column);
    return fileLocation(file, position.line, position.column);
  }

  #place(position: MilPosition | undefined): SourcePlace {
    const { file } = this.#options;
    return { ...(file === undefined ? {} : { file }), ...position };
  }

  #error(position: MilPosition | undefined, message: string): DiagnosticError {
    const { source } = this.#options;
    return new DiagnosticError(message, { ...this.#place(position), ...(source === undefined ? {} : { source }) });
  }
}

/** The program's `buildInfo` where that is all it states, with its keys in order: the form that needs no list of attributes. */
function buildInfoOf(attributes: readonly MilAttribute[]): DictionaryAttribute | undefined {
  const [only] = attributes;
  if (only?.name !== "buildInfo" || attributes.length > 1) return undefined;
  const { type, content } = only.value;
  if (type.kind !== "dict" || content.kind !== "entries") return undefined;
  if (typeOfMil(type.key) !== StringType.instance || typeOfMil(type.value) !== StringType.instance) return undefined;
  const entries = content.entries.map(([key, value]) => [stringIn(key) ?? "", stringIn(value) ?? ""] as const);
  if (entries.length === 0 || !isSorted(entries.map(([key]) => key))) return undefined;
  return DictionaryAttribute.get(entries.map(([key, value]) => [key, StringAttribute.get(value)]));
}

/** What the readers of all blocks of a function share. */
interface Shared {
  readonly opset: (typeof opsets)[number];
  readonly weights: BlobReader | undefined;
  readonly location: (position: MilPosition | undefined) => Location;
  readonly place: (position: MilPosition | undefined) => SourcePlace;
  readonly error: (position: MilPosition | undefined, message: string) => DiagnosticError;
  readonly list: (position: MilPosition | undefined, attributes: readonly MilAttribute[]) => ArrayAttribute;
  readonly parameters: (
    block: Block,
    parameters: readonly MilNamedType[],
    scope: Scope,
    position: MilPosition | undefined,
  ) => void;
}

class BlockReader {
  readonly #shared: Shared;
  readonly #block: Block;
  readonly #scope: Scope;

  constructor(shared: Shared, block: Block, scope: Scope) {
    this.#shared = shared;
    this.#block = block;
    this.#scope = scope;
  }

  operations({ operations }: MilBlock): void {
    for (const each of operations) {
      const made = each.mnemonic === "const" ? this.#constant(each) : this.#operation(each);
      this.#block.append(made);
      for (const [position, { name }] of each.results.entries()) {
        const result = made.results[position]!;
        result.nameHint = name;
        this.#scope.set(name, result);
      }
    }
  }

  results({ results }: MilBlock, position: MilPosition | undefined): Value[] {
    return results.map((name) => this.#named(name, "the results", position));
  }

  #named(name: string, where: string, position: MilPosition | undefined): Value {
    const value = this.#scope.get(name);
    if (value !== undefined) return value;
    const close = didYouMean(name, this.#scope.names());
    throw this.#shared.error(position, `${where}: no value '${name}' is defined before${close}`);
  }

  /** The attributes that all statements have, made of those that stand in brackets. */
  #statement(
    { results, arguments: args, attributes, position }: MilOperation,
    further: readonly MilAttribute[],
  ): [string, Attribute][] {
    const properties: [string, Attribute][] = [];
    const named = attributes.find((each) => each.name === "name");
    const name = named === undefined ? undefined : stringIn(named.value);
    if (named !== undefined && name === undefined)
      throw this.#shared.error(position, "the name of an op must be a string");
    if (name !== undefined) properties.push(["name", StringAttribute.get(name)]);
    const names = results.map((each) => each.name);
    if (!isDefaultNames(names, name)) properties.push(["result_names", strings(names)]);
    const [inputs, bracket] = [args.map((each) => each.name), attributes.map((each) => each.name)];
    if (!isSorted(inputs) || !isSorted(bracket)) properties.push(["written_order", strings([...inputs, ...bracket])]);
    if (further.length > 0) properties.push(["further_attributes", this.#shared.list(position, further)]);
    return properties;
  }

  #constant(operation: MilOperation): Operation {
    const { arguments: args, attributes, results, position } = operation;
    const { error } = this.#shared;
    const [argument] = args;
    if (argument !== undefined) throw error(position, `const takes no arguments, found ${argument.name}`);
    const [result] = results;
    if (result === undefined || results.length > 1)
      throw error(position, `const has one result, found ${results.length}`);
    const val = attributes.find(({ name }) => name === "val");
    if (val === undefined) throw error(position, `the constant ${result.name} has no val`);
    const [declared, found] = [typeOfMil(result.type), typeOfMil(val.value.type)];
    if (declared !== found)
      throw error(position, `the constant ${result.name} is declared as ${declared}, but its value is of ${found}`);
    const further = attributes.filter(({ name }) => name !== "name" && name !== "val");
    return this.#value(val.value, result.name, position, this.#statement(operation, further));
  }

  /** A `mil.const`, not yet in the block. */
  #value(
    value: MilValue,
    what: string,
    position: MilPosition | undefined,
    statement: readonly [string, Attribute][],
  ): Operation {
    const properties = new Map(statement);
    const { content } = value;
    const type = typeOfMil(value.type);
    if (content.kind === "blob") {
      properties.set("val", this.#blob(value, what, position));
      properties.set("path", StringAttribute.get(content.path));
      properties.set("offset", IntegerAttribute.get(content.offset));
    } else {
      try {
        properties.set("val", attributeOfValue(value));
      } catch (error) {
        if (error instanceof DiagnosticError || !(error instanceof Error)) throw error;
        throw this.#shared.error(position, `${what} ${error.message}`);
      }
    }
    const location = this.#shared.location(position);
    return constant.create({ name: "mil.const", resultTypes: [type], properties, location });
  }

  #blob({ type, content }: MilValue, what: string, position: MilPosition | undefined): Attribute {
    if (content.kind !== "blob") throw new Error("a blob is expected");
    const { path, offset } = content;
    const made = typeOfMil(type);
    if (type.kind !== "tensor" || !(made instanceof TensorType) || !made.isStatic) {
      throw this.#shared.error(position, `${what} is a BLOBFILE of type ${made}: weights are tensors of known sizes`);
    }
    const { weights } = this.#shared;
    if (weights === undefined) return DenseResourceAttribute.unresolved(made, `${path}:${offset}`);
    return elementsOfNumbers(made, weights({ path, offset }, type, this.#shared.place(position)));
  }

  #operation(operation: MilOperation): Operation {
    const { mnemonic, results, arguments: args, attributes, blocks, position } = operation;
    const { error, location, opset } = this.#shared;
    const definition = definitions.get(mnemonic);
    const signature = signatureOf(definition);
    if (definition === undefined || signature === undefined) {
      const close = didYouMean(mnemonic, ["const", ...definitions.keys()]);
      throw error(position, `there is no MIL op '${mnemonic}'${close}`);
    }
    if (!hasSince(opset, signature.since))
      throw error(position, `${mnemonic} exists since ${signature.since}, but the function is of the opset ${opset}`);
    const inBrackets = attributes.filter(({ name }) => name !== "name" && signature.inputs.has(name));
    const further = attributes.filter(({ name }) => name !== "name" && !signature.inputs.has(name));
    const given = new Map<string, readonly Value[]>();
    for (const argument of args) {
      this.#checkInput(argument.name, mnemonic, signature, given, position);
      given.set(argument.name, this.#values(argument, mnemonic, definition, position));
    }
    for (const { name, value } of inBrackets) {
      this.#checkInput(name, mnemonic, signature, given, position);
      given.set(name, [this.#inline(value, `${mnemonic}: ${name}`, position)]);
    }
    const groups = definition.operandFields.map(({ name, field }) => {
      const values = given.get(name) ?? [];
      if (values.length === 0 && field.arity === "one") {
        throw error(
          position,
          `${mnemonic} needs the input ${name}, ${field.constraint.description}, but has no such argument`,
        );
      }
      const wrong = values.find((value) => !field.constraint.matches(value.type));
      if (wrong !== undefined)
        throw error(
          position,
          `the input ${name} of ${mnemonic} must be ${field.constraint.description}, found ${wrong.type}`,
        );
      return values;
    });
    const properties = new Map(this.#statement(operation, further));
    if (inBrackets.length > 0) properties.set("in_brackets", UnitAttribute.instance);
    if (definition.hasTrait("AttrSizedOperandSegments")) {
      const sizes = groups.map((group) => group.length);
      properties.set(operandSegments, DenseArrayAttribute.get(i32, sizes));
    }
    const named = attributes.find(({ name }) => name === "name");
    const label = (named === undefined ? undefined : stringIn(named.value)) ?? results[0]?.name;
    const place = location(position);
    const { least, most } = definition.resultLimits;
    if (results.length < least || results.length > most)
      throw error(position, `${mnemonic} has ${most} results, found ${results.length}`);
    const regions = blocks.map((block) => this.#region(block, position));
    const expected = definition.regionLimits;
    if (regions.length < expected.least || regions.length > expected.most)
      throw error(position, `${mnemonic} takes ${expected.most} blocks, found ${regions.length}`);
    if (blocks.some((block) => block.attributes.length > 0)) {
      const lists = blocks.map((block) => this.#shared.list(position, block.attributes));
      properties.set("block_attributes", ArrayAttribute.get(lists));
    }
    return definition.create({
      name: definition.name,
      operands: groups.flat(),
      resultTypes: results.map(({ type }): Type => typeOfMil(type)),
      properties,
      regions,
      location: label === undefined ? place : nameLocation(label, place),
    });
  }

  #checkInput(
    name: string,
    mnemonic: string,
    { inputs, inputsSince, inputsUntil }: MilSignature,
    given: ReadonlyMap<string, unknown>,
    position: MilPosition | undefined,
  ): void {
    const { error, opset } = this.#shared;
    if (!inputs.has(name)) {
      const close = didYouMean(name, inputs.keys());
      const known = close === "" ? `: its inputs are ${[...inputs.keys()].join(", ")}` : close;
      throw error(position, `${mnemonic} has no input '${name}'${known}`);
    }
    if (given.has(name)) throw error(position, `${mnemonic} has the input ${name} twice`);
    const since = inputsSince[name];
    if (since !== undefined && !hasSince(opset, since))
      throw error(position, `${mnemonic} takes ${name} since ${since}, but the function is of the opset ${opset}`);
    const until = inputsUntil[name];
    if (until !== undefined && hasSince(opset, until))
      throw error(position, `${mnemonic} takes ${name} until ${until}, but the function is of the opset ${opset}`);
  }

  /** The values of an argument; those that stand in the text become constants in front of the op. */
  #values(
    { name, bindings }: MilArgument,
    mnemonic: string,
    definition: AnyDefinition,
    position: MilPosition | undefined,
  ): Value[] {
    const field = definition.operandFields.find((each) => each.name === name)?.field;
    if (bindings.length !== 1 && field?.arity !== "variadic")
      throw this.#shared.error(position, `the input ${name} of ${mnemonic} takes one value, found ${bindings.length}`);
    return bindings.map((binding) =>
      binding.kind === "name"
        ? this.#named(binding.name, `${name} of ${mnemonic}`, position)
        : this.#inline(binding.value, `${mnemonic}: ${name}`, position),
    );
  }

  #inline(value: MilValue, what: string, position: MilPosition | undefined): Value {
    const made = this.#value(value, what, position, [["inline", UnitAttribute.instance]]);
    this.#block.append(made);
    return made.onlyResult;
  }

  #region(block: MilBlock, position: MilPosition | undefined): Region {
    const body = new Block();
    const scope = new Scope(this.#scope);
    this.#shared.parameters(body, block.parameters, scope, position);
    const reader = new BlockReader(this.#shared, body, scope);
    reader.operations(block);
    const inputs = reader.results(block, position);
    body.append(returnOperation.build({ inputs }, this.#shared.location(position)));
    return new Region([body]);
  }
}
