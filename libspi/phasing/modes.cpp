// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/modes.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::size_t kMostBins = 1500;
constexpr std::size_t kMostFound = 64 * kMostBins;  ///< free bins, before the nearest are chosen
constexpr std::size_t kMostModes = 12;
constexpr std::size_t kMostNamed = 5;

template <int Rank>
using Frequency = std::array<std::ptrdiff_t, std::size_t(Rank)>;

/// Free frequencies connected with 0 along the axes, one of each pair (k, -k), nearest first; of
/// very many those in the middle.
template <int Rank>
std::vector<Frequency<Rank>> free_centre(const Problem<Rank>& problem) {
  const Grid<Rank>& grid = problem.grid;
  const auto n = std::ptrdiff_t(grid.n);
  const auto is_free = [&](Frequency<Rank> k) {
    if (k[Rank - 1] < 0)
      for (auto& f : k) f = -f;
    std::size_t bin = 0;
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis) {
      if (2 * std::abs(k[axis]) >= n) return false;
      bin = bin * (axis == Rank - 1 ? grid.half() : grid.n) + std::size_t((k[axis] + n) % n);
    }
    return problem.is_free(bin);
  };
  std::map<Frequency<Rank>, double> found;  // squared radius
  std::vector<Frequency<Rank>> todo;
  const auto visit = [&](const Frequency<Rank>& k) {
    if (found.contains(k) || !is_free(k)) return;
    double r2 = 0;
    for (const auto f : k) r2 += double(f * f);
    found[k] = r2;
    todo.push_back(k);
  };
  visit({});
  for (std::size_t at = 0; at < todo.size() && found.size() < kMostFound; ++at) {
    const Frequency<Rank> k = todo[at];
    for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis)
      for (const int step : {-1, 1}) {
        Frequency<Rank> next = k;
        next[axis] += step;
        visit(next);
      }
  }
  std::vector<std::pair<double, Frequency<Rank>>> order;
  for (const auto& [k, r2] : found)
    if (k >= Frequency<Rank>{}) order.emplace_back(r2, k);
  std::ranges::sort(order);
  std::vector<Frequency<Rank>> out;
  for (const auto& [r2, k] : order) out.push_back(k);
  return out;
}

/// F of a real density at any frequency within the grid.
template <int Rank>
std::complex<double> at(const Grid<Rank>& grid, const std::vector<std::complex<float>>& spectrum,
                        Frequency<Rank> k) {
  const auto n = std::ptrdiff_t(grid.n);
  for (auto& f : k) f = (f % n + n) % n;
  const bool mate = k[Rank - 1] >= std::ptrdiff_t(grid.half());
  std::size_t bin = 0;
  for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis) {
    const std::ptrdiff_t f = mate ? (n - k[axis]) % n : k[axis];
    bin = bin * (axis == Rank - 1 ? grid.half() : grid.n) + std::size_t(f);
  }
  const std::complex<double> value(spectrum[bin]);
  return mate ? std::conj(value) : value;
}

template <int Rank>
Frequency<Rank> combine(const Frequency<Rank>& a, const Frequency<Rank>& b, std::ptrdiff_t sign) {
  Frequency<Rank> out;
  for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis) out[axis] = a[axis] + sign * b[axis];
  return out;
}

