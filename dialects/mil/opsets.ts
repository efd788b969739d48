/** Versions of MIL: of its text form, and of the op set, by the operating systems that brought them. */

/** The older form writes a scalar as a tensor without dimensions. */
export const programVersions = ["1.0", "1.3"] as const;
export type ProgramVersion = (typeof programVersions)[number];

/** Oldest first. */
export const opsets = ["ios15", "ios16", "ios17", "ios18", "ios26"] as const;
export type Opset = (typeof opsets)[number];

/** What a function is of unless stated: the newest that the engine's compilers are known to take. */
export const defaultOpset: Opset = "ios18";

export function isOpset(name: string): name is Opset {
  return opsets.some((each) => each === name);
}

/** Whether `opset` has what came with `since`. */
export function hasSince(opset: Opset, since: Opset): boolean {
  return opsets.indexOf(opset) >= opsets.indexOf(since);
}
