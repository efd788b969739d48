/*
 * What every stand-in library is made of: handles with a magic number and a kind, a list of all that were ever made, checks of
 * arguments, faults on request, and an audit at the end. Handles are never freed before a reset, so that one that is used after
 * its release is recognised instead of read as garbage.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define UNUSED __attribute__((unused))
#define OBJECT_MAGIC 0x616e656d6f6e6521ull
#define REPORT_BYTES 65536

typedef struct object {
  uint64_t magic;
  uint32_t kind;
  bool alive;
  /* A constant of the library, which nobody releases. */
  bool lives_on;
  uint64_t serial;
  const char *maker;
  void *payload;
  struct object *next;
} object;

static object *objects;
static uint64_t serials;
static uint64_t calls;
static uint64_t fail_at;
static int32_t fail_status;
static char fail_function[256];
static uint64_t fail_function_times;
static char failed[256];
static char violations[REPORT_BYTES];
static char audit[REPORT_BYTES];
static char last_message[4096];

/* One count per function; found by the address of its name, which is a literal. */
static struct { const char *name; uint64_t count; } counts[1024];

static void append(char *report, const char *line) {
  size_t used = strlen(report);
  if (used + strlen(line) + 2 < REPORT_BYTES) { strcpy(report + used, line); strcat(report, "\n"); }
}

UNUSED static void violate(const char *function, const char *argument, const char *problem) {
  char line[1024];
  snprintf(line, sizeof line, "%s: %s %s", function, argument, problem);
  append(violations, line);
  snprintf(last_message, sizeof last_message, "%s @ %s", problem, function);
}

UNUSED static void say(const char *text) { snprintf(last_message, sizeof last_message, "%s", text); }

/* Looks at a call before it is made. */
static void (*before_call)(const char *function);

/* Counts a call; says whether it is one that is to fail. */
UNUSED static int32_t enter(const char *function) {
  calls++;
  if (before_call != NULL) before_call(function);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    if (counts[i].name == NULL) counts[i].name = function;
    if (counts[i].name == function) { counts[i].count++; break; }
  }
  if (fail_function_times > 0 && strcmp(fail_function, function) == 0) fail_function_times--;
  else if (fail_at == 0 || calls != fail_at) return 0;
  snprintf(failed, sizeof failed, "%s", function);
  snprintf(last_message, sizeof last_message, "a fault on request @ %s", function);
  return fail_status;
}

/* Addresses of objects, for finding them: linear probing. Beyond three quarters full the list is searched instead. */
#define TABLE_SIZE (1u << 16)
static object *table[TABLE_SIZE];
static uint32_t table_count;

static uint32_t slot_of(const void *address) { return (uint32_t)(((uintptr_t)address >> 4) * 0x9e3779b1u) % TABLE_SIZE; }

UNUSED static void enter_table(object *made) {
  if (++table_count > TABLE_SIZE / 4 * 3) return;
  uint32_t slot = slot_of(made);
  while (table[slot] != NULL) slot = (slot + 1) % TABLE_SIZE;
  table[slot] = made;
}

UNUSED static object *make(uint32_t kind, const char *maker, size_t payload) {
  object *made = calloc(1, sizeof *made);
  made->magic = OBJECT_MAGIC;
  made->kind = kind;
  made->alive = true;
  made->serial = ++serials;
  made->maker = maker;
  made->payload = payload == 0 ? NULL : calloc(1, payload);
  made->next = objects;
  objects = made;
  enter_table(made);
  return made;
}

/* Looked up, never followed: what is given may be any number. */
static object *known(const void *address) {
  if (table_count <= TABLE_SIZE / 4 * 3) {
    for (uint32_t slot = slot_of(address); table[slot] != NULL; slot = (slot + 1) % TABLE_SIZE)
      if (table[slot] == address) return table[slot];
    return NULL;
  }
  for (object *each = objects; each != NULL; each = each->next) if (each == address) return each;
  return NULL;
}

