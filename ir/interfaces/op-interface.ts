/**
 * What an op interface is: a name with implementations of one type, listed in an op's declaration or attached from
 * outside by a dialect. Generic code asks `context.implementation(Interface, operation)`.
 */
import type { AnyDefinition } from "../context.ts";
import type { OperationDefinition } from "../declaration.ts";

/** A capability with implementations of type `I`. */
export class OpInterface<I> {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** What an op's declaration lists under `interfaces`. */
  implement(implementation: I): InterfaceImplementation {
    return { interface: this, implementation, read: (wanted) => (wanted === this ? implementation : undefined) };
  }

  /** Attaches the capability to an op that is declared elsewhere. */
  attach(definition: AnyDefinition, implementation: I): AttachedInterface {
    return { definition, implementation: this.implement(implementation) };
  }

  /** The implementation among `candidates`, typed. */
  find(candidates: readonly InterfaceImplementation[]): I | undefined {
    for (const candidate of candidates) {
      if (candidate.interface === this) return candidate.implementation as I;
    }
    return undefined;
  }
}

export interface InterfaceImplementation {
  readonly interface: OpInterface<unknown> | OpInterface<never>;
  readonly implementation: unknown;
  readonly read: (wanted: OpInterface<unknown>) => unknown;
}

export interface AttachedInterface {
  readonly definition: OperationDefinition;
  readonly implementation: InterfaceImplementation;
}
