/**
 * What all programs on the engine share, by whichever driver they came: the one lane on which they run, and the places and
 * compilations that one process has. Whoever needs a place gets that of the network that ran longest ago, which loads itself
 * again when it is run.
 */
import { isMainThread } from "node:worker_threads";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { type Clock, CompileBudget, defaultLimits, type EngineLimits, systemClock } from "./limits.ts";

/** Told in a sentence what a user may want to know: an entry that was damaged, a program that had to make room. */
export type Remark = (text: string) => void;

/** A network that holds places among the programs that may be loaded, and can be asked to give them up. */
export interface Resident {
  readonly name: string;
  readonly places: number;
  /** When it ran last: a count of runs. */
  lastRun: number;
  /** Unloads, so that it loads itself again when it is run. */
  evict(): void;
  /** Gives up everything. */
  dispose(): void;
}

export interface LaneOptions {
  readonly limits?: Partial<EngineLimits>;
  readonly clock?: Clock;
  /** The lane to share with other drivers; `limits` and `clock` are its own then. Default: one for itself. */
  readonly lane?: Lane;
}

/** The lane itself. Drivers that share one run one program at a time between them, and count together. */
export class Lane {
  readonly limits: EngineLimits;
  readonly clock: Clock;
  readonly budget: CompileBudget;
  readonly #residents = new Set<Resident>();
  #runs = 0;
  #running: string | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  constructor({ limits, clock = systemClock }: Omit<LaneOptions, "lane"> = {}) {
    this.limits = { ...defaultLimits, ...limits };
    this.clock = clock;
    this.budget = new CompileBudget(this.limits, clock);
  }

  /** Programs that are loaded now. */
  get loadedPrograms(): number {
    let places = 0;
    for (const resident of this.#residents) places += resident.places;
    return places;
  }

  /** Takes the lane. There is one: the engine runs one program at a time, and the libraries are not for two calls at once. */
  enter(resident: Resident): void {
    if (this.#running !== undefined) {
      throw new DiagnosticError(
        `${resident.name} cannot run inside of a run of ${this.#running}: the engine has one lane`,
      );
    }
    this.#running = resident.name;
    resident.lastRun = ++this.#runs;
  }

  leave(): void {
    this.#running = undefined;
  }

  /** Runs `work` behind everything that was queued before. */
  queue<Result>(work: () => Result): Promise<Result> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Makes room for a network, by unloading those that ran longest ago, and enters it. */
  admit(resident: Resident, remark: Remark): void {
    const { loadedPrograms: limit } = this.limits;
    if (resident.places > limit) {
      throw new DiagnosticError(
        `${resident.name} consists of ${resident.places} programs for the engine, but one process can load ${limit} at a time`,
      );
    }
    while (this.loadedPrograms + resident.places > limit) {
      const oldest = [...this.#residents].reduce((a, b) => (b.lastRun < a.lastRun ? b : a));
      remark(
        `${oldest.name} is unloaded to make room for ${resident.name}: one process can load ${limit} programs at a time; ` +
          "it loads itself again when it is run",
      );
      this.dismiss(oldest);
      oldest.evict();
    }
    resident.lastRun = ++this.#runs;
    this.#residents.add(resident);
  }

  dismiss(resident: Resident): void {
    this.#residents.delete(resident);
  }

  /** Whether a network has its places. */
  isResident(resident: Resident): boolean {
    return this.#residents.has(resident);
  }

  /** Disposes all that is loaded, for the end of the process: the failure of one keeps no other back. */
  disposeResidents(): void {
    for (const resident of [...this.#residents]) {
      try {
        resident.dispose();
      } catch {
        // The process ends: the system takes back what is left.
      }
    }
  }
}

/** What a driver's engine has of the lane. */
export class EngineLane {
  readonly lane: Lane;

  constructor({ lane, ...options }: LaneOptions) {
    this.lane = lane ?? new Lane(options);
  }

  get limits(): EngineLimits {
    return this.lane.limits;
  }

  get clock(): Clock {
    return this.lane.clock;
  }

  get budget(): CompileBudget {
    return this.lane.budget;
  }

  /** Programs that are loaded now, of all drivers on the lane. */
  get loadedPrograms(): number {
    return this.lane.loadedPrograms;
  }

  enter(resident: Resident): void {
    this.lane.enter(resident);
  }

  leave(): void {
    this.lane.leave();
  }

  queue<Result>(work: () => Result): Promise<Result> {
    return this.lane.queue(work);
  }

  admit(resident: Resident, remark: Remark): void {
    this.lane.admit(resident, remark);
  }

  dismiss(resident: Resident): void {
    this.lane.dismiss(resident);
  }

  isResident(resident: Resident): boolean {
    return this.lane.isResident(resident);
  }
}

let lane: Lane | undefined;

/**
 * The lane of this process, for both drivers. What is loaded when the process ends is unloaded then.
 *
 * @throws DiagnosticError on another thread than the main one: each would have a lane of its own, and the libraries, the
 * limits and the engine are the process's
 */
export function processLane(isMain: boolean = isMainThread): Lane {
  if (!isMain) {
    throw new DiagnosticError(
      "the engine is used from a Worker: one process has one lane to it, which belongs to the main thread; " +
        "open and run the network there, and send tensors to it",
    );
  }
  if (lane === undefined) {
    const made = new Lane();
    lane = made;
    process.on("exit", () => made.disposeResidents());
  }
  return lane;
}
