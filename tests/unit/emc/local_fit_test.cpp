// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/local_fit.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <numeric>

#include "small_particle.h"
#include "libspi/selftest/reference/slicing_reference.h"
#include "libspi/selftest/reference/volume_likelihood_reference.h"

namespace spi {
namespace {

/// A smooth positive cube, and points on a few rings of a curved Ewald sphere.
struct SmoothModel {
  static constexpr std::size_t kSize = 25;
  Cube cube{kSize};
  LabPoints points;
  std::vector<double> area;

  SmoothModel() {
    for (std::size_t v = 0; v < cube.values.size(); ++v) {
      const double x = double(v % kSize) - 12, y = double(v / kSize % kSize) - 12,
                   z = double(v / (kSize * kSize)) - 12;
      cube.values[v] = float(std::exp(0.8 * std::sin(0.7 * x + 0.3 * y) +
                                      0.7 * std::cos(0.6 * y - 0.5 * z) + 0.5 * std::sin(0.9 * z)));
    }
    for (int r = 2; r <= 9; ++r)
      for (int j = 0; j < 5 * r; ++j) {
        const double angle = 2 * 3.14159265 * j / (5. * r);
        points.x.push_back(float(r * std::cos(angle)));
        points.y.push_back(float(r * std::sin(angle)));
        points.z.push_back(float(-0.02 * r * r));
        area.push_back(30. / r);
      }
    points.reach = 9.2;
  }

  std::vector<float> slice_at(const Quaternion& q) const {
    std::vector<float> out(points.size());
    slice(cube, points, q, out.data());
    return out;
  }

  /// A frame of the model at an orientation.
  BinnedFrames frame(const Quaternion& q, double fluence, Random& random,
                     std::vector<double>* counts = nullptr) const {
    BinnedFrames frames;
    const std::vector<float> w = slice_at(q);
    double sum = 0;
    for (std::size_t t = 0; t < w.size(); ++t) {
      const auto n = random.poisson(fluence * area[t] * w[t]);
      if (counts) counts->push_back(double(n));
      for (std::uint64_t k = 0; k < n; ++k) frames.entry.push_back(std::uint32_t(t) << 8);
      sum += double(n);
    }
    frames.start.push_back(frames.entry.size());
    frames.photons.push_back(float(sum));
    return frames;
  }
};

TEST(Slice, IsTheTransposeOfScattering) {
  const SmoothModel s;
  Random random(5, 0, 0);
  const Quaternion q = random_rotation(random);
  std::vector<float> values(s.points.size()), none(s.points.size());
  for (float& v : values) v = float(random.uniform());
  const std::vector<float> sliced = s.slice_at(q);
  VoxelSums sums(SmoothModel::kSize, 1e4);
  sums.add(s.points, q, values.data(), none.data());
  double left = 0, right = 0;
  for (std::size_t t = 0; t < values.size(); ++t) left += double(values[t]) * sliced[t];
  for (std::size_t v = 0; v < s.cube.values.size(); ++v)
    right += double(s.cube.values[v]) * sums.numerator(v);
  // single precision of places and values: 1e-7 of sums of 220 numbers near 1
  EXPECT_NEAR(left, right, 2e-6 * left);
}

TEST(VoxelSums, DoNotDependOnTheOrder) {
  const SmoothModel s;
  Random random(5, 0, 1);
  std::vector<float> values(s.points.size());
  for (float& v : values) v = float(random.normal());
  const Quaternion a = random_rotation(random), b = random_rotation(random);
  VoxelSums first(SmoothModel::kSize, 1e4), second(SmoothModel::kSize, 1e4),
      part(SmoothModel::kSize, 1e4);
  first.add(s.points, a, values.data(), values.data());
  first.add(s.points, b, values.data(), values.data());
  part.add(s.points, a, values.data(), values.data());
  second.add(s.points, b, values.data(), values.data());
  second.add(part);
  for (std::size_t v = 0; v < s.cube.values.size(); ++v) {
    ASSERT_EQ(first.numerator(v), second.numerator(v));
    ASSERT_EQ(first.exposure(v), second.exposure(v));
  }
}

TEST(LocalSearch, GainIsThatOfTheDefinition) {
  const SmoothModel s;
  const LocalSearch search(s.cube, s.points, s.area);
  reference::LabPixels pixels;
  for (std::size_t t = 0; t < s.points.size(); ++t) {
    pixels.place.push_back({s.points.x[t], s.points.y[t], s.points.z[t]});
    pixels.expected.push_back(s.area[t]);
  }
  const auto rate = [&](const Vector3& p) {
    return reference::trilinear(s.cube.values, SmoothModel::kSize, p);
  };
  Random random(5, 0, 2);
  LocalScratch scratch;
  for (int k = 0; k < 5; ++k) {
    std::vector<double> counts;
    const Quaternion q = random_rotation(random), other = random_rotation(random);
    const BinnedFrames frames = s.frame(q, 0.7, random, &counts);
    for (const Quaternion& at : {q, other}) {
      const double expected = reference::gain(pixels, counts, rate, at);
      // W is good to 1e-6 in single precision, over some thousand photons
      EXPECT_NEAR(search.climb(frames, 0, at, 0, 0.1, 1, scratch).gain, expected,
                  2e-6 * frames.photons[0] + 1e-6 * std::abs(expected));
    }
  }
}

TEST(LocalSearch, CovarianceIsThatOfItsErrors) {
  const SmoothModel s;
  const LocalSearch search(s.cube, s.points, s.area);
  LocalScratch scratch;
  constexpr int kFrames = 300;
  double chi_squares = 0;
  for (int k = 0; k < kFrames; ++k) {
    Random random(6, 0, std::uint64_t(k));
    const Quaternion q = random_rotation(random);
    const BinnedFrames frames = s.frame(q, 2, random);
    const Quaternion start =
        normalized(from_axis_angle({random.normal(), random.normal(), random.normal()}, 0.03) * q);
    const LocalFit fit = search.climb(frames, 0, start, 20, 0.05, 10, scratch);
    const Quaternion error = fit.model_from_lab * conjugate(q);
    const double side = error.w < 0 ? -2 : 2;
    const Eigen::Vector3d e(side * error.x, side * error.y, side * error.z);
    const Eigen::Matrix3d c =
        Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(fit.covariance.data());
    chi_squares += e.dot(c.inverse() * e);
  }
  // χ² of 3 degrees of freedom: mean 3 ± √(6/300) = 0.14 where the model is smooth; kinks of the
  // interpolation at voxel borders widen it.
  EXPECT_NEAR(chi_squares / kFrames, 3, 0.8);
}

}  // namespace
}  // namespace spi
