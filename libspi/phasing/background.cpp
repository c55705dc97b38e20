// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/background.h"

#include <algorithm>
#include <cmath>

namespace spi {

template <int Rank>
RadialBackground<Rank>::RadialBackground(const Problem<Rank>& problem, int threads)
    : problem_(problem), threads_(threads), shell_(problem.modulus.size()) {
  for (std::size_t bin = 0; bin < shell_.size(); ++bin) {
    shell_[bin] = std::uint16_t(std::lround(radius(problem.grid, bin)));
    shells_ = std::max(shells_, std::size_t(shell_[bin]) + 1);
  }
  b_.resize(shell_.size());
  for (std::size_t bin = 0; bin < b_.size(); ++bin)
    b_[bin] = std::max(problem.modulus[bin], 0.f) / 2;
  pb_ = b_;
  take_means();
}

/// Of (1 + keep) P b - keep b, clipped at 0.
template <int Rank>
std::vector<float> RadialBackground<Rank>::shell_means(float keep) const {
  const Grid<Rank>& grid = problem_.grid;
  std::vector<std::vector<double>> sum(grid.n), weight(grid.n);  // by plane, added in their order
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    sum[plane].resize(shells_);
    weight[plane].resize(shells_);
    const std::size_t first = plane * grid.spectrum_plane();
    for (std::size_t bin = first; bin < first + grid.spectrum_plane(); ++bin) {
      if (problem_.is_free(bin)) continue;
      const double w = double(problem_.weight(bin));
      sum[plane][shell_[bin]] += w * double((1 + keep) * pb_[bin] - keep * b_[bin]);
      weight[plane][shell_[bin]] += w;
    }
  });
  std::vector<float> mean(shells_);
  for (std::size_t s = 0; s < shells_; ++s) {
    double total = 0, count = 0;
    for (std::size_t plane = 0; plane < grid.n; ++plane) {
      total += sum[plane][s];
      count += weight[plane][s];
    }
    mean[s] = count > 0 ? float(std::max(total / count, 0.)) : 0.f;
  }
  return mean;
}

template <int Rank>
void RadialBackground<Rank>::update(const Step& step) {
  const bool reflects = step.algorithm == Algorithm::DM || step.algorithm == Algorithm::RAAR;
  const std::vector<float> mean = shell_means(reflects ? 1.f : 0.f);
  const float beta = float(step.beta);
  const Grid<Rank>& grid = problem_.grid;
  for_slabs(grid.n, threads_, [&](std::size_t plane) {
    const std::size_t first = plane * grid.spectrum_plane();
    for (std::size_t bin = first; bin < first + grid.spectrum_plane(); ++bin) {
      const float b = b_[bin], p = pb_[bin], s = mean[shell_[bin]];
      if (step.algorithm == Algorithm::DM)
        b_[bin] = b + beta * (s - p);
      else if (step.algorithm == Algorithm::RAAR)
        b_[bin] = beta * (b + s - p) + (1 - beta) * p;
      else
        b_[bin] = s;
    }
  });
}

template <int Rank>
void RadialBackground<Rank>::take_means() {
  pb_ = b_;
  const std::vector<float> mean = shell_means(0);
  for (std::size_t bin = 0; bin < b_.size(); ++bin) b_[bin] = mean[shell_[bin]];
}

template <int Rank>
std::vector<float> RadialBackground<Rank>::profile() const {
  std::vector<float> out(shells_);
  for (std::size_t bin = 0; bin < b_.size(); ++bin) out[shell_[bin]] = b_[bin] * b_[bin];
  return out;
}

template <int Rank>
Problem<Rank> without_background(Problem<Rank> problem, const std::vector<float>& profile) {
  problem.power = 0;
  for (std::size_t bin = 0; bin < problem.modulus.size(); ++bin) {
    if (problem.is_free(bin)) continue;
    const auto shell = std::size_t(std::lround(radius(problem.grid, bin)));
    const float square = problem.modulus[bin] * problem.modulus[bin] - profile[shell];
    problem.modulus[bin] = std::sqrt(std::max(square, 0.f));
    problem.power += double(problem.weight(bin)) * double(std::max(square, 0.f));
  }
  return problem;
}

template class RadialBackground<2>;
template class RadialBackground<3>;
template Problem<2> without_background(Problem<2>, const std::vector<float>&);
template Problem<3> without_background(Problem<3>, const std::vector<float>&);

}  // namespace spi
