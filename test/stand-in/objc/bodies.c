/*
 * What the messages and functions do. The prototypes before this text are made of the signature tables, so a body whose
 * parameters are not the table's does not compile. The engine behind the framework is the test's, by callbacks.
 */

/* Reads the staged files and gives a program's number, or a negative one with a message. */
typedef int32_t (*compile_callback)(const char *folder, const char *description_file, char *message);
/* Describes the ports of a program, one per line: `input|output name type index n c d h w batch depth plane row`. */
typedef void (*describe_callback)(int32_t program, char *text, uint64_t size);
/* Computes on dense tensors in the order of the description. */
typedef int32_t (*execute_callback)(int32_t program, void **inputs, void **outputs, char *message);

static compile_callback on_compile;
static describe_callback on_describe;
static execute_callback on_execute;
static char models_folder[4096];
static uint64_t compile_limit = 119, program_limit = 127, compiles, loaded_models;
static bool has_engine = true;
/* Programs that the daemon has compiled, by identifier. */
static struct { char identifier[256]; int32_t program; } compiled[4096];
static size_t compiled_count;
static uint32_t surface_ids;

EXPORT void stand_in_set_callbacks(void *compile, void *describe, void *execute) {
  on_compile = (compile_callback)compile;
  on_describe = (describe_callback)describe;
  on_execute = (execute_callback)execute;
}

EXPORT void stand_in_set_limits(uint64_t compilations, uint64_t programs) {
  compile_limit = compilations;
  program_limit = programs;
}

static char hidden[256];
/* A message that this version of the framework does not have. */
EXPORT void stand_in_hide(const char *selector) { snprintf(hidden, sizeof hidden, "%s", selector); }

EXPORT void stand_in_set_engine(bool present) { has_engine = present; }

static bool odd_answers;
/* Methods whose result is typed `id` give numbers instead of strings. */
EXPORT void stand_in_set_odd_answers(bool now) { odd_answers = now; }

static char architecture[32] = "h16g";
EXPORT void stand_in_set_architecture(const char *name) { snprintf(architecture, sizeof architecture, "%s", name); }

static bool idle;
/* Evaluating succeeds at once and computes nothing: for measuring what is around it. */
EXPORT void stand_in_set_idle(bool now) { idle = now; }

static uint64_t urls;
/* Models that were told their folder. */
EXPORT uint64_t stand_in_urls(void) { return urls; }

EXPORT uint64_t stand_in_compiles(void) { return compiles; }
EXPORT uint64_t stand_in_loaded(void) { return loaded_models; }
EXPORT uint64_t stand_in_pool_depth(void) { return pools.depth; }

/* What the daemon has compiled is forgotten. */
EXPORT void stand_in_purge(void) { compiled_count = 0; }

EXPORT void stand_in_reset(const char *folder) {
  /* Classes and constants stay where they are: whoever opened the library keeps them. */
  object *constants = NULL, *each = objects;
  objects = NULL;
  while (each != NULL) {
    object *next = each->next;
    object **list = each->lives_on ? &constants : &objects;
    each->next = *list;
    *list = each;
    each = next;
  }
  reset_objects();
  objects = constants;
  for (object *constant = objects; constant != NULL; constant = constant->next) enter_table(constant);
  memset(&pools, 0, sizeof pools);
  snprintf(models_folder, sizeof models_folder, "%s", folder);
  compile_limit = 119;
  program_limit = 127;
  compiles = loaded_models = urls = 0;
  compiled_count = 0;
  has_engine = true;
  idle = odd_answers = false;
  snprintf(architecture, sizeof architecture, "h16g");
  hidden[0] = 0;
}

/* ---- the runtime ---- */

static void *body_objc_getClass(const char *name) {
  for (uint32_t class = 0; class < KIND_COUNT; class++) {
    if (class == KIND_Class || class == KIND_IOSurface || strcmp(kind_names[class], name) != 0) continue;
    if (class_objects[class] == NULL) {
      class_objects[class] = make(KIND_Class, "objc_getClass", sizeof(instance));
      class_objects[class]->lives_on = true;
      DATA(class_objects[class])->number = class;
    }
    return class_objects[class];
  }
  return NULL;
}

