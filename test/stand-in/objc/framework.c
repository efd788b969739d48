/*
 * AppleNeuralEngine.framework, behind `bodies.c`: models that are staged, compiled, loaded, evaluated on surfaces and unloaded. The
 * engine is the test's, by callbacks.
 */

static bool body_class__ANEDeviceInfo_hasANE(object *self) { (void)self; return has_engine; }
static uint32_t body_class__ANEDeviceInfo_numANEs(object *self) { (void)self; return 1; }
static uint32_t body_class__ANEDeviceInfo_numANECores(object *self) { (void)self; return 16; }
static bool body_class__ANEDeviceInfo_isVirtualMachine(object *self) { (void)self; return false; }
/* Results that are typed `id` only: where a test asks for it, they are no strings. */
static void *info(const char *text) {
  if (odd_answers) return autoreleased(new_number(7, "q", "_ANEDeviceInfo"));
  return autoreleased(new_string(text, "_ANEDeviceInfo"));
}
static void *body_class__ANEDeviceInfo_aneArchitectureType(object *self) { (void)self; return info(architecture); }
static void *body_class__ANEDeviceInfo_aneSubType(object *self) { (void)self; return info("stand-in"); }
static void *body_class__ANEDeviceInfo_productName(object *self) { (void)self; return info("macOS"); }
static void *body_class__ANEDeviceInfo_buildVersion(object *self) { (void)self; return info("25A000"); }

static void *descriptor_of(bool is_mil, void *text, void *weights) {
  const char *step = "+[_ANEInMemoryModelDescriptor …]";
  instance *files = DATA(weights);
  for (uint64_t i = 0; i < files->count; i++) {
    object *key = files->keys[i], *entry = files->items[i];
    if (!check_object(step, "a weight's name", key, KIND_NSString, false)) return NULL;
    if (is_mil && strncmp(DATA(key)->text, "@model_path/", 12) != 0) { violate(step, DATA(key)->text, "is no path below @model_path"); return NULL; }
    if (!check_object(step, "a weight's entry", entry, KIND_NSDictionary, false)) return NULL;
    if (!check_object(step, "offset", value_of(entry, "offset"), KIND_NSNumber, false)) return NULL;
    if (!check_object(step, "data", value_of(entry, "data"), KIND_NSData, false)) return NULL;
    if (DATA(value_of(entry, "offset"))->number != 0) { violate(step, "offset", "is not zero"); return NULL; }
  }
  if (DATA(text)->length == 0) { violate(step, "text", "is empty"); return NULL; }
  object *made = instance_of(KIND__ANEInMemoryModelDescriptor, step);
  keep(made, 2, (object *[]){ text, weights });
  DATA(made)->is_mil = is_mil;
  return autoreleased(made);
}

static void *body_class__ANEInMemoryModelDescriptor_modelWithMILText_weights_optionsPlist_(object *self, void *text, void *weights, void *options) {
  (void)self;
  (void)options;
  return descriptor_of(true, text, weights);
}

