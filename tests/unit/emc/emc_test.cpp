// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/emc/evaluate.h"
#include "libspi/volume/fsc.h"
#include "small_particle.h"

namespace spi {
namespace {

using test::Folder;

constexpr double kDegree = std::numbers::pi / 180;
constexpr const char* kLearningTheFringes = "learning what patterns look like";

PoseComparison errors(const EmcResult& result, const test::SmallSet& truth) {
  std::vector<Quaternion> found;
  for (const FramePose& pose : result.state.poses) found.push_back(pose.model_from_lab);
  return compare_poses(found, truth.orientation, point_group("C1"), BeamTwin::same, false);
}

/// A model.h5 of no intensities but these poses of frames 100, 101, ...
void write_poses(const std::filesystem::path& path, const std::vector<Quaternion>& poses) {
  Model known;
  known.size = 3;
  known.q_per_voxel = 1;
  known.intensity.assign(27, 1);
  for (std::size_t d = 0; d < poses.size(); ++d) {
    known.id.push_back(100 + d);
    known.quaternion.push_back({poses[d].w, poses[d].x, poses[d].y, poses[d].z});
  }
  write_model(path, known, {});
}

TEST(ReconstructEmc, FindsAParticleFromNoise) {
  const Folder folder;
  const test::SmallSet truth = test::write_frames(folder / "f.h5", 500, 4000);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const EmcResult result = test::reconstruct(source, test::small_options());
  EXPECT_FALSE(result.state.stop_reason.empty());
  const PoseComparison poses = errors(result, truth);
  // A grid of 7 degrees alone leaves some 3 degrees; the photons themselves allow 0.6.
  EXPECT_LT(poses.median_rad, 2 * kDegree);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t d = 0; d < truth.fluence.size(); ++d) {
    const double x = truth.fluence[d] - 1, y = result.state.poses[d].fluence - 1;
    xy += x * y, xx += x * x, yy += y * y;
  }
  // 4000 photons give a fluence to 1.6 %, of a spread of 29 %.
  EXPECT_GT(xy / std::sqrt(xx * yy), 0.95);
  // The model's intensities are those of the particle, at the model's voxels.
  Model model = model_of(result);
  const Matrix3 truth_from_model = to_matrix(conjugate(poses.model_from_truth));
  std::vector<float> real(model.intensity.size());
  const double centre = double(model.size / 2);
  for (std::size_t v = 0; v < real.size(); ++v) {
    Vector3 q{double(v % model.size) - centre, double(v / model.size % model.size) - centre,
              double(v / (model.size * model.size)) - centre};
    for (double& x : q) x *= model.q_per_voxel;
    real[v] = float(test::intensity(rotate(truth_from_model, q)));
    if (model.intensity[v] == 0) model.intensity[v] = std::nanf("");
  }
  const auto fsc = shell_curve(model.intensity, real, model.size, 1, ShellMean::removed);
  for (std::size_t s = 6; s + 4 < fsc.radius.size(); ++s)
    EXPECT_GT(fsc.correlation[s], 0.9) << "shell " << s;
}

TEST(ReconstructEmc, FindsACubeFromNoise) {
  const Folder folder;
  const test::SmallSet truth =
      test::write_frames(folder / "f.h5", 100, 3000, 1, test::cube_intensity);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  EmcOptions options = test::small_options();
  options.symmetry = "m-3m";
  options.refine = Refinement::none;
  options.max_iterations = 30;
  for (const std::uint64_t seed : {1, 2}) {
    test::Listener listener;
    const EmcResult result = test::reconstruct(source, options, 2, {}, listener, seed);
    std::vector<Quaternion> found;
    for (const FramePose& pose : result.state.poses) found.push_back(pose.model_from_lab);
    const PoseComparison poses =
        compare_poses(found, truth.orientation, point_group("O"), BeamTwin::same, false);
    // Random orientations are some 40 degrees apart, those of the wrong sign 20 and more.
    EXPECT_LT(poses.median_rad, 8 * kDegree) << "seed " << seed;
    EXPECT_TRUE(listener.heard("goes on within the group"));
    EXPECT_EQ(result.state.begun, 0u);
  }
}

TEST(ReconstructEmc, BeginsAgainWhereTheGroupIsNotTheParticles) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 100, 3000);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  EmcOptions options = test::small_options();
  options.symmetry = "m-3m";
  options.refine = Refinement::none;
  options.max_iterations = 30;
  test::Listener listener;
  const EmcResult result = test::reconstruct(source, options, 2, {}, listener);
  EXPECT_TRUE(listener.heard("starts again from noise within the group"));
  ASSERT_LT(result.state.begun + 1, result.state.history.size());
  // The annealing, too, begins again.
  EXPECT_LT(result.state.history[result.state.begun].beta, 0.05);
}

