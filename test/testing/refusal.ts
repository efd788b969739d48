/** What bad input is answered with. */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";

/** The diagnostic that an action ends with, as it is shown; any other end fails the test. */
export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("nothing was refused");
}
