// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/problem.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// Bins of all n^Rank in the free region that holds zero frequency and is connected along axes.
template <int Rank>
std::size_t count_masked_centre(const Problem<Rank>& problem) {
  const auto n = std::ptrdiff_t(problem.grid.n), half = std::ptrdiff_t(problem.grid.half());
  if (!problem.is_free(0)) return 0;
  std::vector<bool> seen(problem.grid.size());
  std::vector<std::size_t> todo{0};
  seen[0] = true;
  std::size_t count = 0;
  while (!todo.empty()) {
    const std::size_t at = todo.back();
    todo.pop_back();
    ++count;
    for (std::ptrdiff_t stride = 1; stride < std::ptrdiff_t(problem.grid.size()); stride *= n)
      for (const std::ptrdiff_t step : {std::ptrdiff_t(1), n - 1}) {
        const std::ptrdiff_t i = std::ptrdiff_t(at) / stride % n;
        const std::ptrdiff_t next = std::ptrdiff_t(at) + ((i + step) % n - i) * stride;
        if (seen[std::size_t(next)]) continue;
        // The half spectrum holds this bin or its Friedel mate.
        std::ptrdiff_t rest = next, bin = 0, scale = 1;
        const bool mate = next % n >= half;
        for (int axis = 0; axis < Rank; ++axis, rest /= n) {
          const std::ptrdiff_t k = mate ? (n - rest % n) % n : rest % n;
          bin += k * scale;
          scale *= axis == 0 ? half : n;
        }
        if (!problem.is_free(std::size_t(bin))) continue;
        seen[std::size_t(next)] = true;
        todo.push_back(std::size_t(next));
      }
  }
  return count;
}

}  // namespace

template <int Rank>
std::array<std::ptrdiff_t, std::size_t(Rank)> frequencies(const Grid<Rank>& grid, std::size_t bin) {
  std::array<std::ptrdiff_t, std::size_t(Rank)> k;
  k[Rank - 1] = std::ptrdiff_t(bin % grid.half());
  std::size_t rest = bin / grid.half();
  for (int axis = Rank - 2; axis >= 0; --axis, rest /= grid.n)
    k[std::size_t(axis)] = grid.frequency(rest % grid.n);
  return k;
}

template <int Rank>
double radius(const Grid<Rank>& grid, std::size_t bin) {
  double sum = 0;
  for (const std::ptrdiff_t k : frequencies(grid, bin)) sum += double(k * k);
  return std::sqrt(sum);
}

template <int Rank>
Problem<Rank> make_problem(std::size_t n, std::span<const float> intensity,
                           const std::vector<bool>& free, const std::string& name) {
  Problem<Rank> problem;
  problem.grid.n = n;
  const Grid<Rank>& grid = problem.grid;
  SPI_ASSERT(intensity.size() == grid.size() && (free.empty() || free.size() == grid.size()));
  problem.modulus.assign(grid.spectrum_size(), -1.f);
  const std::size_t centre = n / 2;
  for (std::size_t bin = 0; bin < problem.modulus.size(); ++bin) {
    const auto k = frequencies(grid, bin);
    if (std::ranges::any_of(k, [&](std::ptrdiff_t f) { return grid.is_nyquist(std::size_t(f)); }))
      continue;
    std::array<std::size_t, 2> places{};
    for (const std::ptrdiff_t f : k) {
      places[0] = places[0] * n + std::size_t(std::ptrdiff_t(centre) + f);
      places[1] = places[1] * n + std::size_t(std::ptrdiff_t(centre) - f);
    }
    double sum = 0;
    int found = 0;
    for (const std::size_t place : places) {
      if (!free.empty() && free[place]) continue;
      if (!std::isfinite(intensity[place]))
        fail(name, " has a value that is not finite (voxel ", place, "): mask it");
      sum += intensity[place];
      ++found;
    }
    if (found == 0) continue;
    const auto copies = std::size_t(problem.weight(bin));
    problem.measured += copies;
    const double mean = sum / found;
    if (mean < 0) {
      problem.negative += copies;
      problem.negative_power -= double(copies) * mean;
    }
    problem.modulus[bin] = float(std::sqrt(std::max(mean, 0.)));
    problem.power += double(copies) * std::max(mean, 0.);
  }
  if (problem.measured == 0) fail(name, ": the mask hides everything, nothing is left to phase");
  if (!(problem.power > 0))
    fail(name, ": no measured intensity is above 0, there is nothing to phase");
  problem.masked_centre = count_masked_centre(problem);
  return problem;
}

template struct Problem<2>;
template struct Problem<3>;
template Problem<2> make_problem(std::size_t, std::span<const float>, const std::vector<bool>&,
                                 const std::string&);
template Problem<3> make_problem(std::size_t, std::span<const float>, const std::vector<bool>&,
                                 const std::string&);
template std::array<std::ptrdiff_t, 2> frequencies<2>(const Grid<2>&, std::size_t);
template std::array<std::ptrdiff_t, 3> frequencies<3>(const Grid<3>&, std::size_t);
template double radius<2>(const Grid<2>&, std::size_t);
template double radius<3>(const Grid<3>&, std::size_t);

}  // namespace spi
