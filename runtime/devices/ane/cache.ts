/**
 * Compiled programs of the engine on disk. An entry is a folder named by all that decides its content; each compilation gets a
 * folder of its own in there, and a manifest, put in place by one rename, names the one that counts, with the size and hash of
 * every file. So a reader sees whole entries only, two processes that compile the same program do not disturb each other, and
 * what is damaged or of another version is noticed before it is opened. A lock file saves the second process its compilation.
 * What the system adds to a bundle later does no harm: the recorded files are checked, others are reported.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { messageOf } from "../../../ir/diagnostic-error.ts";
import { cacheKey } from "../../object-cache.ts";
import type { MilSegment } from "./artefact.ts";

/** Changes with the layout of entries, or with what is told to the compiler. */
const formatVersion = 2;

/** What besides the program decides what the compiler makes of it. */
export interface CompilerIdentity {
  /** The system's build, `25A354`: the compiler is part of it. */
  readonly systemBuild: string;
  /** The version of the framework, where it can be read. */
  readonly frameworkVersion: string;
  /** The engine's name, `h16g`, or the chip's: what is compiled for "this machine" differs with it. */
  readonly chip: string;
  readonly target: string;
}

/** The name of a program's entry. */
export function engineKey({ text, weights, weightsPath }: MilSegment, identity: CompilerIdentity): string {
  const weightsHash = createHash("sha256").update(weights).digest("hex");
  const { systemBuild, frameworkVersion, chip, target } = identity;
  const machine = [systemBuild, frameworkVersion, chip, target];
  return cacheKey(`engine ${formatVersion}`, text, weightsPath, weightsHash, ...machine);
}

interface FileRecord {
  readonly path: string;
  readonly bytes: number;
  readonly hash: string;
}

interface Manifest {
  readonly format: number;
  readonly key: string;
  /** The folder of the compilation, inside the entry. */
  readonly generation: string;
  /** The compiled bundle, inside that folder. */
  readonly bundle: string;
  /** The system and framework that compiled it. */
  readonly system: string;
  readonly files: readonly FileRecord[];
}

/** What became of a look into the cache. */
export type CacheLookup =
  | {
      readonly found: true;
      readonly bundlePath: string;
      readonly generation: Generation;
      /** Files that are in the entry's folder and were not recorded. */
      readonly extra: readonly string[];
    }
  /** The reason is said where there was something that cannot be used. */
  | { readonly found: false; readonly reason: string | undefined };

/** A folder in which one compilation takes place. */
export interface Generation {
  readonly folder: string;
  /** The MIL text. */
  readonly programPath: string;
  /** Where the compiler is told to put its bundle. */
  readonly bundleFolder: string;
}

/** What may be removed to keep the cache small. */
export interface PruneOptions {
  /** Entries of other systems go when they were not used for `longestUnused`. */
  readonly system: string;
  /** Entries that stay in any case. */
  readonly keep: ReadonlySet<string>;
  /** The size in bytes above which those that were used longest ago go. */
  readonly mostBytes?: number;
  /** In milliseconds. */
  readonly longestUnused?: number;
}

/** What was removed. */
export interface Pruned {
  /** Entries of other systems, and what failed compilations left. */
  readonly outdated: number;
  /** Entries that had to make room. */
  readonly crowded: number;
  readonly bytes: number;
}

const day = 24 * 60 * 60_000;

/** What a file was like when it was hashed. */
interface KnownFile {
  readonly stamp: string;
  readonly record: FileRecord;
}

export class EngineCache {
  readonly folder: string;
  /** By folder of a compilation and path: what needs not be hashed again. */
  readonly #known = new Map<string, Map<string, KnownFile>>();

  constructor(folder: string) {
    // The compiler is a service with another working directory.
    this.folder = resolve(folder);
  }

