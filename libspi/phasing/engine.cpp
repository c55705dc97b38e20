// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/engine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/phasing/device_phasing.h"
#include "libspi/phasing/threshold.h"

namespace spi {
namespace {

constexpr float kNoThreshold = -std::numeric_limits<float>::infinity();
constexpr std::size_t kLanes = 16;  ///< sums are kept in lanes, so that loops vectorise

/// Sum over i of term(i), in lanes; the order depends on `count` alone.
template <class Term>
double lane_sum(std::size_t count, const Term& term) {
  std::array<float, kLanes> lanes{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += term(i + l);
  double sum = 0;
  for (; i < count; ++i) sum += double(term(i));
  for (const float lane : lanes) sum += double(lane);
  return sum;
}

/// S y of one voxel.
inline float constrained(float y, std::uint8_t inside, float least) {
  return inside && y >= least ? y : 0.f;
}

/// One voxel of a step: from x and p = P x to the next x.
template <Algorithm kAlgorithm>
inline float next(float x, float p, std::uint8_t inside, float least, float beta) {
  if constexpr (kAlgorithm == Algorithm::ER) return constrained(p, inside, least);
  if constexpr (kAlgorithm == Algorithm::HIO) return inside && p >= least ? p : x - beta * p;
  const float s = constrained(2 * p - x, inside, least);
  if constexpr (kAlgorithm == Algorithm::RAAR) return beta * (x + s - p) + (1 - beta) * p;
  return x + beta * (s - p);
}

/// A row of a step; returns the sum of squared changes.
template <Algorithm kAlgorithm>
double update_row(float* x, const float* p, const std::uint8_t* inside, std::size_t n, float least,
                  float beta) {
  return lane_sum(n, [=](std::size_t i) {
    const float before = x[i];
    const float after = next<kAlgorithm>(before, p[i], inside[i], least, beta);
    x[i] = after;
    return (after - before) * (after - before);
  });
}

/// `count` bins from `spectrum` on: the sum of (|F| - A)^2 over the measured ones; where `change`
/// says so, F becomes scale * P F.
template <bool kChange>
double moduli_row(std::complex<float>* spectrum, const float* modulus, std::size_t count,
                  float scale) {
  float* const f = reinterpret_cast<float*>(spectrum);
  return lane_sum(count, [=](std::size_t i) {
    const float re = f[2 * i], im = f[2 * i + 1], a = modulus[i];
    const float m = std::sqrt(re * re + im * im);
    const bool free = a < 0;
    if constexpr (kChange) {
      const float factor = free ? scale : scale * a / std::max(m, 1e-30f);
      f[2 * i] = re * factor;
      f[2 * i + 1] = im * factor;
    }
    return free ? 0.f : (m - a) * (m - a);
  });
}

/// The same with a background b beside F; its projection goes to pb.
template <bool kChange>
double moduli_row(std::complex<float>* spectrum, const float* modulus, const float* b, float* pb,
                  std::size_t count, float scale) {
  float* const f = reinterpret_cast<float*>(spectrum);
  return lane_sum(count, [=](std::size_t i) {
    const float re = f[2 * i], im = f[2 * i + 1], a = modulus[i];
    const float m = std::sqrt(re * re + im * im + b[i] * b[i]);
    const bool free = a < 0;
    if constexpr (kChange) {
      const float factor = free ? 1.f : a / std::max(m, 1e-30f);
      f[2 * i] = re * scale * factor;
      f[2 * i + 1] = im * scale * factor;
      pb[i] = b[i] * factor;
    }
    return free ? 0.f : (m - a) * (m - a);
  });
}

}  // namespace

template <int Rank>
PhasingEngine<Rank>::PhasingEngine(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                                   const RealConstraint& constraint, int threads, bool background,
                                   Device device)
    : problem_(problem),
      fft_(fft),
      constraint_(constraint),
      threads_(threads),
      x_(problem.grid.size()),
      spectrum_(device == Device::cuda ? 0 : problem.grid.spectrum_size()),
      partial_(problem.grid.n * 2) {
  SPI_ASSERT(constraint.region.size() == x_.size());
  SPI_ASSERT(device != Device::cuda || !background);
  if (device == Device::cuda) device_ = phasing_on_cuda(problem);
  if (background) background_.emplace(problem, threads);
}

template <int Rank>
PhasingEngine<Rank>::~PhasingEngine() = default;

template <int Rank>
std::vector<float>& PhasingEngine<Rank>::x() {
  if (device_ && !here_) device_->get(x_);
  here_ = true;
  return x_;
}

template <int Rank>
DevicePhasing<Rank>& PhasingEngine<Rank>::device() {
  if (here_) device_->put(x_, constraint_);
  here_ = false;
  return *device_;
}

template <int Rank>
std::size_t PhasingEngine<Rank>::bytes(const Grid<Rank>& grid) {
  return grid.size() * sizeof(float) + grid.spectrum_size() * sizeof(Complex);
}

/// Planes only: the columns follow in apply_moduli.
template <int Rank>
void PhasingEngine<Rank>::transform_x() {
  const Grid<Rank>& grid = problem_.grid;
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    fft_.forward_plane(&x_[plane * grid.plane()], &spectrum_[plane * grid.spectrum_plane()]);
  });
}

