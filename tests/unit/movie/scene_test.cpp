// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/scene.h"

#include "tests/unit/movie/series.h"

namespace spi {
namespace {

using test::expect_error;

using Scenes = Movies;

double ball_A3(double radius) { return 4 * std::numbers::pi / 3 * std::pow(radius * kVoxel_A, 3); }

TEST_F(Scenes, OneLevelAtHalfOfTheDensityInside) {
  MovieOptions options;
  StateSeries series({densities()}, options);
  Scene scene(series, options, 2, silent_monitor());
  EXPECT_NEAR(scene.level(), 1, 0.07);  // of 2; a rim of 2 of 7 voxels lowers the median
  for (std::size_t m = 0; m < kStates; ++m)
    // At level 1 the surface lies at the radius, where the density falls by 1 in a voxel.
    EXPECT_NEAR(scene.volumes()[m] / ball_A3(radius_of(m)), 1, 3 * 0.07 / 7) << m;
  EXPECT_NEAR(scene.section_limits().high, 2, 0.05);
  EXPECT_EQ(scene.section_limits().low, 0);
  // Through the middle of the largest ball: density 2 over its diameter.
  EXPECT_NEAR(scene.projection_limits().high, 2 * 2 * radius_of(2) * kVoxel_A, 20);
}

TEST_F(Scenes, IsLinearBetweenStates) {
  MovieOptions options;
  StateSeries series({densities()}, options);
  Scene scene(series, options, 2, silent_monitor());
  const std::vector<float> a = scene.at(0).field->values, b = scene.at(1).field->values;
  const Moment& between = scene.at(0.25);
  for (const std::size_t i : {a.size() / 2, a.size() / 2 + 40, a.size() / 3})
    EXPECT_NEAR(between.field->values[i], 0.75 * a[i] + 0.25 * b[i], 1e-6);
  EXPECT_EQ(between.z, (std::vector<double>{0.25, 0}));
  EXPECT_EQ(between.support, 3u);  // the lesser of 5 and 3
  EXPECT_EQ(scene.at(2).support, 4u);
  EXPECT_EQ(scene.at(0).field->values, a);  // whatever came before
}

TEST_F(Scenes, CountsTheDataOfTheMap) {
  MovieOptions options;
  options.map = latents();
  StateSeries series({densities()}, options);
  Scene scene(series, options, 1, silent_monitor());
  EXPECT_EQ(scene.map().count(), 13u);
  EXPECT_EQ(scene.at(0).support, 0u);
  EXPECT_EQ(scene.at(0.5).support, 11u);
  EXPECT_EQ(scene.at(0.3).support, 10u);  // 0.28 from the eleventh
}

TEST_F(Scenes, IntensitiesAreShownByTheirLogarithm) {
  VolumesWriter writer(folder / "i.h5", Quantity::intensity, {});
  Volume v{21, 21, 21, {}, 10};
  for (int z = -10; z <= 10; ++z)
    for (int y = -10; y <= 10; ++y)
      for (int x = -10; x <= 10; ++x)
        v.values.push_back(float(1e5 * std::exp(-0.1 * (x * x + y * y + z * z))));
  writer.append(v);
  writer.finish();
  MovieOptions options;
  StateSeries series({folder / "i.h5"}, options);
  Scene scene(series, options, 1, silent_monitor());
  const Moment& moment = scene.at(0);
  const std::size_t n = moment.field->n;
  EXPECT_NEAR(moment.field->at(n / 2, n / 2, n / 2), 5, 0.01);
  // 5 voxels off the centre: 5 - 2.5 log10(e).
  EXPECT_NEAR(moment.field->at(n / 2 + (n / 2) * 10 / 21, n / 2, n / 2), 5 - 2.5 * 0.4343, 0.03);
  EXPECT_NEAR(scene.step() * double(n - 1), 1 / kVoxel_A, 1e-6);  // the whole of q space
  EXPECT_EQ(scene.section_limits().high, 5);
}

TEST_F(Scenes, SaysWhatDoesNotFit) {
  const std::filesystem::path states = densities();
  write_mrc(folder / "a.mrc", ball_volume(8));
  write_mrc(folder / "b.mrc", ball_volume(8, 12));
  MovieOptions options;
  const auto scene_of = [&](const std::vector<std::filesystem::path>& files) {
    StateSeries series(files, options);
    Scene(series, options, 1, silent_monitor());
  };
  expect_error(
      [&] {
        scene_of({folder / "a.mrc", folder / "b.mrc"});
      },
      {"b.mrc has 40 voxels of 12", "--resample"});
  const auto one = [&] { scene_of({folder / "a.mrc"}); };
  options.map = latents();
  expect_error(one, {"--states"});
  options.states = states;
  expect_error(one, {"expected (1, L)"});
  options.map_axes = {1, 3};
  expect_error([&] { scene_of({states}); }, {"--map-axes", "no axis 3", "has 2"});
  options = {};
  options.level = 5;
  expect_error(one, {"lower --level"});
}

}  // namespace
}  // namespace spi
