/**
 * The engine through Espresso as this process uses it: the library and the cache of compiled programs, on the lane that all
 * programs of a process share (lane.ts).
 *
 * A program comes from the cache where it can. A bundle may belong to the process that compiled it (aneforge.md 4.4; tmc/apple
 * says to the same signing identity): where one that is whole does not open or does not run, its own text is compiled once more
 * in its own folder, where the compiler finds what it has left (a twentieth of the time: aneforge.md 6.7), and only then in a new one.
 */
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../ir/diagnostic-error.ts";
import {
  type BufferObject,
  compileProgram,
  EspressoError,
  type EspressoLibrary,
  ProgramLibrary,
  type ReleaseReport,
} from "../../ffi/espresso.ts";
import type { MilSegment } from "./artefact.ts";
import { type CacheLookup, type CompilerIdentity, EngineCache, engineKey, type Generation } from "./cache.ts";
import { EngineLane, type LaneOptions, type Remark } from "./lane.ts";
import { CompilePauseError } from "./limits.ts";
import { LoadedSegment } from "./loaded-segment.ts";

export interface EngineOptions extends LaneOptions {
  readonly library: EspressoLibrary;
  /** Where compiled programs are kept; `null` keeps none. */
  readonly cache: EngineCache | null;
  /** The system's build, the framework's version and the chip. */
  readonly identity: Omit<CompilerIdentity, "target">;
}

/** A program that is to be loaded. */
export interface LoadRequest {
  readonly segment: MilSegment;
  readonly key: string;
  readonly target: string | undefined;
  readonly buffers: readonly BufferObject[];
  readonly remark: Remark;
}

/** An entry of a cache. */
interface Entry {
  readonly cache: EngineCache;
  readonly generation: Generation;
}

/** How a program came to be loaded. */
export interface LoadOutcome {
  readonly loaded: LoadedSegment;
  /** `cache`: opened as an earlier run left it. `again`: compiled once more in the folder of that. `new`: compiled. */
  readonly origin: "cache" | "again" | "new";
  /** Where it lies, if it is kept. */
  readonly entry?: Entry & { readonly bundlePath: string };
  /** Removes files that only this program uses, once it is unloaded. */
  readonly discard?: () => void;
}

/** How long to wait for another process that compiles the same program. */
const longestWait = 120_000;
const pollInterval = 50;

/** Folders that stand in for a cache; they go with the process at the latest. */
const temporaryFolders = new Set<string>();
let isAtExit = false;

function makeTemporaryFolder(): string {
  if (!isAtExit) {
    isAtExit = true;
    process.on("exit", () => {
      for (const folder of temporaryFolders) removeTemporaryFolder(folder);
    });
  }
  const folder = mkdtempSync(join(tmpdir(), "anemone-engine-"));
  temporaryFolders.add(folder);
  return folder;
}

function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  temporaryFolders.delete(folder);
}

export class Engine extends EngineLane {
  readonly library: EspressoLibrary;
  readonly cache: EngineCache | null;
  readonly #identity: Omit<CompilerIdentity, "target">;
  #temporary: EngineCache | undefined;
  /** Entries of the cache that are no good and cannot be removed. */
  readonly #barred = new Set<string>();
  /** Whether the cache could not be written to. */
  #isUnwritable = false;
  /** Entries that this process uses or used. */
  readonly #used = new Set<string>();
  /** Networks that are not disposed. */
  #networks = 0;

  constructor(options: EngineOptions) {
    super(options);
    this.library = options.library;
    this.cache = options.cache;
    this.#identity = options.identity;
  }

