/*
 * What the stand-in for Espresso does behind the checks that are made of the signature table: it compiles by asking the test's
 * reader of MIL text, and computes by asking the test's engine. Without these callbacks everything succeeds and computes nothing.
 */

/* Reads and checks a program; writes the path of its bundle; gives its number, or a negative one with a message. */
typedef int32_t (*compile_callback)(const char *path, const char *bundle_folder, const char *target, char *bundle_path, char *message);
/* Opens a bundle. */
typedef int32_t (*open_callback)(const char *bundle_path, char *message);
/* The position of a port (negative where there is none), and its size. */
typedef int32_t (*port_callback)(int32_t program, int32_t is_output, const char *name, uint64_t *bytes);
/* How many ports a program has in a direction. */
typedef int32_t (*count_callback)(int32_t program, int32_t is_output);
typedef int32_t (*execute_callback)(int32_t program, void **inputs, void **outputs);

static compile_callback on_compile;
static open_callback on_open;
static port_callback on_port;
static count_callback on_count;
static execute_callback on_execute;
static uint64_t program_limit = 127;
static uint64_t compile_limit = UINT64_MAX;
static uint64_t compiles;

EXPORT void stand_in_set_callbacks(void *compile, void *open, void *port, void *count, void *execute) {
  on_compile = (compile_callback)compile;
  on_open = (open_callback)open;
  on_port = (port_callback)port;
  on_count = (count_callback)count;
  on_execute = (execute_callback)execute;
}

EXPORT void stand_in_set_limits(uint64_t programs, uint64_t compilations) {
  program_limit = programs;
  compile_limit = compilations;
}

EXPORT uint64_t stand_in_compiles(void) { return compiles; }

/* The autorelease pools of libobjc, which the library needs around its calls. */
static uintptr_t pool_depth;
static uintptr_t deepest_pool;
static uint64_t pools_pushed;
static char unpooled[REPORT_BYTES];

EXPORT void *objc_autoreleasePoolPush(void) {
  pools_pushed++;
  if (++pool_depth > deepest_pool) deepest_pool = pool_depth;
  return (void *)(0x1000 + pool_depth);
}

EXPORT void objc_autoreleasePoolPop(void *pool) {
  if (pool_depth == 0 || (uintptr_t)pool != 0x1000 + pool_depth) violate("objc_autoreleasePoolPop", "pool", "is not the innermost one");
  else pool_depth--;
}

static void note_unpooled(const char *function) {
  if (pool_depth == 0 && strstr(unpooled, function) == NULL) append(unpooled, function);
}

EXPORT uint64_t stand_in_pool_depth(void) { return pool_depth; }
EXPORT uint64_t stand_in_deepest_pool(void) { return deepest_pool; }
EXPORT uint64_t stand_in_pools_pushed(void) { return pools_pushed; }

/* Functions that were called while there was no pool, one per line. */
EXPORT const char *stand_in_unpooled(void) { return unpooled; }

/* What ports say beyond the size of their tensor. */
static int64_t port_excess;
EXPORT void stand_in_set_port_excess(int64_t bytes) { port_excess = bytes; }

EXPORT void stand_in_reset(void) {
  reset_objects();
  before_call = note_unpooled;
  unpooled[0] = 0;
  pool_depth = deepest_pool = pools_pushed = 0;
  port_excess = 0;
  compiles = 0;
  program_limit = 127;
  compile_limit = UINT64_MAX;
}

#define PORTS 256
typedef struct { char bundle_folder[4096]; } config_data;
typedef struct { char bundle_folder[4096]; } compiler_data;
typedef struct { uint64_t mask; char target[64]; } options_data;
typedef struct { int32_t program; char bundle_path[4096]; } library_data;
typedef struct { int32_t program; } function_data;
typedef struct { int32_t program; bool named; } operation_options_data;
typedef struct { int32_t program; bool encoded; object *buffers[2][PORTS]; } operation_data;
typedef struct { object *operation; int32_t is_output; int32_t index; uint64_t bytes; } port_data;
typedef struct { uint64_t bytes; } tensor_desc_data;
typedef struct { uint8_t *memory; uint64_t bytes; } buffer_data;
typedef struct { object *operations[16]; uint32_t count; } stream_data;

