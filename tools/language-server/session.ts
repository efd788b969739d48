/** One client's session: its documents, the dialects that its settings load, and the diagnostics that it is sent. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Connection,
  DiagnosticSeverity,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  MessageType,
  type Position,
  type Range as ProtocolRange,
  ShowMessageNotification,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { defaultContext } from "../../compiler/registry.ts";
import type { DocumentPart } from "./document.ts";
import type { Range } from "./model.ts";
import { type Occurrences, occurrencesAt } from "./occurrences.ts";
import {
  folderSettings,
  forgetLoaded,
  isPartOf,
  joinSettings,
  loadContext,
  type PartialSettings,
  readSettings,
  type ServerSettings,
  settingsFile,
} from "./settings.ts";
import { Workspace } from "./workspace.ts";

/** Typing faster than this is not answered with diagnostics in between. */
const shortestPause = 20;
const longestPause = 1000;

/** A position that a client asks about. */
export interface DocumentPosition {
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

/** The same as an offset into a part of a document. */
export interface Place {
  readonly document: TextDocument;
  readonly part: DocumentPart;
  readonly offset: number;
}

export class Session {
  readonly connection: Connection;
  readonly documents = new TextDocuments(TextDocument);
  readonly workspace: Workspace;
  readonly #given: PartialSettings;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #settings: ServerSettings;
  #folders: readonly string[] = [];
  #canAskForSettings = false;
  #canAskForChanges = false;
  /** Requests wait for the dialects: before they are there, every op would be unknown. */
  #ready: Promise<void> = Promise.resolve();

  /** `given` are the settings of the command line. */
  constructor(connection: Connection, given: PartialSettings) {
    this.connection = connection;
    this.#given = given;
    this.#settings = joinSettings([given]);
    this.workspace = new Workspace(defaultContext({ allowUnregistered: this.#settings.allowUnregistered }));
    this.documents.onDidChangeContent(({ document }) => this.#schedule(document));
    this.documents.onDidClose(({ document }) => this.#close(document));
  }

  /** Tells the user, who need not answer. */
  show(type: MessageType, message: string): void {
    void this.connection.sendNotification(ShowMessageNotification.type, { type, message: `anemone: ${message}` });
  }

  // ------------------------------------------------------------------------------------------------------- settings

  /** Takes in what the client says about itself. */
  meet({ workspaceFolders, capabilities }: InitializeParams): void {
    const uris = workspaceFolders?.map(({ uri }) => uri) ?? [];
    this.#folders = uris.filter((uri) => uri.startsWith("file:")).map((uri) => fileURLToPath(uri));
    this.#canAskForSettings = capabilities.workspace?.configuration === true;
    this.#canAskForChanges = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
  }

  /** Begins once the client is ready to be asked for settings. */
  begin(): void {
    this.reload();
    if (!this.#canAskForChanges) return;
    const watchers = [{ globPattern: `**/${settingsFile}` }, { globPattern: "**/*.{ts,mlir}" }];
    void this.connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
  }

  /** Reads the settings and loads the dialects anew. */
  reload(): void {
    // One after the other: the last settings win.
    this.#ready = this.#ready.then(() => this.#load());
  }

  /** Files have changed, perhaps those that are loaded. */
  changed(uris: readonly string[]): void {
    const paths = uris.filter((uri) => uri.startsWith("file:")).map((uri) => fileURLToPath(uri));
    const isCode = paths.some((path) => isPartOf(this.#settings, path));
    if (isCode) forgetLoaded(this.#settings, this.workspace.context);
    if (isCode || paths.some((path) => basename(path) === settingsFile)) this.reload();
  }

  async #load(): Promise<void> {
    const complain = (message: string) => this.show(MessageType.Error, message);
    const ofFolders = this.#folders.map((folder) => folderSettings(folder, complain));
    this.#settings = joinSettings([...ofFolders, await this.#editorSettings(complain), this.#given]);
    this.workspace.context = await loadContext(this.#settings, complain);
    for (const document of this.documents.all()) this.#publish(document);
  }

  async #editorSettings(complain: (message: string) => void): Promise<PartialSettings> {
    if (!this.#canAskForSettings) return {};
    const value: unknown = await this.connection.workspace.getConfiguration("anemone").catch(() => undefined);
    const folder = this.#folders[0] ?? process.cwd();
    return readSettings(value, folder, (message) => complain(`setting anemone: ${message}`));
  }

  // ---------------------------------------------------------------------------------------------------- diagnostics

  /** After a pause in typing that is longer where a document takes longer to read. */
  #schedule(document: TextDocument): void {
    const { uri } = document;
    clearTimeout(this.#timers.get(uri));
    const pause = Math.min(longestPause, Math.max(shortestPause, 2 * this.workspace.milliseconds(uri)));
    const timer = setTimeout(() => {
      this.#timers.delete(uri);
      void this.#ready.then(() => this.#publish(document));
    }, pause);
    this.#timers.set(uri, timer);
  }

  #publish(document: TextDocument): void {
    const { uri, version } = document;
    if (this.documents.get(uri)?.version !== version) return;
    const diagnostics = this.workspace.model(document).parts.flatMap((part) =>
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
    void this.connection.sendDiagnostics({ uri, version, diagnostics });
  }

  #close({ uri }: TextDocument): void {
    clearTimeout(this.#timers.get(uri));
    this.#timers.delete(uri);
    this.workspace.forget(uri);
    void this.connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  // ------------------------------------------------------------------------------------------------------ questions

  /** An open document, once the dialects are there. */
  async document(uri: string): Promise<TextDocument | undefined> {
    await this.#ready;
    return this.documents.get(uri);
  }

  async place({ textDocument, position }: DocumentPosition): Promise<Place | undefined> {
    const document = await this.document(textDocument.uri);
    return document && { document, ...this.workspace.at(document, document.offsetAt(position)) };
  }

  /** The name at a position, with all places where it stands. */
  async names(position: DocumentPosition): Promise<(Place & { readonly found: Occurrences }) | undefined> {
    const place = await this.place(position);
    const found = place && occurrencesAt(place.part.model, place.offset);
    return place && found && { ...place, found };
  }
}

/** A range of a document's part as the protocol has it. */
export function protocolRange(document: TextDocument, { base }: DocumentPart, { start, end }: Range): ProtocolRange {
  return { start: document.positionAt(base + start), end: document.positionAt(base + end) };
}
