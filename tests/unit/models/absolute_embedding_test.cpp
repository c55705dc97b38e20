// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "libspi/base/random.h"
#include "libspi/io/hdf5.h"
#include "models/absolute_embedding/apply.h"
#include "models/absolute_embedding/train.h"
#include "tests/unit/commonline/memory_stack.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSize = 49;

/// A pattern of a family with two parameters, turned at random, with photon noise.
std::vector<float> draw(double fringe, double contrast, std::uint64_t id) {
  Random random(11, 1, id);
  const double turn = 6.3 * random.uniform();
  std::vector<float> image;
  for (std::size_t y = 0; y < kSize; ++y)
    for (std::size_t x = 0; x < kSize; ++x) {
      const double dx = double(x) - 24, dy = double(y) - 24, r = std::hypot(dx, dy);
      const double angle = std::atan2(dy, dx) - turn;
      const double rate = 300 * std::exp(-r / 12) *
                          (1.2 + std::cos(r / (2 + fringe)) + 0.5 * contrast * std::cos(4 * angle));
      image.push_back(float(random.poisson(std::max(0., rate))));
    }
  return image;
}

struct Family {
  MemoryStack stack{kSize, kSize, true};
  Coordinates landscape;
};

/// Patterns whose coordinates are the parameters themselves, scaled.
Family make_family(std::size_t count, std::uint64_t first_id) {
  Family family;
  family.landscape = {.rows = count, .components = 2, .id = {}, .values = {}, .map = {}};
  for (std::size_t i = 0; i < count; ++i) {
    Random random(12, 1, first_id + i);
    const double fringe = random.uniform(), contrast = random.uniform();
    family.stack.add(draw(fringe, contrast, first_id + i));
    family.landscape.values.insert(family.landscape.values.end(), {30 * fringe, contrast - 4});
    family.landscape.id.push_back(i);
  }
  family.stack.mutable_info().centre = {24., 24.};
  return family;
}

AbsoluteEmbeddingOptions small_options() {
  AbsoluteEmbeddingOptions options;
  options.components = 2;
  options.hidden = {32, 16};
  options.ensemble = 3;
  options.features.band_limit = 0.12;
  options.features.r_min = 4;
  options.training.epochs = 60;
  return options;
}

class Models : public testing::Test {
 protected:
  fs::path at(const char* name) const { return folder_ / name; }

 private:
  const test::Folder folder_;
};

TrainedEmbedding train(Family& family, int threads, Monitor& monitor = silent_monitor(),
                       const fs::path& checkpoint = {}, bool resume = false) {
  EmbeddingRun run;
  run.threads = threads;
  run.checkpoint = checkpoint;
  run.resume = resume;
  return train_embedding(family.stack, family.landscape, {}, small_options(), run, monitor);
}

TEST_F(Models, LearnPlaceAndKnowWhatIsForeign) {
  Family family = make_family(240, 0);
  const TrainedEmbedding trained = train(family, 2);
  for (const double r2 : trained.quality.r2) EXPECT_GT(r2, 0.9);
  EXPECT_EQ(trained.quality.rows, 48u);

  Family others = make_family(100, 5000);
  const Embedding placed = apply_embedding(others.stack, trained.model, 2, silent_monitor());
  std::vector<std::size_t> rows;
  for (std::size_t k = 0; k < 100; ++k) rows.push_back(k);
  const RegressionQuality quality =
      regression_quality(others.landscape, placed.values, rows, trained.quality.variance);
  for (const double r2 : quality.r2) EXPECT_GT(r2, 0.9);
  // The calibration promises 1 in 100; ten or more of a hundred would be 9 deviations away.
  EXPECT_LT(std::ranges::count(placed.outside, 1), 10);

  MemoryStack foreign(kSize, kSize, true);
  for (std::uint64_t k = 0; k < 20; ++k) foreign.add(draw(-1.2, 3, k));
  foreign.mutable_info().centre = {24., 24.};
  const Embedding strange = apply_embedding(foreign, trained.model, 2, silent_monitor());
  EXPECT_EQ(std::ranges::count(strange.outside, 1), 20);
}

TEST_F(Models, AreTheSameForAnyNumberOfThreads) {
  Family family = make_family(60, 0);
  const TrainedEmbedding one = train(family, 1), four = train(family, 4);
  EXPECT_EQ(one.model.predicted, four.model.predicted);
  EXPECT_EQ(one.model.novelty.quantile(), four.model.novelty.quantile());
}

