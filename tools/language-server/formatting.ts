/** A document in canonical form: what the printer makes of what the parser reads. Refused where that would lose something. */
import type { BlobStore } from "../../ir/blob.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import type { DocumentModel, DocumentPart } from "./document.ts";
import type { TextModel } from "./model.ts";
import { isAlias } from "./occurrences.ts";

/** Why a document is not formatted. */
export class FormatRefusal extends Error {}

/** The new text of each part that changes. Throws a FormatRefusal with the reason where one cannot be formatted. */
export function formatted(
  document: DocumentModel,
  context: Context,
  blobs: BlobStore | undefined,
): readonly { readonly part: DocumentPart; readonly text: string }[] {
  return document.parts.flatMap((part) => {
    const { source } = part.model;
    if (source.trim() === "") return [];
    checkNothingIsLost(part.model);
    const text = canonical(source, context, blobs);
    // The blank lines in front of and behind a part are kept, and with them the look of a split document.
    const start = /^\s*/.exec(source)?.[0] ?? "";
    const lead = start.slice(0, start.lastIndexOf("\n") + 1);
    const changed = `${lead}${text}`;
    return changed === source ? [] : [{ part, text: changed }];
  });
}

function checkNothingIsLost(model: TextModel): void {
  const { tokens } = model;
  for (let index = 0; index < tokens.count; index++) {
    const token = tokens.token(index)!;
    const line = model.source.slice(0, token.start).split("\n").length;
    if (token.kind === "comment") throw new FormatRefusal(`line ${line} has a comment, which formatting would remove`);
    if ((token.kind === "attribute" || token.kind === "type") && isAlias(model, token)) {
      throw new FormatRefusal(`line ${line} has the alias ${token.text}, which formatting would spell out`);
    }
    if (token.text === "loc" && tokens.text(index + 1) === "(") {
      throw new FormatRefusal(`line ${line} has a location, which formatting would remove`);
    }
    if (token.text === "{" && model.source.startsWith("{-#", token.start)) {
      throw new FormatRefusal(`line ${line} has resources, which formatting would remove`);
    }
  }
}

function canonical(source: string, context: Context, blobs: BlobStore | undefined): string {
  try {
    const module = parse(source, context, blobs === undefined ? {} : { blobs });
    const [fault] = verifyAll(module, context, 1);
    if (fault !== undefined) throw fault;
    if (/^\s*(?:"builtin\.module"|module|builtin\.module)\b/.test(source)) return print(module);
    // The module was made around the text's operations.
    const operations = module.regions[0]?.onlyBlock.operations ?? [];
    return operations.map((each) => print(each)).join("");
  } catch (error) {
    if (error instanceof DiagnosticError) throw new FormatRefusal(`the text has errors: ${error.message}`);
    throw error;
  }
}
