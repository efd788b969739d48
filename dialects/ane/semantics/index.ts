/** What tasks compute, for the evaluator and for lowering. */
export { evaluateProgram, evaluateTask } from "./evaluate.ts";
export { EngineSteps, type Wide } from "./steps.ts";
export { expandTask } from "./tasks.ts";
