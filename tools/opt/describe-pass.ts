/** What `--show-passes` says about a pass. */
import { describeOption, type OptionDefinitions, printOption } from "../../passes/manager/options.ts";
import type { AnyPass } from "../../passes/pass.ts";

/** The pass with its options, their types and defaults, and what it relies on. */
export function describePass(pass: AnyPass): string {
  const options: OptionDefinitions = pass.options;
  const facts = [
    ...(pass.anchor === undefined ? [] : [`runs on ${pass.anchor}`]),
    ...(pass.subject === undefined ? [] : [`works on ${pass.subject.operations.join(", ")}`]),
    ...(pass.requires.length === 0 ? [] : [`requires ${pass.requires.join(", ")}`]),
    ...(pass.establishes.length === 0 ? [] : [`establishes ${pass.establishes.join(", ")}`]),
    ...(pass.invalidates.length === 0 ? [] : [`undoes ${pass.invalidates.join(", ")}`]),
  ];
  return [
    `${pass.name}: ${pass.doc}${facts.length === 0 ? "" : ` (${facts.join("; ")})`}`,
    ...Object.entries(options).map(
      ([name, option]) => `    ${name}=${printOption(option.default)}  ${option.doc} (${describeOption(option)})`,
    ),
  ].join("\n");
}
