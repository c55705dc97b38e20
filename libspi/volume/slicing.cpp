// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/slicing.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

/// Points worked on at once: their places stay in the first cache, in loops that become vector
/// code.
constexpr std::size_t kBlock = 512;

using Rotation = std::array<float, 9>;

/// Where a block of points lies in the box: the lowest of 8 voxels, and the way to the next ones.
struct Places {
  std::array<std::int32_t, kBlock> voxel;
  std::array<std::int32_t, kBlock> layer;        ///< z index of `voxel`
  std::array<float, kBlock> fx, fy, fz, inside;  ///< inside: 1, or 0 outside the volume
};

/// The box in numbers that a kernel needs.
struct Grid {
  std::array<bool, 3> mirrored;
  bool has_turn;
  int turned;
  std::array<float, 3> first, last;      ///< x, y, z: origin, and largest index
  std::array<std::int32_t, 3> last_low;  ///< largest index that still has a next one
  std::int32_t row, layer;               ///< voxels from one y, z to the next

  explicit Grid(const FreeBox& box)
      : mirrored(box.mirrored()), has_turn(box.turned()), turned(box.turned().value_or(0)) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::size_t n = box.shape()[2 - axis];
      first[axis] = float(box.first()[axis]);
      last[axis] = float(n - 1);
      last_low[axis] = std::int32_t(n - 2);
    }
    row = std::int32_t(box.shape()[2]);
    layer = std::int32_t(box.shape()[1] * box.shape()[2]);
  }
};

/// Rotates, folds (FreeBox::fold) and splits points [begin, begin + n) into voxel and fraction.
void find(const Grid& grid, const Rotation& r, const QueryPoints& points, std::size_t begin,
          std::size_t n, Places& places) {
  const float *px = &points.x[begin], *py = &points.y[begin], *pz = &points.z[begin];
  for (std::size_t i = 0; i < n; ++i) {
    float x = r[0] * px[i] + r[1] * py[i] + r[2] * pz[i];
    float y = r[3] * px[i] + r[4] * py[i] + r[5] * pz[i];
    float z = r[6] * px[i] + r[7] * py[i] + r[8] * pz[i];
    const float lead = grid.turned == 2 ? z : y;
    const float sign = grid.has_turn && lead < 0 ? -1.f : 1.f;
    x = (grid.mirrored[0] ? std::abs(x) : sign * x) - grid.first[0];
    y = (grid.mirrored[1] ? std::abs(y) : sign * y) - grid.first[1];
    z = (grid.mirrored[2] ? std::abs(z) : sign * z) - grid.first[2];
    const bool inside = (x >= 0) & (y >= 0) & (z >= 0) & (x <= grid.last[0]) & (y <= grid.last[1]) &
                        (z <= grid.last[2]);
    x = inside ? x : 0.f;
    y = inside ? y : 0.f;
    z = inside ? z : 0.f;
    const std::int32_t ix = std::min(std::int32_t(x), grid.last_low[0]);
    const std::int32_t iy = std::min(std::int32_t(y), grid.last_low[1]);
    const std::int32_t iz = std::min(std::int32_t(z), grid.last_low[2]);
    places.fx[i] = x - float(ix);
    places.fy[i] = y - float(iy);
    places.fz[i] = z - float(iz);
    places.inside[i] = inside ? 1.f : 0.f;
    places.layer[i] = iz;
    places.voxel[i] = iz * grid.layer + iy * grid.row + ix;
  }
}

/// out[i] += the trilinear value of point i.
void gather(const Grid& grid, const Places& places, std::size_t n, const float* volume,
            float* out) {
  const std::int32_t row = grid.row, layer = grid.layer;
  for (std::size_t i = 0; i < n; ++i) {
    const float* v = volume + places.voxel[i];
    const float fx = places.fx[i], fy = places.fy[i], fz = places.fz[i];
    const float a = v[0] + fx * (v[1] - v[0]);
    const float b = v[row] + fx * (v[row + 1] - v[row]);
    const float c = v[layer] + fx * (v[layer + 1] - v[layer]);
    const float d = v[layer + row] + fx * (v[layer + row + 1] - v[layer + row]);
    const float low = a + fy * (b - a), high = c + fy * (d - c);
    out[i] += places.inside[i] * (low + fz * (high - low));
  }
}

/// Adds w (1-f) to v[0] and w f to v[1].
inline void spread(float* v, float w, float f) {
  const float second = w * f;
  v[0] += w - second;
  v[1] += second;
}

/// The transpose of gather, on the layers [low, high) of the volume.
void scatter(const Grid& grid, const Places& places, std::size_t n, const float* values,
             std::int32_t low, std::int32_t high, float* volume) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t iz = places.layer[i];
    if (iz + 1 < low || iz >= high) continue;
    const float value = values[i] * places.inside[i];
    if (value == 0) continue;
    const float fx = places.fx[i], fy = places.fy[i], fz = places.fz[i];
    float* v = volume + places.voxel[i];
    if (iz >= low) {
      const float w = value - value * fz;
      spread(v, w - w * fy, fx);
      spread(v + grid.row, w * fy, fx);
    }
    if (iz + 1 < high) {
      const float w = value * fz;
      spread(v + grid.layer, w - w * fy, fx);
      spread(v + grid.layer + grid.row, w * fy, fx);
    }
  }
}

