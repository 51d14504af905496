// What the kernels ask of the hardware: 2^x, and rounding to the two-byte types, without the toolkit's headers, so that
// NVRTC alone compiles them.

struct __align__(2) bfloat16 {
  unsigned short bits;
  bfloat16() = default;
  __device__ explicit bfloat16(float x) { asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x)); }
};

struct __align__(2) float16 {
  unsigned short bits;
  float16() = default;
  __device__ explicit float16(float x) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x)); }
};

__device__ inline float negative_infinity() { return __int_as_float(0xff800000); }

// 2^x within 2 units in the last place; numbers below the smallest normal one become 0.
__device__ inline float exp2_approximate(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// 1 / x within a unit in the last place.
__device__ inline float reciprocal_approximate(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// The first argument of a packing conversion is the upper half.
__device__ inline void store_four(bfloat16* to, const float* four) {
  uint2 packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed.x) : "f"(four[1]), "f"(four[0]));
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed.y) : "f"(four[3]), "f"(four[2]));
  *reinterpret_cast<uint2*>(to) = packed;
}

__device__ inline void store_four(float16* to, const float* four) {
  uint2 packed;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed.x) : "f"(four[1]), "f"(four[0]));
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed.y) : "f"(four[3]), "f"(four[2]));
  *reinterpret_cast<uint2*>(to) = packed;
}

__device__ inline void store_four(float* to, const float* four) {
  *reinterpret_cast<float4*>(to) = float4{four[0], four[1], four[2], four[3]};
}
