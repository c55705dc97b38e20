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
std::vector<Shell> shells_of(std::span<const T> a, std::span<const T> b, std::size_t n,
                             double width) {
  SPI_ASSERT(a.size() == n * n * n && b.size() == a.size() && width >= 1);
  std::vector<Shell> shells(std::size_t(double(n / 2) / width) + 1);
  const auto centre = double(n / 2);
  for (std::size_t z = 0, i = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, ++i) {
        const double radius =
            std::hypot(double(x) - centre, double(y) - centre, double(z) - centre);
        const auto at = std::size_t(std::lround(radius / width));
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

ShellCurve curve_of(const std::vector<Shell>& shells, double width, ShellMean mean) {
  ShellCurve curve;
  for (std::size_t s = 0; s < shells.size(); ++s) {
    curve.radius.push_back(double(s) * width);
    curve.correlation.push_back(correlation(shells[s], mean));
    const bool empty = shells[s].aa == 0 || shells[s].bb == 0;
    curve.voxels.push_back(empty ? 0 : std::uint64_t(shells[s].count));
  }
  return curve;
}

}  // namespace

ShellCurve shell_curve(std::span<const float> a, std::span<const float> b, std::size_t n,
                       double width, ShellMean mean) {
  return curve_of(shells_of(a, b, n, width), width, mean);
}

ShellCurve shell_curve(std::span<const std::complex<float>> a,
                       std::span<const std::complex<float>> b, std::size_t n, double width) {
  return curve_of(shells_of(a, b, n, width), width, ShellMean::kept);
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

double last_crossing(std::span<const double> correlation, double threshold, std::size_t first) {
  SPI_ASSERT(first < correlation.size());
  double balance = 0, most = 0;
  std::size_t beyond = first;  // the first shell that is not within
  for (std::size_t s = first; s < correlation.size(); ++s) {
    balance += correlation[s] - threshold;
    if (balance > most) most = balance, beyond = s + 1;
  }
  if (beyond == first) return double(first);
  if (beyond == correlation.size()) return double(beyond - 1);
  return double(beyond - 1) + crossing(correlation.subspan(beyond - 1, 2), threshold, 0);
}

}  // namespace spi