static void *body_sel_registerName(const char *name) {
  size_t i = 0;
  for (; i < sizeof selectors / sizeof *selectors && selectors[i] != NULL; i++)
    if (strcmp(selectors[i], name) == 0) return selectors[i];
  if (i == sizeof selectors / sizeof *selectors) return NULL;
  return selectors[i] = strdup(name);
}

/* The outermost pool has the number 1 until something is put in (libobjc's placeholder of an empty pool): no address. */
static void *pool_token(void) { return (void *)(uintptr_t)(pools.depth == 1 ? 1 : 0x1000 + pools.depth); }

static void *body_objc_autoreleasePoolPush(void) {
  if (pools.depth == 256) { violate("objc_autoreleasePoolPush", "pools", "are nested too deep"); return NULL; }
  pools.marks[pools.depth++] = pools.count;
  return pool_token();
}

static void body_objc_autoreleasePoolPop(void *pool) {
  if (pools.depth == 0 || pool != pool_token()) { violate("objc_autoreleasePoolPop", "pool", "is not the innermost one"); return; }
  size_t mark = pools.marks[pools.depth - 1];
  while (pools.count > mark) release_object("objc_autoreleasePoolPop", pools.members[--pools.count]);
  pools.depth--;
}

static void *body_objc_retain(void *target) { retain_object(target); return target; }
/* What is deallocated may autorelease: the last release stands inside a pool like every message. */
static void body_objc_release(void *target) {
  if (pools.depth == 0) violate("objc_release", kind_names[((object *)target)->kind], "is released outside of any pool");
  release_object("objc_release", target);
}

static void body_CFRelease(void *target) { release_object("CFRelease", target); }

static void forget(object *target) {
  instance *data = DATA(target);
  if (target->kind == KIND_IOSurface && data->locks != 0) violate("CFRelease", "surface", "is locked");
  if (target->kind == KIND__ANEInMemoryModel) {
    if (data->loaded && strstr(failed, "unloadWithQoS") == NULL) violate("objc_release", "model", "is loaded");
    if (data->loaded) loaded_models--;
    if (data->mapped != NULL) violate("objc_release", "model", "has surfaces mapped");
  }
  for (uint64_t i = 0; i < data->count; i++) {
    release_object("dealloc", data->items[i]);
    if (data->keys != NULL) release_object("dealloc", data->keys[i]);
  }
  free(data->items);
  free(data->keys);
  free(data->text);
  if (data->owns_bytes) free(data->bytes);
  data->items = data->keys = NULL;
  data->text = NULL;
  data->bytes = NULL;
  data->count = 0;
}

/* ---- Foundation ---- */

static bool body_NSObject_isKindOfClass_(object *self, void *class) {
  if (((object *)class)->kind != KIND_Class) { violate("-[NSObject isKindOfClass:]", "class", "is no class"); return false; }
  return is_a(self->kind, (uint32_t)DATA(class)->number);
}

static void *body_NSObject_description(object *self) {
  return autoreleased(new_string(kind_names[self->kind], "-[NSObject description]"));
}

static bool responds(bool is_class, uint32_t class, const char *selector);

static bool body_class_NSObject_instancesRespondToSelector_(object *self, void *selector) {
  return responds(false, (uint32_t)DATA(self)->number, selector);
}

static bool body_NSObject_respondsToSelector_(object *self, void *selector) {
  return self->kind == KIND_Class ? responds(true, (uint32_t)DATA(self)->number, selector) : responds(false, self->kind, selector);
}

static void *body_class_NSString_stringWithUTF8String_(object *self, const char *text) {
  (void)self;
  return autoreleased(new_string(text, "+[NSString stringWithUTF8String:]"));
}

static const char *body_NSString_UTF8String(object *self) { return DATA(self)->text; }