#define DATA(type, handle) ((type *)((object *)(handle))->payload)

static void *make_in(void **out, uint32_t kind, const char *maker, size_t bytes) {
  *out = make(kind, maker, bytes);
  return ((object *)*out)->payload;
}

static const char *body_e5rt_get_last_error_message(void) { return last_message; }

static int32_t body_e5rt_e5_compiler_config_options_create(void **out) {
  make_in(out, KIND_compiler_config, "e5rt_e5_compiler_config_options_create", sizeof(config_data));
  return 0;
}

static int32_t body_e5rt_e5_compiler_config_options_set_cache_bundle_location(void *config, const char *folder) {
  snprintf(DATA(config_data, config)->bundle_folder, 4096, "%s", folder);
  return 0;
}

static int32_t body_e5rt_e5_compiler_create_with_config(void **out, void *config) {
  compiler_data *data = make_in(out, KIND_compiler, "e5rt_e5_compiler_create_with_config", sizeof(compiler_data));
  strcpy(data->bundle_folder, DATA(config_data, config)->bundle_folder);
  return 0;
}

static int32_t body_e5rt_e5_compiler_options_create(void **out) {
  make_in(out, KIND_compiler_options, "e5rt_e5_compiler_options_create", sizeof(options_data));
  return 0;
}

static int32_t body_e5rt_e5_compiler_options_set_compute_device_types_mask(void *options, uint64_t mask) {
  if (mask == 0 || mask > 7) { say("unknown compute device types"); return 1; }
  DATA(options_data, options)->mask = mask;
  return 0;
}

static int32_t body_e5rt_e5_compiler_options_set_custom_ane_compiler_options(void *options, const char *text) {
  const char *prefix = "TargetArchitecture=";
  /* The real library takes anything; a stand-in is there to be strict. */
  if (strncmp(text, prefix, strlen(prefix)) != 0) { say("unknown compiler option"); return 1; }
  snprintf(DATA(options_data, options)->target, 64, "%s", text + strlen(prefix));
  return 0;
}

static int32_t body_e5rt_e5_compiler_options_set_segmenter(void *options, const char *segmenter) {
  (void)options;
  if (strcmp(segmenter, "graph") != 0) { say("unknown segmenter"); return 1; }
  return 0;
}

static int32_t body_e5rt_e5_compiler_compile(void *compiler, const char *path, void *options, void **out) {
  if (DATA(options_data, options)->mask != 4) { say("not compiled for the engine"); return 1; }
  if (compiles++ >= compile_limit) { say("the compile service refuses this process"); return 2; }
  library_data data = {0};
  if (on_compile != NULL) {
    data.program = on_compile(path, DATA(compiler_data, compiler)->bundle_folder, DATA(options_data, options)->target, data.bundle_path, last_message);
    if (data.program < 0) return 1;
  }
  memcpy(make_in(out, KIND_library, "e5rt_e5_compiler_compile", sizeof data), &data, sizeof data);
  return 0;
}

static int32_t body_e5rt_program_library_create(void **out, const char *bundle_path) {
  library_data data = {0};
  snprintf(data.bundle_path, sizeof data.bundle_path, "%s", bundle_path);
  if (on_open != NULL) {
    data.program = on_open(bundle_path, last_message);
    if (data.program < 0) return 1;
  }
  memcpy(make_in(out, KIND_library, "e5rt_program_library_create", sizeof data), &data, sizeof data);
  return 0;
}

static int32_t body_e5rt_program_library_get_e5_bundle_path(void *library, const char **out) {
  *out = DATA(library_data, library)->bundle_path;
  return 0;
}

