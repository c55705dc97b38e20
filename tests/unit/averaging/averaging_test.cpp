// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "libspi/averaging/cartesian.h"
#include "libspi/averaging/output.h"
#include "libspi/base/error.h"
#include "libspi/cuda/host_queue.h"
#include "libspi/io/stack.h"
#include "libspi/polar/class_expectation.h"
#include "small_set.h"

namespace spi {
namespace {

using test::Folder;
using test::Listener;

double purity(const ClassResult& run) {
  std::vector<std::map<std::size_t, int>> kinds(run.classes);
  for (std::size_t n = 0; n < run.member_id.size(); ++n)
    ++kinds[run.member_class[n]][run.member_id[n] % test::kKinds];
  int majority = 0;
  for (const auto& counts : kinds) {
    int best = 0;
    for (const auto& [kind, count] : counts) best = std::max(best, count);
    majority += best;
  }
  return majority / double(run.member_id.size());
}

TEST(AverageFrames, SortsKindsAndFindsTheirPatterns) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 900);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const AveragingResult result =
      average_frames(source, test::small_options(), {}, 42, 2, silent_monitor());
  const ClassResult& run = result.runs.at(0);
  EXPECT_GT(purity(run), 0.97);
  for (const double frames : run.occupancy) EXPECT_GT(frames, 1);  // no class is lost
  EXPECT_FALSE(run.stop_reason.empty());
  double mean = 0;
  for (const float phi : run.member_fluence) mean += phi / double(run.member_fluence.size());
  EXPECT_NEAR(mean, 1, 1e-5);

  // Each average, turned to the truth, correlates with the noise-free pattern.
  const CartesianDrawer drawer(result.store->binning(), result.store->radial_mean());
  const std::size_t size = drawer.size(), half = size / 2;
  std::vector<float> image(size * size), weight(image);
  for (std::size_t k = 0; k < run.classes; ++k) {
    drawer.draw(run, k, image.data(), weight.data());
    double best = 0;
    for (std::size_t kind = 0; kind < test::kKinds; ++kind)
      for (double angle = 0; angle < std::numbers::pi; angle += 0.02) {
        double xx = 0, yy = 0, xy = 0, x1 = 0, y1 = 0, n = 0;
        for (std::size_t p = 0; p < image.size(); ++p) {
          if (!(weight[p] > 0)) continue;
          const double x = image[p];
          const double y = test::rate_of(kind, double(p % size) - double(half),
                                         double(p / size) - double(half), angle);
          xx += x * x, yy += y * y, xy += x * y, x1 += x, y1 += y, ++n;
        }
        best =
            std::max(best, (xy - x1 * y1 / n) / std::sqrt((xx - x1 * x1 / n) * (yy - y1 * y1 / n)));
      }
    if (run.occupancy[k] > 50) {
      EXPECT_GT(best, 0.98) << k;
    }
  }
}

TEST(AverageFrames, DoesNotDependOnThreadsOrMemory) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 700);
  AveragingOptions options = test::small_options();
  options.max_iterations = 8;
  const AveragingResult one = test::average({folder / "f.h5"}, options, 1);
  for (const int threads : {2, 4}) {
    // The second time nothing is kept in memory, and tiles go one by one.
    if (threads == 4) options.max_memory.bytes = 1e5;
    const AveragingResult many = test::average({folder / "f.h5"}, options, threads);
    EXPECT_EQ(many.store->in_memory(), threads != 4);
    EXPECT_EQ(one.runs[0].rate, many.runs[0].rate);
    EXPECT_EQ(one.runs[0].member_class, many.runs[0].member_class);
    EXPECT_EQ(one.runs[0].weight, many.runs[0].weight);
  }
}

TEST(AverageFrames, BootstrapRunsDifferAndRecordTheirMembers) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 600);
  AveragingOptions options = test::small_options();
  options.bootstrap_runs = 2;
  options.max_iterations = 6;
  const AveragingResult result = test::average({folder / "f.h5"}, options);
  ASSERT_EQ(result.runs.size(), 2u);
  std::set<std::uint64_t> first(result.runs[0].member_id.begin(), result.runs[0].member_id.end());
  std::set<std::uint64_t> second(result.runs[1].member_id.begin(), result.runs[1].member_id.end());
  EXPECT_NE(first, second);
  // 80 % of 600: 480 with standard deviation 10.
  EXPECT_NEAR(double(first.size()), 480, 50);
  EXPECT_NEAR(double(second.size()), 480, 50);
}

