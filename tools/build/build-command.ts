/**
 * Bundles the command into `dist/`, as byte code: it then starts in a fraction of the time that its several hundred source
 * files take. `npm ci` and `npm pack` run this. A smaller bundle has what `anemone opt` needs, and is enough where no
 * extension is loaded. `bin/start.cjs` picks one, or the sources where they have changed since. An argument names another
 * folder than `dist/`.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const root = join(import.meta.dirname, "../..");
const output = resolve(process.argv[2] ?? join(root, "dist"));

/** Native modules, and what only tests use. */
const external = ["sharp", "binaryen", "onnxruntime-node", "fast-check", "vitest"];

/** In the smaller bundle other commands and extensions are not there; nothing asks for them. */
const onlyOpt: Bun.BunPlugin = {
  name: "only-opt",
  setup: (build) => {
    build.onResolve({ filter: /\/commands\/(?!opt\.ts)[a-z-]+\.ts$|\/package-modules\.ts$/ }, ({ path }) => ({
      path,
      namespace: "absent",
    }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not in this bundle`)});`,
      loader: "js",
    }));
  },
};

/** The argument parser can start programs, which no command here asks of it; loading what that takes is slow. */
const withoutPrograms: Bun.BunPlugin = {
  name: "without-programs",
  setup: (build) => {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "child_process", namespace: "unused" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
};

async function bundle(name: string, plugins: Bun.BunPlugin[]): Promise<readonly string[]> {
  const result = await Bun.build({
    entrypoints: [join(root, "tools/anemone.ts")],
    outdir: output,
    naming: `${name}.cjs`,
    target: "bun",
    format: "cjs",
    bytecode: true,
    // Names stay, for readable stacks.
    minify: { whitespace: true, syntax: true, identifiers: false },
    metafile: true,
    external,
    plugins: [withoutPrograms, ...plugins],
  });
  return Object.keys(result.metafile?.inputs ?? {});
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const inputs = new Set([...(await bundle("opt", [onlyOpt])), ...(await bundle("command", []))]);
const sources: { [file: string]: number } = {};
for (const input of inputs) {
  const file = relative(root, join(process.cwd(), input));
  if (!file.startsWith("..") && !file.startsWith("node_modules") && !/^(absent|unused):/.test(input)) {
    sources[file] = statSync(join(root, file)).mtimeMs;
  }
}
for (const file of ["package.json", "package-lock.json"]) sources[file] = statSync(join(root, file)).mtimeMs;
writeFileSync(join(output, "sources.json"), JSON.stringify(sources));
