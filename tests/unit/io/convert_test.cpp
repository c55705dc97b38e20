// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/convert.h"

#include <algorithm>
#include <limits>

#include "libspi/io/hdf5.h"
#include "libspi/io/inspect.h"
#include "libspi/io/volume_series.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::expect_same;
using test::flat_detector;

class Convert : public test::InFolder {
 protected:
  Converted convert(const std::string& from, const std::string& to,
                    const ConvertOptions& options = {}) {
    return convert_files({at(from)}, at(to), options, {}, silent_monitor());
  }
  void write_frames(const std::string& name, FrameFormat format) {
    const auto writer = create_frames(at(name), format, flat_detector(4, 5), {});
    writer->append(block_);
    writer->finish();
  }
  void write_stack(const std::string& name, const std::vector<float>& values) {
    h5::File file = h5::File::create(at(name));
    file.write("/data", values, {2, 2, 2});
    file.write("/mask", std::vector<std::uint8_t>{0, 0, 0, 1}, {2, 2});
    file.close();
  }
  FrameBlock read(const std::string& name) { return open_frames({at(name)})->read(0, 1000); }

  const FrameBlock block_ = test::some_frames(30, 20);
};

TEST_F(Convert, FramesGoThroughEveryFormat) {
  write_frames("a.h5", FrameFormat::spi);
  EXPECT_EQ(convert("a.h5", "b.emc").to, ConvertTarget::emc);
  EXPECT_EQ(convert("b.emc", "c.h5", {.to = ConvertTarget::dragonfly}).items, 30u);
  EXPECT_EQ(convert("a.h5", "det.h5", {.to = ConvertTarget::detector}).items, 20u);
  convert("c.h5", "d.h5", {.detector = at("det.h5")});
  expect_same(read("b.emc"), block_);
  expect_same(read("c.h5"), block_);
  expect_same(read("d.h5"), block_);
  EXPECT_EQ(open_frames({at("d.h5")})->detector()->use[0], PixelUse::bad);
  expect_error([&] { convert("b.emc", "e.h5"); }, {"--detector"});
  expect_error([&] { convert("b.emc", "e.h5", {.to = ConvertTarget::mrc}); },
               {"cannot become mrc"});
  expect_error([&] { convert("b.emc", "b.emc"); }, {"also an input"});
}

TEST_F(Convert, HintsReachTheDetectorInsideFrames) {
  write_frames("a.h5", FrameFormat::spi);
  const DetectorHints hints{.photon_energy = Energy{6000}, .pixel_size = Length{1e-4}};
  convert("a.h5", "b.h5", {.hints = hints});
  const Detector detector = *open_frames({at("b.h5")})->detector();
  EXPECT_EQ(detector.wavelength_A, Energy{6000}.wavelength_angstroms());
  EXPECT_EQ(detector.pixel_size_m, 1e-4);
  const Report report = inspect_file(at("a.h5"), {.hints = hints, .stack = {}}, silent_monitor());
  const auto said = std::ranges::find(report.facts, "wavelength in Å", &Fact::name);
  EXPECT_NE(said, report.facts.end());
  EXPECT_FALSE(convert("b.h5", "det.h5", {.to = ConvertTarget::detector}).notes.empty());
  // The file holds the distance in pixels: what says both must agree with it.
  DetectorHints both = hints;
  both.distance = Length{1e-4 * detector.distance_px};
  convert("a.h5", "c.h5", {.hints = both});
  both.distance = Length{2e-4 * detector.distance_px};
  expect_error([&] { convert("a.h5", "d.h5", {.hints = both}); }, {"--distance", "--pixel-size"});
}

