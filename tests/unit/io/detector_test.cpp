// SPDX-License-Identifier: GPL-3.0-or-later
#include <numeric>

#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::flat_detector;

using DetectorFiles = test::InFolder;

void expect_same_detector(const Detector& a, const Detector& b) {
  ASSERT_EQ(a.pixels(), b.pixels());
  for (std::size_t i = 0; i < a.pixels(); ++i) {
    // One division and one multiplication by the Ewald radius: two roundings.
    EXPECT_NEAR(a.sx[i], b.sx[i], 1e-15);
    EXPECT_NEAR(a.sy[i], b.sy[i], 1e-15);
    EXPECT_NEAR(a.sz[i], b.sz[i], 1e-15);
    EXPECT_NEAR(a.correction[i], b.correction[i], 1e-14);
    EXPECT_EQ(a.use[i], b.use[i]);
  }
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.distance_px, b.distance_px);
  EXPECT_EQ(a.ewald_radius_voxels, b.ewald_radius_voxels);
}

TEST_F(DetectorFiles, DragonflyFileReadsBackWhatWasWritten) {
  Detector detector = flat_detector(5, 7);
  detector.ewald_radius_voxels = 73;
  write_dragonfly_detector(at("det.h5"), detector);
  expect_same_detector(detector, read_detector(at("det.h5")));
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(DetectorFiles, OwnGroupReadsBackWhatWasWritten) {
  Detector detector = flat_detector(5, 7);
  detector.wavelength_A = 1.5;
  detector.pixel_size_m = 2e-4;
  detector.background.assign(35, 0.25);
  h5::File file = h5::File::create(at("own.h5"));
  write_detector(file, "/detector", detector);
  file.close();
  const Detector read = read_detector(at("own.h5"));
  expect_same_detector(detector, read);
  EXPECT_EQ(read.wavelength_A, 1.5);
  EXPECT_EQ(read.pixel_size_m, 2e-4);
  EXPECT_EQ(read.background, detector.background);
}

TEST_F(DetectorFiles, ScalarsOfShapeOneAreRead) {
  const Detector detector = flat_detector(2, 2);
  h5::File file = h5::File::create(at("one.h5"));
  for (const char* name : {"qx", "qy", "qz"}) file.write(name, std::vector<double>(4, 0.0));
  file.write("corr", std::vector<double>{1, 2, 3, 2});
  file.write("mask", std::vector<std::uint8_t>{0, 1, 2, 0});
  file.write("detd", std::vector<double>{100});
  file.write("ewald_rad", std::vector<double>{50});
  file.close();
  const Detector read = read_detector(
      at("one.h5"), {.photon_energy = Energy{6000}, .distance = Length{0.02}, .pixel_size = {}});
  EXPECT_EQ(read.distance_px, 100);
  EXPECT_EQ(read.correction, (std::vector<double>{0.5, 1, 1.5, 1}));  // mean 1
  EXPECT_EQ(read.use[2], PixelUse::bad);
  EXPECT_NEAR(*read.pixel_size_m, 2e-4, 1e-18);
  EXPECT_NEAR(*read.wavelength_A, 2.0664, 1e-4);  // 12398.42 eV Å / 6000 eV
}

TEST_F(DetectorFiles, HintsThatAreNotPositiveAreRefused) {
  write_dragonfly_detector(at("det.h5"), flat_detector(2, 2));
  const auto expect = [&](const DetectorHints& hints, const char* option) {
    expect_error([&] { read_detector(at("det.h5"), hints); }, {option, "positive"});
    expect_error([&] { parse_crystfel_geometry("a/fs = x", "a.geom", hints); }, {option});
  };
  expect({.photon_energy = Energy{0}}, "--photon-energy");
  expect({.distance = Length{-0.1}}, "--distance");
  expect({.pixel_size = Length{0}}, "--pixel-size");
}

TEST_F(DetectorFiles, AsciiDetectorIsRead) {
  test::write_file(at("det.dat"), "3 100 50\n0 0 0 1 0\n1.5 -2 -0.1 2 1\n-1 2 -0.2 3 2\n");
  const Detector detector = read_detector(at("det.dat"));
  EXPECT_EQ(detector.sx, (std::vector<double>{0, 0.03, -0.02}));
  EXPECT_EQ(detector.correction, (std::vector<double>{0.5, 1, 1.5}));
  EXPECT_EQ(detector.use[1], PixelUse::ignore_for_fit);
  EXPECT_EQ(detector.shape, (std::array<std::size_t, 2>{1, 3}));
}

TEST_F(DetectorFiles, DamagedAsciiDetectorsAreRefused) {
  expect_error([] { parse_dragonfly_dat("3 100 50\n0 0 0 1 0\n0 0 0 1 0 \n", "a.dat"); },
               {"a.dat", "found the end"});
  expect_error([] { parse_dragonfly_dat("4000000000 100 50\n0 0 0 1 0\n", "a.dat"); },
               {"claims 4e+09 pixels"});
  expect_error([] { parse_dragonfly_dat("1 100 50\n0 0 0 1 7\n", "a.dat"); },
               {"mask of pixel 0 is 7"});
  expect_error([] { parse_dragonfly_dat("1 0 50\n0 0 0 1 0\n", "a.dat"); },
               {"distance in pixels is 0"});
  expect_error([] { parse_dragonfly_dat("1 100 50\nnan 0 0 1 0\n", "a.dat"); }, {"not finite"});
  expect_error([] { parse_dragonfly_dat("1 100 50\n0 0 0 1 0\n1 1 1 1 1\n", "a.dat"); },
               {"more lines"});
}

TEST_F(DetectorFiles, ArraysOfDifferentLengthAreRefused) {
  h5::File file = h5::File::create(at("bad.h5"));
  for (const char* name : {"qx", "qy", "qz", "corr"})
    file.write(name, std::vector<double>(name == std::string("qy") ? 3 : 4, 0.5));
  file.write("mask", std::vector<std::uint8_t>(4));
  file.write_scalar("detd", 100.0);
  file.write_scalar("ewald_rad", 100.0);
  file.close();
  expect_error([&] { read_detector(at("bad.h5")); }, {"bad.h5", "sy has 3 values for 4 pixels"});
}

TEST_F(DetectorFiles, OtherFilesAreRefused) {
  test::write_file(at("empty"), "");
  expect_error([&] { read_detector(at("empty")); }, {"is empty"});
  expect_error([&] { read_detector(at("absent")); }, {"cannot read", "No such file"});
  test::write_bytes(at("binary"), std::vector<int>(100));
  expect_error([&] { read_detector(at("binary")); }, {"neither HDF5 nor text"});
  h5::File file = h5::File::create(at("other.h5"));
  file.write("x", std::vector<double>(3));
  file.close();
  expect_error([&] { read_detector(at("other.h5")); }, {"holds no detector"});
}

TEST(Detector, FlatPositionUndoesTheEwaldSphere) {
  const Detector detector = flat_detector(5, 7);
  const auto position = detector.flat_position(2 * 7 + 5);
  EXPECT_NEAR(position[0], 2, 1e-12);  // column 5 of 7 is 2 from the middle
  EXPECT_NEAR(position[1], 0, 1e-12);
}

TEST(Mask, ConventionsAreRead) {
  using enum PixelUse;
  EXPECT_EQ(mask_from({0, 1}, MaskConvention::good_is_one), (std::vector{bad, good}));
  EXPECT_EQ(mask_from({0, 1}, MaskConvention::bad_is_one), (std::vector{good, bad}));
  EXPECT_EQ(mask_from({0, 1, 2}, MaskConvention::dragonfly),
            (std::vector{good, ignore_for_fit, bad}));
  EXPECT_EQ(mask_from({0, 4, 1024}, MaskConvention::cxi), (std::vector{good, bad, bad}));
  expect_error([] { mask_from({0, 2}, MaskConvention::bad_is_one); }, {"--mask-convention", "2"});
}

TEST(RealDetector, DragonflyAgipdIsSensible) {
  SPI_NEEDS_DATA(path, "dragonfly_detector_agipd_lowq.h5");
  const Detector detector = read_detector(path);
  EXPECT_EQ(detector.pixels(), 65536u);
  EXPECT_EQ(detector.distance_px, 3525);
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    // |s + z| = 1: the pixels lie on the Ewald sphere.
    const double length = std::hypot(detector.sx[i], detector.sy[i], 1 + detector.sz[i]);
    ASSERT_NEAR(length, 1, 1e-6) << i;
  }
}

}  // namespace
}  // namespace spi
