/**
 * The lazy TypeScript graph API: `input`, `constant`, functions, and the same functions as methods.
 *
 *     const x = input("x", [1, 3, 32, 32]);
 *     const y = x.conv2d(w, { padding: 1, bias }).relu().maxPool2d({ kernel: 2 });
 */
import * as functions from "./functions.ts";
import { LazyTensor } from "./tensor.ts";

export * from "./functions.ts";
export { apply, applyAll, constant, graphModule, input, LazyTensor, type TensorLike } from "./tensor.ts";

/** A function on a tensor without its first argument. */
type Method<F> = F extends (first: LazyTensor, ...rest: infer R) => infer O ? (...rest: R) => O : never;
/** All functions but those that do not start from one tensor. */
type Methods = { readonly [K in Exclude<keyof typeof functions, "concat">]: Method<(typeof functions)[K]> };

declare module "./tensor.ts" {
  // Every function is a method too: one definition, two ways to write it.
  interface LazyTensor extends Methods {}
}

for (const [name, definition] of Object.entries(functions)) {
  if (name === "concat") continue;
  Object.defineProperty(LazyTensor.prototype, name, {
    value(this: LazyTensor, ...rest: readonly unknown[]): unknown {
      return Reflect.apply(definition, undefined, [this, ...rest]);
    },
  });
}
