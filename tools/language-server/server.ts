/**
 * The language server: the protocol's requests, answered from the models of the open documents. It knows whatever dialects
 * are loaded, so an op that somebody declares is documented, completed and checked at once.
 */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CompletionItemKind,
  createConnection,
  DiagnosticSeverity,
  DidChangeWatchedFilesNotification,
  type DocumentSymbol,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  MarkupKind,
  MessageType,
  type Position,
  type Range as ProtocolRange,
  ResponseError,
  SemanticTokensBuilder,
  ShowMessageNotification,
  SymbolKind,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { defaultContext } from "../../compiler/registry.ts";
import packageJson from "../../package.json" with { type: "json" };
import { type CompletionKind, completionDocumentation, completionsAt } from "./completion.ts";
import type { DocumentModel, DocumentPart } from "./document.ts";
import { FormatRefusal, formatted } from "./formatting.ts";
import { highlightKinds, highlightsOf } from "./highlighting.ts";
import { hoverAt } from "./hover.ts";
import type { Range } from "./model.ts";
import { type Occurrences, occurrencesAt, RenameError, rename } from "./occurrences.ts";
import { type OutlineEntry, outlineOf } from "./outline.ts";
import {
  folderSettings,
  forgetModules,
  isPartOf,
  joinSettings,
  loadContext,
  type PartialSettings,
  readSettings,
  settingsFile,
} from "./settings.ts";
import { blobsBeside, Workspace } from "./workspace.ts";

/** Typing faster than this is not answered with diagnostics in between. */
const shortestPause = 20;
const longestPause = 1000;

const completionKinds: { readonly [K in CompletionKind]: CompletionItemKind } = {
  operation: CompletionItemKind.Function,
  value: CompletionItemKind.Variable,
  symbol: CompletionItemKind.Reference,
  block: CompletionItemKind.Reference,
  alias: CompletionItemKind.Constant,
  type: CompletionItemKind.TypeParameter,
  attribute: CompletionItemKind.Property,
};

const symbolKinds: { readonly [K in OutlineEntry["kind"]]: SymbolKind } = {
  module: SymbolKind.Module,
  function: SymbolKind.Function,
  symbol: SymbolKind.Variable,
  operation: SymbolKind.Operator,
};

