/** Before/after tests: every `test/ir/**.mlir` file. How they are written is said in `testing/text-files.ts`. */
import { join } from "node:path";
import { allDialects, allPasses } from "../compiler/registry.ts";
import { textFiles } from "./testing/index.ts";

textFiles(join(import.meta.dirname, "ir"), { dialects: allDialects, passes: allPasses });
