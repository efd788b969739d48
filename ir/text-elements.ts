/** Constants of many elements that are kept as text, since no host array holds their element type or arrangement. */
import { ElementsAttribute, internAttribute } from "./attributes.ts";
import type { TensorData } from "./tensor-data.ts";
import { type ShapedType, typeKey } from "./types.ts";

/** `dense<(1.0,2.0)> : tensor<4xcomplex<f32>>`, `dense<[1, 2]> : tensor<2xi3>`, `sparse<[[0]], [1]> : tensor<4xi32>`. */
export class TextElementsAttribute extends ElementsAttribute {
  readonly text: string;
  readonly type: ShapedType;

  private constructor(text: string, type: ShapedType) {
    super();
    this.text = text;
    this.type = type;
  }

  override get splat(): undefined {
    return undefined;
  }

  override get value(): TensorData {
    throw new Error(`the elements of ${this.type} cannot be computed with here: they are only read and written`);
  }

  /** `body` is the text up to the type, `dense<…>` or `sparse<…>`, in MLIR's spelling. */
  static get(body: string, type: ShapedType): TextElementsAttribute {
    const text = `${body} : ${type}`;
    return internAttribute(
      `${body} ${typeKey(type)}`,
      TextElementsAttribute,
      () => new TextElementsAttribute(text, type),
    );
  }
}
