/**
 * Protobuf messages from one table: every message, field, type and number that a format has. The codec (protobufjs) and the
 * TypeScript types of the messages both come from the table, so that neither can say something else than the other.
 */
import { type Message, Reader, Root, Type } from "protobufjs/light";

/**
 * Messages to fields to declarations as in a .proto file: rule, type, number, and `packed` where proto2 needs to be told. A map is
 * spelled as it is encoded, as repeated entries with `key = 1` and `value = 2`, which keeps the order of the file.
 */
export type MessageSchema = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface ScalarTypes {
  string: string;
  bytes: Uint8Array;
  bool: boolean;
  float: number;
  double: number;
  int32: number;
  int64: bigint;
  uint64: bigint;
}

type DeclaredType<Declaration> = Declaration extends `${"optional" | "repeated"} ${infer Name} = ${string}`
  ? Name
  : never;
type ReadValue<Schema, Name> = Name extends keyof ScalarTypes
  ? ScalarTypes[Name]
  : Name extends keyof Schema
    ? Wire<Schema, Name>
    : never;
type WriteValue<Schema, Name> = Name extends keyof ScalarTypes
  ? ScalarTypes[Name]
  : Name extends keyof Schema
    ? WireInput<Schema, Name>
    : never;
type RepeatedFields<Fields> = {
  [Field in keyof Fields]: Fields[Field] extends `repeated ${string}` ? Field : never;
}[keyof Fields];

/** A decoded message: repeated fields are arrays (empty when absent), other fields are absent when not in the file. */
export type Wire<Schema, Name extends keyof Schema> = {
  readonly [Field in RepeatedFields<Schema[Name]>]: readonly ReadValue<Schema, DeclaredType<Schema[Name][Field]>>[];
} & {
  readonly [Field in Exclude<keyof Schema[Name], RepeatedFields<Schema[Name]>>]?: ReadValue<
    Schema,
    DeclaredType<Schema[Name][Field]>
  >;
};

/** A message to encode: every field may be left out. */
export type WireInput<Schema, Name extends keyof Schema> = {
  readonly [Field in keyof Schema[Name]]?:
    | (Field extends RepeatedFields<Schema[Name]>
        ? readonly WriteValue<Schema, DeclaredType<Schema[Name][Field]>>[]
        : WriteValue<Schema, DeclaredType<Schema[Name][Field]>>)
    | undefined;
};

export interface MessageTableOptions {
  /**
   * What a field means by default: in `proto2`, repeated numbers are not packed, and text is taken as it comes; in `2023`, which
   * encodes as proto3 does, they are packed, and text that is not UTF-8 is refused. In both, a written zero differs from none.
   */
  readonly edition: "proto2" | "2023";
  /** Fields that the table does not have: skipped, as protobuf does, or an error that names the message and the number. */
  readonly unknownFields: "skip" | "refuse";
}

const declarationPattern = /^(optional|repeated) (\w+) = (\d+)( packed)?$/;

/** The codec of a schema. Built on first use, so that importing a table costs nothing. */
export class MessageTable<const Schema extends MessageSchema> {
  readonly #schema: Schema;
  readonly #options: MessageTableOptions;
  #root: Root | undefined;

  constructor(schema: Schema, options: MessageTableOptions) {
    this.#schema = schema;
    this.#options = options;
  }

  /**
   * Decodes one message. `bytes` fields are views of `bytes`. Throws an `Error` (RangeError and others) that says what is
   * wrong with the encoding: a length that runs past the end, a bad tag, a known field encoded as another type.
   */
  decode<Name extends keyof Schema & string>(name: Name, bytes: Uint8Array): Wire<Schema, Name> {
    const type = this.#messageType(name);
    // A plain Uint8Array, not a Buffer, so that what leaves here is plain too.
    const reader = Reader.create(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    reader.discardUnknown = false;
    const message = type.decode(reader);
    this.#checkFields(message, type);
    const plain: { [field: string]: unknown } = type.toObject(message, { longs: BigInt, arrays: true });
    return plain as Wire<Schema, Name>;
  }

  /** Encodes one message; fields are written in the order of their numbers. */
  encode<Name extends keyof Schema & string>(name: Name, message: WireInput<Schema, Name>): Uint8Array {
    const type = this.#messageType(name);
    const encoded = type.encode(writable(message, type)).finish();
    return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  }

  #messageType(name: string): Type {
    const { edition } = this.#options;
    this.#root ??= Root.fromJSON({
      nested: Object.fromEntries(
        Object.entries(this.#schema).map(([message, fields]) => [
          message,
          {
            edition,
            fields: Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, fieldDeclaration(text)])),
          },
        ]),
      ),
    });
    return this.#root.lookupType(name);
  }

  /**
   * The codec treats a known field with another wire type as unknown and skips it. That is damage, and a model that lacks the
   * field would be a different model.
   */
  #checkFields(message: Message, type: Type): void {
    const unknowns: unknown = Reflect.get(message, "$unknowns");
    if (Array.isArray(unknowns)) {
      for (const raw of unknowns) {
        const number = raw instanceof Uint8Array ? fieldNumber(raw) : undefined;
        const field = number === undefined ? undefined : type.fieldsById[number];
        if (field !== undefined) throw new Error(`field ${type.name}.${field.name} is not encoded as ${field.type}`);
        if (this.#options.unknownFields === "refuse") throw new Error(`${type.name} has the unknown field ${number}`);
      }
    }
    for (const field of type.fieldsArray) {
      if (!(field.resolvedType instanceof Type) || !Object.hasOwn(message, field.name)) continue;
      const value: unknown = Reflect.get(message, field.name);
      const children: readonly Message[] = Array.isArray(value) ? value : [value];
      for (const child of children) this.#checkFields(child, field.resolvedType);
    }
  }
}

function fieldDeclaration(text: string) {
  const [, rule, type, id, packed] = declarationPattern.exec(text) ?? [];
  if (rule === undefined || type === undefined) throw new Error(`schema: cannot read the declaration "${text}"`);
  const options = packed === undefined ? {} : { options: { packed: true } };
  return { ...(rule === "repeated" ? { rule } : {}), type, id: Number(id), ...options };
}

function fieldNumber(raw: Uint8Array): number {
  return Reader.create(raw).uint32() >>> 3;
}

/** The codec writes 64-bit integers from `{low, high}` pairs, not from bigint. */
function writable(message: object, type: Type): { [field: string]: unknown } {
  const result: { [field: string]: unknown } = {};
  for (const [name, value] of Object.entries(message)) {
    const field = type.fields[name];
    if (field === undefined || value === undefined) continue;
    const convert = (item: unknown): unknown => {
      if (typeof item === "bigint") return longPair(item, field.type === "uint64");
      if (field.resolvedType instanceof Type && typeof item === "object" && item !== null)
        return writable(item, field.resolvedType);
      return item;
    };
    result[name] = Array.isArray(value) ? value.map(convert) : convert(value);
  }
  return result;
}

function longPair(value: bigint, unsigned: boolean) {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned };
}
