/** The extension for Visual Studio Code: what it declares exists, and it starts the server as it says. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const folder = resolve(import.meta.dirname, "../../editors/vscode");
const read = (path: string) => readFileSync(resolve(folder, path), "utf8");

interface Manifest {
  readonly main: string;
  readonly contributes: {
    readonly languages: readonly { readonly id: string; readonly configuration: string }[];
    readonly grammars: readonly { readonly language: string; readonly scopeName: string; readonly path: string }[];
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: { readonly [name: string]: { readonly default: unknown } } };
  };
}

const manifest: Manifest = JSON.parse(read("package.json"));

test("the manifest names files that are there, and settings that the server reads", () => {
  const { languages, grammars, configuration } = manifest.contributes;
  for (const path of [manifest.main, languages[0]!.configuration, grammars[0]!.path]) {
    expect(existsSync(resolve(folder, path)), path).toBe(true);
  }
  const complaints: string[] = [];
  const defaults = Object.fromEntries(
    Object.entries(configuration.properties).map(([name, { default: value }]) => [name.replace("anemone.", ""), value]),
  );
  expect(readSettings(defaults, "/", (message) => complaints.push(message))).toEqual({ load: [] });
  const given = { ...defaults, load: ["./a.ts"], allowUnregisteredDialect: true };
  const found = readSettings(given, "/project", (message) => complaints.push(message));
  expect(found).toEqual({ load: ["/project/a.ts"], allowUnregistered: true });
  expect(complaints).toEqual([]);
});

test("the extension starts `anemone lsp` and restarts it on command", async () => {
  const started: unknown[] = [];
  const commands = new Map<string, () => Promise<void>>();
  let stops = 0;
  class LanguageClient {
    constructor(...parts: unknown[]) {
      started.push(parts);
    }
    async start() {}
    async stop() {
      stops++;
    }
  }
  const disposable = { dispose() {} };
  const modules: { readonly [name: string]: unknown } = {
    "node:fs": { existsSync: () => false },
    "node:path": { join: (...parts: string[]) => parts.join("/") },
    "vscode-languageclient/node": { LanguageClient, TransportKind: { stdio: 0 } },
    vscode: {
      commands: {
        registerCommand: (name: string, run: () => Promise<void>) => {
          commands.set(name, run);
          return disposable;
        },
      },
      window: { showErrorMessage: (message: string) => expect.fail(message) },
      workspace: {
        workspaceFolders: [{ uri: { scheme: "file", fsPath: "/project" } }],
        getConfiguration: () => ({ get: (_: string, fallback: unknown) => fallback }),
        onDidChangeConfiguration: () => disposable,
      },
    },
  };
  const module: { exports: { activate?: (context: object) => Promise<void>; deactivate?: () => Promise<void> } } = {
    exports: {},
  };
  new Function("require", "module", read(manifest.main))((name: string) => modules[name], module);
  await module.exports.activate?.({ subscriptions: [] });
  expect(started).toEqual([
    [
      "anemone",
      "Anemone",
      expect.objectContaining({ command: "anemone", args: ["lsp"], transport: 0 }),
      expect.objectContaining({ documentSelector: [{ language: manifest.contributes.languages[0]!.id }] }),
    ],
  ]);
  await commands.get(manifest.contributes.commands[0]!.command)?.();
  expect([started.length, stops]).toEqual([2, 1]);
  await module.exports.deactivate?.();
  expect(stops).toBe(2);
});

interface Rule {
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly patterns?: readonly Rule[];
  readonly captures?: { readonly 1: { readonly name: string } };
}

test("the grammar colours each kind of token", () => {
  const grammar: { readonly repository: { readonly [name: string]: Rule } } = JSON.parse(
    read(manifest.contributes.grammars[0]!.path),
  );
  const rules = Object.values(grammar.repository).flatMap((rule) => rule.patterns ?? [rule]);
  const line = '%a#1 = arith.addi %b, %c {x = @f, y = #map, z = "s"} : !t // why';
  const scopeOf = (text: string, within = line) => {
    const found = rules.find(({ match, begin }) => {
      const match_ = new RegExp(match ?? begin ?? "$^", "m").exec(within.slice(within.indexOf(text)));
      return match_?.index === 0;
    });
    return found?.name ?? found?.captures?.[1].name;
  };
  expect(scopeOf("%a#1")).toBe("variable.other.value.mlir");
  expect(scopeOf("arith.addi")).toBe("entity.name.function.operation.mlir");
  expect(scopeOf("@f")).toBe("entity.name.function.symbol.mlir");
  expect(scopeOf("#map")).toBe("support.constant.attribute.mlir");
  expect(scopeOf('"s"')).toBe("string.quoted.double.mlir");
  expect(scopeOf("!t")).toBe("support.type.dialect.mlir");
  expect(scopeOf("// why")).toBe("comment.line.double-slash.mlir");
  expect(scopeOf('"a.b"', '"a.b"()')).toBe("entity.name.function.operation.mlir");
  expect(scopeOf("^bb0", "^bb0:")).toBe("entity.name.label.mlir");
  expect(scopeOf("f32", "f32")).toBe("storage.type.mlir");
  expect(scopeOf("-1.5e3", "-1.5e3")).toBe("constant.numeric.mlir");
});
