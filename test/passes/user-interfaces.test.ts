/**
 * A dialect that no pass knows: functions, calls, branches, a loop, a condition, variables and arithmetic of its own, with
 * nothing but interfaces. Every generic pass must work on it.
 */
import { describe, expect, test } from "vitest";
import { builtin } from "../../dialects/index.ts";
import {
  anyType,
  attribute,
  Branch,
  Callable,
  CallLike,
  CarriesValues,
  ConditionallySpeculatable,
  Context,
  constantOf,
  dialect,
  Fold,
  FunctionType,
  functionTypeAttribute,
  InferIntegerRanges,
  InlineReturn,
  IntegerAttribute,
  IntegerRange,
  i32,
  i32Attribute,
  LoopLike,
  type Operation,
  op,
  operand,
  parse,
  print,
  RegionBranch,
  type RegionEdge,
  region,
  result,
  SlotAccess,
  SlotAllocation,
  SymbolReferenceAttribute,
  SymbolUser,
  stringAttribute,
  successor,
  symbolAttribute,
  TypeAttribute,
  variadicOperand,
  variadicResult,
  verify,
} from "../../ir/index.ts";
import { genericPasses, PassManager, parsePipeline } from "../../passes/index.ts";

const none = { start: 0, count: 0 };
const all = (operation: Operation, start = 0) => ({ start, count: operation.operandCount - start });

const func = op(
  "mine.func",
  { sym_name: attribute(stringAttribute), function_type: attribute(functionTypeAttribute), body: region() },
  {
    doc: "A function.",
    traits: ["IsolatedFromAbove", "Symbol"],
    interfaces: [
      Callable.implement({
        region: ({ regions }) => regions[0],
        resultTypes: (operation) => typeOf(operation).results,
        keepInSignature: (operation, inputs, results) => {
          const type = typeOf(operation);
          const kept = FunctionType.get(
            inputs.map((position) => type.inputs[position]!),
            results.map((position) => type.results[position]!),
          );
          operation.properties.set("function_type", TypeAttribute.get(kept));
        },
      }),
    ],
  },
);
function typeOf(operation: Operation): FunctionType {
  return func.cast(operation).function_type;
}

const ends = (mnemonic: string) =>
  op(
    `mine.${mnemonic}`,
    { values: variadicOperand(anyType) },
    { doc: "An end.", traits: ["Pure", "Terminator", "ReturnLike"] },
  );
const yields = ends("yield");

const jump = op(
  "mine.jump",
  { values: variadicOperand(anyType), to: successor() },
  {
    doc: "Goes to a block.",
    traits: ["Terminator"],
    effects: () => [],
    interfaces: [Branch.implement({ successorOperands: (operation) => all(operation), taken: () => 0 })],
  },
);
const fork = op(
  "mine.fork",
  {
    test: operand(anyType),
    left: variadicOperand(anyType),
    right: variadicOperand(anyType),
    yes: successor(),
    no: successor(),
  },
  {
    doc: "Goes to the first block where the number is not zero, else to the second.",
    traits: ["Terminator"],
    effects: () => [],
    interfaces: [
      Branch.implement({
        successorOperands: (operation, at) => ({
          ...operation.definition!.operandGroup(operation, at + 1),
          field: at + 1,
        }),
        taken: (_operation, [test]) => (test instanceof IntegerAttribute ? (test.value !== 0n ? 0 : 1) : undefined),
      }),
    ],
  },
);

const returns = op(
  "mine.return",
  { values: variadicOperand(anyType) },
  {
    doc: "Returns.",
    traits: ["Pure", "Terminator", "ReturnLike"],
    interfaces: [
      InlineReturn.implement({
        branch: (builder, to, values) => {
          builder.build(jump, { to, values });
        },
      }),
    ],
  },
);
const call = op(
  "mine.call",
  { callee: attribute(symbolAttribute), inputs: variadicOperand(anyType), outputs: variadicResult(anyType) },
  {
    doc: "Calls.",
    interfaces: [
      CallLike.implement({
        callee: (operation) => {
          const callee = operation.attribute("callee");
          return callee instanceof SymbolReferenceAttribute ? callee : undefined;
        },
        arguments: (operation) => all(operation),
      }),
    ],
  },
);

