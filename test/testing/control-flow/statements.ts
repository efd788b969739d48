/** What random programs with control flow are made of, before they are text. */

/** Statements take values by number: the n-th available one, counted from the latest, modulo how many there are. */
export type Pick = number;
export type Statement =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "binary"; readonly mnemonic: string; readonly a: Pick; readonly b: Pick }
  | { readonly kind: "divide"; readonly mnemonic: string; readonly a: Pick; readonly b: Pick; readonly guard: number }
  | { readonly kind: "compare"; readonly predicate: string; readonly a: Pick; readonly b: Pick }
  | { readonly kind: "test"; readonly predicate: string; readonly a: Pick; readonly bound: number }
  | { readonly kind: "select"; readonly c: Pick; readonly a: Pick; readonly b: Pick }
  | { readonly kind: "widen"; readonly isSigned: boolean; readonly a: Pick }
  | { readonly kind: "slot"; readonly initial: Pick }
  | { readonly kind: "load"; readonly slot: Pick }
  | { readonly kind: "store"; readonly slot: Pick; readonly value: Pick }
  | { readonly kind: "read"; readonly index: Pick; readonly isConstant: boolean }
  | { readonly kind: "update"; readonly index: Pick; readonly value: Pick }
  | { readonly kind: "guarded"; readonly a: Pick; readonly b: Pick; readonly isRead: boolean }
  | { readonly kind: "write"; readonly index: Pick; readonly value: Pick }
  | { readonly kind: "observe"; readonly a: Pick }
  | { readonly kind: "call"; readonly callee: number; readonly b: Pick }
  | { readonly kind: "if"; readonly c: Pick; readonly results: number; readonly taken: Body; readonly otherwise: Body }
  | {
      readonly kind: "for";
      readonly trips: number;
      readonly bound: Pick;
      readonly carried: readonly Pick[];
      readonly body: Body;
    }
  | { readonly kind: "while"; readonly trips: number; readonly carried: Pick; readonly body: Body }
  | { readonly kind: "switch"; readonly a: Pick; readonly arms: readonly Body[] }
  | { readonly kind: "execute"; readonly c: Pick; readonly body: Body }
  | { readonly kind: "branch"; readonly c: Pick; readonly a: Pick; readonly taken: Body; readonly otherwise: Body }
  | {
      readonly kind: "table";
      readonly a: Pick;
      readonly arms: readonly Body[];
    }
  | { readonly kind: "loop"; readonly trips: number; readonly a: Pick; readonly body: Body }
  | {
      readonly kind: "irreducible";
      readonly c: Pick;
      readonly trips: number;
      readonly a: Pick;
      readonly left: Body;
      readonly right: Body;
    }
  | { readonly kind: "unreachable"; readonly a: Pick; readonly body: Body };
export type Body = readonly Statement[];
export type ControlKind =
  | "if"
  | "for"
  | "while"
  | "switch"
  | "execute"
  | "branch"
  | "table"
  | "loop"
  | "irreducible"
  | "unreachable";

export interface FunctionDraft {
  readonly body: Body;
  readonly results: readonly [Pick, Pick];
  readonly isPrivate: boolean;
}

/** How many elements the buffer argument has. */
export const bufferSize = 8;
