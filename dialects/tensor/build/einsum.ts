/**
 * Einsum by transpose, reduce and matmul. The first operand is brought to the letters that are still needed; each further
 * one is then multiplied in: shared letters that stay are batch dimensions, shared letters that end are summed by the
 * product, and letters of one side only are rows or columns.
 */
import * as tensor from "../ops.ts";
import {
  ascending,
  broadcastTo,
  elementOf,
  numbers,
  product,
  reshape,
  type Steps,
  scalar,
  shapeOf,
  type TensorValue,
  transpose,
} from "./steps.ts";

/** A value with one letter per dimension. The dimensions behind `...` have upper-case stand-ins from the end. */
interface Term {
  readonly value: TensorValue;
  readonly letters: readonly string[];
}

export function einsum(steps: Steps, equation: string, inputs: readonly TensorValue[]): TensorValue {
  const { operands, output } = parseEquation(steps, equation, inputs);
  const sizes = letterSizes(steps, operands);
  const terms = operands.map((term) => diagonal(steps, term, sizes));
  const [first, ...rest] = terms;
  if (first === undefined) throw steps.error("has no inputs");
  let result = first;
  for (const [index, term] of rest.entries()) {
    const needed = new Set([...output, ...rest.slice(index + 1).flatMap(({ letters }) => letters)]);
    result = contract(
      steps,
      keep(steps, result, new Set([...needed, ...term.letters])),
      keep(steps, term, new Set([...needed, ...result.letters])),
      needed,
      sizes,
    );
  }
  const summed = keep(steps, result, new Set(output));
  const ordered = transpose(
    steps,
    summed.value,
    output.map((letter) => summed.letters.indexOf(letter)),
  );
  return ordered;
}

function parseEquation(steps: Steps, equation: string, inputs: readonly TensorValue[]) {
  const [left = "", right, ...more] = equation.replaceAll(/\s/g, "").split("->");
  const sides = left.split(",");
  const wellFormed = (text: string) => /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(text);
  if (more.length > 0 || !sides.every(wellFormed) || (right !== undefined && !wellFormed(right))) {
    throw steps.error(`cannot read the equation "${equation}"`);
  }
  if (sides.length !== inputs.length)
    throw steps.error(`"${equation}" has ${sides.length} operands, but there are ${inputs.length}`);
  const hidden = sides.map((text, position) =>
    text.includes("...") ? inputs[position]!.type.rank - text.length + 3 : 0,
  );
  const most = Math.max(0, ...hidden);
  /** Letters, the ellipsis spelled out as its last `count` dimensions. */
  const spell = (text: string, count: number) => {
    const [before = "", after] = text.split("...");
    if (after === undefined) return [...before];
    return [...before, ...ascending(count, most - count).map((index) => `…${index}`), ...after];
  };
  const operands = inputs.map((value, position): Term => {
    const letters = hidden[position]! < 0 ? [] : spell(sides[position]!, hidden[position]!);
    if (letters.length !== value.type.rank) {
      throw steps.error(`"${sides[position]}" of "${equation}" does not fit ${value.type}`);
    }
    return { value, letters };
  });
  const all = operands.flatMap(({ letters }) => letters);
  // Without "->" the result has the letters that occur once, in order of the alphabet, behind the ellipsis.
  const once = [...new Set(all)]
    .filter((letter) => !letter.startsWith("…") && all.indexOf(letter) === all.lastIndexOf(letter))
    .sort();
  const output = right === undefined ? [...ascending(most).map((index) => `…${index}`), ...once] : spell(right, most);
  const unknown = output.find((letter) => !all.includes(letter));
  if (unknown !== undefined || new Set(output).size !== output.length) {
    throw steps.error(`the result of "${equation}" must name letters of its operands, each once`);
  }
  return { operands, output };
}

/** The size of each letter; a size of 1 broadcasts. */
function letterSizes(steps: Steps, operands: readonly Term[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { value, letters } of operands) {
    for (const [axis, letter] of letters.entries()) {
      const size = shapeOf(value)[axis]!;
      const known = sizes.get(letter) ?? 1;
      if (known !== 1 && size !== 1 && known !== size)
        throw steps.error(`letter "${letter}" has the sizes ${known} and ${size}`);
      sizes.set(letter, size === 1 ? known : size);
    }
  }
  return sizes;
}

/** Removes repeated letters of one operand by taking the diagonal: a mask of equal positions, then a sum. */
function diagonal(steps: Steps, term: Term, sizes: ReadonlyMap<string, number>): Term {
  const repeated = term.letters.findIndex((letter, axis) => term.letters.indexOf(letter) !== axis);
  if (repeated < 0) return term;
  const letter = term.letters[repeated]!;
  const first = term.letters.indexOf(letter);
  const size = sizes.get(letter)!;
  const { rank } = term.value.type;
  const element = shapeOf(term.value);
  const whole = broadcastTo(
    steps,
    term.value,
    element.map((own, axis) => (axis === first || axis === repeated ? size : own)),
  );
  const positions = (axis: number) =>
    numbers(
      steps,
      ascending(size),
      "i64",
      ascending(rank).map((each) => (each === axis ? size : 1)),
    );
  const isEqual = steps.emit(tensor.equal, { lhs: positions(first), rhs: positions(repeated) });
  const masked = steps.emit(tensor.select, { condition: isEqual, lhs: whole, rhs: zeroLike(steps, whole) });
  const value = steps.emit(tensor.reduceSum, { input: masked, axes: [repeated], keep_dims: false });
  return diagonal(steps, { value, letters: term.letters.filter((_, axis) => axis !== repeated) }, sizes);
}

function zeroLike(steps: Steps, value: TensorValue): TensorValue {
  return scalar(steps, 0, elementOf(value));
}

/** Sums over the letters that nobody needs any more. */
function keep(steps: Steps, { value, letters }: Term, needed: ReadonlySet<string>): Term {
  const axes = letters.flatMap((letter, axis) => (needed.has(letter) ? [] : [axis]));
  if (axes.length === 0) return { value, letters };
  return {
    value: steps.emit(tensor.reduceSum, { input: value, axes, keep_dims: false }),
    letters: letters.filter((letter) => needed.has(letter)),
  };
}

/** The product of two terms, summed over the shared letters that nobody needs. */
function contract(
  steps: Steps,
  lhs: Term,
  rhs: Term,
  needed: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Term {
  const shared = lhs.letters.filter((letter) => rhs.letters.includes(letter));
  const batch = shared.filter((letter) => needed.has(letter));
  const inner = shared.filter((letter) => !needed.has(letter));
  const rows = lhs.letters.filter((letter) => !rhs.letters.includes(letter));
  const columns = rhs.letters.filter((letter) => !lhs.letters.includes(letter));
  const sizeOf = (letters: readonly string[]) => letters.map((letter) => sizes.get(letter)!);
  /** The term as [batch…, product of `second`, product of `third`]. */
  const arrange = ({ value, letters }: Term, second: readonly string[], third: readonly string[]) => {
    const order = [...batch, ...second, ...third];
    const moved = transpose(
      steps,
      value,
      order.map((letter) => letters.indexOf(letter)),
    );
    const full = broadcastTo(steps, moved, sizeOf(order));
    return reshape(steps, full, [...sizeOf(batch), product(sizeOf(second)), product(sizeOf(third))]);
  };
  const value = steps.emit(tensor.matmul, { lhs: arrange(lhs, rows, inner), rhs: arrange(rhs, inner, columns) });
  const letters = [...batch, ...rows, ...columns];
  return { value: reshape(steps, value, sizeOf(letters)), letters };
}
