/** `--target`, the engine that a program is made for, as several commands take it. */
import { isTargetName, targetNames, targetOfChip, targets } from "../dialects/ane/index.ts";
import { UsageError } from "./failure.ts";

/** The engine of a target's name or of a Mac's chip (`m1`, `m4-pro`); wrong usage lists what there is, Macs first. */
export function parseTarget(text: string): string {
  if (isTargetName(text)) return text;
  const ofChip = targetOfChip(text);
  if (ofChip !== undefined && /^m\d/i.test(text)) return ofChip.name;
  const macs = targets.filter(({ machine }) => /^M\d/.test(machine));
  const others = targetNames.filter((name) => !macs.some((each) => each.name === name));
  throw new UsageError(
    `--target takes a Mac's chip (m1, m4-pro, …) or an engine, ` +
      `${macs.map(({ name, machine }) => `${name} (${machine})`).join(", ")}, or ${others.join(", ")}, but got '${text}'`,
  );
}
