/** From structured operations on buffers to loop nests and kernels. */
export { linalgToLoops } from "./linalg-to-loops.ts";
export { outlineKernels } from "./outline-kernels.ts";
export { chooseSchedule, type Schedule, type VectorTarget } from "./schedule/schedule.ts";
export { vectorize } from "./vectorize.ts";
