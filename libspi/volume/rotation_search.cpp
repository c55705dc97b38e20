// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/rotation_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/geometry/orientation_grid.h"
#include "libspi/volume/contrast_field.h"

namespace spi {
namespace {

constexpr double kFirstBand = 4;

/// The cosine of a's values at the points and b's where the rotation took them from.
double correlation(const std::vector<float>& a, double norm_a, const ContrastField& b,
                   const ContrastPoints& points, const Quaternion& rotation) {
  const Matrix3 back = to_matrix(conjugate(rotation));
  std::array<float, 9> m;
  std::ranges::transform(back, m.begin(), [](double v) { return float(v); });
  float ab = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float x = points.x[i], y = points.y[i], z = points.z[i];
    const float v = b.at(m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z,
                         m[6] * x + m[7] * y + m[8] * z);
    ab += a[i] * v;
    bb += v * v;
  }
  return norm_a > 0 && bb > 0 ? ab / (norm_a * std::sqrt(bb)) : 0;
}

/// The best that are farther apart than `apart`.
void keep_best(const std::vector<Quaternion>& grid, const std::vector<double>& score,
               std::size_t count, double apart, double radius,
               std::vector<RotationMatch>& matches) {
  std::vector<std::size_t> order(grid.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return score[i]; });
  const std::size_t first = matches.size();
  for (const std::size_t i : order) {
    if (matches.size() == first + count) break;
    const bool near = std::any_of(
        matches.begin() + std::ptrdiff_t(first), matches.end(),
        [&](const RotationMatch& m) { return angle_between_rad(m.rotation, grid[i]) < apart; });
    if (!near) matches.push_back({grid[i], score[i], radius});
  }
}

}  // namespace

double Contrast::mean_at(double radius) const {
  const auto s = std::size_t(radius);
  if (s >= mean.size()) return 0;
  const double low = mean[s], high = s + 1 < mean.size() && mean[s + 1] > 0 ? mean[s + 1] : low;
  return low > 0 ? low * std::pow(high / low, radius - double(s)) : high;
}

Contrast shell_contrast(std::span<const float> field, std::size_t n) {
  SPI_ASSERT(field.size() == n * n * n);
  const auto centre = double(n / 2);
  const std::size_t shells = std::size_t(std::sqrt(3.0) * centre) + 3;
  Contrast result{std::vector<float>(field.size()), std::vector<double>(shells)};
  std::vector<double> count(shells);
  const auto each = [&](auto&& visit) {
    for (std::size_t z = 0, i = 0; z < n; ++z)
      for (std::size_t y = 0; y < n; ++y)
        for (std::size_t x = 0; x < n; ++x, ++i)
          if (field[i] > 0 && std::isfinite(field[i]))
            visit(i, std::sqrt(std::pow(double(x) - centre, 2) + std::pow(double(y) - centre, 2) +
                               std::pow(double(z) - centre, 2)));
  };
  each([&](std::size_t i, double r) {
    result.mean[std::size_t(std::lround(r))] += field[i];
    ++count[std::size_t(std::lround(r))];
  });
  for (std::size_t s = 0; s < shells; ++s)
    if (count[s] > 0) result.mean[s] /= count[s];
  each(
      [&](std::size_t i, double r) { result.values[i] = float(field[i] / result.mean_at(r) - 1); });
  return result;
}

RotationSearch search_rotations(std::span<const float> a, std::span<const float> b, std::size_t n,
                                double step_rad, std::size_t per_band, int threads) {
  SPI_ASSERT(a.size() == n * n * n && b.size() == a.size() && n >= 9);
  const ContrastField field_a(a, n), field_b(b, n);
  std::vector<Quaternion> grid;
  const auto turns = std::size_t(std::ceil(2 * std::numbers::pi / step_rad));
  for (const Quaternion& view : view_grid(point_group("1"), step_rad).views)
    for (std::size_t t = 0; t < turns; ++t)
      grid.push_back(view *
                     from_axis_angle({0, 0, 1}, 2 * std::numbers::pi * double(t) / double(turns)));
  RotationSearch result{.matches = {}, .rotations = grid.size()};
  const double largest = double((n - 1) / 2) - 0.01;
  for (double radius = kFirstBand; radius < 2 * largest; radius *= 2) {
    const double r = std::min(radius, largest);
    const ContrastPoints points = contrast_points(r);
    std::vector<float> values(points.x.size());
    double norm = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = field_a.at(points.x[i], points.y[i], points.z[i]);
      norm += values[i] * values[i];
    }
    std::vector<double> score(grid.size());
    constexpr std::size_t kBatch = 256;
    parallel_for((grid.size() + kBatch - 1) / kBatch, threads, [&](std::size_t batch, int) {
      for (std::size_t k = batch * kBatch; k < std::min(grid.size(), (batch + 1) * kBatch); ++k)
        score[k] = correlation(values, std::sqrt(norm), field_b, points, grid[k]);
    });
    keep_best(grid, score, per_band, 1.5 * step_rad, r, result.matches);
  }
  return result;
}

}  // namespace spi
