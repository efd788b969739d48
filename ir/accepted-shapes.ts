/**
 * What the verifier has found to be right, per declaration: a program repeats a few combinations of types and attributes
 * many times, and a declaration says the same of each. Only declarations whose rules look at nothing else take part.
 */
import type { AttributeEntry } from "./attribute-map.ts";
import type { OperationDefinition } from "./declaration.ts";
import type { Operation } from "./operation.ts";
import type { Type } from "./types.ts";

interface Shape {
  readonly operands: readonly Type[];
  readonly results: readonly Type[];
  readonly inherent: AttributeEntry | undefined;
  readonly discardable: AttributeEntry | undefined;
}

/** Traits whose rules look at what is around or inside an operation. */
const contextualTraits = ["Terminator", "SingleBlock", "Symbol", "SymbolTable"] as const;

/** A declaration rarely meets more; then all are checked. */
const mostShapes = 4;
export class AcceptedShapes {
  /** Whether the rules of the declaration look at types and attributes only. */
  readonly isApplicable: boolean;
  readonly #shapes: Shape[] = [];
  /**
   * For ops with one result and no operands, which differ in their attributes: the type that goes with them. Weak, so that the
   * weights of a program go with it.
   */
  readonly #constants: WeakMap<AttributeEntry, Type> | undefined;
  #next = 0;

  constructor(definition: OperationDefinition) {
    const { options, operandFields, regionFields, successorFields } = definition;
    if (operandFields.length === 0) this.#constants = new WeakMap();
    this.isApplicable =
      regionFields.length === 0 &&
      successorFields.length === 0 &&
      (options.infer === undefined || operandFields.length === 0) &&
      options.parents === undefined &&
      !contextualTraits.some((trait) => definition.hasTrait(trait));
  }

  has(operation: Operation): boolean {
    if (this.#constants !== undefined && isConstant(operation)) {
      return this.#constants.get(operation.inherentEntries!) === operation.results[0]!.type;
    }
    const shapes = this.#shapes;
    for (let position = 0; position < shapes.length; position++)
      if (isOfShape(operation, shapes[position]!)) return true;
    return false;
  }

  /** Remembers an operation that was found to be right. */
  add(operation: Operation): void {
    if (this.#constants !== undefined && isConstant(operation)) {
      this.#constants.set(operation.inherentEntries!, operation.results[0]!.type);
      return;
    }
    this.#shapes[this.#next] = {
      operands: operation.operandUses.map((use) => use.value.type),
      results: operation.results.map((result) => result.type),
      inherent: operation.inherentEntries,
      discardable: operation.discardableEntries,
    };
    this.#next = (this.#next + 1) % mostShapes;
  }
}

function isConstant({ inherentEntries, discardableEntries, operandCount, results, hasParts }: Operation): boolean {
  const hasOnlyAttributes = inherentEntries !== undefined && discardableEntries === undefined && !hasParts;
  return hasOnlyAttributes && operandCount === 0 && results.length === 1;
}

function isOfShape(operation: Operation, shape: Shape): boolean {
  if (operation.inherentEntries !== shape.inherent || operation.discardableEntries !== shape.discardable) return false;
  if (operation.hasParts) return false;
  const { operandUses, results } = operation;
  if (operandUses.length !== shape.operands.length || results.length !== shape.results.length) return false;
  for (let index = 0; index < operandUses.length; index++) {
    if (operandUses[index]!.value.type !== shape.operands[index]) return false;
  }
  for (let index = 0; index < results.length; index++) {
    if (results[index]!.type !== shape.results[index]) return false;
  }
  return true;
}
