/** A small dialect with one op per feature of the text form, for the tests of parser, printer and assembly formats. */
import { IntegerAttribute, StringAttribute } from "../attributes.ts";
import {
  anyAttribute,
  anyTensor,
  anyType,
  dialectEnumAttribute,
  enumAttribute,
  exactly,
  f32Attribute,
  functionTypeAttribute,
  i64ArrayAttribute,
  i64Attribute,
  stringAttribute,
  symbolAttribute,
  tensorOf,
  typeAttribute,
  typeVariable,
  unitAttribute,
} from "../constraints.ts";
import { Context, type ContextOptions, dialect } from "../context.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  region,
  result,
  successor,
  variadicOperand,
  variadicRegion,
  variadicResult,
  variadicSuccessor,
} from "../declaration.ts";
import type { CustomFormat } from "../format.ts";
import { DialectType, i32, index, internType, TensorType, type Type } from "../types.ts";

const T = typeVariable("T", anyType);

const moduleFormat: CustomFormat = {
  parse: (parser) => {
    const name = parser.parseOptionalSymbolName();
    const attributes = parser.attributeDictionaryWithKeyword();
    const properties = name === undefined ? [] : [["sym_name", StringAttribute.get(name)] as const];
    return { properties, attributes, regions: [parser.parseRegion({ ensureBlock: true })] };
  },
  print: (operation, printer) => {
    const name = operation.attribute("sym_name");
    if (name instanceof StringAttribute) {
      printer.write(" ");
      printer.symbolName(name.value);
    }
    printer.attributeDictionaryWithKeyword(operation, ["sym_name"]);
    printer.write(" ");
    printer.region(operation.regions[0]!, { printEntryArguments: false });
  },
};

export const testModule = op(
  "builtin.module",
  { sym_name: optionalAttribute(stringAttribute), body: region() },
  {
    doc: "A module.",
    traits: ["IsolatedFromAbove", "SymbolTable", "NoTerminator"],
    format: moduleFormat,
    defaultDialect: "builtin",
  },
);

/** `test.for %i = %low to %high {…}`: an op whose syntax names the arguments of its region. */
const loopFormat: CustomFormat = {
  parse: (parser) => {
    const at = parser.offset;
    const { name } = parser.parseOperand();
    parser.expect("=");
    const low = parser.parseOperand();
    parser.expectKeyword("to");
    const high = parser.parseOperand();
    const operands = [parser.resolve(low, index), parser.resolve(high, index)];
    const argument = { name, type: index, location: parser.location(at), offset: at };
    const body = parser.parseRegion({ arguments: [argument], implicitTerminator: "test.yield" });
    return { operands, regions: [body], attributes: parser.attributeDictionary() };
  },
  print: (operation, printer) => {
    const body = operation.regions[0]!;
    printer.write(" ");
    printer.operand(body.entry!.arguments[0]!);
    printer.write(" = ");
    printer.operand(operation.operand(0));
    printer.write(" to ");
    printer.operand(operation.operand(1));
    printer.write(" ");
    printer.region(body, { printEntryArguments: false, printTerminator: false });
    printer.attributeDictionary(operation);
  },
};

/** `!test.box<type>` */
export class BoxType extends DialectType {
  readonly content: Type;
  private constructor(content: Type) {
    super("test", `box<${content}>`);
    this.content = content;
  }
  static get(content: Type): BoxType {
    return internType(`!test.box<${content}>`, BoxType, () => new BoxType(content));
  }
}

