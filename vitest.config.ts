import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    // examples/poly is a package of its own: test/packed-package.test.ts runs its tests.
    exclude: ["node_modules/**", "out/**", "examples/poly/**"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Where CI is set, picocolors colours what goes to a pipe too: commands that tests start inherit this.
    env: { NO_COLOR: "1", FORCE_COLOR: "0" },
    pool: "forks",
    maxWorkers: 2,
  },
});
