import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { propertyParameters } from "../test/testing/property.ts";
import { instantiate, pass } from "./pass.ts";
import { parsePipeline, printPipeline, stepOfFlag } from "./pipeline.ts";

const tile = pass("tile", {
  doc: "",
  options: {
    sizes: { doc: "", default: [16, 16], kind: "integer", minimum: 1 },
    names: { doc: "", default: [] },
    order: { doc: "", default: ["row"], choices: ["row", "column"] },
    depth: { doc: "", default: 1, kind: "integer", minimum: 0, maximum: 8 },
    factor: { doc: "", default: 0.5 },
    mode: { doc: "", default: "fast", choices: ["fast", "slow"] },
    onto: { doc: "", default: "", choices: ["left", "right"], empty: "both" },
    label: { doc: "", default: "" },
    peel: { doc: "", default: false },
  },
  // The types that the options have in the pass's function.
  run: (_operation, _context, options) => {
    const sizes: readonly number[] = options.sizes;
    const names: readonly string[] = options.names;
    const peel: boolean = options.peel;
    return sizes.length + names.length < 0 && peel;
  },
});
const simple = pass("simple", { doc: "", run: () => false });
const onFunctions = pass("on-functions", { doc: "", anchor: "func.func", run: () => false });
const passes = [tile, simple, onFunctions];

function optionsOf(text: string): { readonly [name: string]: unknown } {
  const [step] = parsePipeline(text, passes);
  if (step?.kind !== "pass") throw new Error("expected a pass");
  return step.options;
}

function rendered(text: string): string {
  try {
    parsePipeline(text, passes);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error(`'${text}' is read`);
}

describe("what is read", () => {
  test("steps, nesting, blanks, several lines", () => {
    const text = "builtin.module( func.func(simple,\n  tile{depth=2}) , any(simple) )";
    expect(printPipeline(parsePipeline(text, [simple, tile])).replaceAll(/\{[^}]*depth=2[^}]*\}/g, "{…}")).toMatch(
      /^builtin\.module\(func\.func\(simple,tile.*\),any\(simple\)\)$/,
    );
    expect(parsePipeline("", passes)).toEqual([]);
    expect(parsePipeline("builtin.module()", passes)).toEqual([]);
  });

  test.each([
    ["tile{sizes=4,8}", "sizes", [4, 8]],
    ["tile{sizes={4,8}}", "sizes", [4, 8]],
    ["tile{sizes={ 4 , 8 }}", "sizes", [4, 8]],
    ["tile{sizes={}}", "sizes", []],
    ["tile{sizes=4}", "sizes", [4]],
    ["tile{names=a,b}", "names", ["a", "b"]],
    ['tile{names="a b",c}', "names", ["a b", "c"]],
    ["tile{order=column,row}", "order", ["column", "row"]],
    ["tile{depth=3}", "depth", 3],
    ["tile{factor=-1.5e3}", "factor", -1500],
    ["tile{mode=slow}", "mode", "slow"],
    ["tile{onto=left}", "onto", "left"],
    ["tile{onto=}", "onto", ""],
    ["tile{label='two words'}", "label", "two words"],
    ["tile{label={in braces}}", "label", "in braces"],
    ["tile{label=}", "label", ""],
    ["tile{peel}", "peel", true],
    ["tile{peel=1}", "peel", true],
    ["tile{peel=false}", "peel", false],
    ["tile", "sizes", [16, 16]],
  ])("%s", (text, name, value) => {
    expect(optionsOf(text)[name]).toEqual(value);
  });

  test("the root may be another operation", () => {
    expect(printPipeline(parsePipeline("func.func(simple)", passes, "func.func"), "func.func")).toBe(
      "func.func(simple)",
    );
    expect(parsePipeline("any(simple)", passes)).toMatchObject([{ kind: "pass" }]);
  });
});