  /** Finds and verifies an entry: every byte of its recorded files is read. */
  lookup(key: string): CacheLookup {
    const manifest = this.#manifest(key);
    if (manifest === undefined || typeof manifest === "string") return { found: false, reason: manifest };
    const generation = generationIn(join(this.folder, key, manifest.generation));
    const { folder } = generation;
    // Verified means read now, whatever the file's times say.
    this.#known.delete(folder);
    try {
      const recorded = new Set(manifest.files.map(({ path }) => path));
      const reason = differences(manifest.files, this.#recordsOf(folder, recorded));
      if (reason !== undefined) return { found: false, reason };
      const extra = filesIn(folder).flatMap(({ path }) => (recorded.has(path) ? [] : [path]));
      this.#touch(key);
      return { found: true, bundlePath: join(folder, manifest.bundle), generation, extra };
    } catch (error) {
      return { found: false, reason: `it cannot be read (${messageOf(error)})` };
    }
  }

  /** Makes a folder for a compilation and stages the program in it. */
  stage(key: string, segment: MilSegment): Generation {
    const folder = join(this.folder, key, `${process.pid}-${randomBytes(4).toString("hex")}`);
    return stageIn(folder, segment);
  }

  /**
   * Makes a compilation the one that counts.
   *
   * @returns false where the bundle does not lie in its folder: the entry cannot be found again then
   */
  commit(key: string, { folder }: Generation, bundlePath: string, system = ""): boolean {
    const bundle = pathInside(folder, bundlePath);
    if (bundle === undefined) return false;
    const generation = relative(join(this.folder, key), folder);
    const manifest: Manifest = {
      format: formatVersion,
      key,
      generation,
      bundle,
      system,
      files: this.#recordsOf(folder),
    };
    const body = JSON.stringify(manifest);
    const temporary = join(this.folder, key, `${generation}.${randomBytes(4).toString("hex")}.tmp`);
    writeFileSync(temporary, `${hashOf(Buffer.from(body))}\n${body}\n`);
    renameSync(temporary, this.#manifestPath(key));
    this.#removeOthers(key, generation);
    return true;
  }

  /** Whether files were added, changed or removed since the entry was looked up or committed. */
  isChanged({ folder }: Generation): boolean {
    const known = this.#known.get(folder);
    const files = filesIn(folder);
    return files.length !== known?.size || files.some(({ path }) => known.get(path)?.stamp !== stampOf(folder, path));
  }

  /** Takes away a compilation that failed. */
  discard({ folder }: Generation): void {
    rmSync(folder, { recursive: true, force: true });
  }

  /** Forgets what an entry names; its files stay for whoever has them open. */
  invalidate(key: string): void {
    rmSync(this.#manifestPath(key), { force: true });
  }

  /**
   * Tries to become the one process that compiles a program.
   *
   * @returns what ends that, or undefined where another living process is at it
   */
  tryLock(key: string): (() => void) | undefined {
    const path = join(this.folder, key, "lock");
    mkdirSync(dirname(path), { recursive: true });
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const file = openSync(path, "wx");
        writeSync(file, `${process.pid}`);
        closeSync(file);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if (!isExisting(error)) throw error;
        if (isHeld(path)) return undefined;
        // Left by a process that is gone. Moved away first: of several that see it, one removes this very file.
        removeStale(path);
      }
    }
    return undefined;
  }

  /** Programs in the cache and the bytes that they take, for reports. */
  usage(): { readonly programs: number; readonly bytes: number } {
    const entries = this.#entries();
    return {
      programs: entries.filter(({ hasManifest }) => hasManifest).length,
      bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Removes entries of other systems that nobody used for a month, then what was used longest ago until the size is kept. */
  prune({ system, keep, mostBytes = 2 * 2 ** 30, longestUnused = 30 * day }: PruneOptions): Pruned {
    let outdated = 0;
    let crowded = 0;
    let removed = 0;
    const remove = (key: string, bytes: number): boolean => {
      if (isHeld(join(this.folder, key, "lock"))) return false;
      // First what makes it an entry: nobody finds half of one.
      this.invalidate(key);
      rmSync(join(this.folder, key), { recursive: true, force: true });
      removed += bytes;
      return true;
    };
    const entries = this.#entries();
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    const left = entries.filter(({ key, bytes, used }) => {
      if (keep.has(key)) return false;
      if (Date.now() - used <= longestUnused || this.#systemOf(key) === system || !remove(key, bytes)) return true;
      outdated++;
      total -= bytes;
      return false;
    });
    for (const { key, bytes } of left.sort((a, b) => a.used - b.used)) {
      if (total <= mostBytes) break;
      if (!remove(key, bytes)) continue;
      crowded++;
      total -= bytes;
    }
    return { outdated, crowded, bytes: removed };
  }

  /** Folders of programs, with their sizes and when each was used last. */
  #entries(): { key: string; bytes: number; used: number; hasManifest: boolean }[] {
    return namesIn(this.folder).flatMap((key) => {
      try {
        if (!/^[0-9a-f]{64}$/.test(key)) return [];
        const folder = join(this.folder, key);
        const files = filesIn(folder);
        const hasManifest = files.some(({ path }) => path === "manifest");
        const bytes = files.reduce((sum, { path }) => sum + lstatSync(join(folder, path)).size, 0);
        const used = lstatSync(hasManifest ? this.#manifestPath(key) : folder).mtimeMs;
        return [{ key, bytes, used, hasManifest }];
      } catch {
        // Another process is changing it right now.
        return [];
      }
    });
  }

  #systemOf(key: string): string | undefined {
    const manifest = this.#manifest(key);
    return typeof manifest === "object" ? manifest.system : undefined;
  }

  /** Remembers when an entry was used. */
  #touch(key: string): void {
    try {
      const now = new Date();
      utimesSync(this.#manifestPath(key), now, now);
    } catch {
      // A cache that cannot be written to.
    }
  }

  /**
   * What is recorded of files, without hashing again those that did not change; `only` names some. The text and weights are
   * ours: what somebody has changed in them since is not recorded, but noticed when they are verified.
   */
  #recordsOf(folder: string, only?: ReadonlySet<string>): FileRecord[] {
    const before = this.#known.get(folder);
    const now = new Map<string, KnownFile>();
    this.#known.set(folder, now);
    return filesIn(folder).flatMap((file) => {
      if (only !== undefined && !only.has(file.path)) return [];
      const stamp = stampOf(folder, file.path);
      const known = before?.get(file.path);
      const isOurs = !file.path.startsWith(bundleFolderName + sep);
      const record = known !== undefined && (isOurs || known.stamp === stamp) ? known.record : recordOf(folder, file);
      now.set(file.path, { stamp, record });
      return [record];
    });
  }

  #manifestPath(key: string): string {
    return join(this.folder, key, "manifest");
  }

  /** The manifest; undefined where there is none, a string where it is no good. */
  #manifest(key: string): Manifest | string | undefined {
    let text: string;
    try {
      text = readFileSync(this.#manifestPath(key), "utf8");
    } catch {
      return undefined;
    }
    const [hash, body = ""] = text.split("\n");
    if (hash !== hashOf(Buffer.from(body))) return "its manifest is damaged";
    const manifest = manifestOf(body);
    if (manifest === undefined) return "its manifest is not one";
    if (manifest.format !== formatVersion) return `it has the format ${manifest.format}, not ${formatVersion}`;
    if (manifest.key !== key) return "it is another program's";
    return manifest;
  }

  /** Removes older compilations of the same program, but those of processes that may have them open. */
  #removeOthers(key: string, kept: string): void {
    for (const name of namesIn(join(this.folder, key))) {
      const owner = /^(\d+)-[0-9a-f]+$/.exec(name)?.[1];
      if (owner === undefined || name === kept || isAlive(Number(owner))) continue;
      rmSync(join(this.folder, key, name), { recursive: true, force: true });
    }
  }
}

