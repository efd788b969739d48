import { describe, expect, test } from "vitest";
import { at, Builder } from "../../builder.ts";
import { unknownLocation } from "../../location.ts";
import { Block } from "../../operation.ts";
import { FunctionType, f32, i1, i8, i32, i64, index } from "../../types.ts";
import { refuse } from "../pattern.ts";
import { SignatureConversion } from "./signature.ts";
import { highSource, lowConvert } from "./test-dialect.ts";
import { TypeConverter } from "./type-converter.ts";

const halves = new TypeConverter()
  .add((type) => (type === i64 ? [i32, i32] : undefined))
  .add((type) => (type === i1 ? [] : undefined))
  .add((type) => (type === index ? refuse("sizes are not known here") : undefined))
  .add((type) => (type === i8 ? i32 : undefined));

const argumentOf = (type: Parameters<Block["addArgument"]>[0]) => new Block().addArgument(type, unknownLocation);

describe("a type converter", () => {
  test("converts to one type, several or none, and leaves what no rule takes", () => {
    expect(halves.convert(i8)).toBe(i32);
    expect(halves.convertToMany(i64)).toEqual([i32, i32]);
    expect(halves.convertToMany(i1)).toEqual([]);
    expect(halves.convertToMany(f32)).toEqual([f32]);
    expect(halves.convertTypes([i64, i1, f32])).toEqual([i32, i32, f32]);
  });

  test("says why where there is not one type", () => {
    expect(() => halves.convert(i64)).toThrow("the type i64 becomes (i32, i32), but one type is expected here");
    expect(() => halves.convert(i1)).toThrow("the type i1 becomes nothing");
    expect(() => halves.convert(index)).toThrow("the type index has no conversion: sizes are not known here");
    expect(halves.tryConvert(index)).toEqual({ refusal: "the type index has no conversion: sizes are not known here" });
  });

  test("asks the rule added last first", () => {
    const types = new TypeConverter().add(() => i8).add((type) => (type === i64 ? i32 : undefined));
    expect([types.convert(i64), types.convert(f32)]).toEqual([i32, i8]);
    // What was answered before a rule came is asked again.
    types.add(() => i1);
    expect(types.convert(i64)).toBe(i1);
  });

  test("may look at the value", () => {
    const types = new TypeConverter()
      .add((type) => (type === i64 ? i32 : undefined))
      .addInContext((value) => (value.nameHint === "wide" ? value.type : undefined));
    const [wide, narrow] = [argumentOf(i64), argumentOf(i64)];
    wide.nameHint = "wide";
    expect(types.tryConvertValue(wide)).toEqual([i64]);
    expect(types.tryConvertValue(narrow)).toEqual([i32]);
    expect([types.isLegalValue(wide), types.isLegalValue(narrow)]).toEqual([true, false]);
  });

  test("knows which types, values and signatures are legal", () => {
    expect([f32, i32, i64, i1, index, i8].map((type) => halves.isLegal(type))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(halves.isLegalSignature(FunctionType.get([i32], [f32]))).toBe(true);
    expect(halves.isLegalSignature(FunctionType.get([i32], [i1]))).toBe(false);
    expect(halves.convertFunctionType(FunctionType.get([i64, i1], [i8]))).toBe(FunctionType.get([i32, i32], [i32]));
    expect(halves.isLegalOperation(highSource.build({ outputs: [i32, i64] }, unknownLocation))).toBe(false);
    expect(halves.isLegalOperation(highSource.build({ outputs: [i32] }, unknownLocation))).toBe(true);
  });

  test("maps the arguments of a block", () => {
    const signature = halves.convertSignature([argumentOf(f32), argumentOf(i64), argumentOf(i1), argumentOf(i8)]);
    expect(signature.types).toEqual([f32, i32, i32, i32]);
    expect([0, 1, 2, 3].map((position) => signature.input(position))).toEqual([
      { kind: "arguments", first: 0, count: 1 },
      { kind: "arguments", first: 1, count: 2 },
      { kind: "arguments", first: 3, count: 0 },
      { kind: "arguments", first: 3, count: 1 },
    ]);
    expect(() => halves.convertSignature([argumentOf(index)])).toThrow("argument 0: the type index has no conversion");
  });

  test("materializes by the function added last that can", () => {
    const types = new TypeConverter()
      .addSourceMaterialization(
        (builder, { inputs: [input], types: [type] }) =>
          builder.build(lowConvert, { input: input!, result: type! }).result,
      )
      .addSourceMaterialization(() => undefined);
    const block = new Block();
    const input = block.addArgument(i32, unknownLocation);
    const builder = new Builder(at.endOf(block));
    const request = { inputs: [input], types: [i64], originalType: undefined, location: unknownLocation };
    expect(types.materialize("target", builder, request)).toBeUndefined();
    expect(types.materialize("source", builder, request)?.[0]?.type).toBe(i64);
    // Arguments of blocks use the source materializations unless they have their own.
    expect(types.materialize("argument", builder, request)?.[0]?.type).toBe(i64);
    types.addArgumentMaterialization(() => input);
    expect(() => types.materialize("argument", builder, request)).toThrow(
      "an argument materialization made i32, but i64 was asked for",
    );
  });
});

describe("a signature conversion", () => {
  test("adds, maps, shares and replaces arguments", () => {
    const value = argumentOf(f32);
    const signature = new SignatureConversion(3).addInputs([index]).mapInput(0, [i32, i32]);
    signature.remapInput(1, 0).replaceInput(2, [value]);
    expect(signature.types).toEqual([index, i32, i32]);
    expect(signature.input(1)).toEqual({ kind: "arguments", first: 0, count: 1 });
    expect(signature.input(2)).toEqual({ kind: "values", values: [value] });
  });

  test("refuses what makes no sense", () => {
    const signature = new SignatureConversion(1).mapInput(0, [i32]);
    expect(() => signature.mapInput(0, [])).toThrow("argument 0 is mapped already");
    expect(() => signature.mapInput(1, [])).toThrow("there is no argument 1: the block has 1");
    expect(() => new SignatureConversion(1).remapInput(0, 0)).toThrow("cannot become arguments 0 to 1: 0 exist");
  });
});
