/** Random modules and random damage: what we print is read back as the same, and damage ends in a diagnostic. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forAll } from "../../test/testing/property.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { unknownLocation } from "../location.ts";
import { createOperation, type Operation } from "../operation.ts";
import { missingOracle, mlirGenericForm } from "../printer/mlir-oracle.ts";
import { print } from "../printer/print.ts";
import { damaged, damages } from "./arbitrary-damage.ts";
import { attributes, context, modules } from "./arbitrary-generic.ts";
import { parse } from "./parse.ts";
import { sample } from "./sample.ts";

/** Whether a region with several blocks has one that MLIR would call unfinished. */
function isAcceptedByMlir(module: Operation): boolean {
  let isAccepted = true;
  module.walk((operation) => {
    for (const [name] of [...operation.attributes, ...operation.properties])
      if (!/^[ -~]+$/.test(name)) isAccepted = false;
    for (const { blocks } of operation.regions) {
      for (const block of blocks) {
        if (blocks.length > 1 && block.isEmpty) isAccepted = false;
        for (const each of block.operations)
          if (each.successors.length > 0 && each.next !== undefined) isAccepted = false;
      }
    }
  });
  return isAccepted;
}

describe("random modules", () => {
  test("are printed, read and printed as the same text, in every form", () => {
    const forms = fc.tuple(modules, fc.boolean(), fc.boolean(), fc.boolean());
    forAll(forms, 300, ([module, generic, debugInfo, localScope]) => {
      const options = { generic, debugInfo, localScope };
      const once = print(module, options);
      expect(print(parse(once, context), options)).toBe(once);
    });
  });

  test("keep their attributes: the very same objects come back", () => {
    forAll(attributes, 1000, (attribute) => {
      const operation = createOperation({ name: "a.b", attributes: [["v", attribute]], location: unknownLocation });
      const back = parse(print(operation), context).regions[0]!.onlyBlock.first!;
      expect(back.attribute("v")).toBe(attribute);
    });
  });

  test.skipIf(missingOracle !== undefined)(`mean the same to MLIR (${missingOracle ?? "installed"})`, () => {
    forAll(modules.filter(isAcceptedByMlir), 60, (module) => {
      const options = { generic: true, valueNames: false } as const;
      const ours = print(module, options);
      expect(print(parse(mlirGenericForm(ours), context), options)).toBe(ours);
    });
  });
});

describe("random damage", () => {
  test("is read or refused, never anything else, and what is read prints and reads back", () => {
    forAll(damages, 3000, (list) => {
      let module: Operation;
      try {
        module = parse(damaged(sample, list), context);
      } catch (error) {
        if (error instanceof DiagnosticError) return;
        throw error;
      }
      const once = print(module, { generic: true });
      expect(print(parse(once, context), { generic: true })).toBe(once);
    });
  });
});
