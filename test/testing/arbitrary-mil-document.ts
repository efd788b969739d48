/** Random MIL documents: every type, every kind of value, nested blocks. Names are defined before their use. */
import fc from "fast-check";
import {
  type MilArgument,
  type MilAttribute,
  type MilBlock,
  type MilDocument,
  type MilNamedType,
  type MilOperation,
  type MilTensorType,
  type MilType,
  type MilValue,
  milElementTypes,
} from "../../dialects/mil/document/document.ts";
import {
  allocateMilNumbers,
  isNumberType,
  type MilNumberType,
  milNumberFacts,
} from "../../dialects/mil/document/numbers.ts";
import { floatFormOf, isFloatType } from "../../dialects/mil/text/number-text.ts";

const names = fc.constantFrom(
  "x",
  "y_1",
  "_2",
  "weight",
  "state",
  "tensor",
  "int32",
  "true",
  "inf",
  "path",
  "A@b",
  "func",
);
const texts = fc.oneof(
  fc.constantFrom("", "valid", 'a "quoted" \\ part', "line\nbreak\ttab", "\u0001\u007f7", "größe 🙂", "// no comment"),
  fc.string({ maxLength: 6 }),
);
const elements = fc.constantFrom(...milElementTypes);

/** At most one size is left open, and then no other is 0: else a literal could not say its sizes. */
const tensors: fc.Arbitrary<MilTensorType> = fc
  .record({ element: elements, shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }), open: fc.nat(9) })
  .map(({ element, shape, open }) => ({
    kind: "tensor",
    element,
    shape: shape.includes(0) ? shape : shape.map((size, position) => (position === open ? undefined : size)),
  }));

const types: fc.Arbitrary<MilType> = fc.letrec<{ type: MilType }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    tensors,
    fc.record({
      kind: fc.constant("list" as const),
      element: tie("type"),
      length: fc.option(fc.nat(3), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant("dict" as const), key: tie("type"), value: tie("type") }),
    fc.record({ kind: fc.constant("tuple" as const), items: fc.array(tie("type"), { maxLength: 3 }) }),
  ),
})).type;

/** States are inputs only. */
const inputTypes: fc.Arbitrary<MilType> = fc.oneof(
  types,
  tensors.map((value): MilType => ({ kind: "state", value })),
);

const unsigned32 = fc.nat(2 ** 32 - 1);

/** An element as it is stored, from 32 random bits. NaNs are those that the text `nan` is read as. */
function stored(element: MilNumberType, random: number): number {
  if (element === "bool") return random & 1;
  if (isFloatType(element)) {
    const { encode, decode } = floatFormOf(element);
    const special = [Number.NaN, -0, 0, 1, -1, 0.1][random % 11];
    if (special !== undefined) return encode(decode(encode(special)));
    if (element === "fp32") return new Float32Array(Uint32Array.of(random).buffer)[0]!;
    if (element === "fp64") return new Float64Array(Uint32Array.of(random ^ 0x5bd1e995, random).buffer)[0]!;
    const bits = random & (2 ** milNumberFacts[element].bits - 1);
    return encode(decode(bits));
  }
  const { bits, signed } = milNumberFacts[element];
  const shift = 32 - bits;
  return signed ? (random << shift) >> shift : (random << shift) >>> shift;
}

function valueOfType(type: MilType): fc.Arbitrary<MilValue> {
  if (type.kind === "tensor") return tensorValue(type);
  if (type.kind === "state") throw new Error("a state has no value");
  if (type.kind === "dict")
    return fc
      .array(fc.tuple(valueOfType(type.key), valueOfType(type.value)), { maxLength: 2 })
      .map((entries) => ({ type, content: { kind: "entries", entries } }));
  const items =
    type.kind === "tuple"
      ? fc.tuple(...type.items.map(valueOfType))
      : fc.array(valueOfType(type.element), { minLength: type.length ?? 0, maxLength: type.length ?? 2 });
  return items.map((all) => ({ type, content: { kind: "items", items: all } }));
}

function tensorValue(type: MilTensorType): fc.Arbitrary<MilValue> {
  const { element, shape } = type;
  const known = shape.reduce<number>((product, size) => product * (size ?? 1), 1);
  const counts = shape.includes(undefined) ? fc.nat(3).map((count) => count * known) : fc.constant(known);
  const inline = counts.chain((count): fc.Arbitrary<MilValue> => {
    const exactly = { minLength: count, maxLength: count };
    if (!isNumberType(element))
      return fc.array(texts, exactly).map((strings) => ({ type, content: { kind: "strings", strings } }));
    return fc.array(unsigned32, exactly).map((random) => {
      const numbers = allocateMilNumbers(element, count);
      if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array)
        numbers.set(random.map((each) => BigInt(each) * 0x123456789n));
      else numbers.set(random.map((each) => stored(element, each)));
      return { type, content: { kind: "numbers", numbers } };
    });
  });
  if (element === "string" || shape.includes(undefined)) return inline;
  const blob = fc
    .record({ path: texts, offset: fc.nat(2 ** 40) })
    .map(({ path, offset }): MilValue => ({ type, content: { kind: "blob", path, offset } }));
  return fc.oneof({ weight: 4, arbitrary: inline }, { weight: 1, arbitrary: blob });
}

