// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <numeric>

#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

/// Two panels of 2 × 3 pixels, 0.1 m from the sample, pixels of 0.1 mm: D = 1000 pixels.
const std::string kTwoPanels = R"(
photon_energy = 6 keV ; comment
clen = 0.1
res = 10000
dim0 = %
a/dim1 = 0
a/dim2 = ss
a/dim3 = fs
a/min_fs = 0
a/max_fs = 2
a/min_ss = 0
a/max_ss = 1
a/fs = x
a/ss = +1.0y
a/corner_x = -0.5
a/corner_y = -0.5
b/dim1 = 1
b/dim2 = ss
b/dim3 = fs
b/min_fs = 0
b/max_fs = 2
b/min_ss = 0
b/max_ss = 1
b/fs = -1.0y
b/ss = + 1.0x + 0.0z
b/corner_x = 10
b/corner_y = 20
b/coffset = 0.001
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto found = text.find(from);
  EXPECT_NE(found, text.npos);
  return text.replace(found, from.size(), to);
}

Detector parse(const std::string& text, const DetectorHints& hints = {}) {
  return parse_crystfel_geometry(text, "test.geom", hints);
}

TEST(Crystfel, PixelsAreWhereTheGeometryPutsThem) {
  const Detector detector = parse(kTwoPanels);
  ASSERT_EQ(detector.pixels(), 12u);
  EXPECT_EQ(detector.shape, (std::array<std::size_t, 2>{4, 3}));
  // The first pixel's centre is half a pixel from its corner: on the beam.
  EXPECT_EQ(detector.sx[0], 0);
  EXPECT_EQ(detector.sz[0], 0);
  EXPECT_NEAR(*detector.wavelength_A, 2.0664, 1e-4);
  EXPECT_NEAR(detector.distance_px, 1005, 1e-9);  // mean of 1000 and, with its offset, 1010
  // Panel a, ss 1, fs 2: x = 2, y = 1, z = 1000.
  const double r = std::sqrt(4.0 + 1 + 1e6);
  EXPECT_NEAR(detector.sx[5], 2 / r, 1e-15);
  EXPECT_NEAR(detector.sy[5], 1 / r, 1e-15);
  EXPECT_NEAR(detector.sz[5], 1000 / r - 1, 1e-15);
  // Panel b, ss 1, fs 0: x = 10 + 1.5, y = 20 - 0.5, z = 1010.
  const double s = std::hypot(11.5, 19.5, 1010);
  EXPECT_NEAR(detector.sx[9], 11.5 / s, 1e-15);
  EXPECT_NEAR(detector.sy[9], 19.5 / s, 1e-15);
}

TEST(Crystfel, CorrectionIsSolidAngleTimesPolarisation) {
  const Detector detector = parse(kTwoPanels);
  const double mean =
      std::accumulate(detector.correction.begin(), detector.correction.end(), 0.0) / 12;
  EXPECT_NEAR(mean, 1, 1e-14);
  // D/f³ (1 - x²/f²) by hand for (2, 1, 1000) against the pixel on the beam.
  const double f2 = 4 + 1 + 1e6;
  EXPECT_NEAR(detector.correction[5] / detector.correction[0],
              1e9 / std::pow(f2, 1.5) * (1 - 4 / f2), 1e-14);
}

TEST(Crystfel, PanelsSideBySideFollowTheDataArray) {
  // The same two panels in one array of 2 × 6: C order interleaves their rows.
  std::string text = kTwoPanels;
  for (const char* line : {"a/dim1 = 0\n", "a/dim2 = ss\n", "a/dim3 = fs\n", "b/dim1 = 1\n",
                           "b/dim2 = ss\n", "b/dim3 = fs\n", "dim0 = %\n"})
    text = replaced(text, line, "");
  text = replaced(replaced(text, "b/min_fs = 0", "b/min_fs = 3"), "b/max_fs = 2", "b/max_fs = 5");
  const Detector apart = parse(kTwoPanels), joined = parse(text);
  EXPECT_EQ(joined.shape, (std::array<std::size_t, 2>{2, 6}));
  EXPECT_EQ(joined.sx[3], apart.sx[6]);
  EXPECT_EQ(joined.sx[6], apart.sx[3]);
  EXPECT_EQ(joined.sx[11], apart.sx[11]);
}

TEST(Crystfel, ElementsOfNoPanelAreBad) {
  const Detector detector = parse(replaced(kTwoPanels, "a/max_ss = 1", "a/max_ss = 0"));
  ASSERT_EQ(detector.pixels(), 12u);
  EXPECT_EQ(detector.use[2], PixelUse::good);
  EXPECT_EQ(detector.use[3], PixelUse::bad);
}

