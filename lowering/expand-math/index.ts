/** Elementary functions as arithmetic. */
export { expandMath } from "./expand-math.ts";
