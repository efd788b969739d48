/**
 * One program of the engine as it is loaded: library, function, operation, ports and stream, encoded and ready to run on buffers
 * that belong to somebody else. Handles are released in the order that ANEForge releases them in (aneforge.md 4.2).
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import {
  type BufferObject,
  EspressoError,
  type EspressoHandle,
  type EspressoLibrary,
  ExecutionStream,
  OperationOptions,
  type Port,
  type ProgramLibrary,
  type ReleaseReport,
  StreamOperation,
} from "../../ffi/espresso.ts";
import type { Address } from "../../ffi/memory.ts";
import type { EngineSegment } from "./artefact.ts";

export class LoadedSegment {
  /** Operation, its options, the function, the library: released before the buffers. */
  #program: EspressoHandle[] = [];
  /** Ports and stream: released after the buffers. */
  #rest: EspressoHandle[] = [];
  #stream: ExecutionStream | undefined;

  private constructor() {}

  /**
   * Makes a library ready to run on `buffers`, and owns it from now on, whether that succeeds or not.
   *
   * @throws EspressoError where a step fails, DiagnosticError where a port has another size; everything is released then
   */
  static load(
    espresso: EspressoLibrary,
    library: ProgramLibrary,
    segment: EngineSegment,
    buffers: readonly BufferObject[],
    report: ReleaseReport,
  ): LoadedSegment {
    const loaded = new LoadedSegment();
    loaded.#program.unshift(library);
    try {
      const main = library.programFunction("main");
      loaded.#program.unshift(main);
      const options = new OperationOptions(espresso, main, "main");
      loaded.#program.unshift(options);
      const operation = new StreamOperation(espresso, options);
      loaded.#program.unshift(operation);
      for (const direction of ["input", "output"] as const) {
        for (const { name, buffer } of direction === "input" ? segment.inputs : segment.outputs) {
          const port = operation.port(direction, name);
          loaded.#rest.push(port);
          const bound = buffers[buffer];
          if (bound === undefined) throw new Error(`the port '${name}' names the buffer ${buffer}, which is not there`);
          checkSize(segment.name, port, bound, report);
          port.bind(bound);
        }
      }
      const stream = new ExecutionStream(espresso);
      loaded.#rest.push(stream);
      stream.encode(operation);
      loaded.#stream = stream;
      return loaded;
    } catch (error) {
      loaded.release(report);
      throw error;
    }
  }

  /** The handle of the stream, for measuring the bare call. */
  get streamAddress(): Address {
    return this.#stream?.address ?? 0;
  }

  execute(): void {
    this.#stream?.execute();
  }

  /** Releases everything. Before it releases ports and stream it calls `between`, for buffers that go as well. */
  release(report: ReleaseReport, between?: () => void): void {
    this.#stream = undefined;
    const program = this.#program;
    const rest = this.#rest;
    this.#program = [];
    this.#rest = [];
    for (const handle of program) handle.release(report);
    between?.();
    for (const handle of rest) handle.release(report);
  }
}

/**
 * Compares a port of the loaded program with the buffer that it is to be bound to. What it may need beyond the tensor is the
 * rest of the last line of 64 bytes, which every buffer has (aneforge.md 4.2).
 */
function checkSize(segment: string, port: Port, buffer: BufferObject, report: ReleaseReport): void {
  let found: number | undefined;
  try {
    found = port.tensorBytes(report);
  } catch (error) {
    // Seen at call sites only: that it cannot be asked does not keep a program from running.
    if (!(error instanceof EspressoError)) throw error;
    report(error);
  }
  if (found === undefined || (found >= buffer.bytes && found <= buffer.memory.byteLength)) return;
  throw new DiagnosticError(
    `${segment}: the ${port.description} has ${found} bytes in the loaded program, but ${buffer.bytes} by its text`,
  );
}
