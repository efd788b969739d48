/** What is said of the engine on machines of every kind, and that it is looked for only where it is asked for. */
import { expect, test } from "vitest";
import { processLane } from "../runtime/devices/ane/lane.ts";
import { engineAvailability, engineStatus } from "../runtime/devices/ane/status.ts";
import { findEspresso, platformFault } from "../runtime/ffi/espresso.ts";
import { parseTarget } from "../tools/target.ts";
import { chooseDevice } from "./devices.ts";

const nothing = {};

test("machines without an engine, and a Bun that is translated", () => {
  expect(engineStatus("linux", "x64", nothing)).toEqual({
    available: false,
    summary: "no Neural Engine on linux x64: it is part of Apple silicon, reached through macOS",
    details: [],
  });
  expect(engineAvailability("darwin", "x64", nothing).summary).toMatch(/^no Neural Engine on darwin x64: /);
  expect(findEspresso(nothing, "darwin", "x64").library).toBeUndefined();
  expect(platformFault("darwin", "arm64")).toBeUndefined();
  expect(platformFault("darwin", "x64", "VirtualApple @ 2.50GHz")).toContain("Rosetta does not reach the engine");
  expect(platformFault("darwin", "x64", "Apple M1")).toContain("install Bun for arm64");
  expect(platformFault("darwin", "x64", "Intel(R) Core(TM) i7")).toContain("this Mac has an Intel processor");
  expect(platformFault("linux", "arm64")).toBe("it is a framework of macOS");
});

test("a named library that is none is said, with what was looked for", () => {
  const environment = { ANEMONE_ESPRESSO: "/nowhere", ANEMONE_APPLE_NEURAL_ENGINE: "/nowhere", ANEMONE_CACHE: "off" };
  const { available, summary, details } = engineStatus("darwin", "arm64", environment);
  expect([available, summary]).toEqual([
    false,
    "the Neural Engine cannot be reached: neither Espresso nor AppleNeuralEngine can be used",
  ]);
  expect(details[0]).toContain("/nowhere (named by ANEMONE_ESPRESSO): ");
});

test("for the CPU and the virtual engine nothing is looked for", () => {
  // Reading the environment is where the search begins.
  const environment = process.env;
  process.env = new Proxy(environment, {
    get: (target, name) => {
      if (name === "ANEMONE_ESPRESSO") throw new Error("looked for");
      return Reflect.get(target, name);
    },
  });
  try {
    expect([chooseDevice("cpu"), chooseDevice("ane-virtual")]).toEqual(["cpu", "ane-virtual"]);
    expect(() => chooseDevice("auto")).toThrow("looked for");
  } finally {
    process.env = environment;
  }
});

test("a driver that there is none of is said where an engine may be used", () => {
  const environment = process.env;
  process.env = { ...environment, ANEMONE_ANE_DRIVER: "foo" };
  try {
    for (const device of ["auto", "ane"] as const)
      expect(() => chooseDevice(device)).toThrow("ANEMONE_ANE_DRIVER must be espresso or objc, but is 'foo'");
    expect(chooseDevice("cpu")).toBe("cpu");
  } finally {
    process.env = environment;
  }
});

test("targets by a Mac's chip", () => {
  const chips = ["m1", "M1 Max", "m2-pro", "m3", "m4", "m4pro", "m5-ultra", "h13g"];
  expect(chips.map(parseTarget)).toEqual(["h13", "h13g", "h14g", "h15", "h16", "h16g", "h17d", "h13g"]);
  for (const wrong of ["m6", "m", "apple m1", ""])
    expect(() => parseTarget(wrong)).toThrow(
      /takes a Mac's chip \(m1, .*h13 \(M1\), h13g \(M1 Pro.*h17d .*or h11, .* but got/,
    );
});

test("another thread than the main one has no lane", () => {
  expect(() => processLane(false)).toThrow("the engine is used from a Worker");
  expect(processLane(true)).toBe(processLane(true));
});
