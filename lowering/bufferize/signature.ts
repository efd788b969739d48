/** The signature of a bufferised function: inputs, then destinations for the results, then the arena. */
import { argumentAttributes, type FunctionOperation } from "../../dialects/func/ops.ts";
import { DictionaryAttribute, TypeAttribute, UnitAttribute } from "../../ir/attributes.ts";
import { FunctionType, i8, MemRefType, TensorType, type Type } from "../../ir/types.ts";

export interface BufferSignature {
  readonly type: FunctionType;
  /** One per argument; what an argument or result was marked with stays; its tensor type is added where none is stated. */
  readonly argumentAttributes: readonly DictionaryAttribute[];
}

/** Names of the marks that arguments carry. */
export const arenaMark = "anemone.arena";
export const typeMark = "anemone.type";

export function bufferSignature(original: FunctionOperation, arenaBytes: number): BufferSignature {
  const { inputs, results } = original.function_type;
  const types: Type[] = [];
  const attributes: DictionaryAttribute[] = [];
  const add = (type: Type, marks: DictionaryAttribute) => {
    if (!(type instanceof TensorType)) {
      types.push(type);
      attributes.push(marks);
      return;
    }
    types.push(MemRefType.get(type.shape, type.element));
    // A logical type that is already stated (ui8 held as i8) stays.
    const logical = marks.entries.get(typeMark) ?? TypeAttribute.get(type);
    attributes.push(DictionaryAttribute.get(new Map([...marks.entries, [typeMark, logical]])));
  };
  for (const [position, type] of inputs.entries()) add(type, argumentAttributes(original, position));
  for (const [position, type] of results.entries())
    add(type, original.res_attrs?.[position] ?? DictionaryAttribute.get([]));
  types.push(MemRefType.get([arenaBytes], i8));
  const arenaType = TypeAttribute.get(TensorType.get([arenaBytes], i8));
  attributes.push(
    DictionaryAttribute.get([
      [arenaMark, UnitAttribute.instance],
      [typeMark, arenaType],
    ]),
  );
  return { type: FunctionType.get(types, []), argumentAttributes: attributes };
}
