/**
 * Rules of the host: a task is a loop nest, and what works element by element on its result joins the nest's body, with any
 * number of further operands.
 */
import { refuse } from "../../ir/rewrite/pattern.ts";
import { type FusionRule, type FusionRules, isPointwise, sameShape, shapeText } from "./rules.ts";

const epilogue: FusionRule = {
  name: "pointwise-epilogue",
  doc: "Bias, activation, residual and other elementwise ops join the task whose result they work on, if their result has its shape.",
  joins: "consumer",
  judge: ({ operation, value }) => {
    if (!isPointwise(operation)) return undefined;
    const [result] = operation.results;
    if (result === undefined || sameShape(result, value)) return true;
    return refuse(
      `its result has the shape ${shapeText(result)}, that of the task ${shapeText(value)}: it would be computed again and again`,
    );
  },
};

const prologue: FusionRule = {
  name: "pointwise-prologue",
  doc: "Elementwise ops join the reduction, softmax or norm that alone uses their result, which reads each element once or a few times.",
  joins: "producer",
  judge: ({ operation, anchor, value }) => {
    if (!isPointwise(operation)) return undefined;
    if (anchor === "reduce" || anchor === "softmax" || anchor === "norm") return true;
    if (anchor === "conv2d" || anchor === "matmul" || anchor === "pool") {
      return refuse(`${anchor} reads each element of ${shapeText(value)} many times, and it would be computed at each`);
    }
    return undefined;
  },
};

export const cpuRules: FusionRules = { device: "cpu", rules: [epilogue, prologue], attention: false };