TEST_F(Convert, PatternsBecomeFrames) {
  write_stack("s.h5", {0, 1, 2, 9, 0, 0, 0, 0});
  convert("s.h5", "s.emc");
  const FrameBlock frames = read("s.emc");
  EXPECT_EQ(frames.pixel, (std::vector<std::uint32_t>{1, 2}));  // pixel 3 is masked
  EXPECT_EQ(frames.count, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(frames.start, (std::vector<std::uint64_t>{0, 2, 2}));  // an empty frame keeps its id
  write_dragonfly_detector(at("det.h5"), flat_detector(2, 2));
  convert("s.h5", "f.h5", {.detector = at("det.h5")});
  EXPECT_EQ(open_frames({at("f.h5")})->detector()->use[3], PixelUse::bad);
  expect_error([&] { convert("s.h5", "x.h5"); }, {"--to averages", "--to spi"});
  write_stack("s.h5", {0, 0.5, 2, 9, 0, 0, 0, 0});
  expect_error([&] { convert("s.h5", "x.emc"); }, {"pattern 0", "0.5", "--adu-per-photon"});
}

TEST_F(Convert, DetectorUnitsAreRounded) {
  write_stack("s.h5", {49, 51, 149, 0, -30, 151, std::numeric_limits<float>::infinity(), 0});
  const Converted done = convert("s.h5", "s.emc", {.adu_per_photon = 100});
  const FrameBlock frames = read("s.emc");
  EXPECT_EQ(frames.start, (std::vector<std::uint64_t>{0, 2, 3}));
  EXPECT_EQ(frames.pixel, (std::vector<std::uint32_t>{1, 2, 1}));
  EXPECT_EQ(frames.count, (std::vector<std::uint32_t>{1, 1, 2}));
  EXPECT_EQ(done.invalid_pixels, 2u);
}

TEST_F(Convert, PatternsBecomeAverages) {
  write_stack("s.h5", {0, 1, 2, 9, 3, 4, 5, 6});
  ConvertOptions options{.to = ConvertTarget::averages};
  options.stack.centre = {{0.5, 0.5}};
  convert("s.h5", "a.h5", options);
  const auto stack = open_stack(at("a.h5"), {});
  EXPECT_EQ(stack->info().kind, "spi single shots");
  EXPECT_EQ(*stack->info().centre, (std::array<double, 2>{0.5, 0.5}));
  EXPECT_EQ(stack->read(1, 1).intensity, (std::vector<float>{3, 4, 5, 0}));
  EXPECT_EQ(stack->read(1, 1).weight, (std::vector<float>{1, 1, 1, 0}));
}

TEST_F(Convert, VolumesKeepTheirVoxelSize) {
  const Volume volume{.nz = 1, .ny = 2, .nx = 2, .values = {1, 2, 3, 4}, .voxel_size_A = 2.5};
  write_mrc(at("a.mrc"), volume);
  convert_files({at("a.mrc"), at("a.mrc")}, at("v.h5"), {}, {}, silent_monitor());
  const auto series = open_volumes(at("v.h5"));
  EXPECT_EQ(series->count(), 2u);
  EXPECT_EQ(series->read(1).values, volume.values);
  convert("v.h5", "b.mrc", {.index = 1});
  EXPECT_EQ(read_mrc(at("b.mrc")).values, volume.values);
  EXPECT_NEAR(read_mrc(at("b.mrc")).voxel_size_A, 2.5, 1e-6);
  expect_error([&] { convert("v.h5", "c.mrc", {.index = 2}); }, {"--index 2", "2 volumes"});
  h5::File file = h5::File::create(at("n.h5"));
  file.write("/density", volume.values, {1, 1, 2, 2});
  file.close();
  expect_error([&] { convert("n.h5", "c.mrc"); }, {"n.h5 has no voxel_size_A"});
}

const Fact& fact(const Report& report, const std::string& name) {
  for (const Fact& candidate : report.facts)
    if (candidate.name == name) return candidate;
  ADD_FAILURE() << "no fact " << name;
  return report.facts.front();
}

TEST_F(Convert, InspectionCountsPhotonsAndPixels) {
  FrameBlock block;
  block.start = {0};
  std::vector<std::uint32_t> counts(20, 1);
  counts[7] = 1000;
  block.append_dense(0, counts);
  block.append_dense(1, std::vector<std::uint32_t>(20));
  const auto writer = create_frames(at("f.h5"), FrameFormat::spi, flat_detector(4, 5), {});
  writer->append(block);
  writer->finish();
  const Report report = inspect_file(at("f.h5"), {}, silent_monitor());
  EXPECT_EQ(std::get<std::int64_t>(fact(report, "frames").value), 2);
  EXPECT_EQ(std::get<double>(fact(report, "most photons per frame").value), 1019);
  EXPECT_EQ(std::get<std::int64_t>(fact(report, "empty frames").value), 1);
  EXPECT_EQ(std::get<std::string>(fact(report, "first hot pixels").value), "7");
  EXPECT_EQ(std::get<std::int64_t>(fact(report, "good pixels").value), 18);
  EXPECT_EQ(std::get<std::string>(fact(report, "pixel nearest the beam").value), "row 1, column 2");
  EXPECT_NE(to_json({report}).find("\"empty_frames\": 1"), std::string::npos);
  EXPECT_NE(to_words(report).find("  frames: 2\n"), std::string::npos);
}

TEST_F(Convert, InspectionSaysTheResolution) {
  Detector detector = flat_detector(3, 3);
  write_dragonfly_detector(at("d.h5"), detector);
  const InspectOptions options{.hints = {.photon_energy = Energy{6000}}, .stack = {}};
  const Report report = inspect_file(at("d.h5"), options, silent_monitor());
  // The corner pixel (bad pixel 0 apart) is at (1, 1) of 100: |s| = 2 sin(atan(sqrt(2)/100)/2).
  const double s = 2 * std::sin(std::atan(std::sqrt(2.0) / 100) / 2);
  const double wavelength = 12398.419843320026 / 6000;
  EXPECT_NEAR(std::get<double>(fact(report, "q_max in 1/Å (q = 1/d)").value), s / wavelength, 1e-9);
  EXPECT_NEAR(std::get<double>(fact(report, "half-period resolution in Å").value),
              wavelength / (2 * s), 1e-6);
}

TEST_F(Convert, DamagedFilesFailTheirInspection) {
  write_frames("a.emc", FrameFormat::emc);
  std::filesystem::resize_file(at("a.emc"), 1200);
  expect_error([&] { inspect_file(at("a.emc"), {}, silent_monitor()); }, {"is cut short"});
  EXPECT_GT(inspect_system().facts.size(), 5u);
}

}  // namespace
}  // namespace spi
