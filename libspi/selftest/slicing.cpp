// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/slicing.h"

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/selftest/problems.h"
#include "libspi/selftest/reference/slicing_reference.h"

namespace spi::selftest {
namespace {

constexpr const char* kGroup = "m-3m";
constexpr std::size_t kEvery = 11;  ///< of the points are held against the truth

std::size_t edge(Scale scale) { return scale == Scale::quick ? 31 : 161; }
std::size_t patterns(Scale scale) { return scale == Scale::quick ? 3 : 10; }

}  // namespace

Slicing::Slicing(Way way, Scale scale, std::uint64_t seed)
    : way_(way),
      slicer_(FreeBox(edge(scale), point_group(kGroup)), disc_points(edge(scale), 1e-4, 2.0)) {
  Random random(seed, 0x5e1f, 0);
  for (std::size_t b = 0; b < patterns(scale); ++b) pose_.push_back(random_rotation(random));
  volumes_.resize(pose_.size() * slicer_.box().voxels());
  values_.resize(pose_.size() * slicer_.points().size());
  std::vector<float>& given = slices() ? volumes_ : values_;
  given = noise(given.size(), seed, slices() ? 1 : 2);
}

std::string Slicing::size() const {
  return text_of(slicer_.box().size(), "³ ", kGroup, ", ", pose_.size(), " patterns");
}

/// A lookup is a rotation (15 operations), a split into voxel and fraction (6) and seven
/// interpolations (21), or as many the other way.
Work Slicing::work() const {
  const double points = double(values_.size());
  return {.items = points,
          .unit = "points",
          .operations = 42 * points * double(slicer_.box().cosets().size()),
          .bytes = sizeof(float) * (points + double(volumes_.size()))};
}

/// Coordinates up to n/2 are off by n/2 roundings along each of three axes; a weight f, uniform in
/// [0, 1], of RMS 1/√3, is off by as much.
Bound Slicing::bound(Device, double) const {
  const double half = double(slicer_.box().size()) / 2;
  return {.rms = 3 * half * kRoundoff, .reason = "3 (n/2) 2^-24: rounded coordinates"};
}

Vector3 Slicing::place(std::size_t b, std::size_t i) const {
  const QueryPoints& p = slicer_.points();
  return rotate(pose_[b], Vector3{p.x[i], p.y[i], p.z[i]});
}

std::vector<double> Slicing::truth(int threads) const {
  return slices() ? true_slices(threads) : true_adjoint();
}

std::vector<double> Slicing::true_slices(int threads) const {
  const std::size_t points = slicer_.points().size(), voxels = slicer_.box().voxels();
  std::vector<std::vector<double>> parts(pose_.size());
  parallel_for(pose_.size(), threads, [&](std::size_t b, int) {
    std::vector<float> box(&volumes_[b * voxels], &volumes_[b * voxels] + voxels);
    slicer_.box().tie(box);
    const std::vector<float> cube = slicer_.box().unfold(box);
    for (std::size_t i = b; i < points; i += kEvery)
      parts[b].push_back(
          reference::symmetric_value(cube, slicer_.box().size(), point_group(kGroup), place(b, i)));
  });
  std::vector<double> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<double> Slicing::true_adjoint() const {
  std::vector<Vector3> points;
  for (std::size_t i = 0; i < slicer_.points().size(); ++i) points.push_back(place(0, i));
  return reference::symmetric_adjoint(slicer_.box(), point_group(kGroup), points, values_);
}

std::vector<double> Slicing::sample() const {
  if (!slices())
    return {volumes_.begin(), volumes_.begin() + std::ptrdiff_t(slicer_.box().voxels())};
  const std::size_t points = slicer_.points().size();
  std::vector<double> values;
  for (std::size_t b = 0; b < pose_.size(); ++b)
    for (std::size_t i = b; i < points; i += kEvery) values.push_back(values_[b * points + i]);
  return values;
}

Version Slicing::on_cpu(int threads) {
  return {[this, threads] {
            slices() ? slicer_.slice(volumes_, pose_, values_, threads)
                     : slicer_.adjoint(values_, pose_, volumes_, threads);
          },
          [this] { return sample(); }};
}

std::unique_ptr<Problem> slice_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<Slicing>(Way::slice, scale, seed);
}

std::unique_ptr<Problem> slice_adjoint_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<Slicing>(Way::adjoint, scale, seed);
}

}  // namespace spi::selftest