static void *body_class__ANEInMemoryModelDescriptor_modelWithNetworkDescription_weights_optionsPlist_(object *self, void *text, void *weights, void *options) {
  (void)self;
  (void)options;
  return descriptor_of(false, text, weights);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, uint64_t length) {
  for (uint64_t i = 0; i < length; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
  return hash;
}

static object *part(object *model, int position) { return DATA(DATA(model)->items[0])->items[position]; }

static void *body_class__ANEInMemoryModel_inMemoryModelWithDescriptor_(object *self, void *descriptor) {
  (void)self;
  object *made = instance_of(KIND__ANEInMemoryModel, "+[_ANEInMemoryModel inMemoryModelWithDescriptor:]");
  keep(made, 1, (object *[]){ descriptor });
  uint64_t text = hash_bytes(0xcbf29ce484222325ull, DATA(part(made, 0))->bytes, DATA(part(made, 0))->length), weights = 0xcbf29ce484222325ull;
  instance *files = DATA(part(made, 1));
  for (uint64_t i = 0; i < files->count; i++) {
    instance *data = DATA(value_of(files->items[i], "data"));
    weights = hash_bytes(hash_bytes(weights, DATA(files->keys[i])->text, strlen(DATA(files->keys[i])->text)), data->bytes, data->length);
  }
  char identifier[256];
  snprintf(identifier, sizeof identifier, "%016llX_%016llX_0", (unsigned long long)text, (unsigned long long)weights);
  DATA(made)->text = strdup(identifier);
  DATA(made)->program = -1;
  DATA(made)->is_mil = DATA(descriptor)->is_mil;
  return autoreleased(made);
}

static void *body__ANEInMemoryModel_hexStringIdentifier(object *self) {
  return autoreleased(new_string(DATA(self)->text, "-[_ANEInMemoryModel hexStringIdentifier]"));
}

/* ---- the model's URL ---- */

static void *body_class_NSURL_fileURLWithPath_(object *self, void *path) {
  (void)self;
  object *made = instance_of(KIND_NSURL, "+[NSURL fileURLWithPath:]");
  DATA(made)->text = strdup(DATA(path)->text);
  return autoreleased(made);
}

static void folder_of(object *model, char *path) { snprintf(path, 8192, "%s/%s", models_folder, DATA(model)->text); }

static void *body__ANEInMemoryModel_localModelPath(object *self) {
  char path[8192];
  folder_of(self, path);
  return info(path);
}

static void body__ANEInMemoryModel_setModelURL_(object *self, void *url) {
  char path[8192];
  folder_of(self, path);
  if (strcmp(DATA(url)->text, path) != 0) violate("-[_ANEInMemoryModel setModelURL:]", "url", "is not the folder of the model");
  urls++;
}

static int find_compiled(const char *identifier) {
  for (size_t i = 0; i < compiled_count; i++) if (strcmp(compiled[i].identifier, identifier) == 0) return (int)i;
  return -1;
}

static bool body__ANEInMemoryModel_compiledModelExists(object *self) { return find_compiled(DATA(self)->text) >= 0; }

/* Whether a staged file holds what the descriptor was given. */
static bool is_staged(const char *folder, const char *name, instance *wanted) {
  char path[16384];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL) return false;
  uint8_t *bytes = malloc(wanted->length + 1);
  bool same = fread(bytes, 1, wanted->length + 1, file) == wanted->length && memcmp(bytes, wanted->bytes, wanted->length) == 0;
  free(bytes);
  fclose(file);
  return same;
}

/* Whether everything that the descriptor was given lies in the model's folder; what is missing, else. */
static const char *missing_file(object *self) {
  char folder[8192];
  folder_of(self, folder);
  if (!is_staged(folder, DATA(self)->is_mil ? "model.mil" : "net.plist", DATA(part(self, 0)))) return "the description is not staged";
  instance *files = DATA(part(self, 1));
  for (uint64_t i = 0; i < files->count; i++) {
    const char *path = DATA(files->keys[i])->text;
    if (!is_staged(folder, DATA(self)->is_mil ? path + 12 : path, DATA(value_of(files->items[i], "data")))) return "a weight file is not staged";
  }
  return NULL;
}

static bool body__ANEInMemoryModel_compileWithQoS_options_error_(object *self, uint32_t qos, void *options, void **error) {
  (void)options;
  const char *step = "-[_ANEInMemoryModel compileWithQoS:options:error:]";
  if (qos > 33) violate(step, "qos", "is unknown");
  if (compiles++ >= compile_limit) return refuse(error, 4, "program creation failed: too many compiles");
  const char *missing = missing_file(self);
  if (missing != NULL) return refuse(error, 16, missing);
  char folder[8192];
  folder_of(self, folder);
  const char *name = DATA(self)->is_mil ? "model.mil" : "net.plist";
  char message[4096] = "";
  int32_t program = on_compile == NULL ? 0 : on_compile(folder, name, message);
  if (program < 0) return refuse(error, 10, message);
  int position = find_compiled(DATA(self)->text);
  if (position < 0) position = (int)compiled_count++;
  snprintf(compiled[position].identifier, sizeof compiled[position].identifier, "%s", DATA(self)->text);
  compiled[position].program = program;
  return true;
}

