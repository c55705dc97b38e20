// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>
#include <thread>

#include "libspi/base/error.h"
#include "libspi/emc/pose_comparison.h"
#include "libspi/online/reconstruct_online.h"
#include "libspi/volume/fsc.h"
#include "small_particle.h"
#include "tests/growing/writer_process.h"

namespace spi {
namespace {

namespace fs = std::filesystem;
using test::Folder;

constexpr double kDegree = std::numbers::pi / 180;

OnlineOptions small_options() {
  OnlineOptions options;
  options.emc = test::small_options();
  options.emc.checkpoint_every_s = 0;
  options.first = 400;
  options.batch = 100;
  options.poll_s = 0.02;
  options.write_every_s = 1e6;
  options.stop_when_idle_s = 0.1;
  return options;
}

/// Asks to stop when it has heard so many lines of progress or messages.
class Impatient final : public Monitor {
 public:
  explicit Impatient(int patience = 1 << 30) : patience_(patience) {}
  void message(Severity, const std::string& text) override { heard.push_back(text), ++count_; }
  void begin(std::string_view, std::uint64_t) override { ++count_; }
  void advance(std::uint64_t) override { ++count_; }
  void end() override {}
  bool cancelled() const override { return count_ >= patience_; }
  int count() const { return count_; }
  bool said(const std::string& what) const {
    return std::ranges::any_of(
        heard, [&](const std::string& text) { return text.find(what) != text.npos; });
  }

  std::vector<std::string> heard;

 private:
  int patience_, count_ = 0;
};

struct Outcome {
  Model model;  ///< the last one written
  int models = 0;
  bool stopped = false;  ///< by the monitor
};

Outcome run(const fs::path& input, const OnlineOptions& options, const fs::path& state,
            Monitor& monitor = silent_monitor(), int threads = 2) {
  Outcome outcome;
  try {
    FrameQueue queue({input}, {}, {}, monitor);
    reconstruct_online(queue, options, state, 42, threads, monitor, [&](const Model& model) {
      outcome.model = model;
      ++outcome.models;
    });
  } catch (const Cancelled&) {
    outcome.stopped = true;
  }
  return outcome;
}

std::vector<std::uint64_t> all_ids(std::size_t frames) {
  std::vector<std::uint64_t> ids(frames);
  std::iota(ids.begin(), ids.end(), std::uint64_t{100});
  return ids;
}

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.quaternion, b.quaternion);
  EXPECT_EQ(a.fluence, b.fluence);
  EXPECT_EQ(a.intensity, b.intensity);
  EXPECT_EQ(a.half[1], b.half[1]);
  ASSERT_EQ(a.convergence.size(), b.convergence.size());
  EXPECT_EQ(a.convergence[1].values, b.convergence[1].values);
}

PoseComparison poses_of(const Model& model, const test::SmallSet& truth) {
  std::vector<Quaternion> found, real;
  for (std::size_t d = 0; d < model.id.size(); ++d) {
    const QuaternionRow& q = model.quaternion[d];
    found.push_back({q[0], q[1], q[2], q[3]});
    real.push_back(truth.orientation[model.id[d] - 100]);
  }
  return compare_poses(found, real, point_group("C1"), BeamTwin::same, false);
}

double median_error(const Model& model, const test::SmallSet& truth) {
  return poses_of(model, truth).median_rad;
}

/// Mean over the shells of the correlation with the particle's intensities.
double likeness(std::vector<float> intensity, const Model& model, const test::SmallSet& truth) {
  const std::size_t n = model.size;
  const Matrix3 truth_from_model = to_matrix(conjugate(poses_of(model, truth).model_from_truth));
  std::vector<float> real(n * n * n);
  const double centre = double(n / 2);
  for (std::size_t v = 0; v < real.size(); ++v) {
    Vector3 q{double(v % n) - centre, double(v / n % n) - centre, double(v / (n * n)) - centre};
    for (double& x : q) x *= model.q_per_voxel;
    real[v] = float(test::intensity(rotate(truth_from_model, q)));
    if (intensity[v] == 0) intensity[v] = std::nanf("");
  }
  const auto curve = shell_curve(intensity, real, n, 1, ShellMean::removed).correlation;
  return std::reduce(curve.begin() + 6, curve.end() - 4) / double(curve.size() - 10);
}

/// A VolumeEmc of some frames of a set, at a model whose poses are known.
struct Emc {
  FrameSource source;
  FrameStore store;
  PointGroup laue = laue_class(point_group("C1"));
  EmcSetting setting;
  VolumeEmc emc;