/// Columns there, moduli, and (if they change) columns back; the relative Fourier error before.
template <int Rank>
double PhasingEngine<Rank>::apply_moduli(bool change) {
  const Grid<Rank>& grid = problem_.grid;
  const std::size_t half = grid.half();
  const float scale = 1.f / float(grid.size());
  for_slabs(grid.rows(), threads_, [&](std::size_t row) {
    fft_.forward_columns(spectrum_.data(), row);
    double sum = 0;
    for (std::size_t plane = 0; plane < grid.n; ++plane) {
      const std::size_t bin = plane * grid.spectrum_plane() + row * half;
      std::complex<float>* const f = &spectrum_[bin];
      const float* const a = &problem_.modulus[bin];
      const auto moduli = [&]<bool kChange>(std::size_t count) {
        if (!background_) return moduli_row<kChange>(f, a, count, scale);
        return moduli_row<kChange>(f, a, background_->row(bin), background_->projected_row(bin),
                                   count, scale);
      };
      // The zero frequency of the last axis counts once, the others twice; n/2 is always free.
      sum -= moduli.template operator()<false>(1);
      sum += 2 * (change ? moduli.template operator()<true>(half)
                         : moduli.template operator()<false>(half));
    }
    partial_[row] = sum;
    if (change) fft_.backward_columns(spectrum_.data(), row);
  });
  const double sum =
      std::accumulate(partial_.begin(), partial_.begin() + std::ptrdiff_t(grid.rows()), 0.);
  return std::sqrt(std::max(sum, 0.) / problem_.power);
}

/// The least value that the constraint keeps of y = (1 + keep) P x - keep x, where P x is there.
template <int Rank>
float PhasingEngine<Rank>::threshold_of_reflection(float keep) {
  if (!constraint_.voxels && !constraint_.mass_fraction)
    return constraint_.positive ? 0.f : kNoThreshold;
  const Grid<Rank>& grid = problem_.grid;
  const auto values = [&](std::size_t plane, const auto& use) {
    std::vector<float> y(grid.n);
    for (std::size_t row = 0; row < grid.rows(); ++row) {
      const std::size_t at = plane * grid.plane() + row * grid.n;
      const auto* const p = reinterpret_cast<const float*>(
          &spectrum_[plane * grid.spectrum_plane() + row * grid.half()]);
      for (std::size_t i = 0; i < grid.n; ++i)
        y[i] = constraint_.region[at + i] ? (1 + keep) * p[i] - keep * x_[at + i] : 0.f;
      use(y.data(), grid.n);
    }
  };
  if (constraint_.voxels) return nth_largest(grid.n, *constraint_.voxels, threads_, values);
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    double sum = 0;
    values(plane, [&](const float* y, std::size_t count) {
      sum += lane_sum(count, [=](std::size_t i) { return std::max(y[i], 0.f); });
    });
    partial_[plane] = sum;
  });
  const auto last = partial_.begin() + std::ptrdiff_t(grid.n);
  return float(*constraint_.mass_fraction * std::accumulate(partial_.begin(), last, 0.));
}

