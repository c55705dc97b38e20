// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "libspi/base/device.h"
#include "libspi/learn/adam.h"
#include "libspi/learn/keys.h"
#include "libspi/learn/runtime.h"
#include "libspi/learn/training_state.h"
#include "stopper.h"
#include "tests/unit/folder.h"

namespace spi::learn {
namespace {

namespace fs = std::filesystem;
using test::Stopper;

/// Two layers; noise on the input, drawn by the step's generator.
class Toy : public torch::nn::Module, public Task {
 public:
  explicit Toy(std::uint64_t seed, double noise = 0.1) : noise_(noise) {
    in_ = register_parameter("in_weight", at::zeros({16, 4}));
    in_bias_ = register_parameter("in_bias", at::zeros({16}));
    out_ = register_parameter("out_weight", at::zeros({1, 16}));
    draw_weights(*this, seed);
    Random random(1, 1, 1);
    x_ = at::empty({200, 4});
    for (int k = 0; k < 800; ++k) x_.data_ptr<float>()[k] = float(random.normal());
    y_ = (x_.select(1, 0) * x_.select(1, 1) + 0.5 * x_.select(1, 2)).unsqueeze(1);
  }
  torch::nn::Module& module() override { return *this; }
  at::Tensor loss(std::span<const std::size_t> rows, const Step& step, Parts& parts) override {
    at::Tensor index = at::empty({std::int64_t(rows.size())}, at::kLong);
    std::copy(rows.begin(), rows.end(), index.data_ptr<std::int64_t>());
    at::Tensor x = x_.index_select(0, index);
    if (step.training) x = x + noise_ * at::empty_like(x).normal_(0, 1, step.generator);
    const at::Tensor y = at::linear(at::relu(at::linear(x, in_, in_bias_)), out_);
    at::Tensor loss = (y - y_.index_select(0, index)).square().mean();
    parts.emplace_back("error", loss.item<double>());
    if (step.training && poisoned_ && step.epoch == 2 && step.step == 1) loss = loss * NAN;
    return loss;
  }
  void poison(bool yes) { poisoned_ = yes; }

 private:
  at::Tensor in_, in_bias_, out_, x_, y_;
  double noise_;
  bool poisoned_ = false;
};

class Training : public testing::Test {
 protected:
  Training() { set_threads(1); }

  History train_toy(Toy& toy, Monitor& monitor = silent_monitor(), bool resume = false) {
    const learn::Run run{.seed = 3, .checkpoint = checkpoint(), .setting = "a", .resume = resume};
    Progress progress(monitor, "training", options_.epochs * steps_per_epoch(split_, options_));
    return train(toy, split_, options_, run, progress);
  }
  fs::path checkpoint() const { return folder_ / "state.h5"; }

