import { defineConfig } from "vitest/config";

// examples/poly is a package of its own: test/packed-package.test.ts runs its tests.
const exclude = ["node_modules/**", "out/**", "examples/poly/**"];

/** Tests that make many memories of WebAssembly, each of which costs a garbage collection of all that is loaded. */
const wasm = ["test/wasm/**/*.test.ts"];

/** A Mac has an engine; tests expect none but the stand-ins, which they put in place of these. */
const engines = process.platform === "darwin" ? ["ANEMONE_ESPRESSO", "ANEMONE_APPLE_NEURAL_ENGINE"] : [];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Where CI is set, picocolors colours what goes to a pipe too: commands that tests start inherit this.
    env: {
      NO_COLOR: "1",
      FORCE_COLOR: "0",
      ...Object.fromEntries(engines.map((name) => [name, process.env[name] ?? "/nowhere"])),
    },
    pool: "forks",
    maxWorkers: 2,
    projects: [
      // Modules are loaded once per worker instead of once per file: a tenth of the time of all tests.
      {
        extends: true,
        test: { name: "all", include: ["**/*.test.ts"], exclude: [...exclude, ...wasm], isolate: false },
      },
      { extends: true, test: { name: "wasm", include: wasm, exclude } },
    ],
  },
});
