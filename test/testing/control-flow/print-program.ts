/**
 * Prints random programs: statements become ops on whatever values are available where they stand, so that every tree of
 * statements is a right program that ends.
 */
import {
  type Body,
  bufferSize,
  type ControlKind,
  type FunctionDraft,
  type Pick,
  type Statement,
} from "./statements.ts";

/** A module of the helpers and `@main`. */
export function printProgram(helpers: readonly FunctionDraft[], main: FunctionDraft): string {
  const parts = ["func.func private @observe(i32)"];
  for (const [position, helper] of helpers.entries()) {
    const visibility = helper.isPrivate ? "private " : "";
    parts.push(printFunction(`${visibility}@f${position}`, helper, position, helpers.length));
  }
  parts.push(printFunction("@main", { ...main, isPrivate: false }, helpers.length, helpers.length));
  return `${parts.join("\n")}\n`;
}

function printFunction(name: string, draft: FunctionDraft, position: number, count: number): string {
  const emitter = new Emitter(position, count);
  emitter.start();
  emitter.body(draft.body);
  emitter.loadAll();
  const [a, b] = [emitter.number(draft.results[0]), emitter.number(draft.results[1])];
  emitter.line(`return ${a}, ${b} : i32, i32`);
  return `func.func ${name}(%fuel: i32, %b: i32, %buffer: memref<${bufferSize}xi32>) -> (i32, i32) {\n${emitter.lines.join("\n")}\n}`;
}

/** What a statement may use. */
interface Scope {
  readonly numbers: readonly string[];
  readonly truths: readonly string[];
  readonly slots: readonly string[];
}

/** Prints statements; names are numbered through the function. */
class Emitter {
  readonly lines: string[] = [];
  readonly #function: number;
  readonly #functionCount: number;
  #numbers: string[] = ["%fuel", "%b"];
  #truths: string[] = [];
  #slots: string[] = [];
  #next = 0;
  /** Inside a region that takes one block only. */
  #isSingleBlock = false;

  constructor(position: number, count: number) {
    this.#function = position;
    this.#functionCount = count;
  }

  line(text: string): void {
    this.lines.push(`  ${text}`);
  }

