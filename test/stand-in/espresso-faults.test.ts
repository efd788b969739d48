/**
 * Everything that can go wrong between the driver and Espresso, on the stand-in: every call fails once in turn, and nothing may
 * leak, hang or corrupt; the error names the step. And the stand-in itself: it notices what a wrong caller does.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { EngineCache } from "../../runtime/devices/ane/cache.ts";
import { AneProgram } from "../../runtime/devices/ane/program.ts";
import { BufferObject, EspressoError, ProgramLibrary } from "../../runtime/ffi/espresso.ts";
import { espressoFunctions } from "../../runtime/ffi/espresso-signatures.ts";
import { cell, uncertainArguments } from "../../runtime/ffi/foreign-table.ts";
import { addressOf, cString } from "../../runtime/ffi/memory.ts";
import {
  accumulator,
  artefactOf,
  engineIn,
  floats,
  segmentOf,
  TestClock,
  temporaryFolder,
} from "./espresso-fixtures.ts";
import { openStandIn } from "./opened-espresso.ts";

const { isBuilt, reason, standIn } = openStandIn();
if (reason !== undefined) console.warn(`faults of the driver are not tested: ${reason}`);
const ones = floats([1, 3, 4, 4], () => 1);

/** What each call is for, as errors say it. */
const steps: Partial<Record<keyof typeof espressoFunctions, RegExp>> = {
  e5rt_e5_compiler_config_options_create: /make the compiler's configuration/,
  e5rt_e5_compiler_config_options_set_cache_bundle_location: /set the folder for compiled bundles/,
  e5rt_e5_compiler_create_with_config: /make the compiler/,
  e5rt_e5_compiler_options_create: /make the compiler's options/,
  e5rt_e5_compiler_options_set_compute_device_types_mask: /choose the Neural Engine/,
  e5rt_e5_compiler_options_set_segmenter: /choose the compiler's segmenter/,
  e5rt_e5_compiler_compile: /compile the program/,
  e5rt_e5_compiler_options_release: /release the compiler options/,
  e5rt_e5_compiler_release: /release the compiler/,
  e5rt_e5_compiler_config_options_release: /release the compiler config/,
  e5rt_program_library_create: /open the compiled bundle/,
  e5rt_program_library_get_e5_bundle_path: /ask for the compiled bundle's path/,
  e5rt_program_library_retain_program_function: /find the function 'main'/,
  e5rt_program_library_release: /release the library/,
  e5rt_program_function_release: /release the function/,
  e5rt_precompiled_compute_op_create_options_create_with_program_function: /make the operation's options/,
  e5rt_precompiled_compute_op_create_options_set_operation_name: /name the operation/,
  e5rt_precompiled_compute_op_create_options_set_allocate_intermediate_buffers: /allocate its intermediate buffers/,
  e5rt_precompiled_compute_op_create_options_release: /release the operation options/,
  e5rt_execution_stream_operation_create_precompiled_compute_operation_with_options: /load the program/,
  e5rt_execution_stream_operation_release: /release the operation/,
  e5rt_execution_stream_operation_retain_input_port: /find the input port '[xs]'/,
  e5rt_execution_stream_operation_retain_output_port: /find the output port '[yt]'/,
  e5rt_io_port_retain_tensor_desc: /describe the (input port '[xs]'|output port '[yt]')/,
  e5rt_tensor_desc_get_size: /ask for the size of the (input port '[xs]'|output port '[yt]')/,
  e5rt_tensor_desc_release: /release the tensor desc/,
  e5rt_io_port_bind_buffer_object: /bind a buffer to the (input port '[xs]'|output port '[yt]')/,
  e5rt_io_port_release: /release the port/,
  e5rt_buffer_object_alloc: /allocate a buffer of 128 bytes/,
  e5rt_buffer_object_get_data_ptr: /find a buffer's memory/,
  e5rt_buffer_object_release: /release the buffer/,
  e5rt_execution_stream_create: /make the execution stream/,
  e5rt_execution_stream_encode_operation: /encode the program/,
  e5rt_execution_stream_execute_sync: /run the program/,
  e5rt_execution_stream_release: /release the stream/,
};

