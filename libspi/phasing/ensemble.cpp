// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/ensemble.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kWorstError = 2;  ///< of a start that agrees, over the smallest
using Spectrum = std::vector<std::complex<float>>;

template <int Rank>
Spectrum spectrum_of(const PlaneFft<Rank>& fft, const std::vector<float>& density, int threads) {
  Spectrum spectrum(fft.grid().spectrum_size());
  fft.forward(density.data(), spectrum.data(), threads);
  return spectrum;
}

/// Without the bins that nothing measured holds: they differ freely from start to start.
template <int Rank>
Spectrum measured_part(const Problem<Rank>& problem, Spectrum spectrum) {
  for (std::size_t bin = 0; bin < spectrum.size(); ++bin)
    if (problem.is_free(bin)) spectrum[bin] = 0;
  return spectrum;
}

void add(Spectrum& sum, const Spectrum& term) {
  if (sum.empty()) sum.resize(term.size());
  for (std::size_t bin = 0; bin < sum.size(); ++bin) sum[bin] += term[bin];
}

/// Adds the phase factors F/|F|.
void add_phases(Spectrum& sum, const Spectrum& term) {
  if (sum.empty()) sum.resize(term.size());
  for (std::size_t bin = 0; bin < sum.size(); ++bin)
    sum[bin] += term[bin] / std::max(std::abs(term[bin]), 1e-30f);
}

void multiply(Spectrum& spectrum, float factor) {
  for (auto& value : spectrum) value *= factor;
}

template <int Rank>
ShellCurves shell_curves(const Problem<Rank>& problem, const Spectrum& phases_all,
                         const Spectrum& phases_agreeing, const Spectrum& mean_agreeing) {
  const std::size_t shells = (problem.grid.n + 1) / 2;
  std::vector<double> moduli(shells), all(shells), agreeing(shells), square(shells), off(shells);
  ShellCurves curves;
  curves.bins.assign(shells, 0);
  for (std::size_t bin = 0; bin < problem.modulus.size(); ++bin) {
    const auto s = std::size_t(std::lround(radius(problem.grid, bin)));
    if (s >= shells || problem.is_free(bin)) continue;
    const double w = double(problem.weight(bin)), a = double(problem.modulus[bin]);
    const double m = double(std::abs(mean_agreeing[bin]));
    curves.bins[s] += std::size_t(w);
    moduli[s] += w * a;
    square[s] += w * a * a;
    all[s] += w * a * double(std::abs(phases_all[bin]));
    agreeing[s] += w * a * double(std::abs(phases_agreeing[bin]));
    off[s] += w * (m - a) * (m - a);
  }
  for (std::size_t s = 0; s < shells; ++s) {
    const bool known = moduli[s] > 0;
    curves.prtf.push_back(known ? all[s] / moduli[s] : kNaN);
    curves.prtf_agreeing.push_back(known ? agreeing[s] / moduli[s] : kNaN);
    curves.error.push_back(known ? std::sqrt(off[s] / square[s]) : kNaN);
  }
  constexpr double kLimit = 1 / std::numbers::e;
  std::optional<std::size_t> before;
  for (std::size_t s = 1; s < shells && !curves.resolution_shell; ++s) {
    if (std::isnan(curves.prtf[s])) continue;
    if (curves.prtf[s] < kLimit) {
      const double high = before ? curves.prtf[*before] : kLimit;
      const double from = before ? double(*before) : double(s);
      const double part = high > curves.prtf[s] ? (high - kLimit) / (high - curves.prtf[s]) : 0;
      curves.resolution_shell = from + part * (double(s) - from);
    }
    before = s;
  }
  return curves;
}

}  // namespace

template <int Rank>
std::size_t Ensemble<Rank>::agreeing() const {
  return std::size_t(std::ranges::count(agrees, true));
}

template <int Rank>
Ensemble<Rank> join_starts(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                           std::vector<std::vector<float>>& densities,
                           const std::vector<double>& errors, double agreement, int threads) {
  SPI_ASSERT(!densities.empty() && densities.size() == errors.size());
  const Grid<Rank>& grid = problem.grid;
  Ensemble<Rank> out;
  out.best = std::size_t(std::ranges::min_element(errors) - errors.begin());
  std::vector<float>& reference = densities[out.best];
  reference = rolled(grid, reference, shift_to_centre(grid, reference));
  const Aligner<Rank> aligner(fft, measured_part(problem, spectrum_of(fft, reference, threads)),
                              threads);
  Spectrum phases, agreeing_phases, agreeing;
  const double least = agreement * (1 - std::min(1., errors[out.best] * errors[out.best]));
  for (std::size_t start = 0; start < densities.size(); ++start) {
    Spectrum spectrum = spectrum_of(fft, densities[start], threads);
    Placement<Rank> placement;
    placement.correlation = 1;
    if (start != out.best) {
      placement = aligner.place(measured_part(problem, spectrum));
      apply(placement, grid, spectrum);
      Spectrum moved = spectrum;
      multiply(moved, 1.f / float(grid.size()));
      fft.backward(moved.data(), densities[start].data(), threads);
    }
    out.placements.push_back(placement);
    out.agrees.push_back(placement.correlation >= least &&
                         errors[start] <= kWorstError * errors[out.best]);
    add_phases(phases, spectrum);
    if (!out.agrees.back()) continue;
    add_phases(agreeing_phases, spectrum);
    add(agreeing, spectrum);
  }
  multiply(phases, 1.f / float(densities.size()));
  multiply(agreeing_phases, 1.f / float(out.agreeing()));
  multiply(agreeing, 1.f / float(out.agreeing()));
  out.shells = shell_curves(problem, phases, agreeing_phases, agreeing);
  multiply(agreeing, 1.f / float(grid.size()));
  out.mean.resize(grid.size());
  fft.backward(agreeing.data(), out.mean.data(), threads);
  return out;
}

template <int Rank>
std::vector<float> band_limited(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                                const std::vector<float>& density, int threads) {
  double reach = 0;
  for (std::size_t bin = 0; bin < problem.modulus.size(); ++bin)
    if (!problem.is_free(bin)) reach = std::max(reach, radius(problem.grid, bin));
  Spectrum spectrum = spectrum_of(fft, density, threads);
  for (std::size_t bin = 0; bin < spectrum.size(); ++bin)
    if (radius(problem.grid, bin) > reach) spectrum[bin] = 0;
  multiply(spectrum, 1.f / float(problem.grid.size()));
  std::vector<float> out(density.size());
  fft.backward(spectrum.data(), out.data(), threads);
  return out;
}

template struct Ensemble<2>;
template struct Ensemble<3>;
template Ensemble<2> join_starts(const Problem<2>&, const PlaneFft<2>&,
                                 std::vector<std::vector<float>>&, const std::vector<double>&,
                                 double, int);
template Ensemble<3> join_starts(const Problem<3>&, const PlaneFft<3>&,
                                 std::vector<std::vector<float>>&, const std::vector<double>&,
                                 double, int);
template std::vector<float> band_limited(const Problem<2>&, const PlaneFft<2>&,
                                         const std::vector<float>&, int);
template std::vector<float> band_limited(const Problem<3>&, const PlaneFft<3>&,
                                         const std::vector<float>&, int);

}  // namespace spi
