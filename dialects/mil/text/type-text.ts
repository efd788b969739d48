/** Types as MIL text writes them, in the spelling of either version. */
import type { MilDimension, MilType } from "../document/document.ts";

/** Programs of version 1.0 write scalars as tensors without sizes, later ones by their element type alone. */
export function hasBareScalars(version: string): boolean {
  return version !== "1.0";
}

const sizeText = (size: MilDimension) => (size === undefined ? "?" : String(size));

/** `tensor<fp16, [1, ?]>`, `list<int32, 3>`, … */
export function typeText(type: MilType, bareScalars = true): string {
  switch (type.kind) {
    case "tensor":
      if (bareScalars && type.shape.length === 0) return type.element;
      return `tensor<${type.element}, [${type.shape.map(sizeText).join(", ")}]>`;
    case "list":
      return `list<${typeText(type.element, bareScalars)}, ${sizeText(type.length)}>`;
    case "dict":
      return `dict<${typeText(type.key, bareScalars)}, ${typeText(type.value, bareScalars)}>`;
    case "tuple":
      return `tuple<${type.items.map((item) => typeText(item, bareScalars)).join(", ")}>`;
    case "state":
      return `state<${typeText(type.value, bareScalars)}>`;
  }
}
