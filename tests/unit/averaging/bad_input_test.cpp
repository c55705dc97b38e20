// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "libspi/averaging/options.h"
#include "libspi/averaging/truth.h"
#include "libspi/base/error.h"
#include "small_set.h"

namespace spi {
namespace {

using test::Folder;
using test::Listener;

AveragingOptions quick() {
  AveragingOptions options = test::small_options();
  options.max_iterations = 3;
  return options;
}

TEST(AverageFrames, RejectsWhatCannotBeUsedAndGoesOn) {
  const Folder folder;
  constexpr std::size_t kHot = 20 * 41 + 30;
  test::write_frames(folder / "f.h5", 300, 0,
                     [](std::size_t d, std::vector<std::uint32_t>& counts) {
                       if (d == 5) std::ranges::fill(counts, 0);
                       if (d == 9)
                         for (auto& n : counts) n *= 100000;  // brighter than all others together
                       counts[kHot] += 50;
                     });
  Listener listener;
  const AveragingResult result = test::average({folder / "f.h5"}, quick(), 2, {}, listener);
  const Survey& survey = result.store->survey();
  EXPECT_EQ(survey.used, 298u);
  EXPECT_EQ(survey.fate[5], FrameFate::empty);
  EXPECT_EQ(survey.fate[9], FrameFate::too_bright);
  EXPECT_EQ(survey.excluded[kHot], 1);
  EXPECT_EQ(std::ranges::count(survey.excluded, 1), 1);
  EXPECT_TRUE(listener.heard("1 frame without photons: 5"));
  EXPECT_TRUE(listener.heard("1 frame too bright: 9"));
  EXPECT_TRUE(listener.heard("1 hot"));
}

TEST(SurveyFrames, FindsADeadPixel) {
  const Folder folder;
  constexpr std::size_t kDead = 18 * 41 + 22;
  // The variance of E photons of F frames is E + 4 E²/F: 12 standard deviations are less than E
  // from F = 576 on, if E is large.
  test::write_frames(folder / "f.h5", 1500, 0,
                     [](std::size_t, std::vector<std::uint32_t>& counts) { counts[kDead] = 0; });
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const PolarBinning binning(source.detector(), quick().polar);
  const Survey survey = survey_frames(source, binning, 100, silent_monitor());
  EXPECT_EQ(survey.excluded[kDead], 2);
  EXPECT_EQ(std::ranges::count(survey.excluded, 0), std::ssize(survey.excluded) - 1);
}

TEST(TruthOfAverages, IsNotKnownWhereAFileWasLeftOut) {
  const Folder folder;
  test::write_frames(folder / "a.h5", 60);
  test::write_frames(folder / "cut.h5", 60, 1000);
  std::filesystem::resize_file(folder / "cut.h5",
                               std::filesystem::file_size(folder / "cut.h5") / 2);
  for (const char* broken : {"cut.h5", "absent.h5"}) {
    const std::vector<std::filesystem::path> files{folder / broken, folder / "a.h5"};
    const AveragingResult result = test::average(files, quick());
    EXPECT_FALSE(truth_of_averages(result, files)) << broken;
  }
}

TEST(AverageFrames, LeavesOutABrokenFileOfSeveral) {
  const Folder folder;
  test::write_frames(folder / "a.h5", 200);
  test::write_frames(folder / "b.h5", 100, 1000);
  std::ofstream(folder / "broken.h5") << "this is no file of frames";
  Listener listener;
  FrameSource source({folder / "a.h5", folder / "broken.h5", folder / "b.h5"}, {}, {}, listener);
  const AveragingResult result = average_frames(source, quick(), {}, 42, 2, listener);
  EXPECT_EQ(result.store->frames(), 300u);
  EXPECT_EQ(source.broken_files(), 1u);
  EXPECT_TRUE(listener.heard("broken.h5"));
  EXPECT_NE(summary(result, source).find("left out 1 file"), std::string::npos);
  EXPECT_THROW(FrameSource({folder / "broken.h5"}, {}, {}, listener), UserError);
}

TEST(AverageFrames, UsesAFrameOfOneIdOnce) {
  const Folder folder;
  test::write_frames(folder / "a.h5", 200);
  test::write_frames(folder / "b.h5", 100, 150);  // ids 150 to 199 again
  Listener listener;
  const AveragingResult result =
      test::average({folder / "a.h5", folder / "b.h5"}, quick(), 2, {}, listener);
  EXPECT_EQ(result.store->frames(), 250u);
  EXPECT_EQ(result.store->survey().count(FrameFate::duplicate), 50u);
  EXPECT_TRUE(listener.heard("duplicate id"));
}

TEST(AverageFrames, UsesSelectedFramesOnly) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 300);
  std::ofstream list(folder / "even.txt");
  for (int id = 0; id < 300; id += 2) list << id << '\n';
  list.close();
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  source.select(read_selection(folder / "even.txt"));
  const AveragingResult result = average_frames(source, quick(), {}, 42, 2, silent_monitor());
  EXPECT_EQ(result.store->survey().count(FrameFate::not_selected), 150u);
  ASSERT_EQ(result.runs[0].member_id.size(), 150u);
  for (const std::uint64_t id : result.runs[0].member_id) EXPECT_EQ(id % 2, 0u);
  EXPECT_NE(summary(result, source).find("150 not selected"), std::string::npos);
}

TEST(AverageFrames, RefusesAnotherDetector) {
  const Folder folder;
  test::write_frames(folder / "a.h5", 20);
  Detector other = test::small_detector();
  other.sx.pop_back(), other.sy.pop_back(), other.sz.pop_back();
  other.correction.pop_back(), other.use.pop_back();
  other.shape = {1, other.sx.size()};
  write_dragonfly_detector(folder / "det.h5", other);
  EXPECT_THROW(FrameSource({folder / "a.h5"}, folder / "det.h5", {}, silent_monitor()), UserError);
}

TEST(AverageFrames, RefusesMoreClassesThanFrames) {
  const Folder folder;
  test::write_frames(folder / "a.h5", 20);
  AveragingOptions options = quick();
  options.classes = 30;
  EXPECT_THROW(test::average({folder / "a.h5"}, options), UsageError);
}

TEST(AverageFrames, RefusesFramesWithoutPhotons) {
  const Folder folder;
  test::write_frames(folder / "a.h5", 20, 0, [](std::size_t, std::vector<std::uint32_t>& counts) {
    std::ranges::fill(counts, 0);
  });
  EXPECT_THROW(test::average({folder / "a.h5"}, quick()), UserError);
}

TEST(ReadFluences, ReadsTextAndChecks) {
  const Folder folder;
  std::ofstream(folder / "f.txt") << "# fluence\n1.5 2\n0.5 # last\n";
  EXPECT_EQ(read_fluences(folder / "f.txt", 3), (std::vector<float>{1.5f, 2.f, 0.5f}));
  EXPECT_THROW(read_fluences(folder / "f.txt", 4), UserError);
  std::ofstream(folder / "g.txt") << "1 -2";
  EXPECT_THROW(read_fluences(folder / "g.txt", 2), UserError);
  std::ofstream(folder / "w.txt") << "1 bright";
  test::expect_error([&] { read_fluences(folder / "w.txt", 2); }, {"'bright'", "w.txt"});
  EXPECT_THROW(read_fluences(folder / "none.txt", 2), UserError);
}

}  // namespace
}  // namespace spi
