/**
 * What the declarations say about dialects, ops and passes, as plain data: the Markdown reference, `anemone docs
 * --format=json` and the language server's hovers are made of it.
 */
import type { AnyDefinition, Dialect } from "../../ir/context.ts";
import type { AttributeField, OperationDefinition } from "../../ir/declaration.ts";
import type { AnyPass } from "../../passes/pass.ts";
import { syntaxOf } from "./syntax.ts";

export interface ValueFacts {
  readonly name: string;
  readonly arity: "one" | "optional" | "variadic";
  /** In words: "a tensor of any type". */
  readonly constraint: string;
  /** Values of one type variable have one type. */
  readonly variable?: string;
}

export interface AttributeFacts {
  readonly name: string;
  readonly arity: "one" | "optional" | "default";
  readonly constraint: string;
  /** The value that a left-out attribute has, as IR text. */
  readonly default?: string;
}

export interface PartFacts {
  readonly name: string;
  readonly arity: "one" | "variadic";
}

export interface OperationFacts {
  readonly name: string;
  /** The first sentence of the documentation, and what follows it. */
  readonly summary: string;
  readonly description: string;
  readonly syntax: string;
  readonly operands: readonly ValueFacts[];
  readonly results: readonly ValueFacts[];
  readonly attributes: readonly AttributeFacts[];
  readonly regions: readonly PartFacts[];
  readonly successors: readonly PartFacts[];
  readonly traits: readonly string[];
  /** Interfaces that the op implements or that its dialects attach. */
  readonly interfaces: readonly string[];
  readonly parents: readonly string[];
  /** Names of the rewrites that `canonicalize` tries on the op. */
  readonly canonicalization: readonly string[];
  readonly example?: string;
}

export interface SymbolFacts {
  readonly mnemonic: string;
  readonly doc: string;
}

export interface DialectFacts {
  readonly name: string;
  readonly doc: string;
  readonly types: readonly SymbolFacts[];
  readonly attributes: readonly SymbolFacts[];
  readonly operations: readonly OperationFacts[];
}

export interface OptionFacts {
  readonly name: string;
  readonly doc: string;
  readonly type: string;
  /** As written in a pipeline. */
  readonly default: string;
  readonly choices: readonly string[];
  /** What an empty value stands for, where one is allowed beside the choices. */
  readonly empty?: string;
}

export interface PassFacts {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly OptionFacts[];
  readonly requires: readonly string[];
  readonly establishes: readonly string[];
  readonly invalidates: readonly string[];
  readonly preserves: readonly string[];
  readonly statistics: readonly { readonly name: string; readonly doc: string }[];
  readonly exactness: string;
  /** The op that the pass runs on; absent: any. */
  readonly anchor?: string;
}

/** The first sentence and the rest. */
export function splitSummary(doc: string): { readonly summary: string; readonly description: string } {
  const text = doc.trim();
  const end = /^[\s\S]*?(?<!\b(?:e\.g|i\.e|etc|vs|cf))\.(?=\s+[^a-z\s])/.exec(text)?.[0].length ?? text.length;
  return { summary: text.slice(0, end).trim(), description: text.slice(end).trim() };
}

/** `dialects` are all that are loaded: any of them may attach an interface or a rewrite to the op. */
export function operationFacts(definition: AnyDefinition, dialects: Iterable<Dialect> = []): OperationFacts {
  const { options } = definition;
  const interfaces = new Set(definition.interfaces.map((each) => each.interface.name));
  const canonicalization: string[] = [];
  for (const { attach, canonicalization: patterns } of dialects) {
    for (const each of attach) if (each.definition === definition) interfaces.add(each.implementation.interface.name);
    for (const { root, name } of patterns) if (root === definition.name) canonicalization.push(name);
  }
  const values = (fields: OperationDefinition["operandFields"] | OperationDefinition["resultFields"]): ValueFacts[] =>
    fields.map(({ name, field: { arity, constraint } }) => ({
      name,
      arity,
      constraint: constraint.description,
      ...(constraint.variable === undefined ? {} : { variable: constraint.variable }),
    }));
  return {
    name: definition.name,
    ...splitSummary(options.doc),
    syntax: syntaxOf(definition),
    operands: values(definition.operandFields),
    results: values(definition.resultFields),
    attributes: definition.attributeFields.map(({ name, field }) => attributeFacts(name, field)),
    regions: definition.regionFields.map(({ name, field: { arity } }) => ({ name, arity })),
    successors: definition.successorFields.map(({ name, field: { arity } }) => ({ name, arity })),
    traits: [...definition.traits],
    interfaces: [...interfaces].sort(),
    parents: options.parents ?? [],
    canonicalization: [...new Set(canonicalization)],
    ...(options.example === undefined ? {} : { example: options.example }),
  };
}

function attributeFacts(name: string, { arity, constraint, fallback }: AttributeField): AttributeFacts {
  return {
    name,
    arity,
    constraint: constraint.description,
    ...(fallback === undefined ? {} : { default: constraint.encode(fallback).text }),
  };
}

export function dialectFacts(dialect: Dialect, dialects: readonly Dialect[] = [dialect]): DialectFacts {
  const symbols = (list: readonly SymbolFacts[]) => list.map(({ mnemonic, doc }) => ({ mnemonic, doc }));
  return {
    name: dialect.name,
    doc: dialect.doc,
    types: symbols(dialect.types),
    attributes: symbols(dialect.attributes),
    operations: [...dialect.ops]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((definition) => operationFacts(definition, dialects)),
  };
}

export function passFacts(pass: AnyPass): PassFacts {
  return {
    name: pass.name,
    ...splitSummary(pass.doc),
    options: Object.entries(pass.options).map(([name, option]) => optionFacts(name, option)),
    requires: pass.requires,
    establishes: pass.establishes,
    invalidates: pass.invalidates,
    preserves: pass.preserves.map(({ name }) => name),
    statistics: Object.entries(pass.statistics).map(([name, doc]) => ({ name, doc })),
    exactness: pass.exactness,
    ...(pass.anchor === undefined ? {} : { anchor: pass.anchor }),
  };
}

type Option = AnyPass["options"][string];

function optionFacts(name: string, option: Option): OptionFacts {
  const isList = Array.isArray(option.default);
  const first: unknown = isList ? option.default[0] : option.default;
  const scalar = option.kind ?? typeof (first ?? "");
  const range = [
    option.minimum === undefined ? "" : ` ≥ ${option.minimum}`,
    option.maximum === undefined ? "" : ` ≤ ${option.maximum}`,
  ].join("");
  return {
    name,
    doc: option.doc,
    type: `${isList ? `list of ${scalar}` : scalar}${range}`,
    default: isList ? option.default.join(",") : String(option.default),
    choices: (option.choices ?? []).map(String),
    ...(option.empty === undefined ? {} : { empty: option.empty }),
  };
}
