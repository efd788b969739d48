/**
 * The source of the stand-in for Objective-C, IOSurface and AppleNeuralEngine: C made of the same tables as the bindings. Per
 * message a function that takes the raw arguments, checks each (class, lifetime, nil, truth values), fails on request, and
 * calls the body in `bodies.c` or `framework.c`; the prototypes of the bodies are the table's, so that the two cannot come apart.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  cDeclaration,
  type ForeignFunction,
  type ForeignParameter,
  type ForeignTable,
} from "../../../runtime/ffi/foreign-table.ts";
import { messageParts, messageTable, runtimeTable, surfaceTable } from "../../../runtime/ffi/objc-signatures.ts";
import { buildLibrary, type StandIn } from "../generate.ts";

const beside = (...path: readonly string[]) => readFileSync(join(import.meta.dirname, ...path), "utf8");

const functionTable: ForeignTable = { ...runtimeTable, ...surfaceTable };
const messages = Object.entries(messageTable).map(([name, row]) => ({ name, row: row as ForeignFunction }));

/** `body_class_NSString_stringWithUTF8String_` */
function bodyName(message: string): string {
  const { isClassMethod, className, selector } = messageParts(message);
  return `body_${isClassMethod ? "class_" : ""}${className}_${selector.replaceAll(":", "_")}`;
}

function kindsOf(): string[] {
  const kinds = new Set(["NSObject", "Class"]);
  for (const row of [...Object.values(functionTable), ...messages.map((message) => message.row)]) {
    for (const { kind } of row.parameters) if (kind !== undefined) kinds.add(kind);
    if (row.returned !== undefined) kinds.add(row.returned.kind);
  }
  for (const { name } of messages) kinds.add(messageParts(name).className);
  return [...kinds];
}

/**
 * Whether a call can fail in the real world: one that makes something, can be refused, or reads memory that may not be there.
 * Asking an object for its number cannot.
 */
function isFallible({ returns, parameters }: ForeignFunction): boolean {
  if (parameters.some(({ ownership }) => ownership === "releases")) return false;
  if (returns === "bool") return parameters.some(({ type }) => type === "out-object");
  return returns === "object" || returns === "address" || returns === "string" || returns === "i32";
}

const infallible = new Set(["objc_retain", "objc_autoreleasePoolPush", "-[NSData bytes]", "-[NSNumber objCType]"]);
/** Truth values whose "no" is a refusal. */
const refusals = new Set([
  "-[_ANERequest validate]",
  "+[_ANEDeviceInfo hasANE]",
  "-[_ANEInMemoryModel compiledModelExists]",
]);

const fallible = (name: string, row: ForeignFunction) =>
  !infallible.has(name) && (isFallible(row) || refusals.has(name) || name === "IOSurfaceGetAllocSize");

function check(step: string, parameter: ForeignParameter, value: string): string[] {
  const { name, type, kind, nullable = false } = parameter;
  switch (type) {
    case "object":
      return [`check_reference("${step}", "${name}", ${value}, KIND_${kind}, ${nullable})`];
    case "out-object":
      return [`check_error_cell("${step}", ${value})`];
    case "bool":
      return [`check_bool("${step}", "${name}", ${value})`];
    case "string":
      return [`check_pointer("${step}", "${name}", ${value}, ${nullable})`];
    case "address":
      return name.endsWith("elector") ? [`check_selector("${step}", "${name}", ${value})`] : [];
    default:
      return [];
  }
}

const spellings: Partial<Record<ForeignParameter["type"], string>> = {
  "out-object": "(void **)(uintptr_t)",
  string: "(const char *)(uintptr_t)",
  bool: "(bool)(uint8_t)",
  i64: "(int64_t)",
  u64: "(uint64_t)",
  u32: "(uint32_t)",
};
const fromRaw = ({ type }: ForeignParameter, position: number) =>
  `${spellings[type] ?? "(void *)(uintptr_t)"}a[${position}]`;

/** Arguments as the bodies take them: references without their tags. */
const withoutTags = (parameters: readonly ForeignParameter[], values: readonly string[]) =>
  parameters.map(({ type }, position) => (type === "object" ? `untagged(${values[position]})` : values[position]!));

function prototypeOf(body: string, row: ForeignFunction): string {
  return `static ${cDeclaration(body, { ...row, symbol: body })};`;
}

function messagePrototype({ name, row }: (typeof messages)[number]): string {
  const [receiver, , ...rest] = row.parameters;
  const declared = prototypeOf(bodyName(name), { ...row, parameters: [receiver!, ...rest] });
  return declared.replace("void *receiver", "object *self");
}

/** What a call that fails on request gives; one with an error cell fills it, unless the status is zero. */
function failure({ returns, parameters }: ForeignFunction, values: readonly string[]): string {
  const errors = parameters.findIndex(({ type }) => type === "out-object");
  if (returns === "i32") return "return fault";
  if (errors < 0) return "return 0";
  return `return fault == NO_ERROR ? 0 : refuse(${values[errors]}, fault, "a fault on request")`;
}

