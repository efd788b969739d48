/**
 * What a conversion says when it fails: for each operation left illegal the patterns tried and why each did not do, down to
 * the operations that patterns made on the way; and the casts that could not be removed.
 */
import { editDistance } from "../../close-names.ts";
import { DiagnosticError, type DiagnosticNote, type SourcePlace } from "../../diagnostic-error.ts";
import { type Location, nameOf, originOf, placeOf, unknownLocation } from "../../location.ts";
import type { Operation } from "../../operation.ts";

/** One pattern (or fold) that was tried on an operation in vain. */
export interface LegalizationAttempt {
  readonly pattern: string;
  readonly refusal: string;
  /** The error that the pattern threw instead of refusing; it names its own place. */
  readonly thrown?: DiagnosticError;
  /** The operation that the pattern made, or changed, and that could not be legalized. */
  readonly because?: LegalizationFailure;
}

/** An operation that stayed illegal. */
export interface LegalizationFailure {
  readonly operation: string;
  readonly location: Location;
  /** Why the target calls it illegal, where it says so. */
  readonly reason: string | undefined;
  readonly attempts: readonly LegalizationAttempt[];
  /** What else may help: that no pattern is known, and which are similar. */
  readonly hint: string | undefined;
}

/** A cast that stays because a converted value is needed as it was, or the other way round. */
export interface LeftCast {
  readonly from: string;
  readonly to: string;
  readonly location: Location;
  /** Who gives the value: `'an.op'`, "a block argument", or "nothing" for a type that becomes nothing. */
  readonly producer: string;
  readonly producerLocation: Location;
  /** The op that needs it. */
  readonly user: string;
  readonly userLocation: Location;
  /** Why no materialization stands in its place. */
  readonly materialization: string;
}

/** How many operations (or casts) are reported in full. */
export const reportLimit = 20;

/** A conversion that could not be done; the IR is as it was. `failures` holds at most the first 20. */
export class ConversionError extends DiagnosticError {
  readonly failures: readonly LegalizationFailure[];
  readonly leftCasts: readonly LeftCast[];
  /** How many operations stayed illegal. */
  readonly failureCount: number;

  constructor(failures: FailureList, leftCasts: readonly LeftCast[]) {
    const [first] = failures.listed;
    const thrown = first === undefined ? undefined : onlyError(first);
    super(messageOf(failures, leftCasts, thrown), {
      ...(thrown === undefined
        ? originOf(first?.location ?? leftCasts[0]?.location ?? unknownLocation)
        : thrown.origin),
      notes: notesOf(failures, leftCasts, thrown),
    });
    this.name = "ConversionError";
    this.failures = failures.listed;
    this.leftCasts = leftCasts;
    this.failureCount = failures.count;
  }
}

/** The error of a pattern that threw, where nothing else was tried: it says best what is wrong. */
function onlyError({ attempts }: LegalizationFailure): DiagnosticError | undefined {
  return attempts.length === 1 ? attempts[0]?.thrown : undefined;
}

/** Collects failures: the first ones in full, the rest by op name. */
export class FailureList {
  readonly listed: LegalizationFailure[] = [];
  readonly others = new Map<string, number>();
  count = 0;

  add(failure: LegalizationFailure): void {
    this.count++;
    if (this.listed.length < reportLimit) this.listed.push(failure);
    else this.others.set(failure.operation, (this.others.get(failure.operation) ?? 0) + 1);
  }
}

