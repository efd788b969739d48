/**
 * The linalg dialect: structured operations on tensors or buffers. `linalg.generic` (generic.ts) is a perfect loop nest in one
 * op: affine maps say which element of each operand a point of the iteration space touches, the region what to compute. The
 * named ops (named.ts) are such nests whose maps and regions follow from their names.
 */
import { generic, indexOperation, yieldOperation } from "./generic.ts";
import { namedOps } from "./named.ts";
import { shapedOps } from "./shaped-ops.ts";

export * from "./attributes.ts";
export * from "./generic.ts";
export * from "./named.ts";
export * from "./shaped-ops.ts";
export * from "./structure.ts";

export const linalgOps = [yieldOperation, indexOperation, generic, ...namedOps, ...shapedOps];
