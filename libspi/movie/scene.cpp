// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/scene.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/parallel.h"
#include "libspi/embedding/density_path.h"  // for support
#include "libspi/geometry/rotation.h"
#include "libspi/measure/density_size.h"  // for half_level

namespace spi {
namespace {

constexpr std::size_t kSamples = 161;  // a side of the field: about 4 pixels each at 720 lines
constexpr double kShare = 0.08;        // of the voxels of intensities, above the level
constexpr double kDarkest = 0.02;      // of the positive intensities, below the scale
constexpr double kDecades = 7;         // of a colour scale of intensities, at most
constexpr double kCut = 0.002;         // of the pixels, above the colour scale

/// The value that a share of them exceeds; reorders.
double exceeded_by(std::vector<float>& values, double share) {
  SPI_ASSERT(!values.empty());
  const auto nth =
      values.begin() + std::ptrdiff_t(std::lround((1 - share) * double(values.size() - 1)));
  std::ranges::nth_element(values, nth);
  return *nth;
}

/// Calls visit(distance from the centre, value) for every voxel.
template <class Visit>
void for_voxels(const Volume& v, const Visit& visit) {
  const auto away = [&](std::size_t i) { return double(i) - double(v.nx / 2); };
  for (std::size_t z = 0, i = 0; z < v.nz; ++z)
    for (std::size_t y = 0; y < v.ny; ++y)
      for (std::size_t x = 0; x < v.nx; ++x, ++i)
        visit(Vector3{away(x), away(y), away(z)}, v.values[i]);
}

double norm(const Vector3& v) { return std::hypot(v[0], v[1], v[2]); }
double longest(const Vector3& v) {
  return std::max({std::abs(v[0]), std::abs(v[1]), std::abs(v[2])});
}

std::vector<float> positive_in_ball(const Volume& v) {
  std::vector<float> inside;
  for_voxels(v, [&](const Vector3& at, float value) {
    if (value > 0 && norm(at) <= double(v.nx / 2)) inside.push_back(value);
  });
  return inside;
}

Limits whole_decades(const Limits& limits) {
  const double high = std::round(limits.high);
  return {std::min(high - 1, std::max(std::round(limits.low), high - kDecades)), high};
}

void widen(Limits& limits, std::vector<float> values, double floor) {
  limits.high = std::max(limits.high, exceeded_by(values, kCut));
  limits.low = std::min(limits.low, std::max(floor, double(*std::ranges::min_element(values))));
}

}  // namespace

double Scene::field_level() const {
  return quantity() == Quantity::density ? level_ : std::log10(level_);
}

Scene::Scene(StateSeries& series, const MovieOptions& options, int threads, Monitor& monitor)
    : series_(series), options_(options), threads_(threads) {
  if (options.map) {
    if (series.latent().dim == 0)
      fail("the volumes have no latent points (z) to put on ", options.map->string(),
           ": give --states FILE, the output of spi-vae decode that they come from");
    map_ = read_latent_map(*options.map, series.latent().dim);
    for (const std::size_t axis : options.map_axes)
      if (map_.dim > 1 && axis > map_.dim)
        fail_usage("--map-axes: there is no axis ", axis, ", the volumes' z has ", map_.dim);
  }
  survey(monitor);
  measure(monitor);
}

/// The level, and the field of view: how far what is above half of the level reaches.
void Scene::survey(Monitor& monitor) {
  Progress progress(monitor, "looking through the volumes", series_.count());
  const bool density = quantity() == Quantity::density;
  double level = 0, far = 0, wide = 0;
  floor_ = density ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t m = 0; m < series_.count(); ++m) {
    const Volume v = series_.read(m);
    double own = 0;
    if (density) {
      double mass = 0;
      for (const float x : v.values) mass += x;
      if (!(mass > 0)) fail("volume ", m, " has no mass: the sum of its density is ", mass);
      own = half_level(v);
      level += own;
    } else {
      std::vector<float> inside = positive_in_ball(v);
      if (inside.empty()) fail("volume ", m, " has no intensity above 0");
      own = exceeded_by(inside, kShare);
      level += std::log10(own);
      floor_ = std::min(floor_, std::log10(exceeded_by(inside, 1 - kDarkest)));
    }
    const double seen = 0.5 * options_.level.value_or(own);
    for_voxels(v, [&](const Vector3& at, float value) {
      if (value > seen) far = std::max(far, norm(at)), wide = std::max(wide, longest(at));
    });
    const double side = double(v.nx);
    step_ = density ? v.voxel_size_A : 1 / (side * v.voxel_size_A);
    half_width_ = density ? std::min(side / 2, 1.12 * wide + 2) : side / 2;
    progress.advance();
  }
  level /= double(series_.count());
  level_ = options_.level.value_or(density ? level : std::pow(10, level));
  if (!density && level_ <= 0) fail_usage("--level ", level_, ": intensities need one above 0");
  const double samples_per_voxel = double(kSamples - 1) / (2 * half_width_);
  step_ /= samples_per_voxel;
  radius_ = std::min(far + 1, density ? 2 * half_width_ : half_width_) * samples_per_voxel;
}