/// Cosines (and sines, of k other than 0) of unit norm on the grid, and their overlap inside the
/// support: with S the support's transform, 2 cos a cos b = cos(a - b) + cos(a + b) and so on.
template <int Rank>
Eigen::MatrixXd overlap_inside(const Grid<Rank>& grid,
                               const std::vector<std::complex<float>>& support,
                               const std::vector<Frequency<Rank>>& pairs) {
  const auto p = Eigen::Index(pairs.size());
  Eigen::MatrixXd overlap(2 * p - 1, 2 * p - 1);  // cosines 0..p-1, then sines 1..p-1
  const double volume = double(grid.size());
  for (Eigen::Index i = 0; i < p; ++i)
    for (Eigen::Index j = 0; j < p; ++j) {
      const auto& a = pairs[std::size_t(i)];
      const auto& b = pairs[std::size_t(j)];
      const auto minus = at(grid, support, combine<Rank>(a, b, -1));
      const auto plus = at(grid, support, combine<Rank>(a, b, 1));
      const double norm = (i == 0 ? std::sqrt(0.5) : 1) * (j == 0 ? std::sqrt(0.5) : 1) / volume;
      overlap(i, j) = norm * (minus.real() + plus.real());
      if (i > 0 && j > 0) overlap(p + i - 1, p + j - 1) = norm * (minus.real() - plus.real());
      // cos a sin b: the support's transform is a sum of exp(-i k r), hence the signs.
      if (j > 0) {
        overlap(i, p + j - 1) = norm * (minus.imag() - plus.imag());
        overlap(p + j - 1, i) = overlap(i, p + j - 1);
      }
    }
  return overlap;
}

/// Monomials of coordinates about the centroid of the support, by degree 0, 1, 2; orthonormal.
template <int Rank>
std::array<Eigen::MatrixXd, 3> polynomials(const Grid<Rank>& grid,
                                           const std::vector<std::size_t>& inside) {
  const auto count = Eigen::Index(inside.size());
  Eigen::MatrixXd r(count, Rank);
  for (Eigen::Index v = 0; v < count; ++v)
    for (std::size_t axis = Rank, rest = inside[std::size_t(v)]; axis-- > 0; rest /= grid.n)
      r(v, Eigen::Index(axis)) = double(rest % grid.n);
  r.rowwise() -= r.colwise().mean().eval();
  const int squares = Rank * (Rank + 1) / 2;
  Eigen::MatrixXd all(count, 1 + Rank + squares);
  all.col(0).setOnes();
  Eigen::Index column = 1;
  for (int a = 0; a < Rank; ++a) all.col(column++) = r.col(a);
  for (int a = 0; a < Rank; ++a)
    for (int b = a; b < Rank; ++b) all.col(column++) = r.col(a).cwiseProduct(r.col(b));
  for (Eigen::Index i = 0; i < all.cols(); ++i) {  // Gram-Schmidt, lower degrees first
    for (int twice = 0; twice < 2; ++twice)
      for (Eigen::Index j = 0; j < i; ++j) all.col(i) -= all.col(j).dot(all.col(i)) * all.col(j);
    const double norm = all.col(i).norm();
    all.col(i) *= norm > 1e-9 ? 1 / norm : 0;
  }
  return {all.leftCols(1), all.middleCols(1, Rank), all.rightCols(squares)};
}

/// A mode's values inside the support, from its coefficients.
template <int Rank>
Eigen::VectorXd values_of(const Grid<Rank>& grid, const std::vector<Frequency<Rank>>& pairs,
                          const Eigen::VectorXd& coefficients, const PlaneFft<Rank>& fft,
                          const std::vector<std::size_t>& inside, int threads) {
  std::vector<std::complex<float>> spectrum(grid.spectrum_size());
  const auto p = Eigen::Index(pairs.size());
  const auto n = std::ptrdiff_t(grid.n);
  for (Eigen::Index i = 0; i < p; ++i)
    for (const int sign : {1, -1}) {
      const auto k = combine<Rank>({}, pairs[std::size_t(i)], sign);
      std::size_t bin = 0;
      for (std::size_t axis = 0; axis < std::size_t(Rank); ++axis)
        bin = bin * (axis == Rank - 1 ? grid.half() : grid.n) + std::size_t((k[axis] + n) % n);
      if (std::size_t((k[Rank - 1] + n) % n) >= grid.half()) continue;
      // c cos + s sin = Re (c - i s) exp(i k r)
      const double s = i > 0 ? coefficients[p + i - 1] : 0;
      spectrum[bin] = {float(coefficients[i] * (i == 0 ? std::sqrt(2.) : 1)), float(-sign * s)};
    }
  std::vector<float> field(grid.size());
  fft.backward(spectrum.data(), field.data(), threads);
  Eigen::VectorXd values(Eigen::Index(inside.size()));
  for (std::size_t v = 0; v < inside.size(); ++v)
    values[Eigen::Index(v)] = double(field[inside[v]]);
  return values.normalized();
}

