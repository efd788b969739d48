/** Compressed constants: the forms as plain data, and the ops that hold them. */
export * from "./forms.ts";
export * from "./ops.ts";