  #name(): string {
    return `%v${this.#next++}`;
  }

  #label(): string {
    return `^b${this.#next++}`;
  }

  number(at: Pick): string {
    return this.#numbers[this.#numbers.length - 1 - (at % this.#numbers.length)]!;
  }

  #truth(at: Pick): string {
    if (this.#truths.length === 0)
      return this.#define("truths", `arith.cmpi slt, ${this.number(at)}, ${this.number(at + 1)} : i32`);
    return this.#truths[this.#truths.length - 1 - (at % this.#truths.length)]!;
  }

  #define(kind: "numbers" | "truths" | "hidden", text: string): string {
    const name = this.#name();
    this.line(`${name} = ${text}`);
    if (kind === "numbers") this.#numbers.push(name);
    else if (kind === "truths") this.#truths.push(name);
    return name;
  }

  #constant(value: number, type = "i32"): string {
    return this.#define("hidden", `arith.constant ${value} : ${type}`);
  }

  #scope(): Scope {
    return { numbers: [...this.#numbers], truths: [...this.#truths], slots: [...this.#slots] };
  }

  #restore({ numbers, truths, slots }: Scope): void {
    this.#numbers = [...numbers];
    this.#truths = [...truths];
    this.#slots = [...slots];
  }

  /** Runs `print` with what is available now (and `more`); afterwards that is available again. */
  #inside<R>(print: () => R, more: readonly string[] = []): R {
    const scope = this.#scope();
    this.#numbers.push(...more);
    const made = print();
    this.#restore(scope);
    return made;
  }

  /** The same in a region that has one block. */
  #region<R>(print: () => R, more: readonly string[] = []): R {
    const before = this.#isSingleBlock;
    this.#isSingleBlock = true;
    const made = this.#inside(print, more);
    this.#isSingleBlock = before;
    return made;
  }

  /** Two variables that all of the function may use. */
  start(): void {
    this.#statement({ kind: "slot", initial: 0 });
    this.#statement({ kind: "slot", initial: 1 });
  }

  /** What the variables hold at the end: the latest numbers, so that it is mostly returned. */
  loadAll(): void {
    for (const slot of this.#slots.keys()) this.#statement({ kind: "load", slot });
  }

  body(body: Body): void {
    for (const statement of body) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case "constant":
        this.#define("numbers", `arith.constant ${statement.value} : i32`);
        return;
      case "binary":
        this.#define(
          "numbers",
          `arith.${statement.mnemonic} ${this.number(statement.a)}, ${this.number(statement.b)} : i32`,
        );
        return;
      case "divide":
        this.#divide(statement);
        return;
      case "compare":
        this.#define(
          "truths",
          `arith.cmpi ${statement.predicate}, ${this.number(statement.a)}, ${this.number(statement.b)} : i32`,
        );
        return;
      case "test": {
        const bound = this.#constant(statement.bound);
        this.#define("truths", `arith.cmpi ${statement.predicate}, ${this.number(statement.a)}, ${bound} : i32`);
        return;
      }
      case "select":
        this.#define(
          "numbers",
          `arith.select ${this.#truth(statement.c)}, ${this.number(statement.a)}, ${this.number(statement.b)} : i32`,
        );
        return;
      case "widen": {
        const cast = statement.isSigned ? "extsi" : "extui";
        this.#define("numbers", `arith.${cast} ${this.#truth(statement.a)} : i1 to i32`);
        return;
      }
      case "slot": {
        const slot = this.#define("hidden", "memref.alloca() : memref<i32>");
        this.line(`memref.store ${this.number(statement.initial)}, ${slot}[] : memref<i32>`);
        this.#slots.push(slot);
        return;
      }
      case "load": {
        const slot = this.#slots.at(-1 - (statement.slot % Math.max(1, this.#slots.length)));
        if (slot !== undefined) this.#define("numbers", `memref.load ${slot}[] : memref<i32>`);
        return;
      }
      case "store": {
        const slot = this.#slots.at(-1 - (statement.slot % Math.max(1, this.#slots.length)));
        if (slot !== undefined) this.line(`memref.store ${this.number(statement.value)}, ${slot}[] : memref<i32>`);
        return;
      }
      case "read": {
        const index = statement.isConstant
          ? this.#constant(statement.index % bufferSize, "index")
          : this.#index(statement.index);
        this.#define("numbers", `memref.load %buffer[${index}] : memref<${bufferSize}xi32>`);
        return;
      }
      case "write": {
        const index = this.#index(statement.index);
        this.line(`memref.store ${this.number(statement.value)}, %buffer[${index}] : memref<${bufferSize}xi32>`);
        return;
      }
      case "update": {
        const index = this.#constant(statement.index % bufferSize, "index");
        const value = this.number(statement.value);
        const old = this.#define("numbers", `memref.load %buffer[${index}] : memref<${bufferSize}xi32>`);
        const sum = this.#define("hidden", `arith.addi ${old}, ${value} : i32`);
        this.line(`memref.store ${sum}, %buffer[${index}] : memref<${bufferSize}xi32>`);
        return;
      }
      case "guarded":
        this.#guarded(statement.a, statement.b, statement.isRead);
        return;
      case "observe":
        this.line(`func.call @observe(${this.number(statement.a)}) : (i32) -> ()`);
        return;
      case "call":
        this.#call(statement.callee, statement.b);
        return;
      default:
        this.#control(statement);
    }
  }

  #control(statement: Extract<Statement, { readonly kind: ControlKind }>): void {
    switch (statement.kind) {
      case "if":
        this.#if(statement.c, statement.results, statement.taken, statement.otherwise);
        return;
      case "for":
        this.#for(statement.trips, statement.bound, statement.carried, statement.body);
        return;
      case "while":
        this.#while(statement.trips, statement.carried, statement.body);
        return;
      case "switch":
        this.#switch(statement.a, statement.arms);
        return;
      case "execute":
        this.#execute(statement.c, statement.body);
        return;
      case "branch":
        if (this.#isSingleBlock) this.#if(statement.c, 1, statement.taken, statement.otherwise);
        else this.#branch(statement.c, statement.a, statement.taken, statement.otherwise);
        return;
      case "table":
        if (this.#isSingleBlock) this.#switch(statement.a, statement.arms);
        else this.#table(statement.a, statement.arms);
        return;
      case "loop":
        if (this.#isSingleBlock) this.#while(statement.trips, statement.a, statement.body);
        else this.#loop(statement.trips, statement.a, statement.body);
        return;
      case "irreducible":
        if (this.#isSingleBlock) this.body(statement.left);
        else this.#irreducible(statement.c, statement.trips, statement.a, statement.left, statement.right);
        return;
      case "unreachable":
        if (!this.#isSingleBlock) this.#unreachable(statement.a, statement.body);
        return;
    }
  }

  /** A divisor that is not zero: a constant, a number with its lowest bit set, or tested before. */
  #divide({ mnemonic, a, b, guard }: Extract<Statement, { readonly kind: "divide" }>): void {
    const dividend = this.number(a);
    const one = this.#constant(1);
    // Positive divisors, so that the least number is never divided by -1.
    const divisor = (from: string) => this.#define("hidden", `arith.andi ${from}, ${this.#constant(1023)} : i32`);
    if (guard === 0) {
      this.#define("numbers", `arith.${mnemonic} ${dividend}, ${this.#constant((b % 7) + 1)} : i32`);
    } else if (guard === 1) {
      const odd = this.#define("hidden", `arith.ori ${divisor(this.number(b))}, ${one} : i32`);
      this.#define("numbers", `arith.${mnemonic} ${dividend}, ${odd} : i32`);
    } else {
      const number = divisor(this.number(b));
      const test = this.#define("hidden", `arith.cmpi ne, ${number}, ${this.#constant(0)} : i32`);
      const name = this.#name();
      const quotient = this.#name();
      this.line(`${name} = scf.if ${test} -> (i32) {`);
      this.line(`  ${quotient} = arith.${mnemonic} ${dividend}, ${number} : i32`);
      this.line(`  scf.yield ${quotient} : i32`);
      this.line("} else {");
      this.line(`  scf.yield ${one} : i32`);
      this.line("}");
      this.#numbers.push(name);
    }
  }

  /** A loop of n turns that divides by n, or reads the element before n: right only because it may have no turns. */
  #guarded(a: Pick, b: Pick, isRead: boolean): void {
    const start = this.number(a);
    const turns = this.#define("hidden", `arith.andi ${this.number(b)}, ${this.#constant(3)} : i32`);
    const upper = this.#define("hidden", `arith.index_cast ${turns} : i32 to index`);
    const [zero, one] = [this.#constant(0, "index"), this.#constant(1, "index")];
    const [result, counter, carried, before, found, next] = Array.from({ length: 6 }, () => this.#name());
    this.line(
      `${result} = scf.for ${counter} = ${zero} to ${upper} step ${one} iter_args(${carried} = ${start}) -> (i32) {`,
    );
    if (isRead) {
      this.line(`${before} = arith.subi ${upper}, ${one} : index`);
      this.line(`${found} = memref.load %buffer[${before}] : memref<${bufferSize}xi32>`);
    } else this.line(`${found} = arith.divsi ${start}, ${turns} : i32`);
    this.line(`${next} = arith.addi ${carried}, ${found} : i32`);
    this.#yield([next!]);
    this.line("}");
    this.#numbers.push(result!);
  }

  /** An index inside the buffer. */
  #index(at: Pick): string {
    const masked = this.#define("hidden", `arith.andi ${this.number(at)}, ${this.#constant(bufferSize - 1)} : i32`);
    return this.#define("hidden", `arith.index_cast ${masked} : i32 to index`);
  }

  /** Calls go to functions before this one with the same fuel; to this one and later ones with less, while there is some. */
  #call(callee: number, b: Pick): void {
    if (this.#functionCount === 0) return;
    const target = callee % this.#functionCount;
    const type = `(i32, i32, memref<${bufferSize}xi32>) -> (i32, i32)`;
    const results = this.#name();
    if (target < this.#function) {
      const fuel = this.#define("hidden", `arith.minsi %fuel, ${this.#constant(2)} : i32`);
      this.line(`${results}:2 = func.call @f${target}(${fuel}, ${this.number(b)}, %buffer) : ${type}`);
    } else {
      const limited = this.#define("hidden", `arith.minsi %fuel, ${this.#constant(2)} : i32`);
      const fuel = this.#define("hidden", `arith.subi ${limited}, ${this.#constant(1)} : i32`);
      const test = this.#define("hidden", `arith.cmpi sgt, ${limited}, ${this.#constant(0)} : i32`);
      const given = this.number(b);
      const inner = this.#name();
      this.line(`${results}:2 = scf.if ${test} -> (i32, i32) {`);
      this.line(`  ${inner}:2 = func.call @f${target}(${fuel}, ${given}, %buffer) : ${type}`);
      this.line(`  scf.yield ${inner}#0, ${inner}#1 : i32, i32`);
      this.line("} else {");
      this.line(`  scf.yield ${given}, ${fuel} : i32, i32`);
      this.line("}");
    }
    this.#numbers.push(`${results}#0`, `${results}#1`);
  }

  #yield(values: readonly string[]): void {
    this.line(
      values.length === 0 ? "scf.yield" : `scf.yield ${values.join(", ")} : ${values.map(() => "i32").join(", ")}`,
    );
  }

  #types(count: number): string {
    return count === 0 ? "" : ` -> (${Array.from({ length: count }, () => "i32").join(", ")})`;
  }

  /** The names of a result list: `%v`, or `%v:2` with `%v#0` and `%v#1`. */
  #results(count: number): { readonly text: string; readonly names: readonly string[] } {
    if (count === 0) return { text: "", names: [] };
    const name = this.#name();
    if (count === 1) return { text: `${name} = `, names: [name] };
    return { text: `${name}:${count} = `, names: Array.from({ length: count }, (_each, at) => `${name}#${at}`) };
  }

  #if(c: Pick, count: number, then: Body, otherwise: Body): void {
    const condition = this.#truth(c);
    const results = this.#results(count);
    const arm = (body: Body) =>
      this.#region(() => {
        this.body(body);
        this.#yield(Array.from({ length: count }, (_each, at) => this.number(at)));
      });
    this.line(`${results.text}scf.if ${condition}${this.#types(count)} {`);
    arm(then);
    if (count > 0 || otherwise.length > 0) {
      this.line("} else {");
      arm(otherwise);
    }
    this.line("}");
    this.#numbers.push(...results.names);
  }

  #for(trips: number, bound: Pick, carried: readonly Pick[], body: Body): void {
    const [zero, one] = [this.#constant(0, "index"), this.#constant((bound % 3) + 1, "index")];
    // Every third loop counts to a number that is not known.
    const upper = bound % 3 === 0 ? this.#index(bound) : this.#constant(trips, "index");
    const starts = carried.map((at) => this.number(at));
    const args = starts.map(() => this.#name());
    const counter = this.#name();
    const results = this.#results(starts.length);
    const initial =
      starts.length === 0 ? "" : ` iter_args(${args.map((arg, at) => `${arg} = ${starts[at]}`).join(", ")})`;
    this.line(
      `${results.text}scf.for ${counter} = ${zero} to ${upper} step ${one}${initial}${this.#types(starts.length)} {`,
    );
    this.#region(() => {
      this.#define("numbers", `arith.index_cast ${counter} : index to i32`);
      this.body(body);
      this.#yield(starts.map((_each, at) => this.number(at)));
    }, args);
    this.line("}");
    this.#numbers.push(...results.names);
  }

  /** Counts down beside a carried value. */
  #while(trips: number, carried: Pick, body: Body): void {
    const [start, count] = [this.number(carried), this.#constant(trips)];
    const results = this.#results(2);
    const [counter, value, counterIn, valueIn] = [this.#name(), this.#name(), this.#name(), this.#name()];
    const test = this.#name();
    this.line(`${results.text}scf.while (${counter} = ${count}, ${value} = ${start}) : (i32, i32) -> (i32, i32) {`);
    const zero = this.#constant(0);
    this.line(`${test} = arith.cmpi sgt, ${counter}, ${zero} : i32`);
    this.line(`scf.condition(${test}) ${counter}, ${value} : i32, i32`);
    this.line("} do {");
    this.line(`^bb0(${counterIn}: i32, ${valueIn}: i32):`);
    this.#region(() => {
      const less = this.#define("hidden", `arith.subi ${counterIn}, ${this.#constant(1)} : i32`);
      this.body(body);
      this.#yield([less, this.number(0)]);
    }, [counterIn, valueIn]);
    this.line("}");
    this.#numbers.push(...results.names);
  }

  #switch(a: Pick, arms: readonly Body[]): void {
    const argument = this.#index(a);
    const results = this.#results(1);
    this.line(`${results.text}scf.index_switch ${argument} -> i32`);
    for (const [position, arm] of arms.entries()) {
      this.line(position === arms.length - 1 ? "default {" : `case ${position * 2} {`);
      this.#region(() => {
        this.body(arm);
        this.#yield([this.number(0)]);
      });
      this.line("}");
    }
    this.#numbers.push(...results.names);
  }

  /** A region of several blocks inside an expression. */
  #execute(c: Pick, body: Body): void {
    const condition = this.#truth(c);
    const results = this.#results(1);
    const [other, end] = [this.#label(), this.#label()];
    const value = this.#name();
    const outer = this.number(c);
    this.line(`${results.text}scf.execute_region -> i32 {`);
    this.line(`cf.cond_br ${condition}, ${other}, ${end}(${outer} : i32)`);
    this.line(`${other}:`);
    this.#region(() => {
      this.body(body);
      this.line(`cf.br ${end}(${this.number(0)} : i32)`);
    });
    this.line(`${end}(${value}: i32):`);
    this.line(`scf.yield ${value} : i32`);
    this.line("}");
    this.#numbers.push(...results.names);
  }

  #branch(c: Pick, a: Pick, then: Body, otherwise: Body): void {
    const condition = this.#truth(c);
    const [left, right, join] = [this.#label(), this.#label(), this.#label()];
    const value = this.#name();
    this.line(`cf.cond_br ${condition}, ${left}, ${right}(${this.number(a)} : i32)`);
    this.line(`${left}:`);
    this.#inside(() => {
      this.body(then);
      this.line(`cf.br ${join}(${this.number(0)} : i32)`);
    });
    const passed = this.#name();
    this.line(`${right}(${passed}: i32):`);
    this.#inside(() => {
      this.body(otherwise);
      this.line(`cf.br ${join}(${this.number(0)} : i32)`);
    }, [passed]);
    this.line(`${join}(${value}: i32):`);
    this.#numbers.push(value);
  }

  /** A branch to one of many blocks; some cases go straight to the end, passing a value. */
  #table(a: Pick, arms: readonly Body[]): void {
    const number = this.#define("hidden", `arith.andi ${this.number(a)}, ${this.#constant(3)} : i32`);
    const [join, value] = [this.#label(), this.#name()];
    const blocks = arms.map(() => ({ label: this.#label(), passed: this.#name() }));
    // mlir-opt does not read `%v#1` in the cases of a switch.
    const plain = (at: Pick) => {
      const value = this.number(at);
      return value.includes("#") ? this.#define("hidden", `arith.ori ${value}, ${value} : i32`) : value;
    };
    const passedOn = arms.map((_arm, position) => plain(a + position));
    const cases = blocks.map(({ label }, position) => `${position}: ${label}(${passedOn[position]} : i32)`);
    const straight = `${arms.length}: ${join}(${plain(a)} : i32)`;
    const otherwise = plain(a + 1);
    this.line(`cf.switch ${number} : i32, [`);
    this.line(`  default: ${join}(${otherwise} : i32),`);
    this.line(`  ${[straight, ...cases].join(",\n    ")}`);
    this.line("]");
    for (const [position, arm] of arms.entries()) {
      const { label, passed } = blocks[position]!;
      this.line(`${label}(${passed}: i32):`);
      this.#inside(() => {
        this.body(arm);
        this.line(`cf.br ${join}(${this.number(0)} : i32)`);
      }, [passed]);
    }
    this.line(`${join}(${value}: i32):`);
    this.#numbers.push(value);
  }

  #loop(trips: number, a: Pick, body: Body): void {
    const [count, start] = [this.#constant(trips), this.number(a)];
    const [header, inside, end] = [this.#label(), this.#label(), this.#label()];
    const [counter, value] = [this.#name(), this.#name()];
    this.line(`cf.br ${header}(${count}, ${start} : i32, i32)`);
    this.line(`${header}(${counter}: i32, ${value}: i32):`);
    const test = this.#define("hidden", `arith.cmpi sgt, ${counter}, ${this.#constant(0)} : i32`);
    this.line(`cf.cond_br ${test}, ${inside}, ${end}`);
    this.line(`${inside}:`);
    this.#inside(() => {
      const less = this.#define("hidden", `arith.subi ${counter}, ${this.#constant(1)} : i32`);
      this.body(body);
      this.line(`cf.br ${header}(${less}, ${this.number(0)} : i32, i32)`);
    }, [value]);
    this.line(`${end}:`);
    this.#numbers.push(value);
  }

  /** Two blocks that go to each other, entered at either: a loop without a header. */
  #irreducible(c: Pick, trips: number, a: Pick, left: Body, right: Body): void {
    const condition = this.#truth(c);
    const [count, start] = [this.#constant(trips), this.number(a)];
    const [one, two, end] = [this.#label(), this.#label(), this.#label()];
    const result = this.#name();
    const side = (own: string, other: string, body: Body) => {
      const [counter, value] = [this.#name(), this.#name()];
      this.line(`${own}(${counter}: i32, ${value}: i32):`);
      this.#inside(() => {
        this.body(body);
        const less = this.#define("hidden", `arith.subi ${counter}, ${this.#constant(1)} : i32`);
        const test = this.#define("hidden", `arith.cmpi sgt, ${counter}, ${this.#constant(0)} : i32`);
        const last = this.number(0);
        this.line(`cf.cond_br ${test}, ${other}(${less}, ${last} : i32, i32), ${end}(${last} : i32)`);
      }, [value]);
    };
    this.line(`cf.cond_br ${condition}, ${one}(${count}, ${start} : i32, i32), ${two}(${count}, ${start} : i32, i32)`);
    side(one, two, left);
    side(two, one, right);
    this.line(`${end}(${result}: i32):`);
    this.#numbers.push(result);
  }

  /** A block that nothing goes to, and which goes where the program goes on. */
  #unreachable(a: Pick, body: Body): void {
    const [dead, next] = [this.#label(), this.#label()];
    const value = this.#name();
    this.line(`cf.br ${next}(${this.number(a)} : i32)`);
    this.line(`${dead}:`);
    this.#inside(() => {
      this.body(body);
      this.line(`cf.br ${next}(${this.number(0)} : i32)`);
    });
    this.line(`${next}(${value}: i32):`);
    this.#numbers.push(value);
  }
}
