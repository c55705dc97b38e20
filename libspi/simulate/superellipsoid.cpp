// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/superellipsoid.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "libspi/base/error.h"
#include "libspi/geometry/spline_grid.h"
#include "libspi/simulate/fast_trig.h"
#include "libspi/simulate/quadrature.h"

namespace spi {
namespace {

/// Nodes of the curve u^p + v^p = 1 in the first quadrant, as a rule for integrals over u. Both
/// halves, cut at u = v, are walked in the ratio a of the smaller to the larger coordinate: for any
/// p the integrand then is as smooth as a^p, where (1 - u^p)^(1/p) has a branch point at u = 1.
struct Curve {
  std::vector<float> u, v, weight;
};

Curve superellipse(double p, int nodes_per_half) {
  const Quadrature rule = gauss_legendre(nodes_per_half);
  Curve curve;
  const auto add = [&](double u, double v, double weight) {
    curve.u.push_back(static_cast<float>(u));
    curve.v.push_back(static_cast<float>(v));
    curve.weight.push_back(static_cast<float>(weight));
  };
  for (int i = 0; i < nodes_per_half; ++i) {
    const double a = rule.node[i], log_scale = -std::log1p(std::pow(a, p)) / p;
    const double large = std::exp(log_scale), slope = std::exp((p + 1) * log_scale);
    add(a * large, large, rule.weight[i] * slope);
    add(large, a * large, rule.weight[i] * slope * std::pow(a, p - 1));
  }
  return curve;
}

/// b(-1), b(0), b(1) of the cubic B-spline are 1/6, 2/3, 1/6: a cosine of x grid periods is
/// interpolated exactly at the nodes when its coefficients are the samples times this.
float cosine_prefilter(float x) { return 3 / (2 + cos_turns(x)); }

/// The same for samples c[1], c[2], ... of any even function, in place, by the recursive filter
/// 6/(z + 4 + 1/z) (Unser, IEEE Signal Process. Mag. 16(6), 22 (1999)): index 1 is the mirror, 0
/// its left neighbour. The right end feels its own, arbitrary boundary: 1e-5 of it 9 samples
/// inside.
void prefilter_even(float* c, int n) {
  constexpr float kPole = -0.26794919f;  // sqrt(3) - 2
  float start = 0;
  for (int k = std::min(n - 1, 13); k >= 1; --k) start = start * kPole + c[k];  // kPole^13 = 4e-8
  c[1] = start;
  for (int k = 2; k < n; ++k) c[k] += kPole * c[k - 1];
  c[n - 1] *= -kPole;
  for (int k = n - 2; k >= 1; --k) c[k] = kPole * (c[k + 1] - c[k]);
  for (int k = 1; k < n; ++k) c[k] *= 6;
  c[0] = c[2];
}

/// y += a x
void add_scaled(float* y, float a, const float* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

class Superellipsoid final : public Particle {
 public:
  Superellipsoid(double p, double volume_A3, double q_max)
      : volume_(static_cast<float>(volume_A3)),
        half_width_(static_cast<float>(std::cbrt(1 / superellipsoid_volume(p)))) {
    const double edge = std::cbrt(volume_A3);
    // A cosine of 10 samples a period loses 4e-4 to a cubic spline, and none here is faster.
    step_ = 0.1f / half_width_;
    scale_ = static_cast<float>(edge) / step_;
    n_ = static_cast<std::size_t>(q_max * scale_) + 5;
    if (n_ > 512)  // half a GiB a thread, seconds a particle
      fail("a pattern of ", std::lround(q_max * edge),
           " fringes is too fine for a rounded cube of ", edge / 10, " nm: a grid of ", n_,
           "^3 would be needed");
    // Half the largest phase is 2 pi q r; the product of three oscillations needs half as much
    // again.
    const double phase = 2 * std::numbers::pi * 0.1 * static_cast<double>(n_);
    curve_ = superellipse(p, static_cast<int>(0.4 * phase) + 12);
    grid_ = SplineGrid<float>(n_);
    fill();
  }

  void amplitude(std::span<const float> qx, std::span<const float> qy, std::span<const float> qz,
                 std::span<std::complex<float>> f) const override {
    for (std::size_t i = 0; i < f.size(); ++i)
      f[i] = volume_ * grid_.at(std::abs(qx[i]) * scale_ + 1, std::abs(qy[i]) * scale_ + 1,
                                std::abs(qz[i]) * scale_ + 1);
  }

 private:
  /// Coordinate (of a body of volume 1) of grid point k: index 1 is the origin.
  float point(std::size_t k) const { return (static_cast<float>(k) - 1) * step_; }

  /// Coefficients of the slice at z = r curve.u[i]: [y][x] into `slice`.
  void transform_slice(std::size_t i, std::vector<float>& slice) const {
    const std::size_t nodes = curve_.u.size(), padded = n_ + 9;
    const float s = half_width_ * curve_.v[i];
    std::vector<float> across(nodes * padded), along(nodes * n_);
    for (std::size_t j = 0; j < nodes; ++j) {
      const float x = s * curve_.v[j], y = s * curve_.u[j], weight = s * curve_.weight[j];
      float* row = across.data() + j * padded;
      for (std::size_t k = 0; k < padded; ++k) row[k] = x * sinc_turns(point(k) * x);
      prefilter_even(row, static_cast<int>(padded));
      const float factor = weight * cosine_prefilter(step_ * y);
      for (std::size_t k = 0; k < n_; ++k) along[j * n_ + k] = factor * cos_turns(point(k) * y);
    }
    std::ranges::fill(slice, 0.0f);
    for (std::size_t k = 0; k < n_; ++k)
      for (std::size_t j = 0; j < nodes; ++j)
        add_scaled(&slice[k * n_], along[j * n_ + k], &across[j * padded], n_);
  }

  void fill() {
    std::vector<float> slice(n_ * n_);
    for (std::size_t i = 0; i < curve_.u.size(); ++i) {
      transform_slice(i, slice);
      const float z = half_width_ * curve_.u[i];
      const float factor = 8 * half_width_ * curve_.weight[i] * cosine_prefilter(step_ * z);
      for (std::size_t k = 0; k < n_; ++k)
        add_scaled(grid_.row(k, 0), factor * cos_turns(point(k) * z), slice.data(), n_ * n_);
    }
  }

  float volume_, half_width_;
  float step_ = 0;   ///< of the grid, in units of 1/edge
  float scale_ = 0;  ///< from q in 1/Å to grid steps
  std::size_t n_ = 0;
  Curve curve_;
  SplineGrid<float> grid_;
};

}  // namespace

double superellipsoid_volume(double p) {
  return 8 * std::exp(3 * std::lgamma(1 + 1 / p) - std::lgamma(1 + 3 / p));
}

std::unique_ptr<Particle> make_superellipsoid(double p, double volume_A3, double q_max) {
  SPI_ASSERT(p >= 2 && std::isfinite(p) && volume_A3 > 0 && q_max > 0);
  return std::make_unique<Superellipsoid>(p, volume_A3, q_max);
}

}  // namespace spi