  keyOf(segment: MilSegment, target: string | undefined): string {
    return engineKey(segment, { ...this.#identity, target: target ?? "host" });
  }

  get #system(): string {
    return `${this.#identity.systemBuild}, ${this.#identity.frameworkVersion}`;
  }

  /**
   * Loads a program: from the cache, else compiled. Where another process compiles it, or the compile service needs a pause,
   * it waits.
   *
   * @throws EspressoError where a step fails
   */
  async load(request: LoadRequest): Promise<LoadOutcome> {
    const { segment, key, remark } = request;
    const unlock = await this.#lock(key, segment.name, remark);
    try {
      for (;;) {
        try {
          return this.loadNow(request);
        } catch (error) {
          if (!(error instanceof CompilePauseError)) throw error;
          remark(`waiting ${Math.ceil(error.remaining / 1000)} s before ${segment.name} is compiled: ${error.message}`);
          await this.clock.sleep(error.remaining);
        }
      }
    } finally {
      unlock?.();
    }
  }

  /** The same without waiting. @throws CompilePauseError where it would have to */
  loadNow(request: LoadRequest): LoadOutcome {
    this.#used.add(request.key);
    return this.library.pooled(() => this.#reopened(request) ?? this.#compile(request));
  }

  /**
   * Loads again a program that was loaded, but did not run, and is unloaded now: the next way of those that there are.
   *
   * @returns undefined where there is none
   */
  renewNow(request: LoadRequest, { origin, entry }: LoadOutcome): LoadOutcome | undefined {
    if (origin === "new" || entry === undefined) return undefined;
    return this.library.pooled(() => {
      const renewed = origin === "cache" ? this.#compileAgain(request, entry) : undefined;
      if (renewed !== undefined) return renewed;
      this.#forget(entry.cache, request);
      return this.#compile(request);
    });
  }

  /** To be called when a program has run: what the system has added to its files or changed in them belongs to the entry. */
  settle({ segment, key, remark }: LoadRequest, { entry }: LoadOutcome): void {
    if (entry === undefined) return;
    const { cache, generation, bundlePath } = entry;
    try {
      if (cache.isChanged(generation)) cache.commit(key, generation, bundlePath, this.#system);
    } catch (error) {
      // It is verified before it is used the next time, and compiled anew if need be.
      remark(`what ${segment.name} has changed in its cached files cannot be recorded: ${messageOf(error)}`);
    }
  }

  /** From the cache, or from what stands in for it: as it is, else compiled once more where it lies. */
  #reopened(request: LoadRequest): LoadOutcome | undefined {
    const { segment, key, buffers, remark } = request;
    for (const cache of this.#caches(key)) {
      const found = cache.lookup(key);
      if (!found.found) {
        if (found.reason === undefined) continue;
        remark(`the cached program of ${segment.name} is not used, and is compiled anew: ${found.reason}`);
        this.#forget(cache, request);
        continue;
      }
      tellExtra(segment.name, found, remark);
      const entry = { cache, generation: found.generation, bundlePath: found.bundlePath };
      try {
        const library = ProgramLibrary.open(this.library, found.bundlePath);
        const loaded = LoadedSegment.load(this.library, library, segment, buffers, reportTo(remark));
        return { loaded, origin: "cache", entry };
      } catch (error) {
        if (!(error instanceof EspressoError)) throw error;
        remark(`the cached program of ${segment.name} cannot be opened, and is compiled again: ${error.message}`);
      }
      const again = this.#compileAgain(request, entry);
      if (again !== undefined) return again;
      this.#forget(cache, request);
    }
    return undefined;
  }

  /**
   * Compiles the text of an entry in the entry's own folder.
   *
   * @returns undefined where it cannot be, or what comes of it does not load
   */
  #compileAgain(request: LoadRequest, { cache, generation }: Entry): LoadOutcome | undefined {
    const { segment, target, buffers, remark } = request;
    if (!isWritable(generation.bundleFolder)) return undefined;
    this.budget.take(cache.folder);
    let library: ProgramLibrary;
    try {
      library = this.#compiled(generation, target, reportTo(remark));
    } catch (error) {
      this.#forget(cache, request);
      throw error;
    }
    try {
      const loaded = LoadedSegment.load(this.library, library, segment, buffers, reportTo(remark));
      const entry = this.#keep(library, request, { cache, generation });
      return { loaded, origin: "again", ...(entry === undefined ? {} : { entry }) };
    } catch (error) {
      if (!(error instanceof EspressoError)) throw error;
      remark(`${segment.name} does not load from there either, and is compiled in a new folder: ${error.message}`);
      return undefined;
    }
  }

  #compile(request: LoadRequest): LoadOutcome {
    const { segment, key, target, buffers, remark } = request;
    this.budget.take(this.cache?.folder);
    const { cache, generation } = this.#stage(segment, key, remark);
    try {
      const library = this.#compiled(generation, target, reportTo(remark));
      const loaded = LoadedSegment.load(this.library, library, segment, buffers, reportTo(remark));
      const entry = this.#keep(library, request, { cache, generation });
      if (entry === undefined) return { loaded, origin: "new", discard: () => cache.discard(generation) };
      this.#prune(remark);
      return { loaded, origin: "new", entry };
    } catch (error) {
      cache.discard(generation);
      throw error;
    }
  }

