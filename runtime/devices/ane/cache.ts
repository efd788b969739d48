/**
 * Compiled programs of the engine on disk. An entry is a folder named by all that decides its content; each compilation gets a
 * folder of its own in there, and a manifest, put in place by one rename, names the one that counts, with the size and hash of
 * every file. So a reader sees whole entries only, two processes that compile the same program do not disturb each other, and
 * what is damaged or of another version is noticed before it is opened. A lock file saves the second process its compilation.
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
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { cacheKey } from "../../object-cache.ts";
import type { EngineSegment } from "./artefact.ts";

/** Changes with the layout of entries, or with what is told to the compiler. */
const formatVersion = 1;

/** What besides the program decides what the compiler makes of it. */
export interface CompilerIdentity {
  /** The system's build, `25A354`: the compiler is part of it. */
  readonly systemBuild: string;
  /** The version of the framework, where it can be read. */
  readonly frameworkVersion: string;
  readonly target: string;
}

/** The name of a program's entry. */
export function engineKey({ text, weights, weightsPath }: EngineSegment, identity: CompilerIdentity): string {
  const weightsHash = createHash("sha256").update(weights).digest("hex");
  const { systemBuild, frameworkVersion, target } = identity;
  return cacheKey(`engine ${formatVersion}`, text, weightsPath, weightsHash, systemBuild, frameworkVersion, target);
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
  readonly files: readonly FileRecord[];
}

/** What became of a look into the cache. */
export type CacheLookup =
  | { readonly found: true; readonly bundlePath: string }
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

export class EngineCache {
  constructor(readonly folder: string) {}

  /** Finds and verifies an entry: every byte of it is read. */
  lookup(key: string): CacheLookup {
    const manifest = this.#manifest(key);
    if (manifest === undefined || typeof manifest === "string") return { found: false, reason: manifest };
    const folder = join(this.folder, key, manifest.generation);
    const reason = differences(manifest.files, folder);
    if (reason !== undefined) return { found: false, reason };
    return { found: true, bundlePath: join(folder, manifest.bundle) };
  }

  /** Makes a folder for a compilation and stages the program in it. */
  stage(key: string, segment: EngineSegment): Generation {
    const folder = join(this.folder, key, `${process.pid}-${randomBytes(4).toString("hex")}`);
    return stageIn(folder, segment);
  }

  /**
   * Makes a compilation the one that counts.
   *
   * @returns false where the bundle does not lie in its folder: the entry cannot be found again then
   */
  commit(key: string, { folder }: Generation, bundlePath: string): boolean {
    const bundle = relative(folder, bundlePath);
    if (bundle === "" || bundle.startsWith("..") || bundle.startsWith(sep)) return false;
    const generation = relative(join(this.folder, key), folder);
    const manifest: Manifest = { format: formatVersion, key, generation, bundle, files: recordsOf(folder) };
    const body = JSON.stringify(manifest);
    const temporary = join(this.folder, key, `${generation}.tmp`);
    writeFileSync(temporary, `${hashOf(Buffer.from(body))}\n${body}\n`);
    renameSync(temporary, this.#manifestPath(key));
    this.#removeOthers(key, generation);
    return true;
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
    let programs = 0;
    let bytes = 0;
    for (const key of namesIn(this.folder)) {
      try {
        const sizes = recordedFiles(join(this.folder, key)).map(
          ({ path }) => [path, sizeOf(this.folder, key, path)] as const,
        );
        if (sizes.some(([path]) => path === "manifest")) programs++;
        for (const [, size] of sizes) bytes += size;
      } catch {
        // No entry of ours, or one that another process is changing right now.
      }
    }
    return { programs, bytes };
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
    const manifest: unknown = JSON.parse(body);
    if (!isManifest(manifest)) return "its manifest is not one";
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

/** Writes a program's files as its text expects them. */
export function stageIn(folder: string, { text, weights, weightsPath }: EngineSegment): Generation {
  const programPath = join(folder, "model.mil");
  const weightsFile = join(folder, weightsPath);
  const bundleFolder = join(folder, "bundles");
  mkdirSync(dirname(weightsFile), { recursive: true });
  mkdirSync(bundleFolder, { recursive: true });
  writeFileSync(programPath, text);
  writeFileSync(weightsFile, weights);
  return { folder, programPath, bundleFolder };
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

const sizeOf = (...path: readonly string[]) => lstatSync(join(...path)).size;

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

/** All files and links below a folder. */
function recordedFiles(folder: string): { readonly path: string; readonly isLink: boolean }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({
      path: relative(folder, join(entry.parentPath, entry.name)),
      isLink: entry.isSymbolicLink(),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function recordsOf(folder: string): FileRecord[] {
  return recordedFiles(folder).map(({ path, isLink }) => {
    if (!isLink) return { path, ...hashOfFile(join(folder, path)) };
    const target = Buffer.from(readlinkSync(join(folder, path)));
    return { path, bytes: target.byteLength, hash: hashOf(target) };
  });
}

/** How the files of a folder differ from what is recorded; undefined where they do not. */
function differences(wanted: readonly FileRecord[], folder: string): string | undefined {
  let found: FileRecord[];
  try {
    found = recordsOf(folder);
  } catch (error) {
    return `it cannot be read (${error instanceof Error ? error.message : error})`;
  }
  const byPath = new Map(found.map((record) => [record.path, record]));
  for (const { path, bytes, hash } of wanted) {
    const record = byPath.get(path);
    if (record === undefined) return `its file ${path} is missing`;
    if (record.bytes !== bytes) return `its file ${path} has ${record.bytes} bytes instead of ${bytes}`;
    if (record.hash !== hash) return `its file ${path} is damaged`;
    byPath.delete(path);
  }
  const [extra] = byPath.keys();
  return extra === undefined ? undefined : `it has the file ${extra}, which the compiler did not leave`;
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
