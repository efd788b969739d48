/**
 * Decides how structured operations on buffers become loops: which neighbours form one nest (`anemone.group`), and for each nest
 * the loop that runs along vectors, the register tile and the order of the loops (`anemone.schedule` on its anchor).
 * Nothing else changes; `linalg-to-loops` carries the decisions out.
 */
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import { MemRefType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";
import { structured } from "../linalg-transforms/structured.ts";
import { type NestGroup, nestOf } from "./group.ts";
import { formGroups } from "./loop-groups.ts";
import type { Nest } from "./schedule/nest.ts";
import { chooseSchedule, type Schedule, type VectorTarget } from "./schedule/schedule.ts";
import { encodeSchedule, groupAttributeName, scheduleAttributeName } from "./schedule/schedule-attribute.ts";

/** Registers of a vector width where the target does not say: AVX-512 has 32, AVX2 16, NEON 32 (WebAssembly's engines use 16). */
export function defaultRegisters(vectorBytes: number): number {
  return vectorBytes >= 64 ? 32 : 16;
}

export const vectorize = pass("vectorize", {
  doc: "Chooses the loop schedule of every structured operation on buffers: grouping, vector loop, register tile, loop order.",
  options: {
    "vector-bytes": {
      doc: "Bytes of a vector register: 64 (AVX-512), 32 (AVX2), 16 (NEON, WebAssembly).",
      default: 64,
    },
    registers: { doc: "Vector registers that a tile may use; 0: as usual for the width.", default: 0 },
    group: { doc: "Whether neighbouring operations may share a nest.", default: true },
  },
  requires: ["bufferised"],
  exactness: "bit-exact",
  run: (root, { missed }, options) => {
    const vectorBytes = options["vector-bytes"];
    if (![16, 32, 64].includes(vectorBytes))
      throw root.error(`cannot be vectorised for vectors of ${vectorBytes} bytes; use 16, 32 or 64`);
    const target = {
      vectorBytes,
      registers: options.registers > 0 ? options.registers : defaultRegisters(vectorBytes),
    };
    const schedules = new ScheduleCache(target);
    let changed = false;
    let nextGroup = 0;
    for (const operations of blocksWithBufferOperations(root)) {
      const { groups, refusals } = options.group
        ? formGroups(operations)
        : { groups: singles(operations), refusals: new Map<Operation, string>() };
      for (const [operation, reason] of refusals) missed(operation, `starts a loop nest of its own: ${reason}`);
      for (const group of groups) {
        const number = IntegerAttribute.get(nextGroup++);
        for (const { structured: each } of group.stages) each.operation.attributes.set(groupAttributeName, number);
        const anchor = group.stages[group.anchor]!.structured.operation;
        anchor.attributes.set(scheduleAttributeName, encodeSchedule(schedules.schedule(nestOf(group))));
        changed = true;
      }
    }
    return changed;
  },
});

function singles(operations: readonly Operation[]): NestGroup[] {
  return operations.flatMap((operation) => formGroups([operation]).groups);
}

/** The operations of every block that holds structured operations on buffers. */
export function blocksWithBufferOperations(root: Operation): (readonly Operation[])[] {
  const found: (readonly Operation[])[] = [];
  root.walk((operation) => {
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        const { operations } = block;
        if (operations.some(isBufferOperation)) found.push(operations);
      }
    }
  });
  return found;
}

/** Whether an operation is structured and works on buffers. */
export function isBufferOperation(operation: Operation): boolean {
  const member = structured(operation);
  return member?.outputs.every((output) => output.type instanceof MemRefType) ?? false;
}

/** Networks repeat their layers; equal nests get one decision. */
class ScheduleCache {
  readonly #target: VectorTarget;
  readonly #known = new Map<string, Schedule>();

  constructor(target: VectorTarget) {
    this.#target = target;
  }

  schedule(nest: Nest): Schedule {
    const key = JSON.stringify(nest, (_, value) => (value instanceof Set ? [...value] : value));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = chooseSchedule(nest, this.#target);
    this.#known.set(key, made);
    return made;
  }
}