function subjectOf(operation: string, location: Location): string {
  const name = nameOf(location);
  return name === undefined ? `'${operation}' op` : `'${operation}' op (${name})`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason}`;
}

function messageOf(failures: FailureList, leftCasts: readonly LeftCast[], thrown: DiagnosticError | undefined): string {
  const [first] = failures.listed;
  if (first !== undefined) {
    const complaint = `${subjectOf(first.operation, first.location)} could not be legalized${because(first.reason)}`;
    return thrown?.message ?? complaint;
  }
  const [cast] = leftCasts;
  if (cast === undefined) return "the conversion failed";
  const others = leftCasts.length === 1 ? "" : ` (and ${leftCasts.length - 1} more)`;
  return `a value of type ${cast.from} is still needed as ${cast.to}${others}`;
}

function notesOf(
  failures: FailureList,
  leftCasts: readonly LeftCast[],
  thrown: DiagnosticError | undefined,
): readonly DiagnosticNote[] {
  const notes: DiagnosticNote[] = [...(thrown?.details.notes ?? [])];
  if (failures.count > 1) notes.push({ message: `${failures.count} operations could not be legalized; the first:` });
  for (const [position, failure] of failures.listed.entries()) {
    if (position > 0 || thrown !== undefined) {
      const subject = subjectOf(failure.operation, failure.location);
      notes.push({
        message: `${subject} could not be legalized${because(failure.reason)}`,
        ...placeOf(failure.location),
      });
    }
    addAttempts(notes, failure, position === 0 && thrown === undefined ? "" : "  ");
  }
  if (failures.others.size > 0) {
    const names = [...failures.others].map(([name, count]) => (count === 1 ? `'${name}'` : `'${name}' ${count} times`));
    notes.push({ message: `and ${failures.count - failures.listed.length} more operations: ${names.join(", ")}` });
  }
  for (const cast of leftCasts.slice(0, reportLimit)) addCast(notes, cast);
  if (leftCasts.length > reportLimit) notes.push({ message: `and ${leftCasts.length - reportLimit} more casts` });
  return notes;
}

function addAttempts(notes: DiagnosticNote[], failure: LegalizationFailure, indent: string): void {
  for (const attempt of failure.attempts) {
    const place = attempt.thrown === undefined ? placeOf(failure.location) : sourcePlace(attempt.thrown);
    notes.push({ message: `${indent}tried ${attempt.pattern}: ${attempt.refusal}`, ...place });
    if (attempt.because !== undefined) addAttempts(notes, attempt.because, `${indent}  `);
  }
  if (failure.hint !== undefined) notes.push({ message: `${indent}${failure.hint}`, ...placeOf(failure.location) });
}

function sourcePlace({ details: { notes: _, ...place } }: DiagnosticError): SourcePlace {
  return place;
}

function addCast(notes: DiagnosticNote[], cast: LeftCast): void {
  notes.push({
    message: `the value of type ${cast.from} comes from ${cast.producer}`,
    ...placeOf(cast.producerLocation),
  });
  notes.push({ message: `it is needed as ${cast.to} by '${cast.user}'`, ...placeOf(cast.userLocation) });
  notes.push({ message: cast.materialization, ...placeOf(cast.location) });
}

/** What to say of an op without patterns: the roots of patterns that are spelt alike. */
export function noPatternHint(name: string, roots: Iterable<string>): string {
  const close: string[] = [];
  for (const root of roots) if (isAlike(name, root)) close.push(`'${root}'`);
  const similar = close.length === 0 ? "" : `; there are patterns for ${close.slice(0, 3).join(", ")}`;
  return `no pattern is known for '${name}'${similar}`;
}

/** Same name in another dialect, one name the beginning of the other, or at most two letters apart. */
function isAlike(name: string, other: string): boolean {
  const [mine, theirs] = [mnemonicOf(name), mnemonicOf(other)];
  if (mine === theirs) return true;
  if (Math.min(mine.length, theirs.length) >= 3 && (mine.startsWith(theirs) || theirs.startsWith(mine))) {
    return dialectOf(name) === dialectOf(other);
  }
  return Math.abs(name.length - other.length) <= 2 && name.length > 4 && editDistance(name, other) <= 2;
}

function mnemonicOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}
function dialectOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

/** What a remaining cast says of the values around it. */
export function describeCast(cast: Operation, user: Operation, materialization: string): LeftCast {
  const source = cast.operandUses[0]?.value;
  const origin = source?.definer;
  const types = (values: readonly { readonly type: { toString(): string } }[]): string =>
    values.length === 1 ? `${values[0]!.type}` : `(${values.map(({ type }) => `${type}`).join(", ")})`;
  return {
    from: types(cast.operands),
    to: types(cast.results),
    location: cast.location,
    producer: source === undefined ? "nothing" : origin === undefined ? "a block argument" : `'${origin.name}'`,
    producerLocation: source?.location ?? cast.location,
    user: user.name,
    userLocation: user.location,
    materialization,
  };
}
