/**
 * Control flow without control flow: a branch on a known condition is imported in place, one on a computed condition
 * becomes both branches and a selection, and loops whose number of turns is known are unrolled. The operations have no
 * effects, so that computing a branch that is not taken changes nothing.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { concat, reshape, since, sliceAxis, unsqueeze } from "./common.ts";
import { integersOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

function branch(node: NodeImport): readonly Tensor[] {
  const condition = node.input(0);
  const known = node.builder.contentsOf(condition);
  const [yes, no] = [node.graph("then_branch"), node.graph("else_branch")];
  if (known !== undefined) return node.importSubgraph(Number(known.data[0]) !== 0 ? yes : no, []);
  const [taken, otherwise] = [node.importSubgraph(yes, []), node.importSubgraph(no, [])];
  const scalar = reshape(node, condition, []);
  return taken.map((lhs, position) => {
    const rhs = otherwise[position];
    if (rhs !== undefined && lhs.type === rhs.type) return node.emit(tensor.select, { condition: scalar, lhs, rhs });
    throw node.error(
      `the branches of a computed condition must give equal types, but output ${position} is ${lhs.type} or ${rhs?.type}`,
    );
  });
}

/** More turns make a program that nobody wants to compile. */
const mostTurns = 4096;

function requireTurns(node: NodeImport, turns: number): void {
  if (turns > mostTurns) throw node.error(`${turns} turns are too many to unroll (at most ${mostTurns})`);
}

/** Per scan output the values of all turns, side by side along a new dimension. */
function stack(node: NodeImport, turns: readonly Tensor[], axis = 0): Tensor {
  const [first] = turns;
  if (first === undefined) throw node.error("collects the values of no turns, whose shape is not known");
  return concat(
    node,
    turns.map((value) => unsqueeze(node, value, [axis])),
    axis,
  );
}

/** Body: (turn, condition, carried…) to (condition, carried…, collected…). */
function loop(node: NodeImport): readonly Tensor[] {
  const body = node.graph("body");
  const carriedCount = body.inputs.length - 2;
  if (carriedCount < 0 || node.inputsFrom(2).length !== carriedCount || body.outputs.length < 1 + carriedCount) {
    throw node.error(
      `the body's ${body.inputs.length} inputs and ${body.outputs.length} outputs do not fit the loop's`,
    );
  }
  const limit =
    node.optionalInput(0) === undefined ? Number.POSITIVE_INFINITY : node.constantInteger(0, "the number of turns");
  const flag = (value: Tensor, what: string) => integersOf(node.contentsOf(value, what))[0] !== 0;
  let condition = node.optionalInput(1) ?? node.numbers([1], "i1", []);
  let carried = node.inputsFrom(2);
  const collected: Tensor[][] = body.outputs.slice(1 + carriedCount).map(() => []);
  for (let turn = 0; turn < limit && flag(condition, "the condition"); turn++) {
    requireTurns(node, turn + 1);
    const [next, ...results] = node.importSubgraph(body, [node.numbers([turn], "i64", []), condition, ...carried]);
    condition = next!;
    carried = results.slice(0, carriedCount);
    for (const [position, value] of results.slice(carriedCount).entries()) collected[position]!.push(value);
  }
  return [...carried, ...collected.map((turns) => stack(node, turns))];
}

/** Body: (state…, one slice per scan input…) to (state…, one slice per scan output…). */
function scan(node: NodeImport): readonly Tensor[] {
  const body = node.graph("body");
  const inputs = node.inputsFrom(0);
  const scanCount = node.integer("num_scan_inputs");
  const stateCount = inputs.length - scanCount;
  if (scanCount < 1 || stateCount < 0 || body.inputs.length !== inputs.length || body.outputs.length < stateCount) {
    throw node.error(
      `num_scan_inputs = ${scanCount} does not fit ${inputs.length} inputs and the body's ${body.inputs.length}`,
    );
  }
  const scanned = inputs.slice(stateCount);
  const list = (name: string, length: number) => {
    const values = node.integers(name) ?? new Array<number>(length).fill(0);
    if (values.length !== length)
      throw node.error(`attribute ${name} must have ${length} numbers, but has ${values.length}`);
    return values;
  };
  const axes = list("scan_input_axes", scanCount).map((axis, at) => node.axis(axis, scanned[at]!.type.rank));
  const directions = list("scan_input_directions", scanCount);
  const lengths = scanned.map((value, at) => shapeOf(value)[axes[at]!]!);
  const turns = lengths[0] ?? 0;
  if (lengths.some((length) => length !== turns))
    throw node.error(`scans over different lengths: ${lengths.join(", ")}`);
  requireTurns(node, turns);
  let state = inputs.slice(0, stateCount);
  const collected: Tensor[][] = body.outputs.slice(stateCount).map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    const slices = scanned.map((value, at) => {
      const axis = axes[at]!;
      const one = sliceAxis(node, value, axis, directions[at] === 0 ? turn : turns - 1 - turn, 1);
      return reshape(
        node,
        one,
        shapeOf(value).filter((_, each) => each !== axis),
      );
    });
    const results = node.importSubgraph(body, [...state, ...slices]);
    state = results.slice(0, stateCount);
    for (const [position, value] of results.slice(stateCount).entries()) collected[position]!.push(value);
  }
  const outputAxes = list("scan_output_axes", collected.length);
  const outputDirections = list("scan_output_directions", collected.length);
  const outputs = collected.map((values, at) => {
    const ordered = outputDirections[at] === 0 ? values : values.toReversed();
    return stack(node, ordered, node.axis(outputAxes[at]!, (values[0]?.type.rank ?? 0) + 1));
  });
  return [...state, ...outputs];
}

export const controlOperators: OperatorTable = {
  If: since(1, branch),
  Loop: since(1, loop),
  Scan: since(9, scan),
};