static int32_t body_e5rt_program_library_retain_program_function(void *library, const char *name, void **out) {
  if (strcmp(name, "main") != 0) { say("Cannot find the program function"); return 1; }
  function_data *data = make_in(out, KIND_function, "e5rt_program_library_retain_program_function", sizeof(function_data));
  data->program = DATA(library_data, library)->program;
  return 0;
}

static int32_t body_e5rt_precompiled_compute_op_create_options_create_with_program_function(void **out, void *function) {
  operation_options_data *data = make_in(out, KIND_operation_options, "e5rt_precompiled_compute_op_create_options_create_with_program_function", sizeof(operation_options_data));
  data->program = DATA(function_data, function)->program;
  return 0;
}

static int32_t body_e5rt_precompiled_compute_op_create_options_set_operation_name(void *options, const char *name) {
  DATA(operation_options_data, options)->named = name[0] != 0;
  return 0;
}

static int32_t body_e5rt_execution_stream_operation_create_precompiled_compute_operation_with_options(void **out, void *options) {
  if (!DATA(operation_options_data, options)->named) { say("the operation has no name"); return 1; }
  if (stand_in_live("operation") >= program_limit) { say("too many programs are loaded: must re-compile"); return 3; }
  operation_data *data = make_in(out, KIND_operation, "e5rt_execution_stream_operation_create_precompiled_compute_operation_with_options", sizeof(operation_data));
  data->program = DATA(operation_options_data, options)->program;
  return 0;
}

static int32_t retain_port(void *operation, const char *name, int32_t is_output, const char *maker, void **out) {
  uint64_t bytes = 0;
  int32_t index = 0;
  if (on_port != NULL) index = on_port(DATA(operation_data, operation)->program, is_output, name, &bytes);
  if (index < 0 || index >= PORTS) { say("there is no port of this name"); return 1; }
  port_data *data = make_in(out, KIND_port, maker, sizeof(port_data));
  *data = (port_data){ operation, is_output, index, bytes };
  return 0;
}

static int32_t body_e5rt_execution_stream_operation_retain_input_port(void *operation, const char *name, void **out) {
  return retain_port(operation, name, 0, "e5rt_execution_stream_operation_retain_input_port", out);
}

static int32_t body_e5rt_execution_stream_operation_retain_output_port(void *operation, const char *name, void **out) {
  return retain_port(operation, name, 1, "e5rt_execution_stream_operation_retain_output_port", out);
}

static int32_t body_e5rt_io_port_retain_tensor_desc(void *port, void **out) {
  tensor_desc_data *data = make_in(out, KIND_tensor_desc, "e5rt_io_port_retain_tensor_desc", sizeof(tensor_desc_data));
  data->bytes = DATA(port_data, port)->bytes;
  return 0;
}

static int32_t body_e5rt_tensor_desc_get_size(void *tensor_desc, uint64_t *out) {
  if (on_port == NULL) { say("nothing is known of ports"); return 2; }
  *out = DATA(tensor_desc_data, tensor_desc)->bytes + (uint64_t)port_excess;
  return 0;
}

static int32_t body_e5rt_buffer_object_alloc(void **out, uint64_t bytes, uint32_t buffer_type) {
  if (buffer_type > 2) { say("Invalid BufferType"); return 5; }
  if (bytes == 0 || bytes % 64 != 0) violate("e5rt_buffer_object_alloc", "bytes", "is no multiple of 64");
  buffer_data *data = make_in(out, KIND_buffer, "e5rt_buffer_object_alloc", sizeof(buffer_data));
  data->memory = aligned_alloc(64, bytes);
  data->bytes = bytes;
  memset(data->memory, 0xcd, bytes);
  return 0;
}

static int32_t body_e5rt_buffer_object_get_data_ptr(void *buffer, void **out) {
  *out = DATA(buffer_data, buffer)->memory;
  return 0;
}

