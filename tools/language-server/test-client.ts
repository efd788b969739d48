/** A client for tests: starts `anemone lsp` as a process and talks to it over its standard input and output. */
import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type CompletionItem,
  CompletionRequest,
  CompletionResolveRequest,
  ConfigurationRequest,
  createProtocolConnection,
  DefinitionRequest,
  type Diagnostic,
  DidChangeConfigurationNotification,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentFormattingRequest,
  type DocumentHighlight,
  DocumentHighlightRequest,
  type DocumentSymbol,
  DocumentSymbolRequest,
  ExitNotification,
  FileChangeType,
  type FileEvent,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type Location,
  PrepareRenameRequest,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type Range,
  ReferencesRequest,
  RegistrationRequest,
  RenameRequest,
  SemanticTokensRequest,
  ShowMessageNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { highlightKinds } from "./highlighting.ts";

const root = resolve(import.meta.dirname, "../..");
const bun = resolve(root, "node_modules/bun/bin/bun.exe");

export interface TestClientOptions {
  readonly arguments?: readonly string[];
  /** A workspace folder. */
  readonly folder?: string;
  /** What the editor answers when asked for its settings. */
  readonly settings?: object;
}

/** A document of the client with its text as both sides know it. */
export class TestDocument {
  readonly uri: string;
  #document: TextDocument;
  readonly #client: TestClient;

  constructor(client: TestClient, uri: string, text: string) {
    this.#client = client;
    this.uri = uri;
    this.#document = TextDocument.create(uri, "mlir", 1, text);
  }

  get text(): string {
    return this.#document.getText();
  }

  get version(): number {
    return this.#document.version;
  }

  /** The position of the `occurrence`-th `needle`, `behind` characters into it. */
  at(needle: string, behind = 0, occurrence = 0): { line: number; character: number } {
    let offset = -1;
    for (let count = 0; count <= occurrence; count++) {
      offset = this.text.indexOf(needle, offset + 1);
      if (offset < 0) throw new Error(`the text has no ${needle} (${count})`);
    }
    return this.#document.positionAt(offset + behind);
  }

  textOf(range: Range): string {
    return this.#document.getText(range);
  }

  offsetAt(position: Range["start"]): number {
    return this.#document.offsetAt(position);
  }

  /** Replaces part of the text, on both sides. */
  async edit(start: number, end: number, text: string): Promise<void> {
    const range = { start: this.#document.positionAt(start), end: this.#document.positionAt(end) };
    const contentChanges = [{ range, text }];
    TextDocument.update(this.#document, contentChanges, this.version + 1);
    const textDocument = { uri: this.uri, version: this.version };
    await this.#client.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument,
      contentChanges,
    });
  }

  async replace(text: string): Promise<void> {
    await this.edit(0, this.text.length, text);
  }

  /** The text after edits that the server proposed. */
  after(edits: readonly TextEdit[]): string {
    return TextDocument.applyEdits(this.#document, [...edits]);
  }
}

/** Diagnostics of one version of a document. */
interface Published {
  readonly version: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export class TestClient {
  readonly connection: ProtocolConnection;
  readonly process: ChildProcess;
  readonly messages: string[] = [];
  /** Methods that the server asked to be told of. */
  readonly registered: string[] = [];
  readonly #published = new Map<string, Published>();
  readonly #waiting: (() => void)[] = [];
  #settings: object;
  #count = 0;

  private constructor(child: ChildProcess, settings: object) {
    this.process = child;
    this.#settings = settings;
    this.connection = createProtocolConnection(
      new StreamMessageReader(child.stdout!),
      new StreamMessageWriter(child.stdin!),
    );
    this.connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, version, diagnostics }) => {
      this.#published.set(uri, { version, diagnostics });
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.connection.onNotification(ShowMessageNotification.type, ({ message }) => {
      this.messages.push(message);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.connection.onRequest(RegistrationRequest.type, ({ registrations }) => {
      this.registered.push(...registrations.map(({ method }) => method));
    });
    this.connection.onRequest(ConfigurationRequest.type, ({ items }) => items.map(() => this.#settings));
    this.connection.listen();
  }

  /** Starts a server and shakes hands with it. */
  static async start(options: TestClientOptions = {}): Promise<{ client: TestClient; initialized: InitializeResult }> {
    const child = spawn(bun, [resolve(root, "tools/anemone.ts"), "lsp", ...(options.arguments ?? [])], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const client = new TestClient(child, options.settings ?? {});
    const initialized = await client.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: null,
      workspaceFolders:
        options.folder === undefined ? null : [{ uri: pathToFileURL(options.folder).href, name: "workspace" }],
      capabilities: {
        workspace: {
          configuration: options.settings !== undefined,
          didChangeWatchedFiles: { dynamicRegistration: true },
        },
      },
    });
    await client.connection.sendNotification(InitializedNotification.type, {});
    return { client, initialized };
  }

  /** Ends the server as the protocol says; its exit code. */
  async stop(): Promise<number | null> {
    const left = new Promise<number | null>((done) => this.process.once("exit", (code) => done(code)));
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const code = await left;
    this.connection.dispose();
    return code;
  }

  async configure(settings: object): Promise<void> {
    this.#settings = settings;
    await this.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: {} });
  }

  /** Tells the server that files have changed. */
  async changed(...paths: readonly string[]): Promise<void> {
    const changes: FileEvent[] = paths.map((path) => ({ uri: pathToFileURL(path).href, type: FileChangeType.Changed }));
    await this.connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes });
  }

