/**
 * How far sums of products are from the exact ones, by their length, on N(0, 1) data: published for M5 (aneforge.md 5.6), and
 * about linear in the length. There is no right value: the measurement is the result.
 */
import * as ane from "../../dialects/ane/index.ts";
import type { Operation } from "../../ir/operation.ts";
import { engineModule } from "./engine-module.ts";
import { normal } from "./values.ts";

const columns = 16;
const rows = 4;

export interface RowErrorCase {
  readonly name: string;
  readonly length: number;
  readonly published: number;
  /** [rows, length] */
  readonly inputs: readonly number[];
  readonly module: (target: string) => Operation;
  /** The greatest error of results [rows, columns] over the greatest exact value. */
  readonly error: (found: readonly number[]) => number;
}

export function rowErrorCases(): RowErrorCase[] {
  const published = [
    [512, 0.0024],
    [1024, 0.0054],
    [2048, 0.012],
    [4096, 0.027],
  ] as const;
  return published.map(([length, figure]) => {
    const inputs = normal(rows * length, 11);
    const weights = normal(length * columns, 12);
    const exact = Array.from({ length: rows * columns }, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      let sum = 0;
      for (let k = 0; k < length; k++) sum += inputs[row * length + k]! * weights[k * columns + column]!;
      return sum;
    });
    const greatest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return {
      name: `sum.error_${length}`,
      length,
      published: figure,
      inputs,
      module: (target) =>
        engineModule(
          target,
          [{ name: "x", shape: [rows, length] }],
          ["y"],
          ({ builder, inputs: [x], surface, constant }) => [
            surface(builder.build(ane.matmul, { lhs: x!, rhs: constant([length, columns], weights) })),
          ],
        ),
      error: (found) =>
        exact.reduce((most, value, index) => Math.max(most, Math.abs(found[index]! - value)), 0) / greatest,
    };
  });
}