void give_name(HiddenMode& mode, const Eigen::VectorXd& values,
               const std::array<Eigen::MatrixXd, 3>& polynomial) {
  const char* const names[] = {"total mass", "slope", "curvature"};
  double left = 1;
  for (std::size_t degree = 0; degree < 3; ++degree) {
    const double share = (polynomial[degree].transpose() * values).squaredNorm();
    left -= share;
    if (share > mode.name_share) {
      mode.name = names[degree];
      mode.name_share = share;
    }
  }
  if (left > mode.name_share) {
    mode.name = "order 3 or more";
    mode.name_share = left;
  }
}

}  // namespace

template <int Rank>
HiddenModes hidden_modes(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                         const std::vector<std::uint8_t>& support, int threads) {
  HiddenModes out;
  const Grid<Rank>& grid = problem.grid;
  if (problem.masked_centre == 0) return out;
  std::vector<Frequency<Rank>> pairs = free_centre(problem);
  if (2 * pairs.size() - 1 > kMostBins) {
    pairs.resize((kMostBins + 1) / 2);
    out.complete = false;
  }
  out.free_bins = 2 * pairs.size() - 1;
  std::vector<float> indicator(support.begin(), support.end());
  std::vector<std::complex<float>> transform(grid.spectrum_size());
  fft.forward(indicator.data(), transform.data(), threads);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
      overlap_inside(grid, transform, pairs));
  std::vector<std::size_t> inside;
  for (std::size_t i = 0; i < support.size(); ++i)
    if (support[i]) inside.push_back(i);
  const auto polynomial = polynomials(grid, inside);
  const Eigen::Index all = solver.eigenvalues().size();
  for (Eigen::Index i = all - 1; i >= 0 && out.modes.size() < kMostModes; --i) {
    HiddenMode mode;
    mode.hidden = std::clamp(solver.eigenvalues()[i], 0., 1.);
    if (mode.hidden < HiddenModes::kHidden) break;
    const Eigen::VectorXd values =
        values_of(grid, pairs, solver.eigenvectors().col(i), fft, inside, threads);
    give_name(mode, values, polynomial);
    out.modes.push_back(mode);
  }
  return out;
}

std::string HiddenModes::summary() const {
  if (free_bins == 0) return "";
  const std::string centre =
      text_of("the masked centre (", free_bins, complete ? "" : " innermost", " voxels)");
  if (modes.empty()) return centre + " leaves every mode of the density mostly visible";
  std::string text = text_of(
      centre, " hides ", modes.size(), modes.size() == kMostModes ? " or more" : "",
      modes.size() == 1 ? " mode" : " modes", " of the density, undetermined but for positivity:");
  for (std::size_t k = 0; k < std::min(modes.size(), kMostNamed); ++k) {
    char part[96];
    std::snprintf(part, sizeof part, "%s %s (%.3g %% of its power hidden)", k == 0 ? "" : ",",
                  modes[k].name.c_str(), 100 * modes[k].hidden);
    text += part;
  }
  return text + (modes.size() > kMostNamed ? ", ..." : "");
}

template HiddenModes hidden_modes(const Problem<2>&, const PlaneFft<2>&,
                                  const std::vector<std::uint8_t>&, int);
template HiddenModes hidden_modes(const Problem<3>&, const PlaneFft<3>&,
                                  const std::vector<std::uint8_t>&, int);

}  // namespace spi
