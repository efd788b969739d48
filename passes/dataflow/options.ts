/** Checks of what an analysis is declared with, for those who write JavaScript or whose editor does not check types. */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";

/** What each option is for, in the words of an error; those of one kind of analysis. */
type Meanings<Options> = Partial<Record<keyof Options & string, string>>;

const meanings = {
  lattice: "how facts are joined: { join: (a, b) => … }, flatLattice(unknown) or setLattice()",
};

/**
 * @throws DiagnosticError that names the first option that is missing, or is no function
 * @param functions the options that must be functions, each with what it gives
 */
export function checkOptions<Options extends { readonly name: string; readonly lattice: unknown }>(
  kind: string,
  options: Options,
  functions: Meanings<Options>,
): void {
  const { name, lattice } = options;
  if (typeof name !== "string") throw new DiagnosticError(`${kind}: needs the option 'name', a string for messages`);
  const subject = `${kind} '${name}'`;
  if (typeof lattice !== "object" || lattice === null)
    throw new DiagnosticError(`${subject}: needs the option 'lattice': ${meanings.lattice}`);
  if (!("join" in lattice) || typeof lattice.join !== "function")
    throw new DiagnosticError(`${subject}: its lattice needs the function 'join': ${meanings.lattice}`);
  for (const [option, meaning] of Object.entries(functions)) {
    const found: unknown = Object.entries(options).find(([key]) => key === option)?.[1];
    if (found === undefined) throw new DiagnosticError(`${subject}: needs the option '${option}': ${meaning}`);
    if (typeof found !== "function")
      throw new DiagnosticError(
        `${subject}: the option '${option}' must be a function, but is ${typeof found}: ${meaning}`,
      );
  }
}