TEST(ReconstructEmc, HasItsGroupHoweverEarlyItEnds) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 100, 3000, 1, test::cube_intensity);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  EmcOptions options = test::small_options();
  options.symmetry = "m-3m";
  for (const std::size_t most : {1, 3}) {
    options.max_iterations = most;
    const EmcResult result = test::reconstruct(source, options);
    EXPECT_EQ(result.state.history.size(), most);
    EXPECT_FALSE(result.state.grows);
    const Cube& model = result.state.model;
    const std::size_t n = model.n, c = n / 2;
    for (std::size_t r = 1; r < c; ++r) {
      const float along_x = model.values[(c * n + c) * n + c + r];
      EXPECT_FLOAT_EQ(model.values[(c * n + c + r) * n + c], along_x);
      EXPECT_FLOAT_EQ(model.values[((c + r) * n + c) * n + c], along_x);
    }
  }
}

TEST(ReconstructEmc, SamplesAsFinelyAsTheFringesAsk) {
  const Folder folder;
  EmcOptions options = test::small_options();
  options.max_iterations = 1;
  options.spacing = Angle{0.2};
  const auto sampling = [&](double (*of)(const Vector3&), std::size_t pixels) {
    test::write_frames(folder / "f.h5", 150, 20000, 1, of, pixels);
    FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
    return test::reconstruct(source, options).voxels_per_pixel;
  };
  // The cube's diameter makes fringes of 13 pixels, faint ones, its edge such of 23. Of these, 8
  // voxels keep orientations (docs/theory/reconstruction.md); 16 of the former are of no use.
  const double sampled = sampling(test::small_cube_intensity, 121);
  EXPECT_GT(sampled, 8. / 23);
  EXPECT_LT(sampled, 16. / 13);
  // On small frames bins hold less than two pixels, and fringes cannot be told: the most there is.
  EXPECT_NEAR(sampling(test::small_cube_intensity, 33), 2, 0.1);
}

class ReconstructEmcIn : public testing::TestWithParam<const char*> {};

TEST_P(ReconstructEmcIn, NeitherThreadsNorInterruptionsMatter) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 200, 3000);
  EmcOptions options = test::small_options();
  options.symmetry = GetParam();
  options.max_iterations = 9;
  options.checkpoint_every_s = 0;
  const auto run = [&](int threads, const EmcOptions& o, Monitor& monitor = silent_monitor()) {
    FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
    return test::reconstruct(source, o, threads, folder / "c.h5", monitor);
  };
  test::Listener first;
  const EmcResult one = run(1, options, first);
  EXPECT_TRUE(first.heard(kLearningTheFringes));
  const EmcResult three = run(3, options);
  EXPECT_EQ(one.state.model.values, three.state.model.values);
  EmcOptions resumed = options;
  resumed.resume = true;  // from the checkpoint before the last iteration
  test::Listener listener;
  const EmcResult again = run(2, resumed, listener);
  // The checkpoint knows the size that the frames' fringes asked for.
  EXPECT_FALSE(listener.heard(kLearningTheFringes));
  EXPECT_EQ(one.state.model.values, again.state.model.values);
  EXPECT_EQ(one.state.history.size(), again.state.history.size());
  for (std::size_t d = 0; d < one.state.poses.size(); ++d) {
    ASSERT_EQ(one.state.poses[d].model_from_lab, again.state.poses[d].model_from_lab);
    ASSERT_EQ(one.state.poses[d].model_from_lab, three.state.poses[d].model_from_lab);
    ASSERT_EQ(one.state.poses[d].fluence, again.state.poses[d].fluence);
  }
  resumed.floor = 1;
  EXPECT_THROW(run(1, resumed), UsageError);
}

// In a group the first structure is part of the state.
INSTANTIATE_TEST_SUITE_P(Groups, ReconstructEmcIn, testing::Values("C1", "D2"));

