/**
 * The Objective-C route against its stand-in: values both ways, models, surfaces, runs, what happens at the limits, and a
 * fault in every call. The engine behind is a few lines that compute on dense tensors; the whole way from a network is
 * tested in `network.test.ts`.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import type { EngineArtefact } from "../../../runtime/devices/ane/artefact.ts";
import type { Clock, EngineLimits } from "../../../runtime/devices/ane/limits.ts";
import { ObjcEngine } from "../../../runtime/devices/ane-objc/engine.ts";
import { ObjcProgram } from "../../../runtime/devices/ane-objc/program.ts";
import { findAppleNeuralEngine } from "../../../runtime/ffi/apple-neural-engine.ts";
import { describeEngineError, EngineCallError } from "../../../runtime/ffi/engine/errors.ts";
import { defaultLayout, type SurfaceLayout } from "../../../runtime/ffi/engine/surface-layout.ts";
import { longTests } from "../../testing/networks.ts";
import { ObjcWorld, type StandInCompiler, type StandInPort, standInProblem } from "./world.ts";

const shape = [1, 3, 2, 5];
const f16 = { shape, element: "f16" } as const;
const f32 = { shape, element: "f32" } as const;
const port = (name: string, layout?: SurfaceLayout): StandInPort =>
  layout === undefined ? { name, ...f16 } : { name, ...f16, layout };

const halves = (bytes: Uint8Array) => new Float16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
const weightBytes = Uint8Array.from({ length: 200 }, (_, index) => index);

/** Programs of the tests: a word says what is computed; the other words are there to tell programs apart. */
const compiler: StandInCompiler = (folder, file) => {
  const text = readFileSync(join(folder, file), "utf8");
  if (text.includes("BLOBFILE")) {
    expect(new Uint8Array(readFileSync(join(folder, "weights/weight.bin")))).toEqual(weightBytes);
  }
  const [kind] = text.split(" ");
  if (kind === "difference") {
    return {
      inputs: [port("x"), port("a")],
      outputs: [port("y")],
      run: ([x, a], [y]) => halves(y!).set(halves(x!).map((value, index) => value - halves(a!)[index]!)),
    };
  }
  if (kind === "sum") {
    // A running sum: the state comes in as `total` and leaves as `total_out`.
    return {
      inputs: [port("x"), port("total")],
      outputs: [port("total_out")],
      run: ([x, total], [out]) => halves(out!).set(halves(x!).map((value, index) => value + halves(total!)[index]!)),
    };
  }
  if (kind === "double" || kind === "wide") {
    const wide = { ...defaultLayout(shape, 2), rowStride: 192, planeStride: 512, depthStride: 2048, batchStride: 2048 };
    const layout = kind === "wide" ? wide : undefined;
    return {
      inputs: [port("x", layout)],
      outputs: [port("y", layout)],
      run: ([x], [y]) => halves(y!).set(halves(x!).map((value) => value * 2)),
    };
  }
  throw new Error(`unknown op '${kind}'`);
};

const segment = (text: string, inputs: Record<string, number>, outputs: Record<string, number>) => {
  const ports = (named: Record<string, number>) => Object.entries(named).map(([name, buffer]) => ({ name, buffer }));
  const files = { weights: weightBytes, weightsPath: "weights/weight.bin" };
  return { name: text, kind: "mil" as const, text, ...files, inputs: ports(inputs), outputs: ports(outputs) };
};

const input = (name: string, buffer: number) => ({ name, type: f32, buffers: [buffer] });
const output = (name: string, buffer: number) => ({ name, type: f32, buffer });

const difference = (suffix = ""): EngineArtefact => ({
  name: `difference${suffix}`,
  segments: [segment(`difference BLOBFILE${suffix}`, { x: 0, a: 1 }, { y: 2 })],
  buffers: [f16, f16, f16],
  inputs: [input("x", 0), input("a", 1)],
  outputs: [output("y", 2)],
  states: [],
});

const sum: EngineArtefact = {
  name: "sum",
  segments: [segment("sum", { x: 0, total: 1 }, { total_out: 1 })],
  buffers: [f16, f16],
  inputs: [input("x", 0), input("total", 1)],
  outputs: [output("total_out", 1)],
  states: [{ input: "total", output: "total_out" }],
};

