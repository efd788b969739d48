/** The report of a self-test: one JSON file for whoever evaluates it, one text file for whoever sends it. */
import { type CheckStatus, checkGroups, checkStatuses } from "./checks.ts";
import { type Environment, withoutHome } from "./environment.ts";
import type { CheckResult } from "./run.ts";
import type { SubjectName } from "./subjects.ts";

export interface SubjectReport {
  readonly name: SubjectName;
  readonly target: string;
  readonly seconds: number;
  readonly checks: readonly CheckResult[];
}

export interface SelftestReport {
  readonly format: 1;
  readonly date: string;
  /** Whether the virtual engine stood in for an engine. */
  readonly isDryRun: boolean;
  readonly environment: Environment;
  readonly subjects: readonly SubjectReport[];
}

/** How many checks ended in which way. */
export function countStatuses(checks: readonly CheckResult[]): Record<CheckStatus, number> {
  const counts = Object.fromEntries(checkStatuses.map((status) => [status, 0])) as Record<CheckStatus, number>;
  for (const { status } of checks) counts[status]++;
  return counts;
}

/** Whether everything that ran went as it should. */
export function isPassed(report: SelftestReport): boolean {
  return report.subjects.every(({ checks }) =>
    checks.every(({ status }) => status !== "different" && status !== "failed"),
  );
}

/** `101 passed, 2 different` */
export function describeCounts(checks: readonly CheckResult[]): string {
  const counts = countStatuses(checks);
  const parts = checkStatuses.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

export function reportJson(report: SelftestReport): string {
  return withoutHome(`${JSON.stringify(report, undefined, 1)}\n`);
}

/** The report for people: what differs first, measurements behind. */
export function reportText(report: SelftestReport): string {
  const { environment, subjects, date, isDryRun } = report;
  const { system, chip, target, isTargetKnown } = environment;
  const lines = [
    `Anemone ${environment.anemone} self-test, ${date}${isDryRun ? " (dry run: the virtual engine, no hardware)" : ""}`,
    `${chip}, ${environment.memoryGigabytes} GB, ${environment.platform}, system build ${system.build}, Bun ${environment.bun}`,
    `engine ${target}${isTargetKnown ? "" : " (assumed: the machine does not say)"}`,
    "",
    ...environment.details,
    "",
  ];
  for (const { name, target: subjectTarget, seconds, checks } of subjects) {
    lines.push(`== ${name} (${subjectTarget}): ${describeCounts(checks)}, in ${seconds.toFixed(0)} s`);
    const notable = checks.filter(({ status }) => status !== "passed");
    for (const { group, name: check, status, summary } of notable)
      lines.push(`  ${status.padEnd(9)} ${group}: ${check}: ${summary}`);
    for (const group of checkGroups) {
      const passed = checks.filter((check) => check.group === group && check.status === "passed");
      if (passed.length === 0) continue;
      lines.push(`  -- ${group}: ${passed.length} passed`);
      // Operators that agree say nothing more; the other groups are measurements.
      const shown = group === "operators" ? [] : passed;
      for (const { name: check, summary } of shown) lines.push(`     ${check}: ${summary}`);
    }
    lines.push("");
  }
  if (environment.uncertain.length > 0) {
    lines.push("Arguments of the frameworks that sources disagree on:");
    lines.push(...environment.uncertain.map((line) => `  ${line}`), "");
  }
  return withoutHome(`${lines.join("\n")}\n`);
}
