// What all kernels share: a row of a tile of logits in registers, the transform of a logit, reductions over a block.
//
// One block of BLOCK threads works on one row. A thread holds VALUES logits of it, four neighbours at a time, so that a
// warp reads 512 contiguous bytes with one 16-byte load per thread, and has VALUES / 4 loads in flight before the first
// is used. Sums run in an order that only BLOCK and VALUES fix: no atomics, the same bits at every run.
//
// The macros below are set by compile.py; what a call does not ask for is not compiled into its kernel.

constexpr int BLOCK = 256;
constexpr int WARP = 32;
constexpr int WARPS = BLOCK / WARP;
constexpr int VALUES = 32;              // logits that a thread holds: 32 registers
constexpr int COLUMNS = BLOCK * VALUES; // widest piece of a row that one block holds
constexpr bool VECTORS = REWARDKIT_VECTORS;  // rows start at 16 bytes (8 for 2-byte weights): 16-byte loads
constexpr bool SOFTCAP = REWARDKIT_SOFTCAP;

constexpr float INFINITE = 3.0e38f;     // stands for an infinity where infinity times zero must be zero
constexpr float LOG2_E = 1.4426950408889634f;

// z = cap * tanh(scale * (logit + bias) / cap) * inv_temperature; without SOFTCAP, scale * (logit + bias) * inv_temperature.
struct Transform {
  float scale;
  float softcap;
  float inv_temperature;
};

#ifdef __CUDA_ARCH__
__device__ inline float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
#else
inline float exp2_fast(float x) { return exp2f(x); }
#endif

// e^x for x <= 0, 0 at -inf. Relative error 2^-22 + |x| 2^-24, a bound below that of rounding x itself to float.
__device__ inline float exp_nonpositive(float x) { return exp2_fast(x * LOG2_E); }

// tanh to about 2 ulp of 1: tanh.approx of the hardware keeps 11 bits only.
__device__ inline float tanh_exact(float x) {
  float e = exp_nonpositive(-2.0f * fabsf(x));
  return copysignf((1.0f - e) / (1.0f + e), x);
}

__device__ inline float transform(float logit, Transform t) {
  float y = logit * t.scale;
  if constexpr (SOFTCAP) y = t.softcap * tanh_exact(y / t.softcap);
  return y * t.inv_temperature;
}

// dz / d(scale * logit) * temperature, from z: 1 without SOFTCAP, 1 - tanh^2 with it.
__device__ inline float slope(float z, Transform t) {
  if constexpr (!SOFTCAP) return 1.0f;
  float u = z / (t.softcap * t.inv_temperature);
  return 1.0f - u * u;
}

__device__ inline void load4(const float* row, int column, int columns, float past, float* to) {
  if (VECTORS && column + 4 <= columns) {
    float4 four = *reinterpret_cast<const float4*>(row + column);
    to[0] = four.x, to[1] = four.y, to[2] = four.z, to[3] = four.w;
    return;
  }
#pragma unroll
  for (int k = 0; k < 4; ++k) to[k] = column + k < columns ? row[column + k] : past;
}
