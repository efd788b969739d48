/**
 * The `e5rt_*` functions of Espresso.framework, macOS's private runtime for compiled networks, as far as they are called or
 * useful to somebody who looks into a program. No header of them is public. What is known comes from
 *
 * - call sites in Apple's own binaries and their assertion texts (github.com/tmc/apple),
 * - the header that ANEForge runs with on macOS 26 (github.com/sbryngelson/ANEForge, `e5rt_api.h`),
 * - the Rust bridge's `espresso.h` (ane-bridge-rs).
 *
 * They agree on the rule: functions that create take the cell for the handle first, `compile` and `retain_*` take it last, and
 * a release takes the address of the handle. They disagree where a row says `disputed`. All return an error code, zero for
 * success; 398 compiled callers read 32 bits of it (ANEForge declares 64).
 *
 * Deliberately not here: `e5rt_error_code_get_string`. ANEForge finds that it returns a C++ string, others a C string: the
 * sentences for error codes are our own (`espresso.ts`). `e5rt_program_function_load_for_execution` is dead on macOS 26.
 */
import { created, disputed, foreign, handle, plain, released, retained, text } from "./foreign-table.ts";

/** The kinds of handles, in the order in which ANEForge releases them, what an operation is made of last. */
export const espressoKinds = [
  "compiler_options",
  "compiler",
  "compiler_config",
  "operation",
  "operation_options",
  "function",
  "library",
  "buffer",
  "tensor_desc",
  "dtype",
  "port",
  "event",
  "stream",
] as const;
export type EspressoKind = (typeof espressoKinds)[number];

/** Seen at call sites and in ANEForge's header alike, and executed by ANEForge. */
const executed = "ANEForge e5rt_api.h; tmc/apple call sites";
/** Seen at call sites in Apple's binaries only. */
const callSites = "tmc/apple call sites";

const anOption = { optional: true, source: callSites } as const;

/** A setter of compiler options that takes a truth value. */
const compilerFlag = (name: string) => foreign("status", [handle("compiler_options"), plain("bool", name)], anOption);

/** How many ports of one direction an operation has, and their names. */
const portCount = (name: string) => foreign("status", [handle("operation"), plain("out-u64", name)], anOption);
const portNames = (name: string) =>
  foreign(
    "status",
    [handle("operation"), plain("u64", "count"), { ...plain("data", name), direction: "out" }],
    anOption,
  );

