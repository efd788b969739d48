/**
 * `anemone selftest`: one command for the owner of a Mac. It checks both drivers, and runs the fidelity corpus, the numeric probes,
 * networks and latencies on the engine by each of them, against the virtual engine; and writes a report to send back. Exits with 0
 * where all is as it should be, 1 where something differs or fails (or nothing could be run), 2 for wrong usage or where there is
 * no engine.
 */
import { mkdirSync, mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import colors from "picocolors";
import { replaceFile } from "../../ir/sidecar.ts";
import { driverFaults, engineDrivers } from "../../runtime/devices/ane/drivers.ts";
import { engineAvailability } from "../../runtime/devices/ane/status.ts";
import { UsageError } from "../failure.ts";
import { type CheckGroup, checkGroups } from "../selftest/check.ts";
import { parseSelection, type Selection } from "../selftest/checks.ts";
import { collectEnvironment } from "../selftest/environment.ts";
import {
  describeCounts,
  isPassed,
  reportJson,
  reportText,
  type SelftestReport,
  type SubjectReport,
} from "../selftest/report.ts";
import { type CheckResult, runHere, runInWorkers, type SubjectRun, type WorkerOrder, work } from "../selftest/run.ts";
import { type SubjectName, usableDrivers } from "../selftest/subjects.ts";
import { parseTarget } from "../target.ts";

export interface SelftestOptions {
  readonly device: string;
  readonly driver: string;
  readonly target?: string;
  readonly only?: string;
  readonly output: string;
  readonly budget: string;
  /** `false` (`--no-isolation`): no workers; one crash ends everything. */
  readonly isolation: boolean;
  readonly json?: boolean;
  /** What a worker is told to do, for the command itself. */
  readonly worker?: string;
}

export async function selftestCommand(options: SelftestOptions): Promise<void> {
  if (options.worker !== undefined) {
    // Written by this program a moment ago.
    const order = JSON.parse(options.worker) as WorkerOrder;
    // At once: what is still in a buffer is lost when the process dies.
    await work(order, (line) => writeSync(1, `${line}\n`));
    return;
  }
  const subjects = chooseSubjects(options);
  const selected = options.only === undefined ? {} : { only: chooseChecks(options.only) };
  const seconds = Number(options.budget);
  if (!(seconds > 0)) throw new UsageError(`--budget takes a number of seconds, but got '${options.budget}'`);
  const environment = collectEnvironment();
  const target = parseTarget(options.target ?? environment.target);
  const note = (message: string) => console.error(message);
  if (options.target === undefined && !environment.isTargetKnown && !subjects.includes("ane-virtual"))
    note(colors.yellow(`unknown chip, compiling for ${target}: --target names another engine`));
  note(`${environment.chip}, system build ${environment.system.build}, engine ${target}: ${subjects.join(" and ")}`);
  const reports: SubjectReport[] = [];
  const start = performance.now();
  for (const [position, subject] of subjects.entries()) {
    const remaining = seconds * 1000 - (performance.now() - start);
    // Each of those still to come gets the same share.
    const budget = remaining / (subjects.length - position);
    // What earlier runs have compiled must not stand in for what is compiled today.
    const cacheFolder = mkdtempSync(join(tmpdir(), "anemone-selftest-"));
    try {
      reports.push(await runSubject({ subject, target, ...selected, budget, cacheFolder }, options.isolation, note));
    } finally {
      rmSync(cacheFolder, { recursive: true, force: true });
    }
  }
  const report: SelftestReport = {
    format: 1,
    date: new Date().toISOString(),
    isDryRun: subjects.includes("ane-virtual"),
    environment,
    subjects: reports,
  };
  mkdirSync(options.output, { recursive: true });
  const files = ["json", "txt"].map((extension) => join(options.output, `anemone-selftest.${extension}`));
  replaceFile(files[0]!, reportJson(report));
  replaceFile(files[1]!, reportText(report));
  if (options.json) process.stdout.write(reportJson(report));
  else {
    for (const { name, checks, seconds: took } of reports)
      console.log(`${name}: ${describeCounts(checks)}, in ${took.toFixed(0)} s`);
    console.log(`report: ${files.join(" and ")}${report.isDryRun ? " (a dry run)" : ": please send both back"}`);
  }
  if (!isPassed(report)) process.exitCode = 1;
}

/** What to test; without an engine there is nothing, but for the dry run. */
function chooseSubjects({ device, driver }: SelftestOptions): SubjectName[] {
  if (device === "ane-virtual") return ["ane-virtual"];
  if (device !== "ane") throw new UsageError(`--device takes ane or ane-virtual here, but got '${device}'`);
  const wanted = driver === "both" ? engineDrivers : engineDrivers.filter((name) => name === driver);
  if (wanted.length === 0)
    throw new UsageError(`--driver takes both, ${engineDrivers.join(", ")}, but got '${driver}'`);
  const usable = usableDrivers();
  const found = wanted.filter((name) => usable.includes(name));
  // A virtual machine has the libraries and no engine behind them.
  const { available, summary } = engineAvailability();
  if (found.length > 0 && available) return found;
  const faults = driverFaults();
  const reasons = found.length > 0 ? summary : wanted.map((name) => `${name}: ${faults[name]}`).join("; ");
  throw new UsageError(
    `the self-test is for a Mac with a Neural Engine, and there is none to be reached here (${reasons}); ` +
      "--device=ane-virtual runs it without one, as a rehearsal",
  );
}

function chooseChecks(only: string): readonly Selection[] {
  return only.split(",").map((text) => {
    const selection = parseSelection(text);
    if (selection !== undefined) return selection;
    throw new UsageError(`--only takes ${checkGroups.join(", ")} or GROUP:BEGINNING-OF-A-NAME, but got '${text}'`);
  });
}

async function runSubject(
  run: SubjectRun,
  isolation: boolean,
  note: (message: string) => void,
): Promise<SubjectReport> {
  const start = performance.now();
  let group: CheckGroup | undefined;
  const onResult = (result: CheckResult, position: number, count: number) => {
    if (result.group !== group) {
      group = result.group;
      note(colors.dim(`${run.subject}: ${group} (${position} of ${count} checks done)`));
    }
    if (result.status === "passed" || result.status === "skipped") return;
    note(`  ${colors.yellow(result.status)} ${result.name}: ${result.summary}`);
  };
  const observed = { ...run, onResult };
  const checks = isolation ? await runInWorkers(observed, { command: workerCommand() }) : await runHere(observed);
  return { name: run.subject, target: run.target, seconds: (performance.now() - start) / 1000, checks };
}

/** This very command, as a worker. */
function workerCommand(): string[] {
  const [, script = ""] = process.argv;
  return [process.execPath, script, "selftest", "--worker"];
}
