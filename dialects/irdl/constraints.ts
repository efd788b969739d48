/**
 * Constraints as they are checked: a list in which each may refer to others by position, like the SSA values that they were
 * declared as. A position that has once been satisfied stands for that very type or attribute from then on.
 */
import { type Attribute, TypeAttribute } from "../../ir/attributes.ts";
import { baseNamesOf } from "./base-names.ts";
import { DynamicAttribute, DynamicType } from "./dynamic.ts";

export type Constraint =
  | { readonly kind: "any" }
  | { readonly kind: "is"; readonly expected: Attribute }
  | { readonly kind: "any-of" | "all-of"; readonly parts: readonly number[] }
  /** A kind of types or attributes by name, such as `!builtin.integer`. */
  | { readonly kind: "base"; readonly name: string }
  | { readonly kind: "parametric"; readonly name: string; readonly parts: readonly number[] };

/** Checks one operation, type or attribute: what is equal in it must be equal throughout. */
export class ConstraintChecker {
  readonly #constraints: readonly Constraint[];
  readonly #assigned: (Attribute | undefined)[] = [];

  constructor(constraints: readonly Constraint[]) {
    this.#constraints = constraints;
  }

  /** Why `found` does not satisfy the constraint at a position; undefined where it does. */
  problem(found: Attribute, position: number): string | undefined {
    const known = this.#assigned[position];
    if (known !== undefined) return isSame(known, found) ? undefined : `expected '${known}' but got '${found}'`;
    const problem = this.#unassignedProblem(found, this.#constraints[position]!);
    if (problem === undefined) this.#assigned[position] = found;
    return problem;
  }

  #unassignedProblem(found: Attribute, constraint: Constraint): string | undefined {
    switch (constraint.kind) {
      case "any":
        return undefined;
      case "is":
        return isSame(constraint.expected, found) ? undefined : `expected '${constraint.expected}' but got '${found}'`;
      case "any-of": {
        const isOne = constraint.parts.some((part) => this.problem(found, part) === undefined);
        return isOne ? undefined : `'${found}' does not satisfy the constraint`;
      }
      case "all-of": {
        for (const part of constraint.parts) {
          const problem = this.problem(found, part);
          if (problem !== undefined) return problem;
        }
        return undefined;
      }
      case "base":
        return baseProblem(found, constraint.name);
      case "parametric": {
        const problem = baseProblem(found, constraint.name);
        if (problem !== undefined) return problem;
        const parameters = parametersOf(found);
        if (parameters.length !== constraint.parts.length)
          return `attribute '${constraint.name.slice(1)}' expects ${parameters.length} parameters but got ${constraint.parts.length}`;
        for (const [position, parameter] of parameters.entries()) {
          const inner = this.problem(parameter, constraint.parts[position]!);
          if (inner !== undefined) return inner;
        }
        return undefined;
      }
    }
  }
}

function isSame(a: Attribute, b: Attribute): boolean {
  return a === b || a.text === b.text;
}

function baseProblem(found: Attribute, name: string): string | undefined {
  if (baseNamesOf(found).includes(name)) return undefined;
  if (!name.startsWith("!")) return `expected base attribute '${name.slice(1)}' but got '${found}'`;
  if (!(found instanceof TypeAttribute)) return `expected type, got attribute '${found}'`;
  return `expected base type '${name.slice(1)}' but got '${found}'`;
}

function parametersOf(found: Attribute): readonly Attribute[] {
  if (found instanceof DynamicAttribute) return found.parameters;
  return found instanceof TypeAttribute && found.type instanceof DynamicType ? found.type.parameters : [];
}