/// A plane of x, from P x in its spectrum's place; returns the sum of squared changes.
template <int Rank>
double PhasingEngine<Rank>::update(const Step& step, std::size_t plane, float least) {
  const Grid<Rank>& grid = problem_.grid;
  double sum = 0;
  for (std::size_t row = 0; row < grid.rows(); ++row) {
    const std::size_t at = plane * grid.plane() + row * grid.n;
    const auto* const p = reinterpret_cast<const float*>(
        &spectrum_[plane * grid.spectrum_plane() + row * grid.half()]);
    float* const x = &x_[at];
    const std::uint8_t* const inside = &constraint_.region[at];
    const float beta = float(step.beta);
    switch (step.algorithm) {
      case Algorithm::DM:
        sum += update_row<Algorithm::DM>(x, p, inside, grid.n, least, beta);
        break;
      case Algorithm::ER:
        sum += update_row<Algorithm::ER>(x, p, inside, grid.n, least, beta);
        break;
      case Algorithm::HIO:
        sum += update_row<Algorithm::HIO>(x, p, inside, grid.n, least, beta);
        break;
      case Algorithm::RAAR:
        sum += update_row<Algorithm::RAAR>(x, p, inside, grid.n, least, beta);
        break;
    }
  }
  return sum;
}

template <int Rank>
IterationError PhasingEngine<Rank>::iterate(const Step& step) {
  if (device_) return device().iterate(step);
  const Grid<Rank>& grid = problem_.grid;
  IterationError error;
  transform_x();
  error.fourier = apply_moduli(true);
  if (background_) background_->update(step);
  const bool reflects = step.algorithm == Algorithm::DM || step.algorithm == Algorithm::RAAR;
  const bool global = constraint_.voxels || constraint_.mass_fraction;
  const auto inverse = [&](std::size_t plane) {
    fft_.backward_plane(&spectrum_[plane * grid.spectrum_plane()]);
  };
  if (global) for_slabs(grid.n, threads_, inverse);
  const float least = threshold_of_reflection(reflects ? 1.f : 0.f);
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    if (!global) inverse(plane);
    partial_[plane] = update(step, plane, least);
  });
  const double moved =
      std::accumulate(partial_.begin(), partial_.begin() + std::ptrdiff_t(grid.n), 0.);
  error.change = std::sqrt(moved * double(grid.size()) / problem_.power);
  return error;
}

template <int Rank>
void PhasingEngine<Rank>::project_modulus() {
  if (device_) return device().project_modulus();
  transform_x();
  apply_moduli(true);
  if (background_) background_->take_projection();
  const Grid<Rank>& grid = problem_.grid;
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    std::complex<float>* const spectrum = &spectrum_[plane * grid.spectrum_plane()];
    fft_.backward_plane(spectrum);
    for (std::size_t row = 0; row < grid.rows(); ++row)
      std::copy_n(reinterpret_cast<const float*>(spectrum + row * grid.half()), grid.n,
                  &x_[plane * grid.plane() + row * grid.n]);
  });
}

template <int Rank>
void PhasingEngine<Rank>::project_real() {
  if (device_) return device().project_real();
  if (background_) background_->take_means();
  // As if P x were x: then 2 P x - x is x as well.
  const Grid<Rank>& grid = problem_.grid;
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    for (std::size_t row = 0; row < grid.rows(); ++row)
      std::copy_n(
          &x_[plane * grid.plane() + row * grid.n], grid.n,
          reinterpret_cast<float*>(&spectrum_[plane * grid.spectrum_plane() + row * grid.half()]));
  });
  const float least = threshold_of_reflection(0.f);
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    update({Algorithm::ER, 1, 1}, plane, least);
  });
}

template <int Rank>
double PhasingEngine<Rank>::fourier_error() {
  if (device_) return device().fourier_error();
  transform_x();
  return apply_moduli(false);
}

template <int Rank>
std::vector<float> PhasingEngine<Rank>::background() const {
  return background_ ? background_->profile() : std::vector<float>();
}

template class PhasingEngine<2>;
template class PhasingEngine<3>;

}  // namespace spi
