/** `anemone devices`: what this machine can run programs on, and which libraries were looked for and found. */
import { describeDevices } from "../../compiler/devices.ts";

export function devicesCommand(options: { readonly json?: boolean }): void {
  const devices = describeDevices();
  if (options.json) {
    console.log(JSON.stringify({ devices }, undefined, 2));
    return;
  }
  for (const device of devices) {
    console.log(`${device.name.padEnd(12)} ${device.available ? "yes" : "no "}  ${device.summary}`);
    for (const line of device.details) console.log(`                  ${line}`);
  }
}
