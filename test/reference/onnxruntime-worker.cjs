/**
 * The Node side of the ONNX Runtime reference: reads requests from standard input, answers on standard output.
 * `onnxruntime-node` is a Node addon, so it runs here and not in the Bun process that asks.
 *
 * A frame, both ways: u32 LE byte length of the JSON header, f64 LE byte length of the payload, the header, the payload.
 * A header lists its tensors as `{ name, shape, type, bytes }`; their bytes follow one another in the payload.
 * Requests: `open` { model, path? | payload, optimise }, `run` { model, threads, tensors },
 * `measure` { model, threads, warmUp, runs, tensors }, `close` { model }. Each answer carries the request's `id` and either
 * `error` or its result.
 */
const runtime = require("onnxruntime-node");

// Only frames may go to standard output: anything a library prints is moved to standard error.
console.log = console.error;
console.info = console.error;

const prefixBytes = 12;
const models = new Map();

function send(header, chunks) {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeDoubleLE(
    chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    4,
  );
  process.stdout.write(Buffer.concat([prefix, text, ...chunks]));
}

// Node 20 has no Float16Array and gives f16 as Uint16Array; later versions insist on Float16Array.
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: globalThis.Float16Array ?? Uint16Array,
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

function readTensors(descriptions, payload) {
  const tensors = {};
  let offset = 0;
  for (const { name, shape, type, bytes } of descriptions) {
    const copy = new Uint8Array(bytes);
    copy.set(payload.subarray(offset, offset + bytes));
    offset += bytes;
    tensors[name] = new runtime.Tensor(type, new arrays[type](copy.buffer), shape);
  }
  return tensors;
}

async function session(model, threads) {
  const entry = models.get(model);
  if (!entry) throw new Error("the model is closed");
  let opened = entry.sessions.get(threads);
  if (!opened) {
    opened = runtime.InferenceSession.create(entry.source, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: entry.optimise ? "all" : "disabled",
      logSeverityLevel: 3,
    });
    entry.sessions.set(threads, opened);
  }
  return await opened;
}

const requests = {
  async open({ model, path, optimise, threads }, payload) {
    models.set(model, { source: path ?? new Uint8Array(payload), optimise, sessions: new Map() });
    try {
      const { inputMetadata, outputMetadata } = await session(model, threads);
      return [{ inputs: inputMetadata, outputs: outputMetadata }, []];
    } catch (error) {
      models.delete(model);
      throw error;
    }
  },

  async run({ model, threads, tensors }, payload) {
    const outputs = await (await session(model, threads)).run(readTensors(tensors, payload));
    const chunks = [];
    const descriptions = [];
    for (const [name, { type, dims, data }] of Object.entries(outputs)) {
      if (!arrays[type]) throw new Error(`output '${name}' has element type '${type}', which has no tensor data here`);
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      chunks.push(bytes);
      descriptions.push({ name, shape: dims, type, bytes: bytes.length });
    }
    return [{ tensors: descriptions }, chunks];
  },

  async measure({ model, threads, warmUp, runs, tensors }, payload) {
    const opened = await session(model, threads);
    const inputs = readTensors(tensors, payload);
    for (let run = 0; run < warmUp; run++) await opened.run(inputs);
    const milliseconds = [];
    for (let run = 0; run < runs; run++) {
      const start = process.hrtime.bigint();
      await opened.run(inputs);
      milliseconds.push(Number(process.hrtime.bigint() - start) / 1e6);
    }
    return [{ milliseconds }, []];
  },

  async close({ model }) {
    const entry = models.get(model);
    models.delete(model);
    for (const opened of entry?.sessions.values() ?? []) await (await opened).release();
    return [{}, []];
  },
};

async function answer(header, payload) {
  try {
    const [result, chunks] = await requests[header.request](header, payload);
    send({ id: header.id, ...result }, chunks);
  } catch (error) {
    send({ id: header.id, error: error instanceof Error ? error.message : String(error) }, []);
  }
}

let pending = [];
let pendingBytes = 0;

/** Takes `count` bytes off the front of what has arrived. */
function take(count) {
  const joined = pending.length === 1 ? pending[0] : Buffer.concat(pending);
  pending = [joined.subarray(count)];
  pendingBytes -= count;
  return joined.subarray(0, count);
}

async function serve() {
  let sizes;
  for await (const chunk of process.stdin) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    while (true) {
      if (!sizes) {
        if (pendingBytes < prefixBytes) break;
        const prefix = take(prefixBytes);
        sizes = { header: prefix.readUInt32LE(0), payload: prefix.readDoubleLE(4) };
      }
      if (pendingBytes < sizes.header + sizes.payload) break;
      const header = JSON.parse(take(sizes.header).toString());
      const payload = take(sizes.payload);
      sizes = undefined;
      await answer(header, payload);
    }
  }
}

serve();
