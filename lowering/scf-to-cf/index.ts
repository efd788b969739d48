/** Structured control flow as branches. */
export { convertScfToCf, loopAnnotationName, scfToCf, scfToCfPatterns } from "./scf-to-cf.ts";