  Emc(FrameBlock frames, const Detector& detector, const PolarBinning& binning,
      const RadialMean& mean, const EmcOptions& options)
      : source(std::move(frames), detector, silent_monitor()),
        store(source, binning, mean, survey(source, binning)),
        setting{store, laue, 1.8, 75, 8 * kDegree, 1, kLargestSum},
        emc(setting, options, 2, silent_monitor()) {}

  static Survey survey(FrameSource& source, const PolarBinning& binning) {
    return survey_frames(source, binning, 100, silent_monitor());
  }
};

TEST(Place, AddsUpToTheMStepOfEmc) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 96, 4000);
  const auto reader = open_frames({folder / "f.h5"});
  const Detector detector = *reader->detector();
  const EmcOptions options = test::small_options();
  const PolarBinning binning(detector, emc_binning(options, detector));
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  const Survey survey = survey_frames(source, binning, 100, silent_monitor());
  const RadialMean mean(binning, detector.correction, survey.total, survey.used);
  const auto made = [&](std::size_t first, std::size_t n) {
    return std::make_unique<Emc>(reader->read(first, n), detector, binning, mean, options);
  };
  for (const auto stage : {EmcState::Stage::grid, EmcState::Stage::local}) {
    const auto whole = made(0, 96);
    whole->emc.start();
    EmcState state = whole->emc.state();
    state.stage = stage;
    // so many iterations behind it that beta is 1 and the grid the finest
    state.history.assign(200, {.beta = 1, .spacing_rad = whole->setting.spacing_rad});
    whole->emc.resume(state);
    const auto placed = whole->emc.place(false);
    VolumeEmc::Sums sums{VoxelSums(75, kLargestSum), VoxelSums(75, kLargestSum)};
    for (std::size_t first = 0; first < 96; first += 32) {
      const auto part = made(first, 32);
      EmcState same = state;
      same.poses.resize(32);
      part->emc.resume(same);
      const auto more = part->emc.place(false);
      for (int half = 0; half < 2; ++half) sums[half].add((*more.sums)[half]);
    }
    if (stage == EmcState::Stage::local) {  // frame by frame: whole numbers add up exactly
      for (int half = 0; half < 2; ++half)
        EXPECT_EQ(sums[half].quanta(), (*placed.sums)[half].quanta());
    }
    whole->emc.update_model(sums);
    const Cube renewed = whole->emc.state().model;
    if (stage == EmcState::Stage::local) continue;  // EMC climbs otherwise there
    whole->emc.resume(state);
    whole->emc.iterate();
    // Views are summed in single precision, in other tiles; where the autocorrelation is cut is
    // read off a correlation between whole shells, which such rounding can move by one.
    double error = 0, square = 0;
    for (std::size_t v = 0; v < renewed.values.size(); ++v) {
      const double difference = renewed.values[v] - whole->emc.state().model.values[v];
      error += difference * difference;
      square += renewed.values[v] * renewed.values[v];
    }
    EXPECT_LT(std::sqrt(error / square), 0.01);
  }
}

TEST(ReconstructOnline, PlacesFramesThatAWriterAppends) {
  const Folder folder;
  const test::SmallSet truth = test::write_frames(folder / "all.h5", 1000, 4000);
  test::WriterProcess writer(folder / "g.h5", folder / "all.h5");
  writer.append(0, 250);
  OnlineOptions options = small_options();
  options.stop_when_idle_s = 1.5;
  std::thread life([&] {  // appends while others read, and dies with 30 frames to come
    for (std::size_t at = 250; at < 970; at += 40) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      writer.append(at, 40);
    }
    writer.kill();
  });
  const Outcome outcome = run(folder / "g.h5", options, folder / "s/online.h5");
  life.join();
  EXPECT_EQ(outcome.model.id, all_ids(970));
  EXPECT_EQ(outcome.model.stop_reason, "no new frame for 1.5 seconds");
  // As well as EMC does (FindsAParticleFromNoise), whose bound this is.
  EXPECT_LT(median_error(outcome.model, truth), 2 * kDegree);
}