static bool body__ANEInMemoryModel_loadWithQoS_options_error_(object *self, uint32_t qos, void *options, void **error) {
  (void)qos;
  (void)options;
  if (DATA(self)->loaded) { violate("-[_ANEInMemoryModel loadWithQoS:options:error:]", "model", "is loaded already"); return true; }
  /* Some versions save the model's files inside of this call, over what is there (driver-stack A.2): they must be there to be read. */
  const char *missing = missing_file(self);
  if (missing != NULL) return refuse(error, 16, missing);
  int position = find_compiled(DATA(self)->text);
  if (position < 0) return refuse(error, 17, "the model is not compiled");
  if (loaded_models >= program_limit) return refuse(error, 6, "program load failure (0x50004)");
  DATA(self)->program = compiled[position].program;
  DATA(self)->loaded = true;
  loaded_models++;
  return true;
}

#define PORTS 256
typedef struct { bool is_output; char name[256], type[32]; long long index, n, c, d, h, w, batch, depth, plane, row; } port;

static uint64_t element_size(const port *described) {
  return strstr(described->type, "16") != NULL ? 2 : strstr(described->type, "32") != NULL ? 4 : 1;
}

static size_t ports_of(object *model, port *ports) {
  static char text[65536];
  text[0] = 0;
  if (on_describe != NULL) on_describe(DATA(model)->program, text, sizeof text);
  size_t count = 0;
  for (char *line = strtok(text, "\n"); line != NULL && count < PORTS; line = strtok(NULL, "\n")) {
    port *each = &ports[count];
    char side[16];
    int fields = sscanf(line, "%15s %255s %31s %lld %lld %lld %lld %lld %lld %lld %lld %lld %lld", side, each->name, each->type, &each->index, &each->n, &each->c, &each->d, &each->h, &each->w, &each->batch, &each->depth, &each->plane, &each->row);
    if (fields != 13) { violate("stand-in", line, "is no description of a port"); continue; }
    each->is_output = strcmp(side, "output") == 0;
    count++;
  }
  return count;
}

/* A dictionary under construction: it owns what is put in, and is given away autoreleased. */
typedef struct { object *keys[16], *values[16]; uint64_t count; } draft;

static void put(draft *into, const char *key, object *value) {
  into->keys[into->count] = autoreleased(new_string(key, "modelAttributes"));
  into->values[into->count++] = autoreleased(value);
}

static void put_number(draft *into, const char *key, long long value) { put(into, key, new_number(value, "q", "modelAttributes")); }
static object *finished(draft *from) { return new_dictionary(from->count, from->keys, from->values, "modelAttributes"); }

static object *new_array(uint64_t count, object **items) {
  object *made = instance_of(KIND_NSArray, "modelAttributes");
  for (uint64_t i = 0; i < count; i++) autoreleased(items[i]);
  keep(made, count, items);
  return made;
}

static object *attributes_of_port(const port *each) {
  draft of = {0};
  char symbol[300];
  snprintf(symbol, sizeof symbol, "%s%s", each->name, each->is_output ? "@output" : "");
  put(&of, "Name", new_string(each->name, "modelAttributes"));
  put(&of, "Symbol", new_string(symbol, "modelAttributes"));
  put(&of, "Type", new_string(each->type, "modelAttributes"));
  put_number(&of, "Batches", each->n); put_number(&of, "Channels", each->c); put_number(&of, "Depth", each->d);
  put_number(&of, "Height", each->h); put_number(&of, "Width", each->w); put_number(&of, "Interleave", 1);
  put_number(&of, "BatchStride", each->batch); put_number(&of, "DepthStride", each->depth);
  put_number(&of, "PlaneStride", each->plane); put_number(&of, "RowStride", each->row);
  put_number(&of, "PlaneCount", each->c);
  return finished(&of);
}

