/**
 * IOSurface: memory that the engine and this process both see. A tensor's surface is a row of bytes without pixels; a
 * program says how long it must be. The CPU reads and writes a surface between `lock` and `unlock`.
 */
import { type Pointer, read, toArrayBuffer } from "bun:ffi";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { bindFunctions } from "./foreign-table.ts";
import type { Address } from "./memory.ts";
import type { ObjectiveC, ObjectReference, SymbolLookup } from "./objc.ts";
import { surfaceKeys, surfaceTable } from "./objc-signatures.ts";

/** IOSurfaceTypes.h */
const lockReadOnly = 1;

/** Makes surfaces. */
export class SurfaceFactory {
  readonly #objc: ObjectiveC;
  readonly functions;
  readonly #keys: ReadonlyMap<string, ObjectReference>;
  /** Symbols that the libraries do not have. */
  readonly missing: readonly string[];

  /** @param lookup finds the symbols of IOSurface and CoreFoundation */
  constructor(objc: ObjectiveC, lookup: SymbolLookup) {
    this.#objc = objc;
    const { functions, missing } = bindFunctions("IOSurface", surfaceTable, lookup);
    this.functions = functions;
    const keys = new Map<string, ObjectReference>();
    const missingKeys: string[] = [];
    for (const name of surfaceKeys) {
      const address = lookup(name) ?? lookup(`_${name}`);
      if (address === undefined) missingKeys.push(name);
      else keys.set(name, read.u64(address as Pointer));
    }
    this.#keys = keys;
    this.missing = [...missing, ...missingKeys];
  }

  /**
   * A zeroed surface of at least `bytes` bytes, which the caller releases.
   *
   * @throws DiagnosticError where the system refuses one
   */
  create(bytes: number): Surface {
    // The dictionary that all known users give (driver-stack A.4).
    const properties: Readonly<Record<(typeof surfaceKeys)[number], number>> = {
      kIOSurfaceWidth: bytes,
      kIOSurfaceHeight: 1,
      kIOSurfaceBytesPerElement: 1,
      kIOSurfaceBytesPerRow: bytes,
      kIOSurfaceAllocSize: bytes,
      kIOSurfacePixelFormat: 0,
    };
    const reference = this.#objc.pool(() => {
      const entries = surfaceKeys.map((name) => [this.#key(name), this.#objc.number(properties[name])] as const);
      return this.functions.IOSurfaceCreate(this.#objc.dictionary(entries));
    });
    if (reference === 0n) throw new DiagnosticError(`IOSurfaceCreate: gave no surface of ${bytes} bytes`);
    try {
      return new Surface(this.functions, reference, bytes);
    } catch (error) {
      this.functions.CFRelease(reference);
      throw error;
    }
  }

  #key(name: string): ObjectReference {
    const key = this.#keys.get(name);
    if (key === undefined)
      throw new DiagnosticError(`IOSurface has no ${name}: this version of macOS is not supported`);
    return key;
  }
}

/** A surface that this process owns. */
export class Surface {
  readonly #functions: SurfaceFactory["functions"];
  readonly reference: ObjectReference;
  readonly byteLength: number;
  readonly id: number;
  readonly #base: Address;
  #memory: ArrayBuffer;
  #released = false;

  constructor(functions: SurfaceFactory["functions"], reference: ObjectReference, bytes: number) {
    this.#functions = functions;
    this.reference = reference;
    const size = Number(functions.IOSurfaceGetAllocSize(reference));
    if (size < bytes)
      throw new DiagnosticError(`IOSurfaceGetAllocSize: the surface has ${size} bytes, but ${bytes} were asked for`);
    this.byteLength = bytes;
    this.id = functions.IOSurfaceGetID(reference);
    this.lock("write");
    this.#base = Number(functions.IOSurfaceGetBaseAddress(reference));
    this.unlock("write");
    if (this.#base === 0) throw new DiagnosticError("IOSurfaceGetBaseAddress: the surface has no memory");
    this.#memory = toArrayBuffer(this.#base as Pointer, 0, bytes);
  }

  /** The surface's memory itself. Empty once the surface is released: a view that is kept too long reads nothing. */
  get memory(): ArrayBuffer {
    return this.#memory;
  }

  /** Makes what the engine wrote visible here ("read"), or announces writes ("write"). */
  lock(access: "read" | "write"): void {
    const code = this.#functions.IOSurfaceLock(this.reference, access === "read" ? lockReadOnly : 0, null);
    if (code !== 0) throw new DiagnosticError(`IOSurfaceLock: failed with ${hexadecimal(code)}`);
  }

  /** The end of what `lock` began, with the same access. */
  unlock(access: "read" | "write"): void {
    const code = this.#functions.IOSurfaceUnlock(this.reference, access === "read" ? lockReadOnly : 0, null);
    if (code !== 0) throw new DiagnosticError(`IOSurfaceUnlock: failed with ${hexadecimal(code)}`);
  }

  /** Runs `body` while the surface is locked. Views of its memory stay where they are as long as its address does. */
  access<Result>(access: "read" | "write", body: () => Result): Result {
    this.lock(access);
    try {
      if (Number(this.#functions.IOSurfaceGetBaseAddress(this.reference)) !== this.#base)
        throw new DiagnosticError("IOSurfaceGetBaseAddress: the surface's memory has moved, so views of it are void");
      return body();
    } finally {
      this.unlock(access);
    }
  }

  /** Gives the surface back; once. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    // Detaches every view: without this, one that is kept would reach into freed memory.
    this.#memory.transfer(0);
    this.#memory = new ArrayBuffer(0);
    this.#functions.CFRelease(this.reference);
  }
}

/** IOKit's codes are known by their hexadecimal spelling. */
export function hexadecimal(code: number): string {
  return `0x${(code >>> 0).toString(16)}`;
}
