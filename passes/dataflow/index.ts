/** The dataflow framework: declare an analysis with one of four kinds, solve it, ask for facts. See docs/dataflow.md. */
export { constantPropagation, dataflow, integerRangeAnalysis, livenessAnalysis } from "./analysis.ts";
export { type ConstantFact, constants } from "./constants.ts";
export { type DenseBackwardOptions, denseBackward } from "./dense-backward.ts";
export { type DenseForwardOptions, denseForward } from "./dense-forward.ts";
export { integerRanges, type RangeFact } from "./integer-ranges.ts";
export { type LastWriters, lastWriters, type Writer, writersOf } from "./last-writers.ts";
export { flatLattice, type Lattice, setLattice } from "./lattice.ts";
export { liveness } from "./liveness.ts";
export { type DataflowAnalysis, type Point, Solution, type SolveOptions, Solver, solve } from "./solver.ts";
export { type SparseBackwardOptions, sparseBackward } from "./sparse-backward.ts";
export { type FactQuery, type SparseForwardOptions, sparseForward } from "./sparse-forward.ts";