static void *body_class_NSNumber_numberWithLongLong_(object *self, int64_t value) {
  (void)self;
  return autoreleased(new_number(value, "q", "+[NSNumber numberWithLongLong:]"));
}

static void *body_class_NSNumber_numberWithBool_(object *self, bool value) {
  (void)self;
  return autoreleased(new_number(value, "c", "+[NSNumber numberWithBool:]"));
}

static int64_t body_NSNumber_longLongValue(object *self) { return DATA(self)->number; }
static const char *body_NSNumber_objCType(object *self) { return DATA(self)->number_type; }

static void *body_NSNumber_stringValue(object *self) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)DATA(self)->number);
  return autoreleased(new_string(text, "-[NSNumber stringValue]"));
}

static void *body_class_NSData_dataWithBytes_length_(object *self, void *bytes, uint64_t length) {
  (void)self;
  object *made = instance_of(KIND_NSData, "+[NSData dataWithBytes:length:]");
  DATA(made)->bytes = memcpy(malloc(length + 1), bytes == NULL ? "" : bytes, length);
  DATA(made)->length = length;
  DATA(made)->owns_bytes = true;
  return autoreleased(made);
}

static void *body_class_NSData_dataWithBytesNoCopy_length_freeWhenDone_(object *self, void *bytes, uint64_t length, bool free_when_done) {
  (void)self;
  if (free_when_done) { violate("+[NSData dataWithBytesNoCopy:length:freeWhenDone:]", "freeWhenDone", "is yes for memory that malloc did not give"); return NULL; }
  object *made = instance_of(KIND_NSData, "+[NSData dataWithBytesNoCopy:length:freeWhenDone:]");
  DATA(made)->bytes = bytes;
  DATA(made)->length = length;
  return autoreleased(made);
}

static void *body_NSData_bytes(object *self) { return DATA(self)->bytes; }
static uint64_t body_NSData_length(object *self) { return DATA(self)->length; }

static bool all_objects(const char *step, void *list, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) if (!check_reference(step, "an element", ((void **)list)[i], KIND_NSObject, false)) return false;
  return true;
}

static void *body_class_NSArray_arrayWithObjects_count_(object *self, void *objects, uint64_t count) {
  (void)self;
  if (!all_objects("+[NSArray arrayWithObjects:count:]", objects, count)) return NULL;
  object *made = instance_of(KIND_NSArray, "+[NSArray arrayWithObjects:count:]");
  keep(made, count, objects);
  return autoreleased(made);
}

static uint64_t body_NSArray_count(object *self) { return DATA(self)->count; }

static void *body_NSArray_objectAtIndex_(object *self, uint64_t index) {
  if (index >= DATA(self)->count) { violate("-[NSArray objectAtIndex:]", "index", "is beyond the end: an exception"); return NULL; }
  return DATA(self)->items[index];
}

static object *new_dictionary(uint64_t count, object **keys, object **objects, const char *maker) {
  object *made = instance_of(KIND_NSDictionary, maker);
  keep(made, count, objects);
  DATA(made)->keys = calloc(count == 0 ? 1 : count, sizeof(object *));
  for (uint64_t i = 0; i < count; i++) { DATA(made)->keys[i] = untagged(keys[i]); retain_object(DATA(made)->keys[i]); }
  return made;
}

static void *body_class_NSDictionary_dictionaryWithObjects_forKeys_count_(object *self, void *objects, void *keys, uint64_t count) {
  (void)self;
  const char *step = "+[NSDictionary dictionaryWithObjects:forKeys:count:]";
  if (!all_objects(step, objects, count) || !all_objects(step, keys, count)) return NULL;
  return autoreleased(new_dictionary(count, keys, objects, step));
}

static void *body_NSDictionary_allKeys(object *self) {
  object *made = instance_of(KIND_NSArray, "-[NSDictionary allKeys]");
  keep(made, DATA(self)->count, DATA(self)->keys);
  return autoreleased(made);
}

