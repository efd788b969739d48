/**
 * The devices that a program can run on, what this machine has of them, and the choice that `auto` makes. Asking for a device
 * that is not there is an error that offers the others.
 */
import { defaultTarget, isTargetName, targetOfChip } from "../dialects/ane/index.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { namedDriver } from "../runtime/devices/ane/drivers.ts";
import { chipName, engineAvailability, engineStatus, hostArchitecture } from "../runtime/devices/ane/status.ts";
import { hostCpu } from "../runtime/devices/host-cpu.ts";
import { describeLlvmSearch, findLlvm } from "../runtime/ffi/llvm-library.ts";

export const deviceNames = ["auto", "cpu", "ane", "ane-virtual"] as const;
export type DeviceName = (typeof deviceNames)[number];
export type ConcreteDevice = Exclude<DeviceName, "auto">;

/** One row of `anemone devices`. */
export interface DeviceDescription {
  readonly name: ConcreteDevice;
  readonly available: boolean;
  readonly summary: string;
  readonly details: readonly string[];
}

export function describeDevices(): readonly DeviceDescription[] {
  const search = findLlvm();
  const cpu = hostCpu(search.library?.host.features);
  const generator =
    search.library === undefined
      ? "WebAssembly (no libLLVM 15 or newer was found)"
      : `machine code by LLVM ${search.library.version}; WebAssembly with --no-llvm`;
  const engine = engineStatus();
  return [
    {
      name: "cpu",
      available: true,
      summary: `${cpu.model}, ${cpu.cores} cores, ${cpu.vectorSet} (${cpu.vectorBytes}-byte vectors): ${generator}`,
      details: describeLlvmSearch(search),
    },
    { name: "ane", available: engine.available, summary: engine.summary, details: engine.details },
    {
      name: "ane-virtual",
      available: true,
      summary: "the engine's program with its fp16 storage and overflow rules, run on the host CPU",
      details: [],
    },
  ];
}

/** The device to use; `auto` takes the engine where there is one. */
export function chooseDevice(wanted: DeviceName): ConcreteDevice {
  if (!deviceNames.includes(wanted)) {
    throw new DiagnosticError(`there is no device '${wanted}': use ${deviceNames.join(", ")}`);
  }
  // Nothing is looked for that is not asked for.
  if (wanted === "cpu" || wanted === "ane-virtual") return wanted;
  // A misspelt name is said on machines without an engine too.
  namedDriver();
  const engine = engineAvailability();
  if (wanted === "auto") return engine.available ? "ane" : "cpu";
  if (!engine.available) {
    throw new DiagnosticError(`the device 'ane' is not available: ${engine.summary}`, {
      notes: [{ message: "use --device=ane-virtual for its numerics on this machine, or --device=cpu" }],
    });
  }
  return wanted;
}

/**
 * The target that this machine's engine is: what the framework says, else what is known of the chip's name (`Apple M4 Pro`).
 * Undefined where neither tells.
 */
export function hostTarget(
  architecture: string | undefined = hostArchitecture(),
  chip: string = chipName(),
): string | undefined {
  if (architecture !== undefined && isTargetName(architecture)) return architecture;
  return targetOfChip(chip)?.name;
}

/** What programs for this machine's engine are laid out for where the user names no target. */
export function engineTarget(): string {
  return hostTarget() ?? defaultTarget;
}