  const test::Folder folder_;
  TrainingOptions options_{.epochs = 12, .batch_size = 32, .learning_rate = 0.01};
  Split split_ = split_rows(200, {}, 0.2, 9);
};

bool same(const Tensors& a, const Tensors& b) {
  for (std::size_t k = 0; k < a.size(); ++k)
    if (!a[k].second.equal(b[k].second)) return false;
  return a.size() == b.size();
}

TEST(Adam, FollowsItsDefinition) {
  class Two : public torch::nn::Module {
   public:
    Two() { w = register_parameter("w", at::full({1, 2}, 0.5)); }
    at::Tensor w;
  } module;
  Adam adam(module, 0.1);
  double w[2] = {0.5, 0.5}, first[2] = {}, second[2] = {};
  for (int step = 1; step <= 5; ++step) {
    module.w.mutable_grad() = at::tensor({0.3f * float(step), -2.f}).reshape({1, 2});
    const double gradient[2] = {0.3f * float(step), -2};
    adam.step(0.01);
    for (int k = 0; k < 2; ++k) {  // Kingma & Ba 2015, algorithm 1, decay as Loshchilov & Hutter
      first[k] = 0.9 * first[k] + 0.1 * gradient[k];
      second[k] = 0.999 * second[k] + 0.001 * gradient[k] * gradient[k];
      const double m = first[k] / (1 - std::pow(0.9, step));
      const double v = second[k] / (1 - std::pow(0.999, step));
      w[k] = w[k] * (1 - 0.01 * 0.1) - 0.01 * m / (std::sqrt(v) + 1e-8);
    }
    EXPECT_FALSE(module.w.grad().defined());
  }
  // Five updates in single precision.
  for (int k = 0; k < 2; ++k) EXPECT_NEAR(module.w[0][k].item<double>(), w[k], 1e-6);
}

TEST(Weights, DependOnTheSeedAlone) {
  Toy a(1), b(1), c(2);
  EXPECT_TRUE(same(tensors_of(a), tensors_of(b)));
  EXPECT_FALSE(same(tensors_of(a), tensors_of(c)));
  const at::Tensor in = tensors_of(a)[0].second;  // fan-in 4: within √(6/4), variance 2/4
  EXPECT_LE(in.abs().max().item<double>(), std::sqrt(1.5));
  // 64 uniform numbers: the variance of their variance gives a deviation of 11 %; four of them.
  EXPECT_NEAR(in.square().mean().item<double>(), 0.5, 4 * 0.11 * 0.5);
}

TEST_F(Training, LearnsAndKeepsTheBestWeights) {
  Toy toy(1);
  options_.epochs = 60;
  Parts parts;
  const double before = evaluate(toy, split_.validation, 32, parts);
  const History history = train_toy(toy);
  const double after = evaluate(toy, split_.validation, 32, parts);
  EXPECT_LT(after, 0.3 * before);
  double best = INFINITY;
  for (const EpochRecord& epoch : history.epochs) best = std::min(best, epoch.validation);
  EXPECT_EQ(history.epochs[history.best_epoch - 1].validation, best);
  EXPECT_EQ(after, best);
  ASSERT_EQ(history.epochs[0].parts.size(), 1u);
  EXPECT_NEAR(history.epochs[0].parts[0].second, history.epochs[0].loss, 1e-9);
}

TEST_F(Training, StopsEarly) {
  Toy toy(1);
  options_ = {.epochs = 400, .batch_size = 8, .learning_rate = 0.03, .patience = 5};
  const History history = train_toy(toy);
  EXPECT_TRUE(history.stopped_early);
  EXPECT_EQ(history.epochs.size(), history.best_epoch + 5);
}

TEST_F(Training, GoesOnAsIfItHadNeverStopped) {
  Toy whole(1);
  const History expected = train_toy(whole);
  fs::remove(checkpoint());
  // 5 steps an epoch: stops within epochs 1 and 3, and at the end of epoch 4.
  bool resume = false;
  for (const int stop : {3, 9, 6}) {
    Toy part(77);  // other weights: all must come from the checkpoint
    if (!resume) draw_weights(part, 1);
    Stopper stopper(stop);
    EXPECT_THROW(train_toy(part, stopper, resume), Cancelled);
    resume = true;
  }
  Toy rest(78);
  const History history = train_toy(rest, silent_monitor(), true);
  EXPECT_TRUE(same(tensors_of(rest), tensors_of(whole)));
  ASSERT_EQ(history.epochs.size(), expected.epochs.size());
  for (std::size_t k = 0; k < history.epochs.size(); ++k) {
    EXPECT_EQ(history.epochs[k].loss, expected.epochs[k].loss);
    EXPECT_EQ(history.epochs[k].validation, expected.epochs[k].validation);
  }
}

TEST_F(Training, NamesTheStepWhereTheLossIsNotFinite) {
  Toy toy(1);
  toy.poison(true);
  try {
    train_toy(toy);
    FAIL() << "no error";
  } catch (const UserError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("step 2 of epoch 3"), text.npos) << text;
    EXPECT_NE(text.find("--learning-rate"), text.npos) << text;
    EXPECT_NE(text.find(checkpoint().string()), text.npos) << text;
  }
  // The checkpoint is the state after epoch 2.
  Toy again(5), whole(1);
  const History rest = train_toy(again, silent_monitor(), true);
  fs::remove(checkpoint());
  train_toy(whole);
  EXPECT_EQ(rest.epochs.size(), options_.epochs);
  EXPECT_TRUE(same(tensors_of(again), tensors_of(whole)));
}

TEST_F(Training, RefusesCheckpointsThatDoNotFit) {
  Toy toy(1);
  train_toy(toy);
  const learn::Run other{.seed = 3, .checkpoint = checkpoint(), .setting = "b", .resume = true};
  Progress progress(silent_monitor(), "", 1);
  EXPECT_THROW(train(toy, split_, options_, other, progress), UsageError);

  const auto load = [&] { load_training(checkpoint(), "a"); };
  EXPECT_NO_THROW(load());
  fs::resize_file(checkpoint(), fs::file_size(checkpoint()) / 2);
  test::expect_error(load, {checkpoint().string()});
  std::ofstream(checkpoint()) << "PK not HDF5";
  test::expect_error(load, {checkpoint().string()});
  auto file = h5::File::create(checkpoint());
  file.set_attribute("/", "format", std::string("spi-training"));
  file.set_attribute("/", "format_version", std::int64_t{99});
  file.close();
  test::expect_error(load, {"newer"});
}

TEST_F(Training, LogsALineAnEpoch) {
  TrainingLog log(folder_ / "log.jsonl");
  Toy toy(1);
  const learn::Run run{.seed = 3, .log = &log};
  Progress progress(silent_monitor(), "", 1);
  train(toy, split_, options_, run, progress);
  std::ifstream file(folder_ / "log.jsonl");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines)
    EXPECT_NE(line.find("\"epoch\":" + std::to_string(lines + 1) + ","), line.npos) << line;
  EXPECT_EQ(lines, options_.epochs);
}

