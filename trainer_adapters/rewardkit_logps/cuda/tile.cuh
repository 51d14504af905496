// What the kernels share: a piece of a row of products in registers, its logits, and reductions over a block.
//
// One block of BLOCK threads works on one row. A thread holds VALUES logits, in groups of four neighbours, so that a warp
// reads 512 contiguous bytes with one 16-byte load per thread and has all VALUES / 4 loads in flight before it uses the
// first. Every sum runs in an order that BLOCK and VALUES alone fix: no atomics, so the same bits at every run and beside
// any other rows.
//
// compile.py puts this file before a kernel's own and defines the REWARDKIT_… macros: what a call does not ask for is not
// compiled into its kernel.

constexpr int BLOCK = 512;
constexpr int WARP = 32;
constexpr int WARPS = BLOCK / WARP;
constexpr int VALUES = 16;
constexpr int COLUMNS = BLOCK * VALUES;              // columns that a block holds, the widest tile
constexpr bool VECTORS = REWARDKIT_VECTORS;          // whole groups of four, on 16-byte boundaries
constexpr bool HAS_BIAS = REWARDKIT_BIAS;
constexpr bool HAS_SOFTCAP = REWARDKIT_SOFTCAP;
constexpr float LOWEST = -1e30f;                     // as in passes.py: below every logit, and finite
constexpr float LOG2_E = 1.4426950408889634f;

// z = softcap * tanh(scale * (product + bias) / softcap) / temperature; without a softcap, what is inside / temperature.
struct Transform {
  float inner;  // to the argument of tanh, or to z where there is none
  float outer;  // from tanh to z

  __device__ Transform(float scale, float softcap, float temperature)
      : inner(HAS_SOFTCAP ? scale / softcap : scale / temperature), outer(softcap / temperature) {}
};

// e^x for x <= 0; 0 at -inf. Relative error about (2 + |x|) 2^-23: for terms that count in a sum, a rounding of fp32.
__device__ inline float exponential(float x) { return exp2_approximate(x * LOG2_E); }

// tanh within 2^-21 of 1. The hardware's own, tanh.approx, keeps 11 bits, which would move a logit by 0.01.
__device__ inline float hyperbolic_tangent(float x) {
  float e = exponential(-2.0f * fabsf(x));
  return copysignf((1.0f - e) * reciprocal_approximate(1.0f + e), x);
}

__device__ inline float to_logit(float product, float bias, const Transform& t) {
  if constexpr (HAS_BIAS) product += bias;
  product *= t.inner;
  if constexpr (HAS_SOFTCAP) return t.outer * hyperbolic_tangent(product);
  return product;
}

// What the softcap leaves of a gradient, 1 - tanh^2, from the logit; 0 at LOWEST and at -inf.
__device__ inline float slope(float z, float tanh_per_logit) {
  if constexpr (!HAS_SOFTCAP) return 1.0f;
  const float u = fmaxf(z * tanh_per_logit, -1.0f);
  return (1.0f - u) * (1.0f + u);
}

// The column of the thread's value i, in a piece that starts at column `first`: groups of four neighbours.
__device__ inline int column_of(int first, int i) { return first + (i / 4 * BLOCK + int(threadIdx.x)) * 4 + i % 4; }

// Whether value i is in the row; with VECTORS, all of its group are.
__device__ inline bool inside(int first, int i, int columns) {
  return column_of(first, VECTORS ? i - i % 4 : i) < columns;
}

// Four neighbours of a row from value i on; past its end, any of its numbers. Without branches, so that all loads of a
// piece are under way before the first is waited for.
__device__ inline void load_group(const float* row, int first, int i, int columns, float* group) {
  if constexpr (VECTORS) {
    const int column = inside(first, i, columns) ? column_of(first, i) : 0;
    const float4 four = *reinterpret_cast<const float4*>(row + column);
    group[0] = four.x, group[1] = four.y, group[2] = four.z, group[3] = four.w;
  } else {
#pragma unroll
    for (int k = 0; k < 4; ++k) group[k] = row[inside(first, i + k, columns) ? column_of(first, i + k) : 0];
  }
}

// The logits of a piece of a row of products; -inf past its end.
template <int COUNT>
__device__ inline void load_logits(
    const float* row, const float* bias, int first, int columns, const Transform& t, float (&z)[COUNT]) {
#pragma unroll
  for (int i = 0; i < COUNT; i += 4) load_group(row, first, i, columns, z + i);
#pragma unroll
  for (int i = 0; i < COUNT; i += 4) {
    float b[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    if constexpr (HAS_BIAS) load_group(bias, first, i, columns, b);
#pragma unroll
    for (int k = 0; k < 4; ++k)
      z[i + k] = inside(first, i + k, columns) ? to_logit(z[i + k], b[k], t) : negative_infinity();
  }
}

// A piece of a row of fp32, bf16 or fp16; nothing past its end.
template <class Number, int COUNT>
__device__ inline void store_row(Number* row, int first, int columns, const float (&values)[COUNT]) {
#pragma unroll
  for (int i = 0; i < COUNT; i += 4) {
    if constexpr (VECTORS) {
      if (inside(first, i, columns)) store_four(row + column_of(first, i), values + i);
    } else {
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (inside(first, i + k, columns)) row[column_of(first, i + k)] = Number(values[i + k]);
    }
  }
}

__device__ inline float warp_max(float x) {
#pragma unroll
  for (int lane = WARP / 2; lane > 0; lane /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, lane));
  return x;
}

__device__ inline float warp_sum(float x) {
#pragma unroll
  for (int lane = WARP / 2; lane > 0; lane /= 2) x += __shfl_xor_sync(0xffffffffu, x, lane);
  return x;
}

// The largest of the block's values, in every thread.
__device__ inline float block_max(float x, float* scratch) {
  x = warp_max(x);
  if (threadIdx.x % WARP == 0) scratch[threadIdx.x / WARP] = x;
  __syncthreads();
  x = scratch[0];
#pragma unroll
  for (int warp = 1; warp < WARPS; ++warp) x = fmaxf(x, scratch[warp]);
  __syncthreads();
  return x;
}

// The sum of the block's values, in every thread.
__device__ inline float block_sum(float x, float* scratch) {
  x = warp_sum(x);
  if (threadIdx.x % WARP == 0) scratch[threadIdx.x / WARP] = x;
  __syncthreads();
  x = scratch[0];
#pragma unroll
  for (int warp = 1; warp < WARPS; ++warp) x += scratch[warp];
  __syncthreads();
  return x;
}
