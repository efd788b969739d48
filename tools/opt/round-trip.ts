/** `--verify-roundtrip`: what is printed reads back as the same IR, in both forms, locations included. */
import { BlobStore } from "../../ir/blob.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
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
      let read: Operation;
      try {
        read = parse(text, context, { file: `<${name}>`, blobs, implicitModule });
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        throw new DiagnosticError(`the ${name} that is printed does not read back: ${error.message}`, {
          ...error.origin,
          notes: [...(error.details.notes ?? []), { file, message: "while checking the round trip of this file" }],
        });
      }
      compare(`the ${name} prints differently after it was read back`, text, print(read, options), file);
      compare(`reading the ${name} back gives other IR`, expected, print(read, whole), file);
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
