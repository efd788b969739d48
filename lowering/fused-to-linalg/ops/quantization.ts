/** Quantisation and its inverse: one elementwise op each, with scale and zero point read through broadcasting maps. */
import { dequantizeLinear, quantizeLinear } from "../../../dialects/tensor/ops.ts";
import { type AffineExpression, AffineMap, affineBinary, affineConstant, dimension } from "../../../ir/affine-map.ts";
import type { Value } from "../../../ir/operation.ts";
import { f64, IntegerType, i32, isFloat, type Type } from "../../../ir/types.ts";
import { elementOf, pointwise, shapeOf } from "../emit.ts";
import { lowering } from "../lowering.ts";
import { elementLimits, type Scalars } from "../scalars.ts";
import { computeElement, isUnsigned } from "../storage-types.ts";

/** The map that reads a scale or zero point: one value, one per index of the axis, or one per block of these. */
function parameterMap(parameter: readonly number[], rank: number, axis: number, blockSize: number): AffineMap {
  if (parameter.length === 0) return new AffineMap(rank, 0, []);
  if (parameter.length === 1 && parameter[0] === 1) return new AffineMap(rank, 0, [affineConstant(0)]);
  if (blockSize === 0) return AffineMap.projection(rank, [axis]);
  const positions = parameter.map(
    (_, at): AffineExpression =>
      at === axis ? affineBinary("floordiv", dimension(at), affineConstant(blockSize)) : dimension(at),
  );
  return new AffineMap(rank, 0, positions);
}

/** Whether all values of an integer type are exact in f32. */
function fitsSingle(element: Type): boolean {
  return element instanceof IntegerType && element.width <= 16;
}

/** A stored integer or float as a float of type `type`. */
function toFloat(s: Scalars, value: Value, logical: Type, type: Type): Value {
  return isFloat(logical) ? s.resize(value, type) : s.integerToFloat(value, type, isUnsigned(logical));
}

const lowerQuantize = lowering(quantizeLinear, (operation, [input, scale, zeroPoint], builder) => {
  const { axis, block_size: blockSize } = operation;
  const [shape, inputElement] = [shapeOf(input!), operation.input.type.element];
  const target = operation.result.type.element;
  const scaleElement = operation.scale.type.element;
  const single = computeElement(isFloat(inputElement) ? inputElement : scaleElement);
  // 32-bit operands are divided, and 32-bit results clamped, where they are exact.
  const divided = isFloat(inputElement) && scaleElement !== f64 ? single : f64;
  const rounded = inputElement === f64 ? f64 : single === f64 ? computeElement(scaleElement) : single;
  const clamped = fitsSingle(target) ? rounded : f64;
  const map = parameterMap(shapeOf(scale!), shape.length, axis, blockSize);
  const { lowest, highest } = elementLimits(target);
  const zeroElement = operation.zero_point?.type.element;
  return [
    pointwise(builder, {
      shape,
      element: computeElement(target),
      inputs: [
        { value: input! },
        { value: scale!, map },
        ...(zeroPoint === undefined ? [] : [{ value: zeroPoint, map }]),
      ],
      body: (s, [x, by, zero]) => {
        const quotient = s.div(toFloat(s, x!, inputElement, divided), s.resize(by!, divided));
        const whole = s.math("roundeven", s.resize(quotient, rounded));
        let result = s.resize(whole, clamped);
        if (zero !== undefined) result = s.add(result, toFloat(s, zero, zeroElement!, clamped));
        const inside = s.min(s.max(result, s.like(result, lowest)), s.like(result, highest));
        const number = s.select(s.isNan(inside), s.like(inside, 0), inside);
        return s.store(s.resize(s.floatToInteger(number, i32), computeElement(target)), target);
      },
    }),
  ];
});

const lowerDequantize = lowering(dequantizeLinear, (operation, [input, scale, zeroPoint], builder) => {
  const { axis, block_size: blockSize } = operation;
  const [shape, logical] = [shapeOf(input!), operation.input.type.element];
  const element = elementOf(scale!);
  const compute = fitsSingle(logical) ? computeElement(element) : f64;
  const map = parameterMap(shapeOf(scale!), shape.length, axis, blockSize);
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [
        { value: input! },
        { value: scale!, map },
        ...(zeroPoint === undefined ? [] : [{ value: zeroPoint, map }]),
      ],
      body: (s, [x, by, zero]) => {
        const number = toFloat(s, x!, logical, compute);
        const shifted = zero === undefined ? number : s.sub(number, toFloat(s, zero, logical, compute));
        return s.resize(s.mul(shifted, s.resize(by!, compute)), element);
      },
    }),
  ];
});

export const quantizationLowerings = [lowerQuantize, lowerDequantize];
