/** `anemone lsp`: the language server on standard input and output. */
import { resolve } from "node:path";
import { serve } from "../language-server/server.ts";

export interface LspOptions {
  readonly load: readonly string[];
  readonly allowUnregisteredDialect?: boolean;
}

export function lspCommand({ load, allowUnregisteredDialect }: LspOptions): void {
  serve(process.stdin, process.stdout, {
    load: load.map((path) => resolve(path)),
    ...(allowUnregisteredDialect === undefined ? {} : { allowUnregistered: allowUnregisteredDialect }),
  });
}
