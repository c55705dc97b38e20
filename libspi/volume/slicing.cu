// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "libspi/cuda/cuda_queue.h"
#include "libspi/volume/slicing_cuda.h"

namespace spi {
namespace {

constexpr int kThreads = 256;

using cuda::check;
template <class T>
using Buffer = cuda::CudaQueue::Memory<T>;

/// The box in numbers; x, y, z.
struct Grid {
  bool mirrored[3], has_turn;
  int turned, first[3], size[3];
  std::size_t voxels;
};

/// A point in the box: its lowest voxel, the fractions, and whether it is inside.
struct Place {
  bool inside;
  std::size_t voxel;
  float f[3];
};

__device__ Place find(const Grid& grid, const float* r, float px, float py, float pz) {
  float p[3] = {r[0] * px + r[1] * py + r[2] * pz, r[3] * px + r[4] * py + r[5] * pz,
                r[6] * px + r[7] * py + r[8] * pz};
  const float sign = grid.has_turn && p[grid.turned] < 0 ? -1.f : 1.f;
  Place place{true, 0, {}};
  int low[3];
  for (int axis = 0; axis < 3; ++axis) {
    const float v =
        (grid.mirrored[axis] ? fabsf(p[axis]) : sign * p[axis]) - float(grid.first[axis]);
    place.inside = place.inside && v >= 0 && v <= float(grid.size[axis] - 1);
    low[axis] = place.inside ? min(int(v), grid.size[axis] - 2) : 0;
    place.f[axis] = v - float(low[axis]);
  }
  place.voxel = (std::size_t(low[2]) * grid.size[1] + low[1]) * grid.size[0] + low[0];
  return place;
}

/// A thread a point of a pattern: blockIdx.y is the pattern.
__global__ void slice_kernel(Grid grid, const float* x, const float* y, const float* z, int points,
                             const float* rotations, int operations, const float* volumes,
                             float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= points) return;
  const std::size_t b = blockIdx.y;
  const float* volume = volumes + b * grid.voxels;
  const std::size_t row = grid.size[0], layer = row * grid.size[1];
  float sum = 0;
  for (int k = 0; k < operations; ++k) {
    const Place place = find(grid, rotations + 9 * (b * operations + k), x[i], y[i], z[i]);
    if (!place.inside) continue;
    const float* v = volume + place.voxel;
    const auto along_x = [&](const float* at) { return at[0] + place.f[0] * (at[1] - at[0]); };
    const float a = along_x(v), c = along_x(v + layer);
    const float low = a + place.f[1] * (along_x(v + row) - a);
    const float high = c + place.f[1] * (along_x(v + layer + row) - c);
    sum += low + place.f[2] * (high - low);
  }
  out[b * points + i] = sum / float(operations);
}

__global__ void scatter_kernel(Grid grid, const float* x, const float* y, const float* z,
                               int points, const float* rotations, int operations,
                               const float* values, double unit, unsigned long long* sums) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= points) return;
  const std::size_t b = blockIdx.y;
  const float value = values[b * points + i] / float(operations);
  if (value == 0) return;
  unsigned long long* volume = sums + b * grid.voxels;
  const std::size_t row = grid.size[0], layer = row * grid.size[1];
  for (int k = 0; k < operations; ++k) {
    const Place place = find(grid, rotations + 9 * (b * operations + k), x[i], y[i], z[i]);
    if (!place.inside) continue;
    for (int corner = 0; corner < 8; ++corner) {
      const int dx = corner & 1, dy = corner >> 1 & 1, dz = corner >> 2;
      const float weight = (dx ? place.f[0] : 1 - place.f[0]) * (dy ? place.f[1] : 1 - place.f[1]) *
                           (dz ? place.f[2] : 1 - place.f[2]);
      // Two's complement: adding as unsigned adds signed numbers too.
      const long long fixed = llrint(double(value * weight) * unit);
      atomicAdd(volume + place.voxel + dx + dy * row + dz * layer,
                static_cast<unsigned long long>(fixed));
    }
  }
}

__global__ void unfix_kernel(const unsigned long long* sums, double unit, std::size_t n,
                             float* volumes) {
  const std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) volumes[i] = float(double(static_cast<long long>(sums[i])) / unit);
}

__global__ void largest_kernel(const float* values, std::size_t n, unsigned* largest) {
  const std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  // Floats of one sign are ordered as their bits.
  if (i < n) atomicMax(largest, __float_as_uint(fabsf(values[i])));
}

/// Both voxels of a pair get their mean; blockIdx.y is the volume.
__global__ void tie_kernel(const std::uint32_t* pairs, int count, std::size_t voxels,
                           float* volumes) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  float* volume = volumes + blockIdx.y * voxels;
  float &a = volume[pairs[2 * i]], &b = volume[pairs[2 * i + 1]];
  a = b = (a + b) / 2;
}

/// After starting kernels: a launch that was refused, and then what they met.
void finish(const char* doing) {
  check(cudaGetLastError(), doing);
  check(cudaDeviceSynchronize(), doing);
}

unsigned blocks(std::size_t n) { return unsigned((n + kThreads - 1) / kThreads); }

