/**
 * Random programs with control flow that end and have no undefined behaviour: func, cf (loops, diamonds, irreducible
 * graphs, unreachable blocks), scf, memref and integer arith, with calls (recursive ones too), a buffer that is an
 * argument, and an external function that is told numbers. A program is a tree of statements, so that fast-check shrinks
 * it by leaving statements out. `interpret` runs what they print.
 */
import fc from "fast-check";
import { printProgram } from "./control-flow/print-program.ts";
import { type Body, bufferSize, type FunctionDraft, type Statement } from "./control-flow/statements.ts";
import type { Buffer } from "./interpret.ts";

const pick = fc.nat({ max: 12 });
const binaryMnemonics = ["addi", "subi", "muli", "andi", "ori", "xori", "minsi", "maxsi", "minui", "maxui"];
const divisions = ["divsi", "divui", "remsi", "remui", "ceildivsi", "floordivsi"];
const predicates = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"];

/** Statements without bodies. */
const simple: fc.Arbitrary<Statement>[] = [
  fc.record({ kind: fc.constant("constant"), value: fc.integer({ min: -3, max: 9 }) }),
  fc.record({ kind: fc.constant("binary"), mnemonic: fc.constantFrom(...binaryMnemonics), a: pick, b: pick }),
  fc.record({
    kind: fc.constant("divide"),
    mnemonic: fc.constantFrom(...divisions),
    a: pick,
    b: pick,
    guard: fc.nat({ max: 2 }),
  }),
  fc.record({ kind: fc.constant("compare"), predicate: fc.constantFrom(...predicates), a: pick, b: pick }),
  fc.record({
    kind: fc.constant("test"),
    predicate: fc.constantFrom(...predicates),
    a: pick,
    bound: fc.integer({ min: -1, max: 5 }),
  }),
  fc.record({ kind: fc.constant("select"), c: pick, a: pick, b: pick }),
  fc.record({ kind: fc.constant("widen"), isSigned: fc.boolean(), a: pick }),
  fc.record({ kind: fc.constant("slot"), initial: pick }),
  fc.record({ kind: fc.constant("load"), slot: pick }),
  fc.record({ kind: fc.constant("store"), slot: pick, value: pick }),
  fc.record({ kind: fc.constant("read"), index: pick, isConstant: fc.boolean() }),
  fc.record({ kind: fc.constant("write"), index: pick, value: pick }),
  fc.record({ kind: fc.constant("update"), index: pick, value: pick }),
  fc.record({ kind: fc.constant("guarded"), a: pick, b: pick, isRead: fc.boolean() }),
  fc.record({ kind: fc.constant("observe"), a: pick }),
  fc.record({ kind: fc.constant("call"), callee: fc.nat({ max: 3 }), b: pick }),
];
/** These come up often: they show what went wrong. */
const telling: fc.Arbitrary<Statement>[] = [
  fc.record({ kind: fc.constant("load"), slot: pick }),
  fc.record({ kind: fc.constant("store"), slot: pick, value: pick }),
  fc.record({ kind: fc.constant("store"), slot: pick, value: pick }),
  fc.record({ kind: fc.constant("update"), index: pick, value: pick }),
  fc.record({ kind: fc.constant("observe"), a: pick }),
];

/** Statements with at most `depth` bodies around each other. */
function statementsOf(depth: number): fc.Arbitrary<Statement> {
  if (depth === 0) return fc.oneof(...simple, ...telling);
  const body: fc.Arbitrary<Body> = fc.array(statementsOf(depth - 1), { minLength: 1, maxLength: 4 });
  const trips = fc.nat({ max: 4 });
  const nested: fc.Arbitrary<Statement>[] = [
    fc.record({ kind: fc.constant("if"), c: pick, results: fc.nat({ max: 2 }), taken: body, otherwise: body }),
    fc.record({ kind: fc.constant("for"), trips, bound: pick, carried: fc.array(pick, { maxLength: 2 }), body }),
    fc.record({ kind: fc.constant("while"), trips, carried: pick, body }),
    fc.record({ kind: fc.constant("switch"), a: pick, arms: fc.array(body, { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("execute"), c: pick, body }),
    fc.record({ kind: fc.constant("branch"), c: pick, a: pick, taken: body, otherwise: body }),
    fc.record({ kind: fc.constant("table"), a: pick, arms: fc.array(body, { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("loop"), trips, a: pick, body }),
    fc.record({ kind: fc.constant("irreducible"), c: pick, trips, a: pick, left: body, right: body }),
    fc.record({ kind: fc.constant("unreachable"), a: pick, body }),
  ];
  return fc.oneof(...simple, ...telling, ...nested);
}

const statements = statementsOf(3);

const functions: fc.Arbitrary<FunctionDraft> = fc.record({
  body: fc.array(statements, { minLength: 1, maxLength: 10 }),
  results: fc.tuple(pick, pick),
  isPrivate: fc.boolean(),
});

/** The buffer to run a program with: fresh each time, since programs write to it. */
export function sampleBuffer(): Buffer {
  return {
    shape: [bufferSize],
    elements: Array.from({ length: bufferSize }, (_each, position) => BigInt(position + 1)),
  };
}

export interface ControlFlowProgram {
  /** A module with `func.func @main(i32, i32, memref<8xi32>) -> (i32, i32)`. */
  readonly text: string;
  /** Arguments to run it with. */
  readonly inputs: readonly (readonly [bigint, bigint])[];
}

/** Random programs. */
export function arbitraryControlFlow(): fc.Arbitrary<ControlFlowProgram> {
  return fc
    .record({
      helpers: fc.array(functions, { maxLength: 3 }),
      main: functions,
      inputs: fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map(({ helpers, main, inputs }) => ({
      text: printProgram(helpers, main),
      inputs: inputs.map(([a, b]) => [BigInt(a), BigInt(b)] as const),
    }));
}

export { bufferSize };