describe.skipIf(reason !== undefined)("a fault in each call", () => {
  const artefact = isBuilt ? artefactOf(accumulator) : undefined!;
  beforeAll(() => standIn.connect());
  afterEach(() => standIn.reset());

  /** Open, run three times with state, close; open from the cache, run, be unloaded, run, close. Tells what was said. */
  async function scenario(folder: string): Promise<{ error: unknown; remarks: string[] }> {
    const remarks: string[] = [];
    const onRemark = (text: string) => remarks.push(text);
    const engine = engineIn(standIn.library, folder, { clock: new TestClock() });
    try {
      {
        using program = await AneProgram.open(artefact, engine, { onRemark });
        for (const sum of [2, 4, 6]) expect(Number(program.run({ x: ones }).y!.data[16])).toBe(sum);
      }
      using program = await AneProgram.open(artefact, engine, { onRemark });
      expect(Number(program.run({ x: ones }).y!.data[16])).toBe(2);
      engine.dismiss(program);
      program.evict();
      expect(Number(program.run({ x: ones }).y!.data[16])).toBe(4);
      return { error: undefined, remarks };
    } catch (error) {
      return { error, remarks };
    }
  }

  test("nothing leaks, and the step is named", async () => {
    using first = temporaryFolder();
    const clean = await scenario(first.path);
    expect(clean).toEqual({ error: undefined, remarks: [] });
    const count = standIn.calls;
    expect(count).toBeGreaterThan(80);
    const failed = new Set<string>();
    for (let number = 1; number <= count; number++) {
      standIn.reset();
      using folder = temporaryFolder();
      standIn.failCall(number, 3);
      const { error, remarks } = await scenario(folder.path);
      const name = standIn.failed as keyof typeof espressoFunctions;
      const isFirst = !failed.has(name);
      failed.add(name);
      const place = `call ${number}, ${name}`;
      // What cannot be released is lost, once; nothing else is.
      const lost = /_release$/.test(name) ? [expect.stringMatching(/^\w+ of serial \d+, .* was never released$/)] : [];
      expect([place, standIn.audit()]).toEqual([place, lost]);
      expect([place, standIn.pools.depth]).toEqual([place, 0]);
      // A call that fails ends in an error; a release, or what there is a way around, is told in a remark.
      const said = error === undefined ? remarks.join("\n") : error instanceof EspressoError ? error.message : "";
      if (error !== undefined) expect([place, error]).toEqual([place, expect.any(EspressoError)]);
      expect(`${place}: ${said}`).toMatch(steps[name] ?? /no step is known/);
      expect(`${place}: ${said}`).toContain("memory could not be allocated");
      expect(`${place}: ${said}`).toContain(`${name} gave 3: a fault on request @ ${name}`);
      if (!isFirst) continue;
      // What the fault left in the cache is either whole or not there: the next run is as good as any.
      standIn.reset();
      const next = await scenario(folder.path);
      expect([place, next.error, standIn.audit()]).toEqual([place, undefined, []]);
      // No half entries, no lock: the manifest, and compilations of a process that is alive (this one).
      const [key] = readdirSync(folder.path);
      const left = readdirSync(join(folder.path, key!)).filter((entry) => !/^\d+-[0-9a-f]{8}$/.test(entry));
      expect([place, left]).toEqual([place, ["manifest"]]);
    }
    expect([...failed].sort()).toEqual(Object.keys(steps).sort());
  });

  test("what is not released is told about, and not tried again", async () => {
    const remarks: string[] = [];
    const program = await AneProgram.open(artefact, engineIn(standIn.library, null), {
      onRemark: (text) => remarks.push(text),
    });
    standIn.failFunction("e5rt_execution_stream_release", 5);
    program.dispose();
    expect(remarks.length).toBe(1);
    expect(standIn.callsOf("e5rt_execution_stream_release")).toBe(1);
    expect(standIn.audit()).toEqual([expect.stringContaining("stream of serial")]);
  });

  test("a run that failed can be tried again", async () => {
    using program = await AneProgram.open(artefact, engineIn(standIn.library, null));
    standIn.failFunction("e5rt_execution_stream_execute_sync", 1);
    expect(() => program.run({ x: ones })).toThrow("cannot run the program: the operation is not valid in this state");
    expect(Number(program.run({ x: ones }).y!.data[16])).toBe(2);
  });

  test("a cached program that is loaded but does not run is compiled once more", async () => {
    using folder = temporaryFolder();
    const engine = engineIn(standIn.library, folder.path);
    (await AneProgram.open(artefact, engine)).dispose();
    const remarks: string[] = [];
    using program = await AneProgram.open(artefact, engine, { onRemark: (text) => remarks.push(text) });
    standIn.failFunction("e5rt_execution_stream_execute_sync", 1);
    expect(Number(program.run({ x: ones }).y!.data[16])).toBe(2);
    expect([standIn.compiles, standIn.foundBundles]).toEqual([2, 1]);
    expect(remarks).toEqual([expect.stringMatching(/does not run and is compiled again: cannot run the program/)]);
    // It has run now: what fails from here on is an error.
    standIn.failFunction("e5rt_execution_stream_execute_sync", 1);
    expect(() => program.run({ x: ones })).toThrow("cannot run the program");
    expect(Number(program.run({ x: ones }).y!.data[16])).toBe(4);
  });

  test("a program that runs neither from the cache nor compiled there is compiled in a new folder", async () => {
    using folder = temporaryFolder();
    const engine = engineIn(standIn.library, folder.path);
    (await AneProgram.open(artefact, engine)).dispose();
    using program = await AneProgram.open(artefact, engine);
    standIn.failFunction("e5rt_execution_stream_execute_sync", 2);
    expect(Number(program.run({ x: ones }).y!.data[16])).toBe(2);
    expect([standIn.compiles, standIn.foundBundles]).toEqual([3, 1]);
    program.dispose();
    // And what does not run then is an error.
    using next = await AneProgram.open(artefact, engine);
    standIn.failFunction("e5rt_execution_stream_execute_sync", 9);
    expect(() => next.run({ x: ones })).toThrow("cannot run the program");
    expect(standIn.compiles).toBe(5);
  });

  test("a fault while an unloaded program loads itself again", async () => {
    using folder = temporaryFolder();
    const engine = engineIn(standIn.library, folder.path);
    using program = await AneProgram.open(artefact, engine);
    program.run({ x: ones });
    engine.dismiss(program);
    program.evict();
    // Both ways are barred: the cached bundle, and compiling it anew.
    standIn.refuseToOpen = "gone";
    standIn.refuseToCompile = "refused";
    expect(() => program.run({ x: ones })).toThrow("cannot compile the program");
    expect(program.isLoaded).toBe(false);
    expect(() => program.run({ x: ones })).toThrow("a compilation for the engine failed shortly before");
    expect(engine.loadedPrograms).toBe(0);
  });

  test("a program that the reader refuses is told by line", async () => {
    const segment = segmentOf(artefact);
    const text = segment.text.replace(" relu(", " frobnicate(");
    const broken = { ...artefact, segments: [{ ...segment, text }] };
    await expect(AneProgram.open(broken, engineIn(standIn.library, null))).rejects.toThrow(/frobnicate/);
    const short = { ...artefact, segments: [{ ...segment, weights: segment.weights.subarray(0, 100) }] };
    await expect(AneProgram.open(short, engineIn(standIn.library, null))).rejects.toThrow(/cannot compile the program/);
    expect(standIn.audit()).toEqual([]);
  });

  test("a port that the program does not have", async () => {
    const [segment] = artefact.segments;
    const [port, ...ports] = segment!.inputs;
    const wrong = { ...segment!, inputs: [{ ...port!, name: "nobody" }, ...ports] };
    await expect(AneProgram.open({ ...artefact, segments: [wrong] }, engineIn(standIn.library, null))).rejects.toThrow(
      "cannot find the input port 'nobody'",
    );
    expect(standIn.audit()).toEqual([]);
  });
});