  #compiled(generation: Generation, target: string | undefined, report: ReleaseReport): ProgramLibrary {
    const settings = { bundleFolder: generation.bundleFolder, ...(target === undefined ? {} : { target }) };
    try {
      const library = compileProgram(this.library, generation.programPath, settings, report);
      this.budget.succeeded();
      return library;
    } catch (error) {
      if (error instanceof EspressoError) this.budget.failed(error.message);
      throw error;
    }
  }

  /** Enters a compiled bundle into the cache. Where that cannot be done the program runs all the same. */
  #keep(
    library: ProgramLibrary,
    { segment, key, remark }: LoadRequest,
    { cache, generation }: Entry,
  ): LoadOutcome["entry"] {
    const { name } = segment;
    try {
      const bundlePath = library.bundlePath();
      if (bundlePath === undefined)
        remark(`${name} is compiled anew in each process: this version does not say where its bundle is`);
      else if (cache.commit(key, generation, bundlePath, this.#system)) return { cache, generation, bundlePath };
      else
        remark(
          `${name} is compiled anew in each process: its bundle is not where it was asked for, but at ${bundlePath}`,
        );
    } catch (error) {
      if (!(error instanceof EspressoError) && !isFileError(error)) throw error;
      remark(`${name} is compiled anew in each process: ${error.message}`);
    }
    return undefined;
  }

  /** The place for a compilation: the cache, or a folder of this process where the cache cannot be written. */
  #stage(segment: MilSegment, key: string, remark: Remark): Entry {
    const { cache } = this;
    if (cache !== null && !this.#isUnwritable && !this.#barred.has(key)) {
      try {
        return { cache, generation: cache.stage(key, segment) };
      } catch (error) {
        this.#isUnwritable = true;
        remark(`compiled programs cannot be kept in ${cache.folder}: ${messageOf(error)}`);
      }
    }
    this.#temporary ??= new EngineCache(makeTemporaryFolder());
    return { cache: this.#temporary, generation: this.#temporary.stage(key, segment) };
  }

  /** Where a program may be found: the cache, and what stands in for it in this process. */
  #caches(key: string): EngineCache[] {
    const places = [this.#barred.has(key) ? null : this.cache, this.#temporary ?? null];
    return places.filter((cache) => cache !== null);
  }

  /** Removes an entry; where that cannot be done it is not looked at again. */
  #forget(cache: EngineCache, { segment, key, remark }: Pick<LoadRequest, "segment" | "key" | "remark">): void {
    try {
      cache.invalidate(key);
    } catch (error) {
      this.#barred.add(key);
      remark(`the cached program of ${segment.name} cannot be removed, and is passed over: ${messageOf(error)}`);
    }
  }

  /** Keeps the cache small, behind a compilation that added to it. */
  #prune(remark: Remark): void {
    try {
      const pruned = this.cache?.prune({ system: this.#system, keep: this.#used });
      if (pruned === undefined || pruned.outdated + pruned.crowded === 0) return;
      remark(
        `${(pruned.bytes / 1e6).toFixed(1)} MB of compiled programs were removed from ${this.cache?.folder}: ` +
          `${pruned.outdated} of other versions of the system, ${pruned.crowded} to make room for others`,
      );
    } catch (error) {
      remark(`old compiled programs cannot be removed from ${this.cache?.folder}: ${messageOf(error)}`);
    }
  }

  /** A network begins to use the engine. */
  join(): void {
    this.#networks++;
  }

  /** A network is disposed. What stands in for a cache goes with the last one. */
  part(): void {
    this.#networks--;
    if (this.#networks > 0 || this.#temporary === undefined) return;
    removeTemporaryFolder(this.#temporary.folder);
    this.#temporary = undefined;
  }

  /** Waits until no other process compiles this program; undefined where nothing needs to be compiled or no lock can be had. */
  async #lock(key: string, name: string, remark: Remark): Promise<(() => void) | undefined> {
    const { cache } = this;
    // What stands in for it is this process's alone.
    if (cache === null || this.#barred.has(key)) return undefined;
    const start = this.clock.now();
    for (let isFirst = true; this.clock.now() - start < longestWait; isFirst = false) {
      let unlock: (() => void) | undefined;
      try {
        unlock = cache.tryLock(key);
      } catch {
        // The cache cannot be written: nobody else can compile into it either.
        return undefined;
      }
      if (unlock !== undefined) return unlock;
      if (isFirst) remark(`waiting for another process that compiles ${name}`);
      await this.clock.sleep(pollInterval);
    }
    remark(`another process has been compiling ${name} for long: compiling it here as well`);
    return undefined;
  }
}

const reportTo =
  (remark: Remark): ReleaseReport =>
  (failure) =>
    remark(failure.message);

/** Files beside the recorded ones are somebody's to know about. */
function tellExtra(name: string, { extra }: Extract<CacheLookup, { found: true }>, remark: Remark): void {
  if (extra.length === 0) return;
  const shown = extra.slice(0, 5).join(", ");
  const more = extra.length > 5 ? ` and ${extra.length - 5} more` : "";
  remark(`the cached program of ${name} has files that were not there when it was recorded: ${shown}${more}`);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
