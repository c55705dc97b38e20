// SPDX-License-Identifier: GPL-3.0-or-later
// The grid of VolumeEmc on a device: on its stand-in, and on a device where one is.
#include <gtest/gtest.h>

#include <cmath>

#include "libspi/cuda/devices.h"
#include "libspi/cuda/host_queue.h"
#include "libspi/polar/class_expectation.h"
#include "small_particle.h"
#include "tests/unit/thread_team.h"

namespace spi {
namespace {

using test::Folder;

/// More than a block of 1024, and tiles of which one is the fuller.
constexpr std::size_t kFrames = 1097;

/// EMC on a coarse grid, from the same noise.
struct Emc {
  FrameSource source;
  FrameStore store;
  PointGroup laue = laue_class(point_group("C1"));
  EmcSetting setting;
  VolumeEmc emc;

  static EmcOptions options() {
    EmcOptions options = test::small_options();
    options.polar.angles = 32;
    options.symmetry = "C1";
    return options;
  }
  Emc(const Folder& folder, MakeDevice make_device, Team& team = alone())
      : source({folder / "f.h5"}, {}, {}, silent_monitor(), team),
        store(source, emc_binning(options(), source.detector()), 100, 1e9, silent_monitor()),
        setting{.store = store,
                .laue = laue,
                .voxels_per_pixel = 1,
                .size = 45,
                .spacing_rad = 0.3,
                .seed = 1,
                .make_device = std::move(make_device)},
        emc(setting, options(), 2, silent_monitor()) {
    emc.start();
  }
  /// As if the model were an old one's.
  void settle(EmcState::Stage stage) {
    EmcState state = emc.state();
    state.stage = stage;
    state.history.assign(200, {.beta = 1, .spacing_rad = setting.spacing_rad});
    emc.resume(state);
  }
  /// Photons of all voxels, even frames' then odd ones'.
  std::vector<double> place() {
    const VolumeEmc::Placed placed = emc.place(false);
    std::vector<double> photons;
    for (const VoxelSums& half : *placed.sums)
      for (std::size_t v = 0; v < emc.state().model.values.size(); ++v)
        photons.push_back(half.numerator(v));
    return photons;
  }
  std::vector<double> model() const {
    const auto& values = emc.state().model.values;
    return {values.begin(), values.end()};
  }
};

/// In small chunks, since the stand-in works on frames that are not there, too.
MakeDevice stand_in() {
  cuda::HostQueue::pretended_bytes = 5e6;
  return [](const LikelihoodEngine& engine, const TileReturns& returns) {
    return std::make_unique<cuda::ClassExpectation<cuda::HostQueue>>(engine, returns);
  };
}

bool same_place(const PoseCandidate& a, const PoseCandidate& b) {
  return a.model_from_lab == b.model_from_lab && a.probability == b.probability;
}

/// Gains are single-precision sums over some thousand photons: 1e-3 nats each; so much do the
/// logarithms of posteriors differ, and what is summed with them.
void expect_the_same(const std::vector<double>& here, const std::vector<double>& there) {
  double error = 0, square = 0;
  for (std::size_t v = 0; v < here.size(); ++v) {
    error += std::pow(here[v] - there[v], 2);
    square += std::pow(here[v], 2);
  }
  EXPECT_LT(std::sqrt(error / square), 1e-3);
}

void expect_the_same_poses(const EmcState& here, const EmcState& there) {
  std::size_t elsewhere = 0, candidates = 0;
  for (std::size_t d = 0; d < kFrames; ++d) {
    const FramePose &a = here.poses[d], &b = there.poses[d];
    elsewhere += !(a.model_from_lab == b.model_from_lab);
    candidates += !std::ranges::equal(a.candidates, b.candidates, same_place);
    EXPECT_NEAR(a.probability, b.probability, 2e-3);
    EXPECT_NEAR(a.fluence, b.fluence, 2e-3);
    EXPECT_NEAR(a.information, b.information, 5e-3);
    EXPECT_NEAR(a.gain, b.gain, 5e-3);
  }
  // Ties: of two views that differ by a nat, one in a thousand frames does.
  EXPECT_LE(elsewhere, kFrames / 200);
  EXPECT_LE(candidates, kFrames / 50);
}

void expect_that_of_the_processor(const MakeDevice& device) {
  const Folder folder;
  test::write_frames(folder / "f.h5", kFrames, 2000);
  Emc here(folder, {}), there(folder, device);
  for (int n = 0; n < 2; ++n) {
    here.emc.iterate(), there.emc.iterate();
    const EmcRecord &a = here.emc.state().history.back(), &b = there.emc.state().history.back();
    EXPECT_NEAR(a.gain, b.gain, 2e-3);
    EXPECT_NEAR(a.width_rad, b.width_rad, 1e-4);
    expect_the_same(here.model(), there.model());
    expect_the_same_poses(here.emc.state(), there.emc.state());
  }
  here.settle(EmcState::Stage::grid), there.settle(EmcState::Stage::grid);
  expect_the_same(here.place(), there.place());
  expect_the_same_poses(here.emc.state(), there.emc.state());
}

class EmcOnStandIn : public testing::Test {
 protected:
  ~EmcOnStandIn() override { cuda::HostQueue::pretended_bytes = 1e9; }
};

TEST_F(EmcOnStandIn, IsThatOfTheProcessor) { expect_that_of_the_processor(stand_in()); }

TEST_F(EmcOnStandIn, IsOfOneRankWhatItIsOfTwo) {
  const Folder folder;
  test::write_frames(folder / "f.h5", kFrames, 500);
  const MakeDevice device = stand_in();
  Emc one(folder, device);
  one.emc.iterate();
  std::array<EmcState, 2> states;
  test::on_ranks(2, [&](Team& team) {
    Emc part(folder, device, team);
    part.emc.iterate();
    states[team.rank()] = part.emc.state();
  });
  for (const EmcState& state : states) {
    EXPECT_EQ(state.model.values, one.emc.state().model.values);
    for (std::size_t d = 0; d < kFrames; ++d)
      ASSERT_EQ(state.poses[d].model_from_lab, one.emc.state().poses[d].model_from_lab);
  }
}

/// Off the grid a placed frame begins at what the device found on it.
TEST_F(EmcOnStandIn, FindsWhereFramesBeginOffTheGrid) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 150, 2000);
  Emc here(folder, {}), there(folder, stand_in());
  here.emc.iterate();
  there.emc.resume(here.emc.state());
  here.settle(EmcState::Stage::local), there.settle(EmcState::Stage::local);
  here.place(), there.place();
  const auto &a = here.emc.state().poses, &b = there.emc.state().poses;
  std::size_t elsewhere = 0;
  for (std::size_t d = 0; d < a.size(); ++d)
    elsewhere += !(a[d].model_from_lab == b[d].model_from_lab);
  EXPECT_LE(elsewhere, 1u);
}

TEST(EmcOnCuda, IsThatOfTheProcessor) {
  std::string why = "this build has no CUDA kernels";
  if (!cuda::kernel_devices() || cuda::kernel_devices()(&why) == 0) GTEST_SKIP() << why;
  expect_that_of_the_processor(device_maker(Device::cuda, alone()));
}

}  // namespace
}  // namespace spi