  async open(text: string, uri = `file:///test/${this.#count++}.mlir`): Promise<TestDocument> {
    const document = new TestDocument(this, uri, text);
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri, languageId: "mlir", version: 1, text },
    });
    return document;
  }

  async close({ uri }: TestDocument): Promise<void> {
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
  }

  /** The diagnostics of the text as it is now. */
  async diagnostics(document: TestDocument): Promise<readonly Diagnostic[]> {
    for (;;) {
      const published = this.#published.get(document.uri);
      if (published?.version === document.version) return published.diagnostics;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  /** Waits until the server has shown a message that contains `part`, and forgets it. */
  async message(part: string): Promise<string> {
    for (;;) {
      const index = this.messages.findIndex((each) => each.includes(part));
      const [found] = index < 0 ? [] : this.messages.splice(index, 1);
      if (found !== undefined) return found;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  /** Diagnostics as `text: message`, where `text` is what is underlined. */
  async problems(document: TestDocument): Promise<readonly string[]> {
    return (await this.diagnostics(document)).map(({ range, message }) => `${document.textOf(range)}: ${message}`);
  }

  async hover(document: TestDocument, position: Range["start"]): Promise<string> {
    const hover = await this.connection.sendRequest(HoverRequest.type, { textDocument: document, position });
    const contents = hover?.contents;
    return contents !== undefined && typeof contents === "object" && "value" in contents ? contents.value : "";
  }

  async definition(document: TestDocument, position: Range["start"]): Promise<readonly Range[]> {
    const found = await this.connection.sendRequest(DefinitionRequest.type, { textDocument: document, position });
    const list: readonly unknown[] = Array.isArray(found) ? found : found === null ? [] : [found];
    return list
      .filter((each): each is Location => typeof each === "object" && each !== null && "range" in each)
      .map(({ range }) => range);
  }

  async references(
    document: TestDocument,
    position: Range["start"],
    includeDeclaration = false,
  ): Promise<readonly Range[]> {
    const context = { includeDeclaration };
    const found = await this.connection.sendRequest(ReferencesRequest.type, {
      textDocument: document,
      position,
      context,
    });
    return (found ?? []).map(({ range }) => range);
  }

  async highlights(document: TestDocument, position: Range["start"]): Promise<readonly DocumentHighlight[]> {
    return (
      (await this.connection.sendRequest(DocumentHighlightRequest.type, { textDocument: document, position })) ?? []
    );
  }

  async symbols(document: TestDocument): Promise<readonly DocumentSymbol[]> {
    const found = await this.connection.sendRequest(DocumentSymbolRequest.type, { textDocument: document });
    return (found ?? []).filter((each): each is DocumentSymbol => "selectionRange" in each);
  }

  async rename(document: TestDocument, position: Range["start"], newName: string): Promise<string> {
    const edit = await this.connection.sendRequest(RenameRequest.type, { textDocument: document, position, newName });
    return document.after(edit?.changes?.[document.uri] ?? []);
  }

  /** The part that would be renamed, or undefined where nothing can be. */
  async renamed(document: TestDocument, position: Range["start"]): Promise<string | undefined> {
    const found = await this.connection.sendRequest(PrepareRenameRequest.type, { textDocument: document, position });
    return found !== null && "range" in found ? document.textOf(found.range) : undefined;
  }

  async completions(document: TestDocument, position: Range["start"]): Promise<readonly CompletionItem[]> {
    const found = await this.connection.sendRequest(CompletionRequest.type, { textDocument: document, position });
    return Array.isArray(found) ? found : (found?.items ?? []);
  }

  async resolve(item: CompletionItem): Promise<CompletionItem> {
    return await this.connection.sendRequest(CompletionResolveRequest.type, item);
  }

  /** Each coloured piece of text with its kind; `*` marks definitions. */
  async tokens(document: TestDocument): Promise<readonly string[]> {
    const found = await this.connection.sendRequest(SemanticTokensRequest.type, { textDocument: document });
    const data = found?.data ?? [];
    let line = 0;
    let character = 0;
    const texts: string[] = [];
    for (let at = 0; at < data.length; at += 5) {
      const [down = 0, right = 0, length = 0, kind = 0, modifiers = 0] = data.slice(at, at + 5);
      character = down > 0 ? right : character + right;
      line += down;
      const range = { start: { line, character }, end: { line, character: character + length } };
      texts.push(`${document.textOf(range)} ${highlightKinds[kind]}${modifiers === 1 ? "*" : ""}`);
    }
    return texts;
  }

  /** The formatted text; undefined where the server refuses. */
  async format(document: TestDocument): Promise<string | undefined> {
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await this.connection.sendRequest(DocumentFormattingRequest.type, {
      textDocument: document,
      options,
    });
    return edits === null ? undefined : document.after(edits);
  }
}