function messageCall({ name, row }: (typeof messages)[number], position: number): string {
  const parameters = row.parameters.slice(2);
  const values = parameters.map(fromRaw);
  const checks = parameters.flatMap((parameter, index) => check(name, parameter, values[index]!));
  const call = `${bodyName(name)}(${["self", ...withoutTags(parameters, values)].join(", ")})`;
  const lines = ["  (void)a;"];
  if (fallible(name, row)) lines.push(`  int32_t fault = enter("${name}");`);
  else lines.push(`  count_call("${name}");`);
  if (checks.length > 0) lines.push(`  if (!(${checks.join(" & ")})) return 0;`);
  if (fallible(name, row)) lines.push(`  if (fault != 0) ${failure({ ...row, parameters }, values)};`);
  if (row.returns === "void") lines.push(`  ${call};`, "  return 0;");
  else if (row.returns === "object") lines.push(`  return tagged(${call});`);
  else
    lines.push(
      /^(address|string)$/.test(row.returns) ? `  return (uint64_t)(uintptr_t)${call};` : `  return (uint64_t)${call};`,
    );
  return `static uint64_t call_${position}(object *self, const uint64_t *a) {\n${lines.join("\n")}\n}`;
}

function functionEntry(name: string, row: ForeignFunction): string {
  const values = row.parameters.map((parameter) => parameter.name);
  const checks = row.parameters.flatMap((parameter, index) => check(name, parameter, values[index]!));
  const lines = fallible(name, row) ? [`  int32_t fault = enter("${name}");`] : [`  count_call("${name}");`];
  const nothing = row.returns === "void" ? "return" : row.returns === "i32" ? "return -1" : "return 0";
  if (checks.length > 0) lines.push(`  if (!(${checks.join(" & ")})) ${nothing};`);
  // An unlock that reports a failure has still happened: a surface must not stay locked for ever.
  if (name === "IOSurfaceUnlock") lines.push(`  if (fault != 0) { body_${name}(${values.join(", ")}); return fault; }`);
  else if (fallible(name, row)) lines.push(`  if (fault != 0) ${failure(row, values)};`);
  const call = `body_${name}(${withoutTags(row.parameters, values).join(", ")})`;
  if (row.returns === "object") lines.push(`  return (void *)(uintptr_t)tagged(${call});`);
  else lines.push(row.returns === "void" ? `  ${call};` : `  return ${call};`);
  return `EXPORT ${cDeclaration(name, row)} {\n${lines.join("\n")}\n}`;
}

const dispatcher = `
/* A star at the end hides all that begin so. */
static bool is_hidden(const char *selector) {
  size_t length = strlen(hidden);
  if (length > 0 && hidden[length - 1] == '*') return strncmp(selector, hidden, length - 1) == 0;
  return strcmp(selector, hidden) == 0;
}

static bool responds(bool is_class, uint32_t class, const char *selector) {
  if (is_hidden(selector)) return false;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].is_class == is_class && (rows[i].class == class || rows[i].class == KIND_NSObject) && strcmp(rows[i].selector, selector) == 0) return true;
  return false;
}

EXPORT uint64_t objc_msgSend(void *receiver, const char *selector, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7) {
  if (known_selector(selector) == NULL) { violate("objc_msgSend", "the selector", "is not registered"); return 0; }
  if (receiver == NULL) { violate("objc_msgSend", selector, "is sent to nil"); return 0; }
  if (!check_reference("objc_msgSend", selector, receiver, KIND_NSObject, false)) return 0;
  object *self = untagged(receiver);
  bool is_class = self->kind == KIND_Class;
  uint32_t class = is_class ? (uint32_t)DATA(self)->number : self->kind;
  /* What the framework autoreleases would leak without a pool, and nothing would say so. */
  if (pools.depth == 0 && strncmp(kind_names[class], "_ANE", 4) == 0) violate(kind_names[class], selector, "is sent outside of any pool");
  const uint64_t arguments[] = { a0, a1, a2, a3, a4, a5, a6, a7 };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool of_class = rows[i].class == class && rows[i].is_class == is_class;
    bool of_all = rows[i].class == KIND_NSObject && (rows[i].is_class ? is_class : true);
    if ((of_class || of_all) && strcmp(rows[i].selector, selector) == 0) {
      if (is_hidden(selector)) break;
      return rows[i].call(self, arguments);
    }
  }
  char problem[512];
  snprintf(problem, sizeof problem, "is sent to a %s, which does not know it: an exception", kind_names[class]);
  violate("objc_msgSend", selector, problem);
  return 0;
}`;

/** The whole C source. */
export function objcSource(): string {
  const kinds = kindsOf();
  const rows = messages.map(({ name }, position) => {
    const { isClassMethod, className, selector } = messageParts(name);
    return `  { ${isClassMethod}, KIND_${className}, "${selector}", call_${position} },`;
  });
  return [
    "/* Made from the signature tables; see generate.ts. */",
    ...kinds.map((kind, position) => `#define KIND_${kind} ${position}`),
    `#define KIND_COUNT ${kinds.length}`,
    "#define NO_ERROR -1",
    `static const char *const kind_names[] = {${kinds.map((kind) => `"${kind}"`).join(", ")}};`,
    beside("..", "objects.h"),
    beside("world.h"),
    ...messages.map(messagePrototype),
    ...Object.entries(functionTable).map(([name, row]) => prototypeOf(`body_${name}`, row)),
    beside("bodies.c"),
    beside("framework.c"),
    ...messages.map(messageCall),
    "static const struct { bool is_class; uint32_t class; const char *selector; uint64_t (*call)(object *, const uint64_t *); } rows[] = {",
    ...rows,
    "};",
    dispatcher,
    ...Object.entries(functionTable).map(([name, row]) => functionEntry(name, row)),
  ].join("\n");
}

/** Builds the library with `cc`, once per source text. */
export function buildObjcStandIn(): StandIn {
  return buildLibrary("objc", objcSource());
}
