/** The whole reader on the committed pictures, the networks run by ONNX Runtime, and the program around it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openReferenceNetworks } from "../../test/reference/read-text-networks.ts";
import { boxCentre, boxHeight, boxWidth } from "./boxes.ts";
import { main, reportTable, type Surroundings } from "./main.ts";
import { loadAlphabet } from "./models.ts";
import type { NetworkFactory, NetworkReport } from "./network.ts";
import type { DeviceNetworks } from "./networks.ts";
import { loadPicture, type Picture, turnAround } from "./picture.ts";
import { readText } from "./pipeline.ts";

const pictures = join(import.meta.dirname, "../pictures");
const names = ["receipt.png", "small-text.png", "rotated.png", "low-contrast.jpg"];

async function truth(name: string): Promise<string[]> {
  return (await readFile(join(pictures, name.replace(/\.\w+$/, ".txt")), "utf8")).trimEnd().split("\n");
}

let reference: DeviceNetworks;
let alphabet: readonly string[];
let outFolder: string;
beforeAll(async () => {
  reference = openReferenceNetworks();
  alphabet = await loadAlphabet();
  outFolder = await mkdtemp(join(tmpdir(), "read-text-"));
});
afterAll(async () => {
  await reference.close();
  await rm(outFolder, { recursive: true });
});

const withoutColours = (text: string): string =>
  text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g"), "");

/** Runs the program and collects what it prints. */
async function runMain(args: readonly string[], changes: Partial<Surroundings> = {}) {
  const printed: string[] = [];
  const errors: string[] = [];
  const exitCode = await main(args, {
    open: () => openReferenceNetworks(),
    console: { out: (text) => printed.push(text), error: (text) => errors.push(text), interactive: false },
    outFolder,
    ...changes,
  });
  return { exitCode, out: withoutColours(printed.join("\n")), errors: withoutColours(errors.join("\n")) };
}

describe("readText", () => {
  it.each(names)("reads %s right, with few compilations", async (name) => {
    const picture = await loadPicture(join(pictures, name));
    const shapes = new Set<string>();
    const open: NetworkFactory = (network, shape) => {
      const key = `${network} ${shape}`;
      expect(shapes, "each network and shape is asked for once").not.toContain(key);
      shapes.add(key);
      return reference.open(network, shape);
    };
    const lines = await readText(picture, open, alphabet);
    expect(lines.map(({ text }) => text)).toEqual(await truth(name));
    expect(shapes.size).toBeLessThanOrEqual(5);
    for (const { confidence, rotated, box } of lines) {
      expect(confidence).toBeGreaterThan(0.85);
      expect(rotated).toBe(name === "rotated.png");
      expect(boxWidth(box)).toBeGreaterThan(boxHeight(box));
    }
  });

  it("reads a page turned by 180° as the same text, with the boxes turned too", async () => {
    const picture = await loadPicture(join(pictures, "receipt.png"));
    const lines = await readText(turnAround(picture), reference.open, alphabet);
    expect(lines.map(({ text }) => text)).toEqual(await truth("receipt.png"));
    expect(boxCentre(lines[0]!.box).y).toBeGreaterThan(picture.height / 2);
  });

  it("reads lines that run from top to bottom", async () => {
    const turned = quarterTurn(await loadPicture(join(pictures, "receipt.png")));
    const texts = (await readText(turned, reference.open, alphabet)).map(({ text }) => text);
    // The detector parts some of them at wide gaps; whole ones must be read right.
    const expected = await truth("receipt.png");
    const whole = texts.filter((text) => expected.includes(text));
    expect(whole.length).toBeGreaterThanOrEqual(7);
    expect(whole, "in reading order").toEqual(expected.filter((line) => whole.includes(line)));
  });

  it("reads a line right that the classifier takes for rotated", async () => {
    let classified = 0;
    const mistaken: NetworkFactory = async (network, shape) => {
      const model = await reference.open(network, shape);
      if (network !== "classifier") return model;
      return {
        run: (inputs) =>
          classified++ === 4
            ? { scores: { shape: [1, 2], element: "f32", data: new Float32Array([0.03, 0.97]) } }
            : model.run(inputs),
      };
    };
    const lines = await readText(await loadPicture(join(pictures, "receipt.png")), mistaken, alphabet);
    expect(classified).toBe(lines.length);
    expect(lines.map(({ text }) => text)).toEqual(await truth("receipt.png"));
    expect(lines.some(({ rotated }) => rotated)).toBe(false);
  });

  it("finds nothing on an empty page, and does not stumble over a single pixel", async () => {
    for (const [width, height] of [
      [200, 100],
      [1, 1],
    ] as const) {
      const empty = { width, height, pixels: new Uint8Array(width * height * 3).fill(255) };
      expect(await readText(empty, reference.open, alphabet)).toEqual([]);
    }
  });
});