const bundleFolderName = "bundles";

/** Where things lie in the folder of a compilation. */
const generationIn = (folder: string): Generation => ({
  folder,
  programPath: join(folder, "model.mil"),
  bundleFolder: join(folder, bundleFolderName),
});

/** Writes a program's files as its text expects them. */
export function stageIn(folder: string, { text, weights, weightsPath }: MilSegment): Generation {
  const generation = generationIn(folder);
  const weightsFile = join(folder, weightsPath);
  mkdirSync(dirname(weightsFile), { recursive: true });
  mkdirSync(generation.bundleFolder, { recursive: true });
  writeFileSync(generation.programPath, text);
  writeFileSync(weightsFile, weights);
  return generation;
}

/** The manifest in a text whose hash is right: of any version, or none. */
function manifestOf(body: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { format, key, generation, bundle, files } = value as Partial<Record<keyof Manifest, unknown>>;
  return (
    typeof format === "number" &&
    typeof key === "string" &&
    typeof generation === "string" &&
    typeof bundle === "string" &&
    Array.isArray(files)
  );
}

/** The path as the file system has it: `/var` is a link to `/private/var`. What is not there stays as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/**
 * The way from a folder to what lies in it, however links and letters with accents are spelled (macOS takes both spellings and
 * may give back the other one); undefined for what lies elsewhere, and for the folder itself.
 */
