/** `anemone opt`: read IR text, run a pipeline, print IR text. */

import { levelOf, propertiesOf } from "../../compiler/levels.ts";
import { allPasses, defaultContext } from "../../compiler/registry.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { readIr, writeIr } from "../../ir/sidecar.ts";
import { verify } from "../../ir/verifier.ts";
import type { AnyPass, OptionDefinitions } from "../../passes/pass.ts";
import { type Instrumentation, PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { loadExtensions } from "../load-extensions.ts";

export interface OptOptions {
  readonly passPipeline: string;
  readonly output?: string;
  readonly load: readonly string[];
  readonly mlirPrintOpGeneric?: boolean;
  readonly mlirPrintDebuginfo?: boolean;
  readonly mlirPrintIrBeforeAll?: boolean;
  readonly mlirPrintIrAfterAll?: boolean;
  readonly mlirPrintIrAfterChange?: boolean;
  readonly mlirTiming?: boolean;
  readonly allowUnregisteredDialect?: boolean;
  readonly verifyEach: string;
  readonly showPasses?: boolean;
}

export async function optCommand(file: string, options: OptOptions): Promise<void> {
  const loaded = await Promise.all(options.load.map(loadExtensions));
  const passes = [...allPasses, ...loaded.flatMap((each) => each.passes)];
  if (options.showPasses) {
    for (const each of passes) console.log(describePass(each));
    return;
  }
  const context = defaultContext({ allowUnregistered: options.allowUnregisteredDialect ?? false }).with(
    loaded.flatMap((each) => each.dialects),
  );
  if (file.toLowerCase().endsWith(".onnx")) {
    throw new DiagnosticError(
      "is an ONNX model, not IR text: `anemone compile MODEL --emit tensor -o OUT.mlir` makes IR of it",
      { file },
    );
  }
  const steps = parsePipeline(options.passPipeline, passes);
  const module = file === "-" ? parse(await Bun.stdin.text(), context, { file: "<stdin>" }) : readIr(file, context);
  verify(module, context);
  const printOptions = { generic: options.mlirPrintOpGeneric ?? false, debugInfo: options.mlirPrintDebuginfo ?? false };
  const timings: { readonly pass: string; readonly milliseconds: number }[] = [];
  const show = (title: string, operation: Operation) =>
    console.error(`// -----// IR Dump ${title} //----- //\n${print(operation, printOptions)}`);
  const instrumentation: Instrumentation = {
    beforePass: ({ definition }, operation) => {
      if (options.mlirPrintIrBeforeAll) show(`Before ${definition.name}`, operation);
    },
    afterPass: ({ definition }, operation, { changed, milliseconds }) => {
      timings.push({ pass: definition.name, milliseconds });
      if (options.mlirPrintIrAfterAll || (changed && options.mlirPrintIrAfterChange))
        show(`After ${definition.name}`, operation);
    },
  };
  const manager = new PassManager(steps, context, {
    verifyEach: options.verifyEach !== "false" && options.verifyEach !== "0",
    instrumentation: [instrumentation],
    properties: propertiesOf(levelOf(module)),
  });
  manager.run(module);
  if (options.mlirTiming)
    for (const { pass, milliseconds } of timings) console.error(`${milliseconds.toFixed(2).padStart(10)} ms  ${pass}`);
  if (options.output === undefined) console.log(print(module, printOptions).trimEnd());
  else writeIr(options.output, module, printOptions);
}

function describePass(pass: AnyPass): string {
  const options: OptionDefinitions = pass.options;
  const lines = Object.entries(options).map(([name, option]) => `    ${name}=${option.default}  ${option.doc}`);
  return [`${pass.name}: ${pass.doc}`, ...lines].join("\n");
}
