// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "libspi/emc/evaluate.h"
#include "small_particle.h"

namespace spi {
namespace {

using test::expect_error;
using test::Folder;

TEST(ReconstructEmc, RefusesFramesThatAreAllAlike) {
  const Folder folder;
  const auto writer = create_frames(folder / "f.h5", FrameFormat::spi, test::small_detector(), {});
  FrameBlock block;
  block.start = {0};
  std::vector<std::uint32_t> counts;
  for (std::uint64_t t = 0; t < 33 * 33; ++t)
    counts.push_back(std::uint32_t(Random(1, 0, t).poisson(2)));
  for (std::uint64_t d = 0; d < 20; ++d) block.append_dense(d, counts);
  writer->append(block);
  writer->finish();
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  expect_error([&] { test::reconstruct(source, test::small_options()); }, {"identical"});
}

TEST(ReconstructEmc, RefusesADetectorWithoutWavelength) {
  const Folder folder;
  Detector detector = test::small_detector();
  detector.wavelength_A.reset();
  const auto writer = create_frames(folder / "f.h5", FrameFormat::spi, detector, {});
  FrameBlock block;
  block.start = {0};
  block.append_dense(0, std::vector<std::uint32_t>(33 * 33, 1));
  writer->append(block);
  writer->finish();
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  expect_error([&] { test::reconstruct(source, test::small_options()); }, {"--photon-energy"});
}

TEST(ReconstructEmc, OptionsThatContradict) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 20, 500);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  EmcOptions even = test::small_options();
  even.size = 40;
  EXPECT_THROW(test::reconstruct(source, even), UsageError);
  EmcOptions edgeless = test::small_options();
  edgeless.shape = Shape::cube;
  EXPECT_THROW(test::reconstruct(source, edgeless), UsageError);
  EmcOptions unrefined = test::small_options();
  unrefined.poses = folder / "poses.h5";
  unrefined.refine = Refinement::none;
  EXPECT_THROW(test::reconstruct(source, unrefined), UsageError);
}

TEST(ReconstructEmc, SaysWhenTheMemoryIsTooLittle) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 20, 500);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  EmcOptions options = test::small_options();
  for (const double bytes : {1., 1e4}) {  // not for a model; not for a grid of orientations
    options.max_memory = {bytes};
    expect_error([&] { test::reconstruct(source, options); }, {"--max-memory", "too little"});
    options.size = 41;
  }
}

TEST(Evaluate, RefusesATruthOfOtherFrames) {
  Model model;
  model.id = {1, 2, 3};
  model.quaternion.assign(3, {1, 0, 0, 0});
  FrameTruths truth{.id = {1, 2}, .orientation = std::vector<Quaternion>(2), .fluence = {}};
  expect_error([&] { evaluate(model, truth, {}, 1); }, {"frame 3 "});
}

}  // namespace
}  // namespace spi
