/** Places in the text of a pipeline, as diagnostics show them. */
import type { DiagnosticDetails } from "../../ir/diagnostic-error.ts";
import type { PipelinePlace } from "../pass.ts";

/** The file that diagnostics about a pipeline name. */
export const pipelineFile = "<pipeline>";

/** Line, column and source for a diagnostic at a place. */
export function placeInPipeline({ text, offset }: PipelinePlace): DiagnosticDetails {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return {
    file: pipelineFile,
    line: before.split("\n").length,
    column: offset - lineStart + 1,
    source: text,
  };
}
