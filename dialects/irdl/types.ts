/** The types and attributes of the irdl dialect: handles of constraints and regions, and how often an operand may come. */
import { Attribute, internAttribute } from "../../ir/attributes.ts";
import { type AttributeConstraint, type TypeConstraint, typeOf } from "../../ir/constraints.ts";
import type { AttributeDefinition, TypeDefinition } from "../../ir/context.ts";
import { DialectType, internType } from "../../ir/types.ts";

/** `!irdl.attribute`: a constraint on an attribute, or on a type. */
export class ConstraintType extends DialectType {
  static readonly instance = internType("!irdl.attribute", ConstraintType, () => new ConstraintType());
  private constructor() {
    super("irdl", "attribute");
  }
}

/** `!irdl.region`: a constraint on a region. */
export class RegionConstraintType extends DialectType {
  static readonly instance = internType("!irdl.region", RegionConstraintType, () => new RegionConstraintType());
  private constructor() {
    super("irdl", "region");
  }
}

export const constraintHandle: TypeConstraint<ConstraintType> = {
  ...typeOf(ConstraintType, "a constraint"),
  only: ConstraintType.instance,
};
export const regionHandle: TypeConstraint<RegionConstraintType> = {
  ...typeOf(RegionConstraintType, "a constraint on a region"),
  only: RegionConstraintType.instance,
};

export const irdlTypes: readonly TypeDefinition[] = [
  { mnemonic: "attribute", doc: "A constraint on a type or an attribute.", parse: () => ConstraintType.instance },
  { mnemonic: "region", doc: "A constraint on a region.", parse: () => RegionConstraintType.instance },
];

export const variadicities = ["single", "optional", "variadic"] as const;
export type Variadicity = (typeof variadicities)[number];

/** `#irdl<variadicity_array[ single,  variadic]>`, with upstream's blanks. */
export class VariadicityArrayAttribute extends Attribute {
  readonly text: string;
  readonly words: readonly Variadicity[];

  private constructor(text: string, words: readonly Variadicity[]) {
    super();
    this.text = text;
    this.words = words;
  }

  static get(words: readonly Variadicity[]): VariadicityArrayAttribute {
    const text = `#irdl<variadicity_array[${words.map((word) => ` ${word}`).join(", ")}]>`;
    return internAttribute(text, VariadicityArrayAttribute, () => new VariadicityArrayAttribute(text, [...words]));
  }
}

export const variadicityAttribute: AttributeConstraint<readonly Variadicity[]> = {
  description: "a list of single, optional and variadic",
  decode: (attribute) => (attribute instanceof VariadicityArrayAttribute ? attribute.words : undefined),
  encode: (words) => VariadicityArrayAttribute.get(words),
};

const variadicityArray: AttributeDefinition = {
  mnemonic: "variadicity_array",
  doc: "How often each operand or result may come.",
  parse: (parser) => {
    const words: Variadicity[] = [];
    parser.delimited("[", "]", () => {
      const at = parser.offset;
      const text = parser.keyword(`one of ${variadicities.join(", ")}`);
      const word = variadicities.find((each) => each === text);
      if (word === undefined) throw parser.error(`expected one of ${variadicities.join(", ")}, found '${text}'`, at);
      words.push(word);
    });
    return VariadicityArrayAttribute.get(words);
  },
};

export const irdlAttributes: readonly AttributeDefinition[] = [variadicityArray];