function pathInside(folder: string, path: string): string | undefined {
  const names = realPath(path).split(sep);
  const outer = realPath(folder).split(sep);
  const isSame = (a: string, b: string | undefined) => a.normalize("NFC") === b?.normalize("NFC");
  if (names.length <= outer.length || !outer.every((name, position) => isSame(name, names[position]))) return undefined;
  return names.slice(outer.length).join(sep);
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** In pieces: weights may be as large as memory. */
function hashOfFile(path: string): { bytes: number; hash: string } {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(Math.min(1 << 22, lstatSync(path).size + 1));
  const file = openSync(path, "r");
  try {
    let bytes = 0;
    for (;;) {
      const count = readSync(file, piece);
      if (count === 0) return { bytes, hash: hash.digest("hex") };
      hash.update(piece.subarray(0, count));
      bytes += count;
    }
  } finally {
    closeSync(file);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

interface FoundFile {
  readonly path: string;
  readonly isLink: boolean;
}

/** All files and links below a folder. */
function filesIn(folder: string): FoundFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({
      path: relative(folder, join(entry.parentPath, entry.name)),
      isLink: entry.isSymbolicLink(),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Changes when a file is written. */
function stampOf(folder: string, path: string): string {
  const { size, mtimeMs, ctimeMs, ino } = lstatSync(join(folder, path));
  return [size, mtimeMs, ctimeMs, ino].join();
}

function recordOf(folder: string, { path, isLink }: FoundFile): FileRecord {
  if (!isLink) return { path, ...hashOfFile(join(folder, path)) };
  const target = Buffer.from(readlinkSync(join(folder, path)));
  return { path, bytes: target.byteLength, hash: hashOf(target) };
}

/** How files differ from what is recorded of them; undefined where they do not. */
function differences(wanted: readonly FileRecord[], found: readonly FileRecord[]): string | undefined {
  const byPath = new Map(found.map((record) => [record.path, record]));
  for (const { path, bytes, hash } of wanted) {
    const record = byPath.get(path);
    if (record === undefined) return `its file ${path} is missing`;
    if (record.bytes !== bytes) return `its file ${path} has ${record.bytes} bytes instead of ${bytes}`;
    if (record.hash !== hash) return `its file ${path} is damaged`;
  }
  return undefined;
}

const isExisting = (error: unknown) => error instanceof Error && "code" in error && error.code === "EEXIST";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process lives as well.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** A compilation takes seconds: what is older was left behind, whatever process has that number now. */
const longestCompilation = 10 * 60_000;

function isHeld(path: string): boolean {
  try {
    const { mtimeMs } = lstatSync(path);
    const age = Date.now() - mtimeMs;
    if (age > longestCompilation) return false;
    const owner = readFileSync(path, "utf8").trim();
    // Just made, and not written yet.
    if (owner === "") return age < 5_000;
    return isAlive(Number(owner));
  } catch {
    return false;
  }
}

function removeStale(path: string): void {
  const away = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    renameSync(path, away);
    rmSync(away, { force: true });
  } catch {
    // Another process was faster.
  }
}
