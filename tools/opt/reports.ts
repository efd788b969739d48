/** The instrumentation that the flags of `anemone opt` ask for, and what it reports at the end. */
import { writeFileSync } from "node:fs";
import type { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { CrashReproducer } from "../../passes/instrumentation/crash-reproducer.ts";
import { IrPrinting } from "../../passes/instrumentation/ir-printing.ts";
import { describeOperation } from "../../passes/instrumentation/print-anyway.ts";
import { Remarks, remarkDiagnostic, remarksAsYaml } from "../../passes/instrumentation/remarks.ts";
import { Statistics } from "../../passes/instrumentation/statistics.ts";
import { StopAfter } from "../../passes/instrumentation/stop-after.ts";
import { Timing } from "../../passes/instrumentation/timing.ts";
import type { Instrumentation } from "../../passes/manager/instrumentation.ts";
import type { AnyPass, PassInstance } from "../../passes/pass.ts";
import type { Severity } from "../../passes/pass-types.ts";
import type { OptOptions } from "./flags.ts";
import { choice, count, flagValue, passNames, printOptions, remarkFilter } from "./settings.ts";

export class Reports {
  readonly #options: OptOptions;
  readonly instrumentation: readonly Instrumentation[];
  readonly timing: Timing | undefined;
  readonly #statistics: Statistics | undefined;
  readonly #remarks: Remarks | undefined;
  readonly #stopAfter: StopAfter | undefined;
  readonly #actions: string[] = [];
  #failure: string | undefined;
  readonly #timingDisplay: "tree" | "list";
  readonly #timingFormat: "text" | "json";
  readonly #statisticsDisplay: "pipeline" | "list";

  /** `emit` shows remarks that are made. */
  constructor(
    options: OptOptions,
    passes: readonly AnyPass[],
    emit: (severity: Severity, error: DiagnosticError) => void,
  ) {
    this.#options = options;
    this.#timingDisplay = choice("--mlir-timing-display", options.mlirTimingDisplay, ["tree", "list"]);
    this.#timingFormat = choice("--mlir-output-format", options.mlirOutputFormat, ["text", "json"]);
    const display = options.mlirPassStatisticsDisplay;
    this.#statisticsDisplay = choice("--mlir-pass-statistics-display", display, ["pipeline", "list"]);
    // Counts from the start of the process, so that loading is part of the rest.
    if (options.mlirTiming) this.timing = new Timing(0);
    if (options.mlirPassStatistics) this.#statistics = new Statistics();
    const { stopAfter, logActionsTo } = options;
    if (stopAfter !== undefined || logActionsTo !== undefined) {
      const limit = stopAfter === undefined ? Number.POSITIVE_INFINITY : count("--stop-after", stopAfter);
      this.#stopAfter = new StopAfter(
        limit,
        logActionsTo === undefined ? undefined : (number, what) => this.#log(number, what),
      );
    }
    const filter = remarkFilter(options);
    if (filter !== undefined) {
      const shown = options.remarks === undefined;
      this.#remarks = new Remarks(filter, shown ? undefined : (record) => emit("remark", remarkDiagnostic(record)));
    }
    const parts = [
      { afterFailure: (pass, operation) => this.#failed(pass, operation) } satisfies Instrumentation,
      this.#stopAfter,
      this.timing,
      this.#statistics,
      this.#remarks,
      irPrinting(options, passes),
      crashReproducer(options),
    ];
    this.instrumentation = parts.filter((part) => part !== undefined);
  }

  /** Where the last pass that failed stood, for people. */
  get failure(): string | undefined {
    return this.#failure;
  }

  #failed({ definition }: PassInstance, operation: Operation): void {
    const advice =
      this.#options.mlirPassPipelineCrashReproducer === undefined
        ? ": --mlir-pass-pipeline-crash-reproducer=FILE writes what is needed to reproduce it"
        : "";
    this.#failure = `in the pass '${definition.name}' on ${describeOperation(operation)}${advice}`;
  }

  #log(number: number, what: string): void {
    if (this.#options.logActionsTo === "-") console.error(`action ${number}: ${what}`);
    else this.#actions.push(`${number}: ${what}\n`);
  }

  /** Times a step that is not a pass. */
  measure<T>(name: string, step: () => T): T {
    return this.timing === undefined ? step() : this.timing.measure(name, step);
  }

  /** Prints and writes what was asked for. */
  async finish(): Promise<void> {
    const { remarksOutput } = this.#options;
    if (this.#options.stopAfter !== undefined) console.error(`note: ${this.#stopAfter?.report()}`);
    const { logActionsTo } = this.#options;
    if (logActionsTo !== undefined && logActionsTo !== "-") writeFileSync(logActionsTo, this.#actions.join(""));
    if (remarksOutput !== undefined) writeFileSync(remarksOutput, await remarksAsYaml(this.#remarks?.records ?? []));
    if (this.#statistics !== undefined) console.error(this.#statistics.report(this.#statisticsDisplay));
    if (this.timing !== undefined) console.error(this.timing.report(this.#timingDisplay, this.#timingFormat).trimEnd());
  }
}

function irPrinting(options: OptOptions, passes: readonly AnyPass[]): IrPrinting | undefined {
  const named = {
    before: passNames("--mlir-print-ir-before", options.mlirPrintIrBefore, passes),
    after: passNames("--mlir-print-ir-after", options.mlirPrintIrAfter, passes),
  };
  const before = options.mlirPrintIrBeforeAll ? "all" : named.before;
  const after = options.mlirPrintIrAfterAll ? "all" : named.after;
  const { mlirPrintIrAfterChange: afterChange = false, mlirPrintIrAfterFailure: afterFailure = false } = options;
  if (before === undefined && after === undefined && !afterChange && !afterFailure) return undefined;
  const { elideResourcesLongerThan: _, inlineResources: __, ...print } = printOptions(options);
  return new IrPrinting({
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    afterChange,
    afterFailure,
    moduleScope: options.mlirPrintIrModuleScope ?? false,
    ...(options.mlirPrintIrTreeDir === undefined ? {} : { treeFolder: options.mlirPrintIrTreeDir }),
    print,
  });
}

function crashReproducer(options: OptOptions): CrashReproducer | undefined {
  const path = options.mlirPassPipelineCrashReproducer;
  if (path === undefined) return undefined;
  return new CrashReproducer({
    path,
    local: options.mlirPassPipelineLocalReproducer ?? false,
    verifyEach: flagValue("--verify-each", options.verifyEach),
    report: (message) => console.error(`note: ${message}`),
  });
}
