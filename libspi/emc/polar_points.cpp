// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/polar_points.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// Rotated points in units of voxels from the first voxel.
struct Placer {
  Placer(const Quaternion& q, std::size_t n) : centre(float(n / 2)) {
    const Matrix3 matrix = to_matrix(q);
    for (std::size_t k = 0; k < 9; ++k) r[k] = float(matrix[k]);
  }
  std::array<float, 3> at(float x, float y, float z) const {
    return {r[0] * x + r[1] * y + r[2] * z + centre, r[3] * x + r[4] * y + r[5] * z + centre,
            r[6] * x + r[7] * y + r[8] * z + centre};
  }
  std::array<float, 9> r;
  float centre;
};

}  // namespace

bool is_flat(const Detector& detector) {
  return std::ranges::all_of(detector.sz, [](double z) { return z == 0; });
}

double q_radius(const Detector& detector, double radius_px) {
  if (is_flat(detector)) return radius_px;
  const double d = detector.distance_px;
  return 2 * d * std::sin(std::atan(radius_px / d) / 2);
}

double detector_radius(const Detector& detector, double q_radius_px) {
  if (is_flat(detector)) return q_radius_px;
  const double d = detector.distance_px;
  return d * std::tan(2 * std::asin(std::min(q_radius_px / (2 * d), 0.7)));
}

std::optional<double> ewald_distance(const Detector& detector) {
  return is_flat(detector) ? std::nullopt : std::optional(detector.distance_px);
}

Vector3 ewald_point(std::optional<double> distance_px, double x, double y) {
  if (!distance_px) return {x, y, 0};
  const double d = *distance_px, r = std::hypot(x, y), f = std::hypot(r, d);
  return {x / f * d, y / f * d, -r * r / (f * (f + d)) * d};
}

LabPoints polar_points(const PolarBinning& binning, const Detector& detector,
                       double voxels_per_pixel) {
  LabPoints points;
  const std::optional<double> distance = ewald_distance(detector);
  for (const double r : binning.radii_px()) {
    const Vector3 q = ewald_point(distance, r, 0);
    const double across = voxels_per_pixel * q[0], along = voxels_per_pixel * q[2];
    for (std::size_t j = 0; j < binning.angles(); ++j) {
      const double angle = double(j) * binning.step_rad();
      points.x.push_back(float(across * std::cos(angle)));
      points.y.push_back(float(across * std::sin(angle)));
      points.z.push_back(float(along));
    }
    points.reach = std::max(points.reach, std::hypot(across, along));
  }
  return points;
}

FinePoints fine_points(const PolarBinning& binning, const Detector& detector,
                       const RadialMean& mean, double voxels_per_pixel) {
  constexpr std::size_t kMany = 4;  // pixels a bin whose places average out
  const auto used = std::size_t(std::ranges::count_if(
      binning.bin(), [](std::uint32_t bin) { return bin != PolarBinning::kNoBin; }));
  if (used > kMany * binning.bins())
    return {polar_points(binning, detector, voxels_per_pixel),
            mean.area(binning, detector.correction), binning.bin()};
  FinePoints fine;
  const double scale = voxels_per_pixel * detector.distance_px;
  for (std::size_t t = 0; t < binning.pixels(); ++t) {
    if (binning.bin()[t] == PolarBinning::kNoBin) {
      fine.point.push_back(PolarBinning::kNoBin);
      continue;
    }
    fine.point.push_back(std::uint32_t(fine.points.size()));
    const double x = scale * detector.sx[t], y = scale * detector.sy[t], z = scale * detector.sz[t];
    fine.points.x.push_back(float(x));
    fine.points.y.push_back(float(y));
    fine.points.z.push_back(float(z));
    fine.points.reach = std::max(fine.points.reach, std::hypot(x, y, z));
    fine.area.push_back(detector.correction[t] * mean.at(binning.pixel_radius()[t]));
  }
  return fine;
}

void slice(const Cube& cube, const LabPoints& points, const Quaternion& model_from_lab,
           float* out) {
  const Placer placer(model_from_lab, cube.n);
  const auto n = std::int32_t(cube.n), plane = n * n;
  const float* const values = cube.values.data();
  const std::size_t count = points.size();
  for (std::size_t t = 0; t < count; ++t) {
    const auto [x, y, z] = placer.at(points.x[t], points.y[t], points.z[t]);
    const auto i = std::int32_t(x), j = std::int32_t(y), k = std::int32_t(z);
    const float fx = x - float(i), fy = y - float(j), fz = z - float(k);
    const std::int32_t at = k * plane + j * n + i;
    const float a = values[at] + fx * (values[at + 1] - values[at]);
    const float b = values[at + n] + fx * (values[at + n + 1] - values[at + n]);
    const float c = values[at + plane] + fx * (values[at + plane + 1] - values[at + plane]);
    const float d =
        values[at + plane + n] + fx * (values[at + plane + n + 1] - values[at + plane + n]);
    const float low = a + fy * (b - a), high = c + fy * (d - c);
    out[t] = low + fz * (high - low);
  }
}

VoxelSums::VoxelSums(std::size_t n, double largest)
    : n_(n), scale_(std::exp2(60) / largest), sums_(2 * n * n * n) {
  SPI_ASSERT(largest > 0 && std::isfinite(largest));
}

void VoxelSums::add(const LabPoints& points, const Quaternion& model_from_lab,
                    const float* numerator, const float* exposure) {
  const Placer placer(model_from_lab, n_);
  const std::size_t corners[8] = {0,       1,           n_,           n_ + 1,
                                  n_ * n_, n_ * n_ + 1, n_ * n_ + n_, n_ * n_ + n_ + 1};
  for (std::size_t t = 0; t < points.size(); ++t) {
    if (numerator[t] == 0 && exposure[t] == 0) continue;
    const auto [x, y, z] = placer.at(points.x[t], points.y[t], points.z[t]);
    const auto i = std::size_t(x), j = std::size_t(y), k = std::size_t(z);
    const double fx = x - float(i), fy = y - float(j), fz = z - float(k);
    const double low = (1 - fy) * (1 - fz), high = fy * (1 - fz), up = (1 - fy) * fz, top = fy * fz;
    const double weight[8] = {(1 - fx) * low, fx * low, (1 - fx) * high, fx * high,
                              (1 - fx) * up,  fx * up,  (1 - fx) * top,  fx * top};
    std::int64_t* const sums = &sums_[2 * ((k * n_ + j) * n_ + i)];
    const double photons = scale_ * double(numerator[t]), seen = scale_ * double(exposure[t]);
    for (int c = 0; c < 8; ++c) {
      sums[2 * corners[c]] += std::llrint(weight[c] * photons);
      sums[2 * corners[c] + 1] += std::llrint(weight[c] * seen);
    }
  }
}

void VoxelSums::add(const VoxelSums& other) {
  SPI_ASSERT(other.n_ == n_ && other.scale_ == scale_);
  for (std::size_t v = 0; v < sums_.size(); ++v) sums_[v] += other.sums_[v];
}

void VoxelSums::scale(double factor) {
  for (std::int64_t& sum : sums_) sum = std::llrint(factor * double(sum));
}

void VoxelSums::set_quanta(std::vector<std::int64_t> quanta) {
  SPI_ASSERT(quanta.size() == sums_.size());
  sums_ = std::move(quanta);
}

void VoxelSums::clear() { std::ranges::fill(sums_, 0); }

}  // namespace spi