static void *body__ANEInMemoryModel_modelAttributes(object *self) {
  if (!DATA(self)->loaded) { violate("-[_ANEInMemoryModel modelAttributes]", "model", "is not loaded"); return NULL; }
  static port ports[PORTS];
  size_t count = ports_of(self, ports);
  draft description = {0}, procedure = {0}, status = {0}, root = {0};
  for (int side = 0; side < 2; side++) {
    object *symbols[PORTS], *indices[PORTS], *live[PORTS];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
      if (ports[i].is_output != (side == 1)) continue;
      char symbol[300];
      snprintf(symbol, sizeof symbol, "%s%s", ports[i].name, side == 1 ? "@output" : "");
      symbols[ports[i].index] = new_string(symbol, "modelAttributes");
      indices[found] = new_number(ports[i].index, "q", "modelAttributes");
      live[found++] = attributes_of_port(&ports[i]);
    }
    /* Sizes stand in an order of their own. */
    for (size_t i = 0; i < found / 2; i++) { object *other = live[i]; live[i] = live[found - 1 - i]; live[found - 1 - i] = other; }
    put(&description, side == 1 ? "kANEFModelOutputSymbolsArrayKey" : "kANEFModelInputSymbolsArrayKey", new_array(found, symbols));
    put(&procedure, side == 1 ? "ANEFModelOutputSymbolIndexArray" : "ANEFModelInputSymbolIndexArray", new_array(found, indices));
    put(&status, side == 1 ? "LiveOutputList" : "LiveInputList", new_array(found, live));
  }
  put_number(&procedure, "ANEFModelProcedureID", 0);
  object *procedures[] = { finished(&procedure) }, *statuses[] = { finished(&status) };
  put(&description, "ANEFModelProcedures", new_array(1, procedures));
  put(&root, "ANEFModelDescription", finished(&description));
  put(&root, "NetworkStatusList", new_array(1, statuses));
  return autoreleased(finished(&root));
}

static void *body_class__ANEIOSurfaceObject_objectWithIOSurface_(object *self, void *surface) {
  (void)self;
  object *made = instance_of(KIND__ANEIOSurfaceObject, "+[_ANEIOSurfaceObject objectWithIOSurface:]");
  keep(made, 1, (object *[]){ surface });
  return autoreleased(made);
}

static void *request_of(object *inputs, object *input_indices, object *outputs, object *output_indices, object *procedure) {
  const char *step = "+[_ANERequest requestWithInputs:…]";
  object *lists[] = { inputs, input_indices, outputs, output_indices };
  for (int list = 0; list < 4; list++) {
    instance *data = DATA(lists[list]);
    for (uint64_t i = 0; i < data->count; i++)
      if (!check_object(step, list % 2 == 1 ? "an index" : "a surface", data->items[i], list % 2 == 1 ? KIND_NSNumber : KIND__ANEIOSurfaceObject, false)) return NULL;
  }
  if (DATA(procedure)->number != 0) { violate(step, "procedureIndex", "is not that of the only procedure"); return NULL; }
  object *made = instance_of(KIND__ANERequest, step);
  keep(made, 5, (object *[]){ inputs, input_indices, outputs, output_indices, procedure });
  return autoreleased(made);
}

static void *body_class__ANERequest_requestWithInputs_inputIndices_outputs_outputIndices_procedureIndex_(object *self, void *inputs, void *input_indices, void *outputs, void *output_indices, void *procedure) {
  (void)self;
  return request_of(inputs, input_indices, outputs, output_indices, procedure);
}

static void *body_class__ANERequest_requestWithInputs_inputIndices_outputs_outputIndices_weightsBuffer_perfStats_procedureIndex_(object *self, void *inputs, void *input_indices, void *outputs, void *output_indices, void *weights, void *stats, void *procedure) {
  (void)self;
  (void)stats;
  if (weights != NULL) violate("+[_ANERequest requestWithInputs:…]", "weightsBuffer", "needs an entitlement");
  return request_of(inputs, input_indices, outputs, output_indices, procedure);
}

static object *list_of(object *request, int position) { return DATA(request)->items[position]; }

static bool body__ANERequest_validate(object *self) {
  for (int side = 0; side < 4; side += 2) {
    uint64_t surfaces = DATA(list_of(self, side))->count;
    if (surfaces == 0 || surfaces > 255 || surfaces != DATA(list_of(self, side + 1))->count) return false;
  }
  return true;
}

static bool body__ANEInMemoryModel_mapIOSurfacesWithRequest_cacheInference_error_(object *self, void *request, bool cache, void **error) {
  (void)cache;
  if (!DATA(self)->loaded) return refuse(error, 13, "IOSurfaces map failure: not loaded");
  if (DATA(self)->mapped != NULL) violate("-[_ANEInMemoryModel mapIOSurfacesWithRequest:cacheInference:error:]", "model", "has surfaces mapped already");
  DATA(self)->mapped = request;
  return true;
}

