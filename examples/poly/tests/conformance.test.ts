/** Every operation and pass keeps what its declaration promises, on its example and on random programs. */
import { conformance, passConformance } from "anemone/testing";
import { dialects, passes } from "../index.ts";

conformance(dialects);
passConformance(passes, { dialects, idempotent: ["poly-to-arith"], runs: 200 });
