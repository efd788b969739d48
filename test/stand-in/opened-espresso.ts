/** The stand-in for Espresso as the driver's tests use it, and why they skip where it cannot be built or run. */
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";
import { EspressoStandIn } from "./espresso.ts";

export interface OpenedStandIn {
  /** Why programs cannot run on it here; undefined where they can. */
  readonly reason: string | undefined;
  /** Only for tests that are skipped where there is a reason. */
  readonly standIn: EspressoStandIn;
  readonly isBuilt: boolean;
}

export function openStandIn(): OpenedStandIn {
  const opened = EspressoStandIn.open();
  if (typeof opened === "string") return { reason: opened, standIn: undefined!, isBuilt: false };
  const reason = findLlvm().library === undefined ? "there is no libLLVM" : undefined;
  return { reason, standIn: opened, isBuilt: true };
}
