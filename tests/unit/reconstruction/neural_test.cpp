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

/// The particle's own intensities, a voxel a pixel, in other units than the frames'.
Model true_model() {
  const Detector detector = test::small_detector();
  Model model{.size = 51, .q_per_voxel = *detector.q_per_pixel()};
  for (int z = -25; z <= 25; ++z)
    for (int y = -25; y <= 25; ++y)
      for (int x = -25; x <= 25; ++x)
        model.intensity.push_back(float(test::intensity(
            {x * model.q_per_voxel, y * model.q_per_voxel, z * model.q_per_voxel})));
  model.exposure.assign(model.intensity.size(), 1);
  return model;
}

/// Taught by a model, the network places frames that it has not seen, in that model's frame.
TEST(Neural, TaughtItPlacesUnseenFrames) {
  const Folder folder;
  test::write_frames(folder / "seen.h5", 1500, 4000);
  const test::SmallSet truth = test::write_frames(folder / "new.h5", 300, 4000, 2);
  write_model(folder / "truth.h5", true_model(), {});
  NeuralOptions options;
  options.teacher = folder / "truth.h5";
  options.polar.r_max = 10;
  options.field.width = 48;
  options.encoder.channels = 16;
  options.copies = 2;
  options.training.epochs = 12;
  FrameSource seen = source_of(folder / "seen.h5");
  const NeuralResult result = reconstruct_neural(seen, options, {}, 2, silent_monitor());
  result.network.save(folder / "network.h5", {});
  FrameSource unseen = source_of(folder / "new.h5");
  const Model placed =
      PoseNetwork::load(folder / "network.h5").place(unseen, 5, 2, silent_monitor());
  const PoseComparison poses =
      compare_poses(poses_of(placed), truth.orientation, point_group("C1"), BeamTwin::same, false);
  // The figure for unseen frames.
  EXPECT_LT(poses.median_rad, 10 * kDegree);
}

TEST(Neural, DoesNotDependOnThreads) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 60, 2000);
  std::vector<Model> models;
  for (const int threads : {1, 3}) {
    FrameSource source = source_of(folder / "f.h5");
    models.push_back(reconstruct_neural(source, quick(), {}, threads, silent_monitor()).model);
  }
  EXPECT_EQ(models[0].quaternion, models[1].quaternion);
  EXPECT_EQ(models[0].intensity, models[1].intensity);
}

TEST(Neural, RefusesWhatItCannotUse) {
  const Folder folder;
  test::write_frames(folder / "few.h5", 8, 2000);
  FrameSource few = source_of(folder / "few.h5");
  EXPECT_THROW(reconstruct_neural(few, quick(), {}, 1, silent_monitor()), UserError);
  NeuralOptions three = quick();
  three.copies = 3;
  FrameSource source = source_of(folder / "few.h5");
  EXPECT_THROW(reconstruct_neural(source, three, {}, 1, silent_monitor()), UserError);
  NeuralOptions twelve = quick();
  twelve.encoder.kind = EncoderKind::resnet18;
  twelve.encoder.channels = 12;
  FrameSource other = source_of(folder / "few.h5");
  test::expect_error([&] { reconstruct_neural(other, twelve, {}, 1, silent_monitor()); },
                     {"--channels 12", "multiple of 8"});
  EXPECT_THROW(PoseNetwork::load(folder / "few.h5"), UserError);
}

}  // namespace
}  // namespace spi
