/**
 * The levels of a program and the named pipelines between them, per device. A level is recognised by the operations in a
 * module, so that any dump can be taken up where it was written. Pipelines are text: `anemone opt` runs the same.
 */
import { isCompressedConstant } from "../dialects/ane/index.ts";
import type { Operation } from "../ir/operation.ts";
import { MemRefType } from "../ir/types.ts";

/** From what is computed down to what runs. `ane` and `mil` are the engine's; the others lead to host code. */
export const levels = ["tensor", "fused", "ane", "mil", "linalg", "buffers", "loops", "llvm"] as const;
export type Level = (typeof levels)[number];

/** What a program is compiled for. */
export type Route = "cpu" | "ane" | "ane-virtual";

/** One step down: the passes that lead to `level`. */
export interface LevelStep {
  readonly level: Level;
  readonly pipeline: string;
}

export interface PipelineSettings {
  /** Bytes of a vector register. */
  readonly vectorBytes: number;
  /** Vector registers that a register tile may use. */
  readonly vectorRegisters: number;
  /** Whether the machine multiplies and adds with one rounding. */
  readonly fusedMultiplyAdd: boolean;
  /** The engine's chip, for example `h16s`. */
  readonly target: string;
  /** How the engine's program reaches it: `e5rt` or `objc`. */
  readonly milRoute: string;
  /** The pass that compresses the engine's weights, if they are to be. */
  readonly compression?: string;
}

const tensorPipeline = "canonicalize,constant-fold,fold-batch-norm,canonicalize,constant-fold,cse,dce";

/** The engine's weights are part of its program: what is computed from constants is computed now, whatever its size. */
const engineWeights = "constant-fold{max-elements=268435456},cse,dce";

function hostSteps(settings: PipelineSettings): readonly LevelStep[] {
  const { vectorBytes, vectorRegisters, fusedMultiplyAdd } = settings;
  return [
    { level: "buffers", pipeline: "bufferize" },
    {
      level: "loops",
      pipeline: `vectorize{vector-bytes=${vectorBytes} registers=${vectorRegisters}},linalg-to-loops,outline-kernels,expand-math{fma=${fusedMultiplyAdd}},canonicalize,cse`,
    },
  ];
}

const linalgCleanup =
  "canonicalize,cse,linalg-fuse-elementwise,linalg-collapse-dimensions,linalg-transpose-operands,canonicalize,cse,dce";

/** What every MIL program goes through on its way to an engine: workarounds, then the rules of the route to it. */
export function milPipeline({ target, milRoute }: Pick<PipelineSettings, "target" | "milRoute">): string {
  const options = `{route=${milRoute} target=${target}}`;
  return `mil-workarounds${options},check-mil-rules${options}`;
}

/** The steps from the tensor level to the last one of a route (`llvm` is added for machine code by `cpu` and `ane-virtual`). */
export function stepsOf(route: Route, settings: PipelineSettings): readonly LevelStep[] {
  const { target, compression } = settings;
  const toEngine = [`fused-to-ane{target=${target}}`, ...(compression === undefined ? [] : [compression])].join(",");
  const llvm: LevelStep = { level: "llvm", pipeline: "loops-to-llvm" };
  switch (route) {
    case "cpu":
      return [
        { level: "tensor", pipeline: `${tensorPipeline},hoist-weights` },
        { level: "fused", pipeline: "tensor-to-fused{device=cpu}" },
        { level: "linalg", pipeline: `fused-to-linalg,${linalgCleanup}` },
        ...hostSteps(settings),
        llvm,
      ];
    case "ane":
      return [
        { level: "tensor", pipeline: `${tensorPipeline},${engineWeights}` },
        { level: "fused", pipeline: "tensor-to-fused{device=ane}" },
        { level: "ane", pipeline: toEngine },
        { level: "mil", pipeline: `ane-to-mil,${milPipeline(settings)}` },
      ];
    case "ane-virtual":
      return [
        { level: "tensor", pipeline: `${tensorPipeline},${engineWeights}` },
        { level: "fused", pipeline: "tensor-to-fused{device=ane}" },
        { level: "ane", pipeline: toEngine },
        { level: "linalg", pipeline: `ane-to-linalg,${linalgCleanup}` },
        ...hostSteps(settings),
        llvm,
      ];
  }
}

/** The level at which a module stands: that of its lowest operation. */
export function levelOf(module: Operation): Level {
  const dialects = new Set<string>();
  let linalgOnBuffers = false;
  let buffers = false;
  module.walk((operation) => {
    const name = operation.name.slice(0, operation.name.indexOf("."));
    dialects.add(name);
    // Parameters count as well: a function whose outputs are all empty does nothing with them.
    const parameters = operation.regions.flatMap((region) => region.entry?.arguments ?? []);
    if ([...operation.operands, ...parameters].some((value) => value.type instanceof MemRefType)) {
      buffers = true;
      if (name === "linalg") linalgOnBuffers = true;
    }
  });
  if (dialects.has("llvm")) return "llvm";
  if (dialects.has("mil")) return "mil";
  if (dialects.has("ane")) return "ane";
  if (linalgOnBuffers) return "buffers";
  if (buffers) return "loops";
  if (dialects.has("linalg")) return "linalg";
  return dialects.has("fused") ? "fused" : "tensor";
}

/** What passes may rely on ("bufferised", …) in a module that stands at a level. */
export function propertiesOf(level: Level): readonly string[] {
  switch (level) {
    case "linalg":
      return ["linalg"];
    case "buffers":
      return ["linalg", "bufferised"];
    case "loops":
      return ["linalg", "bufferised", "loops"];
    default:
      return [];
  }
}

/** The number of operations inside a module, constants and function frames included. */
export function operationCount(module: Operation): number {
  let count = -1;
  module.walk(() => {
    count++;
  });
  return count;
}

/** The tasks in a module's engine programs: each operation but constants and the return is one. */
export function taskCount(module: Operation): number {
  let count = 0;
  module.walk((operation) => {
    const inProgram = operation.parentOperation?.name === "ane.program";
    const isConstant = operation.name === "ane.constant" || isCompressedConstant(operation);
    if (inProgram && !isConstant && !operation.definition?.hasTrait("Terminator")) count++;
  });
  return count;
}