TEST(ReconstructOnline, NeitherThreadsNorInterruptionsMatter) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 730, 3000);
  fs::last_write_time(folder / "f.h5", fs::file_time_type::clock::now() - std::chrono::minutes(1));
  OnlineOptions options = small_options();
  options.first = 300;
  options.emc.max_iterations = 20;
  Impatient patient;
  const Outcome whole = run(folder / "f.h5", options, folder / "whole/online.h5", patient);
  EXPECT_FALSE(whole.stopped);
  EXPECT_EQ(whole.model.id, all_ids(730));
  options.emc.resume = true;
  for (const double part : {0.2, 0.5, 0.85, 0.95}) {
    const fs::path state = folder / text_of("part", part) / "online.h5";
    Impatient impatient(int(part * patient.count()));
    EXPECT_TRUE(run(folder / "f.h5", options, state, impatient).stopped);
    Impatient again(int(part * patient.count()) / 2);  // it may be stopped twice
    run(folder / "f.h5", options, state, again);
    const Outcome resumed = run(folder / "f.h5", options, state, silent_monitor(), 3);
    expect_same(resumed.model, whole.model);
  }
  options.batch = 50;
  EXPECT_THROW(run(folder / "f.h5", options, folder / "whole/online.h5"), UsageError);
}

TEST(ReconstructOnline, KilledAtAnyTimeItCountsEachFrameOnce) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 700, 3000);
  test::WriterProcess writer(folder / "g.h5", folder / "all.h5");
  writer.append(0, 300);
  OnlineOptions options = small_options();
  options.first = 300;
  options.batch = 50;
  options.emc.max_iterations = 16;
  options.emc.resume = true;
  options.stop_when_idle_s.reset();
  const fs::path state = folder / "s/online.h5";
  const auto placed = [&]() -> std::ptrdiff_t {  // so far; -1: the first model is not begun
    const auto saved = load_online(state, setting_of(options, 42));
    return saved ? std::ptrdiff_t(saved->placed.id.size()) : -1;
  };
  std::size_t written = 300;
  for (const std::ptrdiff_t when : {0, 300, 400, 550}) {
    const pid_t child = fork();
    if (child == 0) {
      run(folder / "g.h5", options, state, silent_monitor(), 1);
      _exit(0);
    }
    writer.append(written, 100);
    written += 100;
    for (int n = 0; n < 6000 && placed() < when; ++n) usleep(20000);
    usleep(100000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  options.stop_when_idle_s = 0.1;
  const Outcome killed = run(folder / "g.h5", options, state);
  EXPECT_EQ(killed.model.id, all_ids(700));
  expect_same(killed.model, run(folder / "g.h5", options, folder / "t/online.h5").model);
}

TEST(ReconstructOnline, GoesOnFromItsSumsOnTheGridAsIfUnbroken) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 350, 3000);
  test::WriterProcess writer(folder / "g.h5", folder / "all.h5");
  OnlineOptions options = small_options();
  options.first = 150;
  options.batch = 25;
  options.emc.polar.angles = 32;
  options.emc.polar.r_max = 12;
  options.emc.max_iterations = 6;
  options.emc.refine = Refinement::none;
  options.emc.resume = true;
  writer.append(0, 150);
  run(folder / "g.h5", options, folder / "s/online.h5");
  for (std::size_t written = 150; written < 350; written += 25) {
    writer.append(written, 25);
    run(folder / "g.h5", options, folder / "s/online.h5");
  }
  const Outcome broken = run(folder / "g.h5", options, folder / "s/online.h5");
  EXPECT_EQ(broken.model.id, all_ids(350));
  expect_same(broken.model, run(folder / "g.h5", options, folder / "t/online.h5").model);
}

/// Frames are placed at β = 1, where nothing smooths: what lies beyond the particle's size is cut.
TEST(OnlineEmc, CutsNoiseOnTheGrid) {
  const Folder folder;
  const test::SmallSet truth = test::write_frames(folder / "f.h5", 300, 3000);
  const auto reader = open_frames({folder / "f.h5"});
  OnlineOptions options = small_options();
  options.emc.refine = Refinement::none;
  options.emc.max_iterations = 30;
  OnlineEmc emc(options, 42, 2, silent_monitor());
  emc.begin(reader->read(0, 200), *reader->detector(), {});
  emc.place(reader->read(200, 100));

  const OnlineSetting& s = emc.state().setting;
  ASSERT_EQ(s.stage, EmcState::Stage::grid);
  PolarBinning binning(s.detector, emc_binning(options.emc, s.detector));
  binning.exclude(s.excluded);
  const RadialMean mean(binning, s.detector.correction, s.total, s.frames);
  FrameSource source({folder / "f.h5"}, {}, {}, silent_monitor());
  FrameStore store(source, binning, mean, survey_frames(source, binning, 100, silent_monitor()));
  const EmcSetting setting{
      store,      laue_class(point_group("C1")), s.voxels_per_pixel, s.size, s.spacing_rad, 42,
      kLargestSum};
  const auto intensity = [&](double beta) {
    VolumeEmc definition(setting, options.emc, 2, silent_monitor());
    definition.start(Cube(s.size, 1));
    definition.update_model(*emc.state().sums, beta);
    return volume_model(definition.state(), point_group("C1"), s.detector, mean, s.voxels_per_pixel)
        .intensity;
  };
  const Model model = emc.model();
  EXPECT_EQ(model.intensity, intensity(1));
  // The M step of an annealing that is not over keeps the noise.
  EXPECT_GT(likeness(model.intensity, model, truth), likeness(intensity(0.9), model, truth) + 0.02);
}

