/**
 * What AppleNeuralEngine.framework says when it refuses, in sentences: its error domain's codes, the statuses of the driver
 * that its descriptions quote, and what to do where that is known. Source: driver-stack A.5 (decoded from `_ANEErrors`, and
 * seen by several authors).
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { ErrorDescription } from "../objc.ts";

const engineDomain = "com.apple.appleneuralengine";

/** By code; a code that is not here is given as it is. */
const codes: Readonly<Record<number, string>> = {
  1: "the process lacks an entitlement that this call needs",
  2: "the priority was refused, or needs a restricted entitlement",
  3: "the engine's daemon did not answer in time",
  4: "the program could not be created from the model",
  5: "the inference overflowed",
  6: "the program could not be loaded",
  7: "the process has no code signature, which the daemon asks for",
  8: "the engine failed to run the program",
  9: "the daemon could not read or write the model's files",
  10: "the model is invalid: the engine's compiler refused it",
  11: "the model's key is invalid",
  12: "the system's models cannot be purged",
  13: "the surfaces could not be mapped into the program",
  14: "the surfaces could not be unmapped",
  15: "chained programs could not be prepared",
  16: "a file of the model was not found",
  17: "the model's identifier is not known",
  18: "the base model's identifier is not known",
  19: "a new instance takes no cache identifier",
  20: "the model's instance is invalid",
  21: "a new instance could not be loaded",
  22: "the host of this virtual machine is too old",
  23: "the program is not loaded",
  24: "the data were not found",
  25: "this is not supported here",
  26: "an argument was refused",
  27: "the virtual machine's data were refused",
  29: "the host of this virtual machine refused",
};

/** Statuses of the driver, as descriptions quote them. */
const statuses: Readonly<Record<string, string>> = {
  "0x2": "the request's symbol indices are not the program's",
  "0x12": "a surface could not be mapped",
  "0x1d": "a surface's size or strides are not what the program expects",
  "0x50004": "this process has too many programs loaded: dispose some",
  "0xe00002c2": "an argument was refused (kIOReturnBadArgument)",
  "0xe00002c7": "not supported, or an entitlement is missing (kIOReturnUnsupported)",
  "0xe00002e2": "the compiled program is not signed by the system's compiler (kIOReturnNotPermitted)",
};

/** A failed call of the engine's framework. `step` is the call, `code` the framework's, where it gave one. */
export class EngineCallError extends DiagnosticError {
  readonly step: string;
  readonly code: number | undefined;
  /**
   * Whether the engine ran and says that results left its range: code 5, or the status type 19 that the driver answers with (A.5).
   * What is in the outputs then, nobody says.
   */
  readonly isOverflow: boolean;

  constructor(step: string, error: ErrorDescription | undefined) {
    super(`${step}: ${describeEngineError(error)}`);
    this.name = "EngineCallError";
    this.step = step;
    this.code = error?.domain === engineDomain ? error.code : undefined;
    this.isOverflow = this.code === 5 || /\bstatusType\W{0,3}(19|0x13)\b/i.test(error?.description ?? "");
  }
}

/** One sentence for a failure, the framework's own words behind it. */
export function describeEngineError(error: ErrorDescription | undefined): string {
  if (error === undefined) return "failed, and the framework does not say why";
  const known = error.domain === engineDomain ? codes[error.code] : undefined;
  const [status] = /\b0x[0-9a-f]+\b/i.exec(error.description) ?? [];
  const cause = status === undefined ? undefined : statuses[status.toLowerCase()];
  const sentence = [known, cause].filter((part) => part !== undefined).join("; ");
  const words = `${error.domain} ${error.code}${error.description === "" ? "" : `: ${error.description}`}`;
  return sentence === "" ? words : `${sentence} (${words})`;
}
