/* A driver without a GPU: as much of libcuda as cuda-core needs to load a kernel and launch it, written down line by line. */

#include <stdio.h>
#include <string.h>

#define SAME_CONTEXT ((void *)0x1000)

typedef struct {
  unsigned grid[3], block[3], shared_bytes;
  void *stream, *attributes;
  unsigned attribute_count;
} LaunchConfig;

static int succeed(void) { return 0; }
static int version(int *v) { return *v = 13000, 0; }
static int count(int *n) { return *n = 1, 0; }
static int device(int *d, int ordinal) { return *d = ordinal, 0; }
static int context(void **c) { return *c = SAME_CONTEXT, 0; }
static int context_of(void **c, int ordinal) { return (void)ordinal, *c = SAME_CONTEXT, 0; }
static int context_of_stream(void *stream, void **c) { return (void)stream, *c = SAME_CONTEXT, 0; }
static int current_device(int *d) { return *d = 0, 0; }
static int load(void **library, const char *code) {
  printf("load %.3s\n", code + 1);
  return *library = (void *)0x2000, 0;
}
static int kernel(void **found, void *library, const char *name) {
  printf("kernel %s\n", name);
  return (void)library, *found = (void *)0x3000, 0;
}
static int launch(const LaunchConfig *config, void *function, void **parameters) {
  printf("launch %p grid %u %u %u block %u %u %u stream %p", function, config->grid[0], config->grid[1], config->grid[2],
         config->block[0], config->block[1], config->block[2], config->stream);
  /* scale_rows(float*, long long, const float*, int) */
  printf(" arguments %lx %lld %lx %d\n", *(long *)parameters[0], *(long long *)parameters[1], *(long *)parameters[2],
         *(int *)parameters[3]);
  return 0;
}

static const struct {
  const char *name;
  void *function;
} FUNCTIONS[] = {
    {"cuDriverGetVersion", version},         {"cuDeviceGetCount", count},        {"cuDeviceGet", device},
    {"cuCtxGetCurrent", context},            {"cuDevicePrimaryCtxRetain", context_of},
    {"cuStreamGetCtx", context_of_stream},   {"cuCtxGetDevice", current_device}, {"cuLibraryLoadData", load},
    {"cuLibraryGetKernel", kernel},          {"cuLaunchKernelEx", launch},
};

int cuGetProcAddress_v2(const char *name, void **function, int since, unsigned long flags, int *found) {
  (void)since, (void)flags;
  if (found) *found = 0;
  *function = strcmp(name, "cuGetProcAddress") ? (void *)succeed : (void *)cuGetProcAddress_v2;
  for (unsigned i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; ++i)
    if (!strcmp(name, FUNCTIONS[i].name)) *function = FUNCTIONS[i].function;
  return 0;
}

int cuGetProcAddress(const char *name, void **function, int since, unsigned long flags) {
  return cuGetProcAddress_v2(name, function, since, flags, 0);
}