export const espressoFunctions = {
  // Compiler.
  e5rt_e5_compiler_config_options_create: foreign("status", [created("compiler_config")], { source: executed }),
  e5rt_e5_compiler_config_options_release: foreign("status", [released("compiler_config")], { source: executed }),
  e5rt_e5_compiler_config_options_set_cache_bundle_location: foreign(
    "status",
    [handle("compiler_config"), text("folder")],
    { source: executed },
  ),
  e5rt_e5_compiler_create: foreign("status", [created("compiler")], { optional: true, source: callSites }),
  e5rt_e5_compiler_create_with_config: foreign("status", [created("compiler"), handle("compiler_config")], {
    source: executed,
  }),
  e5rt_e5_compiler_release: foreign("status", [released("compiler")], { source: executed }),
  e5rt_e5_compiler_options_create: foreign("status", [created("compiler_options")], { source: executed }),
  e5rt_e5_compiler_options_release: foreign("status", [released("compiler_options")], { source: executed }),
  e5rt_e5_compiler_options_set_compute_device_types_mask: foreign(
    "status",
    [handle("compiler_options"), plain("u64", "mask")],
    { source: executed, note: "1 processor (BNNS), 2 graphics processor (MPSGraph), 4 Neural Engine, 7 any" },
  ),
  e5rt_e5_compiler_options_set_segmenter: foreign("status", [handle("compiler_options"), text("segmenter")], {
    source: executed,
    note: '"graph" is the value in use',
  }),
  e5rt_e5_compiler_options_set_custom_ane_compiler_options: foreign(
    "status",
    [handle("compiler_options"), text("options")],
    {
      source: executed,
      note: '"TargetArchitecture=h13"; an unknown target is ignored in silence and the host\'s is taken',
    },
  ),
  e5rt_e5_compiler_options_set_force_recompilation: foreign(
    "status",
    [handle("compiler_options"), disputed(plain("bool", "force"), { reading: "int", source: "ANEForge e5rt_api.h" })],
    { optional: true, source: callSites, note: "bypasses the compiler's cache; never switched on here" },
  ),
  e5rt_e5_compiler_options_set_force_fetch_from_cache: compilerFlag("force"),
  e5rt_e5_compiler_options_set_enable_profiling: compilerFlag("enable"),
  e5rt_e5_compiler_is_new_compile_required: foreign(
    "status",
    [handle("compiler"), text("path"), handle("compiler_options"), plain("out-bool", "out_required")],
    anOption,
  ),
  e5rt_e5_compiler_compile: foreign(
    "status",
    [handle("compiler"), text("path"), handle("compiler_options"), created("library")],
    { source: executed, note: "the path of a .mil text; @model_path in it is the folder of that file" },
  ),

  // Library and function.
  e5rt_program_library_create: foreign("status", [created("library"), text("bundle_path")], { source: executed }),
  e5rt_program_library_release: foreign("status", [released("library")], { source: executed }),
  e5rt_program_library_get_e5_bundle_path: foreign("status", [handle("library"), plain("out-string", "out_path")], {
    optional: true,
    source: callSites,
  }),
  e5rt_program_library_get_num_functions: foreign(
    "status",
    [handle("library"), plain("out-u64", "out_count")],
    anOption,
  ),
  e5rt_program_library_get_function_names: foreign(
    "status",
    [handle("library"), plain("u64", "count"), { ...plain("data", "out_names"), direction: "out" }],
    anOption,
  ),
  e5rt_program_library_retain_program_function: foreign(
    "status",
    [handle("library"), text("name"), retained("function")],
    { source: executed },
  ),
  e5rt_program_function_release: foreign("status", [released("function")], { source: executed }),

  // Operation.
  e5rt_precompiled_compute_op_create_options_create_with_program_function: foreign(
    "status",
    [created("operation_options"), handle("function")],
    { source: executed },
  ),
  e5rt_precompiled_compute_op_create_options_release: foreign("status", [released("operation_options")], {
    source: executed,
  }),
  e5rt_precompiled_compute_op_create_options_set_operation_name: foreign(
    "status",
    [handle("operation_options"), text("name")],
    { source: executed },
  ),
  e5rt_precompiled_compute_op_create_options_set_allocate_intermediate_buffers: foreign(
    "status",
    [
      handle("operation_options"),
      disputed(plain("bool", "allocate"), { reading: "int", source: "ANEForge e5rt_api.h" }),
    ],
    { source: executed },
  ),
  e5rt_execution_stream_operation_create_precompiled_compute_operation_with_options: foreign(
    "status",
    [created("operation"), handle("operation_options")],
    { source: executed },
  ),
  e5rt_execution_stream_operation_release: foreign("status", [released("operation")], { source: executed }),
  e5rt_execution_stream_operation_retain_input_port: foreign(
    "status",
    [handle("operation"), text("name"), retained("port")],
    { source: executed },
  ),
  e5rt_execution_stream_operation_retain_output_port: foreign(
    "status",
    [handle("operation"), text("name"), retained("port")],
    { source: executed },
  ),
  e5rt_execution_stream_operation_get_num_inputs: portCount("out_count"),
  e5rt_execution_stream_operation_get_num_outputs: portCount("out_count"),
  e5rt_execution_stream_operation_get_input_names: portNames("out_names"),
  e5rt_execution_stream_operation_get_output_names: portNames("out_names"),
  e5rt_execution_stream_operation_prepare_op_for_encode: foreign("status", [handle("operation")], {
    optional: true,
    source: executed,
    note: "valid only on an operation that was encoded before (ANEForge); the guide has it before every encode",
  }),

  // Ports and buffers.
  e5rt_io_port_bind_buffer_object: foreign("status", [handle("port"), handle("buffer")], { source: executed }),
  e5rt_io_port_retain_tensor_desc: foreign("status", [handle("port"), retained("tensor_desc")], anOption),
  e5rt_io_port_release: foreign("status", [released("port")], { source: executed }),
  e5rt_buffer_object_alloc: foreign("status", [created("buffer"), plain("u64", "bytes"), plain("u32", "buffer_type")], {
    source: executed,
    note: "types: 0 memory of the process, 2 IOSurface; 1 is unknown, others are refused",
  }),
  e5rt_buffer_object_get_data_ptr: foreign("status", [handle("buffer"), plain("out-address", "out_data")], {
    source: executed,
  }),
  e5rt_buffer_object_get_size: foreign("status", [handle("buffer"), plain("out-u64", "out_bytes")], anOption),
  e5rt_buffer_object_create_from_data_pointer: foreign(
    "status",
    [created("buffer"), plain("address", "memory"), plain("u64", "bytes")],
    anOption,
  ),
  e5rt_buffer_object_create_from_iosurface: foreign(
    "status",
    [created("buffer"), { ...plain("object", "surface"), kind: "IOSurface" }],
    anOption,
  ),
  e5rt_buffer_object_release: foreign(
    "status",
    [
      disputed(released("buffer"), {
        reading: "the handle by value, as in every release",
        source: "ane-bridge-rs espresso.h",
      }),
    ],
    { source: executed },
  ),

  // Tensor descriptions.
  e5rt_tensor_desc_get_num_elements: foreign(
    "status",
    [handle("tensor_desc"), plain("out-u64", "out_count")],
    anOption,
  ),
  e5rt_tensor_desc_get_size: foreign("status", [handle("tensor_desc"), plain("out-u64", "out_bytes")], anOption),
  e5rt_tensor_desc_get_shape: foreign(
    "status",
    [handle("tensor_desc"), plain("out-u64", "out_rank"), plain("out-address", "out_shape")],
    anOption,
  ),
  e5rt_tensor_desc_get_strides: foreign(
    "status",
    [handle("tensor_desc"), plain("out-u64", "out_rank"), plain("out-address", "out_strides")],
    anOption,
  ),
  e5rt_tensor_desc_alloc_buffer_object: foreign(
    "status",
    [
      handle("tensor_desc"),
      plain("u32", "buffer_type"),
      disputed(plain("u64", "count"), { reading: "a flag; callers pass 1", source: "Apple's callers" }),
      created("buffer"),
    ],
    anOption,
  ),
  e5rt_tensor_desc_release: foreign("status", [released("tensor_desc")], anOption),

  // Stream.
  e5rt_execution_stream_create: foreign("status", [created("stream")], { source: executed }),
  e5rt_execution_stream_release: foreign("status", [released("stream")], { source: executed }),
  e5rt_execution_stream_encode_operation: foreign("status", [handle("stream"), handle("operation")], {
    source: executed,
    note: "once: execute_sync runs what is encoded again and again",
  }),
  e5rt_execution_stream_execute_sync: foreign("status", [handle("stream")], { source: executed }),
  e5rt_execution_stream_reset: foreign("status", [handle("stream")], {
    optional: true,
    source: executed,
    note: "refused on a stream on which nothing was encoded",
  }),
  e5rt_execution_stream_set_quality_of_service: foreign("status", [handle("stream"), plain("u32", "class")], anOption),
  e5rt_execution_stream_set_ane_execution_priority: foreign(
    "status",
    [handle("stream"), plain("u32", "priority")],
    anOption,
  ),

  // Events, for chains of streams.
  e5rt_async_event_create: foreign(
    "status",
    [
      created("event"),
      text("name"),
      disputed(
        plain("u32", "type"),
        { reading: "the kind of event", source: "Apple's callers (E5RT_ASYNC_EVENT_TYPE_IOSURFACE_SHARED_EVENT)" },
        { reading: "the first value", source: "ANEForge e5rt_api.h" },
      ),
    ],
    anOption,
  ),
  e5rt_async_event_sync_wait: foreign(
    "status",
    [handle("event"), plain("u64", "value"), plain("u64", "timeout_nanoseconds")],
    anOption,
  ),
  e5rt_async_event_release: foreign("status", [released("event")], anOption),
  e5rt_execution_stream_operation_bind_completion_event: foreign(
    "status",
    [handle("operation"), handle("event")],
    anOption,
  ),

  // The one function that gives no status: the text for the last error on this thread.
  e5rt_get_last_error_message: foreign("string", [], { optional: true, source: executed }),
} as const;

export type EspressoFunctions = typeof espressoFunctions;