TEST(ReconstructEmc, RefinesKnownPosesAndWritesThem) {
  const Folder folder;
  const test::SmallSet truth = test::write_frames(folder / "f.h5", 300, 4000);
  std::vector<Quaternion> known;
  for (std::size_t d = 0; d < truth.orientation.size(); ++d) {
    Random random(9, 0, d);
    known.push_back(normalized(
        from_axis_angle({random.normal(), random.normal(), random.normal()}, 4 * kDegree) *
        truth.orientation[d]));
  }
  write_poses(folder / "poses.h5", known);
  EmcOptions options = test::small_options();
  options.poses = folder / "poses.h5";
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const EmcResult result = test::reconstruct(source, options);
  // From 4 degrees, of which the first model already averages much.
  EXPECT_LT(errors(result, truth).median_rad, 2 * kDegree);

  const Model model = model_of(result);
  write_model(folder / "m.h5", model, {});
  const Model read = read_model(folder / "m.h5");
  EXPECT_EQ(read.intensity, model.intensity);
  EXPECT_EQ(read.half[1], model.half[1]);
  EXPECT_EQ(read.id, model.id);
  EXPECT_EQ(read.quaternion, model.quaternion);
  EXPECT_EQ(read.width_rad, model.width_rad);
  EXPECT_EQ(read.stop_reason, model.stop_reason);
  ASSERT_EQ(read.convergence.size(), model.convergence.size());
  EXPECT_EQ(read.convergence[3].values, model.convergence[3].values);
}

TEST(ReconstructEmc, EndsWithTheLastIterationWhateverStageIsNext) {
  const Folder folder;
  const test::SmallSet truth = test::write_frames(folder / "f.h5", 60, 3000);
  write_poses(folder / "poses.h5", truth.orientation);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  EmcOptions options = test::small_options();
  options.poses = folder / "poses.h5";
  const std::vector<EmcRecord> history = test::reconstruct(source, options).state.history;
  const auto look =
      std::ranges::find_if(history, [](const EmcRecord& r) { return r.spacing_rad > 0; });
  ASSERT_NE(look, history.end());
  // At the look around itself, and at the iteration that it follows.
  for (const std::ptrdiff_t more : {0, 1}) {
    options.max_iterations = std::size_t(look - history.begin() + more);
    EXPECT_EQ(test::reconstruct(source, options).state.history.size(), options.max_iterations);
  }
}

/// Part of the frames nearer to their true orientation than to its copy, after the alignment.
double part_in_place(const EmcResult& result, const test::SmallSet& truth) {
  std::vector<Quaternion> found;
  for (const FramePose& pose : result.state.poses) found.push_back(pose.model_from_lab);
  const PoseComparison poses =
      compare_poses(found, truth.orientation, point_group("C1"), BeamTwin::distinct, false);
  const auto near = std::ranges::count_if(poses.error_rad, [](double e) { return e < 0.35; });
  return double(near) / double(found.size());
}

TEST(ReconstructEmc, TellsCopiesOfANearlySymmetricParticleApart) {
  const Folder folder;
  const test::SmallSet truth =
      test::write_frames(folder / "f.h5", 400, 4000, 1, test::nearly_symmetric_intensity);
  // Known orientations, half of them those of the other copy: a mixture that no small step leaves.
  std::vector<Quaternion> mixed = truth.orientation;
  const Quaternion half_turn = from_axis_angle({0, 0, 1}, std::numbers::pi);
  for (std::size_t d = 0; d < mixed.size(); ++d)
    if (Random(4, 0, d).uniform() < 0.5) mixed[d] = half_turn * mixed[d];
  write_poses(folder / "poses.h5", mixed);
  EmcOptions options = test::small_options();
  options.poses = folder / "poses.h5";
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const EmcResult result = test::reconstruct(source, options);
  EXPECT_GT(part_in_place(result, truth), 0.95);
}

TEST(Symmetrise, LeavesWhatIsSymmetricAndMakesItSo) {
  constexpr std::size_t kSize = 9;
  const PointGroup laue = laue_class(point_group("D2"));
  std::vector<double> cube;
  for (std::size_t v = 0; v < kSize * kSize * kSize; ++v) cube.push_back(Random(4, 0, v).uniform());
  symmetrise(cube, kSize, laue, 2);
  const std::vector<double> once = cube;
  for (std::size_t k = 0; k < kSize; ++k)
    for (std::size_t j = 0; j < kSize; ++j)
      for (std::size_t i = 0; i < kSize; ++i) {
        const auto at = [&](std::size_t x, std::size_t y, std::size_t z) {
          return cube[(z * kSize + y) * kSize + x];
        };
        const std::size_t l = kSize - 1;
        EXPECT_NEAR(at(i, j, k), at(l - i, j, k), 1e-12);
        EXPECT_NEAR(at(i, j, k), at(i, l - j, k), 1e-12);
      }
  symmetrise(cube, kSize, laue, 1);
  for (std::size_t v = 0; v < cube.size(); ++v) EXPECT_NEAR(cube[v], once[v], 1e-12);
}

}  // namespace
}  // namespace spi
