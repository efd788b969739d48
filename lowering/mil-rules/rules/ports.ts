/** Rules about the program and its function: versions, inputs and outputs, and the weights as a whole. */
import * as mil from "../../../dialects/mil/index.ts";
import { StringAttribute } from "../../../ir/attributes.ts";
import { elementBytes, elementCount } from "../../../ir/tensor-data.ts";
import { elementNameOf, TensorType } from "../../../ir/types.ts";
import {
  contradicted,
  type Finding,
  type FunctionRule,
  type FunctionView,
  inferred,
  type Port,
  type RuleGroup,
  shapeText,
  stated,
  verified,
} from "../rule.ts";
import { constantElements, elementOf, type Statement, sizesOf } from "../statement.ts";

// -------------------------------------------------------------------------------------------------------- program

const family: FunctionRule = {
  id: "takes-mil",
  says: "MIL is compiled for H13 and later.",
  sources: [stated("aneforge 3.3: `MIL is only supported for H13+ ANE architectures`")],
  checkFunction: (_, { target }) =>
    target.limits.mil
      ? undefined
      : { expected: "a target from h13 on", found: target.name, instead: "compile for a later target" },
};

/** The keys without which some builds refuse a program. */
export const requiredBuildInfo = ["coremlc-component-MIL", "coremlc-version"] as const;

