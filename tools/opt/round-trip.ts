/**
 * `--verify-roundtrip`: what is printed reads back as the same IR, in both forms, locations included. As in MLIR, some custom
 * forms have no room for all of them: `scf.for %i = …` for that of `%i` and of an implied `scf.yield`, `linalg.fill` for its body's.
 */
import { BlobStore } from "../../ir/blob.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Location } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { type PrintOptions, print } from "../../ir/printer/print.ts";
import { blobsOf } from "../../ir/sidecar.ts";

const forms = [
  { name: "custom form", generic: false },
  { name: "generic form", generic: true },
];

/** Throws a diagnostic that names the form and the first line that differs. */
export function verifyRoundTrip(operation: Operation, context: Context, file: string): void {
  const blobs = new BlobStore();
  for (const blob of blobsOf(operation)) blobs.add(blob);
  const whole: PrintOptions = { generic: true, debugInfo: true, localScope: true };
  const implicitModule = operation.name === "builtin.module";
  const expected = print(operation, whole);
  for (const { name, generic } of forms) {
    for (const localScope of [true, false]) {
      const options: PrintOptions = { generic, debugInfo: true, localScope };
      const text = print(operation, options);
      const source = `<${name}>`;
      let read: Operation;
      try {
        read = parse(text, context, { file: source, blobs, implicitModule });
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        throw new DiagnosticError(`the ${name} that is printed does not read back: ${error.message}`, {
          ...error.origin,
          notes: [...(error.details.notes ?? []), { file, message: "while checking the round trip of this file" }],
        });
      }
      compare(`the ${name} prints differently after it was read back`, text, print(read, options), file);
      if (!generic) takeUnwrittenLocations(read, operation, source);
      compare(`reading the ${name} back gives other IR`, expected, print(read, whole), file);
    }
  }
}

/**
 * Gives what the text only implies the locations that it has in `original`: it got those of its place in the text. Where a
 * location was written and lost, the text prints differently, which is compared before.
 */
function takeUnwrittenLocations(read: Operation, original: Operation, source: string): void {
  const isUnwritten = (location: Location) => location.kind === "file" && location.file === source;
  if (isUnwritten(read.location)) read.location = original.location;
  for (const [index, region] of read.regions.entries()) {
    const others = [...(original.regions[index]?.blocks ?? [])];
    for (const [position, block] of [...region.blocks].entries()) {
      const other = others[position];
      if (other === undefined) return;
      for (const [number, argument] of block.arguments.entries()) {
        const counterpart = other.arguments[number];
        if (counterpart !== undefined && isUnwritten(argument.location)) argument.location = counterpart.location;
      }
      for (let [ours, theirs] = [block.first, other.first]; ours && theirs; ours = ours.next, theirs = theirs.next)
        takeUnwrittenLocations(ours, theirs, source);
    }
  }
}

function compare(what: string, before: string, after: string, file: string): void {
  if (before === after) return;
  const [a, b] = [before.split("\n"), after.split("\n")];
  const at = a.findIndex((line, position) => line !== b[position]);
  throw new DiagnosticError(`${what}, first at line ${at + 1}`, {
    file,
    notes: [{ message: `before: ${a[at] ?? "(no line)"}` }, { message: `after: ${b[at] ?? "(no line)"}` }],
  });
}
