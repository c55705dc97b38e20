// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/vae/small_world.h"

#include <cmath>

namespace spi::vae {
namespace {

struct Wave {
  Vector3 direction;
  double phase;
};

/// A smooth function without symmetry: a few plane waves, of mean 0 and size about 1.
std::vector<Wave> draw_waves(std::uint64_t kind) {
  std::vector<Wave> waves;
  for (std::uint64_t k = 0; k < 5; ++k) {
    Random random(17, std::uint32_t(kind), k);
    const Vector3 direction = rotate(random_rotation(random), Vector3{0.35, 0, 0});
    waves.push_back({direction, 6.28 * random.uniform()});
  }
  return waves;
}

double value(const std::vector<Wave>& waves, const Vector3& p) {
  double sum = 0;
  for (const auto& [k, phase] : waves)
    sum += std::cos(k[0] * p[0] + k[1] * p[1] + k[2] * p[2] + phase);
  return sum / std::sqrt(double(waves.size()) / 2);
}

}  // namespace

SmallWorld::SmallWorld(const std::string& group, std::size_t size, std::size_t patterns,
                       double photons)
    : slicer(FreeBox(size, point_group(group)), disc_points(size, 1e-3)) {
  set.preprocessing = {.size = size,
                       .q_per_voxel = 1e-3,
                       .wavelength_A = {},
                       .radial_mean = std::vector<double>(size / 2 + 1, 1.0)};
  set.symmetry = point_group(group).name;
  base_ = field(1, 0.5);
  change_ = field(2, 1.5);
  set.points = slicer.points();
  const std::size_t points = set.points.size();
  set.intensity.resize(patterns * points);
  set.photons.assign(patterns * points, float(photons));
  for (std::size_t n = 0; n < patterns; ++n) {
    Random random(5, 0, n);
    t.push_back(random.uniform());
    set.id.push_back(100 + n);
    set.pose.push_back(to_fundamental_zone(point_group(group), random_rotation(random)));
    set.gain.push_back(1.f);
    set.scale.push_back(1.f);
    const std::span<float> out(&set.intensity[n * points], points);
    slicer.slice(box(t[n]), {&set.pose[n], 1}, out, 1);
    for (float& v : out) v = float(double(random.poisson(photons * double(v))) / photons);
  }
}

std::vector<float> SmallWorld::box(double t) const {
  std::vector<float> values;
  for (std::size_t i = 0; i < base_.size(); ++i)
    values.push_back(float(std::exp(base_[i] + (t - 0.5) * change_[i])));
  slicer.box().tie(values);
  return values;
}

/// A wave averaged over the Laue class, so that folding loses nothing, at every voxel of the box.
std::vector<double> SmallWorld::field(std::uint64_t kind, double size) const {
  const FreeBox& free = slicer.box();
  const PointGroup laue = laue_class(point_group(set.symmetry));
  const std::vector<Wave> waves = draw_waves(kind);
  std::vector<double> values;
  for (std::size_t z = 0; z < free.shape()[0]; ++z)
    for (std::size_t y = 0; y < free.shape()[1]; ++y)
      for (std::size_t x = 0; x < free.shape()[2]; ++x) {
        const Vector3 p{double(x) + free.first()[0], double(y) + free.first()[1],
                        double(z) + free.first()[2]};
        double sum = 0;
        for (const Matrix3& g : laue.operations) sum += value(waves, rotate(g, p));
        values.push_back(size * sum / std::sqrt(double(laue.order())));
      }
  return values;
}

double correlation(std::span<const double> a, std::span<const double> b) {
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sa += a[i], sb += b[i];
    aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
  }
  const double n = double(a.size());
  return (ab - sa * sb / n) / std::sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

}  // namespace spi::vae
