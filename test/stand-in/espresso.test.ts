/**
 * The engine's driver on the stand-in for Espresso: the whole way of a program, its state and views, the cache on disk, and the
 * limits that the system sets. (Faults are in `espresso-faults.test.ts`.)
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import type { EngineArtefact } from "../../runtime/devices/ane/artefact.ts";
import { EngineCache } from "../../runtime/devices/ane/cache.ts";
import { Lane } from "../../runtime/devices/ane/lane.ts";
import { AneProgram } from "../../runtime/devices/ane/program.ts";
import {
  accumulator,
  artefactOf,
  engineIn,
  floats,
  moduleOfText,
  scaled,
  segmentOf,
  TestClock,
  temporaryFolder,
} from "./espresso-fixtures.ts";
import { openStandIn } from "./opened-espresso.ts";

const { reason, standIn } = openStandIn();
if (reason !== undefined) console.warn(`the driver is not tested: ${reason}`);

const small = floats([1, 2, 4, 4], (index) => index / 4 - 3);
const artefacts: Record<string, EngineArtefact> = {};
const network = (factor: number) => (artefacts[factor] ??= artefactOf(scaled(factor), `times-${factor}`));

describe.skipIf(reason !== undefined)("a program on the stand-in", () => {
  beforeAll(() => standIn.connect());
  afterEach(() => {
    const mistakes = standIn.audit();
    standIn.reset();
    expect(mistakes).toEqual([]);
  });

  test("computes, and leaves nothing behind", async () => {
    const text = accumulator.replace(", anemone.alias = 1", "");
    // All that is computed of these is exact in f16.
    const x = floats([1, 3, 4, 4], (index) => index - 20);
    const s = floats([1, 3, 4, 4], (index) => 3 - index / 4);
    const program = await AneProgram.open(artefactOf(text), engineIn(standIn.library, null));
    expect(program.inputs.map(({ name, type }) => [name, type.element])).toEqual([
      ["x", "f32"],
      ["s", "f32"],
    ]);
    const given = program.run({ x, s });
    const factors = [0.5, 2, -1];
    const sums = Array.from({ length: 48 }, (_, index) => (index - 20) * factors[index >> 4]! + 3 - index / 4);
    expect(Array.from(given.t!.data, Number)).toEqual(sums);
    expect(Array.from(given.y!.data, Number)).toEqual(sums.map((sum) => Math.max(sum, 0)));
    expect(standIn.live("operation")).toBe(1);
    program.dispose();
    program.dispose();
    expect(() => program.run({ x, s })).toThrow("network was disposed");
    expect(() => program.execute()).toThrow("network was disposed");
  });

  test("keeps its state where it is", async () => {
    using program = await AneProgram.open(artefactOf(accumulator), engineIn(standIn.library, null));
    expect(program.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(program.outputs.map(({ name }) => name)).toEqual(["y"]);
    expect(program.states.map(({ name }) => name)).toEqual(["s"]);
    const ones = floats([1, 3, 4, 4], () => 1);
    // The second channel counts up by two per run.
    for (const sum of [2, 4, 6]) expect(Number(program.run({ x: ones }).y!.data[16])).toBe(sum);
    expect(Number(program.inputView("s").data[16])).toBe(6);
    expect(program.outputView("t").data).toBe(program.inputView("s").data);
    expect(Number(program.run({ x: ones, s: floats([1, 3, 4, 4], () => 10) }).y!.data[16])).toBe(12);
    program.resetState();
    expect(Number(program.run({ x: ones }).y!.data[16])).toBe(2);
    expect(() => program.run({ s: ones })).toThrow("the input 'x' (f32[1, 3, 4, 4]) is missing");
  });

  test("state by name joins an input and an output", async () => {
    using folder = temporaryFolder();
    const text = accumulator.replace(", anemone.alias = 1", "");
    const { ANEMONE_ESPRESSO, ANEMONE_CACHE } = process.env;
    process.env.ANEMONE_ESPRESSO = standIn.path;
    process.env.ANEMONE_CACHE = folder.path;
    try {
      const compiled = await compile(moduleOfText(text), { device: "ane", state: { s: "t" } });
      expect(compiled.device).toBe("ane");
      const ones = floats([1, 3, 4, 4], () => 1);
      compiled.program.run({ x: ones });
      expect(Number(compiled.program.run({ x: ones }).y!.data[16])).toBe(4);
      compiled[Symbol.dispose]();
      const wrong = compile(moduleOfText(text), { device: "ane", state: { s: "z" } });
      await expect(wrong).rejects.toThrow(
        "the output 'z' cannot be kept as state in the input 's': module has the outputs 'y', 't'",
      );
      const elsewhere = compile(moduleOfText(text), { device: "cpu", state: { s: "z" } });
      await expect(elsewhere).rejects.toThrow("'z' cannot be kept as state in the input 's'");
    } finally {
      restore("ANEMONE_ESPRESSO", ANEMONE_ESPRESSO);
      restore("ANEMONE_CACHE", ANEMONE_CACHE);
    }
  });

  test("runs on views of its buffers, which end with it", async () => {
    const program = await AneProgram.open(network(2), engineIn(standIn.library, null));
    const input = program.inputView("x");
    const output = program.outputView("y");
    expect([input.element, output.element]).toEqual(["f16", "f16"]);
    input.data.set(Array.from({ length: 32 }, (_, index) => index) as never);
    program.execute();
    expect(Array.from(output.data, Number)).toEqual(Array.from({ length: 32 }, (_, index) => 2 * index));
    program.dispose();
    expect([input.data.length, output.data.length]).toEqual([0, 0]);
    expect(() => program.inputView("x")).toThrow("was disposed");
  });

  test("takes bytes where the network does", async () => {
    const text = scaled(0.5)
      .replace("%x: tensor<1x2x4x4xf32>", "%b: tensor<1x2x4x4xui8>")
      .replace("  %0 =", "  %x = tensor.convert %b : tensor<1x2x4x4xui8> to tensor<1x2x4x4xf32>\n  %0 =");
    using program = await AneProgram.open(artefactOf(text), engineIn(standIn.library, null));
    expect(program.inputs[0]!.type.element).toBe("ui8");
    const data = Uint8Array.from({ length: 32 }, (_, index) => index * 8);
    const image: TensorData = { shape: [1, 2, 4, 4], element: "ui8", data };
    expect([...program.run({ x: image }).y!.data]).toEqual([...data].map((value) => value / 2));
  });

  test("has one lane: queued runs come one after the other, and a run inside a run is refused", async () => {
    using program = await AneProgram.open(network(2), engineIn(standIn.library, null));
    const order: number[] = [];
    standIn.onRun = ({ inputs }) => order.push(Number(inputs.x!.data[0]));
    const runs = [3, 1, 2].map((value) => program.runAsync({ x: floats([1, 2, 4, 4], () => value) }));
    const results = await Promise.all(runs);
    expect(order).toEqual([3, 1, 2]);
    expect(results.map(({ y }) => Number(y!.data[0]))).toEqual([6, 2, 4]);
    let inside: unknown;
    standIn.onRun = () => {
      try {
        program.execute();
      } catch (error) {
        inside = error;
      }
    };
    program.execute();
    expect(String(inside)).toContain("the engine has one lane");
    await expect(program.runAsync({})).rejects.toThrow("is missing");
    expect(Number((await program.runAsync({ x: small })).y!.data[1])).toBe(-5.5);
  });

  test("every call is made in an autorelease pool, and every pool is popped", async () => {
    using folder = temporaryFolder();
    const engine = engineIn(standIn.library, folder.path);
    for (const _ of ["compiled", "from the cache"]) {
      const program = await AneProgram.open(network(2), engine);
      program.run({ x: small });
      engine.dismiss(program);
      program.evict();
      program.run({ x: small });
      const before = standIn.pools.pushed;
      program.execute();
      // One for a run, whatever it consists of.
      expect(standIn.pools.pushed - before).toBe(1);
      standIn.failFunction("e5rt_execution_stream_execute_sync", 1);
      expect(() => program.execute()).toThrow("cannot run the program");
      program.dispose();
    }
    const failing = AneProgram.open(network(3), engine);
    standIn.failFunction("e5rt_execution_stream_create", 1);
    await expect(failing).rejects.toThrow("make the execution stream");
    const { depth, deepest, outside } = standIn.pools;
    expect([depth, outside]).toEqual([0, ""]);
    expect(deepest).toBeGreaterThan(0);
  });

  test("a port of another size than the text says", async () => {
    const engine = engineIn(standIn.library, null);
    const program = artefactOf(scaled(2).replaceAll("1x2x4x4", "1x2x1x3"));
    // The rest of a line of 64 bytes is there: the tensor has 12.
    standIn.setPortExcess(52);
    (await AneProgram.open(program, engine)).dispose();
    for (const [excess, found] of [
      [53, 65],
      [-2, 10],
    ] as const) {
      standIn.setPortExcess(excess);
      await expect(AneProgram.open(program, engine)).rejects.toThrow(
        `main_engine: the input port 'x' has ${found} bytes in the loaded program, but 12 by its text`,
      );
    }
  });

  test("the target is told to the compiler only where it was asked for", async () => {
    const engine = engineIn(standIn.library, null);
    (await AneProgram.open(network(2), engine)).dispose();
    expect(standIn.lastTarget).toBe("");
    (await AneProgram.open({ ...network(2), target: "h13" }, engine)).dispose();
    expect(standIn.lastTarget).toBe("h13");
  });
});

describe.skipIf(reason !== undefined)("the cache of compiled programs", () => {
  beforeAll(() => standIn.connect());
  afterEach(() => {
    const mistakes = standIn.audit();
    standIn.reset();
    expect(mistakes).toEqual([]);
  });

  /** Opens, runs and closes a program; tells what was compiled, and what was said. */
  async function once(folder: string, options = {}): Promise<{ compiled: number; remarks: string[]; cached: number }> {
    const before = standIn.compiles;
    const remarks: string[] = [];
    const engine = engineIn(standIn.library, folder, options);
    using program = await AneProgram.open(network(2), engine, { onRemark: (text) => remarks.push(text) });
    expect(Number(program.run({ x: small }).y!.data[1])).toBe(-5.5);
    return { compiled: standIn.compiles - before, remarks, cached: program.report.cached };
  }

  function filesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((path) => statSync(path).isFile());
  }

  test("a program is compiled once", async () => {
    using folder = temporaryFolder();
    expect(await once(folder.path)).toEqual({ compiled: 1, remarks: [], cached: 0 });
    expect(await once(folder.path)).toEqual({ compiled: 0, remarks: [], cached: 1 });
    expect(standIn.callsOf("e5rt_program_library_create")).toBe(1);
    expect(new EngineCache(folder.path).usage().programs).toBe(1);
    expect(standIn.callsOf("e5rt_e5_compiler_options_set_force_recompilation")).toBe(0);
  });

  test("another system, weights or target is another entry", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const other = await once(folder.path, { identity: { systemBuild: "25A2", frameworkVersion: "1", chip: "h16g" } });
    expect(other).toEqual({ compiled: 1, remarks: [], cached: 0 });
    const engine = engineIn(standIn.library, folder.path);
    (await AneProgram.open(network(3), engine)).dispose();
    (await AneProgram.open({ ...network(2), target: "h14" }, engine)).dispose();
    expect(standIn.compiles).toBe(4);
  });

  test("any damaged file is noticed before it is opened, and the program compiled anew", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const damages: [string, (path: string) => void][] = [
      [
        "damaged",
        (path) => {
          const bytes = readFileSync(path);
          bytes[Math.floor(bytes.length / 2)]! ^= 1;
          writeFileSync(path, bytes);
        },
      ],
      ["instead of", (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ];
    const count = filesIn(folder.path).length;
    expect(count).toBeGreaterThanOrEqual(5);
    for (const [, damage] of damages) {
      for (let position = 0; position < count; position++) {
        const path = filesIn(folder.path).sort()[position]!;
        damage(path);
        const opens = standIn.callsOf("e5rt_program_library_create");
        const { compiled, remarks } = await once(folder.path);
        expect([path, compiled, standIn.callsOf("e5rt_program_library_create") - opens]).toEqual([path, 1, 0]);
        expect(remarks.join()).toMatch(
          /the cached program of main_engine is not used, and is compiled anew: its (manifest|file)/,
        );
        expect((await once(folder.path)).compiled).toBe(0);
        // What was damaged stays until its process is gone; here it goes, so that the next round finds whole files only.
        removeOldCompilations(folder.path);
      }
    }
  });

  function removeOldCompilations(folder: string): void {
    for (const key of readdirSync(folder)) {
      const kept = /"generation":"([^"]*)"/.exec(readFileSync(join(folder, key, "manifest"), "utf8"))?.[1];
      for (const name of readdirSync(join(folder, key))) {
        if (/^\d+-/.test(name) && name !== kept) rmSync(join(folder, key, name), { recursive: true });
      }
    }
  }

  test("a file that appears in a bundle does no harm, and is told about once", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const bundle = filesIn(folder.path).find((path) => path.endsWith("bundle.json"))!;
    writeFileSync(`${bundle}.extra`, "");
    expect(await once(folder.path)).toEqual({
      compiled: 0,
      cached: 1,
      remarks: [
        expect.stringMatching(/^the cached program of main_engine has files .* recorded: .*bundle\.json\.extra$/),
      ],
    });
    // It ran with that file there: from now on it belongs to the entry, and is verified.
    expect(await once(folder.path)).toEqual({ compiled: 0, remarks: [], cached: 1 });
    writeFileSync(`${bundle}.extra`, "changed");
    expect((await once(folder.path)).remarks.join()).toMatch(
      /compiled anew: its file .*bundle\.json\.extra has 7 bytes/,
    );
  });

  test("what the first run leaves in the bundle belongs to the entry", async () => {
    using folder = temporaryFolder();
    standIn.leaveFile = "net.hwx";
    expect(await once(folder.path)).toEqual({ compiled: 1, remarks: [], cached: 0 });
    const [left] = filesIn(folder.path).filter((path) => path.endsWith("net.hwx"));
    expect(await once(folder.path)).toEqual({ compiled: 0, remarks: [], cached: 1 });
    standIn.leaveFile = undefined;
    writeFileSync(left!, "damaged");
    expect((await once(folder.path)).remarks.join()).toContain("net.hwx");
  });

  test("an entry in another format is not used", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const manifest = filesIn(folder.path).find((path) => path.endsWith("manifest"))!;
    const body = readFileSync(manifest, "utf8").split("\n")[1]!.replace('"format":2', '"format":99');
    writeFileSync(manifest, `${createHash("sha256").update(body).digest("hex")}\n${body}\n`);
    const { compiled, remarks } = await once(folder.path);
    expect(compiled).toBe(1);
    expect(remarks.join()).toContain("it has the format 99, not 2");
  });

  const generations = (folder: string) =>
    readdirSync(folder).flatMap((key) => readdirSync(join(folder, key)).filter((name) => /^\d+-/.test(name)));

  test("a bundle that will not reopen is compiled once more, where the compiler finds what it left", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const before = generations(folder.path);
    standIn.refuseToOpen = "the bundle belongs to another process";
    const { compiled, remarks } = await once(folder.path);
    expect([compiled, standIn.foundBundles]).toEqual([1, 1]);
    expect(remarks).toEqual([
      expect.stringMatching(
        /cannot be opened, and is compiled again: cannot open the compiled bundle: .*belongs to another process/,
      ),
    ]);
    expect(generations(folder.path)).toEqual(before);
    standIn.refuseToOpen = undefined;
    expect((await once(folder.path)).compiled).toBe(0);
  });

  test("where that does not load either, it is compiled in a new folder", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const [before] = generations(folder.path);
    standIn.refuseToOpen = "gone";
    standIn.failFunction("e5rt_program_library_retain_program_function", 1);
    const { compiled, remarks } = await once(folder.path);
    expect([compiled, standIn.foundBundles]).toEqual([2, 1]);
    expect(remarks[1]).toMatch(/^main_engine does not load from there either, and is compiled in a new folder/);
    expect(generations(folder.path)).not.toEqual([before]);
    standIn.refuseToOpen = undefined;
    expect(await once(folder.path)).toEqual({ compiled: 0, remarks: [], cached: 1 });
  });

  /** A cache that somebody else wrote: chmod would not keep root out. */
  class ForeignCache extends EngineCache {
    readonly #refuse = (): never => {
      throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    };
    override stage = this.#refuse;
    override commit = this.#refuse;
    override invalidate = this.#refuse;
    override tryLock = this.#refuse;
  }

  test("a damaged entry in a cache that cannot be written to is passed over", async () => {
    using folder = temporaryFolder();
    await once(folder.path);
    const cache = new ForeignCache(folder.path);
    expect(await once(folder.path, { cache })).toEqual({ compiled: 0, remarks: [], cached: 1 });
    truncateSync(filesIn(folder.path).find((path) => path.endsWith("model.mil"))!, 3);
    const engine = engineIn(standIn.library, folder.path, { cache });
    const remarks: string[] = [];
    const program = await AneProgram.open(network(2), engine, { onRemark: (text) => remarks.push(text) });
    expect(Number(program.run({ x: small }).y!.data[1])).toBe(-5.5);
    expect(remarks).toEqual([
      expect.stringContaining("is not used, and is compiled anew"),
      expect.stringContaining("cannot be removed, and is passed over: EACCES: permission denied"),
    ]);
    // Loaded again, it comes from the folder of this process, without being compiled.
    engine.dismiss(program);
    program.evict();
    expect(Number(program.run({ x: small }).y!.data[1])).toBe(-5.5);
    expect([standIn.compiles, remarks.length]).toEqual([2, 2]);
    program.dispose();
  });

  test("a cache whose place is relative or behind a link", async () => {
    using folder = temporaryFolder();
    const real = join(folder.path, "real");
    mkdirSync(real);
    const link = join(folder.path, "link");
    symlinkSync(real, link);
    expect(await once(link)).toEqual({ compiled: 1, remarks: [], cached: 0 });
    expect(await once(relative(process.cwd(), link))).toEqual({ compiled: 0, remarks: [], cached: 1 });
  });

  test("where the cache cannot be written, programs run all the same", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "file");
    writeFileSync(file, "not a folder");
    const { compiled, remarks } = await once(join(file, "cache"));
    expect(compiled).toBe(1);
    expect(remarks.join()).toContain("compiled programs cannot be kept in");
  });

  test("without a cache nothing stays on disk", async () => {
    using folder = temporaryFolder();
    const { TMPDIR } = process.env;
    process.env.TMPDIR = folder.path;
    try {
      const program = await AneProgram.open(network(2), engineIn(standIn.library, null));
      expect(filesIn(folder.path).length).toBeGreaterThan(0);
      program.dispose();
      expect(readdirSync(folder.path)).toEqual([]);
    } finally {
      restore("TMPDIR", TMPDIR);
    }
  });

  test("a lock that a dead process left does not hold anybody up", async () => {
    using folder = temporaryFolder();
    const cache = new EngineCache(folder.path);
    const engine = engineIn(standIn.library, folder.path);
    const key = engine.keyOf(segmentOf(network(2)), undefined);
    const unlock = cache.tryLock(key);
    expect(unlock).toBeDefined();
    expect(cache.tryLock(key)).toBeUndefined();
    unlock!();
    // No process has this number.
    writeFileSync(join(folder.path, key, "lock"), "999999999");
    expect((await once(folder.path)).compiled).toBe(1);
    expect(existsSync(join(folder.path, key, "lock"))).toBe(false);
  });

  test("two that want the same program compile it once", async () => {
    using folder = temporaryFolder();
    const engines = [0, 1].map(() => engineIn(standIn.library, folder.path));
    const programs = await Promise.all(engines.map((engine) => AneProgram.open(network(2), engine)));
    expect(standIn.compiles).toBe(1);
    for (const program of programs) program.dispose();
  });
});

