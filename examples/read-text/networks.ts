/**
 * The three networks compiled for a device: what `main.ts` runs on. This is the only file of the text reader that knows the
 * compiler.
 */
import { join } from "node:path";
import { type CompiledNetwork, compile, type LevelReport, lowerTo } from "../../compiler/index.ts";
import { modelPath } from "./models.ts";
import type { Network, NetworkFactory, NetworkName, NetworkReport } from "./network.ts";
import { inputName } from "./network.ts";

export const deviceNames = ["auto", "cpu", "ane", "ane-virtual"] as const;
export type DeviceName = (typeof deviceNames)[number];

export interface NetworkOptions {
  /** False takes WebAssembly for the host's code although LLVM is there (`--no-llvm`). */
  readonly llvm: boolean;
  /** The folder under which the IR of each level is written. */
  readonly irFolder: string;
  /** Told what is being done, for work that takes long. */
  readonly progress: (message: string) => void;
}

/** The networks of one device, compiled when first asked for. */
export interface DeviceNetworks {
  /** What was picked and with what, for people, e.g. `cpu (LLVM 19.1)`. */
  readonly device: string;
  readonly open: NetworkFactory;
  /** One for each network and shape opened so far, in that order. */
  reports(): readonly NetworkReport[];
  close(): void | Promise<void>;
}

/** Opens a device. @throws when the machine does not have it; the message offers the alternatives. */
export type OpenNetworks = (device: DeviceName, options: NetworkOptions) => DeviceNetworks | Promise<DeviceNetworks>;

interface Opened {
  readonly network: NetworkName;
  readonly inputShape: readonly number[];
  readonly compiled: CompiledNetwork;
  readonly engineLevels: readonly LevelReport[];
  readonly irPath: string;
  runs: number;
  milliseconds: number;
}

export const networks: OpenNetworks = async (device, { llvm, irFolder, progress }) => {
  const opened = new Map<string, Promise<Opened>>();
  const finished: Opened[] = [];
  const compileOne = async (network: NetworkName, inputShape: readonly number[]): Promise<Opened> => {
    const shapeText = inputShape.join("x");
    const irPath = join(irFolder, llvm ? device : `${device}-wasm`, `${network}-${shapeText}`);
    const shapes = { [inputName]: inputShape };
    const onProgress = (step: string) => progress(`${network} ${shapeText}: ${step}`);
    const compiled = await compile(modelPath(network), { device, llvm, shapes, irFolder: irPath, onProgress });
    // The engine's program of the same network, to show what a Mac's engine would be given.
    const engine = lowerTo(modelPath(network), "mil", {
      route: "ane",
      shapes,
      irFolder: join(irPath, "engine"),
      onProgress,
    });
    const made = {
      network,
      inputShape,
      compiled,
      engineLevels: engine.levels,
      irPath,
      runs: 0,
      milliseconds: Number.POSITIVE_INFINITY,
    };
    finished.push(made);
    return made;
  };
  const openOne = (network: NetworkName, inputShape: readonly number[]): Promise<Opened> => {
    const key = `${network} ${inputShape.join("x")}`;
    const known = opened.get(key) ?? compileOne(network, inputShape);
    opened.set(key, known);
    return known;
  };
  const open: NetworkFactory = async (network, inputShape): Promise<Network> => {
    const made = await openOne(network, inputShape);
    return {
      run: (inputs) => {
        const start = performance.now();
        const outputs = made.compiled.program.run(inputs);
        made.runs++;
        made.milliseconds = Math.min(made.milliseconds, performance.now() - start);
        for (const overflow of made.compiled.overflows()) progress(`${network}: ${overflow}`);
        return outputs;
      },
    };
  };
  // The classifier has one shape; compiling it first tells what `auto` picked.
  const first = await openOne("classifier", [1, 3, 48, 192]);
  return {
    device: first.compiled.program.device,
    open,
    reports: () => finished.filter(({ runs }) => runs > 0).map(reportOf),
    close: () => {
      for (const { compiled } of finished) compiled[Symbol.dispose]();
    },
  };
};

function reportOf({ network, inputShape, compiled, engineLevels, irPath, runs, milliseconds }: Opened): NetworkReport {
  const engineOnly = engineLevels.filter(({ level }) => level === "ane" || level === "mil");
  const own = compiled.levels.filter(({ level }) => level !== "ane");
  const upper = own.filter(({ level }) => level === "tensor" || level === "fused");
  const lower = own.filter(({ level }) => level !== "tensor" && level !== "fused");
  const tasks = engineLevels.find(({ level }) => level === "ane")?.tasks;
  return { network, inputShape, levels: [...upper, ...engineOnly, ...lower], tasks, runs, milliseconds, irPath };
}
