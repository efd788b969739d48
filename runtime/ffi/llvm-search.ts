/**
 * Where a libLLVM may lie. The tables below are the one place that knows file names; the search reports every file it
 * found and every name that it looked for in vain, so that `anemone devices` can explain its choice.
 *
 * `ANEMONE_LLVM=FILE` names the library to use, and then no other is considered: a forced choice that fails must not
 * turn into another library unnoticed.
 */
import { existsSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";

/** The C API that the binding uses is complete from here on; older ones also want typed pointers in IR text. */
export const oldestVersion = 15;
/** Releases up to 22 were tried; later ones are looked for too, and used when they export what is needed. */
const newestVersion = 25;
/** Versions below `oldestVersion` that are worth naming in a report, with the reason for not using them. */
const oldestNamed = 11;

/** A file to try, or a name for the dynamic loader, with the major version its name promises (undefined: unknown). */
export interface LlvmCandidate {
  readonly path: string;
  readonly version: number | undefined;
  readonly found: boolean;
}

const linuxDirectories = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
  "/usr/local/lib64",
];

/** File names of one major version in a directory shared by all versions, in the order of preference. */
function sharedNames(version: number): string[] {
  // From 18 on the project itself versions the library `libLLVM.so.N.1`; distributions had `libLLVM-N.so[.1]` before.
  const recent = [`libLLVM.so.${version}.1`];
  const former = [`libLLVM-${version}.so.1`, `libLLVM-${version}.so`];
  return version >= 18 ? [...recent, ...former] : former;
}

/** Files of one major version in a directory of its own. */
function versionedPaths(version: number, platform: NodeJS.Platform): string[] {
  if (platform === "darwin") {
    return ["/opt/homebrew/opt", "/usr/local/opt"].map((prefix) => `${prefix}/llvm@${version}/lib/libLLVM.dylib`);
  }
  const names = [...sharedNames(version), "libLLVM.so", "libLLVM.so.1"];
  // Debian and Ubuntu; Arch and Alpine; Fedora; Homebrew on Linux.
  return [
    `/usr/lib/llvm-${version}/lib`,
    `/usr/lib/llvm${version}/lib`,
    `/usr/lib64/llvm${version}/lib`,
    `/home/linuxbrew/.linuxbrew/opt/llvm@${version}/lib`,
  ]
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => names.map((name) => join(directory, name)));
}

/** Files whose version only the library itself can tell. */
function unversionedPaths(platform: NodeJS.Platform): string[] {
  if (platform === "darwin") {
    return [
      // Homebrew on Apple silicon and on Intel; MacPorts.
      "/opt/homebrew/opt/llvm/lib/libLLVM.dylib",
      "/usr/local/opt/llvm/lib/libLLVM.dylib",
      "/opt/local/libexec/llvm/lib/libLLVM.dylib",
    ];
  }
  return [
    ...linuxDirectories.map((directory) => join(directory, "libLLVM.so")),
    "/home/linuxbrew/.linuxbrew/opt/llvm/lib/libLLVM.so",
  ];
}

/** The major version in a libLLVM's file name or directory, following links: `libLLVM-15.so.1`, `libLLVM.so.19.1`, `llvm@18/…`. */
export function versionFromPath(path: string): number | undefined {
  const names = [path];
  try {
    names.push(realpathSync(path));
  } catch {
    // A name for the dynamic loader, or a file that is not there: its own name has to do.
  }
  for (const name of names) {
    const match =
      /^libLLVM-(\d+)/.exec(basename(name)) ??
      /^libLLVM\.so\.(\d+)/.exec(basename(name)) ??
      /\/llvm[-@]?(\d+)(?:[./][^/]*)*\/lib\//.exec(name) ??
      /\/Cellar\/llvm(?:@\d+)?\/(\d+)/.exec(name);
    // `libLLVM.so.1` is a link whose target tells the version; no release that matters has a version below 3.
    if (match?.[1] !== undefined && Number(match[1]) > 2) return Number(match[1]);
  }
  return undefined;
}

function searchDirectories(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  const own = (environment.LD_LIBRARY_PATH ?? "").split(":").filter((directory) => directory !== "");
  return platform === "darwin" ? own : [...own, ...linuxDirectories];
}

/**
 * All candidates, best first: the newest version before older ones, files before bare names for the dynamic loader.
 * One file is listed once, however many links lead to it.
 */
export function llvmCandidates(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): LlvmCandidate[] {
  const forced = environment.ANEMONE_LLVM;
  if (forced !== undefined && forced !== "") {
    return [{ path: forced, version: versionFromPath(forced), found: existsSync(forced) }];
  }
  const files: LlvmCandidate[] = [];
  const seen = new Set<string>();
  const addFile = (path: string): boolean => {
    if (!existsSync(path)) return false;
    const real = realpathSync(path);
    if (!seen.has(real)) files.push({ path, version: versionFromPath(path), found: true });
    seen.add(real);
    return true;
  };
  const missing: LlvmCandidate[] = [];
  const directories = searchDirectories(environment, platform);
  for (let version = newestVersion; version >= oldestNamed; version -= 1) {
    const names = platform === "darwin" ? [] : sharedNames(version);
    const shared = names.flatMap((name) => directories.map((directory) => join(directory, name)));
    // `map` before `some`: every link must be seen, not only the first.
    const found = [...shared, ...versionedPaths(version, platform)].map(addFile).some((present) => present);
    const [name] = names;
    if (!found && version >= oldestVersion) {
      missing.push({ path: name ?? versionedPaths(version, platform)[0] ?? "", version, found: false });
    }
  }
  for (const path of unversionedPaths(platform)) {
    if (!addFile(path) && platform === "darwin") missing.push({ path, version: undefined, found: false });
  }
  const newestFirst = (left: LlvmCandidate, right: LlvmCandidate) => (right.version ?? 0) - (left.version ?? 0);
  return [...files.sort(newestFirst), ...missing.sort(newestFirst)];
}