static object *value_of(object *dictionary, const char *key) {
  instance *data = DATA(dictionary);
  for (uint64_t i = 0; i < data->count; i++)
    if (data->keys[i]->kind == KIND_NSString && strcmp(DATA(data->keys[i])->text, key) == 0) return data->items[i];
  return NULL;
}

static void *body_NSDictionary_objectForKey_(object *self, void *key) {
  return ((object *)key)->kind == KIND_NSString ? value_of(self, DATA(key)->text) : NULL;
}

static void *body_NSError_domain(object *self) {
  (void)self;
  return autoreleased(new_string("com.apple.appleneuralengine", "-[NSError domain]"));
}

static int64_t body_NSError_code(object *self) { return DATA(self)->number; }
static void *body_NSError_localizedDescription(object *self) { return autoreleased(new_string(DATA(self)->text, "-[NSError localizedDescription]")); }

/* ---- IOSurface ---- */

#define SURFACE_KEYS(each) each(IOSurfaceWidth) each(IOSurfaceHeight) each(IOSurfaceBytesPerElement) \
  each(IOSurfaceBytesPerRow) each(IOSurfaceAllocSize) each(IOSurfacePixelFormat)
#define DECLARE_KEY(name) EXPORT void *k##name;
SURFACE_KEYS(DECLARE_KEY)

/* Constants live for ever. */
static void *constant_string(const char *text) {
  object *made = new_string(text, "IOSurface");
  made->lives_on = true;
  return made;
}

/* When the library is loaded: symbols of data have their values from the start. */
__attribute__((constructor)) static void make_keys(void) {
#define MAKE_KEY(name) k##name = constant_string(#name);
  SURFACE_KEYS(MAKE_KEY)
}

static int64_t property(object *properties, const char *key) {
  object *value = value_of(properties, key);
  if (value == NULL || value->kind != KIND_NSNumber) { violate("IOSurfaceCreate", key, "is no number"); return -1; }
  return DATA(value)->number;
}

static void *body_IOSurfaceCreate(void *properties) {
  int64_t bytes = property(properties, "IOSurfaceAllocSize");
  bool same = property(properties, "IOSurfaceWidth") == bytes && property(properties, "IOSurfaceBytesPerRow") == bytes;
  bool plain = property(properties, "IOSurfaceHeight") == 1 && property(properties, "IOSurfaceBytesPerElement") == 1;
  if (!same || !plain || property(properties, "IOSurfacePixelFormat") != 0) violate("IOSurfaceCreate", "properties", "are not those of a row of bytes");
  if (bytes <= 0 || bytes > 1ll << 32) return NULL;
  object *made = instance_of(KIND_IOSurface, "IOSurfaceCreate");
  instance *data = DATA(made);
  data->length = (uint64_t)(bytes + 16383) / 16384 * 16384;
  data->bytes = aligned_alloc(16384, data->length);
  memset(data->bytes, 0, data->length);
  data->owns_bytes = true;
  data->id = ++surface_ids;
  return made;
}

static int32_t body_IOSurfaceLock(void *surface, uint32_t options, void *seed) {
  (void)seed;
  if (options > 3) violate("IOSurfaceLock", "options", "are unknown");
  DATA(surface)->locks++;
  return 0;
}

static int32_t body_IOSurfaceUnlock(void *surface, uint32_t options, void *seed) {
  (void)options;
  (void)seed;
  if (DATA(surface)->locks-- <= 0) { violate("IOSurfaceUnlock", "surface", "is not locked"); DATA(surface)->locks = 0; return -1; }
  return 0;
}

static void *body_IOSurfaceGetBaseAddress(void *surface) {
  if (DATA(surface)->locks == 0) violate("IOSurfaceGetBaseAddress", "surface", "is not locked");
  return DATA(surface)->bytes;
}

static uint64_t body_IOSurfaceGetAllocSize(void *surface) { return DATA(surface)->length; }
static uint32_t body_IOSurfaceGetID(void *surface) { return DATA(surface)->id; }
