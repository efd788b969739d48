/**
 * The engine through Espresso as this process uses it: the library and the cache of compiled programs, on the lane that all
 * programs of a process share (lane.ts).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BufferObject,
  compileProgram,
  EspressoError,
  type EspressoLibrary,
  ProgramLibrary,
  type ReleaseReport,
} from "../../ffi/espresso.ts";
import type { EngineSegment } from "./artefact.ts";
import { type CompilerIdentity, EngineCache, engineKey, type Generation } from "./cache.ts";
import { EngineLane, type LaneOptions, type Remark } from "./lane.ts";
import { CompilePauseError } from "./limits.ts";
import { LoadedSegment } from "./loaded-segment.ts";

export interface EngineOptions extends LaneOptions {
  readonly library: EspressoLibrary;
  /** Where compiled programs are kept; `null` keeps none. */
  readonly cache: EngineCache | null;
  /** The system's build and the framework's version. */
  readonly identity: Omit<CompilerIdentity, "target">;
}

/** How a program came to be loaded. */
export interface LoadOutcome {
  readonly loaded: LoadedSegment;
  /** Whether it was compiled by an earlier run. */
  readonly cached: boolean;
  /** Removes files that only this program uses, once it is unloaded. */
  readonly discard?: () => void;
}

/** How long to wait for another process that compiles the same program. */
const longestWait = 120_000;
const pollInterval = 50;

export class Engine extends EngineLane {
  readonly library: EspressoLibrary;
  readonly cache: EngineCache | null;
  readonly #identity: Omit<CompilerIdentity, "target">;
  #temporary: EngineCache | undefined;

  constructor(options: EngineOptions) {
    super(options);
    this.library = options.library;
    this.cache = options.cache;
    this.#identity = options.identity;
  }

  keyOf(segment: EngineSegment, target: string | undefined): string {
    return engineKey(segment, { ...this.#identity, target: target ?? "host" });
  }

  /**
   * Loads a program: from the cache, else compiled. Where another process compiles it, or the compile service needs a pause,
   * it waits.
   *
   * @throws EspressoError where a step fails
   */
  async load(
    segment: EngineSegment,
    key: string,
    target: string | undefined,
    buffers: readonly BufferObject[],
    remark: Remark,
  ): Promise<LoadOutcome> {
    const unlock = await this.#lock(key, segment.name, remark);
    try {
      for (;;) {
        try {
          return this.loadNow(segment, key, target, buffers, remark);
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
  loadNow(
    segment: EngineSegment,
    key: string,
    target: string | undefined,
    buffers: readonly BufferObject[],
    remark: Remark,
  ): LoadOutcome {
    const cache = this.#usableCache;
    const entry = cache.lookup(key);
    if (entry.found) {
      try {
        const library = ProgramLibrary.open(this.library, entry.bundlePath);
        return { loaded: LoadedSegment.load(this.library, library, segment, buffers, reportTo(remark)), cached: true };
      } catch (error) {
        if (!(error instanceof EspressoError)) throw error;
        remark(`the cached program of ${segment.name} cannot be used and is compiled anew: ${error.message}`);
        cache.invalidate(key);
      }
    } else if (entry.reason !== undefined) {
      remark(`the cached program of ${segment.name} is not used, and is compiled anew: ${entry.reason}`);
      cache.invalidate(key);
    }
    this.budget.take(cache.folder);
    return this.#compile(segment, key, target, buffers, remark);
  }

  #compile(
    segment: EngineSegment,
    key: string,
    target: string | undefined,
    buffers: readonly BufferObject[],
    remark: Remark,
  ): LoadOutcome {
    const [cache, generation] = this.#stage(segment, key, remark);
    const report = reportTo(remark);
    let isKept = false;
    try {
      const library = this.#compiled(generation, target, report);
      try {
        isKept = keepBundle(library, cache, key, generation, segment.name, remark);
      } catch (error) {
        library.release(report);
        throw error;
      }
      const loaded = LoadedSegment.load(this.library, library, segment, buffers, report);
      return { loaded, cached: false, ...(isKept ? {} : { discard: () => cache.discard(generation) }) };
    } catch (error) {
      // What cannot be loaded right after it was compiled is not worth keeping.
      if (isKept) cache.invalidate(key);
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

  /** The place for a compilation: the cache, or a folder of this process where the cache cannot be written. */
  #stage(segment: EngineSegment, key: string, remark: Remark): [EngineCache, Generation] {
    const cache = this.#usableCache;
    try {
      return [cache, cache.stage(key, segment)];
    } catch (error) {
      if (cache === this.#temporary) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      remark(`compiled programs cannot be kept in ${cache.folder}: ${reason}`);
      this.#temporary = new EngineCache(mkdtempSync(join(tmpdir(), "anemone-engine-")));
      return [this.#temporary, this.#temporary.stage(key, segment)];
    }
  }

  /** The cache, or what stands in for it in this process. */
  get #usableCache(): EngineCache {
    if (this.#temporary !== undefined) return this.#temporary;
    if (this.cache !== null) return this.cache;
    this.#temporary = new EngineCache(mkdtempSync(join(tmpdir(), "anemone-engine-")));
    return this.#temporary;
  }

  /** Makes the next load compile. */
  forget(key: string): void {
    this.#usableCache.invalidate(key);
  }

  /** Removes what stands in for a cache; programs that are loaded go on. */
  removeTemporaryFiles(): void {
    if (this.#temporary !== undefined && this.loadedPrograms === 0) {
      rmSync(this.#temporary.folder, { recursive: true, force: true });
      this.#temporary = undefined;
    }
  }

  /** Waits until no other process compiles this program; undefined where nothing needs to be compiled or no lock can be had. */
  async #lock(key: string, name: string, remark: Remark): Promise<(() => void) | undefined> {
    const cache = this.#usableCache;
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

/** Enters a compiled bundle into the cache. Where that cannot be done the program runs all the same. */
function keepBundle(
  library: ProgramLibrary,
  cache: EngineCache,
  key: string,
  generation: Generation,
  name: string,
  remark: Remark,
): boolean {
  try {
    const path = library.bundlePath();
    if (path === undefined)
      remark(`${name} is compiled anew in each process: this version does not say where its bundle is`);
    else if (cache.commit(key, generation, path)) return true;
    else remark(`${name} is compiled anew in each process: its bundle is not where it was asked for, but at ${path}`);
  } catch (error) {
    if (error instanceof EspressoError || isFileError(error)) {
      remark(`${name} is compiled anew in each process: ${error.message}`);
    } else throw error;
  }
  return false;
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
