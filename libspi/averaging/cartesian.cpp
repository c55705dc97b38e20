// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/cartesian.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/polar/angular_series.h"

namespace spi {
namespace {

constexpr std::size_t kFiner = 4;  ///< angles of the Fourier interpolation per angle of the grid

}  // namespace

CartesianDrawer::CartesianDrawer(const PolarBinning& binning, const RadialMean& mean)
    : angles_(binning.angles()), rings_(binning.rings()) {
  const auto& radii = binning.radii_px();
  const double width = rings_ > 1 ? radii[1] - radii[0] : 1;
  const double outer = radii.back() + width / 2, inner = radii.front() - width / 2;
  const auto half = std::size_t(std::ceil(radii.back()));
  size_ = 2 * half + 1;
  const double fine_step = binning.step_rad() / kFiner;
  const double turn = double(angles_ * kFiner);
  for (std::size_t row = 0; row < size_; ++row)
    for (std::size_t column = 0; column < size_; ++column) {
      const double x = double(column) - double(half), y = double(row) - double(half);
      const double r = std::hypot(x, y);
      if (r < inner || r >= outer) continue;
      const double ring = std::clamp((r - radii.front()) / width, 0., double(rings_ - 1));
      double angle = std::fmod(std::atan2(y, x) / fine_step + 4 * turn, turn);
      if (angle >= turn) angle = 0;
      const auto below = std::uint32_t(std::min(ring, rings_ > 1 ? double(rings_ - 2) : 0.));
      points_.push_back({std::uint32_t(row * size_ + column), below, std::uint32_t(angle),
                         float(rings_ > 1 ? ring - below : 0), float(angle - std::floor(angle)),
                         float(mean.at(r))});
    }
}

void CartesianDrawer::draw(const ClassResult& result, std::size_t k, float* intensity,
                           float* weight) const {
  std::fill_n(intensity, size_ * size_, 0.f);
  std::fill_n(weight, size_ * size_, 0.f);
  const std::size_t fine = angles_ * kFiner, last = angles_ / 2;
  const AngularSeries coarse(angles_), finer(fine);
  std::vector<double> values(fine), re(last + 1), im(last + 1);
  std::vector<float> rate(rings_ * fine);
  for (std::size_t i = 0; i < rings_; ++i) {
    const float* row = &result.rate[(k * rings_ + i) * angles_];
    std::copy_n(row, angles_, values.begin());
    coarse.analyse(values.data(), last, re.data(), im.data());
    re[last] /= 2, im[last] = 0;  // the highest harmonic stands for both signs
    finer.synthesise(re.data(), im.data(), last, values.data());
    for (std::size_t j = 0; j < fine; ++j)
      rate[i * fine + j] = std::max(0.f, float(values[j] * kFiner));
  }
  const float* polar_weight = &result.weight[k * rings_ * angles_];
  const float least = float(1e-3 * result.occupancy[k]);
  const std::size_t next = rings_ > 1 ? 1 : 0;
  for (const Point& p : points_) {
    const auto at = [&](std::size_t ring) {
      const float* row = &rate[ring * fine];
      return (1 - p.angle_fraction) * row[p.angle] + p.angle_fraction * row[(p.angle + 1) % fine];
    };
    const std::size_t nearest = p.ring + (p.ring_fraction >= 0.5f ? next : 0);
    const std::size_t angle = (p.angle + kFiner / 2) / kFiner % angles_;
    const float w = polar_weight[nearest * angles_ + angle];
    if (!(w > least)) continue;
    weight[p.pixel] = w;
    intensity[p.pixel] =
        p.mean * ((1 - p.ring_fraction) * at(p.ring) + p.ring_fraction * at(p.ring + next));
  }
}

void unfold(const ClassResult& result, std::size_t k, const PolarBinning& binning,
            const RadialMean& mean, float* intensity, float* weight) {
  const std::size_t copies = binning.folded() ? 2 : 1;
  for (std::size_t i = 0; i < result.rings; ++i) {
    const float ring_mean = float(mean.at(binning.radii_px()[i]));
    const std::size_t from = (k * result.rings + i) * result.angles;
    for (std::size_t c = 0; c < copies; ++c)
      for (std::size_t j = 0; j < result.angles; ++j) {
        *intensity++ = ring_mean * result.rate[from + j];
        *weight++ = result.weight[from + j];
      }
  }
}

}  // namespace spi