/** Two programs that want the buffer between them in different layouts. */
const chain: EngineArtefact = {
  name: "chain",
  segments: [segment("double", { x: 0 }, { y: 1 }), segment("wide", { x: 1 }, { y: 2 })],
  buffers: [f16, f16, f16],
  inputs: [input("x", 0)],
  outputs: [output("y", 2), output("middle", 1)],
  states: [],
};

const filled = (value: (index: number) => number): TensorData => ({
  ...f32,
  data: Float32Array.from({ length: 30 }, (_, index) => value(index)),
});
const x = filled((index) => index);
const a = filled((index) => 100 - 2 * index);
const numbers = (tensor: TensorData | undefined) => [...(tensor?.data ?? [])].map(Number);

/** A clock whose pauses are over at once. */
function quickClock(): Clock & { readonly pauses: number[] } {
  let time = 0;
  const pauses: number[] = [];
  const sleep = async (milliseconds: number) => {
    pauses.push(Math.round(milliseconds));
    time += milliseconds;
  };
  return { now: () => time, sleep, pauses };
}

const engineOf = (world: ObjcWorld, limits: Partial<EngineLimits> = {}, clock: Clock = quickClock()) =>
  new ObjcEngine({ framework: world.framework(), limits, clock });

describe.skipIf(standInProblem !== undefined)(`stand-in (${standInProblem ?? "built"})`, () => {
  test("values of Foundation, there and back", () => {
    using world = new ObjcWorld(compiler);
    const { objc } = world.framework();
    const value = {
      text: "größer ∞",
      empty: "",
      count: -7,
      large: 2n ** 62n,
      list: [1, "two", [3]],
      bytes: Uint8Array.of(0, 1, 255),
      none: {},
    };
    expect(objc.pool(() => objc.toPlain(objc.fromPlain(value)))).toEqual(value);
    expect(() => objc.pool(() => objc.fromPlain(0.5))).toThrow("0.5 is no whole number");
    expect(() => objc.pool(() => objc.string("a\0b"))).toThrow("a zero character");
    expect(world.problems()).toEqual([]);
  });

  test("the stand-in notices what callers do wrong", () => {
    using world = new ObjcWorld(compiler);
    const { objc } = world.framework();
    const kept = objc.pool(() => objc.retain(objc.number(1)));
    expect(world.problems().join()).toContain("NSNumber of serial");
    objc.release(kept);
    expect(world.problems()).toEqual([]);
    objc.send("-[NSNumber longLongValue]", kept);
    expect(world.problems().join()).toContain("is a NSNumber that was deallocated");
    objc.pool(() => objc.send("-[NSArray count]", objc.string("no list")));
    expect(world.problems().join()).toContain("is sent to a NSString, which does not know it");
    objc.string("outside of any pool");
    expect(world.problems().join()).toContain("is autoreleased without a pool");
    objc.sendClass("+[_ANEDeviceInfo hasANE]");
    expect(world.problems().join("\n")).toContain("_ANEDeviceInfo: hasANE is sent outside of any pool");
  });

  test("references with bit 63 set are kept whole: a number would lose what is below", () => {
    using world = new ObjcWorld(compiler);
    const { objc } = world.framework();
    objc.pool(() => {
      const text = objc.string("kept in the reference itself");
      expect(text >> 63n).toBe(1n);
      expect(objc.text(text)).toBe("kept in the reference itself");
      objc.send("-[NSObject isKindOfClass:]", BigInt(Number(text)), objc.class("NSString"));
    });
    expect(world.problems().join()).toMatch(/isKindOfClass: is (no object|a reference that has lost its tag)/);
  });

  test("what the machine has", () => {
    using world = new ObjcWorld(compiler);
    expect(world.framework().deviceInfo()).toMatchObject({ hasEngine: true, architecture: "h16g", cores: 16 });
    world.hide("numANECores");
    expect(world.framework().deviceInfo()).toMatchObject({ hasEngine: true, cores: undefined });
    expect(world.problems()).toEqual([]);
  });

  test("answers that are no text where text is expected do not end the process", () => {
    using world = new ObjcWorld(compiler);
    world.setArchitecture("H17S");
    expect(world.framework().deviceInfo().architecture).toBe("h17s");
    world.setOddAnswers(true);
    expect(world.framework().deviceInfo()).toMatchObject({ hasEngine: true, subType: "7" });
    const source = { kind: "mil", description: Uint8Array.of(1), weights: {} } as const;
    expect(() => world.framework().createModel(source)).toThrow(
      "-[_ANEInMemoryModel localModelPath]: expected a string (NSString), found NSNumber",
    );
    expect(world.problems()).toEqual([]);
  });

  test("requests are made by either factory; without both the framework cannot be used", async () => {
    const short = "requestWithInputs:inputIndices:outputs:outputIndices:procedureIndex:";
    const long = "requestWithInputs:inputIndices:outputs:outputIndices:weightsBuffer:perfStats:procedureIndex:";
    const wanted = numbers(x).map((value, index) => value - numbers(a)[index]!);
    for (const [hidden, used] of [
      ["", short],
      [short, long],
      [long, short],
    ] as const) {
      using world = new ObjcWorld(compiler);
      world.hide(hidden);
      using program = await ObjcProgram.open(difference(), engineOf(world));
      expect(numbers(program.run({ x, a })["y"])).toEqual(wanted);
      expect(world.callsOf(`+[_ANERequest ${used}]`)).toBe(1);
      program.dispose();
      expect(world.problems()).toEqual([]);
    }
    using world = new ObjcWorld(compiler);
    world.hide("requestWithInputs:*");
    const opened = world.open();
    expect(opened.engine === undefined && opened.reason).toContain(`the framework has no +[_ANERequest ${short}]`);
  });

  test("a network for another engine is refused", async () => {
    using world = new ObjcWorld(compiler);
    world.setArchitecture("H16G");
    (await ObjcProgram.open({ ...difference(), target: "h16g" }, engineOf(world))).dispose();
    await expect(ObjcProgram.open({ ...difference(), target: "h13" }, engineOf(world))).rejects.toThrow(
      /difference is to be compiled for h13, but the engine of this machine is h16g.*use --target=h16g, or the driver espresso/,
    );
    world.hide("aneArchitectureType");
    const remarks: string[] = [];
    const onRemark = (text: string) => remarks.push(text);
    (await ObjcProgram.open({ ...difference(), target: "h13" }, engineOf(world), { onRemark })).dispose();
    expect(remarks.join()).toContain("this machine does not say which engine it has");
    expect(world.problems()).toEqual([]);
  });

  test("models are told where their files are only where that is asked for", async () => {
    using world = new ObjcWorld(compiler);
    (await ObjcProgram.open(difference(), engineOf(world))).dispose();
    expect(world.urls).toBe(0);
    const engine = () => new ObjcEngine({ framework: world.framework(), setsModelUrl: true });
    (await ObjcProgram.open(difference(" url"), engine())).dispose();
    expect(world.urls).toBe(1);
    world.hide("setModelURL:");
    await expect(ObjcProgram.open(difference(" no url"), engine())).rejects.toThrow(
      "-[_ANEInMemoryModel setModelURL:]: this version of the framework does not have it",
    );
    expect(world.problems()).toEqual([]);
  });

  test("a result beyond the engine's range is told apart from other failures", async () => {
    using world = new ObjcWorld(compiler);
    using program = await ObjcProgram.open(difference(), engineOf(world));
    const failureOf = () => {
      try {
        return program.run({ x, a });
      } catch (error) {
        return error instanceof EngineCallError && error.isOverflow;
      }
    };
    const evaluate = "-[_ANEInMemoryModel evaluateWithQoS:options:request:error:]";
    world.failFunction(evaluate, 1, 5);
    expect(failureOf()).toBe(true);
    world.failFunction(evaluate, 1, 8);
    expect(failureOf()).toBe(false);
    const status = { domain: "com.apple.appleneuralengine", code: 8, description: "statusType=0x13" };
    expect(new EngineCallError(evaluate, status).isOverflow).toBe(true);
  });

  test("a framework without a message that is needed cannot be used, and says which", () => {
    using world = new ObjcWorld(compiler);
    world.hide("loadWithQoS:options:error:");
    const opened = world.open();
    expect(opened.engine === undefined && opened.reason).toContain("-[_ANEInMemoryModel loadWithQoS:options:error:]");
  });

  test("without the messages that are not needed a network runs all the same", async () => {
    for (const selector of ["mapIOSurfacesWithRequest:cacheInference:error:", "compiledModelExists", "validate"]) {
      using world = new ObjcWorld(compiler);
      world.hide(selector);
      using program = await ObjcProgram.open(difference(), engineOf(world));
      expect(numbers(program.run({ x, a })["y"])).toEqual(numbers(x).map((value, index) => value - numbers(a)[index]!));
      program.dispose();
      expect(world.problems()).toEqual([]);
    }
  });

  test("a network runs: ports by the program's own order, rows padded, weights staged", async () => {
    using world = new ObjcWorld(compiler);
    using program = await ObjcProgram.open(difference(), engineOf(world));
    expect(program.inputs.map(({ name }) => name)).toEqual(["x", "a"]);
    const wanted = numbers(x).map((value, index) => value - numbers(a)[index]!);
    expect(numbers(program.run({ x, a })["y"])).toEqual(wanted);
    const view = program.inputView("a");
    view.data.fill(0 as never);
    program.execute();
    expect(numbers(program.outputView("y"))).toEqual(numbers(x));
    expect(() => program.run({ x })).toThrow("the input 'a' (f32[1, 3, 2, 5]) is missing");
    program.dispose();
    expect(() => program.run({ x, a })).toThrow("was disposed");
    expect(world.problems()).toEqual([]);
  });

  test("programs that want different layouts of a buffer", async () => {
    using world = new ObjcWorld(compiler);
    using program = await ObjcProgram.open(chain, engineOf(world));
    const { y, middle } = program.run({ x });
    expect(numbers(middle)).toEqual(numbers(x).map((value) => value * 2));
    expect(numbers(y)).toEqual(numbers(x).map((value) => value * 4));
    program.dispose();
    expect(world.problems()).toEqual([]);
  });

  test("dense surfaces are the views, and void after disposal", async () => {
    using world = new ObjcWorld(() => ({
      inputs: [{ name: "x", shape: [1, 2, 1, 32], element: "f16" }],
      outputs: [{ name: "y", shape: [1, 2, 1, 32], element: "f16" }],
      run: ([from], [to]) => to!.set(from!),
    }));
    const type = { shape: [1, 2, 1, 32], element: "f16" } as const;
    const artefact: EngineArtefact = {
      name: "copy",
      segments: [segment("copy", { x: 0 }, { y: 1 })],
      buffers: [type, type],
      inputs: [{ name: "x", type, buffers: [0] }],
      outputs: [{ name: "y", type, buffer: 1 }],
      states: [],
    };
    using program = await ObjcProgram.open(artefact, engineOf(world));
    const from = program.inputView("x").data;
    const to = program.outputView("y").data;
    from.set(Array.from({ length: 64 }, (_, index) => index) as never);
    program.execute();
    expect([...to].map(Number)).toEqual(Array.from({ length: 64 }, (_, index) => index));
    program.dispose();
    expect([from.length, to.length]).toEqual([0, 0]);
    expect(world.problems()).toEqual([]);
  });

  test("state stays between runs, can be given, shown and reset", async () => {
    using world = new ObjcWorld(compiler);
    using program = await ObjcProgram.open(sum, engineOf(world));
    const ones = filled(() => 1);
    const total = () => numbers(program.outputView("total_out"))[0];
    for (let run = 0; run < 3; run++) program.run({ x: ones });
    expect(total()).toBe(3);
    program.run({ x: ones });
    expect(total()).toBe(4);
    program.run({ x: ones, total: filled(() => 10) });
    expect(total()).toBe(11);
    program.resetState();
    program.run({ x: ones });
    expect(total()).toBe(1);
    program.inputView("total").data.fill(5 as never);
    program.execute();
    expect(total()).toBe(6);
    program.dispose();
    expect(world.problems()).toEqual([]);
  });

  describe("limits", () => {
    test("programs make room for each other, and load themselves again", async () => {
      using world = new ObjcWorld(compiler);
      world.setLimits({ programs: 3 });
      const engine = engineOf(world, { loadedPrograms: 3 });
      const remarks: string[] = [];
      const onRemark = (text: string) => remarks.push(text);
      const programs: ObjcProgram[] = [];
      for (let index = 0; index < 5; index++)
        programs.push(await ObjcProgram.open(difference(` ${index}`), engine, { onRemark }));
      expect(world.loaded).toBe(3);
      expect(remarks.join("\n")).toContain("difference 0 is unloaded to make room for difference 3");
      const wanted = numbers(x).map((value, index) => value - numbers(a)[index]!);
      for (const program of [...programs, ...programs]) expect(numbers(program.run({ x, a })["y"])).toEqual(wanted);
      expect(world.compiles).toBe(5);
      for (const program of programs) program.dispose();
      expect(engine.loadedPrograms).toBe(0);
      expect(world.problems()).toEqual([]);
    });

    test("what the daemon compiled already is not compiled again", async () => {
      using world = new ObjcWorld(compiler);
      (await ObjcProgram.open(difference(), engineOf(world))).dispose();
      (await ObjcProgram.open(difference(), engineOf(world))).dispose();
      expect(world.compiles).toBe(1);
    });

    test("a compiled program that does not load is compiled anew, once", async () => {
      using world = new ObjcWorld(compiler);
      (await ObjcProgram.open(difference(), engineOf(world))).dispose();
      world.failFunction("-[_ANEInMemoryModel loadWithQoS:options:error:]", 1, 6);
      const remarks: string[] = [];
      (await ObjcProgram.open(difference(), engineOf(world), { onRemark: (text) => remarks.push(text) })).dispose();
      expect(world.compiles).toBe(2);
      expect(remarks.join()).toContain("does not load and is compiled anew");
      expect(world.problems()).toEqual([]);
    });

    test("no more compilations than a process has", async () => {
      using world = new ObjcWorld(compiler);
      const engine = engineOf(world, { compilations: 2 });
      for (const suffix of [" 1", " 2"]) (await ObjcProgram.open(difference(suffix), engine)).dispose();
      await expect(ObjcProgram.open(difference(" 3"), engine)).rejects.toThrow(
        "this process has compiled 2 programs for the engine",
      );
      (await ObjcProgram.open(difference(" 1"), engine)).dispose();
      expect(world.problems()).toEqual([]);
    });

    test("a pause after a compilation that failed", async () => {
      using world = new ObjcWorld(compiler);
      const clock = quickClock();
      const engine = engineOf(world, {}, clock);
      const bad = { ...difference(), segments: [segment("nonsense", { x: 0, a: 1 }, { y: 2 })] };
      await expect(ObjcProgram.open(bad, engine)).rejects.toThrow(
        /compileWithQoS.*the model is invalid.*unknown op 'nonsense'/,
      );
      const remarks: string[] = [];
      (await ObjcProgram.open(difference(), engine, { onRemark: (text) => remarks.push(text) })).dispose();
      expect(clock.pauses).toEqual([15_000]);
      expect(remarks.join()).toContain("waiting 15 s before difference BLOBFILE is compiled");
      expect(world.problems()).toEqual([]);
    });

    test("more weights than some chips take are named where a compilation fails", async () => {
      using world = new ObjcWorld(() => {
        throw new Error("no");
      });
      const text = `difference ${"BLOBFILE(".repeat(17)}`;
      const artefact = { ...difference(), segments: [segment(text, { x: 0, a: 1 }, { y: 2 })] };
      const failure = await ObjcProgram.open(artefact, engineOf(world)).catch((error: unknown) => error);
      const notes = failure instanceof DiagnosticError ? failure.details.notes : undefined;
      expect(notes?.[0]?.message).toContain("reads 17 weights from files");
    });

    test("ports that are not those of the loaded program", async () => {
      using world = new ObjcWorld(compiler);
      const artefact = { ...difference(), segments: [segment("difference", { x: 0, b: 1 }, { y: 2 })] };
      await expect(ObjcProgram.open(artefact, engineOf(world))).rejects.toThrow(
        "the loaded program has the inputs x, a, but its text has x, b",
      );
      const many = Object.fromEntries(Array.from({ length: 256 }, (_, index) => [`x${index}`, 0]));
      const tooMany = { ...difference(), segments: [segment("difference", many, { y: 2 })] };
      await expect(ObjcProgram.open(tooMany, engineOf(world))).rejects.toThrow("256 inputs");
      expect(world.problems()).toEqual([]);
    });
  });

  test("files that another process takes away while they are compiled are staged again", async () => {
    let attempts = 0;
    using world = new ObjcWorld((folder, file) => {
      if (attempts++ === 0) {
        rmSync(folder, { recursive: true });
        throw new Error("file not found");
      }
      return compiler(folder, file);
    });
    (await ObjcProgram.open(difference(), engineOf(world))).dispose();
    expect(attempts).toBe(2);
    expect(world.problems()).toEqual([]);
  });

  test("a folder that cannot be written is named", async () => {
    using world = new ObjcWorld(compiler);
    rmSync(world.folder, { recursive: true });
    writeFileSync(world.folder, "");
    await expect(ObjcProgram.open(difference(), engineOf(world))).rejects.toThrow("staging model.mil: cannot write");
    rmSync(world.folder);
  });

  test("a network description takes the same way", async () => {
    using world = new ObjcWorld((folder, file) => {
      expect(readdirSync(folder).sort()).toEqual(["net.plist", "weights.0"]);
      expect(readFileSync(join(folder, file), "utf8")).toBe("<plist/>");
      return { inputs: [port("x")], outputs: [port("y")], run: ([from], [to]) => to!.set(from!) };
    });
    const bridge = { ...segment("<plist/>", { x: 0 }, { y: 1 }), kind: "netplist", weightsPath: "weights.0" } as const;
    const artefact: EngineArtefact = {
      name: "bridge",
      segments: [bridge],
      buffers: [f16, f16],
      inputs: [input("x", 0)],
      outputs: [output("y", 1)],
      states: [],
    };
    using program = await ObjcProgram.open(artefact, engineOf(world));
    expect(numbers(program.run({ x })["y"])).toEqual(numbers(x));
    program.dispose();
    expect(world.problems()).toEqual([]);
  });

  describe("a fault in each call", () => {
    const scenario = async (world: ObjcWorld) => {
      const remarks: string[] = [];
      const options = { onRemark: (text: string) => remarks.push(text) };
      const engine = engineOf(world);
      using differenceProgram = await ObjcProgram.open(difference(), engine, options);
      using sumProgram = await ObjcProgram.open(sum, engine, options);
      sumProgram.run({ x });
      const results = [
        ...numbers(differenceProgram.run({ x, a })["y"]),
        ...numbers(sumProgram.outputView("total_out")),
      ];
      return { results, remarks };
    };

    test("ends in an error that names the step, or in the right results; nothing is left behind", async () => {
      const total = await (async () => {
        using world = new ObjcWorld(compiler);
        await scenario(world);
        expect(world.problems()).toEqual([]);
        return world.calls;
      })();
      const wanted = [...numbers(x).map((value, index) => value - numbers(a)[index]!), ...numbers(x)];
      expect(total).toBeGreaterThan(100);
      const step = longTests ? 1 : 9;
      const failedCalls = new Set<string>();
      // By turns with an error and without a word why; most calls are left to long runs.
      for (let call = 1; call <= total; call += step) {
        using world = new ObjcWorld(compiler);
        world.failCall(call, call % 2 === 0 ? 8 : -1);
        const outcome = await scenario(world).catch((error: unknown) => error);
        const { failed } = world;
        expect(failed).not.toBe("");
        failedCalls.add(failed);
        if (outcome instanceof DiagnosticError) {
          const named = failed.replace(/^[+-]\[(\S+) (\S+)\]$/, "$2");
          if (failed !== "objc_getClass") expect(`${call}: ${outcome.message}`).toContain(named);
        } else if (outcome instanceof Error) throw outcome;
        else expect((outcome as Awaited<ReturnType<typeof scenario>>).results).toEqual(wanted);
        expect({ call, failed, problems: world.problems() }).toEqual({ call, failed, problems: [] });
      }
      for (const name of ["compileWithQoS", "IOSurfaceCreate", "evaluateWithQoS"])
        if (longTests) expect([...failedCalls].join()).toContain(name);
    });
  });
});

describe("what can be said without an engine", () => {
  test.skipIf(process.platform === "darwin")("this machine has none", () => {
    const found = findAppleNeuralEngine();
    expect(found.engine === undefined && found.reason).toContain("AppleNeuralEngine.framework is part of macOS");
  });

  test.each([
    [undefined, "failed, and the framework does not say why"],
    [
      { domain: "com.apple.appleneuralengine", code: 8, description: "status=0x1d" },
      "the engine failed to run the program; a surface's size or strides are not what the program expects (com.apple.appleneuralengine 8: status=0x1d)",
    ],
    [{ domain: "NSCocoaErrorDomain", code: 4, description: "" }, "NSCocoaErrorDomain 4"],
  ])("errors in sentences: %j", (error, sentence) => {
    expect(describeEngineError(error)).toBe(sentence);
  });
});
