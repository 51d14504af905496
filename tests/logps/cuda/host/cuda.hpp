// Runs a block of a CUDA kernel on the host: what numbers.cuh is to a GPU, and a fiber for every thread of a block.
//
// A warp runs, its threads from shuffle to shuffle, as far as the next barrier; then the next warp does. So a barrier that
// not all threads reach is found, and so is a missing one: a warp that runs ahead, the first or the last by turns, reads
// what others have not written yet, or overwrites what they have not read. Arithmetic that the hardware approximates is
// as wrong here as it may be there.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <tuple>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(...)

struct Index {
  int x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

namespace host {

constexpr int LANES = 32;
constexpr int DONE = 0;
constexpr std::size_t STACK_BYTES = 32 << 10;

inline Index thread, block;
inline ucontext_t scheduler;
inline float exchanged[1024];

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[STACK_BYTES]};
  int waits_at = DONE;  // source line of a barrier, minus that of a shuffle
};
inline std::vector<Fiber> fibers;

inline void synchronize(int line) {
  Fiber& self = fibers[thread.x];
  self.waits_at = line;
  swapcontext(&self.context, &scheduler);
}

inline float shuffle_xor(float value, int lanes, int line) {
  exchanged[thread.x] = value;
  synchronize(-line);
  const float other = exchanged[thread.x ^ lanes];
  synchronize(-line);
  return other;
}

template <class... P, std::size_t... I>
void call(void (*kernel)(P...), void** arguments, std::index_sequence<I...>) {
  kernel(*static_cast<P*>(arguments[I])...);
}

template <class... P>
void enter(void (*kernel)(P...), void** arguments) {
  call(kernel, arguments, std::index_sequence_for<P...>{});
}

inline void (*entry)(void**);
inline void** entry_arguments;

inline void fiber_main() {
  const int self = thread.x;
  entry(entry_arguments);
  fibers[self].waits_at = DONE;
}

// Runs the threads of a warp as far as a barrier or their end; returns whether all of them came to the same.
inline bool run_warp(int first) {
  do {
    for (int lane = first; lane < first + LANES; ++lane) {
      thread.x = lane;
      swapcontext(&scheduler, &fibers[lane].context);
    }
    for (int lane = first; lane < first + LANES; ++lane)
      if (fibers[lane].waits_at != fibers[first].waits_at) return false;
  } while (fibers[first].waits_at < 0);
  return true;
}

// Returns whether every thread of the block came to the same synchronizations.
inline bool run_block(int threads, bool reverse) {
  fibers.resize(threads);
  for (auto& fiber : fibers) {
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = STACK_BYTES;
    fiber.context.uc_link = &scheduler;
    makecontext(&fiber.context, fiber_main, 0);
  }
  do {
    for (int first = 0; first < threads; first += LANES)
      if (!run_warp(reverse ? threads - LANES - first : first)) return false;
    for (int warp = LANES; warp < threads; warp += LANES)
      if (fibers[warp].waits_at != fibers[0].waits_at) return false;
  } while (fibers[0].waits_at != DONE);
  return true;
}

// A relative error within `ulps` units in the last place, that depends on the number alone.
inline float inexact(float y, int ulps) {
  if (!std::isfinite(y) || std::fabs(y) < 1.2e-38f) return std::isfinite(y) ? 0.0f : y;
  std::uint32_t bits;
  std::memcpy(&bits, &y, 4);
  bits += bits * 2654435761u % (2 * ulps + 1) - ulps;
  std::memcpy(&y, &bits, 4);
  return y;
}

inline std::uint16_t to_bfloat16(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, 4);
  if (x != x) return 0x7fff;
  return std::uint16_t((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

inline std::uint16_t to_float16(float x) {
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  x = std::fabs(x);
  if (x != x) return 0x7fff;
  if (x >= 65520.0f) return sign | 0x7c00;
  int exponent = -13;  // of the smallest normal number, and of all below it
  if (x >= std::ldexp(1.0f, -14)) std::frexp(x, &exponent);
  const float steps = std::nearbyint(std::ldexp(x, 11 - exponent));  // of 2^(exponent - 11), ties to even
  return sign | std::uint16_t(((exponent + 13) << 10) + int(steps));
}

}  // namespace host

#define threadIdx host::thread
#define blockIdx host::block
#define __syncthreads() host::synchronize(__LINE__)
#define __shfl_xor_sync(mask, value, lanes) host::shuffle_xor(value, lanes, __LINE__)

struct bfloat16 {
  std::uint16_t bits;
  bfloat16() = default;
  explicit bfloat16(float x) : bits(host::to_bfloat16(x)) {}
};
struct float16 {
  std::uint16_t bits;
  float16() = default;
  explicit float16(float x) : bits(host::to_float16(x)) {}
};

inline float negative_infinity() { return -INFINITY; }
inline float exp2_approximate(float x) { return host::inexact(std::exp2(x), 2); }
inline float reciprocal_approximate(float x) { return host::inexact(1.0f / x, 1); }

template <class Number>
void store_four(Number* to, const float* four) {
  if (reinterpret_cast<std::uintptr_t>(to) % (4 * sizeof(Number))) {
    std::fprintf(stderr, "misaligned store\n");
    std::abort();
  }
  for (int k = 0; k < 4; ++k) to[k] = Number(four[k]);
}