const buildInfo: FunctionRule = {
  id: "build-info",
  says: `The program's buildInfo has ${requiredBuildInfo.map((key) => `\`${key}\``).join(" and ")}.`,
  sources: [
    contradicted("driver-stack C.2: a build fails without coremlc-version; macOS 26.6.2 takes an empty dictionary"),
  ],
  severity: "warning",
  workaround: "build-info",
  checkFunction: ({ program }) => {
    const missing = requiredBuildInfo.filter(
      (key) => !(program.build_info.entries.get(key) instanceof StringAttribute),
    );
    if (missing.length === 0) return undefined;
    return {
      expected: requiredBuildInfo.join(" and "),
      found: `no ${missing.join(" and no ")}`,
      instead: "give the versions of one of Apple's compilers",
      operation: program,
    };
  },
};

const seenOpsets: Readonly<Record<string, readonly string[]>> = {
  "1.0": ["ios15", "ios16", "ios17"],
  "1.3": ["ios16", "ios17", "ios18"],
};

const versions: FunctionRule = {
  id: "version-and-opset",
  says: "Program version 1.0 goes with ios15 to ios17, and 1.3 with ios16 to ios18.",
  sources: [
    verified("driver-stack C.2, C.5: 65 files"),
    inferred("1.3 with ios17, which lies between two that were seen"),
  ],
  severity: "warning",
  checkFunction: ({ program, main }) => {
    const known = seenOpsets[program.version];
    if (known === undefined || known.includes(main.opset)) return undefined;
    return {
      expected: `${known.join(", ")} in a program of version ${program.version}`,
      found: main.opset,
      instead: "write the program in the other version",
    };
  },
};

// ---------------------------------------------------------------------------------------------- inputs and outputs

const liveOutputs: FunctionRule = {
  id: "computed-outputs",
  says: "Each output is the result of an op of its own: a program that gives an input back crashes Espresso.",
  sources: [
    stated("aneforge 1.3, 5.7: `unordered_map::at: key not found`"),
    stated("driver-stack G.6 no. 14: outputs name live nodes"),
  ],
  workaround: "computed-outputs",
  checkFunction: ({ outputs, main }) => {
    const seen = new Set<unknown>();
    return outputs.flatMap(({ name, value }): Finding[] => {
      const { definer } = value;
      const found =
        definer === undefined
          ? "an input"
          : mil.constant.matches(definer)
            ? "a constant"
            : seen.has(value)
              ? "a value that is another output already"
              : undefined;
      seen.add(value);
      if (found === undefined) return [];
      return [
        {
          expected: `an op that gives ${name}`,
          found,
          instead: "multiply by 1",
          operation: definer === undefined ? main : definer,
        },
      ];
    });
  },
};

const hasPorts: FunctionRule = {
  id: "port-count",
  says: "A request has at least one input and one output, at most 255 of each, and 128 buffers in all.",
  sources: [stated("driver-stack A.4: `_ANERequest validate`, the mapper's struct")],
  routes: ["objc"],
  checkFunction: ({ inputs, outputs }) => {
    const isFine = inputs.length > 0 && outputs.length > 0 && inputs.length + outputs.length <= 128;
    if (isFine) return undefined;
    return {
      expected: "1 to 128 inputs and outputs, with at least one of each",
      found: `${inputs.length} inputs and ${outputs.length} outputs`,
      instead: "pack several tensors into one",
    };
  },
};

/** Elements that ports may have; others are refused when compiling. */
const portElements: ReadonlySet<string> = new Set(["f16", "f32", "i8", "ui8", "i16", "ui16", "i32"]);

const portTypes: FunctionRule = {
  id: "port-types",
  says: "Inputs and outputs are fp16, fp32, int8, uint8, int16 or uint16; int32 for small parameters. bf16 is rejected, truth values stay inside.",
  sources: [stated("driver-stack A.4"), stated("aneforge 2.2, 3"), stated("ane-guide, compile-legal envelope")],
  checkFunction: ({ inputs, outputs }) =>
    [...inputs, ...outputs].flatMap(({ name, value }): Finding[] => {
      if (isState(value.type.text) || portElements.has(elementOf(value))) return [];
      return [
        {
          expected: "fp16, fp32, int8, uint8, int16, uint16 or int32",
          found: `${name}: ${value.type}`,
          instead: "cast inside the program, or convert on the host",
        },
      ];
    }),
};

const isState = (text: string) => text.startsWith("!mil.state");

const wideInteger: FunctionRule = {
  id: "port-int32",
  says: "int32 is for small parameters.",
  sources: [stated("driver-stack A.4"), inferred("64 elements as the bound of small")],
  severity: "warning",
  checkFunction: ({ inputs }) =>
    inputs.flatMap(({ name, value }): Finding[] => {
      const shape = sizesOf(value);
      if (shape === undefined || elementOf(value) !== "i32" || elementCount(shape) <= 64) return [];
      return [
        {
          expected: "at most 64 numbers of int32",
          found: `${name} ${shapeText(shape)}`,
          instead: "pass fp16, which holds whole numbers exactly up to 2048",
        },
      ];
    }),
};

const states: FunctionRule = {
  id: "states",
  says: "States (`read_state`, `coreml_update_state`) are not lowered.",
  sources: [stated("driver-stack C.2"), contradicted("aneforge 2.4: listed as native, never used")],
  checkFunction: ({ inputs }) =>
    inputs.flatMap(({ name, value }): Finding[] =>
      isState(value.type.text)
        ? [
            {
              expected: "a tensor",
              found: `${name}: ${value.type}`,
              instead: "give the state as input and output, and bind one onto the other",
            },
          ]
        : [],
    ),
};

const flexible: FunctionRule = {
  id: "flexible-shapes",
  says: "FlexibleShapeInformation is not lowered: one program per shape.",
  sources: [stated("driver-stack C.2"), stated("ane-guide ch. 19")],
  checkFunction: ({ main }) =>
    main.further_attributes?.text.includes("FlexibleShapeInformation") === true
      ? {
          expected: "one shape",
          found: "FlexibleShapeInformation",
          instead: "compile one program per shape and leave the attribute out",
        }
      : undefined,
};

function sortedNames(ports: readonly Port[]): readonly string[] {
  return ports.map(({ name }) => name).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

const portOrder: FunctionRule = {
  id: "port-order",
  says: "Surfaces are bound in the order of their names, so inputs and outputs are declared in that order.",
  sources: [
    verified("driver-stack A.4: buffer slots in two compiled programs ascend by name"),
    stated("driver-stack A.4, G.6 no. 3, 19"),
  ],
  routes: ["objc"],
  workaround: "port-order",
  checkFunction: ({ inputs, outputs }) =>
    [
      ["inputs", inputs],
      ["outputs", outputs],
    ].flatMap(([what, ports]): Finding[] => {
      const given = (ports as readonly Port[]).map(({ name }) => name);
      const sorted = sortedNames(ports as readonly Port[]);
      if (given.every((name, position) => name === sorted[position])) return [];
      return [
        { expected: `${what} in the order ${sorted.join(", ")}`, found: given.join(", "), instead: "declare them so" },
      ];
    }),
};

// ----------------------------------------------------------------------------------------------------- surfaces

/** Bytes of a surface: rows are padded to 64 bytes (driver-stack A.4 [V]). */
export function surfaceBytes({ value }: Port): number | undefined {
  const shape = sizesOf(value);
  const name = value.type instanceof TensorType ? elementNameOf(value.type.element) : undefined;
  if (shape === undefined || name === undefined) return undefined;
  const row = Math.ceil(((shape.at(-1) ?? 1) * elementBytes(name)) / 64) * 64;
  return elementCount(shape.slice(0, -1)) * row;
}

const smallestSurface = 49_152;

const surfaceSize: FunctionRule = {
  id: "surface-size",
  says: "Surfaces of less than 49,152 bytes failed, and inputs (outputs) of different sizes.",
  sources: [
    contradicted(
      "driver-stack A.4, G.6 no. 2, 4, 18: M4 Max (Orion); padded surfaces of different sizes work on M3 Ultra",
    ),
  ],
  routes: ["objc"],
  targets: { only: ["h16g"] },
  severity: "warning",
  checkFunction: ({ inputs, outputs }) =>
    [inputs, outputs].flatMap((ports): Finding[] => {
      const sizes = ports.map((port) => surfaceBytes(port) ?? 0);
      const small = ports.find((_, position) => sizes[position]! < smallestSurface);
      const findings: Finding[] = [];
      if (small !== undefined) {
        findings.push({
          expected: `surfaces of at least ${smallestSurface} bytes`,
          found: `${small.name} with ${surfaceBytes(small)}`,
          instead: "allocate a larger surface, which is accepted",
        });
      }
      if (new Set(sizes).size > 1) {
        findings.push({
          expected: "one size",
          found: ports.map(({ name }, position) => `${name} ${sizes[position]}`).join(", "),
          instead: "allocate all with the largest size",
        });
      }
      return findings;
    }),
};

const surfaceWidth: FunctionRule = {
  id: "surface-width",
  says: "The last dimension of inputs and outputs is a multiple of 32, where dense and padded rows are the same.",
  sources: [
    contradicted(
      "driver-stack A.4: M3 Max and M5 Max give garbage below 32 and status 0x1d for 131; rows padded to 64 bytes work",
    ),
  ],
  routes: ["objc"],
  targets: { only: ["h15g", "h17s"] },
  severity: "warning",
  checkFunction: ({ inputs, outputs }) =>
    [...inputs, ...outputs].flatMap((port): Finding[] => {
      const width = sizesOf(port.value)?.at(-1) ?? 1;
      if (width % 32 === 0) return [];
      return [
        {
          expected: "a multiple of 32 as last dimension",
          found: `${port.name} with ${width}`,
          instead: "size and stride the surface by BatchStride and RowStride of the loaded program",
        },
      ];
    }),
};

// ------------------------------------------------------------------------------------------------------- weights

const scalarOps: ReadonlySet<string> = new Set(["add", "mul", "pow"]);

/** Constants that emission writes into the weight file. */
function inWeightFile({ operation }: Statement): boolean {
  const elements = constantElements(operation.results[0]);
  if (mil.constant.matches(operation) && operation.inline !== undefined) return false;
  return (
    elements !== undefined && elements.type.shape.length > 0 && !["i32", "i1"].includes(elements.type.element.text)
  );
}

function blobsOf({ statements }: FunctionView): readonly Statement[] {
  return statements.filter((statement) => statement.mnemonic === "const" && inWeightFile(statement));
}

function hasScalarOperand(statement: Statement): boolean {
  if (!scalarOps.has(statement.mnemonic)) return false;
  return ["x", "y"].some((name) => constantElements(statement.value(name))?.type.shape.length === 0);
}

const blobCount: FunctionRule = {
  id: "blob-count",
  says: "A program has at most 16 tensors in its weight file, 15 where an add, mul or pow takes a number.",
  sources: [
    stated("driver-stack A.5: M4, M4 Max, M5 Max"),
    contradicted("swift-ane's programs for this route have up to 30, on a chip that is not named"),
  ],
  routes: ["objc"],
  targets: { only: ["h16", "h16g", "h17s"] },
  severity: "warning",
  checkFunction: (view) => {
    const count = blobsOf(view).length;
    const most = view.statements.some(hasScalarOperand) ? 15 : 16;
    if (count <= most) return undefined;
    return {
      expected: `at most ${most} tensors in the weight file`,
      found: `${count}`,
      instead: "use the route e5rt, or split the network into several programs",
    };
  },
};

const sharedFile: FunctionRule = {
  id: "one-weight-file",
  says: "A weight file with several tensors failed with program version 1.3.",
  sources: [contradicted("driver-stack A.5: one author on M1; version 1.0 worked")],
  routes: ["objc"],
  targets: { only: ["h13"] },
  severity: "warning",
  checkFunction: (view) => {
    if (view.program.version === "1.0" || blobsOf(view).length < 2) return undefined;
    return {
      expected: "version 1.0 of the text",
      found: `version ${view.program.version} with ${blobsOf(view).length} tensors in one file`,
      instead: "write version 1.0 (ane-to-mil{version=1.0}) if this one fails",
    };
  },
};

/** Of what one program may hold; 1.5 GB is known to work and 3.4 GB to fail. */
export const mostWeightBytes = 2 * 2 ** 30;

export function weightBytes(view: FunctionView): number {
  let bytes = 0;
  const seen = new Set<unknown>();
  for (const statement of blobsOf(view)) {
    const elements = constantElements(statement.operation.results[0])!;
    const name = elementNameOf(elements.type.element);
    if (seen.has(elements) || name === undefined) continue;
    seen.add(elements);
    bytes += elements.type.count * elementBytes(name);
  }
  return bytes;
}

const bakedWeights: FunctionRule = {
  id: "weight-bytes",
  says: "A program holds at most about 2 GB of weights: 1.5 GB works, 3.4 GB fails with `Not implemented`.",
  sources: [stated("aneforge 4.4, 7.2 (ANEForge #45)")],
  checkFunction: (view) => {
    const bytes = weightBytes(view);
    if (bytes <= mostWeightBytes) return undefined;
    return {
      expected: `at most ${mostWeightBytes} bytes of weights`,
      found: `${bytes}`,
      instead: "compress them (--compress=int4), or split the network into several programs",
    };
  },
};

export const portRules: RuleGroup = {
  title: "The program, its inputs and outputs, and its weights",
  rules: [
    ...[family, buildInfo, versions, liveOutputs, hasPorts, portTypes, wideInteger, states, flexible, portOrder],
    ...[surfaceSize, surfaceWidth, blobCount, sharedFile, bakedWeights],
  ],
};