static int32_t body_e5rt_buffer_object_get_size(void *buffer, uint64_t *out) {
  *out = DATA(buffer_data, buffer)->bytes;
  return 0;
}

static int32_t body_e5rt_buffer_object_release(void **buffer) {
  free(DATA(buffer_data, *buffer)->memory);
  DATA(buffer_data, *buffer)->memory = NULL;
  destroy(*buffer);
  *buffer = NULL;
  return 0;
}

static int32_t body_e5rt_io_port_bind_buffer_object(void *port, void *buffer) {
  port_data *data = DATA(port_data, port);
  if (!data->operation->alive) { violate("e5rt_io_port_bind_buffer_object", "port", "belongs to an operation that was released"); return 2; }
  if (DATA(operation_data, data->operation)->encoded) { say("the operation is encoded already"); return 2; }
  if (DATA(buffer_data, buffer)->bytes < data->bytes) {
    violate("e5rt_io_port_bind_buffer_object", "buffer", "is smaller than the port's tensor");
    return 4;
  }
  DATA(operation_data, data->operation)->buffers[data->is_output][data->index] = buffer;
  return 0;
}

static int32_t body_e5rt_execution_stream_create(void **out) {
  make_in(out, KIND_stream, "e5rt_execution_stream_create", sizeof(stream_data));
  return 0;
}

static int32_t body_e5rt_execution_stream_encode_operation(void *stream, void *operation) {
  operation_data *data = DATA(operation_data, operation);
  if (data->encoded) { say("the operation is encoded already"); return 2; }
  for (int32_t is_output = 0; on_count != NULL && is_output < 2; is_output++) {
    int32_t count = on_count(data->program, is_output);
    for (int32_t i = 0; i < count; i++) {
      if (data->buffers[is_output][i] == NULL) { say("a port has no buffer"); return 2; }
    }
  }
  stream_data *into = DATA(stream_data, stream);
  if (into->count == 16) { say("the stream is full"); return 3; }
  into->operations[into->count++] = operation;
  data->encoded = true;
  return 0;
}

static int32_t body_e5rt_execution_stream_operation_prepare_op_for_encode(void *operation) {
  if (!DATA(operation_data, operation)->encoded) { say("the operation was never encoded"); return 2; }
  return 0;
}

static int32_t body_e5rt_execution_stream_reset(void *stream) {
  stream_data *data = DATA(stream_data, stream);
  if (data->count == 0) { say("nothing is encoded"); return 2; }
  for (uint32_t i = 0; i < data->count; i++) DATA(operation_data, data->operations[i])->encoded = false;
  data->count = 0;
  return 0;
}

static int32_t body_e5rt_execution_stream_execute_sync(void *stream) {
  stream_data *data = DATA(stream_data, stream);
  if (data->count == 0) { say("nothing is encoded"); return 2; }
  for (uint32_t i = 0; i < data->count; i++) {
    object *operation = data->operations[i];
    if (!operation->alive) { violate("e5rt_execution_stream_execute_sync", "stream", "holds an operation that was released"); return 2; }
    if (on_execute == NULL) continue;
    void *memory[2][PORTS] = {{0}};
    operation_data *encoded = DATA(operation_data, operation);
    for (int is_output = 0; is_output < 2; is_output++) {
      int32_t count = on_count(encoded->program, is_output);
      for (int32_t port = 0; port < count; port++) {
        object *buffer = encoded->buffers[is_output][port];
        if (!buffer->alive) { violate("e5rt_execution_stream_execute_sync", "stream", "uses a buffer that was released"); return 2; }
        memory[is_output][port] = DATA(buffer_data, buffer)->memory;
      }
    }
    int32_t status = on_execute(encoded->program, memory[0], memory[1]);
    if (status != 0) { say("the engine failed"); return status; }
  }
  return 0;
}