describe.skipIf(reason !== undefined)("what the system allows a process", () => {
  beforeAll(() => standIn.connect());
  afterEach(() => {
    const mistakes = standIn.audit();
    standIn.reset();
    expect(mistakes).toEqual([]);
  });

  test("more programs than can be loaded take turns", async () => {
    using folder = temporaryFolder();
    standIn.setLimits(2);
    const engine = engineIn(standIn.library, folder.path, { limits: { loadedPrograms: 2 } });
    const remarks: string[] = [];
    const programs: AneProgram[] = [];
    for (const factor of [2, 3, 4]) {
      programs.push(await AneProgram.open(network(factor), engine, { onRemark: (text) => remarks.push(text) }));
      expect(standIn.live("operation")).toBeLessThanOrEqual(2);
    }
    expect(remarks[0]).toMatch(
      /^times-2 is unloaded to make room for times-4: one process can load 2 programs at a time/,
    );
    expect(programs.map(({ isLoaded }) => isLoaded)).toEqual([false, true, true]);
    const view = programs[0]!.inputView("x");
    view.data.fill(7 as never);
    // The view of an unloaded program is its buffer still.
    programs[0]!.execute();
    expect(Number(programs[0]!.outputView("y").data[5])).toBe(14);
    for (const [index, program] of programs.entries()) {
      expect(Number(program.run({ x: small }).y!.data[0])).toBe(-3 * (index + 2));
      expect(standIn.live("operation")).toBe(2);
    }
    // What ran longest ago went each time, and nothing was compiled twice.
    expect(standIn.compiles).toBe(3);
    for (const program of programs) program.dispose();
  });

  test("drivers on one lane share its places and compilations, and its end is the end of all", async () => {
    using folder = temporaryFolder();
    const lane = new Lane({ limits: { loadedPrograms: 2, compilations: 3 } });
    const [first, second] = [0, 1].map(() => engineIn(standIn.library, folder.path, { lane }));
    const a = await AneProgram.open(network(2), first!);
    const b = await AneProgram.open(network(3), second!);
    expect([first!.loadedPrograms, second!.loadedPrograms]).toEqual([2, 2]);
    const c = await AneProgram.open(network(4), second!);
    expect([a, b, c].map(({ isLoaded }) => isLoaded)).toEqual([false, true, true]);
    await expect(AneProgram.open(network(5), first!)).rejects.toThrow("this process has compiled 3 programs");
    let inside: unknown;
    standIn.onRun = () => {
      try {
        c.execute();
      } catch (error) {
        inside = error;
      }
    };
    b.execute();
    expect(String(inside)).toContain("times-4 cannot run inside of a run of times-3");
    a.dispose();
    lane.disposeResidents();
    expect([lane.loadedPrograms, standIn.live("operation")]).toEqual([0, 0]);
    expect(() => b.execute()).toThrow("was disposed");
    b.dispose();
    c.dispose();
  });

  test("a network of more programs than can be loaded is refused", async () => {
    const engine = engineIn(standIn.library, null, { limits: { loadedPrograms: 0 } });
    await expect(AneProgram.open(network(2), engine)).rejects.toThrow("one process can load 0 at a time");
  });

  test("no more programs are compiled than a process may", async () => {
    using folder = temporaryFolder();
    const engine = engineIn(standIn.library, folder.path, { limits: { compilations: 2 } });
    for (const factor of [2, 3]) (await AneProgram.open(network(factor), engine)).dispose();
    await expect(AneProgram.open(network(4), engine)).rejects.toThrow(
      "this process has compiled 2 programs for the engine, and macOS lets one process compile about that many: start a new process",
    );
    // What is in the cache can still be loaded.
    (await AneProgram.open(network(2), engine)).dispose();
    expect(standIn.compiles).toBe(2);
  });

  test("after a compilation that failed the compile service gets its pause", async () => {
    const clock = new TestClock();
    const engine = engineIn(standIn.library, null, { clock });
    standIn.refuseToCompile = "ANECCompile() FAILED";
    await expect(AneProgram.open(network(2), engine)).rejects.toThrow(
      /cannot compile the program: an argument of the call is invalid \(e5rt_e5_compiler_compile gave 1: ANECCompile\(\) FAILED\)/,
    );
    standIn.refuseToCompile = undefined;
    clock.time += 5_000;
    const remarks: string[] = [];
    const segment = segmentOf(network(3));
    const request = {
      segment,
      key: engine.keyOf(segment, undefined),
      target: undefined,
      buffers: [],
      remark: () => {},
    };
    expect(() => engine.loadNow(request)).toThrow(
      "a compilation for the engine failed shortly before, and the compile service needs a pause: try again in 10 s",
    );
    using program = await AneProgram.open(network(3), engine, { onRemark: (text) => remarks.push(text) });
    expect(clock.slept).toEqual([10_000]);
    expect(remarks[0]).toMatch(/^waiting 10 s before main_engine is compiled/);
    expect(Number(program.run({ x: small }).y!.data[0])).toBe(-9);
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
