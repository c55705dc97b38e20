// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/polar_features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace spi {
namespace {

PolarGrid scaled_grid(const PolarFeatureSettings& settings, const StackInfo& info,
                      std::array<double, 2> centre) {
  const bool both = settings.q_per_pixel && info.q_per_pixel;
  if (!both && (info.rows != settings.rows || info.columns != settings.columns))
    fail("the model is for patterns of ", settings.columns, " x ", settings.rows,
         " pixels, these have ", info.columns, " x ", info.rows, "; ",
         settings.q_per_pixel ? "they do not" : "the model does not",
         " say the q of a pixel, so that they cannot be resampled");
  const double scale = both ? *settings.q_per_pixel / *info.q_per_pixel : 1;
  PolarGrid grid{.radii_px = {}, .angles = 2 * settings.angles};
  for (std::size_t k = 0; k < settings.circles(); ++k)
    grid.radii_px.push_back((settings.r_min + double(k)) * scale);
  const double largest = inscribed_radius(info.rows, info.columns, centre);
  if (grid.radii_px.back() > largest + 1e-6) {
    const auto in_q = [&](double radius) {
      return both ? text_of(" (q ", radius * *info.q_per_pixel, " / A)") : std::string();
    };
    fail("the model needs circles about the centre up to radius ", grid.radii_px.back(), " pixels",
         in_q(grid.radii_px.back()), ", these patterns hold whole ones up to ", largest,
         in_q(largest));
  }
  return grid;
}

/// Calls visit(circle, share) for the circles that a ring pools, shares a triangle of ±step.
void for_each_circle(const PolarFeatureSettings& settings, std::size_t ring, const auto& visit) {
  const auto step = std::ptrdiff_t(settings.step), circles = std::ptrdiff_t(settings.circles());
  for (std::ptrdiff_t d = 1 - step; d < step; ++d) {
    const std::ptrdiff_t circle = std::ptrdiff_t(ring) * step + d;
    if (circle >= 0 && circle < circles)
      visit(std::size_t(circle), 1 - double(std::abs(d)) / double(step));
  }
}

/// Bridges the gaps of a ring linearly. value, total [H]; false where less than half is measured.
bool bridge_gaps(float* value, const float* total, std::size_t angles) {
  std::vector<std::size_t> known;
  for (std::size_t t = 0; t < angles; ++t)
    if (total[t] > 0) known.push_back(t);
  if (2 * known.size() < angles) return false;
  for (std::size_t k = 0; k < known.size(); ++k) {
    const std::size_t from = known[k];
    const std::size_t to = k + 1 < known.size() ? known[k + 1] : known[0] + angles;
    const float a = value[from], b = value[to % angles];
    for (std::size_t t = from + 1; t < to; ++t)
      value[t % angles] = a + (b - a) * float(t - from) / float(to - from);
  }
  return true;
}

}  // namespace

std::size_t PolarFeatureSettings::highest_order(std::size_t ring) const {
  const double order = 2 * std::numbers::pi * ring_radius(ring) * band_limit;
  return 2 * std::min(std::size_t(order / 2), angles / 2);
}

double PolarFeatureSettings::ring_mean(std::size_t ring) const {
  double sum = 0, total = 0;
  for_each_circle(*this, ring, [&](std::size_t circle, double share) {
    sum += share * circle_mean[circle];
    total += share;
  });
  return sum / total;
}

std::size_t PolarFeatureSettings::size() const {
  std::size_t count = 0;
  for (std::size_t k = 0; k < rings(); ++k) count += highest_order(k) / 2 + 1;
  return count;
}

PolarFeatures::PolarFeatures(const PolarFeatureSettings& settings, const StackInfo& info,
                             std::array<double, 2> centre)
    : settings_(settings),
      sampler_(scaled_grid(settings, info, centre), info.rows, info.columns, centre),
      dft_(settings.angles, settings.highest_order(settings.rings() - 1) / 2),
      size_(settings.size()) {
  for (std::size_t ring = 0; ring < settings.rings(); ++ring)
    ring_mean_.push_back(settings.ring_mean(ring));
}

void PolarFeatures::sample(const float* intensity, const float* weight, std::vector<float>& value,
                           std::vector<float>& total) const {
  const std::size_t points = 2 * settings_.angles * settings_.circles();
  value.resize(points);
  total.resize(points);
  sampler_.sample(intensity, weight, value.data(), total.data());
}

void PolarFeatures::add_circle_sums(const float* intensity, const float* weight, double* sum,
                                    double* total) const {
  std::vector<float> value, w;
  sample(intensity, weight, value, w);
  const std::size_t turn = 2 * settings_.angles;
  for (std::size_t k = 0; k < value.size(); ++k) {
    sum[k / turn] += double(w[k]) * value[k];
    total[k / turn] += w[k];
  }
}

