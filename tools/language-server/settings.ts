/**
 * Which dialects the server knows: Anemone's own, those of `--load`, those that `anemone.json` in a workspace folder names,
 * and those of the editor's setting `anemone.load`. A file that cannot be loaded is reported and left out.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { allDialects, defaultContext } from "../../compiler/registry.ts";
import { forgetAttributesOf } from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import { forgetTypesOf } from "../../ir/types.ts";
import { loadExtensions } from "../load-extensions.ts";

export interface ServerSettings {
  /** TypeScript files that export dialects, as absolute paths. */
  readonly load: readonly string[];
  readonly allowUnregistered: boolean;
}

/** What one source of settings says; absent parts leave the others'. */
export interface PartialSettings {
  readonly load?: readonly string[];
  readonly allowUnregistered?: boolean;
}

export const settingsFile = "anemone.json";

/** The last source that says whether unregistered dialects are allowed wins; the lists of files are joined. */
export function joinSettings(sources: readonly PartialSettings[]): ServerSettings {
  return {
    load: [...new Set(sources.flatMap(({ load = [] }) => load))],
    allowUnregistered: sources.findLast((each) => each.allowUnregistered !== undefined)?.allowUnregistered ?? false,
  };
}

/** Settings as an editor or `anemone.json` writes them; paths are relative to `folder`. Wrong parts are told to `complain`. */
export function readSettings(value: unknown, folder: string, complain: (message: string) => void): PartialSettings {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object") {
    complain(`the settings must be an object, found ${JSON.stringify(value)}`);
    return {};
  }
  const load: unknown = "load" in value ? value.load : undefined;
  const allow: unknown = "allowUnregisteredDialect" in value ? value.allowUnregisteredDialect : undefined;
  const paths = Array.isArray(load) ? load.filter((each) => typeof each === "string") : [];
  if (load !== undefined && load !== null && (!Array.isArray(load) || paths.length < load.length))
    complain(`"load" must be a list of file names, found ${JSON.stringify(load)}`);
  if (allow !== undefined && allow !== null && typeof allow !== "boolean")
    complain(`"allowUnregisteredDialect" must be true or false, found ${JSON.stringify(allow)}`);
  return {
    load: paths.map((path) => (isAbsolute(path) ? path : resolve(folder, path))),
    ...(typeof allow === "boolean" ? { allowUnregistered: allow } : {}),
  };
}

/** What `anemone.json` in a workspace folder says. */
export function folderSettings(folder: string, complain: (message: string) => void): PartialSettings {
  const path = join(folder, settingsFile);
  if (!existsSync(path)) return {};
  try {
    return readSettings(JSON.parse(readFileSync(path, "utf8")), folder, (message) => complain(`${path}: ${message}`));
  } catch (error) {
    complain(`${path}: ${messageOf(error)}`);
    return {};
  }
}

const packageRoot = resolve(import.meta.dirname, "../..");
/** Modules that are shared with whatever is loaded: a second copy of a class would not know the first. */
const ownRooms = ["ir", "dialects", "passes", "lowering", "frontends", "runtime", "compiler", "tools"];

function isShared(path: string): boolean {
  return (
    path.includes(`${sep}node_modules${sep}`) || ownRooms.some((room) => path.startsWith(join(packageRoot, room) + sep))
  );
}

/** Whether a changed file may be part of what is loaded. */
export function isPartOf({ load }: ServerSettings, path: string): boolean {
  if (load.includes(path)) return true;
  return path.endsWith(".ts") && !isShared(path) && load.some((each) => path.startsWith(dirname(each) + sep));
}

/** Makes the next load read loaded files, and what they import from beside them, again. */
export function forgetLoaded(settings: ServerSettings, context: Context): void {
  for (const path of Object.keys(require.cache)) if (isPartOf(settings, path)) delete require.cache[path];
  const own = new Set(allDialects.map(({ name }) => name));
  for (const name of context.dialects.keys()) {
    if (own.has(name)) continue;
    forgetTypesOf(name);
    forgetAttributesOf(name);
  }
}

/** The context of all dialects; files that fail are told to `complain` and left out. */
export async function loadContext(settings: ServerSettings, complain: (message: string) => void): Promise<Context> {
  let context = defaultContext({ allowUnregistered: settings.allowUnregistered });
  for (const path of settings.load) {
    try {
      context = context.with((await loadExtensions(path)).dialects);
    } catch (error) {
      complain(`${path}: ${messageOf(error)}`);
    }
  }
  return context;
}
