/** Building: a point in a block where new operations go, and typed creation by declaration. */
import type { Attribute } from "./attributes.ts";
import type { Accessors, BuildArguments, Fields, OperationDefinition } from "./declaration.ts";
import { type Location, unknownLocation } from "./location.ts";
import { Block, type Operation, Region, type Value } from "./operation.ts";
import type { Type } from "./types.ts";

/** Where to insert: before `before`, or at the end of `block`. */
export interface InsertionPoint {
  readonly block: Block;
  readonly before: Operation | undefined;
}

export const at = {
  endOf: (block: Block): InsertionPoint => ({ block, before: undefined }),
  startOf: (block: Block): InsertionPoint => ({ block, before: block.first }),
  before: (operation: Operation): InsertionPoint => ({ block: blockOf(operation), before: operation }),
  after: (operation: Operation): InsertionPoint => ({ block: blockOf(operation), before: operation.next }),
};

function blockOf(operation: Operation): Block {
  if (operation.block === undefined) throw new Error(`${operation.name} is not in a block`);
  return operation.block;
}

export class Builder {
  point: InsertionPoint;
  /** The location of operations built without one of their own. */
  location: Location;

  constructor(point: InsertionPoint, location: Location = unknownLocation) {
    this.point = point;
    this.location = location;
  }

  /** Inserts an operation that is not yet in a block. */
  insert<O extends Operation>(operation: O): O {
    this.point.block.insertBefore(operation, this.point.before);
    this.inserted(operation);
    return operation;
  }

  /** Builds and inserts an operation; result types are inferred where the declaration allows. */
  build<F extends Fields>(
    definition: OperationDefinition<F>,
    args: BuildArguments<F>,
    location: Location = this.location,
    attributes?: Iterable<readonly [string, Attribute]>,
  ): Operation & Accessors<F> {
    return this.insert(definition.build(args, location, attributes));
  }

  /** Runs `body` with another insertion point (and location), then comes back. */
  within<R>(point: InsertionPoint, body: () => R, location: Location = this.location): R {
    const saved = { point: this.point, location: this.location };
    this.point = point;
    this.location = location;
    try {
      return body();
    } finally {
      this.point = saved.point;
      this.location = saved.location;
    }
  }

  /** A region of one block with arguments, filled by `body` at its end. */
  region(argumentTypes: readonly Type[], body: (args: readonly Value[], block: Block) => void): Region {
    const block = new Block();
    const args = argumentTypes.map((type) => block.addArgument(type, this.location));
    const made = new Region([block]);
    this.within(at.endOf(block), () => body(args, block));
    return made;
  }

  /** For subclasses that track edits. */
  protected inserted(_operation: Operation): void {}
}