// LibTorch and the BLAS add in another order on more threads: the same but for rounding, which
// twelve epochs of this small network let grow to less than a thousandth.
TEST_F(Training, IsNearlyTheSameOnMoreThreads) {
  Toy one(1), four(1);
  train_toy(one);
  fs::remove(checkpoint());
  set_threads(4);
  train_toy(four);
  set_threads(1);
  const Tensors a = tensors_of(one), b = tensors_of(four);
  for (std::size_t k = 0; k < a.size(); ++k)
    EXPECT_LT((a[k].second - b[k].second).abs().max().item<double>(), 1e-3);
}

TEST(Cuda, SaysWhyThereIsNone) {
  std::string why;
  const int count = cuda_devices(&why);
  if (count > 0) GTEST_SKIP() << "this machine has a CUDA device";
  EXPECT_FALSE(why.empty());
  EXPECT_THROW(choose_device(Device::cuda, &cuda_devices), DeviceError);
  EXPECT_EQ(choose_device(Device::automatic, &cuda_devices), Device::cpu);
}

TEST(Setting, IsOfWhatShapesTheResult) {
  const auto setting = [](const char* rate, const char* seed, const char* colour,
                          const char* fingerprint) {
    Provenance provenance;
    provenance.options = {{"learning-rate", rate}, {"seed", seed}, {"color-by", colour}};
    provenance.inputs = {{"a.h5", fingerprint}};
    return setting_of(provenance);
  };
  const std::string first = setting("0.01", "42", "auto", "abc");
  EXPECT_EQ(first, setting("0.001", "42", "c2", "abc"));
  EXPECT_NE(first, setting("0.01", "43", "auto", "abc"));
  EXPECT_NE(first, setting("0.01", "42", "auto", "abd"));
}

TEST(Rate, FallsAlongACosineToAHundredth) {
  TrainingOptions options{.epochs = 100, .learning_rate = 2};
  EXPECT_DOUBLE_EQ(learning_rate(options, 0), 2);
  EXPECT_NEAR(learning_rate(options, 50), 2 * 0.505, 1e-12);
  EXPECT_NEAR(learning_rate(options, 100), 0.02, 1e-12);
  options.rate_warm_up = 4;  // a fifth, two fifths, ...; the cosine begins after it
  EXPECT_NEAR(learning_rate(options, 1), 2 * 0.4, 1e-12);
  EXPECT_DOUBLE_EQ(learning_rate(options, 4), 2);
  EXPECT_NEAR(learning_rate(options, 52), 2 * 0.505, 1e-12);
}

}  // namespace
}  // namespace spi::learn
