import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    // examples/poly is a package of its own: test/packed-package.test.ts runs its tests.
    exclude: ["node_modules/**", "out/**", "examples/poly/**"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
