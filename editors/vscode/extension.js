// Starts `anemone lsp` and connects the editor to it.
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { commands, window, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

/** The command to run: the setting, the workspace's own, or whatever the PATH has. */
function anemoneCommand() {
  const set = workspace.getConfiguration("anemone").get("path", "");
  if (set !== "") return set;
  const name = process.platform === "win32" ? "anemone.cmd" : "anemone";
  for (const { uri } of workspace.workspaceFolders ?? []) {
    const own = join(uri.fsPath, "node_modules", ".bin", name);
    if (uri.scheme === "file" && existsSync(own)) return own;
  }
  return name;
}

async function start() {
  const command = anemoneCommand();
  const server = {
    command,
    args: ["lsp"],
    transport: TransportKind.stdio,
    // Windows starts command files only through a shell.
    options: { shell: process.platform === "win32" },
  };
  client = new LanguageClient("anemone", "Anemone", server, {
    documentSelector: [{ language: "mlir" }],
  });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    window.showErrorMessage(`Cannot start '${command} lsp': ${reason}. Set anemone.path to the command.`);
  }
}

async function stop() {
  await client?.stop();
  client = undefined;
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("anemone.restart", restart),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("anemone.path")) return restart();
      // The server asks for the settings again when it is told that they changed.
      if (event.affectsConfiguration("anemone")) {
        return client?.sendNotification("workspace/didChangeConfiguration", { settings: null });
      }
      return undefined;
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