/** Serves on the given streams until the client leaves. */
export function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, given: PartialSettings): void {
  const connection = createConnection(input, output);
  const documents = new TextDocuments(TextDocument);
  const workspace = new Workspace(defaultContext({ allowUnregistered: given.allowUnregistered ?? false }));
  let folders: readonly string[] = [];
  let settings = joinSettings([given]);
  let canAskForSettings = false;
  let canAskForChanges = false;
  // Whatever a loaded file prints must not get between the messages on standard output.
  console.log = (...values: unknown[]) => connection.console.log(values.map(String).join(" "));

  // ------------------------------------------------------------------------------------------------------- settings

  /** Tells the user, who need not answer. */
  const show = (type: MessageType, message: string) =>
    void connection.sendNotification(ShowMessageNotification.type, { type, message: `anemone: ${message}` });
  const complain = (message: string) => show(MessageType.Error, message);

  async function editorSettings(): Promise<PartialSettings> {
    if (!canAskForSettings) return {};
    const value: unknown = await connection.workspace.getConfiguration("anemone").catch(() => undefined);
    return readSettings(value, folders[0] ?? process.cwd(), (message) => complain(`setting anemone: ${message}`));
  }

  async function reload(): Promise<void> {
    const sources = [...folders.map((folder) => folderSettings(folder, complain)), await editorSettings(), given];
    settings = joinSettings(sources);
    workspace.context = await loadContext(settings, complain);
    for (const document of documents.all()) publish(document);
  }
  /** Requests wait for the dialects: before they are there, every op would be unknown. */
  let ready: Promise<void> = Promise.resolve();

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const uris = params.workspaceFolders?.map(({ uri }) => uri) ?? [];
    folders = uris.filter((uri) => uri.startsWith("file:")).map((uri) => fileURLToPath(uri));
    const { configuration, didChangeWatchedFiles } = params.capabilities.workspace ?? {};
    canAskForSettings = configuration === true;
    canAskForChanges = didChangeWatchedFiles?.dynamicRegistration === true;
    return {
      serverInfo: { name: "anemone", version: packageJson.version },
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        documentSymbolProvider: true,
        renameProvider: { prepareProvider: true },
        documentFormattingProvider: true,
        semanticTokensProvider: {
          legend: { tokenTypes: [...highlightKinds], tokenModifiers: ["definition"] },
          full: true,
        },
        completionProvider: { triggerCharacters: [".", "%", "@", "^", "!", "#"], resolveProvider: true },
      },
    };
  });
  connection.onInitialized(() => {
    ready = reload();
    if (!canAskForChanges) return;
    const watchers = [{ globPattern: `**/${settingsFile}` }, { globPattern: "**/*.{ts,mlir}" }];
    void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  });
  connection.onDidChangeConfiguration(() => {
    ready = reload();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    const paths = changes.filter(({ uri }) => uri.startsWith("file:")).map(({ uri }) => fileURLToPath(uri));
    const isCode = paths.some((path) => isPartOf(settings, path));
    if (isCode) forgetModules(settings);
    if (isCode || paths.some((path) => basename(path) === settingsFile)) ready = reload();
  });

  // ---------------------------------------------------------------------------------------------------- diagnostics

  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** After a pause in typing that is longer where a document takes longer to read. */
  function schedule(document: TextDocument): void {
    const { uri } = document;
    clearTimeout(timers.get(uri));
    const pause = Math.min(longestPause, Math.max(shortestPause, 2 * workspace.milliseconds(uri)));
    timers.set(
      uri,
      setTimeout(() => {
        timers.delete(uri);
        void ready.then(() => publish(document));
      }, pause),
    );
  }

  function publish(document: TextDocument): void {
    const { uri, version } = document;
    if (documents.get(uri)?.version !== version) return;
    const diagnostics = workspace.model(document).parts.flatMap((part) =>
      part.model.problems.map((problem) => ({
        range: protocolRange(document, part, problem),
        severity: DiagnosticSeverity.Error,
        source: "anemone",
        message: problem.message,
        relatedInformation: problem.notes.map((note) => ({
          location: { uri, range: protocolRange(document, part, note) },
          message: note.message,
        })),
      })),
    );
    void connection.sendDiagnostics({ uri, version, diagnostics });
  }

  documents.onDidChangeContent(({ document }) => schedule(document));
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    workspace.forget(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  // ------------------------------------------------------------------------------------------------------- requests

  interface Place {
    readonly document: TextDocument;
    readonly part: DocumentPart;
    readonly offset: number;
  }

  async function placeOf(params: {
    readonly textDocument: { readonly uri: string };
    readonly position: Position;
  }): Promise<Place | undefined> {
    await ready;
    const document = documents.get(params.textDocument.uri);
    if (document === undefined) return undefined;
    return { document, ...workspace.at(document, document.offsetAt(params.position)) };
  }

  async function namesAt(
    params: Parameters<typeof placeOf>[0],
  ): Promise<(Place & { readonly found: Occurrences }) | undefined> {
    const place = await placeOf(params);
    const found = place && occurrencesAt(place.part.model, place.offset);
    return place && found && { ...place, found };
  }

  connection.onHover(async (params) => {
    const place = await placeOf(params);
    const hover = place && hoverAt(place.part.model, place.offset);
    if (place === undefined || hover === undefined) return null;
    return {
      contents: { kind: MarkupKind.Markdown, value: hover.markdown },
      range: protocolRange(place.document, place.part, hover),
    };
  });

  connection.onDefinition(async (params) => {
    const names = await namesAt(params);
    if (names === undefined) return null;
    const { document, part, found } = names;
    return found.definitions.map((range) => ({ uri: document.uri, range: protocolRange(document, part, range) }));
  });

  connection.onReferences(async (params) => {
    const names = await namesAt(params);
    if (names === undefined) return null;
    const { document, part, found } = names;
    const ranges = params.context.includeDeclaration ? [...found.definitions, ...found.uses] : found.uses;
    return ranges.map((range) => ({ uri: document.uri, range: protocolRange(document, part, range) }));
  });

  connection.onDocumentHighlight(async (params) => {
    const names = await namesAt(params);
    if (names === undefined) return null;
    const { document, part, found } = names;
    // Kinds of the protocol: 2 reads, 3 writes.
    return [
      ...found.definitions.map((range) => ({ range: protocolRange(document, part, range), kind: 3 as const })),
      ...found.uses.map((range) => ({ range: protocolRange(document, part, range), kind: 2 as const })),
    ];
  });

  connection.onDocumentSymbol(async ({ textDocument }) => {
    await ready;
    const document = documents.get(textDocument.uri);
    if (document === undefined) return null;
    return workspace
      .model(document)
      .parts.flatMap((part) => outlineOf(part.model).map((entry) => documentSymbol(document, part, entry)));
  });

  connection.onPrepareRename(async (params) => {
    const names = await namesAt(params);
    if (names === undefined) return null;
    const { document, part, found, offset } = names;
    const token = part.model.tokens.at(offset);
    if (token === undefined) return null;
    const start = token.start + (token.kind === "string" ? 0 : 1);
    const end = Math.min(token.end, token.kind === "value" ? start + found.name.length : token.end);
    return { range: protocolRange(document, part, { start, end }), placeholder: found.name };
  });

  connection.onRenameRequest(async (params) => {
    const place = await placeOf(params);
    if (place === undefined) return null;
    const { document, part, offset } = place;
    // At the start of the name a pack is renamed as a whole.
    const start = part.model.tokens.at(offset)?.start ?? offset;
    const found = occurrencesAt(part.model, start);
    if (found === undefined) throw refusal("there is no name here that can be changed");
    try {
      const edits = rename(part.model, found, params.newName).map((change) => ({
        range: protocolRange(document, part, change),
        newText: change.text,
      }));
      return { changes: { [document.uri]: edits } };
    } catch (error) {
      throw error instanceof RenameError ? refusal(error.message) : error;
    }
  });

  connection.onCompletion(async (params) => {
    const place = await placeOf(params);
    if (place === undefined) return null;
    const { document, part, offset } = place;
    const { replaced, items } = completionsAt(part.model, offset);
    const range = protocolRange(document, part, replaced);
    return items.map(({ label, kind, detail, order, operation }) => ({
      label,
      kind: completionKinds[kind],
      detail,
      filterText: label,
      textEdit: { range, newText: label },
      ...(order === undefined ? {} : { sortText: order }),
      ...(operation === undefined ? {} : { data: operation }),
    }));
  });

  connection.onCompletionResolve(async (item) => {
    await ready;
    const operation: unknown = item.data;
    const value = typeof operation === "string" ? completionDocumentation(workspace.context, operation) : undefined;
    return value === undefined ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value } };
  });

  connection.languages.semanticTokens.on(async ({ textDocument }) => {
    await ready;
    const document = documents.get(textDocument.uri);
    return { data: document === undefined ? [] : semanticTokens(document, workspace.model(document)) };
  });

  connection.onDocumentFormatting(async ({ textDocument }): Promise<TextEdit[] | null> => {
    await ready;
    const document = documents.get(textDocument.uri);
    if (document === undefined) return null;
    try {
      return formatted(workspace.model(document), workspace.context, blobsBeside(document.uri)).map(
        ({ part, text }) => ({
          range: protocolRange(document, part, { start: 0, end: part.model.source.length }),
          newText: text,
        }),
      );
    } catch (error) {
      if (!(error instanceof FormatRefusal)) throw error;
      show(MessageType.Warning, `not formatted: ${error.message}`);
      return null;
    }
  });

  documents.listen(connection);
  connection.listen();
}

function refusal(message: string): ResponseError {
  return new ResponseError(ErrorCodes.InvalidRequest, message);
}

function protocolRange(document: TextDocument, { base }: DocumentPart, { start, end }: Range): ProtocolRange {
  return { start: document.positionAt(base + start), end: document.positionAt(base + end) };
}

/** As the protocol packs them: five numbers per token, places relative to the token before. */
function semanticTokens(document: TextDocument, { parts }: DocumentModel): number[] {
  const builder = new SemanticTokensBuilder();
  for (const { base, model } of parts) {
    for (const { start, end, kind, isDefinition } of highlightsOf(model)) {
      const { line, character } = document.positionAt(base + start);
      builder.push(line, character, end - start, highlightKinds.indexOf(kind), isDefinition ? 1 : 0);
    }
  }
  return builder.build().data;
}

function documentSymbol(document: TextDocument, part: DocumentPart, entry: OutlineEntry): DocumentSymbol {
  return {
    name: entry.name,
    detail: entry.detail,
    kind: symbolKinds[entry.kind],
    range: protocolRange(document, part, entry),
    selectionRange: protocolRange(document, part, entry.selection),
    children: entry.children.map((child) => documentSymbol(document, part, child)),
  };
}