UNUSED static bool check_handle(const char *function, const char *argument, void *address, uint32_t kind, bool nullable) {
  if (address == NULL) {
    if (!nullable) violate(function, argument, "is null");
    return nullable;
  }
  object *found = known(address);
  char problem[512];
  if (found == NULL || found->magic != OBJECT_MAGIC) {
    violate(function, argument, "is no handle of this library");
    return false;
  }
  if (found->kind != kind) {
    snprintf(problem, sizeof problem, "is a %s, not a %s", kind_names[found->kind], kind_names[kind]);
    violate(function, argument, problem);
    return false;
  }
  if (!found->alive) {
    snprintf(problem, sizeof problem, "is the %s of serial %llu, which was released", kind_names[kind], (unsigned long long)found->serial);
    violate(function, argument, problem);
    return false;
  }
  return true;
}

UNUSED static bool check_pointer(const char *function, const char *argument, const void *pointer, bool nullable) {
  if (pointer == NULL && !nullable) violate(function, argument, "is null");
  return pointer != NULL || nullable;
}

UNUSED static bool check_slot(const char *function, const char *argument, void **slot, uint32_t kind) {
  return check_pointer(function, argument, slot, false) && check_handle(function, argument, *slot, kind, false);
}

/* A truth value is passed in a byte of 0 or 1: anything else was meant for another parameter. */
UNUSED static bool check_bool(const char *function, const char *argument, bool value) {
  uint8_t byte;
  memcpy(&byte, &value, 1);
  if (byte > 1) violate(function, argument, "is neither true nor false");
  return byte <= 1;
}

UNUSED static void destroy(void *address) {
  object *found = known(address);
  if (found != NULL) found->alive = false;
}

EXPORT uint64_t stand_in_calls(void) { return calls; }

EXPORT uint64_t stand_in_calls_of(const char *function) {
  for (size_t i = 0; i < sizeof counts / sizeof *counts && counts[i].name != NULL; i++)
    if (strcmp(counts[i].name, function) == 0) return counts[i].count;
  return 0;
}

/* The call of this number from now fails once with this status; zero for none. */
EXPORT void stand_in_fail_call(uint64_t number, int32_t status) {
  fail_at = number == 0 ? 0 : calls + number;
  fail_status = status;
  failed[0] = 0;
}

/* The next calls of a function fail with this status. */
EXPORT void stand_in_fail_function(const char *function, uint64_t times, int32_t status) {
  snprintf(fail_function, sizeof fail_function, "%s", function);
  fail_function_times = times;
  fail_status = status;
  failed[0] = 0;
}

/* The function that failed on request; empty where none did. */
EXPORT const char *stand_in_failed(void) { return failed; }

/* Mistakes of the caller so far, one per line. */
EXPORT const char *stand_in_violations(void) { return violations; }

/* Handles that are not released, one per line. */
EXPORT const char *stand_in_audit(void) {
  audit[0] = 0;
  for (object *each = objects; each != NULL; each = each->next) {
    char line[512];
    if (!each->alive || each->lives_on) continue;
    snprintf(line, sizeof line, "%s of serial %llu, made by %s, was never released", kind_names[each->kind], (unsigned long long)each->serial, each->maker);
    append(audit, line);
  }
  return audit;
}

EXPORT uint64_t stand_in_live(const char *kind) {
  uint64_t count = 0;
  for (object *each = objects; each != NULL; each = each->next)
    if (each->alive && strcmp(kind_names[each->kind], kind) == 0) count++;
  return count;
}

static void reset_objects(void) {
  while (objects != NULL) {
    object *next = objects->next;
    free(objects->payload);
    free(objects);
    objects = next;
  }
  memset(table, 0, sizeof table);
  table_count = 0;
  serials = calls = fail_at = fail_function_times = 0;
  failed[0] = violations[0] = audit[0] = last_message[0] = 0;
  memset(counts, 0, sizeof counts);
}
