/** The assembly and rules of branches by a number, cf.switch and llvm.switch: a default and the cases between brackets. */
import { type Attribute, DenseArrayAttribute, DenseElementsAttribute } from "../../ir/attributes.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { allocateElements } from "../../ir/tensor-data.ts";
import { elementNameOf, IntegerType, i32, type Type, VectorType } from "../../ir/types.ts";

/** A block and the values that are passed to it. */
export interface Target {
  readonly block: Block;
  readonly values: readonly Value[];
}

/** `^bb1(%x : i32)` */
export function parseTarget(parser: OperationParser): Target {
  const block = parser.parseSuccessor();
  if (!parser.accept("(")) return { block, values: [] };
  const operands = parser.operandList();
  parser.expect(":");
  const at = parser.offset;
  const types = parser.parseTypeList();
  parser.expect(")");
  return { block, values: parser.resolveAll(operands, types, at) };
}

/** The inverse of `parseTarget`. */
export function printTarget(printer: OperationPrinter, block: Block | undefined, values: readonly Value[]): void {
  if (block !== undefined) printer.successor(block);
  if (values.length === 0) return;
  printer.write("(");
  printer.operands(values);
  printer.write(" : ");
  printer.types(values.map((value) => value.type));
  printer.write(")");
}

/** `42: ^bb1, 43: ^bb2`: the numbers and where they lead. */
export function parseCases(
  parser: OperationParser,
  flag: Type,
): { readonly numbers: readonly bigint[]; readonly targets: readonly Target[] } {
  const numbers: bigint[] = [];
  const targets: Target[] = [];
  if (!(flag instanceof IntegerType)) throw parser.operationError(`expects an integer to branch by, found ${flag}`);
  do {
    const at = parser.offset;
    const value = parser.parseInteger();
    if (value >= 1n << BigInt(flag.width) || value < -(1n << BigInt(Math.max(0, flag.width - 1))))
      throw parser.error(`${value} does not fit ${flag}`, at);
    numbers.push(BigInt.asIntN(flag.width, value));
    parser.expect(":", "behind the number of a case");
    targets.push(parseTarget(parser));
  } while (parser.accept(","));
  return { numbers, targets };
}

/** What a switch is made of, as the state of an operation. */
export function switchState(
  parser: OperationParser,
  flag: Value,
  otherwise: Target,
  numbers: readonly bigint[],
  targets: readonly Target[],
) {
  const passed = targets.flatMap((target) => target.values);
  const segments = [1, otherwise.values.length, passed.length];
  const properties: [string, Attribute][] = [
    [
      "case_operand_segments",
      DenseArrayAttribute.get(
        i32,
        targets.map((target) => target.values.length),
      ),
    ],
    ["operandSegmentSizes", DenseArrayAttribute.get(i32, segments)],
  ];
  if (numbers.length > 0) properties.unshift(["case_values", caseValues(parser, flag.type, numbers)]);
  return {
    operands: [flag, ...otherwise.values, ...passed],
    properties,
    successors: [otherwise.block, ...targets.map((target) => target.block)],
  };
}

function caseValues(parser: OperationParser, flag: Type, numbers: readonly bigint[]): Attribute {
  const name = elementNameOf(flag);
  if (name === undefined) throw parser.operationError(`cannot hold case values of type ${flag}`);
  const data = allocateElements(name, numbers.length);
  for (const [position, value] of numbers.entries()) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[position] = value;
    else data[position] = name === "i1" ? Number(value & 1n) : Number(value);
  }
  return DenseElementsAttribute.get(VectorType.get([numbers.length], flag), data);
}

/** The numbers of a switch; empty where it has none. */
export function caseNumbers(operation: Operation): readonly bigint[] {
  const values = operation.attribute("case_values");
  return values instanceof DenseElementsAttribute ? Array.from(values.value.data, BigInt) : [];
}

/** The values passed to the default and to each case. */
export function targetOperands(operation: Operation): {
  readonly otherwise: readonly Value[];
  readonly cases: readonly (readonly Value[])[];
} {
  const numbers = (name: string) => {
    const attribute = operation.attribute(name);
    return attribute instanceof DenseArrayAttribute ? attribute.numbers : [];
  };
  const [, count = 0] = numbers("operandSegmentSizes");
  let start = 1 + count;
  const cases = numbers("case_operand_segments").map((length) => {
    const values = operation.operands.slice(start, start + length);
    start += length;
    return values;
  });
  return { otherwise: operation.operands.slice(1, 1 + count), cases };
}

/** Prints the cases, one per line. */
export function printCases(operation: Operation, printer: OperationPrinter): void {
  const { cases } = targetOperands(operation);
  for (const [position, value] of caseNumbers(operation).entries()) {
    if (position > 0) printer.write(",");
    printer.indented(() => {
      printer.newline();
      printer.write(`${value}: `);
      printTarget(printer, operation.successors[position + 1], cases[position] ?? []);
    });
  }
}

/** How many values the cases take according to case_operand_segments. */
function statedOperands(operation: Operation): number {
  const attribute = operation.attribute("case_operand_segments");
  return attribute instanceof DenseArrayAttribute ? attribute.numbers.reduce((sum, count) => sum + count, 0) : 0;
}

/** Reports where numbers, blocks and passed values disagree. */
export function checkSwitch(
  operation: Operation,
  check: (block: Block, values: readonly Value[]) => void,
  report: (message: string) => void,
): void {
  const { otherwise, cases } = targetOperands(operation);
  const [first, ...blocks] = operation.successors;
  const numbers = caseNumbers(operation);
  if (numbers.length !== blocks.length) {
    report(`has ${numbers.length} case values for ${blocks.length} blocks`);
    return;
  }
  const segments = operation.attribute("operandSegmentSizes");
  const passed = segments instanceof DenseArrayAttribute ? segments.numbers[2] : undefined;
  const stated = cases.length === 0 ? 0 : statedOperands(operation);
  if (passed !== stated) {
    report(`passes ${passed} values to its cases, but case_operand_segments adds up to ${stated}`);
    return;
  }
  if (cases.length !== blocks.length) {
    report(`has ${cases.length} entries in case_operand_segments for ${blocks.length} blocks`);
    return;
  }
  const values = operation.attribute("case_values");
  const flag = operation.operand(0).type;
  if (values instanceof DenseElementsAttribute && values.type.element !== flag)
    report(`expects case values of type ${flag}, found ${values.type.element}`);
  if (first !== undefined) check(first, otherwise);
  for (const [position, block] of blocks.entries()) check(block, cases[position] ?? []);
}
