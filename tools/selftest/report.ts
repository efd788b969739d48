/** The report of a self-test: one JSON file for whoever evaluates it, one text file for whoever sends it. */
import { type CheckStatus, checkGroups, checkStatuses } from "./check.ts";
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

/** Whether everything that ran went as it should, and on each subject something did. */
export function isPassed(report: SelftestReport): boolean {
  return report.subjects.every(({ checks }) => {
    const { passed, different, failed } = countStatuses(checks);
    return passed > 0 && different === 0 && failed === 0;
  });
}

/** What the driver told while a check ran. */
const remarksOf = ({ details: { remarks } }: CheckResult): readonly string[] =>
  Array.isArray(remarks) ? remarks.map(String) : [];

const remarkLines = (result: CheckResult) => remarksOf(result).map((remark) => `            remark: ${remark}`);

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
    `engine ${target}${isTargetKnown ? "" : " (assumed: the chip is unknown)"}`,
    "",
    ...environment.details,
    "",
  ];
  for (const { name, target: subjectTarget, seconds, checks } of subjects) {
    lines.push(`== ${name} (${subjectTarget}): ${describeCounts(checks)}, in ${seconds.toFixed(0)} s`);
    const notable = checks.filter(({ status }) => status !== "passed");
    for (const result of notable) {
      const { group, name: check, status, summary } = result;
      lines.push(`  ${status.padEnd(9)} ${group}: ${check}: ${summary}`, ...remarkLines(result));
    }
    for (const group of checkGroups) {
      const passed = checks.filter((check) => check.group === group && check.status === "passed");
      if (passed.length === 0) continue;
      lines.push(`  -- ${group}: ${passed.length} passed`);
      // Operators that agree say nothing more; the other groups are measurements.
      const shown = group === "operators" ? passed.filter((check) => remarksOf(check).length > 0) : passed;
      for (const check of shown) lines.push(`     ${check.name}: ${check.summary}`, ...remarkLines(check));
    }
    lines.push("");
  }
  if (environment.uncertain.length > 0) {
    lines.push("Arguments of the frameworks that sources disagree on:");
    lines.push(...environment.uncertain.map((line) => `  ${line}`), "");
  }
  return withoutHome(`${lines.join("\n")}\n`);
}
