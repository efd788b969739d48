/**
 * How MIL text spells types and values. There are two forms: the newer (program 1.3) writes a scalar as `int32(1)`, the older
 * (program 1.0) as a tensor without dimensions, `tensor<int32, []>(1)`.
 */
import { bf16ToNumber, type ElementName, type TensorData } from "../../ir/tensor-data.ts";

/** Element types by their MIL names. */
const typeNames: { readonly [E in ElementName]?: string } = {
  f16: "fp16",
  f32: "fp32",
  f64: "fp64",
  bf16: "bf16",
  i1: "bool",
  i4: "int4",
  i8: "int8",
  i16: "int16",
  i32: "int32",
  i64: "int64",
  ui4: "uint4",
  ui8: "uint8",
  ui16: "uint16",
  ui32: "uint32",
  ui64: "uint64",
};

/** The MIL name of an element type; an error for types that MIL has not. */
export function milTypeName(element: ElementName): string {
  const name = typeNames[element];
  if (name === undefined) throw new Error(`MIL has no element type ${element}`);
  return name;
}

/** A C99 hexadecimal float as Apple's compiler writes it: `0x1.8p-3`, without trailing zeros. */
export function hexFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = bits >> 63n === 1n ? "-" : "";
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const digits = (bits & 0xfffffffffffffn).toString(16).padStart(13, "0").replace(/0+$/, "");
  const point = digits === "" ? "" : `.${digits}`;
  if (exponent === 0 && digits === "") return `${sign}0x0p+0`;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}${point}p${power < 0 ? "-" : "+"}${Math.abs(power)}`;
}

export function quotedString(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function elementText(data: TensorData, index: number): string {
  const value = data.data[index]!;
  if (data.element === "i1") return value === 0 ? "false" : "true";
  if (data.element === "bf16") return hexFloat(bf16ToNumber(Number(value)));
  return data.element.startsWith("f") ? hexFloat(Number(value)) : String(value);
}

/** `[[1, 2], [3, 4]]` */
function nested(data: TensorData): string {
  let texts = Array.from({ length: data.data.length }, (_, index) => elementText(data, index));
  for (const size of data.shape.toReversed()) {
    const grouped: string[] = [];
    for (let start = 0; start < texts.length; start += size)
      grouped.push(`[${texts.slice(start, start + size).join(", ")}]`);
    texts = grouped;
  }
  return texts[0] ?? "[]";
}

/** Text in one of the two forms. */
export class MilSpelling {
  readonly #isOld: boolean;

  constructor(version: "1.0" | "1.3") {
    this.#isOld = version === "1.0";
  }

  /** `tensor<fp16, [1, 3]>`, or a scalar's type. */
  type(element: string, shape: readonly number[]): string {
    if (shape.length === 0 && !this.#isOld) return element;
    return `tensor<${element}, [${shape.join(", ")}]>`;
  }

  /** `tensor<int32, [2]>([1, 1])`, `int32(1)` */
  value(data: TensorData): string {
    return `${this.type(milTypeName(data.element), data.shape)}(${data.shape.length === 0 ? elementText(data, 0) : nested(data)})`;
  }

  string(text: string): string {
    return `${this.type("string", [])}(${quotedString(text)})`;
  }

  /** `tensor<fp16, [4]>(BLOBFILE(path = …, offset = …))` */
  blob(element: string, shape: readonly number[], path: string, offset: number): string {
    const place = `path = ${this.string(path)}, offset = ${this.type("uint64", [])}(${offset})`;
    return `${this.type(element, shape)}(BLOBFILE(${place}))`;
  }

  /** The first lines: version and build information. */
  header(version: string, buildInfo: readonly (readonly [string, string])[]): string {
    const string = this.type("string", []);
    const entries = buildInfo.map(([key, text]) => `{${quotedString(key)}, ${quotedString(text)}}`);
    return `program(${version})\n[buildInfo = dict<${string}, ${string}>({${entries.join(", ")}})]\n`;
  }
}
