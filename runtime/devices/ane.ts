/**
 * The seam for the engine itself: whether this machine has one that programs can be run on. The drivers (Espresso's
 * `e5rt` calls and AppleNeuralEngine.framework) plug in here; until they do, no program runs on the engine.
 */

export interface EngineStatus {
  readonly available: boolean;
  readonly summary: string;
  readonly details: readonly string[];
}

/** What is known of this machine's engine. */
export function engineStatus(
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
): EngineStatus {
  if (platform !== "darwin" || architecture !== "arm64") {
    return {
      available: false,
      summary: `no Neural Engine on ${platform} ${architecture}: it is part of Apple silicon, reached through macOS`,
      details: [],
    };
  }
  return {
    available: false,
    summary: "this Mac has a Neural Engine, but the drivers that run programs on it are not part of this version",
    details: ["`anemone compile MODEL --emit mil` writes the program that they will be given"],
  };
}