/// For every operation of the cosets: operation · R as floats.
std::vector<Rotation> rotations_of(const FreeBox& box, const Quaternion& model_from_lab) {
  const Matrix3 m = to_matrix(model_from_lab);
  std::vector<Rotation> result;
  for (const Matrix3& g : box.cosets()) {
    Rotation r;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        r[3 * i + j] = float(g[3 * i] * m[j] + g[3 * i + 1] * m[3 + j] + g[3 * i + 2] * m[6 + j]);
    result.push_back(r);
  }
  return result;
}

/// Values of points [begin, end) in a tied volume.
void slice_points(const Grid& grid, std::span<const Rotation> rotations, const QueryPoints& points,
                  std::size_t begin, std::size_t end, const float* volume, float* out) {
  Places places;
  const float share = 1 / float(rotations.size());
  for (std::size_t at = begin; at < end; at += kBlock) {
    const std::size_t n = std::min(kBlock, end - at);
    float* values = out + (at - begin);
    std::fill_n(values, n, 0.f);
    for (const Rotation& rotation : rotations) {
      find(grid, rotation, points, at, n, places);
      gather(grid, places, n, volume, values);
    }
    for (std::size_t i = 0; i < n; ++i) values[i] *= share;
  }
}

}  // namespace

std::vector<float> coset_rotations(const FreeBox& box, std::span<const Quaternion> model_from_lab) {
  std::vector<float> all;
  for (const Quaternion& pose : model_from_lab)
    for (const Rotation& rotation : rotations_of(box, pose))
      all.insert(all.end(), rotation.begin(), rotation.end());
  return all;
}

Slicer::Slicer(FreeBox box, QueryPoints points) : box_(std::move(box)), points_(std::move(points)) {
  SPI_ASSERT(box_.voxels() < std::size_t(1) << 31);  // indices are 32 bits wide
}

void Slicer::slice(std::span<const float> volumes, std::span<const Quaternion> model_from_lab,
                   std::span<float> out, int threads) const {
  const std::size_t patterns = model_from_lab.size();
  SPI_ASSERT(volumes.size() == patterns * box_.voxels() && out.size() == patterns * points_.size());
  const Grid grid(box_);
  std::vector<std::vector<float>> tied;
  for (std::size_t b = 0; b < patterns && box_.turned(); ++b) {
    const auto volume = volumes.subspan(b * box_.voxels(), box_.voxels());
    tied.emplace_back(volume.begin(), volume.end());
    box_.tie(tied.back());
  }
  const std::size_t parts = (points_.size() + kBlock - 1) / kBlock;
  parallel_for(patterns * parts, threads, [&](std::size_t item, int) {
    const std::size_t b = item / parts, begin = item % parts * kBlock;
    const float* volume = tied.empty() ? &volumes[b * box_.voxels()] : tied[b].data();
    slice_points(grid, rotations_of(box_, model_from_lab[b]), points_, begin,
                 std::min(begin + kBlock, points_.size()), volume,
                 &out[b * points_.size() + begin]);
  });
}

void Slicer::adjoint(std::span<const float> values, std::span<const Quaternion> model_from_lab,
                     std::span<float> volumes, int threads) const {
  const std::size_t patterns = model_from_lab.size(), voxels = box_.voxels();
  SPI_ASSERT(volumes.size() == patterns * voxels && values.size() == patterns * points_.size());
  if (patterns == 0) return;
  const Grid grid(box_);
  const std::size_t layers = box_.shape()[0];
  const std::size_t wanted = (std::size_t(threads) + patterns - 1) / patterns;
  const std::size_t parts = std::clamp<std::size_t>(wanted, 1, layers);
  std::vector<float> scaled(values.size());
  const float share = 1 / float(box_.cosets().size());
  std::ranges::transform(values, scaled.begin(), [&](float v) { return v * share; });
  parallel_for(patterns * parts, threads, [&](std::size_t item, int) {
    const std::size_t b = item / parts, part = item % parts;
    const std::size_t low = part * layers / parts, high = (part + 1) * layers / parts;
    float* volume = &volumes[b * voxels];
    std::fill(volume + low * std::size_t(grid.layer), volume + high * std::size_t(grid.layer), 0.f);
    Places places;
    for (const Rotation& rotation : rotations_of(box_, model_from_lab[b]))
      for (std::size_t at = 0; at < points_.size(); at += kBlock) {
        const std::size_t n = std::min(kBlock, points_.size() - at);
        find(grid, rotation, points_, at, n, places);
        scatter(grid, places, n, &scaled[b * points_.size() + at], std::int32_t(low),
                std::int32_t(high), volume);
      }
  });
  if (box_.turned())
    parallel_for(patterns, threads,
                 [&](std::size_t b, int) { box_.tie(volumes.subspan(b * voxels, voxels)); });
}

std::vector<float> Slicer::symmetrised_cube(std::span<const float> box, int threads) const {
  SPI_ASSERT(box.size() == box_.voxels());
  std::vector<float> tied(box.begin(), box.end());
  box_.tie(tied);
  const Grid grid(box_);
  const auto rotations = rotations_of(box_, Quaternion{});
  const std::size_t n = box_.size();
  const int half = int(n / 2);
  std::vector<float> cube(n * n * n);
  parallel_for(n, threads, [&](std::size_t z, int) {
    QueryPoints plane;
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x) {
        plane.x.push_back(float(x));
        plane.y.push_back(float(y));
        plane.z.push_back(float(int(z) - half));
      }
    slice_points(grid, rotations, plane, 0, n * n, tied.data(), &cube[z * n * n]);
  });
  return cube;
}

}  // namespace spi
