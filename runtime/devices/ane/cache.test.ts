/** Entries on disk: found whole or not at all, whatever happened to them. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EngineCache, engineKey } from "./cache.ts";

const segment = {
  kind: "mil" as const,
  name: "p",
  text: "program(1.3)",
  weights: Uint8Array.from({ length: 200 }, (_, index) => index),
  weightsPath: "weights/weight.bin",
  inputs: [],
  outputs: [],
};
const identity = { systemBuild: "25A1", frameworkVersion: "1", chip: "h16g", target: "h13" };
const key = engineKey(segment, identity);
let cache: EngineCache;

beforeEach(() => {
  cache = new EngineCache(mkdtempSync(join(tmpdir(), "anemone-cache-test-")));
});
afterEach(() => rmSync(cache.folder, { recursive: true }));

/** Enters a bundle of one file, and a link as bundles of macOS may have them. */
function enter(into = cache, name = key, system = "25A1"): string {
  const generation = into.stage(name, segment);
  const bundle = join(generation.bundleFolder, "b");
  mkdirSync(bundle);
  writeFileSync(join(bundle, "code"), "code");
  symlinkSync("code", join(bundle, "current"));
  expect(into.commit(name, generation, bundle, system)).toBe(true);
  return bundle;
}

test("what was entered is found", () => {
  expect(cache.lookup(key)).toEqual({ found: false, reason: undefined });
  const bundle = enter();
  expect(cache.lookup(key)).toMatchObject({ found: true, bundlePath: bundle, extra: [] });
  expect(readFileSync(join(bundle, "../../model.mil"), "utf8")).toBe("program(1.3)");
  expect([...readFileSync(join(bundle, "../../weights/weight.bin"))]).toEqual([...segment.weights]);
  expect(cache.usage().programs).toBe(1);
  cache.invalidate(key);
  expect(cache.lookup(key).found).toBe(false);
});

