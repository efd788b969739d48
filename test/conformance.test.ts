/** Every dialect of Anemone keeps the promises of the conformance suite. */
import { allDialects } from "../compiler/registry.ts";
import { conformance } from "./testing/index.ts";

conformance(allDialects, {
  exceptions: {
    effects: {
      "func.call": "a call does what its callee does",
      "func.call_indirect": "a call does what its callee does",
      "llvm.call": "a call does what its callee does",
    },
  },
});
