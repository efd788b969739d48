/** From values to memory. */
export { arenaLowerBound, type BufferLife, planArena } from "./arena-plan.ts";
export { bufferize } from "./bufferize.ts";
