/**
 * The C library's dynamic loader: open a shared library by name and ask for the address of a symbol in it. Machine code
 * that Anemone generates calls such addresses directly (a thread pool's fork-join function, for example); JavaScript
 * calls go through a binding of their own. The C library itself is always there, so nothing here can be missing.
 */
import { dlopen } from "bun:ffi";
import { type Address, cString, readCString } from "./memory.ts";

/** `RTLD_LAZY | RTLD_LOCAL` (`dlfcn.h`): what a library exports must not take the place of another library's symbols. */
const openFlags = process.platform === "darwin" ? 0x1 | 0x4 : 0x1;

/** glibc, musl, macOS (in the system's shared cache, by its path); the first that opens is the one that this process already uses. */
const libraryNames =
  process.platform === "darwin"
    ? ["/usr/lib/libSystem.B.dylib", "libSystem.B.dylib"]
    : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libc.so"];

const declarations = {
  dlopen: { args: ["ptr", "i32"], returns: "ptr" },
  dlsym: { args: ["ptr", "ptr"], returns: "ptr" },
  dlerror: { args: [], returns: "ptr" },
} as const;

function openLibc() {
  let failure: unknown;
  for (const name of libraryNames) {
    try {
      return dlopen(name, declarations).symbols;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`no C library found (looked for ${libraryNames.join(", ")})`, { cause: failure });
}

let opened: ReturnType<typeof openLibc> | undefined;

function libc(): ReturnType<typeof openLibc> {
  opened ??= openLibc();
  return opened;
}

/** A shared library that stays loaded until the process ends. */
export interface SharedLibrary {
  readonly name: string;
  /** The address of an exported function or variable, or undefined where the library has none of that name. */
  symbol(name: string): Address | undefined;
}

/** The outcome of `openSharedLibrary`: the library, or the loader's own words why not. */
export type SharedLibraryResult =
  | { readonly library: SharedLibrary }
  | { readonly library: undefined; readonly reason: string };

/** Opens a shared library by path or by the name that the dynamic loader searches for. Never throws for a missing one. */
export function openSharedLibrary(name: string): SharedLibraryResult {
  const handle = libc().dlopen(cString(name), openFlags);
  if (handle === null || Number(handle) === 0) return { library: undefined, reason: readCString(libc().dlerror()) };
  return {
    library: {
      name,
      symbol: (symbolName) => {
        const address = libc().dlsym(handle, cString(symbolName));
        return address === null || Number(address) === 0 ? undefined : Number(address);
      },
    },
  };
}
