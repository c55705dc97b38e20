// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/neural.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/emc/pose_comparison.h"
#include "small_particle.h"

namespace spi {
namespace {

using test::Folder;

constexpr double kDegree = std::numbers::pi / 180;

std::vector<Quaternion> poses_of(const Model& model) {
  std::vector<Quaternion> poses;
  for (const auto& q : model.quaternion) poses.push_back({q[0], q[1], q[2], q[3]});
  return poses;
}

NeuralOptions quick() {
  NeuralOptions options;
  options.field.width = 32;
  options.encoder.channels = 8;
  options.training.epochs = 2;
  return options;
}

FrameSource source_of(const std::filesystem::path& path) {
  return FrameSource({path}, {}, {}, silent_monitor());
}

/// Taught by the model that EMC found, the network places frames that neither has seen.
TEST(Neural, TaughtByEmcItPlacesUnseenFrames) {
  const Folder folder;
  test::write_frames(folder / "seen.h5", 600, 4000);
  const test::SmallSet truth = test::write_frames(folder / "new.h5", 300, 4000, 2);
  FrameSource seen = source_of(folder / "seen.h5");
  write_model(folder / "emc.h5", model_of(test::reconstruct(seen, test::small_options())), {});

  NeuralOptions options;
  options.teacher = folder / "emc.h5";
  options.field.width = 64;
  options.encoder.channels = 16;
  options.training.epochs = 30;
  options.training.learning_rate = 2e-3;
  options.march = 0;
  FrameSource again = source_of(folder / "seen.h5");
  const NeuralResult result =
      reconstruct_neural(again, options, {.threads = 2}, silent_monitor());
  result.network.save(folder / "network.h5", {});
  FrameSource unseen = source_of(folder / "new.h5");
  const Model placed =
      PoseNetwork::load(folder / "network.h5").place(unseen, 0, 2, silent_monitor());
  const PoseComparison poses = compare_poses(poses_of(placed), truth.orientation,
                                             point_group("C1"), BeamTwin::same, false);
  // The figure for unseen frames.
  EXPECT_LT(poses.median_rad, 10 * kDegree);
}

TEST(Neural, DoesNotDependOnThreads) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 60, 2000);
  std::vector<Model> models;
  for (const int threads : {1, 3}) {
    FrameSource source = source_of(folder / "f.h5");
    models.push_back(
        reconstruct_neural(source, quick(), {.threads = threads}, silent_monitor()).model);
  }
  EXPECT_EQ(models[0].quaternion, models[1].quaternion);
  EXPECT_EQ(models[0].intensity, models[1].intensity);
}

TEST(Neural, RefusesWhatItCannotUse) {
  const Folder folder;
  test::write_frames(folder / "few.h5", 8, 2000);
  FrameSource few = source_of(folder / "few.h5");
  EXPECT_THROW(reconstruct_neural(few, quick(), {}, silent_monitor()), UserError);
  NeuralOptions three = quick();
  three.copies = 3;
  FrameSource source = source_of(folder / "few.h5");
  EXPECT_THROW(reconstruct_neural(source, three, {}, silent_monitor()), UserError);
  EXPECT_THROW(PoseNetwork::load(folder / "few.h5"), UserError);
}

}  // namespace
}  // namespace spi