const ops = [
  op(
    "test.func",
    { sym_name: attribute(stringAttribute), function_type: attribute(functionTypeAttribute), body: region() },
    {
      doc: "A function.",
      traits: ["IsolatedFromAbove", "Symbol"],
      format: "$sym_name `:` $function_type attr-dict-with-keyword $body",
      defaultDialect: "test",
    },
  ),
  op(
    "test.return",
    { inputs: variadicOperand(anyType) },
    {
      doc: "Ends a function.",
      traits: ["Terminator"],
      format: "attr-dict ($inputs^ `:` type($inputs))?",
    },
  ),
  op(
    "test.for",
    { low: operand(exactly(index)), high: operand(exactly(index)), body: region() },
    {
      doc: "A loop.",
      format: loopFormat,
    },
  ),
  op("test.yield", {}, { doc: "Ends a loop.", traits: ["Terminator"], format: "attr-dict" }),
  op("test.generic_only", { input: operand(anyType) }, { doc: "Has no custom form." }),
  op(
    "test.constant",
    { value: attribute(anyAttribute), output: result(anyType) },
    {
      doc: "A constant.",
      traits: ["ConstantLike"],
      format: "attr-dict $value `->` type($output)",
    },
  ),
  op(
    "test.add",
    { lhs: operand(T), rhs: operand(T), output: result(T) },
    {
      doc: "The type is a variable.",
      format: "$lhs `,` $rhs attr-dict `:` type($output)",
    },
  ),
  op(
    "test.same",
    { lhs: operand(anyType), rhs: operand(anyType), output: result(anyType) },
    {
      doc: "All types are the same.",
      traits: ["SameOperandsAndResultType"],
      format: "$lhs `,` $rhs attr-dict `:` type($lhs)",
    },
  ),
  op(
    "test.index_add",
    { lhs: operand(exactly(index)), rhs: operand(exactly(index)), output: result(exactly(index)) },
    {
      doc: "All types are fixed.",
      format: "operands attr-dict",
    },
  ),
  op(
    "test.cast",
    { input: operand(anyType), output: result(anyType) },
    {
      doc: "Two types.",
      format: "$input attr-dict `:` type($input) `to` type($output)",
    },
  ),
  op(
    "test.transpose",
    { input: operand(anyTensor), permutation: attribute(i64ArrayAttribute), output: result(anyTensor) },
    {
      doc: "The result type is inferred from operand and attribute.",
      format: "$input `,` $permutation attr-dict `:` type($input)",
      infer: ({ input, permutation }) => {
        if (permutation.length !== input.type.rank) throw new Error("permutes another number of axes than there are");
        return TensorType.get(
          permutation.map((axis) => input.type.shape[axis]!),
          input.type.element,
        );
      },
    },
  ),
  op(
    "test.call",
    { callee: attribute(symbolAttribute), inputs: variadicOperand(anyType), outputs: variadicResult(anyType) },
    {
      doc: "A call.",
      format: "$callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)",
    },
  ),
  op(
    "test.attributes",
    {
      mode: attribute(enumAttribute(["fast", "slow"])),
      count: attribute(i64Attribute),
      scale: optionalAttribute(f32Attribute),
      exact: optionalAttribute(unitAttribute),
      of: optionalAttribute(typeAttribute),
      flags: defaultAttribute(dialectEnumAttribute("test", "flags", ["none", "all"]), "none"),
      label: optionalAttribute(stringAttribute),
    },
    {
      doc: "One attribute of each spelling.",
      format:
        "$mode $count (`scale` `(` $scale^ `)`)? (`exact` $exact^)? (`of` $of^)? (`flags` `` $flags^)? (`label` $label^)? attr-dict",
    },
  ),
  op(
    "test.unit",
    { strict: optionalAttribute(unitAttribute) },
    {
      doc: "A unit attribute that is written by its own name.",
      format: "($strict^)? attr-dict",
    },
  ),
  op(
    "test.segments",
    { first: variadicOperand(anyType), second: optionalOperand(anyType), third: variadicOperand(anyType) },
    {
      doc: "Several groups of operands.",
      format:
        "`(` $first `)` (`second` $second^ `:` type($second))? (`[` $third^ `]` `:` type($third)) : (`none`)? attr-dict `:` type($first)",
    },
  ),
  op(
    "test.if",
    { condition: operand(tensorOf(anyType, 0)), yes: region(), no: region() },
    {
      doc: "Two regions.",
      format: "$condition attr-dict `:` type($condition) $yes `else` $no",
    },
  ),
  op(
    "test.cases",
    { bodies: variadicRegion() },
    { doc: "Several regions.", format: "attr-dict-with-keyword ($bodies^)?" },
  ),
  op("test.jump", { target: successor() }, { doc: "A branch.", traits: ["Terminator"], format: "$target attr-dict" }),
  op(
    "test.choose",
    { key: operand(exactly(i32)), targets: variadicSuccessor() },
    {
      doc: "Several branches.",
      traits: ["Terminator"],
      format: "$key `[` $targets `]` attr-dict",
    },
  ),
  op(
    "test.box",
    { input: operand(anyType), output: result(anyType) },
    {
      doc: "A value of a dialect type.",
      format: "$input attr-dict `:` type($input) `->` qualified(type($output))",
    },
  ),
];

export const testDialect = dialect("test", {
  doc: "Ops for tests.",
  ops,
  types: [
    {
      mnemonic: "box",
      doc: "A box.",
      parse: (parser) => {
        parser.expect("<");
        const content = parser.parseType();
        parser.expect(">");
        return BoxType.get(content);
      },
    },
  ],
  attributes: [
    {
      mnemonic: "number",
      doc: "An integer in brackets.",
      parse: (parser) => {
        parser.expect("<");
        const value = parser.parseInteger();
        parser.expect(">");
        return IntegerAttribute.get(value);
      },
    },
  ],
});

export function testContext(options: ContextOptions = {}): Context {
  return new Context([dialect("builtin", { doc: "The module.", ops: [testModule] }), testDialect], options);
}
