/**
 * What the text reader asks of a neural network: tensors in, tensors out, by name. Who runs it (our compiler on some
 * device, ONNX Runtime in a test) is the business of the factory that makes it. Networks are compiled for static shapes, so
 * the reader asks for few shapes ("buckets") and keeps what it got.
 */
import type { TensorData } from "../../ir/tensor-data.ts";

export type NetworkName = "detector" | "classifier" | "recogniser";

/** The one input of each of the three networks: f32, [1, 3, height, width]. */
export const inputName = "x";

/** A network specialised to one input shape. */
export interface Network {
  run(inputs: Record<string, TensorData>): Promise<Record<string, TensorData>> | Record<string, TensorData>;
}

/** Makes the network for one input shape, [1, 3, height, width]; called once per name and shape. */
export type NetworkFactory = (network: NetworkName, inputShape: readonly number[]) => Network | Promise<Network>;

/** What the reader shows of one compiled network. */
export interface NetworkReport {
  readonly network: NetworkName;
  /** The specialised input shape. */
  readonly inputShape: readonly number[];
  /** Operations at each level, in the order of lowering, e.g. `{ level: "tensor", operations: 214 }`. */
  readonly levels: readonly { readonly level: string; readonly operations: number }[];
  /** Tasks on the engine; `undefined` where the network has no engine program. */
  readonly tasks: number | undefined;
  readonly runs: number;
  /** Wall time of the fastest run measured here, in milliseconds. */
  readonly milliseconds: number;
  /** The folder that holds the IR of each level; `undefined` when it was not written. */
  readonly irPath: string | undefined;
}

/** Keeps the networks that a factory made, by name and shape, and runs them on one picture tensor. */
export class NetworkCache {
  readonly #factory: NetworkFactory;
  readonly #networks = new Map<string, Promise<Network>>();

  constructor(factory: NetworkFactory) {
    this.#factory = factory;
  }

  /** Runs the network specialised to `input`'s shape and returns its only output. */
  async run(name: NetworkName, input: TensorData): Promise<TensorData> {
    const key = `${name} ${input.shape.join("x")}`;
    let network = this.#networks.get(key);
    if (!network) {
      network = Promise.resolve(this.#factory(name, input.shape));
      this.#networks.set(key, network);
    }
    const outputs = Object.values(await (await network).run({ [inputName]: input }));
    const [output] = outputs;
    if (!output || outputs.length !== 1) throw new Error(`the ${name} returned ${outputs.length} outputs, expected 1`);
    return output;
  }
}
