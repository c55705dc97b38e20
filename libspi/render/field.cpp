// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/render/field.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/volume/spline_volume.h"

namespace spi {
namespace {

/// Calls plane(z) for the inner planes and adds what they give, in their order.
template <class Plane>
double sum_of_planes(std::size_t n, int threads, const Plane& plane) {
  std::vector<double> sums(n);
  parallel_for(n - 2, threads, [&](std::size_t i, int) { sums[i + 1] = plane(i + 1); });
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
}

struct View {
  std::size_t across, row, column;  ///< strides
};

View view_of(const Field& field, int axis) {
  const std::array<std::size_t, 3> stride{1, field.n, field.n * field.n};
  return {stride[std::size_t(axis)], stride[axis == 2 ? 1 : 2], stride[axis == 0 ? 1 : 0]};
}

}  // namespace

Field sample(const Volume& volume, double half_width, std::size_t n, float outside, int threads) {
  SPI_ASSERT(n % 2 == 1 && n >= 5 && half_width > 0);
  if (volume.nx != volume.ny || volume.ny != volume.nz)
    fail("a volume of ", volume.nz, " x ", volume.ny, " x ", volume.nx,
         " voxels is no cube: pad it first");
  const SplineVolume spline(volume.values, volume.nx, threads);
  Field field{n, 2 * half_width / double(n - 1), std::vector<float>(n * n * n, outside)};
  const auto place = [&](std::size_t i) { return (double(i) - double(n / 2)) * field.step; };
  parallel_for(n - 2, threads, [&](std::size_t plane, int) {
    const std::size_t z = plane + 1;
    for (std::size_t y = 1; y + 1 < n; ++y)
      for (std::size_t x = 1; x + 1 < n; ++x)
        if (const Vector3 p{place(x), place(y), place(z)}; spline.contains(p))
          field.values[(z * n + y) * n + x] = spline.at(p);
  });
  return field;
}

void blend(const Field& a, const Field& b, double t, Field& out, int threads) {
  SPI_ASSERT(a.n == b.n);
  out.n = a.n;
  out.step = a.step;
  out.values.resize(a.values.size());
  const std::size_t plane = a.n * a.n;
  const auto weight = float(t);
  parallel_for(a.n, threads, [&](std::size_t z, int) {
    for (std::size_t i = z * plane; i < (z + 1) * plane; ++i)
      out.values[i] = a.values[i] + weight * (b.values[i] - a.values[i]);
  });
}

double samples_above(const Field& field, double level, int threads) {
  const std::size_t n = field.n;
  return sum_of_planes(n, threads, [&](std::size_t z) {
    double above = 0;
    for (std::size_t y = 1; y + 1 < n; ++y)
      for (std::size_t x = 1; x + 1 < n; ++x) {
        const float* const v = &field.values[(z * n + y) * n + x];
        const bool inside = *v > level;
        const bool crossed = (v[1] > level) != inside || (*(v - 1) > level) != inside ||
                             (v[n] > level) != inside || (*(v - n) > level) != inside ||
                             (v[n * n] > level) != inside || (*(v - n * n) > level) != inside;
        if (!crossed) {
          above += inside;
          continue;
        }
        const double range = 0.5 * (std::abs(v[1] - *(v - 1)) + std::abs(v[n] - *(v - n)) +
                                    std::abs(v[n * n] - *(v - n * n)));
        above += range > 0 ? std::clamp(0.5 + (*v - level) / range, 0.0, 1.0) : inside;
      }
    return above;
  });
}

std::size_t reach_above(const Field& field, double level) {
  const std::size_t n = field.n;
  std::size_t reach = 0;
  const auto away = [&](std::size_t i) { return i > n / 2 ? i - n / 2 : n / 2 - i; };
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x)
        if (field.at(x, y, z) > level) reach = std::max({reach, away(x), away(y), away(z)});
  return reach;
}

std::vector<float> central_section(const Field& field, int axis) {
  const View view = view_of(field, axis);
  std::vector<float> out(field.n * field.n);
  const float* const first = field.values.data() + field.n / 2 * view.across;
  for (std::size_t r = 0; r < field.n; ++r)
    for (std::size_t c = 0; c < field.n; ++c)
      out[r * field.n + c] = first[r * view.row + c * view.column];
  return out;
}

std::vector<float> projection(const Field& field, int axis) {
  const View view = view_of(field, axis);
  std::vector<float> out(field.n * field.n);
  for (std::size_t k = 0; k < field.n; ++k)
    for (std::size_t r = 0; r < field.n; ++r)
      for (std::size_t c = 0; c < field.n; ++c)
        out[r * field.n + c] += field.values[k * view.across + r * view.row + c * view.column];
  return out;
}

}  // namespace spi