// Two processes that load all of it: a second of CPU each.
describe.skipIf(reason !== undefined || process.env.ANEMONE_LONG_TESTS !== "1")("two processes", () => {
  test("that compile the same program at once compile it once", async () => {
    using folder = temporaryFolder();
    const worker = join(import.meta.dirname, "espresso-worker.ts");
    const bun = process.execPath;
    const { spawn } = await import("node:child_process");
    const outputs = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<string>((resolve, reject) => {
            const child = spawn(bun, [worker, folder.path], { stdio: ["ignore", "pipe", "inherit"] });
            let text = "";
            child.stdout.on("data", (piece) => {
              text += piece;
            });
            child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`exit code ${code}`))));
          }),
      ),
    );
    const reports = outputs.map((text) => JSON.parse(text) as { compiles: number; result: number; audit: string[] });
    expect(reports.map(({ result }) => result)).toEqual([2, 2]);
    expect(reports.flatMap(({ audit }) => audit)).toEqual([]);
    expect(reports.reduce((sum, { compiles }) => sum + compiles, 0)).toBe(1);
    expect(new EngineCache(folder.path).usage().programs).toBe(1);
  });

  test("one that ends gives everything back, and its Worker is refused", () => {
    using folder = temporaryFolder();
    const script = join(import.meta.dirname, "espresso-exit.ts");
    const text = execFileSync(process.execPath, [script], {
      env: { ...process.env, TMPDIR: folder.path },
      encoding: "utf8",
    });
    const { refusal, during, after, audit } = JSON.parse(text) as Record<string, string[] | string>;
    expect(refusal).toMatch(/^the engine is used from a Worker: one process has one lane/);
    expect([during?.length, after, audit]).toEqual([1, [], []]);
  });
});