TEST(AverageFrames, GoesOnFromACheckpointAsIfNothingHadHappened) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 500);
  AveragingOptions options = test::small_options();
  options.bootstrap_runs = 2;
  options.max_iterations = 7;
  options.checkpoint_every_s = 0;
  const AveragingResult whole = test::average({folder / "f.h5"}, options);
  // Stopped in the first run and in the second, each time with a new process's state.
  for (const std::string at : {"run 0, iteration 3", "run 1, iteration 5"}) {
    Listener listener;
    listener.stop_at = at;
    EXPECT_THROW(test::average({folder / "f.h5"}, options, 2, folder / "ck", listener), Cancelled);
    options.resume = true;
  }
  Listener listener;
  const AveragingResult resumed =
      test::average({folder / "f.h5"}, options, 1, folder / "ck", listener);
  EXPECT_TRUE(listener.heard("run 0 was finished before"));
  EXPECT_TRUE(listener.heard("run 1 goes on after iteration"));
  for (std::size_t run = 0; run < 2; ++run) {
    EXPECT_EQ(whole.runs[run].rate, resumed.runs[run].rate);
    EXPECT_EQ(whole.runs[run].weight, resumed.runs[run].weight);
    EXPECT_EQ(whole.runs[run].member_class, resumed.runs[run].member_class);
    EXPECT_EQ(whole.runs[run].member_fluence, resumed.runs[run].member_fluence);
    EXPECT_EQ(whole.runs[run].snr, resumed.runs[run].snr);
    EXPECT_EQ(whole.runs[run].history.size(), resumed.runs[run].history.size());
  }
  options.classes = 7;
  EXPECT_THROW(test::average({folder / "f.h5"}, options, 1, folder / "ck"), UsageError);
}

TEST(AverageFrames, KeepsClassesThatTheDataCannotTellApart) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 1200);
  AveragingOptions options = test::small_options();
  options.classes = 40;  // of three kinds
  options.max_iterations = 40;
  const ClassResult run = test::average({folder / "f.h5"}, options).runs[0];
  for (const double frames : run.occupancy) EXPECT_GT(frames, 1);
}

TEST(AverageFrames, TakesTheNumberOfClassesThatTellsMostOfOtherFrames) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 900);
  AveragingOptions options = test::small_options();
  options.try_classes = {1, 3};  // of three kinds
  const AveragingResult result = test::average({folder / "f.h5"}, options);
  ASSERT_EQ(result.trials.size(), 2u);
  EXPECT_GT(result.trials[1].held_out_gain, result.trials[0].held_out_gain);
  EXPECT_EQ(result.runs[0].classes, 3u);
  EXPECT_EQ(result.runs[0].member_id.size(), 900u);  // nothing is held out in the end
  options.try_classes = {0, 3};
  EXPECT_THROW(test::average({folder / "f.h5"}, options), UsageError);
}

/// With known fluences, all harmonics and no smoothing, an iteration is exact EM for the posterior
/// of rates under a Gamma prior of `floor` photons a bin: Σ_d gain_d + floor Σ (ln W − W) cannot
/// fall.
TEST(ClassEmc, LikelihoodNeverFallsAtFixedTemperature) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 400);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  AveragingOptions options = test::small_options();
  options.smoothing = Smoothing::none;
  options.max_iterations = 100;
  options.settled = 0;
  options.beta_start = 1e6;  // β = 1 from the start
  FrameStore store(source, options.polar, options.brightest, 1e9, silent_monitor());
  const std::size_t half = store.binning().angles() / 2;
  ClassSetting setting{store, std::vector<std::size_t>(store.binning().rings(), half),
                       std::vector<float>(store.frames(), 1.f), nullptr, 42};
  ClassEmc emc(setting, options, 0, 2, silent_monitor());
  emc.start();
  const auto log_prior = [&] {
    double sum = 0;
    for (const float w : emc.state().model.rate) sum += options.floor * (std::log(double(w)) - w);
    return sum;
  };
  double before = -1e300;
  int compared = 0;
  for (int n = 0; n < 25; ++n) {
    const double prior = log_prior();
    emc.iterate();
    const IterationRecord& record = emc.state().history.back();
    const double value = record.gain * double(emc.members().size()) + prior;
    // Gains are single-precision sums of some hundred nats: 400 frames · 1e-5.
    EXPECT_GT(value, before - 4e-3) << n;
    before = record.reseeded > 0 ? -1e300 : value;  // a split is a jump
    compared += record.reseeded == 0;
  }
  EXPECT_GT(compared, 15);
}

