/** Types and attributes of dialects that are declared in IR: a name and parameters. */
import { Attribute, internAttribute, TypeAttribute } from "../../ir/attributes.ts";
import { DialectType, internType, type Type } from "../../ir/types.ts";

const bodyOf = (mnemonic: string, parameters: readonly Attribute[]) =>
  parameters.length === 0 ? mnemonic : `${mnemonic}<${parameters.join(", ")}>`;

/** `!cmath.complex<f32>`; a parameter that is a type is held as a type attribute. */
export class DynamicType extends DialectType {
  readonly mnemonic: string;
  readonly parameters: readonly Attribute[];

  private constructor(dialect: string, mnemonic: string, parameters: readonly Attribute[]) {
    super(dialect, bodyOf(mnemonic, parameters));
    this.mnemonic = mnemonic;
    this.parameters = parameters;
  }

  static get(dialect: string, mnemonic: string, parameters: readonly Attribute[]): DynamicType {
    const parts = parameters.flatMap((each): Type[] => (each instanceof TypeAttribute ? [each.type] : []));
    const make = () => new DynamicType(dialect, mnemonic, [...parameters]);
    return internType(`!${dialect}.${bodyOf(mnemonic, parameters)}`, DynamicType, make, parts);
  }
}

/** `#cmath.width<32 : i32>` */
export class DynamicAttribute extends Attribute {
  readonly text: string;
  readonly dialect: string;
  readonly mnemonic: string;
  readonly parameters: readonly Attribute[];

  private constructor(text: string, dialect: string, mnemonic: string, parameters: readonly Attribute[]) {
    super();
    this.text = text;
    this.dialect = dialect;
    this.mnemonic = mnemonic;
    this.parameters = parameters;
  }

  static get(dialect: string, mnemonic: string, parameters: readonly Attribute[]): DynamicAttribute {
    const text = `#${dialect}.${bodyOf(mnemonic, parameters)}`;
    const make = () => new DynamicAttribute(text, dialect, mnemonic, [...parameters]);
    return internAttribute(text, DynamicAttribute, make);
  }
}
