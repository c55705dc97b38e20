// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/local_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = 16;  ///< points worked on together
using Lane = std::array<float, kLanes>;

/// The rotation vector ω as a quaternion.
Quaternion exponential(const Eigen::Vector3d& omega) {
  const double angle = omega.norm();
  return angle > 0 ? from_axis_angle({omega[0], omega[1], omega[2]}, angle) : Quaternion{};
}

Eigen::Matrix3d as_eigen(const Matrix3& m) {
  return Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(m.data());
}

}  // namespace

double LocalFit::log_weight() const {
  const double determinant = as_eigen(covariance).determinant();
  return gain + 0.5 * (3 * std::log(2 * std::numbers::pi) + std::log(determinant));
}

double LocalFit::width_rad() const {
  return std::sqrt(covariance[0] + covariance[4] + covariance[8]);
}

/// The gain and its derivatives at an orientation.
struct LocalSearch::Terms {
  double gain = 0, expected = 0;
  Eigen::Vector3d gradient = Eigen::Vector3d::Zero();
  Eigen::Matrix3d information = Eigen::Matrix3d::Zero();
};

LocalSearch::LocalSearch(const Cube& cube, const LabPoints& points, const std::vector<double>& area)
    : cube_(cube),
      points_(points),
      area_(area.begin(), area.end()),
      flat_expected_(std::reduce(area.begin(), area.end())) {
  SPI_ASSERT(area.size() == points.size());
}

LocalSearch::Terms LocalSearch::evaluate(const Quaternion& q, double photons,
                                         LocalScratch& scratch) const {
  const std::size_t count = points_.size();
  const auto n = std::int32_t(cube_.n), plane = n * n;
  const float* const values = cube_.values.data();
  const float centre = float(n / 2);
  std::array<float, 9> r;
  const Matrix3 matrix = to_matrix(q);
  for (std::size_t k = 0; k < 9; ++k) r[k] = float(matrix[k]);
  // Σ aW, Σ a∂W (3), Σ a∂W∂W/W (6)
  std::array<double, 10> sums{};
  for (std::size_t first = 0; first < count; first += kLanes) {
    const std::size_t lanes = std::min(kLanes, count - first);
    Lane w, dx, dy, dz, a{};
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::size_t t = first + std::min(l, lanes - 1);
      const float px = points_.x[t], py = points_.y[t], pz = points_.z[t];
      const float mx = r[0] * px + r[1] * py + r[2] * pz;
      const float my = r[3] * px + r[4] * py + r[5] * pz;
      const float mz = r[6] * px + r[7] * py + r[8] * pz;
      const float x = mx + centre, y = my + centre, z = mz + centre;
      const auto i = std::int32_t(x), j = std::int32_t(y), k = std::int32_t(z);
      const float fx = x - float(i), fy = y - float(j), fz = z - float(k);
      const std::int32_t at = k * plane + j * n + i;
      const float v000 = values[at], v100 = values[at + 1] - v000;
      const float v010 = values[at + n], v110 = values[at + n + 1] - v010;
      const float v001 = values[at + plane], v101 = values[at + plane + 1] - v001;
      const float v011 = values[at + plane + n], v111 = values[at + plane + n + 1] - v011;
      const float c00 = v000 + fx * v100, c10 = v010 + fx * v110;
      const float c01 = v001 + fx * v101, c11 = v011 + fx * v111;
      const float low = c00 + fy * (c10 - c00), high = c01 + fy * (c11 - c01);
      const float gx_low = v100 + fy * (v110 - v100), gx_high = v101 + fy * (v111 - v101);
      const float gx = gx_low + fz * (gx_high - gx_low);
      const float gy = (c10 - c00) + fz * ((c11 - c01) - (c10 - c00));
      const float gz = high - low;
      w[l] = low + fz * gz;
      dx[l] = my * gz - mz * gy;  // p × ∇V
      dy[l] = mz * gx - mx * gz;
      dz[l] = mx * gy - my * gx;
      a[l] = l < lanes ? area_[t] : 0.f;
    }
    std::array<float, 10> part{};
    for (std::size_t l = 0; l < kLanes; ++l) {
      const float weighted = a[l] / w[l];
      part[0] += a[l] * w[l];
      part[1] += a[l] * dx[l], part[2] += a[l] * dy[l], part[3] += a[l] * dz[l];
      part[4] += weighted * dx[l] * dx[l], part[5] += weighted * dx[l] * dy[l];
      part[6] += weighted * dx[l] * dz[l], part[7] += weighted * dy[l] * dy[l];
      part[8] += weighted * dy[l] * dz[l], part[9] += weighted * dz[l] * dz[l];
    }
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += part[k];
    std::copy_n(w.data(), lanes, &scratch.value[first]);
    std::copy_n(dx.data(), lanes, &scratch.derivative[0][first]);
    std::copy_n(dy.data(), lanes, &scratch.derivative[1][first]);
    std::copy_n(dz.data(), lanes, &scratch.derivative[2][first]);
  }
  Terms terms;
  terms.expected = sums[0];
  const Eigen::Vector3d dz_sum(sums[1], sums[2], sums[3]);
  terms.information << sums[4], sums[5], sums[6], sums[5], sums[7], sums[8], sums[6], sums[8],
      sums[9];
  terms.information -= dz_sum * dz_sum.transpose() / sums[0];
  terms.information *= photons / sums[0];
  terms.gain = -photons * std::log(sums[0] / flat_expected_);
  terms.gradient = -photons / sums[0] * dz_sum;
  return terms;
}

LocalFit LocalSearch::climb(const BinnedFrames& frames, std::size_t frame, const Quaternion& start,
                            std::size_t steps, double largest_rad, double prior_rad,
                            LocalScratch& scratch) const {
  scratch.value.resize(points_.size());
  for (auto& derivative : scratch.derivative) derivative.resize(points_.size());
  const double photons = frames.photons[frame];
  const auto terms_at = [&](const Quaternion& q) {
    Terms terms = evaluate(q, photons, scratch);
    for (std::uint64_t e = frames.start[frame]; e < frames.start[frame + 1]; ++e) {
      const std::uint32_t t = BinnedFrames::bin_of(frames.entry[e]);
      const double n = BinnedFrames::count_of(frames.entry[e]);
      const double share = n / scratch.value[t];
      terms.gain += n * std::log(scratch.value[t]);
      for (int k = 0; k < 3; ++k)
        terms.gradient[k] += share * scratch.derivative[std::size_t(k)][t];
    }
    return terms;
  };
  const Eigen::Matrix3d prior = Eigen::Matrix3d::Identity() / (prior_rad * prior_rad);
  Quaternion q = start;
  Terms here = terms_at(q);
  double reach = largest_rad;
  for (std::size_t step = 0; step < steps; ++step) {
    Eigen::Vector3d move = (here.information + prior).ldlt().solve(here.gradient);
    const double length = move.norm();
    if (length > reach) move *= reach / length;
    const Quaternion next = normalized(exponential(move) * q);
    const Terms there = terms_at(next);
    if (there.gain > here.gain) {
      q = next, here = there;
    } else {
      reach = 0.25 * std::min(reach, length);
    }
  }
  LocalFit fit{.model_from_lab = q, .gain = here.gain, .expected = here.expected};
  const Eigen::Matrix3d covariance = (here.information + prior).inverse();
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) fit.covariance[std::size_t(3 * i + j)] = covariance(i, j);
  return fit;
}

}  // namespace spi