/// The way of frames to a device and back, on its stand-in: two blocks of frames, some held out.
TEST(ClassEmc, IsTheSameOnADevice) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 1300);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  AveragingOptions options = test::small_options();
  options.smoothing = Smoothing::none;
  options.held_out = 0.1;
  FrameStore store(source, options.polar, options.brightest, 1e9, silent_monitor());
  const std::size_t half = store.binning().angles() / 2;
  ClassSetting setting{
      store, std::vector<std::size_t>(store.binning().rings(), half), {}, nullptr, 42, {}};
  ClassSetting emulated = setting;
  emulated.make_device = [](const LikelihoodEngine& engine, const TileReturns& returns) {
    return std::make_unique<cuda::ClassExpectation<cuda::HostQueue>>(engine, returns);
  };
  ClassEmc here(setting, options, 0, 2, silent_monitor());
  ClassEmc there(emulated, options, 0, 2, silent_monitor());
  ASSERT_GT(here.members().size(), RateSums::kBlockFrames);
  here.start(), there.start();
  for (int n = 0; n < 2; ++n) {
    here.iterate(), there.iterate();
    const IterationRecord &a = here.state().history.back(), &b = there.state().history.back();
    // Gains are single-precision sums of some hundred nats: 1e-3 each, and a mean over frames.
    EXPECT_NEAR(a.gain, b.gain, 1e-3);
    EXPECT_NEAR(a.information, b.information, 1e-3);
    std::size_t others = 0;
    for (std::size_t d = 0; d < here.members().size(); ++d) {
      others += here.state().best_class[d] != there.state().best_class[d];
      EXPECT_NEAR(here.state().fluence[d], there.state().fluence[d], 1e-3);
    }
    EXPECT_LE(others, here.members().size() / 200);  // where two classes are as good
    for (std::size_t k = 0; k < options.classes; ++k) {
      EXPECT_NEAR(here.state().occupancy[k], there.state().occupancy[k], 0.1);
      EXPECT_NEAR(here.state().photons[k], there.state().photons[k], 30);
    }
  }
  EXPECT_NEAR(here.held_out_gain().value(), there.held_out_gain().value(), 1e-3);
}

TEST(ClassEmc, HeldOutFramesSayMoreClassesHelpUntilTheyDoNot) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 900);
  AveragingOptions options = test::small_options();
  options.held_out = 0.2;
  options.max_iterations = 15;
  std::vector<double> gains;
  for (const std::size_t classes : {1, 3}) {
    options.classes = classes;
    gains.push_back(test::average({folder / "f.h5"}, options).runs[0].held_out_gain.value());
  }
  EXPECT_GT(gains[1], gains[0] + 1);  // nats a frame
}

TEST(WriteAverages, FollowsTheContract) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 300);
  AveragingOptions options = test::small_options();
  options.max_iterations = 4;
  options.bootstrap_runs = 2;
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const AveragingResult result = average_frames(source, options, {}, 1, 2, silent_monitor());
  write_averages(folder / "a.h5", result, {}, {});
  const h5::File file = h5::File::open(folder / "a.h5");
  const std::size_t rings = result.store->binning().rings();
  const h5::Shape polar{12, rings, 64};
  EXPECT_EQ(file.shape("/polar/intensity"), polar);
  EXPECT_EQ(file.shape("/polar/weight"), polar);
  EXPECT_EQ(file.shape("/polar/q"), h5::Shape{rings});
  EXPECT_EQ(file.shape("/occupancy"), h5::Shape{12});
  EXPECT_EQ(file.read<int>("/bootstrap_run")[11], 1);
  const auto members = file.read<std::uint64_t>("/members/frame").size();
  for (const char* name : {"class", "probability", "angle", "fluence"})
    EXPECT_EQ(file.shape(text_of("/members/", name)), h5::Shape{members}) << name;
  EXPECT_EQ(file.shape("/quality/snr"), (h5::Shape{12, rings}));
  EXPECT_NEAR(file.read_scalar<double>("/q_per_pixel"), 1. / (2 * 3000), 1e-12);
  const auto reader = open_stack(folder / "a.h5", {});
  EXPECT_EQ(reader->info().count, 12u);
  EXPECT_EQ(reader->read(0, 12).count, 12u);

  write_dragonfly_output(folder / "output_001.h5", result, 1, source.frames());
  const h5::File dragonfly = h5::File::open(folder / "output_001.h5");
  const auto orientations = dragonfly.read<int>("/orientations");
  EXPECT_EQ(orientations.size(), 300u);
  EXPECT_EQ(std::ranges::count_if(orientations, [](int v) { return v >= 0; }),
            std::ptrdiff_t(result.runs[1].member_id.size()));
  EXPECT_EQ(open_stack(folder / "output_001.h5", {})->info().count, 6u);
}

}  // namespace
}  // namespace spi
