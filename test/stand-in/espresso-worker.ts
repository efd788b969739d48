/** One of several processes that open the same program with the same cache. Writes what it did as JSON. */
import { AneProgram } from "../../runtime/devices/ane/program.ts";
import { EspressoStandIn } from "./espresso.ts";
import { artefactOf, engineIn, floats, scaled } from "./espresso-fixtures.ts";

const folder = process.argv[2]!;
const standIn = EspressoStandIn.open();
if (typeof standIn === "string") throw new Error(standIn);
standIn.connect();
const program = await AneProgram.open(artefactOf(scaled(2)), engineIn(standIn.library, folder));
const result = Number(program.run({ x: floats([1, 2, 4, 4], () => 1) }).y!.data[0]);
program.dispose();
console.log(JSON.stringify({ compiles: standIn.compiles, result, audit: standIn.audit() }));
