/** A program as large as those of speech models, for tests and measurements. */

/** The text of a program of version 1.0 that has at least as many characters: constants, weights in a file, linear layers. */
export function largeProgram(characters: number): string {
  const string = (text: string) => `tensor<string, []>("${text}")`;
  const statements: string[] = [];
  let length = 0;
  let layer = 0;
  for (; length < characters; layer++) {
    const name = `encoder_layers_${layer}`;
    const weight = `BLOBFILE(path = ${string("@model_path/weights/weight.bin")}, offset = tensor<uint64, []>(${64 + layer * 524352}))`;
    const input = layer === 0 ? "x" : `encoder_layers_${layer - 1}_cast_fp16`;
    const added = [
      `tensor<int32, [4]> ${name}_pad_0 = const()[name = ${string(`${name}_pad_0`)}, val = tensor<int32, [4]>([0, 0, ${layer % 7}, 0])];`,
      `tensor<bool, []> ${name}_keep_0 = const()[name = ${string(`${name}_keep_0`)}, val = tensor<bool, []>(${layer % 2 === 0})];`,
      `tensor<fp16, []> ${name}_scale_to_fp16 = const()[name = ${string(`${name}_scale_to_fp16`)}, val = tensor<fp16, []>(0x1.5p-17)];`,
      `tensor<fp16, [512, 512]> ${name}_weight_to_fp16 = const()[name = ${string(`${name}_weight_to_fp16`)}, val = tensor<fp16, [512, 512]>(${weight})];`,
      `tensor<fp32, [4]> ${name}_shift = const()[name = ${string(`${name}_shift`)}, val = tensor<fp32, [4]>([0x1.77540ap-4, -0x1.f166c6p-4, 0x1p+0, -inf])];`,
      `tensor<fp16, [1, 20, 512]> ${name}_cast_fp16 = linear(bias = ${name}_shift, weight = ${name}_weight_to_fp16, x = ${input})[name = ${string(`${name}_cast_fp16`)}];`,
    ].map((statement) => `            ${statement}\n`);
    statements.push(...added);
    length += added.reduce((sum, { length: each }) => sum + each, 0);
  }
  return [
    "program(1.0)\n",
    `[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-component-MIL", "3500.14.1"}, {"coremlc-version", "3500.32.1"}})]\n`,
    "{\n    func main<ios17>(tensor<fp16, [1, 20, 512]> x) {\n",
    ...statements,
    `        } -> (encoder_layers_${layer - 1}_cast_fp16);\n}\n`,
  ].join("");
}
