// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/spline_volume.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/volume/fourier.h"

namespace spi {
namespace {

constexpr std::size_t kBorder = 2;
constexpr std::ptrdiff_t kSpan = 16;  // voxels after which the pole's power is below 1e-9

/// Values of one line, mirrored at its ends, to coefficients: causal and anticausal recursion with
/// the pole √3 - 2.
void to_coefficients(std::vector<double>& c) {
  const double pole = std::sqrt(3.0) - 2;
  const auto n = std::ptrdiff_t(c.size());
  const auto mirrored = [&](std::ptrdiff_t i) {
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return c[std::size_t(i)];
  };
  double first = 0, power = 1;
  for (std::ptrdiff_t k = 0; k < kSpan; ++k, power *= pole) first += power * mirrored(k);
  const auto last = std::size_t(n - 1);
  c[0] = first;
  for (std::size_t i = 1; i <= last; ++i) c[i] += pole * c[i - 1];
  c[last] = pole / (pole * pole - 1) * (c[last] + pole * c[last - 1]);
  for (std::size_t i = last; i-- > 0;) c[i] = pole * (c[i + 1] - c[i]);
  for (double& v : c) v *= 6;
}

/// Runs over the n² lines along an axis of a cube within a bordered grid of side m, x fastest.
void filter_axis(SplineGrid<float>& grid, std::size_t n, int axis, int threads) {
  const std::size_t m = grid.size();
  const std::size_t strides[] = {1, m, m * m};
  const std::size_t along = strides[axis], down = strides[(axis + 1) % 3],
                    over = strides[(axis + 2) % 3];
  float* origin = grid.row(kBorder, kBorder) + kBorder;
  parallel_for(n, threads, [&](std::size_t j, int) {
    std::vector<double> line(n);
    for (std::size_t k = 0; k < n; ++k) {
      float* start = origin + j * down + k * over;
      for (std::size_t i = 0; i < n; ++i) line[i] = start[i * along];
      to_coefficients(line);
      for (std::size_t i = 0; i < n; ++i) start[i * along] = float(line[i]);
      for (std::size_t b = 1; b <= kBorder; ++b) {
        *(start - b * along) = float(line[std::min(b, n - 1)]);
        start[(n - 1 + b) * along] = float(line[n - 1 - std::min(b, n - 1)]);
      }
    }
  });
}

/// The borders of lines that filter_axis did not run over: corners and edges of the bordered grid.
void mirror_borders(SplineGrid<float>& grid, std::size_t n) {
  const auto inner = [&](std::size_t i) {
    auto p = std::ptrdiff_t(i) - std::ptrdiff_t(kBorder);
    if (p < 0) p = -p;
    if (p >= std::ptrdiff_t(n)) p = 2 * std::ptrdiff_t(n - 1) - p;
    return std::size_t(std::clamp<std::ptrdiff_t>(p, 0, std::ptrdiff_t(n) - 1)) + kBorder;
  };
  const std::size_t m = grid.size();
  for (std::size_t z = 0; z < m; ++z)
    for (std::size_t y = 0; y < m; ++y)
      for (std::size_t x = 0; x < m; ++x)
        if (inner(x) != x || inner(y) != y || inner(z) != z)
          grid.row(z, y)[x] = grid.row(inner(z), inner(y))[inner(x)];
}

}  // namespace

SplineVolume::SplineVolume(std::span<const float> values, std::size_t n, int threads)
    : n_(n), centre_(double(n / 2)), grid_(n + 2 * kBorder) {
  SPI_ASSERT(values.size() == n * n * n);
  if (n < 3) fail("volumes of ", n, " voxels a side are too small to be interpolated: 3 at least");
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      std::copy_n(&values[(z * n + y) * n], n, grid_.row(z + kBorder, y + kBorder) + kBorder);
  for (int axis = 0; axis < 3; ++axis) filter_axis(grid_, n, axis, threads);
  mirror_borders(grid_, n);
}

bool SplineVolume::contains(const Vector3& p) const {
  const double low = -centre_, high = double(n_ - 1) - centre_;
  return std::ranges::all_of(p, [&](double v) { return v >= low && v <= high; });
}

float SplineVolume::at(const Vector3& p) const {
  const double origin = centre_ + double(kBorder);
  return grid_.at(float(p[0] + origin), float(p[1] + origin), float(p[2] + origin));
}

std::array<float, 4> SplineVolume::with_gradient(const Vector3& p) const {
  const double origin = centre_ + double(kBorder);
  return grid_.with_gradient(float(p[0] + origin), float(p[1] + origin), float(p[2] + origin));
}

std::vector<float> moved(const SplineVolume& body, const RigidMotion& motion, std::size_t to,
                         double step, float outside, int threads) {
  const Matrix3 back = to_matrix(conjugate(motion.rotation));
  const double scale = motion.inverted ? -step : step;
  const auto centre = double(to / 2);
  std::vector<float> out(to * to * to);
  parallel_for(to, threads, [&](std::size_t z, int) {
    float* value = &out[z * to * to];
    for (std::size_t y = 0; y < to; ++y)
      for (std::size_t x = 0; x < to; ++x, ++value) {
        Vector3 p = rotate(back, Vector3{double(x) - centre - motion.shift[0],
                                         double(y) - centre - motion.shift[1],
                                         double(z) - centre - motion.shift[2]});
        for (double& v : p) v *= scale;
        *value = body.contains(p) ? body.at(p) : outside;
      }
  });
  return out;
}

std::vector<float> moved_density(std::span<const float> density, std::size_t n,
                                 const RigidMotion& motion, int threads) {
  const SplineVolume fine(fourier_resized(density, n, 2 * n), 2 * n, threads);
  return moved(fine, motion, n, 2, 0, threads);
}

}  // namespace spi