/// Colour limits and the volumes within the surface.
void Scene::measure(Monitor& monitor) {
  Progress progress(monitor, "measuring the volumes", series_.count());
  const double infinite = std::numeric_limits<double>::infinity();
  sections_ = projections_ = {infinite, -infinite};
  for (std::size_t m = 0; m < series_.count(); ++m) {
    const State s = make_state(m);
    for (int axis = 0; axis < 3; ++axis) {
      widen(sections_, central_section(s.field, axis), floor_);
      widen(projections_, s.projections[std::size_t(axis)], -infinite);
    }
    volumes_.push_back(samples_above(s.field, field_level(), threads_) * std::pow(step_, 3));
    progress.advance();
  }
  if (std::ranges::max(volumes_) <= 0)
    fail("no volume exceeds the level ", level_, ": lower --level");
  for (Limits* const limits : {&sections_, &projections_})
    *limits = quantity() == Quantity::density ? Limits{0, limits->high} : whole_decades(*limits);
}

/// As it is shown: of intensities the logarithm.
Volume Scene::shown(std::size_t index) {
  Volume v = series_.read(index);
  if (quantity() == Quantity::intensity)
    for (float& x : v.values)
      x = x > 0 ? float(std::max(floor_, std::log10(double(x)))) : float(floor_);
  return v;
}

Scene::State Scene::make_state(std::size_t index) {
  const bool density = quantity() == Quantity::density;
  const auto outside = float(density ? 0 : floor_);
  State s{index, sample(shown(index), half_width_, kSamples, outside, threads_), {}};
  Field linear;
  if (!density) {
    // Intensities are known within the ball; those of a projection add up as they are.
    const double centre = double(kSamples / 2);
    linear = s.field;
    parallel_for(kSamples, threads_, [&](std::size_t z, int) {
      for (std::size_t y = 0; y < kSamples; ++y)
        for (std::size_t x = 0; x < kSamples; ++x) {
          const std::size_t i = (z * kSamples + y) * kSamples + x;
          if (norm({double(x) - centre, double(y) - centre, double(z) - centre}) > centre)
            s.field.values[i] = outside;
          linear.values[i] = std::pow(10.f, s.field.values[i]);
        }
    });
  }
  for (int axis = 0; axis < 3; ++axis) {
    auto& out = s.projections[std::size_t(axis)];
    out = projection(density ? s.field : linear, axis);
    for (float& x : out) x = density ? float(x * step_) : std::log10(x);
  }
  return s;
}

const Scene::State& Scene::state(std::size_t index) {
  if (kept_[1] && kept_[1]->index == index) return *kept_[1];
  std::swap(kept_[0], kept_[1]);  // the one that was asked for last stays
  if (!kept_[1] || kept_[1]->index != index) kept_[1] = std::make_unique<State>(make_state(index));
  return *kept_[1];
}

const Moment& Scene::at(double position) {
  SPI_ASSERT(position >= 0 && position <= double(states() - 1));
  const std::size_t lower = std::min(std::size_t(position), states() - 1);
  const std::size_t upper = std::min(lower + 1, states() - 1);
  const double t = position - double(lower);
  const State& a = state(lower);
  const State& b = t > 0 ? state(upper) : a;
  blend(a.field, b.field, t, field_, threads_);
  moment_.position = position;
  moment_.field = &field_;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    auto& out = moment_.projections[axis];
    out.resize(a.projections[axis].size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = std::lerp(a.projections[axis][i], b.projections[axis][i], float(t));
  }
  moment_.volume = samples_above(field_, field_level(), threads_) * std::pow(step_, 3);
  const auto& labels = series_.label_values();
  moment_.label_value = std::lerp(labels[lower], labels[upper], t);
  find_support(moment_, lower, t);
  return moment_;
}

void Scene::find_support(Moment& moment, std::size_t lower, double t) const {
  const LatentStates& latent = series_.latent();
  const std::size_t upper = std::min(lower + 1, states() - 1);
  moment.z.clear();
  for (std::size_t k = 0; k < latent.dim; ++k)
    moment.z.push_back(
        std::lerp(latent.z[lower * latent.dim + k], latent.z[upper * latent.dim + k], t));
  moment.support.reset();
  if (map_.dim > 0)
    moment.support = support(PointCloud{map_.points, map_.dim}, moment.z, options_.support_radius);
  else if (!latent.support.empty())
    moment.support =
        t > 0 ? std::min(latent.support[lower], latent.support[upper]) : latent.support[lower];
}

}  // namespace spi
