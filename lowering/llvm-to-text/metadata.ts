/** Metadata nodes of an LLVM module: loop properties and branch weights, numbered as they are asked for. */

import type { Attribute } from "../../ir/attributes.ts";
import { OpaqueAttribute } from "../../ir/attributes.ts";

export class Metadata {
  readonly #nodes: string[] = [];
  readonly #known = new Map<string, number>();

  /** The reference to a node with this text, made once. */
  node(text: string): string {
    let number = this.#known.get(text);
    if (number === undefined) {
      number = this.#nodes.length;
      this.#nodes.push(text);
      this.#known.set(text, number);
    }
    return `!${number}`;
  }

  /** A loop's own node, distinct from all others, which lists its properties. */
  loop(properties: readonly string[]): string {
    const references = properties.map((property) => this.node(property));
    const number = this.#nodes.length;
    this.#nodes.push(`distinct !{${[`!${number}`, ...references].join(", ")}}`);
    return `!${number}`;
  }

  /** The lines that define all nodes. */
  lines(): string[] {
    return this.#nodes.map((text, number) => `!${number} = ${text}`);
  }
}

/**
 * The properties in `#llvm.loop_annotation<unroll = <disable = true>, vectorize = <disable = true>>`, as metadata nodes; parts
 * that are not known here are left out, because loop properties are only hints.
 */
export function loopProperties(annotation: Attribute | undefined): readonly string[] {
  if (!(annotation instanceof OpaqueAttribute) || !annotation.body.startsWith("loop_annotation<")) return [];
  const text = annotation.body;
  const properties: string[] = [];
  const section = (name: string): string => new RegExp(`\\b${name} = <([^<>]*)>`).exec(text)?.[1] ?? "";
  const unroll = section("unroll");
  if (/\bdisable = true/.test(unroll)) properties.push('!{!"llvm.loop.unroll.disable"}');
  if (/\bfull = true/.test(unroll)) properties.push('!{!"llvm.loop.unroll.full"}');
  const count = /\bcount = (\d+)/.exec(unroll)?.[1];
  if (count !== undefined) properties.push(`!{!"llvm.loop.unroll.count", i32 ${count}}`);
  if (/\bdisable = true/.test(section("vectorize"))) properties.push('!{!"llvm.loop.vectorize.enable", i1 false}');
  if (/\bmustProgress = true/.test(text)) properties.push('!{!"llvm.loop.mustprogress"}');
  return properties;
}
