// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/vae.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libspi/base/error.h"
#include "libspi/volume/fsc.h"
#include "tests/unit/vae/small_world.h"

namespace spi::vae {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSize = 15;

VaeOptions small_options(std::size_t epochs) {
  VaeOptions options;
  options.size = kSize;
  options.channels = 8;
  options.kl_weight = 3;
  options.model_error = 0.1;
  options.training.epochs = epochs;
  return options;
}

/// Stops a run after so many reports.
class Stopper : public Monitor {
 public:
  explicit Stopper(int after) : left_(after) {}
  void message(Severity, const std::string&) override {}
  void begin(std::string_view task, std::uint64_t) override { training_ = task == "training"; }
  void advance(std::uint64_t) override { left_ -= training_; }
  void end() override { training_ = false; }
  bool cancelled() const override { return left_ < 0; }

 private:
  int left_;
  bool training_ = false;
};

/// A continuum learned from noisy patterns: the latent follows it, and decoded volumes are its
/// volumes.
class Learning : public testing::TestWithParam<const char*> {};

TEST_P(Learning, FindsTheContinuumAndItsVolumes) {
  const SmallWorld world(GetParam(), kSize, 200, 100);
  learn::History history;
  const Vae vae = train(world.set, small_options(30), {}, 2, history, silent_monitor());
  const std::vector<double> z = vae.training_latents().coordinate(0);
  EXPECT_GT(std::abs(correlation(z, world.t)), 0.95);

  for (const double t : {0.15, 0.85}) {
    double mean = 0, weight = 0;
    for (std::size_t n = 0; n < z.size(); ++n) {
      const double w = std::exp(-std::pow((world.t[n] - t) / 0.05, 2) / 2);
      mean += w * z[n];
      weight += w;
    }
    const auto found = vae.decode(std::vector{mean / weight}, 1);
    const auto truth = world.slicer.symmetrised_cube(world.box(t), 1);
    const auto correlation = shell_correlation(found, truth, kSize, ShellMean::removed);
    // Shells 3 to 6 hold hundreds of voxels each; with noise alone they would be below 0.2.
    for (std::size_t s = 3; s < kSize / 2; ++s) EXPECT_GT(correlation[s], 0.8) << t << " " << s;
  }
}

INSTANTIATE_TEST_SUITE_P(Groups, Learning, testing::Values("C1", "D3"));

TEST(Vae, IsTheSameOnAnyThreadsAndAfterAStop) {
  const SmallWorld world("Oh", kSize, 60, 40);
  learn::History history;
  const Vae one = train(world.set, small_options(3), {}, 1, history, silent_monitor());
  const Vae three = train(world.set, small_options(3), {}, 3, history, silent_monitor());
  EXPECT_EQ(one.training_latents().mean, three.training_latents().mean);

  const fs::path checkpoint = fs::path(testing::TempDir()) / "vae.checkpoint";
  learn::Run run{.checkpoint = checkpoint, .setting = "the same"};
  for (const int stop : {8, 15}) {  // of 18 steps; from the 13th on the decoder alone learns
    fs::remove(checkpoint);
    run.resume = false;
    Stopper stopper(stop);
    EXPECT_THROW(train(world.set, small_options(3), run, 1, history, stopper), Cancelled);
    ASSERT_TRUE(fs::exists(checkpoint));
    run.resume = true;
    const Vae resumed = train(world.set, small_options(3), run, 1, history, silent_monitor());
    EXPECT_EQ(one.training_latents().mean, resumed.training_latents().mean) << stop;
    EXPECT_EQ(one.decode(std::vector{0.5}, 1), resumed.decode(std::vector{0.5}, 1)) << stop;
  }
  run.setting = "another";
  EXPECT_THROW(train(world.set, small_options(3), run, 1, history, silent_monitor()), UserError);
}

TEST(Vae, IsReadAsWritten) {
  const SmallWorld world("D3", kSize, 30, 40);
  learn::History history;
  const Vae vae = train(world.set, small_options(1), {}, 1, history, silent_monitor());
  const fs::path path = fs::path(testing::TempDir()) / "vae.pt";
  vae.save(path, {});
  const Vae back = Vae::load(path);
  EXPECT_EQ(vae.decode(std::vector{0.3}, 1), back.decode(std::vector{0.3}, 2));
  EXPECT_EQ(vae.encode(world.set, 1, silent_monitor()).mean,
            back.encode(world.set, 3, silent_monitor()).mean);
  EXPECT_EQ(back.training_latents().id, world.set.id);

  fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_THROW(Vae::load(path), UserError);
}

TEST(Vae, NeedsPatternsAndDimensions) {
  learn::History history;
  EXPECT_THROW(
      train(SmallWorld("C1", kSize, 5, 10).set, small_options(1), {}, 1, history, silent_monitor()),
      UserError);
  VaeOptions options = small_options(1);
  options.latent_dim = 0;
  EXPECT_THROW(
      train(SmallWorld("C1", kSize, 20, 10).set, options, {}, 1, history, silent_monitor()),
      UserError);
}

}  // namespace
}  // namespace spi::vae
