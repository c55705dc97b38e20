// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/support.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/geometry/point_group.h"
#include "libspi/phasing/align.h"  // for rolled

namespace spi {
namespace {

constexpr int kFillIterations = 150, kFillDescent = 100;
constexpr double kFillStart = 0.4;  ///< of the maximum

}  // namespace

template <int Rank>
std::vector<float> autocorrelation(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                                   double floor, int threads) {
  const Grid<Rank>& grid = problem.grid;
  std::vector<std::complex<float>> spectrum(grid.spectrum_size());
  std::vector<float> values(grid.size());
  const float scale = 1.f / float(grid.size());
  for (int round = 0;; ++round) {
    for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
      const float a = problem.modulus[bin];
      // Free bins of the centre keep what the last round extrapolated.
      spectrum[bin] = a < 0 ? std::max(spectrum[bin].real(), 0.f) * scale : a * a * scale;
    }
    fft.backward(spectrum.data(), values.data(), threads);
    if (problem.masked_centre == 0 || round == kFillIterations) break;
    // From its peak outwards: a low floor at once would take what the gap in the intensities leaves
    // all over the field for extent.
    const double part = std::min(1., double(round) / kFillDescent);
    const double level = std::max(floor, kFillStart * std::pow(floor / kFillStart, part));
    const float least = float(level) * *std::ranges::max_element(values);
    for (float& value : values) value = value > least ? value : 0.f;
    fft.forward(values.data(), spectrum.data(), threads);
  }
  const float peak = std::max(values[0], 1e-30f);
  for (float& value : values) value /= peak;
  std::array<std::ptrdiff_t, std::size_t(Rank)> to_middle;
  to_middle.fill(std::ptrdiff_t(grid.n / 2));
  return rolled(grid, values, to_middle);
}

std::vector<std::uint8_t> above(const std::vector<float>& values, double fraction) {
  const float least = float(fraction) * *std::ranges::max_element(values);
  std::vector<std::uint8_t> region(values.size());
  std::ranges::transform(values, region.begin(), [=](float v) { return v > least; });
  return region;
}

template <int Rank>
std::vector<std::uint8_t> dilated(const Grid<Rank>& grid, std::vector<std::uint8_t> region,
                                  std::size_t reach) {
  const std::size_t n = grid.n;
  std::size_t stride = 1;
  for (int axis = 0; axis < Rank; ++axis, stride *= n) {
    const std::vector<std::uint8_t> before = region;
    for (std::size_t at = 0; at < region.size(); ++at) {
      if (!before[at]) continue;
      const std::size_t i = at / stride % n, line = at - i * stride;
      for (std::size_t step = n - reach; step <= n + reach; ++step)
        region[line + (i + step) % n * stride] = 1;
    }
  }
  return region;
}

template <int Rank>
std::vector<std::uint8_t> symmetrised(const Grid<Rank>& grid, std::vector<std::uint8_t> region,
                                      const std::optional<std::string>& group) {
  if (!group) return region;
  if (Rank == 2) fail("--symmetry is of volumes: patterns have no point group");
  const PointGroup operations = point_group(*group);
  const auto n = std::ptrdiff_t(grid.n), centre = n / 2;
  std::vector<std::uint8_t> out(region.size());
  for (std::size_t at = 0; at < region.size(); ++at) {
    const auto i = std::ptrdiff_t(at);
    const Vector3 r{double(i % n - centre), double(i / n % n - centre), double(i / n / n - centre)};
    std::size_t images = 0;
    for (const Matrix3& operation : operations.operations) {
      const Vector3 moved = rotate(operation, r);
      std::ptrdiff_t to = 0;
      for (std::size_t axis = 3; axis-- > 0;)
        to = to * n + ((std::lround(moved[axis]) + centre) % n + n) % n;
      images += region[std::size_t(to)];
    }
    out[at] = 2 * images >= operations.order();
  }
  return out;
}

std::size_t count_inside(const std::vector<std::uint8_t>& region) {
  return std::size_t(std::ranges::count_if(region, [](std::uint8_t v) { return v != 0; }));
}

template <int Rank>
std::size_t largest_body(const std::vector<std::uint8_t>& autocorrelation_region) {
  return std::max<std::size_t>(count_inside(autocorrelation_region) >> Rank, 1);
}

template <int Rank>
double relative_width(const Grid<Rank>& grid, const std::vector<std::uint8_t>& region) {
  const std::size_t n = grid.n;
  double widest = 0;
  for (std::size_t axis = 0, stride = 1; axis < std::size_t(Rank); ++axis, stride *= n) {
    std::vector<bool> used(n);
    for (std::size_t at = 0; at < region.size(); ++at)
      if (region[at]) used[at / stride % n] = true;
    std::size_t longest = 0, run = 0;
    for (std::size_t i = 0; i < 2 * n; ++i) {
      run = used[i % n] ? 0 : run + 1;
      longest = std::max(longest, std::min(run, n));
    }
    widest = std::max(widest, double(n - longest) / double(n));
  }
  return widest;
}

template <int Rank>
std::vector<std::uint8_t> shrink_wrap(const PlaneFft<Rank>& fft, const std::vector<float>& density,
                                      double sigma, double fraction, int threads) {
  const Grid<Rank>& grid = fft.grid();
  std::vector<float> blurred(density.size());
  std::ranges::transform(density, blurred.begin(), [](float v) { return std::max(v, 0.f); });
  std::vector<std::complex<float>> spectrum(grid.spectrum_size());
  fft.forward(blurred.data(), spectrum.data(), threads);
  const double width = std::numbers::pi * sigma / double(grid.n);
  for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
    double k2 = 0;
    for (const std::ptrdiff_t f : frequencies(grid, bin)) k2 += double(f * f);
    spectrum[bin] *= float(std::exp(-2 * width * width * k2) / double(grid.size()));
  }
  fft.backward(spectrum.data(), blurred.data(), threads);
  return above(blurred, fraction);
}

#define SPI_INSTANTIATE(Rank)                                                                      \
  template std::vector<float> autocorrelation(const Problem<Rank>&, const PlaneFft<Rank>&, double, \
                                              int);                                                \
  template std::vector<std::uint8_t> dilated(const Grid<Rank>&, std::vector<std::uint8_t>,         \
                                             std::size_t);                                         \
  template std::vector<std::uint8_t> symmetrised(const Grid<Rank>&, std::vector<std::uint8_t>,     \
                                                 const std::optional<std::string>&);               \
  template std::size_t largest_body<Rank>(const std::vector<std::uint8_t>&);                       \
  template double relative_width(const Grid<Rank>&, const std::vector<std::uint8_t>&);             \
  template std::vector<std::uint8_t> shrink_wrap(const PlaneFft<Rank>&, const std::vector<float>&, \
                                                 double, double, int);
SPI_INSTANTIATE(2)
SPI_INSTANTIATE(3)
#undef SPI_INSTANTIATE

}  // namespace spi