describe("errors stand at their place", () => {
  test.each([
    ["simple,simpel", "1:8", "no pass is called 'simpel'; did you mean simple?"],
    ["simple\n  tile", "2:3", "expected ',' or the end of the pipeline, but found 't'"],
    ["func.func(simple", "1:17", "expected ')', but the text ends"],
    ["simple)", "1:7", "expected ',' or the end"],
    ["simple,", "1:8", "expected a pass name or an op name, but the text ends"],
    ["simple,,tile", "1:8", "expected a pass name or an op name, but found ','"],
    ["func.func", "1:1", "'func.func' is an op, which a pipeline is nested on: func.func(…)"],
    ["tile{depth=2 depth=3}", "1:14", "option 'depth' of pass 'tile' is given twice"],
    ["tile{deep=2}", "1:6", "pass 'tile' has no option 'deep'; it has sizes, names"],
    ["tile{depth=9}", "1:12", "'depth' of pass 'tile' must be an integer of at least 0 and at most 8, but got 9"],
    ["tile{depth=1.5}", "1:12", "must be an integer"],
    ["tile{depth}", "1:6", "option 'depth' of pass 'tile' needs a value, an integer"],
    ["tile{sizes=4,x}", "1:12", "must be a list of integers of at least 1, but got 4,x"],
    ["tile{order=diagonal}", "1:12", "must be a list of row, column"],
    ["tile{mode=medium}", "1:11", "must be one of fast, slow"],
    ["tile{mode=}", "1:11", 'must be one of fast, slow, but got ""'],
    ["tile{onto=up}", "1:11", 'must be one of left, right; or empty for both, but got "up"'],
    ["tile{peel=perhaps}", "1:11", "must be a boolean"],
    ["tile{depth=1,peel=true}", "1:12", "must be an integer"],
    ["tile{label='open}", "1:12", `expected ''' to close this, but the text ends`],
    ["tile{peel}{depth=1}", "1:11", "expected ',' or the end"],
    ["simple{depth=1}", "1:8", "pass 'simple' has no option 'depth'"],
    ["tile{constructor=1}", "1:6", "has no option 'constructor'"],
  ])("%j", (text, place, message) => {
    const error = rendered(text);
    expect(error).toContain(`<pipeline>:${place}: error: `);
    expect(error).toContain(message);
    const [, line = "", caret = ""] = error.split("\n");
    const [row = 0, column = 0] = place.split(":").map(Number);
    expect(line.trimEnd()).toBe(`  ${text.split("\n")[row - 1]}`.trimEnd());
    expect(caret.indexOf("^")).toBe(column + 1);
  });

  test("an option between commas says that blanks separate", () => {
    expect(rendered("tile{depth=1,peel=true}")).toContain("note: blanks separate options");
    expect(rendered("tile{deep=2}")).toContain(
      'note: its options with their defaults: sizes=16,16 names={} order=row depth=1 factor=0.5 mode=fast onto="" label="" peel=false',
    );
  });

  test("too deep a nesting is an error, not an overflow", () => {
    expect(rendered("any(".repeat(100_000))).toContain("nested too deeply");
  });
});

describe("what is printed reads back", () => {
  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: fc.constantFrom(..."a\"'\\{}(),= \n") }));
  const options = fc.record(
    {
      sizes: fc.array(fc.integer({ min: 1, max: 1e6 }), { maxLength: 4 }),
      names: fc.array(text, { maxLength: 4 }),
      order: fc.array(fc.constantFrom("row", "column"), { maxLength: 3 }),
      depth: fc.integer({ min: 0, max: 8 }),
      factor: fc.double({ noNaN: true, noDefaultInfinity: true }),
      mode: fc.constantFrom("fast", "slow"),
      onto: fc.constantFrom("left", "right", ""),
      label: text,
      peel: fc.boolean(),
    },
    { requiredKeys: [] },
  );

  test("with any values of options", () => {
    fc.assert(
      fc.property(options, (given) => {
        const step = instantiate(tile, given);
        const [read] = parsePipeline(printPipeline([step]), passes);
        expect(read?.kind === "pass" && read.options).toEqual(step.options);
      }),
      propertyParameters(300),
    );
  });
});

test("any text is read or is a diagnostic within it", () => {
  const word = fc.constantFrom(
    "simple",
    "tile",
    "func.func",
    "any",
    "depth",
    "sizes",
    "(",
    ")",
    "{",
    "}",
    ",",
    "=",
    '"',
    "'",
    "[",
    " ",
    "\n",
    "1",
    "é",
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 24 }).map((words) => words.join("")),
      (text) => {
        try {
          expect(printPipeline(parsePipeline(printPipeline(parsePipeline(text, passes)), passes))).toBe(
            printPipeline(parsePipeline(text, passes)),
          );
        } catch (error) {
          if (!(error instanceof DiagnosticError)) throw error;
          const { line = 0, column = 0 } = error.details;
          const found = text.split("\n")[line - 1];
          expect(found).toBeDefined();
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual((found?.length ?? 0) + 1);
        }
      },
    ),
    propertyParameters(1000),
  );
});

describe("passes as flags", () => {
  test("are steps of the same pipeline", () => {
    const steps = [stepOfFlag("simple", undefined, passes), stepOfFlag("tile", "depth=2 sizes=1,2", passes)];
    expect(printPipeline(steps.filter((step) => step !== undefined))).toBe(
      printPipeline(parsePipeline("simple,tile{depth=2 sizes=1,2}", passes)),
    );
    expect(stepOfFlag("other", undefined, passes)).toBeUndefined();
  });

  test("two passes of one name are an error, one that is listed twice is not", () => {
    const other = pass("simple", { doc: "Another.", run: () => false });
    for (const use of [
      () => parsePipeline("tile", [...passes, other]),
      () => stepOfFlag("tile", undefined, [...passes, other]),
    ])
      expect(use).toThrow('two passes are called \'simple\': "" and "Another."; rename one');
    expect(parsePipeline("simple", [...passes, simple])).toHaveLength(1);
  });

  test("a pass on functions is nested on them", () => {
    expect(stepOfFlag("on-functions", undefined, passes)).toMatchObject({ kind: "nested", anchor: "func.func" });
  });

  test("errors stand at their place in the value", () => {
    expect(() => stepOfFlag("tile", "depth=2 deep=3", passes)).toThrow("has no option 'deep'");
    expect(() => stepOfFlag("tile", "depth=2}", passes)).toThrow("must be an integer");
  });
});