test("the key changes with each thing that decides the content", () => {
  const keys = [
    key,
    engineKey({ ...segment, text: "program(1.0)" }, identity),
    engineKey({ ...segment, weights: segment.weights.slice(1) }, identity),
    engineKey({ ...segment, weightsPath: "weights.bin" }, identity),
    engineKey(segment, { ...identity, target: "h14" }),
    engineKey(segment, { ...identity, systemBuild: "25A2" }),
    engineKey(segment, { ...identity, frameworkVersion: "2" }),
    engineKey(segment, { ...identity, chip: "h16s" }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  // Names of ports and programs do not.
  expect(engineKey({ ...segment, name: "q" }, identity)).toBe(key);
});

test("a manifest cut short or changed at any byte is none", () => {
  enter();
  const path = join(cache.folder, key, "manifest");
  const whole = readFileSync(path);
  const step = process.env.ANEMONE_LONG_TESTS === "1" ? 1 : 11;
  for (let length = 0; length < whole.length - 1; length += step) {
    writeFileSync(path, whole.subarray(0, length));
    expect(cache.lookup(key)).toMatchObject({ found: false, reason: expect.stringContaining("manifest is damaged") });
  }
  for (let position = 0; position < whole.length - 1; position += step) {
    const changed = Uint8Array.from(whole);
    changed[position]! ^= 4;
    writeFileSync(path, changed);
    expect([position, cache.lookup(key).found]).toEqual([position, false]);
  }
  writeFileSync(path, whole);
  expect(cache.lookup(key).found).toBe(true);
});

test("a link that leads elsewhere is noticed", () => {
  const bundle = enter();
  rmSync(join(bundle, "current"));
  symlinkSync("/etc/passwd", join(bundle, "current"));
  expect(cache.lookup(key)).toMatchObject({ found: false, reason: expect.stringContaining("bundles/b/current") });
});

test("a bundle that lies elsewhere is not entered", () => {
  const generation = cache.stage(key, segment);
  for (const path of [cache.folder, "/tmp/elsewhere", generation.folder]) {
    expect(cache.commit(key, generation, path)).toBe(false);
  }
  cache.discard(generation);
  expect(cache.lookup(key).found).toBe(false);
});

test("an entry under another's name is not used", () => {
  enter();
  const other = engineKey({ ...segment, text: "program(1.0)" }, identity);
  mkdirSync(join(cache.folder, other));
  writeFileSync(join(cache.folder, other, "manifest"), readFileSync(join(cache.folder, key, "manifest")));
  expect(cache.lookup(other)).toEqual({ found: false, reason: "it is another program's" });
});

test("compilations of processes that are gone are removed, those of living ones stay", () => {
  mkdirSync(join(cache.folder, key, "999999999-00000000"), { recursive: true });
  mkdirSync(join(cache.folder, key, `${process.ppid}-00000000`), { recursive: true });
  const first = enter();
  const second = enter();
  expect(cache.lookup(key)).toMatchObject({ found: true, bundlePath: second });
  expect(readFileSync(join(first, "code"), "utf8")).toBe("code");
  expect(() => readFileSync(join(cache.folder, key, "999999999-00000000"))).toThrow("ENOENT");
  expect(() => readFileSync(join(cache.folder, key, `${process.ppid}-00000000`))).toThrow("EISDIR");
});

test("locks: one at a time, and none of the past", () => {
  const unlock = cache.tryLock(key);
  expect(unlock).toBeDefined();
  expect(cache.tryLock(key)).toBeUndefined();
  // Older than any compilation, whoever has that process number now.
  const path = join(cache.folder, key, "lock");
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path, longAgo, longAgo);
  const next = cache.tryLock(key);
  expect(next).toBeDefined();
  next!();
  expect(cache.tryLock(key)).toBeDefined();
});

test("files that are not ours do not disturb the report", () => {
  enter();
  writeFileSync(join(cache.folder, "stray"), "x");
  expect(cache.usage()).toMatchObject({ programs: 1 });
  expect(new EngineCache(join(cache.folder, "nowhere")).usage()).toEqual({ programs: 0, bytes: 0 });
});

test("files beside the recorded ones are told, and recorded when it is committed again", () => {
  const bundle = enter();
  writeFileSync(join(bundle, "added"), "1");
  const found = cache.lookup(key);
  if (!found.found) throw new Error(found.reason);
  expect(found.extra).toEqual([join("bundles", "b", "added")]);
  expect(cache.isChanged(found.generation)).toBe(true);
  cache.commit(key, found.generation, bundle);
  expect(cache.isChanged(found.generation)).toBe(false);
  expect(cache.lookup(key)).toMatchObject({ found: true, extra: [] });
  // Text and weights do not change: what does it is not taken for theirs.
  writeFileSync(join(bundle, "../../model.mil"), "program(1.0)");
  cache.commit(key, found.generation, bundle);
  expect(cache.lookup(key)).toMatchObject({ found: false, reason: "its file model.mil is damaged" });
  writeFileSync(join(bundle, "../../model.mil"), segment.text);
  expect(cache.lookup(key).found).toBe(true);
  writeFileSync(join(bundle, "code"), "CODE");
  expect(cache.isChanged(found.generation)).toBe(true);
  expect(cache.lookup(key)).toMatchObject({ found: false, reason: expect.stringContaining("code is damaged") });
});

test("a bundle's path may be spelled otherwise than its folder's", () => {
  const link = join(cache.folder, "link");
  const real = join(cache.folder, "real");
  mkdirSync(real);
  symlinkSync(real, link);
  const linked = new EngineCache(relative(process.cwd(), link));
  expect(linked.folder).toBe(link);
  const generation = linked.stage(key, segment);
  expect(linked.commit(key, generation, join(realpathSync(generation.bundleFolder), "b"))).toBe(true);
  expect(linked.lookup(key)).toMatchObject({ found: true, bundlePath: join(generation.bundleFolder, "b") });

  const composed = new EngineCache(join(cache.folder, "caf\u00e9"));
  const other = composed.stage(key, segment);
  // As macOS may give it back: the letter and its accent apart.
  expect(composed.commit(key, other, join(other.bundleFolder, "b").normalize("NFD"))).toBe(true);
  expect(composed.lookup(key)).toMatchObject({ found: true, bundlePath: join(other.bundleFolder, "b") });
});

test("entries of other systems go by age, then the oldest by size", () => {
  const names = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(64));
  const systems = ["old", "old", "new", "new", "new"];
  const days = [40, 20, 50, 3, 45];
  for (const [position, name] of names.entries()) {
    enter(cache, name, systems[position]);
    const used = new Date(Date.now() - days[position]! * 24 * 3_600_000);
    utimesSync(join(cache.folder, name, "manifest"), used, used);
  }
  writeFileSync(join(cache.folder, "stray"), "x");
  const left = () => names.filter((name) => existsSync(join(cache.folder, name))).map((name) => name[0]);
  const keep = new Set([names[4]!]);
  expect(cache.prune({ system: "new", keep })).toMatchObject({ outdated: 1, crowded: 0 });
  expect(left()).toEqual(["b", "c", "d", "e"]);
  const { bytes } = cache.usage();
  const size = bytes / 4;
  // A lookup counts as use; what is kept or being compiled stays, however old.
  cache.lookup(names[2]!);
  const unlock = cache.tryLock(names[3]!);
  expect(cache.prune({ system: "new", keep, mostBytes: 2.5 * size })).toMatchObject({ outdated: 0, crowded: 2 });
  expect(left()).toEqual(["d", "e"]);
  unlock?.();
  expect(cache.prune({ system: "new", keep, mostBytes: 0 })).toMatchObject({ crowded: 1 });
  expect(left()).toEqual(["e"]);
  expect(cache.lookup(names[4]!).found).toBe(true);
  expect(existsSync(join(cache.folder, "stray"))).toBe(true);
});
