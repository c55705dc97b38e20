// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/render/isosurface.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/unit/render/ball.h"

namespace spi {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

TEST(Isosurface, MeetsABallWhereItIs) {
  const std::size_t n = 61;
  const double radius = 20, middle = 30;
  const Field field = ball(n, radius);
  const Isosurface surface(field, 0);
  Random random(1, 0, 0);
  std::size_t hits = 0;
  for (int k = 0; k < 2000; ++k) {
    const Quaternion q = random_rotation(random);
    const Vector3 direction = rotate(q, {0, 0, -1});
    const double off = 24 * random.uniform();
    const Vector3 start = rotate(q, {off, 0, 100});
    const auto hit =
        surface.meet({start[0] + middle, start[1] + middle, start[2] + middle}, direction);
    // Trilinear values of |r| are too large by at most 3/(8 r): 0.02 samples of radius.
    if (off < radius - 0.05 || off > radius) {
      ASSERT_EQ(hit.has_value(), off < radius) << off;
    }
    if (!hit) continue;
    ++hits;
    const Vector3 from_middle{hit->at[0] - middle, hit->at[1] - middle, hit->at[2] - middle};
    const double r = std::hypot(from_middle[0], from_middle[1], from_middle[2]);
    EXPECT_NEAR(r, radius, 0.03);
    double cosine = 0;
    for (std::size_t i = 0; i < 3; ++i) cosine += hit->normal[i] * from_middle[i] / r;
    // Slopes of a trilinear cell are off by 1/(2 r) of a sample at most: 1.4 degrees.
    EXPECT_GT(cosine, std::cos(1.5 * kDegree));
    // It is the near side.
    double towards = 0;
    for (std::size_t i = 0; i < 3; ++i) towards += hit->normal[i] * direction[i];
    EXPECT_LT(towards, 0.05);
  }
  EXPECT_GT(hits, 1000u);
}

TEST(Isosurface, SeesNothingWhereNothingIs) {
  const Field field = ball(21, 5);
  EXPECT_FALSE(Isosurface(field, 10).meet({10, 10, 50}, {0, 0, -1}));
}

TEST(Isosurface, FindsBodiesBehindOneAnother) {
  const Field field = balls(61, {{0, 0, -12, 5}, {0, 8, 12, 5}});
  const Isosurface surface(field, 0);
  EXPECT_NEAR(surface.meet({30, 38, 90}, {0, 0, -1})->at[2], 47, 0.05);
  EXPECT_NEAR(surface.meet({30, 30, 90}, {0, 0, -1})->at[2], 23, 0.05);  // past the first
  EXPECT_FALSE(surface.meet({50, 30, 90}, {0, 0, -1}));
}

TEST(Isosurface, HollowsAreDarker) {
  const Field field = balls(81, {{-10.5, 0, 0, 10}, {10.5, 0, 0, 10}});
  const Isosurface surface(field, 0);
  const auto top = surface.meet({50.5, 40, 80}, {0, 0, -1});
  const auto waist = surface.meet({41.5, 40, 80}, {0, 0, -1});
  ASSERT_TRUE(top && waist);
  EXPECT_LT(surface.occlusion(*top), 0.05);    // a ball hides nothing of its own sky
  EXPECT_GT(surface.occlusion(*waist), 0.25);  // the other ball fills half of it nearby
}

TEST(Camera, LooksFromAzimuthAndElevation) {
  const double azimuth = 0.7, elevation = 0.4;
  const Vector3 from{std::sin(azimuth) * std::cos(elevation), std::sin(elevation),
                     std::cos(azimuth) * std::cos(elevation)};
  const Camera camera = camera_from(azimuth, elevation, 1);
  const Vector3 towards = rotate(camera.view_from_model, from);
  EXPECT_NEAR(towards[2], 1, 1e-12);
  const Vector3 up = rotate(camera.view_from_model, {0, 1, 0});
  EXPECT_NEAR(up[0], 0, 1e-12);  // y stays upright
  EXPECT_GT(up[1], 0);
}

const SurfaceStyle kOnBlack{.surface = {1, 1, 1}, .top = {0, 0, 0}, .bottom = {0, 0, 0}};

int brightness(const plot::Pixels& p, int x, int y) {
  return int(p.rgb[std::size_t(y) * std::size_t(p.width) + std::size_t(x)] & 255);
}

TEST(Picture, SilhouetteHasTheAreaOfTheBall) {
  const Field field = ball(61, 20);
  const Isosurface surface(field, 0);
  for (const double scale : {0.5, 0.25}) {
    const Camera camera = camera_from(0.5, 0.3, scale);
    const plot::Pixels picture = picture_of(surface, field, camera, kOnBlack, 240, 180, 2);
    double area = 0;
    for (const std::uint32_t rgb : picture.rgb) area += rgb != 0;
    // Pixels that the rim crosses count whole: half a pixel more in radius, on average.
    const double rim = 0.5 * scale;
    EXPECT_NEAR(std::sqrt(area * scale * scale / std::numbers::pi), 20 + rim, 0.4 * scale) << scale;
  }
}

TEST(Picture, LightComesFromTheUpperLeft) {
  const Field field = ball(61, 20);
  const plot::Pixels picture =
      picture_of(Isosurface(field, 0), field, camera_from(0, 0, 0.5), kOnBlack, 100, 100, 1);
  EXPECT_GT(brightness(picture, 35, 35), brightness(picture, 65, 65) + 30);
  EXPECT_EQ(brightness(picture, 5, 5), 0);
}

TEST(Picture, XIsToTheRightAndYUpwards) {
  const Field field = balls(61, {{15, 0, 0, 4}, {0, 18, 0, 4}});
  const plot::Pixels picture =
      picture_of(Isosurface(field, 0), field, camera_from(0, 0, 1), kOnBlack, 61, 61, 1);
  EXPECT_GT(brightness(picture, 45, 30), 0);
  EXPECT_GT(brightness(picture, 30, 12), 0);
  EXPECT_EQ(brightness(picture, 15, 30), 0);
  EXPECT_EQ(brightness(picture, 30, 48), 0);
}

TEST(Picture, RimsAreSmooth) {
  const Field field = ball(61, 20);
  const plot::Pixels picture =
      picture_of(Isosurface(field, 0), field, camera_from(0, 0, 0.5), kOnBlack, 100, 100, 1);
  // Going inwards along rows near the rim, some pixels lie between background and body.
  int between = 0;
  for (int y = 15; y < 85; ++y)
    for (int x = 1; x < 50; ++x)
      if (brightness(picture, x, y) > 0 && brightness(picture, x - 1, y) == 0)
        between += brightness(picture, x, y) < 0.7 * brightness(picture, x + 2, y);
  EXPECT_GT(between, 35);  // of 70 rows: a rim pixel is covered by half on average
}

TEST(Picture, IsTheSameWithAnyNumberOfThreads) {
  const Field field = balls(61, {{-8, 0, 3, 11}, {9, 4, 0, 9}});
  const Isosurface surface(field, 0);
  const Camera camera = camera_from(0.4, 0.5, 0.4);
  const auto one = picture_of(surface, field, camera, {}, 160, 120, 1);
  EXPECT_EQ(one.rgb, picture_of(surface, field, camera, {}, 160, 120, 3).rgb);
}

}  // namespace
}  // namespace spi
