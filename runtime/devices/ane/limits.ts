/**
 * What the system allows one process to do with the engine, and how this runtime stays inside: so many programs loaded at a
 * time, so many compiled in all, and a pause after a compilation that failed.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";

/** Time as the driver sees it; tests give their own. */
export interface Clock {
  /** Milliseconds from any fixed point. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export interface EngineLimits {
  /** Programs that may be loaded at a time. */
  readonly loadedPrograms: number;
  /** Programs that may be compiled in the life of a process. */
  readonly compilations: number;
  /** Milliseconds to leave the compile service alone after a compilation that failed. */
  readonly pauseAfterFailure: number;
}

/**
 * The 128th load fails (driver-stack.md A.5: 127 or 128 per process), and other code of the process may use the engine too;
 * about 119 compilations (A.5: maderix, Orion; known of the Objective-C route, and kept to on both as a precaution); after failures in a row the service, which all processes share, stalls
 * (aneforge.md 4.4: 15 s).
 */
export const defaultLimits: EngineLimits = { loadedPrograms: 120, compilations: 119, pauseAfterFailure: 15_000 };

/** A compilation that has to wait for the pause after a failure. */
export class CompilePauseError extends DiagnosticError {
  constructor(
    /** Milliseconds until it may be tried. */
    readonly remaining: number,
    failure: string,
  ) {
    super(
      `a compilation for the engine failed shortly before, and the compile service needs a pause: ` +
        `try again in ${Math.ceil(remaining / 1000)} s (the failure was: ${failure})`,
    );
    this.name = "CompilePauseError";
  }
}

/** Counts compilations, and keeps the pause after a failure. */
export class CompileBudget {
  #used = 0;
  #failure: { readonly at: number; readonly message: string } | undefined;

  constructor(
    readonly limits: EngineLimits,
    readonly clock: Clock,
  ) {}

  get used(): number {
    return this.#used;
  }

  /** Asks for one compilation. @throws CompilePauseError where it must wait, DiagnosticError where there is none left */
  take(cachePlace: string | undefined): void {
    const { compilations, pauseAfterFailure } = this.limits;
    if (this.#used >= compilations) {
      throw new DiagnosticError(
        `this process has compiled ${this.#used} programs for the engine, and macOS lets one process compile about that many: ` +
          `start a new process${cachePlace === undefined ? "" : `; what was compiled is kept in ${cachePlace} and counts no more`}`,
      );
    }
    if (this.#failure !== undefined) {
      const remaining = this.#failure.at + pauseAfterFailure - this.clock.now();
      if (remaining > 0) throw new CompilePauseError(remaining, this.#failure.message);
    }
    this.#used++;
  }

  failed(message: string): void {
    this.#failure = { at: this.clock.now(), message };
  }

  succeeded(): void {
    this.#failure = undefined;
  }
}