/// Items along x, patterns along y.
dim3 grid_of(std::size_t items, std::size_t patterns) {
  constexpr std::size_t kMost = 65535;  // of a grid along y
  if (patterns > kMost) fail("CUDA: ", patterns, " patterns at once are too many, at most ", kMost);
  return dim3(blocks(items), unsigned(patterns));
}

}  // namespace

struct CudaSlicer::Device {
  explicit Device(const Slicer& s)
      : box(s.box()),
        points(s.points().size()),
        x(std::span(s.points().x)),
        y(std::span(s.points().y)),
        z(std::span(s.points().z)),
        pairs(std::span<const std::uint32_t>(tied = s.box().tied_pairs())) {
    grid.has_turn = box.turned().has_value();
    grid.turned = box.turned().value_or(0);
    grid.voxels = box.voxels();
    for (std::size_t axis = 0; axis < 3; ++axis) {
      grid.mirrored[axis] = box.mirrored()[axis];
      grid.first[axis] = box.first()[axis];
      grid.size[axis] = int(box.shape()[2 - axis]);
    }
  }

  std::vector<float> rotations(std::span<const Quaternion> pose) const {
    std::vector<float> result;
    for (const Quaternion& q : pose)
      for (const Matrix3& g : box.cosets()) {
        const Matrix3 m = to_matrix(q);
        for (std::size_t i = 0; i < 3; ++i)
          for (std::size_t j = 0; j < 3; ++j)
            result.push_back(
                float(g[3 * i] * m[j] + g[3 * i + 1] * m[3 + j] + g[3 * i + 2] * m[6 + j]));
      }
    return result;
  }

  FreeBox box;
  std::size_t points;
  std::vector<std::uint32_t> tied;
  Buffer<float> x, y, z;
  Buffer<std::uint32_t> pairs;
  Grid grid{};
};

CudaSlicer::CudaSlicer(const Slicer& slicer) : device_(std::make_unique<Device>(slicer)) {}
CudaSlicer::~CudaSlicer() = default;

void CudaSlicer::slice(const float* volumes, std::span<const Quaternion> pose, float* out) const {
  if (pose.empty()) return;
  const std::vector<float> matrices = device_->rotations(pose);
  const Buffer<float> rotations{std::span<const float>(matrices)};
  slice_kernel<<<grid_of(device_->points, pose.size()), kThreads>>>(
      device_->grid, device_->x.data(), device_->y.data(), device_->z.data(), int(device_->points),
      rotations.data(), int(device_->box.cosets().size()), volumes, out);
  finish("slicing");
}

void CudaSlicer::adjoint(const float* values, std::span<const Quaternion> pose,
                         float* volumes) const {
  if (pose.empty()) return;
  const std::size_t n = pose.size() * device_->points, voxels = pose.size() * device_->grid.voxels;
  const std::vector<float> matrices = device_->rotations(pose);
  const Buffer<float> rotations{std::span<const float>(matrices)};
  const Buffer<unsigned> largest(1);
  check(cudaMemset(largest.data(), 0, sizeof(unsigned)), "clearing");
  largest_kernel<<<blocks(n), kThreads>>>(values, n, largest.data());
  float most = 0;
  check(cudaMemcpy(&most, largest.data(), sizeof most, cudaMemcpyDeviceToHost), "copying");
  // No voxel's sum exceeds points × operations × most: it fits into 62 bits.
  const double bound = double(device_->points) * std::max(most, 1e-30f);
  const double unit = std::exp2(std::floor(62 - std::log2(bound)));
  const Buffer<unsigned long long> sums(voxels);
  check(cudaMemset(sums.data(), 0, voxels * sizeof(unsigned long long)), "clearing");
  scatter_kernel<<<grid_of(device_->points, pose.size()), kThreads>>>(
      device_->grid, device_->x.data(), device_->y.data(), device_->z.data(), int(device_->points),
      rotations.data(), int(device_->box.cosets().size()), values, unit, sums.data());
  unfix_kernel<<<blocks(voxels), kThreads>>>(sums.data(), unit, voxels, volumes);
  finish("scattering");
}

void CudaSlicer::tie(float* volumes, std::size_t count) const {
  const std::size_t pairs = device_->tied.size() / 2;
  if (pairs == 0 || count == 0) return;
  tie_kernel<<<grid_of(pairs, count), kThreads>>>(device_->pairs.data(), int(pairs),
                                                  device_->grid.voxels, volumes);
  finish("tying");
}

void CudaSlicer::slice_host(std::span<const float> volumes, std::span<const Quaternion> pose,
                            std::span<float> out) const {
  SPI_ASSERT(volumes.size() == pose.size() * device_->grid.voxels);
  SPI_ASSERT(out.size() == pose.size() * device_->points);
  const Buffer<float> in(volumes), result(out.size());
  tie(in.data(), pose.size());
  slice(in.data(), pose, result.data());
  result.copy_to(out);
}

void CudaSlicer::adjoint_host(std::span<const float> values, std::span<const Quaternion> pose,
                              std::span<float> volumes) const {
  SPI_ASSERT(volumes.size() == pose.size() * device_->grid.voxels);
  SPI_ASSERT(values.size() == pose.size() * device_->points);
  const Buffer<float> in(values), result(volumes.size());
  adjoint(in.data(), pose, result.data());
  tie(result.data(), pose.size());
  result.copy_to(volumes);
}

}  // namespace spi
