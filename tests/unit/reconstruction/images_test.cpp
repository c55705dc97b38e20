// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/images.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libspi/base/error.h"
#include "small_particle.h"

namespace spi {
namespace {

using test::Folder;

struct Set {
  explicit Set(NeuralOptions options = {}) {
    test::write_frames(folder / "f.h5", 40, 5000);
    FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
    FrameStore store(source, {.full_turn = true}, 100, 0, silent_monitor());
    images = make_images(store, options);
    for (std::size_t d = 0; d < store.frames(); ++d) in_bins.push_back(store.photons(d));
  }
  const Folder folder;
  Images images;
  std::vector<float> in_bins;
};

TEST(Images, KeepEveryPhotonAndLookWhereThePixelsLook) {
  const Set set;
  const Images& images = set.images;
  // 33 pixels, the beam in the middle of one: a cell is a pixel, and looks where it looks.
  EXPECT_EQ(images.preprocessing.size % 2, 1u);
  EXPECT_EQ(images.preprocessing.cell_px, 1);
  ASSERT_EQ(images.frames(), 40u);
  for (std::size_t d = 0; d < 40; ++d)
    EXPECT_NEAR(images.counts.photons[d], set.in_bins[d], 0.02 * set.in_bins[d]);
  const Detector detector = test::small_detector();
  const double scale = detector.distance_px / images.preprocessing.rim_px;
  for (std::size_t p = 0; p < images.cells(); ++p) {
    const auto looks_there = [&](std::size_t t) {
      return std::hypot(detector.sx[t] * scale - images.points.x[p],
                        detector.sy[t] * scale - images.points.y[p],
                        detector.sz[t] * scale - images.points.z[p]) < 1e-4;
    };
    std::size_t pixels = 0;
    for (std::size_t t = 0; t < detector.pixels(); ++t) pixels += looks_there(t);
    EXPECT_EQ(pixels, 1u);
    EXPECT_NEAR(images.area[p], 1, 0.2);  // solid angle and polarisation
  }
}

TEST(Images, LargerCellsSumPixels) {
  NeuralOptions options;
  options.size = 16;
  const Set set(options);
  EXPECT_EQ(set.images.preprocessing.size, 16u);
  EXPECT_LT(set.images.cells(), 16u * 16u);
  // 34 pixels in 16 cells: a cell of 2.125 pixels holds 2 or 3 along each axis.
  for (const float area : set.images.area) EXPECT_LT(area, 9 / (2.125 * 2.125) + 1e-3);
  double photons = 0, wanted = 0;
  for (std::size_t d = 0; d < 40; ++d)
    photons += set.images.counts.photons[d], wanted += set.in_bins[d];
  EXPECT_NEAR(photons, wanted, 0.05 * wanted);
}

TEST(Images, TablesAreMeansOfTheShells) {
  const Set set;
  const Images& images = set.images;
  double expected = 0, found = 0, fluence = 0;
  for (std::size_t p = 0; p < images.cells(); ++p)
    expected += double(images.area[p]) * images.intensity[p];
  for (std::size_t d = 0; d < images.frames(); ++d) {
    found += images.counts.photons[d] / double(images.frames());
    fluence += images.fluence[d] / double(images.frames());
  }
  // Linear between knots a cell apart, where the intensity falls steeply.
  EXPECT_NEAR(expected, found, 0.1 * found);
  EXPECT_NEAR(fluence, found / expected, 1e-3);
  for (const double d : images.preprocessing.deviation) EXPECT_GT(d, 0);
}

TEST(Images, OfAnotherGeometryAreRefused) {
  Set set;
  FrameSource source({set.folder / "f.h5"}, {}, {}, silent_monitor());
  FrameStore store(source, {.full_turn = true}, 100, 0, silent_monitor());
  Preprocessing other = set.images.preprocessing;
  EXPECT_EQ(make_images(store, other, 0, store.frames()).fluence, set.images.fluence);
  other.q_per_pixel *= 1.1;
  EXPECT_THROW(make_images(store, other, 0, store.frames()), UserError);
}

}  // namespace
}  // namespace spi
