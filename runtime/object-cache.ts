/**
 * The cache of compiled objects on disk, so that a program that was compiled once starts in milliseconds. A key names all that
 * decides the bytes (see the caller); a file holds a header with the hash of its content, so that a damaged or half-written
 * entry is noticed, ignored and written anew. `ANEMONE_CACHE=off` switches it off, any other value is the folder to use.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Keeps bytes by key. */
export interface ObjectCache {
  /** Where entries lie, for people. */
  readonly place: string;
  /** The bytes stored under the key, or undefined where there are none or they are damaged. */
  get(key: string): Uint8Array | undefined;
  /** Stores bytes; failing to (a full or read-only disk) is no error, because the cache only saves time. */
  set(key: string, bytes: Uint8Array): void;
}

/** The key for parts that decide the content, in order. */
export function cacheKey(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

const magic = "anemone-object 1\n";
const hashLength = 32;

function contentHash(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** Removes what a failed write may have left. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The place cannot be written to at all, so nothing is there.
  }
}

/** A cache in a folder, which is made when first written to. */
export function folderCache(folder: string): ObjectCache {
  const pathOf = (key: string): string => join(folder, `${key}.o`);
  return {
    place: folder,
    get: (key) => {
      let file: Uint8Array;
      try {
        file = readFileSync(pathOf(key));
      } catch {
        return undefined;
      }
      const start = magic.length + hashLength;
      if (file.length < start || new TextDecoder().decode(file.subarray(0, magic.length)) !== magic) return undefined;
      const bytes = file.subarray(start);
      const stored = file.subarray(magic.length, start);
      return contentHash(bytes).every((byte, position) => byte === stored[position]) ? bytes : undefined;
    },
    set: (key, bytes) => {
      // Written beside its place and renamed, so that another process never sees half an entry.
      const temporary = join(folder, `${key}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(temporary, Buffer.concat([Buffer.from(magic), contentHash(bytes), bytes]));
        renameSync(temporary, pathOf(key));
      } catch {
        discard(temporary);
      }
    },
  };
}

/** The folder of all caches that the environment asks for; undefined where they are switched off. */
export function cacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const stated = environment.ANEMONE_CACHE;
  if (stated === "off") return undefined;
  // Absolute: it is told to services that have another working directory.
  if (stated !== undefined && stated !== "") return resolve(stated);
  const xdg = environment.XDG_CACHE_HOME;
  const base = xdg !== undefined && xdg !== "" ? xdg : join(homedir(), ".cache");
  return resolve(base, "anemone");
}

/** The cache that the environment asks for; undefined where it is switched off. */
export function defaultObjectCache(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ObjectCache | undefined {
  const folder = cacheFolder(environment);
  return folder === undefined ? undefined : folderCache(folder);
}
