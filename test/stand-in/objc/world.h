/*
 * The stand-in's object world, before the rows of the message table: classes, instances with reference counts, autorelease
 * pools, selectors, and the checks of arguments that the generated part makes. Objects are never freed before a reset, so that
 * one that is used after its last release is recognised.
 */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct instance {
  int64_t references;
  /* NSString, and the text of a selector or path */
  char *text;
  /* NSNumber, NSError's code */
  int64_t number;
  const char *number_type;
  /* NSData, IOSurface */
  uint8_t *bytes;
  uint64_t length;
  bool owns_bytes;
  /* NSArray; NSDictionary with keys; what any other object retains */
  object **items;
  object **keys;
  uint64_t count;
  /* IOSurface */
  int32_t locks;
  uint32_t id;
  /* _ANEInMemoryModel */
  bool is_mil;
  bool loaded;
  int32_t program;
  object *mapped;
} instance;

/*
 * Small strings and numbers of Foundation are kept in the reference itself, with bit 63 set: it is no address then, and no number
 * that a double holds. Here every string and number is given away with that bit, and takes it off again on its way in.
 */
#define TAG (1ull << 63)
static object *untagged(const void *reference) { return (object *)(uintptr_t)((uint64_t)(uintptr_t)reference & ~TAG); }

UNUSED static uint64_t tagged(const void *address) {
  const object *given = address;
  bool is_value = given != NULL && !given->lives_on && (given->kind == KIND_NSString || given->kind == KIND_NSNumber);
  return (uint64_t)(uintptr_t)address | (is_value ? TAG : 0);
}

#define DATA(handle) ((instance *)((object *)(handle))->payload)

static object *class_objects[KIND_COUNT];
static char *selectors[1024];
static struct { object *members[65536]; size_t count; size_t marks[256]; size_t depth; } pools;

static bool is_a(uint32_t kind, uint32_t class) {
  return class == KIND_NSObject || kind == class;
}

static object *instance_of(uint32_t class, const char *maker) {
  object *made = make(class, maker, sizeof(instance));
  DATA(made)->references = 1;
  return made;
}

static void forget(object *target);

static void retain_object(object *target) {
  if (target != NULL && target->kind != KIND_Class) DATA(target)->references++;
}

static void release_object(const char *step, object *target) {
  if (target == NULL || target->kind == KIND_Class) return;
  if (!target->alive) { violate(step, kind_names[target->kind], "is released once too often"); return; }
  if (--DATA(target)->references > 0) return;
  target->alive = false;
  forget(target);
}

/* What a message gives that does not begin with alloc, new or copy. */
static object *autoreleased(object *target) {
  if (target == NULL) return NULL;
  if (pools.depth == 0) violate(target->maker, kind_names[target->kind], "is autoreleased without a pool");
  else if (pools.count < sizeof pools.members / sizeof *pools.members) pools.members[pools.count++] = target;
  return target;
}

/* What is asked of an object: alive at least as long as it, and as the pool. */
UNUSED static object *lent(object *target) {
  retain_object(target);
  return autoreleased(target);
}

static void keep(object *owner, uint64_t count, object **items) {
  instance *data = DATA(owner);
  data->items = calloc(count == 0 ? 1 : count, sizeof *items);
  data->count = count;
  for (uint64_t i = 0; i < count; i++) { data->items[i] = untagged(items[i]); retain_object(data->items[i]); }
}

static object *new_string(const char *text, const char *maker) {
  object *made = instance_of(KIND_NSString, maker);
  DATA(made)->text = strdup(text);
  return made;
}

static object *new_number(int64_t number, const char *type, const char *maker) {
  object *made = instance_of(KIND_NSNumber, maker);
  DATA(made)->number = number;
  DATA(made)->number_type = type;
  return made;
}

static object *new_error(int64_t code, const char *description) {
  object *made = instance_of(KIND_NSError, "the framework");
  DATA(made)->number = code;
  DATA(made)->text = strdup(description);
  return made;
}

/* Fails a call the way that Cocoa does: no, and an error in the cell. */
static bool refuse(void **error, int64_t code, const char *description) {
  if (error != NULL) *error = autoreleased(new_error(code, description));
  return false;
}

UNUSED static bool check_object(const char *step, const char *argument, void *address, uint32_t class, bool nullable) {
  if (address == NULL) {
    if (!nullable) violate(step, argument, "is nil");
    return nullable;
  }
  object *found = known(address);
  char problem[512];
  if (found == NULL) { violate(step, argument, "is no object"); return false; }
  if (!found->alive) {
    snprintf(problem, sizeof problem, "is a %s that was deallocated", kind_names[found->kind]);
    violate(step, argument, problem);
    return false;
  }
  if (!is_a(found->kind, class)) {
    snprintf(problem, sizeof problem, "is a %s, not a %s", kind_names[found->kind], kind_names[class]);
    violate(step, argument, problem);
    return false;
  }
  return true;
}

/* The same for a reference as callers hold it. */
UNUSED static bool check_reference(const char *step, const char *argument, void *reference, uint32_t class, bool nullable) {
  object *found = known(untagged(reference));
  if (found != NULL && tagged(found) != (uint64_t)(uintptr_t)reference) {
    violate(step, argument, "is a reference that has lost its tag");
    return false;
  }
  return check_object(step, argument, untagged(reference), class, nullable);
}

UNUSED static bool check_error_cell(const char *step, void **cell) {
  if (cell != NULL && *cell != NULL) { violate(step, "error", "is a cell that is not empty"); return false; }
  return true;
}

static const char *known_selector(const char *selector) {
  for (size_t i = 0; i < sizeof selectors / sizeof *selectors && selectors[i] != NULL; i++)
    if (selectors[i] == selector) return selector;
  return NULL;
}

UNUSED static bool check_selector(const char *step, const char *argument, const void *selector) {
  if (known_selector(selector) != NULL) return true;
  violate(step, argument, "is no registered selector");
  return false;
}

/* Counts a call that cannot fail. */
static void count_call(const char *step) {
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    if (counts[i].name == NULL) counts[i].name = step;
    if (counts[i].name == step) { counts[i].count++; return; }
  }
}
