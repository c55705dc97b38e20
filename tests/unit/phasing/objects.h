// SPDX-License-Identifier: GPL-3.0-or-later
// Known objects on a grid, their intensities, and how near a density comes to them.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "libspi/base/random.h"
#include "libspi/phasing/align.h"
#include "libspi/simulate/particle.h"

namespace spi::phasing_test {

/// Half spectrum of a density in a field of n^Rank voxels, n/2 bins and corners included.
template <int Rank>
struct Truth {
  Grid<Rank> grid;
  std::vector<std::complex<float>> spectrum;
};

/// A part of an object: a particle of voxel size 1 Å, moved.
struct Part {
  const Particle* particle;
  std::array<double, 3> at_voxels{};  ///< x, y, z
  double weight = 1;
};

/// Rank 2: the projection along z.
template <int Rank>
Truth<Rank> make_truth(std::size_t n, const std::vector<Part>& parts) {
  Truth<Rank> truth{{n}, {}};
  const std::size_t count = truth.grid.spectrum_size();
  std::vector<float> q[3];
  for (auto& axis : q) axis.resize(count);
  for (std::size_t bin = 0; bin < count; ++bin) {
    const auto k = frequencies(truth.grid, bin);
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis)
      q[Rank - 1 - axis][bin] = float(k[axis]) / float(n);
  }
  truth.spectrum.resize(count);
  std::vector<std::complex<float>> f(count);
  for (const Part& part : parts) {
    part.particle->amplitude(q[0], q[1], q[2], f);
    for (std::size_t bin = 0; bin < count; ++bin) {
      double turn = 0;
      for (int axis = 0; axis < 3; ++axis) turn += part.at_voxels[axis] * double(q[axis][bin]);
      truth.spectrum[bin] +=
          std::complex<float>(part.weight * std::complex<double>(f[bin]) *
                              std::polar(1., -2 * std::numbers::pi * (turn - std::floor(turn))));
    }
  }
  return truth;
}

/// |F|^2 in the layout of files: [n^Rank], q = 0 at n/2.
template <int Rank>
std::vector<float> intensity_of(const Truth<Rank>& truth) {
  const Grid<Rank>& grid = truth.grid;
  std::vector<float> out(grid.size());
  for (std::size_t at = 0; at < out.size(); ++at) {
    std::array<std::ptrdiff_t, 3> k{};
    std::size_t rest = at;
    for (std::size_t axis = Rank; axis-- > 0; rest /= grid.n)
      k[axis] = std::ptrdiff_t(rest % grid.n) - std::ptrdiff_t(grid.n / 2);
    if (k[Rank - 1] < 0)
      for (auto& f : k) f = -f;
    std::size_t bin = 0;
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis) {
      const auto n = std::ptrdiff_t(grid.n);
      bin = bin * (axis == Rank - 1 ? grid.half() : grid.n) + std::size_t((k[axis] + n) % n);
    }
    out[at] = std::norm(truth.spectrum[bin]);
  }
  return out;
}

/// Counts of a Poisson process whose mean is the intensity scaled to so many photons in all.
inline std::vector<float> with_noise(std::vector<float> intensity, double photons,
                                     std::uint64_t seed) {
  double sum = 0;
  for (const float value : intensity) sum += double(value);
  for (std::size_t i = 0; i < intensity.size(); ++i)
    intensity[i] = float(Random(seed, 1, i).poisson(double(intensity[i]) * photons / sum));
  return intensity;
}

/// Fourier shell correlation, shells of width 1 to n/2; bins of weight 0 do not count.
template <int Rank>
std::vector<double> shell_correlation(const Grid<Rank>& grid,
                                      const std::vector<std::complex<float>>& a,
                                      const std::vector<std::complex<float>>& b) {
  const std::size_t shells = (grid.n + 1) / 2;
  std::vector<double> ab(shells), aa(shells), bb(shells);
  for (std::size_t bin = 0; bin < a.size(); ++bin) {
    const auto s = std::size_t(std::lround(radius(grid, bin)));
    if (s >= shells) continue;
    const double w = bin % grid.half() == 0 ? 1 : 2;
    ab[s] += w * double((a[bin] * std::conj(b[bin])).real());
    aa[s] += w * double(std::norm(a[bin]));
    bb[s] += w * double(std::norm(b[bin]));
  }
  for (std::size_t s = 0; s < shells; ++s)
    ab[s] = aa[s] * bb[s] > 0 ? ab[s] / std::sqrt(aa[s] * bb[s]) : std::nan("");
  return ab;
}

/// The same after alignment of a density with the truth, over the measured bins; NaN in shells
/// without any.
template <int Rank>
std::vector<double> fsc_with_truth(const Truth<Rank>& truth, const PlaneFft<Rank>& fft,
                                   const Problem<Rank>& problem,
                                   const std::vector<float>& density) {
  std::vector<std::complex<float>> expected = truth.spectrum, found(expected.size());
  fft.forward(density.data(), found.data(), 1);
  for (std::size_t bin = 0; bin < found.size(); ++bin)
    if (problem.is_free(bin)) expected[bin] = found[bin] = 0;
  apply(Aligner<Rank>(fft, expected, 1).place(found), truth.grid, found);
  return shell_correlation(truth.grid, expected, found);
}

/// First shell, interpolated, at which a curve falls below `level`; its length if never.
inline double crossing(const std::vector<double>& curve, double level) {
  for (std::size_t s = 1; s < curve.size(); ++s)
    if (curve[s] < level)
      return curve[s - 1] >= level
                 ? double(s) - 1 + (curve[s - 1] - level) / (curve[s - 1] - curve[s])
                 : double(s);
  return double(curve.size());
}

/// Balls of unequal size and weight, without any symmetry; about 0.3 n `scale` wide.
template <int Rank>
Truth<Rank> asymmetric(std::size_t n, double scale = 1) {
  const double u = scale * double(n) / 64;
  const auto ball = [&](double size) { return make_particle(Body{Shape::sphere, size * u}, 2); };
  const auto large = ball(9), middle = ball(6.5), small = ball(4.5);
  return make_truth<Rank>(n, {{large.get(), {-2 * u, -1 * u, 0}, 1},
                              {middle.get(), {5 * u, 1 * u, 2 * u}, 1.4},
                              {small.get(), {1 * u, 6.5 * u, -3 * u}, 1.2},
                              {middle.get(), {-4 * u, 4 * u, 5 * u}, 0.8},
                              {small.get(), {2 * u, -6 * u, -5 * u}, 1.7}});
}

template <int Rank>
Truth<Rank> body(std::size_t n, Shape shape, double edge_voxels) {
  const auto particle = make_particle(Body{shape, edge_voxels}, 2);
  return make_truth<Rank>(n, {{particle.get(), {}, 1}});
}

}  // namespace spi::phasing_test