const values = types.chain(valueOfType);
const attributes: fc.Arbitrary<MilAttribute[]> = fc.uniqueArray(fc.record({ name: names, value: values }), {
  maxLength: 2,
  selector: ({ name }) => name,
});

/** A name stands for a value that is defined before: which one is settled when the document is put together. */
type Draft = { readonly use: number } | { readonly value: MilValue };
interface OperationDraft {
  readonly mnemonic: string;
  readonly results: readonly MilType[];
  readonly arguments: readonly {
    readonly name: string;
    readonly drafts: readonly Draft[];
    readonly isTuple: boolean;
  }[];
  readonly attributes: readonly MilAttribute[];
  readonly blocks: readonly BlockDraft[];
}
interface BlockDraft {
  readonly parameters: readonly MilType[];
  readonly operations: readonly OperationDraft[];
  readonly results: readonly number[];
}

const draft: fc.Arbitrary<Draft> = fc.oneof(
  fc.record({ use: fc.nat(50) }),
  values.map((value) => ({ value })),
);
const argument = fc
  .record({ name: names, drafts: fc.array(draft, { maxLength: 3 }), isTuple: fc.boolean() })
  .map(({ name, drafts, isTuple }) => ({ name, drafts, isTuple: isTuple || drafts.length !== 1 }));
const { block } = fc.letrec<{ block: BlockDraft; operation: OperationDraft }>((tie) => ({
  block: fc.record({
    parameters: fc.array(inputTypes, { maxLength: 2 }),
    operations: fc.array(tie("operation"), { maxLength: 4 }),
    results: fc.array(fc.nat(50), { maxLength: 2 }),
  }),
  operation: fc.record({
    mnemonic: fc.constantFrom("const", "add", "cond", "state", "write_state", "constexpr_lut_to_dense"),
    results: fc.array(types, { maxLength: 2 }),
    arguments: fc.uniqueArray(argument, { maxLength: 3, selector: ({ name }) => name }),
    attributes,
    blocks: fc.oneof(
      { depthSize: "small", maxDepth: 2 },
      fc.constant<BlockDraft[]>([]),
      fc.array(tie("block"), { maxLength: 2 }),
    ),
  }),
}));

/** Numbers the values, so that no two have one name. */
class Assembler {
  #count = 0;

  #define(list: readonly MilType[], scope: string[]): MilNamedType[] {
    return list.map((type) => {
      const name = `v${this.#count++}`;
      scope.push(name);
      return { name, type };
    });
  }

  block(
    { parameters, operations, results }: BlockDraft,
    outer: readonly string[],
  ): { readonly parameters: MilNamedType[]; readonly block: MilBlock } {
    const scope = [...outer];
    const named = this.#define(parameters, scope);
    const made = operations.map((each) => this.#operation(each, scope));
    const returned = results.flatMap((use) => scope[use % scope.length] ?? []);
    return { parameters: named, block: { parameters: named, operations: made, results: returned, attributes: [] } };
  }

  #operation(draft: OperationDraft, scope: string[]): MilOperation {
    const args = draft.arguments.map(
      ({ name, drafts, isTuple }): MilArgument => ({
        name,
        isTuple: isTuple || scope.length === 0,
        bindings: drafts.flatMap((each): MilArgument["bindings"] => {
          if ("value" in each) return [{ kind: "value", value: each.value }];
          const used = scope[each.use % scope.length];
          return used === undefined ? [] : [{ kind: "name", name: used }];
        }),
      }),
    );
    const blocks = draft.blocks.map((each) => this.block(each, scope).block);
    return {
      mnemonic: draft.mnemonic,
      results: this.#define(draft.results, scope),
      arguments: args,
      attributes: draft.attributes,
      blocks,
    };
  }
}

/** Random documents of either version. */
export const arbitraryMilDocument: fc.Arbitrary<MilDocument> = fc
  .record({
    version: fc.constantFrom("1.0", "1.3"),
    attributes,
    functions: fc.uniqueArray(fc.record({ name: names, opset: fc.constantFrom("ios16", "ios18"), attributes, block }), {
      maxLength: 2,
      selector: ({ name }) => name,
    }),
  })
  .map(({ version, attributes, functions }) => ({
    version,
    attributes,
    functions: functions.map(({ name, opset, attributes, block: drafted }) => {
      const { parameters, block } = new Assembler().block(drafted, []);
      return { name, opset, parameters, attributes, block: { ...block, parameters: [] } };
    }),
  }));
