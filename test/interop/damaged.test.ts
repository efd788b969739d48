/**
 * Damaged texts of the corpus: with a token missing, another in its place, or cut off. Each ends in a diagnostic or in a program
 * that goes round; nothing crashes or hangs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import { damagesOf } from "../testing/damaged-text.ts";
import { read } from "./exchange.ts";

const folder = new URL("./corpus/", import.meta.url);
/** How many tokens of each file are damaged, spread over the file. */
const share = Math.round(60 * Number(process.env["ANEMONE_PROPERTY_RUNS"] ?? 1));

/** The program of a text; undefined where a diagnostic refuses it. */
function tryToRead(text: string): Operation | undefined {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}

/** What is read is printed and read again, in both forms. */
function expectDiagnosticOrRoundTrip(text: string): void {
  const program = tryToRead(text);
  if (program === undefined) return;
  for (const generic of [true, false]) {
    const once = print(program, { generic, inlineResources: true });
    expect(print(read(once), { generic, inlineResources: true })).toBe(once);
  }
}

describe("damaged corpus", () => {
  for (const file of readdirSync(folder)) {
    test(file, () => {
      const text = readFileSync(new URL(file, folder), "utf8");
      // Behind the comment of the first line; a few tokens at each of several places.
      const start = text.indexOf("\n");
      const places = Math.max(1, Math.round(share / 6));
      for (let place = 0; place < places; place++) {
        const from = start + Math.floor(((text.length - start) * place) / places);
        for (const { text: damaged, what } of damagesOf(text, from, 6)) {
          try {
            expectDiagnosticOrRoundTrip(damaged);
          } catch (error) {
            throw new Error(
              `${what} at ${from}: ${error instanceof Error ? error.message : error}\n${damaged.slice(Math.max(0, from - 200), from + 200)}`,
            );
          }
        }
      }
    });
  }
});