/** The body runs as often as the first operand says; the others are carried. Its argument 0 counts. */
const repeat = op(
  "mine.repeat",
  { times: operand(anyType), start: variadicOperand(anyType), outputs: variadicResult(anyType), body: region() },
  {
    doc: "A loop.",
    interfaces: [
      CarriesValues.implement({}),
      RegionBranch.implement((operation, source) => {
        const body = operation.regions[0]!;
        const operands = source === operation ? all(operation, 1) : all(source);
        const edges: RegionEdge[] = [
          { target: body, operands, inputs: body.entry!.arguments.slice(1) },
          { target: undefined, operands, inputs: operation.results },
        ];
        return edges;
      }),
      LoopLike.implement({
        regions: ({ regions }) => regions,
        inductionVariables: (operation) => [
          { value: operation.regions[0]!.entry!.arguments[0]!, lower: 0n, upper: operation.operand(0), step: 1n },
        ],
      }),
    ],
  },
);
const either = op(
  "mine.either",
  { test: operand(anyType), outputs: variadicResult(anyType), yes: region(), no: region() },
  {
    doc: "One of two regions.",
    interfaces: [
      CarriesValues.implement({}),
      RegionBranch.implement((operation, source, [test]) => {
        if (source !== operation) return [{ target: undefined, operands: all(source), inputs: operation.results }];
        const known = test instanceof IntegerAttribute ? (test.value !== 0n ? 0 : 1) : undefined;
        return operation.regions
          .filter((_region, position) => known === undefined || known === position)
          .map((target) => ({ target, operands: none, inputs: [] }));
      }),
    ],
  },
);

const variable = op(
  "mine.variable",
  { cell: result(anyType) },
  {
    doc: "A variable.",
    effects: ({ cell }) => [{ kind: "allocate", value: cell }],
    interfaces: [
      SlotAllocation.implement({
        slots: (operation) => [{ pointer: operation.onlyResult, type: i32 }],
        initialValue: (_operation, _slot, builder) => builder.build(number, { value: 0, result: i32 }).result,
      }),
    ],
  },
);
const get = op(
  "mine.get",
  { cell: operand(anyType), result: result(anyType) },
  {
    doc: "Reads a variable.",
    effects: ({ cell }) => [{ kind: "read", value: cell }],
    interfaces: [SlotAccess.implement((operation) => ({ kind: "load", result: operation.onlyResult }))],
  },
);
const set = op(
  "mine.set",
  { cell: operand(anyType), value: operand(anyType) },
  {
    doc: "Writes a variable.",
    effects: ({ cell }) => [{ kind: "write", value: cell }],
    interfaces: [
      SlotAccess.implement((operation, slot) =>
        operation.operand(1) === slot.pointer ? undefined : { kind: "store", value: operation.operand(1) },
      ),
    ],
  },
);

const number = op(
  "mine.number",
  { value: attribute(i32Attribute), result: result(anyType) },
  {
    doc: "A constant.",
    traits: ["Pure", "ConstantLike"],
    interfaces: [
      Fold.implement((operation) => [operation.attribute("value")!]),
      InferIntegerRanges.implement((operation, _operands, state) => {
        const value = operation.attribute("value");
        if (value instanceof IntegerAttribute) state(operation.onlyResult, IntegerRange.constant(32, value.value));
      }),
    ],
  },
);
const add = op(
  "mine.add",
  { lhs: operand(anyType), rhs: operand(anyType), result: result(anyType) },
  {
    doc: "A sum.",
    traits: ["Pure"],
    interfaces: [
      Fold.implement((_operation, [a, b]) =>
        a instanceof IntegerAttribute && b instanceof IntegerAttribute
          ? [IntegerAttribute.get(BigInt.asIntN(32, a.value + b.value), i32)]
          : undefined,
      ),
    ],
  },
);
const divide = op(
  "mine.divide",
  { lhs: operand(anyType), rhs: operand(anyType), result: result(anyType) },
  {
    doc: "A quotient; undefined for zero.",
    effects: () => [],
    interfaces: [
      ConditionallySpeculatable.implement((operation) => {
        const divisor = constantOf(operation.operand(1));
        return divisor instanceof IntegerAttribute && divisor.value !== 0n ? "always" : "never";
      }),
    ],
  },
);
/** Whether the first number is below the second. */
const below = op(
  "mine.below",
  { lhs: operand(anyType), rhs: operand(anyType), result: result(anyType) },
  {
    doc: "A comparison.",
    traits: ["Pure"],
    interfaces: [
      InferIntegerRanges.implement((operation, [lhs, rhs], state) => {
        if (lhs === undefined || rhs === undefined || lhs.greatest >= rhs.least) return;
        state(operation.onlyResult, IntegerRange.constant(32, 1n));
      }),
    ],
  },
);

