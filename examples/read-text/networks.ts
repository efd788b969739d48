/**
 * The three networks compiled for a device: what `main.ts` runs on. This is the only file of the text reader that knows the
 * compiler.
 */
import type { NetworkFactory, NetworkReport } from "./network.ts";

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

export const networks: OpenNetworks = (device) => {
  throw new Error(`no compiler is connected for the device '${device}'`);
};
