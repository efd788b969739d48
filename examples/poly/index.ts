/** What `anemone opt --load ./index.ts` takes from this folder. */
import { poly } from "./dialect.ts";
import { polyToArith } from "./lowering.ts";
import { polyEvaluateFactors } from "./pass.ts";

export const dialects = [poly];
export const passes = [polyEvaluateFactors, polyToArith];
