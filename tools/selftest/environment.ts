/** The machine that a report comes from: system, chip, frameworks and symbols found. Nothing that names a person or a device. */
import { homedir, release, totalmem } from "node:os";
import { describeDevices, engineTarget, hostTarget } from "../../compiler/devices.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import packageJson from "../../package.json" with { type: "json" };
import { driverFaults } from "../../runtime/devices/ane/drivers.ts";
import { chipName, compilerIdentity } from "../../runtime/devices/ane/status.ts";
import { findAppleNeuralEngine } from "../../runtime/ffi/apple-neural-engine.ts";
import { espressoFunctions } from "../../runtime/ffi/espresso-signatures.ts";
import { uncertainArguments } from "../../runtime/ffi/foreign-table.ts";
import { messageTable } from "../../runtime/ffi/objc-signatures.ts";
import type { Json } from "./check.ts";

export interface Environment {
  readonly anemone: string;
  readonly bun: string;
  readonly platform: string;
  readonly system: { readonly build: string; readonly kernel: string; readonly espresso: string };
  readonly chip: string;
  readonly memoryGigabytes: number;
  /** The engine's name in the compiler's words, and whether the machine said so. */
  readonly target: string;
  readonly isTargetKnown: boolean;
  readonly engine: { readonly [key: string]: Json } | null;
  /** Why a driver cannot be used; null where it can. */
  readonly drivers: { readonly [name: string]: string | null };
  /** What was looked for and found. */
  readonly details: readonly string[];
  /** Arguments that sources disagree on: a run that succeeds settles them. */
  readonly uncertain: readonly string[];
}

export function collectEnvironment(): Environment {
  const { engine } = findAppleNeuralEngine();
  const identity = compilerIdentity();
  const drivers = Object.entries(driverFaults()).map(([name, fault]) => [name, fault ?? null] as const);
  const details = describeDevices().flatMap(({ name, summary, details }) => [
    `${name}: ${summary}`,
    ...details.map((line) => `  ${line}`),
  ]);
  return {
    anemone: packageJson.version,
    bun: Bun.version,
    platform: `${process.platform} ${process.arch}`,
    system: { build: identity.systemBuild, kernel: release(), espresso: identity.frameworkVersion },
    chip: chipName(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    target: engineTarget(),
    isTargetKnown: hostTarget() !== undefined,
    engine: engine === undefined ? null : describeEngine(() => engine.deviceInfo()),
    drivers: Object.fromEntries(drivers),
    details: details.map(withoutHome),
    uncertain: [...uncertainArguments(espressoFunctions), ...uncertainArguments(messageTable)].map(
      ({ name, parameter, readings }) =>
        `${name}, ${parameter}: ${readings.map(({ reading }) => reading).join(" or ")}`,
    ),
  };
}

function describeEngine(ask: () => object): { readonly [key: string]: Json } {
  try {
    return Object.fromEntries(
      Object.entries(ask()).map(([key, value]) => [key, typeof value === "object" ? null : value]),
    );
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** A report is sent to others: the user's name stays out. */
export function withoutHome(text: string): string {
  const home = homedir();
  return home.length > 1 ? text.replaceAll(home, "~") : text;
}
