/**
 * The 28 engines that Apple's compiler knows, with the limits that decide what they run. One row per target; what a
 * generation has in common is stated once per generation. Sources, by section of the notes that the project keeps:
 * `aneforge.md` 5.1 (targets, cores, families), 5.3 and 2.4 (limits, first generation of an op), and the tables "Per-chip
 * numeric limits" and "compile-legal envelope" of the engine guide (sbryngelson/ane-guide, edition 2).
 */

/** Generations in order of capability. M11 and the unconstrained references count with the one whose limits they have. */
export type Generation = "legacy" | "A13" | "A14" | "A15" | "A16" | "A17" | "A18";

export interface Limits {
  /** Largest width and height. */
  readonly spatial: number;
  readonly depth: number;
  readonly channels: number;
  readonly batch: number;
  /** Widest convolution kernel with f16 weights (the package's measured guard: 14 is rejected on A13, 16 on A16). */
  readonly kernelWidth: number;
  readonly kernelHeight: number;
  /** Widest and highest average pooling window. */
  readonly poolWindow: number;
  /** Longest axis of a transposition. */
  readonly transpose: number;
  /** Resizing, reflected padding and other sampling in hardware. */
  readonly texture: boolean;
  /** MIL text is accepted (the compiler: "MIL is only supported for H13+ ANE architectures"). */
  readonly mil: boolean;
}

const common = { channels: 65536, mil: true } as const;
const limitsOf: Record<Generation, Limits> = {
  legacy: {
    ...common,
    spatial: 16384,
    depth: 1,
    batch: 4096,
    kernelWidth: 13,
    kernelHeight: 29,
    poolWindow: 29,
    transpose: 0,
    texture: false,
    mil: false,
  },
  A13: {
    ...common,
    spatial: 16384,
    depth: 16384,
    batch: 65536,
    kernelWidth: 13,
    kernelHeight: 29,
    poolWindow: 29,
    transpose: 16384,
    texture: false,
  },
  A14: {
    ...common,
    spatial: 16384,
    depth: 16384,
    batch: 65536,
    kernelWidth: 13,
    kernelHeight: 32,
    poolWindow: 31,
    transpose: 16384,
    texture: true,
  },
  A15: {
    ...common,
    spatial: 16384,
    depth: 16384,
    batch: 65536,
    kernelWidth: 13,
    kernelHeight: 32,
    poolWindow: 31,
    transpose: 16384,
    texture: true,
  },
  A16: {
    ...common,
    spatial: 65536,
    depth: 65536,
    batch: 65536,
    kernelWidth: 15,
    kernelHeight: 32,
    poolWindow: 31,
    transpose: 65536,
    texture: true,
  },
  A17: {
    ...common,
    spatial: 65536,
    depth: 65536,
    batch: 65536,
    kernelWidth: 15,
    kernelHeight: 32,
    poolWindow: 31,
    transpose: 65536,
    texture: true,
  },
  A18: {
    ...common,
    spatial: 65536,
    depth: 65536,
    batch: 65536,
    kernelWidth: 15,
    kernelHeight: 32,
    poolWindow: 31,
    transpose: 65536,
    texture: true,
  },
};

export interface Target {
  readonly name: string;
  readonly generation: Generation;
  /** Neural-engine cores as the compiler counts them (hardware abstraction field 0x238), not as advertised. */
  readonly cores: number;
  /** Macs (or other devices) with this engine. */
  readonly machine: string;
  readonly limits: Limits;
}

function target(
  name: string,
  generation: Generation,
  cores: number,
  machine: string,
  limits: Partial<Limits> = {},
): Target {
  return { name, generation, cores, machine, limits: { ...limitsOf[generation], ...limits } };
}

/** Not silicon: the compiler's reference without limits (dimensions 65535, kernels 1023 wide, depth 1). */
const unconstrained: Partial<Limits> = {
  spatial: 65535,
  depth: 1,
  channels: 65535,
  batch: 65535,
  kernelWidth: 1023,
  kernelHeight: 1023,
};

export const targets: readonly Target[] = [
  target("h11", "legacy", 2, "A11"),
  target("h12", "legacy", 4, "A12"),
  target("m9", "legacy", 1, "small embedded"),
  target("t0", "legacy", 4, "reference before A13"),
  target("h13", "A13", 4, "M1"),
  target("h13g", "A13", 8, "M1 Pro, Max, Ultra"),
  target("t1", "A13", 4, "reference A13"),
  target("h14", "A14", 4, "M2"),
  target("h14g", "A14", 8, "M2 Pro, Max, Ultra"),
  target("h14c", "A14", 32, "M2, Max class"),
  target("h15", "A15", 4, "M3"),
  target("h15g", "A15", 8, "M3 Pro, Max, Ultra"),
  target("h15c", "A15", 32, "M3, Max class"),
  target("h16", "A16", 4, "M4"),
  target("h16g", "A16", 8, "M4 Pro, Max"),
  target("h16s", "A16", 16, "M4, Pro class"),
  target("h16c", "A16", 32, "M4, Max class"),
  target("h17", "A17", 4, "M5"),
  target("h17a", "A17", 4, "M5, variant"),
  target("h17g", "A17", 8, "M5, second class"),
  target("h17s", "A17", 16, "M5 Pro, Max"),
  target("h17c", "A17", 32, "M5, Max class"),
  target("h17d", "A17", 64, "M5, Ultra class"),
  target("h18", "A18", 4, "A18"),
  target("m11", "A15", 1, "small embedded"),
  target("u1", "A18", 4, "reference without limits", unconstrained),
  target("u2", "A18", 4, "reference without limits", unconstrained),
  target("u3", "A18", 4, "reference without limits", unconstrained),
];

export const targetNames: readonly string[] = targets.map(({ name }) => name);
/** What is compiled for unless something else is asked for. */
export const defaultTarget = "h16s";

const byName: ReadonlyMap<string, Target> = new Map(targets.map((each) => [each.name, each]));

export function isTargetName(name: string): boolean {
  return byName.has(name);
}

/** The target of this name in any case. Throws an Error that lists the known ones. */
export function targetOf(name: string): Target {
  const found = byName.get(name.toLowerCase());
  if (found === undefined) throw new Error(`there is no engine target '${name}': known are ${targetNames.join(", ")}`);
  return found;
}

/** The target that a Mac's chip has, `M4 Pro` in any spelling (`m4-pro`); undefined for chips that are not known. */
export function targetOfChip(chip: string): Target | undefined {
  const [, generation, variant = ""] = /\bM(\d+)(?:[ -]?(Pro|Max|Ultra))?(?!\w)/i.exec(chip) ?? [];
  if (generation === undefined) return undefined;
  const name = `M${generation}`;
  const exact = variant === "" ? targets.find(({ machine }) => machine === name) : undefined;
  const isVariant = ({ machine }: Target) =>
    /^M\d+[ ,]/.test(machine) && machine.startsWith(name) && machine.toLowerCase().includes(variant.toLowerCase());
  return exact ?? targets.find(isVariant) ?? targets.find(({ machine }) => machine.startsWith(name));
}

const order: readonly Generation[] = ["legacy", "A13", "A14", "A15", "A16", "A17", "A18"];

/** Whether a target is of `generation` or a later one. */
export function isSince(target: Target, generation: Generation): boolean {
  return order.indexOf(target.generation) >= order.indexOf(generation);
}
