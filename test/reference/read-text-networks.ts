/** The text reader's three networks by ONNX Runtime, behind the interface that the reader takes: what the tests compare devices with. */

import { modelPath } from "../../examples/read-text/models.ts";
import type { NetworkName } from "../../examples/read-text/network.ts";
import type { DeviceNetworks } from "../../examples/read-text/networks.ts";
import { openReference, type ReferenceModel } from "./onnxruntime.ts";

/** Opens the networks; the same model serves every shape. Close them when done. */
export function openReferenceNetworks(): DeviceNetworks {
  const models = new Map<NetworkName, Promise<ReferenceModel>>();
  const openModel = (network: NetworkName): Promise<ReferenceModel> => {
    const opened = models.get(network) ?? openReference(modelPath(network), { threads: 2 });
    models.set(network, opened);
    return opened;
  };
  return {
    device: "ONNX Runtime",
    open: openModel,
    reports: () => [],
    async close() {
      for (const model of models.values()) await (await model).close();
    },
  };
}