/** Turned by 90° clockwise. */
function quarterTurn({ width, height, pixels }: Picture): Picture {
  const turned = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (y * width + x) * 3;
      turned.set(pixels.subarray(source, source + 3), (x * height + (height - 1 - y)) * 3);
    }
  }
  return { width: height, height: width, pixels: turned };
}

describe("main", () => {
  it("prints device, lines with confidences and turns, and writes the picture with boxes", async () => {
    const { exitCode, out, errors } = await runMain([join(pictures, "rotated.png")]);
    expect(errors).toBe("");
    expect(exitCode).toBe(0);
    expect(out).toContain("Device: ONNX Runtime");
    expect(out).toMatch(/rotated\.png: 8 lines in \d/);
    for (const line of await truth("rotated.png")) expect(out).toContain(`${line}  (turned by 180°)`);
    expect(out).toMatch(/^ {2}0\.9\d\d {2}City Library 1897/m);
    const drawn = await loadPicture(join(outFolder, "rotated-boxes.png"));
    expect([drawn.width, drawn.height]).toEqual([800, 640]);
    expect(drawn.pixels).not.toEqual((await loadPicture(join(pictures, "rotated.png"))).pixels);
  });

  it("ends with a diagnostic and exit code 1 for a picture that cannot be read, and writes nothing", async () => {
    const path = join(outFolder, "broken.png");
    await writeFile(path, "not a picture");
    const before = await readdir(outFolder);
    const { exitCode, out, errors } = await runMain([path]);
    expect(exitCode).toBe(1);
    expect(out).toBe("");
    expect(errors).toMatch(/broken\.png: error: not a readable PNG or JPEG picture/);
    expect(await readdir(outFolder)).toEqual(before);
  });

  it("ends with exit code 1 when the device cannot be opened", async () => {
    const { exitCode, errors } = await runMain([join(pictures, "receipt.png"), "--device=ane"], {
      open: (device) => {
        throw new Error(`this machine has no device '${device}'`);
      },
    });
    expect([exitCode, errors]).toEqual([1, "error: this machine has no device 'ane'"]);
  });

  it("hands over the options, and refuses unknown ones with exit code 2", async () => {
    const seen: unknown[] = [];
    await runMain([join(pictures, "receipt.png"), "--device=ane-virtual", "--no-llvm"], {
      open: (device, { llvm }) => {
        seen.push(device, llvm);
        throw new Error("enough");
      },
    });
    expect(seen).toEqual(["ane-virtual", false]);
    const wrong = await runMain(["--device=tpu"]);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.errors).toContain("Allowed choices are auto, cpu, ane, ane-virtual");
    const help = await runMain(["--help"]);
    expect([help.exitCode, help.errors]).toEqual([0, ""]);
    expect(help.out).toContain("Usage: read-text [options] [picture]");
  });
});

describe("reportTable", () => {
  it("has one column per level and aligns numbers to the right", () => {
    const report = (network: NetworkReport["network"], operations: number, tasks?: number): NetworkReport => ({
      network,
      inputShape: [1, 3, 48, 320],
      levels: [{ level: "tensor", operations }],
      tasks,
      runs: 3,
      milliseconds: 12.345,
      irPath: join(process.cwd(), "out/ir", network),
    });
    const rows = reportTable([report("detector", 7, 12), report("classifier", 1234)])
      .map(withoutColours)
      .slice(1);
    expect(rows).toEqual([
      "network     input       tensor  tasks  runs    ms  IR",
      `detector    1x3x48x320       7     12     3  12.3  ${relative(process.cwd(), join(process.cwd(), "out/ir/detector"))}`,
      `classifier  1x3x48x320    1234      -     3  12.3  ${relative(process.cwd(), join(process.cwd(), "out/ir/classifier"))}`,
    ]);
    expect(reportTable([])).toEqual([]);
  });
});