TEST(ReconstructOnline, StopsWhenItIsTold) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 500, 3000);
  fs::last_write_time(folder / "f.h5", fs::file_time_type::clock::now() - std::chrono::minutes(1));
  OnlineOptions options = small_options();
  options.first = 200;
  options.emc.max_iterations = 8;
  options.max_frames = 350;
  const Outcome most = run(folder / "f.h5", options, folder / "a/online.h5");
  EXPECT_EQ(most.model.id, all_ids(350));
  EXPECT_NE(most.model.stop_reason.find("--max-frames 350"), std::string::npos);
  EXPECT_EQ(most.models, 2);  // the first and the last
  options.max_frames.reset();
  options.emc.resume = true;
  options.stop_file = folder / "stop";
  std::ofstream(folder / "stop").close();
  const Outcome told = run(folder / "f.h5", options, folder / "a/online.h5");
  EXPECT_EQ(told.model.id, all_ids(350));
  EXPECT_NE(told.model.stop_reason.find("stop"), std::string::npos);
  fs::remove(folder / "stop");
  EXPECT_EQ(run(folder / "f.h5", options, folder / "a/online.h5").model.id, all_ids(500));
  // Nothing ever came.
  fs::create_directory(folder / "empty");
  EXPECT_THROW(run(folder / "empty", options, folder / "b/online.h5"), UserError);
}

TEST(ReconstructOnline, LeavesOutFramesThatItHasSeenAndWhatIsNoFrame) {
  const Folder folder;
  const fs::path in = folder / "in";
  fs::create_directory(in);
  test::write_frames(in / "a.h5", 300, 3000);
  fs::copy_file(in / "a.h5", in / "copy.h5");
  fs::copy_file(in / "a.h5", in / "cut.h5");
  fs::resize_file(in / "cut.h5", fs::file_size(in / "cut.h5") / 2);
  OnlineOptions options = small_options();
  options.first = 200;
  options.emc.max_iterations = 8;
  Impatient heard;
  const Outcome outcome = run(in, options, folder / "s/online.h5", heard);
  EXPECT_EQ(outcome.model.id, all_ids(300));
  EXPECT_TRUE(heard.said("placed 300 of 600 frames, 300 duplicate id, left out 1 files"));
}

TEST(ReconstructOnline, OldFramesFade) {
  const Folder folder;
  test::write_frames(folder / "f.h5", 600, 3000);
  fs::last_write_time(folder / "f.h5", fs::file_time_type::clock::now() - std::chrono::minutes(1));
  OnlineOptions options = small_options();
  options.first = options.batch = 200;
  options.emc.max_iterations = 8;
  const auto seen = [&](std::optional<double> memory) {
    options.memory = memory;
    const Model model =
        run(folder / "f.h5", options, folder / text_of(memory.value_or(0)) / "online.h5").model;
    return std::accumulate(model.exposure.begin(), model.exposure.end(), 0.0);
  };
  // Batches of about the same exposure, of weights 1, 1, 1; 1/3, 2/3, 1; 1/16, 1/4, 1.
  const double all = seen(1e18);
  EXPECT_NEAR(seen(std::nullopt) / all, 2. / 3, 0.03);
  EXPECT_NEAR(seen(100) / all, (1 + 1. / 4 + 1. / 16) / 3, 0.03);
}

TEST(OnlineOptions, Contradict) {
  OnlineOptions options = small_options();
  options.max_frames = 300;
  EXPECT_THROW(OnlineEmc(options, 1, 1, silent_monitor()), UsageError);
}

}  // namespace
}  // namespace spi