PolarFeatures::Rings PolarFeatures::rings_of(const float* intensity, const float* weight) const {
  const std::size_t half = settings_.angles, count = settings_.rings();
  std::vector<float> value, w;
  sample(intensity, weight, value, w);
  Rings rings{std::vector<float>(half * count), std::vector<bool>(count)};
  std::vector<float> sum(half), total(half);
  for (std::size_t ring = 0; ring < count; ++ring) {
    std::ranges::fill(sum, 0.f);
    std::ranges::fill(total, 0.f);
    for_each_circle(settings_, ring, [&](std::size_t circle, double part) {
      const float share = float(part), mean = float(settings_.circle_mean[circle]);
      const float *v = &value[circle * 2 * half], *u = &w[circle * 2 * half];
      for (std::size_t t = 0; t < half; ++t) {
        sum[t] += share * (u[t] * v[t] + u[t + half] * v[t + half]);
        total[t] += share * mean * (u[t] + u[t + half]);
      }
    });
    for (std::size_t t = 0; t < half; ++t) sum[t] = total[t] > 0 ? sum[t] / total[t] : 0;
    rings.measured[ring] = bridge_gaps(sum.data(), total.data(), half);
    for (std::size_t t = 0; t < half; ++t) rings.value[t * count + ring] = sum[t];
  }
  return rings;
}

/// Removes the orders beyond each ring's highest.
void PolarFeatures::limit_orders(std::vector<float>& value) const {
  const std::size_t count = settings_.rings(), last = dft_.harmonics();
  std::vector<float> re((last + 1) * count), im((last + 1) * count);
  dft_.forward(value.data(), count, re.data(), im.data(), count, last);
  for (std::size_t ring = 0; ring < count; ++ring)
    for (std::size_t m = settings_.highest_order(ring) / 2 + 1; m <= last; ++m)
      re[m * count + ring] = im[m * count + ring] = 0;
  dft_.inverse(re.data(), im.data(), count, count, value.data());
}

void PolarFeatures::equalise_and_transform(Rings& rings) const {
  const std::size_t half = settings_.angles, count = settings_.rings();
  double brightness = 0, expected = 0;
  for (std::size_t ring = 0; ring < count; ++ring) {
    if (!rings.measured[ring]) continue;
    double sum = 0;
    for (std::size_t t = 0; t < half; ++t) sum += rings.value[t * count + ring];
    brightness += ring_mean_[ring] * sum / double(half);
    expected += ring_mean_[ring];
  }
  const float scale = brightness > 0 ? float(expected / brightness) : 0;
  for (std::size_t ring = 0; ring < count; ++ring) {
    const float share = float(settings_.intensity_share(ring));
    for (std::size_t t = 0; t < half; ++t) {
      float& x = rings.value[t * count + ring];
      x = std::max(0.f, scale * x) * share + (1 - share);
      if (settings_.transform == Transform::sqrt) x = std::sqrt(x);
      if (settings_.transform == Transform::log) x = std::log(x);
    }
  }
}

void PolarFeatures::compute(const float* intensity, const float* weight, float* features) const {
  const std::size_t half = settings_.angles, count = settings_.rings();
  Rings rings = rings_of(intensity, weight);
  limit_orders(rings.value);
  equalise_and_transform(rings);
  const std::size_t last = dft_.harmonics();
  std::vector<float> re((last + 1) * count), im((last + 1) * count);
  dft_.forward(rings.value.data(), count, re.data(), im.data(), count, last);
  for (std::size_t ring = 0; ring < count; ++ring)
    for (std::size_t m = 0; m <= settings_.highest_order(ring) / 2; ++m) {
      const float a = re[m * count + ring], b = im[m * count + ring];
      const float magnitude = (m == 0 ? a : std::sqrt(a * a + b * b)) / float(half);
      *features++ = rings.measured[ring] ? magnitude : std::numeric_limits<float>::quiet_NaN();
    }
}

void PolarFeatures::add_noise(const float* intensity, const float* weight, double* power,
                              double* count_of) const {
  const std::size_t half = settings_.angles, count = settings_.rings(), last = half / 2;
  const Rings rings = rings_of(intensity, weight);
  std::vector<float> re((last + 1) * count), im((last + 1) * count);
  AngularDft(half, last).forward(rings.value.data(), count, re.data(), im.data(), count, last);
  for (std::size_t ring = 0; ring < count; ++ring) {
    if (!rings.measured[ring]) continue;
    // From one order beyond the band to twice the band, but not the last, which is real; still
    // further out interpolation leaves less noise than there is within the band.
    const std::size_t band = settings_.highest_order(ring) / 2;
    for (std::size_t m = band + 2; m < std::min(last, 2 * band + 4); ++m) {
      const double a = re[m * count + ring], b = im[m * count + ring];
      power[ring] += (a * a + b * b) / double(half * half);
      count_of[ring] += 1;
    }
  }
}

}  // namespace spi