static void body__ANEInMemoryModel_unmapIOSurfacesWithRequest_(object *self, void *request) {
  if (DATA(self)->mapped != request) violate("-[_ANEInMemoryModel unmapIOSurfacesWithRequest:]", "request", "is not the one that is mapped");
  DATA(self)->mapped = NULL;
}

/* Between a surface and a dense tensor, element by element: written without a thought of the runtime's own copies. */
static void transfer(const port *each, uint8_t *surface, uint8_t *dense, bool to_surface) {
  uint64_t size = element_size(each), position = 0;
  for (long long n = 0; n < each->n; n++) for (long long c = 0; c < each->c; c++) for (long long d = 0; d < each->d; d++)
  for (long long h = 0; h < each->h; h++) for (long long w = 0; w < each->w; w++, position += size) {
    uint8_t *at = surface + n * each->batch + d * each->depth + c * each->plane + h * each->row + w * (long long)size;
    if (to_surface) memcpy(at, dense + position, size); else memcpy(dense + position, at, size);
  }
}

static instance *surface_at(object *request, int side, long long index) {
  instance *surfaces = DATA(list_of(request, side)), *indices = DATA(list_of(request, side + 1));
  for (uint64_t i = 0; i < surfaces->count; i++)
    if (DATA(indices->items[i])->number == index) return DATA(DATA(surfaces->items[i])->items[0]);
  return NULL;
}

static bool body__ANEInMemoryModel_evaluateWithQoS_options_request_error_(object *self, uint32_t qos, void *options, void *request, void **error) {
  (void)options;
  const char *step = "-[_ANEInMemoryModel evaluateWithQoS:options:request:error:]";
  if (qos > 33) violate(step, "qos", "is unknown");
  if (!DATA(self)->loaded) return refuse(error, 23, "program not found");
  if (idle) return true;
  static port ports[PORTS];
  size_t count = ports_of(self, ports);
  instance *surfaces[PORTS];
  void *dense[2][PORTS] = {{0}};
  size_t sides[2] = {0};
  for (size_t i = 0; i < count; i++) {
    surfaces[i] = surface_at(request, ports[i].is_output ? 2 : 0, ports[i].index);
    if (surfaces[i] == NULL) return refuse(error, 8, "program inference error: status=0x2");
    if (surfaces[i]->length < (uint64_t)(ports[i].n * ports[i].batch)) return refuse(error, 8, "program inference error: status=0x1d");
    if (surfaces[i]->locks != 0) violate(step, "a surface", "is locked");
  }
  for (size_t i = 0; i < count; i++) {
    uint64_t elements = (uint64_t)(ports[i].n * ports[i].c * ports[i].d * ports[i].h * ports[i].w);
    uint8_t *memory = dense[ports[i].is_output][sides[ports[i].is_output]++] = malloc(elements * element_size(&ports[i]));
    if (!ports[i].is_output) transfer(&ports[i], surfaces[i]->bytes, memory, false);
  }
  char message[4096] = "";
  int32_t status = on_execute == NULL ? 0 : on_execute(DATA(self)->program, dense[0], dense[1], message);
  sides[0] = sides[1] = 0;
  for (size_t i = 0; i < count; i++) {
    uint8_t *memory = dense[ports[i].is_output][sides[ports[i].is_output]++];
    if (ports[i].is_output && status == 0) {
      /* What lies between rows is nobody's: not-a-numbers there must not be seen. */
      memset(surfaces[i]->bytes, 0x7f, (uint64_t)(ports[i].n * ports[i].batch));
      transfer(&ports[i], surfaces[i]->bytes, memory, true);
    }
    free(memory);
  }
  return status == 0 ? true : refuse(error, 8, message);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place) {
  (void)about;
  (void)kind;
  (void)place;
  return remove(path);
}

static void delete_folder(const char *folder) { nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

static bool body__ANEInMemoryModel_unloadWithQoS_error_(object *self, uint32_t qos, void **error) {
  (void)qos;
  if (!DATA(self)->loaded) return refuse(error, 23, "program not found");
  if (DATA(self)->mapped != NULL) violate("-[_ANEInMemoryModel unloadWithQoS:error:]", "model", "has surfaces mapped");
  DATA(self)->loaded = false;
  loaded_models--;
  char folder[8192];
  folder_of(self, folder);
  delete_folder(folder);
  return true;
}