describe.skipIf(reason !== undefined)("the stand-in notices", () => {
  beforeAll(() => standIn.connect());
  afterEach(() => standIn.reset());
  const { functions } = isBuilt ? standIn.library : { functions: undefined! };

  test("handles of another kind, released ones, and what is no handle", () => {
    const out = cell();
    functions.e5rt_e5_compiler_options_create(out);
    const options = Number(out[0]);
    expect(functions.e5rt_e5_compiler_create_with_config(cell(), options)).toBe(1);
    expect(functions.e5rt_e5_compiler_options_set_segmenter(12345, cString("graph"))).toBe(1);
    const slot = BigUint64Array.of(BigInt(options));
    expect(functions.e5rt_e5_compiler_options_release(slot)).toBe(0);
    expect(slot[0]).toBe(0n);
    slot[0] = BigInt(options);
    expect(functions.e5rt_e5_compiler_options_release(slot)).toBe(1);
    expect(functions.e5rt_e5_compiler_options_set_segmenter(options, cString("graph"))).toBe(1);
    expect(standIn.audit()).toEqual([
      "e5rt_e5_compiler_create_with_config: compiler_config is a compiler_options, not a compiler_config",
      "e5rt_e5_compiler_options_set_segmenter: compiler_options is no handle of this library",
      "e5rt_e5_compiler_options_release: compiler_options is the compiler_options of serial 1, which was released",
      "e5rt_e5_compiler_options_set_segmenter: compiler_options is the compiler_options of serial 1, which was released",
    ]);
  });

  test("a handle given by value where its address is wanted, and null", () => {
    using buffer = new BufferObject(standIn.library, 64);
    const memory = new BigUint64Array(8);
    expect(functions.e5rt_buffer_object_release(memory)).toBe(1);
    expect(functions.e5rt_buffer_object_get_data_ptr(0, memory)).toBe(1);
    expect(addressOf(memory)).toBeGreaterThan(0);
    expect(buffer.isReleased).toBe(false);
    expect(standIn.audit().slice(0, 2)).toEqual([
      "e5rt_buffer_object_release: buffer is null",
      "e5rt_buffer_object_get_data_ptr: buffer is null",
    ]);
  });

  test("what is never released", () => {
    functions.e5rt_execution_stream_create(cell());
    expect(standIn.audit()).toEqual(["stream of serial 1, made by e5rt_execution_stream_create, was never released"]);
  });

  test("a bundle that is none", () => {
    expect(() => ProgramLibrary.open(standIn.library, "/nowhere")).toThrow(
      /cannot open the compiled bundle: .*Invalid E5 path specified/,
    );
  });

  test("handles of ours refuse to be used after their release", () => {
    const buffer = new BufferObject(standIn.library, 100);
    expect(buffer.memory.byteLength).toBe(128);
    buffer.release();
    buffer.release();
    expect(() => buffer.address).toThrow("the buffer was released");
    expect(standIn.audit()).toEqual([]);
  });
});

test("the arguments in dispute are marked, with what each source says", () => {
  const marked = uncertainArguments(espressoFunctions);
  expect(marked.map(({ name }) => name)).toContain("e5rt_buffer_object_release");
  for (const { readings } of marked) for (const { source } of readings) expect(source).not.toBe("");
  expect(Object.keys(espressoFunctions)).not.toContain("e5rt_error_code_get_string");
});

test("what `anemone devices` says of a library that is no Espresso", () => {
  const root = join(import.meta.dirname, "..", "..");
  const environment = { ...process.env, ANEMONE_ESPRESSO: "libc.so.6", ANEMONE_APPLE_NEURAL_ENGINE: "/nowhere" };
  const text = execFileSync(process.execPath, [join(root, "tools", "anemone.ts"), "devices"], {
    env: environment,
    encoding: "utf8",
  });
  expect(text).toMatch(/ane +no +the Neural Engine cannot be reached/);
  expect(text).toMatch(/named by ANEMONE_ESPRESSO\): .*(lacks \d+ of the functions|no such file|cannot open)/i);
});
