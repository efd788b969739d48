/**
 * Runs checks on a subject, in this process or in workers. Workers are there because the frameworks are private: a call may end
 * the process, or hang, and the report must survive that; and because macOS lets one process compile about 119 programs. A
 * worker writes a line of JSON before and after each check; when it dies, the check it was at has failed, and the next worker
 * goes on behind it.
 */
import { type Check, type CheckGroup, type CheckOutcome, runCheck } from "./check.ts";
import { checksFor, type Selection } from "./checks.ts";
import { openSubject, type Subject, type SubjectName } from "./subjects.ts";

export interface CheckResult extends CheckOutcome {
  readonly group: CheckGroup;
  readonly name: string;
  readonly milliseconds: number;
}

export interface SubjectRun {
  readonly subject: SubjectName;
  readonly target: string;
  /** All, where not said. */
  readonly only?: readonly Selection[];
  /** Milliseconds after which no further check is started, and one that runs in a worker is ended. */
  readonly budget: number;
  /** Where compiled programs are kept between workers; a fresh one per self-test. */
  readonly cacheFolder?: string;
  readonly onResult?: (result: CheckResult, position: number, count: number) => void;
}

const resultOf = ({ group, name }: Check, outcome: CheckOutcome, milliseconds: number): CheckResult => ({
  group,
  name,
  ...outcome,
  milliseconds: Math.round(milliseconds * 10) / 10,
});

const skipped: CheckOutcome = { status: "skipped", summary: "not run: the time was up", details: {} };
const stopped: CheckOutcome = { status: "skipped", summary: "not run to its end: the time was up", details: {} };

const cacheOf = ({ cacheFolder }: { readonly cacheFolder?: string }) =>
  cacheFolder === undefined ? {} : { cacheFolder };

async function timed(check: Check, subject: Subject): Promise<CheckResult> {
  const start = performance.now();
  const outcome = await runCheck(check, subject);
  return resultOf(check, outcome, performance.now() - start);
}

/** Runs everything in this process. */
export async function runHere(run: SubjectRun): Promise<CheckResult[]> {
  const { subject: name, target, only, budget, onResult } = run;
  const checks = checksFor(target, only, name);
  const subject = openSubject(name, { target, ...cacheOf(run) });
  const end = performance.now() + budget;
  const results: CheckResult[] = [];
  for (const [position, check] of checks.entries()) {
    const result = performance.now() > end ? resultOf(check, skipped, 0) : await timed(check, subject);
    results.push(result);
    onResult?.(result, position, checks.length);
  }
  return results;
}

/** What a worker is told, as one argument. */
export interface WorkerOrder {
  readonly subject: SubjectName;
  readonly target: string;
  /** All, where not said. */
  readonly only?: readonly Selection[];
  /** The first check, and how many. */
  readonly from: number;
  readonly count: number;
  readonly cacheFolder?: string;
}

type WorkerLine = { readonly started: number } | { readonly finished: number; readonly result: CheckResult };

/** The inside of a worker: `write` gets one line at a time. It ends early where a check wants another process. */
export async function work(order: WorkerOrder, write: (line: string) => void) {
  const { subject: name, target, only, from, count } = order;
  const checks = checksFor(target, only, name);
  const subject = openSubject(name, { target, ...cacheOf(order) });
  for (const [offset, check] of checks.slice(from, from + count).entries()) {
    if (offset > 0 && check.process !== undefined) return;
    const position = from + offset;
    write(JSON.stringify({ started: position } satisfies WorkerLine));
    const result = await timed(check, subject);
    write(JSON.stringify({ finished: position, result } satisfies WorkerLine));
    if (check.process === "own") return;
  }
}

export interface WorkerOptions {
  /** How a worker is started: the command without its order. */
  readonly command: readonly string[];
  /** Programs that one worker may open: each is compiled once or (as a reference, on the host) not at all. */
  readonly checksPerWorker?: number;
  /** Milliseconds for one check, before the worker is taken to hang. */
  readonly patience?: number;
}

/** Runs everything in workers, one after another. */
export async function runInWorkers(run: SubjectRun, options: WorkerOptions): Promise<CheckResult[]> {
  const { target, only, budget, onResult } = run;
  const { checksPerWorker = 60, patience = 60_000 } = options;
  const checks = checksFor(target, only, run.subject);
  const end = performance.now() + budget;
  const results: CheckResult[] = [];
  const add = (result: CheckResult) => {
    results.push(result);
    onResult?.(result, results.length - 1, checks.length);
  };
  while (results.length < checks.length) {
    if (performance.now() > end) {
      add(resultOf(checks[results.length]!, skipped, 0));
      continue;
    }
    const from = results.length;
    const selected = only === undefined ? {} : { only };
    const order: WorkerOrder = {
      subject: run.subject,
      target,
      ...selected,
      from,
      count: checksPerWorker,
      ...cacheOf(run),
    };
    const death = await oneWorker(order, { ...options, patience, end }, add);
    if (death === undefined && results.length === from) {
      add(resultOf(checks[from]!, { status: "failed", summary: "its process ended without a result", details: {} }, 0));
    }
    if (death === undefined) continue;
    if (death.reason === undefined) {
      // What it was at has had its chance; the others are not begun.
      if (death.isInCheck) add(resultOf(checks[results.length]!, stopped, 0));
      continue;
    }
    const { reason } = death;
    // Where no check had begun, a new worker would die of the same: that is what became of all that are left.
    const lost = checks.slice(results.length, death.isInCheck ? results.length + 1 : undefined);
    for (const check of lost) add(resultOf(check, { status: "failed", summary: reason, details: {} }, 0));
  }
  return results;
}

/** How a worker died, and whether a check had begun. */
interface Death {
  /** Undefined where it was ended because the time was up. */
  readonly reason: string | undefined;
  readonly isInCheck: boolean;
}

/** Runs a worker to its end, or to the end of the time; undefined where it ended well. */
async function oneWorker(
  order: WorkerOrder,
  { command, patience, end }: WorkerOptions & { readonly patience: number; readonly end: number },
  add: (result: CheckResult) => void,
): Promise<Death | undefined> {
  const worker = Bun.spawn([...command, JSON.stringify(order)], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const errors = new Response(worker.stderr).text();
  let isHanging = false;
  let isLate = false;
  let isInCheck = false;
  let alarm = setTimeout(() => {}, 0);
  const expectLine = () => {
    clearTimeout(alarm);
    const left = Math.max(0, end - performance.now());
    alarm = setTimeout(
      () => {
        if (left < patience) isLate = true;
        else isHanging = true;
        worker.kill("SIGKILL");
      },
      Math.min(patience, left),
    );
  };
  expectLine();
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of worker.stdout) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as WorkerLine;
      expectLine();
      isInCheck = "started" in message;
      if ("result" in message) add(message.result);
    }
  }
  const code = await worker.exited;
  clearTimeout(alarm);
  if (code === 0) return undefined;
  if (isLate) return { reason: undefined, isInCheck };
  if (isHanging)
    return { reason: `hung: it gave no answer within ${patience / 1000} s, and its process was ended`, isInCheck };
  const said = (await errors).trim().split("\n").slice(-3).join(" | ");
  const how = worker.signalCode === null ? `exit code ${code}` : worker.signalCode;
  return { reason: `its process died (${how})${said === "" ? "" : `: ${said}`}`, isInCheck };
}