const mine = dialect("mine", {
  doc: "A language of its own.",
  ops: [func, returns, call, jump, fork, repeat, either, yields, variable, get, set, number, add, divide, below],
  materializeConstant: (value, type, location) =>
    value instanceof IntegerAttribute && type === i32
      ? number.build({ value: Number(value.value), result: type }, location)
      : undefined,
});
const context = new Context([builtin, mine]);

/** The operations that are left, by name, in order; with attribute values of numbers. */
function run(pipeline: string, text: string): string {
  const module = parse(text, context, { file: "mine" });
  verify(module, context);
  new PassManager(parsePipeline(`builtin.module(${pipeline})`, genericPasses), context).run(module);
  verify(module, context);
  expect(print(parse(print(module), context, { file: "printed" }))).toBe(print(module));
  const lines: string[] = [];
  const show = (operation: Operation, depth: number) => {
    const value = operation.name === "mine.number" ? ` ${operation.attribute("value")?.text.split(" ")[0]}` : "";
    const types = operation.name === "mine.func" ? ` ${operation.attribute("function_type")?.text}` : "";
    if (depth > 0) lines.push(`${"  ".repeat(depth - 1)}${operation.name.slice(5)}${value}${types}`);
    for (const each of operation.regions)
      for (const block of each.blocks) for (const inner of block.operations) show(inner, depth + 1);
  };
  show(module, 0);
  return lines.join("\n");
}