/// Asks to stop during the training.
class Stopper final : public Monitor {
 public:
  void message(Severity, const std::string&) override {}
  void begin(std::string_view task, std::uint64_t) override { training_ = task == "training"; }
  void advance(std::uint64_t) override {
    if (training_) ++steps_;
  }
  void end() override {}
  bool cancelled() const override { return steps_ > 40; }

 private:
  std::atomic<bool> training_ = false;
  std::atomic<int> steps_ = 0;
};

TEST_F(Models, GoOnAsIfTheyHadNeverStopped) {
  Family family = make_family(60, 0);
  const TrainedEmbedding whole = train(family, 1);
  Stopper stopper;
  EXPECT_THROW(train(family, 2, stopper, at("state")), Cancelled);
  EXPECT_TRUE(fs::exists(at("state") / "member-0.h5"));
  const TrainedEmbedding rest = train(family, 2, silent_monitor(), at("state"), true);
  EXPECT_EQ(rest.model.predicted, whole.model.predicted);
}

TEST_F(Models, ReadBackAsTheyWereWritten) {
  Family family = make_family(60, 0);
  const TrainedEmbedding trained = train(family, 2);
  write_embedding_model(at("embed.pt"), trained.model, {});
  const AbsoluteEmbedding read = read_embedding_model(at("embed.pt"));
  const Embedding a = apply_embedding(family.stack, trained.model, 1, silent_monitor());
  const Embedding b = apply_embedding(family.stack, read, 1, silent_monitor());
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.error, b.error);
  EXPECT_EQ(a.distance, b.distance);
  EXPECT_EQ(read.predicted, trained.model.predicted);
  EXPECT_EQ(read.held_out, trained.model.held_out);
  EXPECT_EQ(read.landscape.values, family.landscape.values);
}

TEST_F(Models, DamagedFilesAreNamed) {
  Family family = make_family(40, 0);
  write_embedding_model(at("embed.pt"), train(family, 2).model, {});
  const auto read = [&] { read_embedding_model(at("embed.pt")); };
  EXPECT_NO_THROW(read());
  const auto expect = [&](const char* word) { test::expect_error(read, {word, "embed.pt"}); };
  fs::resize_file(at("embed.pt"), fs::file_size(at("embed.pt")) * 2 / 3);
  expect("truncated");
  std::ofstream(at("embed.pt")) << "PK\x03\x04 an archive of another program";
  expect("not a model");
  h5::File file = h5::File::create(at("embed.pt"));
  file.set_attribute("/", "format", std::string("spi-absolute-embedding"));
  file.set_attribute("/", "format_version", std::int64_t{2});
  file.close();
  expect("newer");
  fs::remove(at("embed.pt"));
  expect("no file");
}

TEST_F(Models, SettingsThatDoNotFitAreRefused) {
  Family family = make_family(40, 0);
  AbsoluteEmbedding model = train(family, 2).model;
  model.target_deviation.pop_back();
  write_embedding_model(at("embed.pt"), model, {});
  test::expect_error([&] { read_embedding_model(at("embed.pt")); }, {"embed.pt", "damaged"});
}

TEST(Quality, SaysWhichPatternsItIsOf) {
  Family family = make_family(40, 0);
  AbsoluteEmbeddingOptions options = small_options();
  options.training.epochs = 2;
  options.training.validation = 0;
  const TrainedEmbedding trained =
      train_embedding(family.stack, family.landscape, {}, options, {}, silent_monitor());
  EXPECT_NE(quality_text(trained.quality).find("on 40 training patterns"), std::string::npos);
}

TEST(Quality, IsTheShareOfVarianceExplained) {
  const Coordinates truth{
      .rows = 4, .components = 1, .id = {0, 1, 2, 3}, .values = {1, 2, 3, 4}, .map = {}};
  const RegressionQuality quality = regression_quality(truth, {1, 2, 3, 5}, {0, 1, 2, 3}, {1.25});
  EXPECT_DOUBLE_EQ(quality.squared_error[0], 0.25);
  EXPECT_DOUBLE_EQ(quality.r2[0], 1 - 1 / 5.);
}

}  // namespace
}  // namespace spi
