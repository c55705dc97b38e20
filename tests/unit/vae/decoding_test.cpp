// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/decoding.h"

#include <gtest/gtest.h>

#include "libspi/base/error.h"

namespace spi::vae {
namespace {

Latents line_of(std::size_t n, std::size_t dim) {
  Latents latents{.dim = dim};
  for (std::size_t i = 0; i < n; ++i) {
    latents.id.push_back(10 + i);
    for (std::size_t l = 0; l < dim; ++l) {
      latents.mean.push_back(float(double(i) / double(n - 1)));
      latents.sigma.push_back(0.1f);
    }
  }
  return latents;
}

TEST(Decoding, PointsAreCoordinatesOrIds) {
  const LatentPoints points = points_to_decode({.at = "0,1:id=10:-1.5,0.5"}, line_of(101, 2));
  EXPECT_EQ(points.z, (std::vector<double>{0, 1, 0, 0, -1.5, 0.5}));
  EXPECT_EQ(points.support[0], 0u);
  EXPECT_EQ(points.support[1], 18u);  // up to 0.25/√2 along the diagonal of steps 0.01
}

TEST(Decoding, ALineHasEqualSteps) {
  const LatentPoints points = points_to_decode({.line = "0:1", .steps = 5}, line_of(101, 1));
  EXPECT_EQ(points.z, (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  const LatentPoints automatic = points_to_decode({.steps = 3}, line_of(101, 1));
  EXPECT_NEAR(automatic.z[0], 0.01, 1e-6);
  EXPECT_NEAR(automatic.z[2], 0.99, 1e-6);
}

TEST(Decoding, AGridHasAllCombinations) {
  const LatentPoints points = points_to_decode({.grid = 3}, line_of(101, 2));
  EXPECT_EQ(points.count(), 9u);
  EXPECT_EQ(points.columns, 3u);
  EXPECT_LT(points.z[0], points.z[2]);  // the first axis is fastest
  EXPECT_EQ(points.z[1], points.z[3]);
  EXPECT_THROW(points_to_decode({.grid = 200}, line_of(101, 2)), UsageError);
}

TEST(Decoding, APathEndsWhereItIsAskedTo) {
  const LatentPoints points =
      points_to_decode({.path = "id=10:id=110", .steps = 4}, line_of(101, 2));
  EXPECT_NEAR(points.z[0], 0, 1e-6);
  EXPECT_NEAR(points.z[7], 1, 1e-6);
  EXPECT_THROW(points_to_decode({.path = "0,0:3,3"}, line_of(101, 2)), UserError);
}

TEST(Decoding, RefusesWhatCannotBeMeant) {
  const Latents data = line_of(20, 2);
  EXPECT_THROW(points_to_decode({.at = "1"}, data), UsageError);
  EXPECT_THROW(points_to_decode({.at = "id=999"}, data), UserError);
  EXPECT_THROW(points_to_decode({.line = "0,0"}, data), UsageError);
  EXPECT_THROW(points_to_decode({.at = "0,0", .grid = 3}, data), UsageError);
}

TEST(Latents, AreReadAsWritten) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "latents.h5";
  const Latents latents = line_of(20, 3);
  write_latents(path, latents, {});
  const Latents back = read_latents(path);
  EXPECT_EQ(back.id, latents.id);
  EXPECT_EQ(back.mean, latents.mean);
  EXPECT_EQ(back.sigma, latents.sigma);
}

TEST(Latents, TellActiveAxesFromIdleOnes) {
  Latents latents = line_of(101, 2);
  for (std::size_t n = 0; n < 101; ++n) latents.mean[2 * n + 1] = 0, latents.sigma[2 * n + 1] = 1;
  const auto axes = latent_axes(latents);
  EXPECT_TRUE(axes[0].active());
  EXPECT_FALSE(axes[1].active());
  EXPECT_NEAR(axes[1].divergence, 0, 1e-6);
}

}  // namespace
}  // namespace spi::vae
