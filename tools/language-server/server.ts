/**
 * The language server: the protocol's requests, answered from the models of the open documents. It knows whatever dialects
 * are loaded, so an op that somebody declares is documented, completed and checked at once.
 */
import {
  CompletionItemKind,
  createConnection,
  DocumentHighlightKind,
  type DocumentSymbol,
  ErrorCodes,
  type Location,
  MarkupKind,
  MessageType,
  ResponseError,
  SemanticTokensBuilder,
  type ServerCapabilities,
  SymbolKind,
  TextDocumentSyncKind,
  type TextEdit,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import packageJson from "../../package.json" with { type: "json" };
import { type CompletionKind, completionDocumentation, completionsAt } from "./completion.ts";
import type { DocumentModel, DocumentPart } from "./document.ts";
import { FormatRefusal, formatted } from "./formatting.ts";
import { highlightKinds, highlightsOf } from "./highlighting.ts";
import { hoverAt } from "./hover.ts";
import type { Range } from "./model.ts";
import { occurrencesAt, RenameError, rename } from "./occurrences.ts";
import { type OutlineEntry, outlineOf } from "./outline.ts";
import { type Place, protocolRange, Session } from "./session.ts";
import type { PartialSettings } from "./settings.ts";
import { blobsBeside } from "./workspace.ts";

const capabilities: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  documentSymbolProvider: true,
  renameProvider: { prepareProvider: true },
  documentFormattingProvider: true,
  completionProvider: { triggerCharacters: [".", "%", "@", "^", "!", "#"], resolveProvider: true },
  semanticTokensProvider: { legend: { tokenTypes: [...highlightKinds], tokenModifiers: ["definition"] }, full: true },
};

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

/** Serves on the given streams until the client leaves. `given` are the settings of the command line. */
export function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, given: PartialSettings): void {
  const connection = createConnection(input, output);
  // Whatever a loaded file prints must not get between the messages on standard output.
  console.log = (...values: unknown[]) => connection.console.log(values.map(String).join(" "));
  const session = new Session(connection, given);
  connection.onInitialize((params) => {
    session.meet(params);
    return { serverInfo: { name: "anemone", version: packageJson.version }, capabilities };
  });
  connection.onInitialized(() => session.begin());
  connection.onDidChangeConfiguration(() => session.reload());
  connection.onDidChangeWatchedFiles(({ changes }) => session.changed(changes.map(({ uri }) => uri)));
  answerAboutNames(session);
  answerAboutDocuments(session);
  answerWithEdits(session);
  session.documents.listen(connection);
  connection.listen();
}

// ------------------------------------------------------------------------------------------------------------- names

function answerAboutNames(session: Session): void {
  const { connection } = session;

  connection.onHover(async (params) => {
    const place = await session.place(params);
    const hover = place && hoverAt(place.part.model, place.offset);
    if (place === undefined || hover === undefined) return null;
    return { contents: { kind: MarkupKind.Markdown, value: hover.markdown }, range: rangeIn(place, hover) };
  });

  connection.onDefinition(async (params) => {
    const names = await session.names(params);
    return names === undefined ? null : locationsIn(names, names.found.definitions);
  });

  connection.onReferences(async (params) => {
    const names = await session.names(params);
    if (names === undefined) return null;
    const { definitions, uses } = names.found;
    return locationsIn(names, params.context.includeDeclaration ? [...definitions, ...uses] : uses);
  });

  connection.onDocumentHighlight(async (params) => {
    const names = await session.names(params);
    if (names === undefined) return null;
    const { definitions, uses } = names.found;
    return [
      ...definitions.map((each) => ({ range: rangeIn(names, each), kind: DocumentHighlightKind.Write })),
      ...uses.map((each) => ({ range: rangeIn(names, each), kind: DocumentHighlightKind.Read })),
    ];
  });
}

function rangeIn({ document, part }: Place, range: Range) {
  return protocolRange(document, part, range);
}

function locationsIn(place: Place, ranges: readonly Range[]): Location[] {
  return ranges.map((each) => ({ uri: place.document.uri, range: rangeIn(place, each) }));
}

// --------------------------------------------------------------------------------------------------- whole documents

function answerAboutDocuments(session: Session): void {
  const { connection, workspace } = session;

  connection.onDocumentSymbol(async ({ textDocument }) => {
    const document = await session.document(textDocument.uri);
    if (document === undefined) return null;
    return workspace
      .model(document)
      .parts.flatMap((part) => outlineOf(part.model).map((entry) => documentSymbol(document, part, entry)));
  });

  connection.languages.semanticTokens.on(async ({ textDocument }) => {
    const document = await session.document(textDocument.uri);
    return { data: document === undefined ? [] : semanticTokens(document, workspace.model(document)) };
  });
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

// ------------------------------------------------------------------------------------------------------------- edits

function answerWithEdits(session: Session): void {
  const { connection, workspace } = session;

  connection.onCompletion(async (params) => {
    const place = await session.place(params);
    if (place === undefined) return null;
    const { replaced, items } = completionsAt(place.part.model, place.offset);
    const range = rangeIn(place, replaced);
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

  connection.onCompletionResolve((item) => {
    const operation: unknown = item.data;
    const value = typeof operation === "string" ? completionDocumentation(workspace.context, operation) : undefined;
    return value === undefined ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value } };
  });

  connection.onPrepareRename(async (params) => {
    const names = await session.names(params);
    const token = names?.part.model.tokens.at(names.offset);
    if (names === undefined || token === undefined) return null;
    const start = token.start + (token.kind === "string" ? 0 : 1);
    const end = token.kind === "value" ? start + names.found.name.length : token.end;
    return { range: rangeIn(names, { start, end }), placeholder: names.found.name };
  });

  connection.onRenameRequest(async (params) => {
    const place = await session.place(params);
    return place === undefined ? null : { changes: { [place.document.uri]: renameAt(place, params.newName) } };
  });

  connection.onDocumentFormatting(async ({ textDocument }): Promise<TextEdit[] | null> => {
    const document = await session.document(textDocument.uri);
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
      session.show(MessageType.Warning, `not formatted: ${error.message}`);
      return null;
    }
  });
}

/** Throws what the client shows to the user where the name cannot be given. */
function renameAt(place: Place, newName: string): TextEdit[] {
  const { model } = place.part;
  // At the start of the name a pack is renamed as a whole.
  const found = occurrencesAt(model, model.tokens.at(place.offset)?.start ?? place.offset);
  if (found === undefined)
    throw new ResponseError(ErrorCodes.InvalidRequest, "there is no name here that can be changed");
  try {
    return rename(model, found, newName).map((change) => ({ range: rangeIn(place, change), newText: change.text }));
  } catch (error) {
    throw error instanceof RenameError ? new ResponseError(ErrorCodes.InvalidRequest, error.message) : error;
  }
}
