// SPDX-License-Identifier: GPL-3.0-or-later
// What a warp of a CUDA device does, and the same on the processor: kernels are written once, as
// work of warps, and the processor's version is what tests run where there is no device.
//
// The only file of the kernels that asks which of the two it is compiled for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#include <cuda_pipeline.h>
#define SPI_KERNEL __host__ __device__ __forceinline__
#define SPI_UNROLL _Pragma("unroll")
#else
#define SPI_KERNEL inline
#define SPI_UNROLL
#endif

namespace spi::cuda {

constexpr int kWarp = 32;

/// A variable of each lane of a warp: a register of a thread on the device, an array elsewhere.
/// Never in what a kernel is launched with, whose layout both sides must agree on.
template <class T>
class PerLane {
 public:
#if defined(__CUDA_ARCH__)
  SPI_KERNEL T& operator[](int) { return value_; }
  SPI_KERNEL const T& operator[](int) const { return value_; }

 private:
  T value_;
#else
  T& operator[](int lane) { return value_[lane]; }
  const T& operator[](int lane) const { return value_[lane]; }

 private:
  T value_[kWarp];
#endif
};

/// body(lane) for every lane of the warp. Lanes do not see each other's work within one call,
/// except through shared memory after the step of a kernel (block.h).
template <class Body>
SPI_KERNEL void each_lane(const Body& body) {
#if defined(__CUDA_ARCH__)
  body(int(threadIdx.x) % kWarp);
#else
  for (int lane = 0; lane < kWarp; ++lane) body(lane);
#endif
}

/// All lanes get the largest / the smallest / the sum over all lanes (in the order of a butterfly:
/// the same sum on both sides).
template <class T, class Join>
SPI_KERNEL void join_lanes(PerLane<T>& values, const Join& join) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
#if defined(__CUDA_ARCH__)
    values[0] = join(values[0], __shfl_xor_sync(0xffffffffu, values[0], distance));
#else
    const PerLane<T> before = values;
    for (int lane = 0; lane < kWarp; ++lane)
      values[lane] = join(before[lane], before[lane ^ distance]);
#endif
  }
}

/// Largest of what is at `to` and `value`, whichever thread comes first.
SPI_KERNEL void atomic_largest(unsigned long long* to, unsigned long long value) {
#if defined(__CUDA_ARCH__)
  atomicMax(to, value);
#else
  *to = std::max(*to, value);
#endif
}

SPI_KERNEL void atomic_add(unsigned* to, unsigned value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(to, value);
#else
  *to += value;
#endif
}

/// Two's complement: adds signed numbers as well.
SPI_KERNEL void atomic_add(unsigned long long* to, unsigned long long value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(to, value);
#else
  *to += value;
#endif
}

/// Starts copying a float from device to shared memory, or a zero where it is not `inside`; there
/// when copies_arrive() has returned and the step has ended. `from` is not read when outside.
SPI_KERNEL void copy_async(float* to, const float* from, bool inside) {
#if defined(__CUDA_ARCH__)
  __pipeline_memcpy_async(to, from, sizeof(float), inside ? 0 : sizeof(float));
#else
  *to = inside ? *from : 0.f;
#endif
}
SPI_KERNEL void copies_arrive() {
#if defined(__CUDA_ARCH__)
  __pipeline_commit();
  __pipeline_wait_prior(0);
#endif
}

SPI_KERNEL std::uint32_t bits_of(float value) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(value);
#else
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
#endif
}
SPI_KERNEL float float_of(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(bits);
#else
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
#endif
}

/// The nearest number of 11 significant bits (TF32), ties away from zero; finite values only.
SPI_KERNEL float to_tf32(float value) { return float_of((bits_of(value) + 0x1000u) & 0xffffe000u); }

/// Fragments of mma.m16n8k8 with TF32 operands: which elements of a[16][8], b[8][8] and c[16][8] a
/// lane holds (PTX ISA, "Matrix Fragments for mma.m16n8k8").
struct Fragment {
  SPI_KERNEL static int a_row(int lane, int n) { return lane / 4 + 8 * (n & 1); }
  SPI_KERNEL static int a_inner(int lane, int n) { return lane % 4 + 4 * (n >> 1); }
  SPI_KERNEL static int b_column(int lane) { return lane / 4; }
  SPI_KERNEL static int b_inner(int lane, int n) { return lane % 4 + 4 * n; }
  SPI_KERNEL static int c_row(int lane, int n) { return lane / 4 + 8 * (n >> 1); }
  SPI_KERNEL static int c_column(int lane, int n) { return 2 * (lane % 4) + (n & 1); }

  struct A {
    float v[4];
  };
  struct B {
    float v[2];
  };
  struct C {
    float v[4];
  };
};

/// c += a b on tensor cores; the numbers of a and b must be TF32's. Products are exact, and are
/// added in single precision, on the device with truncation of what lies below the largest term's
/// last bits.
SPI_KERNEL void multiply_add(PerLane<Fragment::C>& c, const PerLane<Fragment::A>& a,
                             const PerLane<Fragment::B>& b) {
#if defined(__CUDA_ARCH__)
  float* const d = c[0].v;
  const float *x = a[0].v, *y = b[0].v;
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(bits_of(x[0])), "r"(bits_of(x[1])), "r"(bits_of(x[2])), "r"(bits_of(x[3])),
        "r"(bits_of(y[0])), "r"(bits_of(y[1])));
#else
  float left[16][8], right[8][8];
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int n = 0; n < 4; ++n)
      left[Fragment::a_row(lane, n)][Fragment::a_inner(lane, n)] = a[lane].v[n];
    for (int n = 0; n < 2; ++n)
      right[Fragment::b_inner(lane, n)][Fragment::b_column(lane)] = b[lane].v[n];
  }
  for (int lane = 0; lane < kWarp; ++lane)
    for (int n = 0; n < 4; ++n) {
      float sum = c[lane].v[n];
      for (int k = 0; k < 8; ++k)
        sum += left[Fragment::c_row(lane, n)][k] * right[k][Fragment::c_column(lane, n)];
      c[lane].v[n] = sum;
    }
#endif
}

/// A fragment in two numbers of 11 bits: value = high + low to 2^-22 of it.
template <class F>
struct Split {
  PerLane<F> high, low;

  SPI_KERNEL void set(int lane, int n, float value) {
    const float top = to_tf32(value);
    high[lane].v[n] = top;
    low[lane].v[n] = to_tf32(value - top);
  }
};

/// c += a b to single precision: three products, leaving out low·low (2^-22 of a term).
SPI_KERNEL void multiply_add(PerLane<Fragment::C>& c, const Split<Fragment::A>& a,
                             const Split<Fragment::B>& b) {
  multiply_add(c, a.low, b.high);
  multiply_add(c, a.high, b.low);
  multiply_add(c, a.high, b.high);
}

}  // namespace spi::cuda
