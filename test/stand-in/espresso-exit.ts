/**
 * A process that ends without disposing what it has loaded, and whose Worker asks for the engine. Writes as JSON what the
 * Worker was told, and what the stand-in finds in the end.
 */
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { openOnEngine } from "../../runtime/devices/ane/drivers.ts";
import { EspressoStandIn } from "./espresso.ts";
import { artefactOf, floats, scaled } from "./espresso-fixtures.ts";

/** What a Worker is told that opens a network. */
function askFromWorker(): Promise<string> {
  return new Promise((resolve, reject) => {
    // The library is the process's: the Worker finds it where the main thread has it.
    const worker = new Worker(import.meta.filename, { env: { ...process.env } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

if (isMainThread) {
  const standIn = EspressoStandIn.open();
  if (typeof standIn === "string") throw new Error(standIn);
  standIn.connect();
  process.env.ANEMONE_ESPRESSO = standIn.path;
  process.env.ANEMONE_CACHE = "off";
  const program = await openOnEngine(artefactOf(scaled(2)));
  program.run({ x: floats([1, 2, 4, 4], () => 1) });
  const refusal = await askFromWorker();
  const temporary = () => (existsSync(tmpdir()) ? readdirSync(tmpdir()) : []).filter((name) => /engine-/.test(name));
  const during = temporary();
  process.on("exit", () => {
    console.log(JSON.stringify({ refusal, during, after: temporary(), audit: standIn.audit() }));
  });
  process.exit(0);
} else {
  const said = await openOnEngine(artefactOf(scaled(3))).catch((error: Error) => error.message);
  parentPort?.postMessage(String(said));
}