const helper = `
"mine.func"() <{sym_name = "helper", function_type = (i32, i32) -> (i32, i32)}> ({
^entry(%x: i32, %unused: i32):
  %one = "mine.number"() <{value = 1 : i32}> : () -> i32
  "mine.fork"(%x, %one)[^left, ^right] <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (i32, i32) -> ()
^left(%y: i32):
  %s = "mine.add"(%x, %y) : (i32, i32) -> i32
  "mine.return"(%s, %unused) : (i32, i32) -> ()
^right:
  "mine.return"(%one, %unused) : (i32, i32) -> ()
}) {sym_visibility = "private"} : () -> ()`;
const main = (body: string, results = "(i32) -> i32") => `
"mine.func"() <{sym_name = "main", function_type = ${results}}> ({
^entry(%a: i32):
${body}
}) : () -> ()`;
const calling = `${helper}${main(`
  %five = "mine.number"() <{value = 5 : i32}> : () -> i32
  %r:2 = "mine.call"(%five, %a) <{callee = @helper}> : (i32, i32) -> (i32, i32)
  "mine.return"(%r#0) : (i32) -> ()`)}`;

describe("a dialect of one's own in the generic passes", () => {
  test("sccp goes through its branches and calls", () => {
    expect(run("sccp", calling)).toBe(
      [
        "func (i32, i32) -> (i32, i32)",
        ...["  number 5", "  number 1", "  number 6", "  number 1", "  fork", "  return", "  return"],
        "func (i32) -> i32",
        ...["  number 6", "  number 5", "  call", "  return"],
      ].join("\n"),
    );
  });

  test("inline uses its return", () => {
    expect(run("inline{default-pipeline=}", calling)).toBe(
      ["func (i32) -> i32", "  number 5", "  number 1", "  fork", "  add", "  jump", "  jump", "  return"].join("\n"),
    );
  });

  test("remove-dead-values changes its signatures", () => {
    expect(run("remove-dead-values", calling)).toContain("func (i32) -> i32\n  number 1\n  fork");
  });

  const loop = main(`
  %five = "mine.number"() <{value = 5 : i32}> : () -> i32
  %r:2 = "mine.repeat"(%five, %a, %a) ({
  ^body(%i: i32, %c: i32, %dead: i32):
    %inv = "mine.add"(%a, %five) : (i32, i32) -> i32
    %safe = "mine.divide"(%a, %five) : (i32, i32) -> i32
    %risky = "mine.divide"(%five, %a) : (i32, i32) -> i32
    %in = "mine.below"(%i, %five) : (i32, i32) -> i32
    %t = "mine.add"(%c, %inv) : (i32, i32) -> i32
    %u = "mine.add"(%t, %safe) : (i32, i32) -> i32
    %v = "mine.add"(%u, %risky) : (i32, i32) -> i32
    %w = "mine.add"(%v, %in) : (i32, i32) -> i32
    %more = "mine.add"(%dead, %w) : (i32, i32) -> i32
    "mine.yield"(%w, %more) : (i32, i32) -> ()
  }) : (i32, i32, i32) -> (i32, i32)
  "mine.return"(%r#0) : (i32) -> ()`);

  test("loop-invariant-code-motion asks its speculatability", () => {
    expect(run("loop-invariant-code-motion", loop)).toContain("  number 5\n  add\n  divide\n  repeat\n    divide\n");
  });

  test("int-range-optimizations knows its loop's counter", () => {
    const before = run("canonicalize", loop);
    expect(before).toContain("below");
    expect(run("int-range-optimizations", loop)).not.toContain("below");
  });

  test("remove-dead-values takes a carried value out of its loop", () => {
    expect(run("remove-dead-values", loop).match(/add/g)?.length).toBe(5);
  });

  test("control-flow-sink moves into its condition", () => {
    const text = main(`
  %s = "mine.add"(%a, %a) : (i32, i32) -> i32
  %r = "mine.either"(%a) ({
    "mine.yield"(%s) : (i32) -> ()
  }, {
    "mine.yield"(%a) : (i32) -> ()
  }) : (i32) -> i32
  "mine.return"(%r) : (i32) -> ()`);
    expect(run("control-flow-sink", text)).toBe(
      ["func (i32) -> i32", "  either", "    add", "    yield", "    yield", "  return"].join("\n"),
    );
  });

  test("mem2reg carries its variables through its loop, condition and branches", () => {
    const text = main(`
  %m = "mine.variable"() : () -> !mine.cell
  "mine.set"(%m, %a) : (!mine.cell, i32) -> ()
  "mine.repeat"(%a) ({
  ^body(%i: i32):
    "mine.either"(%i) ({
      %v = "mine.get"(%m) : (!mine.cell) -> i32
      %w = "mine.add"(%v, %i) : (i32, i32) -> i32
      "mine.set"(%m, %w) : (!mine.cell, i32) -> ()
      "mine.yield"() : () -> ()
    }, {
      "mine.yield"() : () -> ()
    }) : (i32) -> ()
    "mine.yield"() : () -> ()
  }) : (i32) -> ()
  "mine.fork"(%a)[^write, ^read] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i32) -> ()
^write:
  "mine.set"(%m, %a) : (!mine.cell, i32) -> ()
  "mine.jump"()[^read] : () -> ()
^read:
  %r = "mine.get"(%m) : (!mine.cell) -> i32
  "mine.return"(%r) : (i32) -> ()`).replaceAll("!mine.cell", "index");
    expect(run("mem2reg", text)).toBe(
      [
        "func (i32) -> i32",
        ...["  repeat", "    either", "      add", "      yield", "      yield", "    yield"],
        ...["  fork", "  jump", "  return"],
      ].join("\n"),
    );
  });
});

describe("symbol users", () => {
  const mention = op(
    "other.mention",
    { of: attribute(symbolAttribute) },
    {
      doc: "Names a function.",
      interfaces: [
        SymbolUser.implement((operation, resolve, report) => {
          const name = operation.attribute("of");
          if (!(name instanceof SymbolReferenceAttribute)) return;
          if (!func.matches(resolve(name))) report(`mentions ${name}, which is no function`);
        }),
      ],
    },
  );
  const other = context.with([dialect("other", { doc: "Mentions.", ops: [mention] })]);
  const check = (name: string) =>
    verify(
      parse(`${main('"mine.return"(%a) : (i32) -> ()')}\n"other.mention"() <{of = @${name}}> : () -> ()`, other, {
        file: "x",
      }),
      other,
    );

  test("are asked by the verifier", () => {
    check("main");
    expect(() => check("nobody")).toThrow("'other.mention' op mentions @nobody, which is no function");
  });
});