TEST(Crystfel, BadRegionsAndUnusedPanels) {
  const auto bad = [](const Detector& detector) {
    return std::ranges::count(detector.use, PixelUse::bad);
  };
  EXPECT_EQ(bad(parse(kTwoPanels)), 0);
  EXPECT_EQ(bad(parse(kTwoPanels + "b/no_index = 1\n")), 6);
  EXPECT_EQ(bad(parse(kTwoPanels + "bad1/min_fs = 1\nbad1/max_fs = 2\nbad1/panel = a\n"
                                   "bad1/min_ss = 0\nbad1/max_ss = 0\n")),
            2);
  EXPECT_EQ(bad(parse(kTwoPanels + "badbeam/min_x = -0.1\nbadbeam/max_x = 1.1\n"
                                   "badbeam/min_y = -1\nbadbeam/max_y = 0.5\n")),
            2);
  expect_error([] { parse(kTwoPanels + "bad1/min_fs = 1\nbad1/panel = q\n"); },
               {"bad1", "unknown panel q"});
  expect_error([] { parse(kTwoPanels + "bad1/panel = a\n"); }, {"bad1", "neither"});
}

TEST(Crystfel, WhatIsMissingNamesItsOption) {
  expect_error([] { parse(replaced(kTwoPanels, "photon_energy = 6 keV", "")); },
               {"test.geom", "--photon-energy"});
  expect_error([] { parse(replaced(kTwoPanels, "clen = 0.1", "clen = /entry/distance")); },
               {"/entry/distance", "--distance"});
  expect_error([] { parse(replaced(kTwoPanels, "res = 10000", "")); }, {"--pixel-size"});
  const DetectorHints hints{
      .photon_energy = Energy{6000}, .distance = Length{0.1}, .pixel_size = Length{1e-4}};
  std::string bare = replaced(kTwoPanels, "photon_energy = 6 keV", "photon_energy = /entry/energy");
  bare = replaced(replaced(bare, "clen = 0.1", ""), "res = 10000", "");
  const Detector hinted = parse(bare, hints), said = parse(kTwoPanels);
  for (std::size_t i = 0; i < said.pixels(); ++i) EXPECT_NEAR(hinted.sx[i], said.sx[i], 1e-15);
  EXPECT_EQ(hinted.wavelength_A, said.wavelength_A);
}

TEST(Crystfel, NonsenseNamesItsLine) {
  expect_error([] { parse("photon_energy = 6000\n\na/fs = up\n"); }, {"line 3", "'up'"});
  expect_error([] { parse("a/corner_x = 1e999\n"); }, {"line 1"});
  expect_error([] { parse("a/max_ss = -5\n"); }, {"line 1", "index"});
  expect_error([] { parse("hello = world"); }, {"no panels"});
  expect_error([] { parse(replaced(kTwoPanels, "b/dim1 = 1", "b/dim1 = 0")); }, {"shares pixels"});
  expect_error([] { parse(replaced(kTwoPanels, "a/ss = +1.0y", "a/ss = 2x")); },
               {"panel a", "do not span"});
  expect_error([] { parse(replaced(kTwoPanels, "clen = 0.1", "clen = -0.1")); }, {"downstream"});
  expect_error([] { parse(replaced(kTwoPanels, "a/max_fs = 2", "a/max_fs = 900000000")); },
               {"more than 67108864 pixels"});
}

TEST(RealGeometry, Agipd1mIsSensible) {
  SPI_NEEDS_DATA(path, "agipd_1m.geom");
  const Detector detector = read_detector(path);
  EXPECT_EQ(detector.pixels(), 16u * 512 * 128);
  EXPECT_EQ(detector.shape, (std::array<std::size_t, 2>{16 * 512, 128}));
  EXPECT_NEAR(*detector.pixel_size_m, 200e-6, 1e-12);
  EXPECT_NEAR(*detector.wavelength_A, 12398.42 / 11699, 1e-4);
  EXPECT_NEAR(detector.distance_px, 0.12322 * 5000, 30);  // panel offsets of some mm
  double nearest = 1, farthest = 0;
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    const double s = std::hypot(detector.sx[i], detector.sy[i], detector.sz[i]);
    nearest = std::min(nearest, s);
    farthest = std::max(farthest, s);
  }
  EXPECT_LT(nearest * detector.distance_px, 40);  // the beam hole is some pixels wide
  EXPECT_GT(farthest * detector.distance_px, 512);
  EXPECT_EQ(std::ranges::count(detector.use, PixelUse::bad), 0);
}

}  // namespace
}  // namespace spi
