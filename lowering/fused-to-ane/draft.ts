/**
 * Tasks while they are being put together. A draft knows its op, operands and shape; elementwise ops that follow go into its
 * epilogue slots as long as they fit in the slots' order, and otherwise begin a task of their own. Drafts become operations
 * when all of a program is known.
 */
import { type ActivationAttribute, activationTable, isPerChannel } from "../../dialects/ane/index.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Location } from "../../ir/location.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { f16, type Type } from "../../ir/types.ts";

/** One thing that an epilogue does, in the order in which it was found. */
export type SlotStep =
  | { readonly kind: "activation"; readonly activation: ActivationAttribute }
  | { readonly kind: "gain" | "offset"; readonly data: TensorData }
  | { readonly kind: "transpose"; readonly permutation: readonly number[] };

const letters = { activation: "a", gain: "g", offset: "o", transpose: "t" } as const;
/** The slots in their order: pre-activation, gain, offset, post-activation, transpose. */
const slotOrder = /^a?g?o?a?t?$/;

export interface TaskDraft {
  readonly definition: AnyDefinition;
  /** Operands by field name. */
  readonly operands: { readonly [field: string]: EngineValue | readonly EngineValue[] | undefined };
  readonly attributes: { readonly [name: string]: unknown };
  /** The shape that reaches the slots. */
  readonly shape: readonly number[];
  readonly element: Type;
  /** Whether the op has slots for epilogues. */
  readonly hasSlots: boolean;
  readonly steps: SlotStep[];
  readonly locations: Location[];
  /** The op of the network that began the task, for messages. */
  readonly origin: Operation;
  /** Which program it belongs to. */
  readonly stage: number;
}

/** A value on the engine's side: a constant, a port of the program, or what a task gives. */
export interface EngineValue {
  readonly shape: readonly number[];
  /** f16, or i1 inside a program. Constants of other types are only read by rules. */
  readonly element: Type;
  readonly constant?: TensorData;
  /** The value of host code that comes in. */
  readonly port?: Value;
  readonly draft?: TaskDraft;
  /** Nothing but the op that asks for it uses this value, so that the op may join its task. */
  readonly isSoleUse: boolean;
}

/** The shape of a draft's result, behind its slots. */
export function resultShape(draft: TaskDraft): readonly number[] {
  const last = draft.steps.at(-1);
  if (last?.kind !== "transpose") return draft.shape;
  return last.permutation.map((axis) => draft.shape[axis]!);
}

/** Why a step cannot join the task behind `value`; undefined where it can. */
export function reasonAgainst(value: EngineValue, step: SlotStep): string | undefined {
  const { draft } = value;
  if (draft === undefined) return "no task gives its operand";
  if (!draft.hasSlots) return `'${draft.definition.name}' has no epilogue`;
  if (draft.element !== f16) return "truth values have no epilogue";
  if (!value.isSoleUse) return "its operand is also used elsewhere";
  const word = [...draft.steps, step].map(({ kind }) => letters[kind]).join("");
  if (!slotOrder.test(word)) return `the slots of '${draft.definition.name}' do not take it in this order`;
  if ((step.kind === "gain" || step.kind === "offset") && !isPerChannel(step.data.shape, resultShape(draft))) {
    return "its constant is not one number per channel";
  }
  return undefined;
}

/** The attributes that the steps of a draft become. Gain and offset are operands. */
export function slotAttributes(draft: TaskDraft): {
  readonly pre_activation?: ActivationAttribute;
  readonly post_activation?: ActivationAttribute;
  readonly transpose?: readonly number[];
} {
  const { steps } = draft;
  const activations = steps.flatMap((step, position) => (step.kind === "activation" ? [{ step, position }] : []));
  const affine = steps.findIndex(({ kind }) => kind === "gain" || kind === "offset");
  const [first, second] = activations;
  const permutation = steps.find((step) => step.kind === "transpose")?.permutation;
  const transpose = permutation === undefined ? {} : { transpose: permutation };
  if (first === undefined) return transpose;
  if (second !== undefined) {
    return { pre_activation: first.step.activation, post_activation: second.step.activation, ...transpose };
  }
  // A single activation runs behind gain and offset unless these follow it.
  const isBefore = affine >= 0 && first.position < affine;
  return isBefore
    ? { pre_activation: first.step.activation, ...transpose }
    : { post_activation: first.step.activation, ...transpose };
}

/** The constant in the gain or offset slot. */
export function slotConstant(draft: TaskDraft, kind: "gain" | "offset"): TensorData | undefined {
  const step = draft.steps.find((each) => each.kind === kind);
  return step !== undefined && "data" in step ? step.data : undefined;
}

export function isActivation(name: string): name is keyof typeof activationTable {
  return Object.hasOwn(activationTable, name);
}
