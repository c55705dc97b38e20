// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/fsc.h"

#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

using Complex = std::complex<double>;

bool is_finite(float v) { return std::isfinite(v); }
bool is_finite(std::complex<float> v) { return std::isfinite(v.real()) && std::isfinite(v.imag()); }

/// Sums of a shell: of 1, a, b, |a|², |b|², a conj(b).
struct Shell {
  double count = 0, aa = 0, bb = 0;
  Complex a, b, ab;
};

template <class T>
std::vector<Shell> shells_of(std::span<const T> a, std::span<const T> b, std::size_t n) {
  SPI_ASSERT(a.size() == n * n * n && b.size() == a.size());
  std::vector<Shell> shells(n / 2 + 1);
  const auto centre = double(n / 2);
  for (std::size_t z = 0, i = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, ++i) {
        const double radius =
            std::hypot(double(x) - centre, double(y) - centre, double(z) - centre);
        const auto at = std::size_t(std::lround(radius));
        if (at >= shells.size() || !is_finite(a[i]) || !is_finite(b[i])) continue;
        const Complex u(a[i]), v(b[i]);
        Shell& s = shells[at];
        ++s.count;
        s.a += u;
        s.b += v;
        s.aa += std::norm(u);
        s.bb += std::norm(v);
        s.ab += u * std::conj(v);
      }
  return shells;
}

double correlation(const Shell& s, ShellMean mean) {
  double aa = s.aa, bb = s.bb, ab = s.ab.real();
  if (mean == ShellMean::removed && s.count > 0) {
    aa -= std::norm(s.a) / s.count;
    bb -= std::norm(s.b) / s.count;
    ab -= (s.a * std::conj(s.b)).real() / s.count;
  }
  // What rounding leaves of a constant shell is not a signal.
  if (!(aa > 1e-12 * s.aa) || !(bb > 1e-12 * s.bb)) return 0;
  return ab / std::sqrt(aa * bb);
}

std::vector<double> correlations(const std::vector<Shell>& shells, ShellMean mean) {
  std::vector<double> result;
  for (const Shell& s : shells) result.push_back(correlation(s, mean));
  return result;
}

}  // namespace

std::vector<double> shell_correlation(std::span<const float> a, std::span<const float> b,
                                      std::size_t n, ShellMean mean) {
  return correlations(shells_of(a, b, n), mean);
}

std::vector<double> shell_correlation(std::span<const std::complex<float>> a,
                                      std::span<const std::complex<float>> b, std::size_t n) {
  return correlations(shells_of(a, b, n), ShellMean::kept);
}

double crossing(std::span<const double> correlation, double threshold, std::size_t first) {
  SPI_ASSERT(!correlation.empty());
  for (std::size_t s = first; s < correlation.size(); ++s) {
    if (correlation[s] >= threshold) continue;
    if (s == first || s == 0) return double(s);
    const double above = correlation[s - 1] - threshold, below = threshold - correlation[s];
    return double(s - 1) + above / (above + below);
  }
  return double(correlation.size() - 1);
}

}  // namespace spi
