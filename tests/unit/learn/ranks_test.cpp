// SPDX-License-Identifier: GPL-3.0-or-later
// Training over ranks, which are threads here.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "libspi/learn/chunk_gradients.h"
#include "libspi/learn/runtime.h"
#include "libspi/learn/trainer.h"
#include "stopper.h"
#include "tests/unit/folder.h"
#include "tests/unit/thread_team.h"

namespace spi::learn {
namespace {

namespace fs = std::filesystem;
using test::Stopper;

at::Tensor normal(std::vector<std::int64_t> sizes, std::uint64_t seed) {
  return at::empty(sizes, at::kFloat).normal_(0, 1, at::make_generator<at::CPUGeneratorImpl>(seed));
}

/// Sizes that differ by 10^6: single precision would show any change of order.
ChunkLoss chunk_loss(std::size_t chunk) {
  const double size = std::pow(10, -double(chunk % 7));
  return {.values = {size, 1 / size},
          .gradients = {size * normal({40, 30}, chunk), size * normal({7}, 100 + chunk),
                        chunk % 2 ? normal({3}, 200 + chunk) : at::Tensor(), at::Tensor()}};
}

const std::vector<at::Tensor>& parameters() {
  static const std::vector<at::Tensor> all{at::zeros({40, 30}), at::zeros({7}), at::zeros({3}),
                                           at::zeros({2})};
  return all;
}

TEST(SumChunks, IsTheSameOnAnyRanksAndThreads) {
  constexpr std::size_t kChunks = 5;
  const ChunkLoss one = sum_chunks(kChunks, 2, parameters(), {alone(), 1}, chunk_loss);
  for (const std::size_t ranks : {1, 2, 3, 7})
    test::on_ranks(ranks, [&](Team& team) {
      const ChunkLoss all = sum_chunks(kChunks, 2, parameters(), {team, 2}, chunk_loss);
      EXPECT_EQ(all.values, one.values) << ranks;
      for (std::size_t p = 0; p < 3; ++p)
        EXPECT_TRUE(at::equal(all.gradients[p], one.gradients[p])) << ranks << " " << p;
      EXPECT_FALSE(all.gradients[3].defined());
      EXPECT_TRUE(sum_chunks(kChunks, 2, {}, {team, 1}, [](std::size_t n) {
                    return ChunkLoss{.values = chunk_loss(n).values};
                  }).gradients.empty());
    });
}

TEST(SumChunks, IsTheSumToOneRounding) {
  const ChunkLoss sum = sum_chunks(6, 2, parameters(), {alone(), 1}, chunk_loss);
  for (std::size_t p = 0; p < 3; ++p) {
    at::Tensor expected = at::zeros(parameters()[p].sizes(), at::kDouble);
    for (std::size_t n = 0; n < 6; ++n)
      if (const at::Tensor g = chunk_loss(n).gradients[p]; g.defined()) expected += g;
    // The quantum, 2^-50 of what adds up, is far below half a unit in the last place.
    EXPECT_TRUE(at::equal(sum.gradients[p], expected.to(at::kFloat))) << p;
  }
}

/// What a device does, here: bit for bit what the processor's loop over elements does.
TEST(SumChunks, AreTheSumsOfADevice) {
  const ChunkLoss sum = sum_chunks(6, 2, parameters(), {alone(), 1}, chunk_loss);
  for (std::size_t p = 0; p < 3; ++p) {
    Gradients terms;
    double bound = 0;
    for (std::size_t n = 0; n < 6; ++n) {
      terms.push_back(chunk_loss(n).gradients[p]);
      if (terms.back().defined()) bound += terms.back().abs().max().item<double>();
    }
    const at::Tensor there = exact_sum(terms, bound).to(at::kFloat).view(parameters()[p].sizes());
    EXPECT_TRUE(at::equal(sum.gradients[p], there)) << p;
  }
}

TEST(SumChunks, KeepsWhatIsNotFinite) {
  for (const float bad : {NAN, INFINITY}) {
    const auto work = [&](std::size_t n) {
      ChunkLoss loss = chunk_loss(n);
      if (n == 1) loss.gradients[1].fill_(bad);
      return loss;
    };
    const ChunkLoss sum = sum_chunks(3, 2, parameters(), {alone(), 1}, work);
    EXPECT_TRUE(sum.gradients[1].isnan().all().item<bool>());
    EXPECT_TRUE(sum.gradients[0].isfinite().all().item<bool>());
  }
}

/// A regression whose rows are worked on in chunks of three.
class Line : public torch::nn::Module, public Task {
 public:
  Line(Team& team, double start) : hands_{team, 1} {
    weight_ = register_parameter("weight", at::full({1, 5}, start));
  }
  torch::nn::Module& module() override { return *this; }
  at::Tensor loss(std::span<const std::size_t> rows, const Step& step, Parts&) override {
    const at::Tensor noise = normal({std::int64_t(rows.size()), 5}, step.generator);
    const std::size_t count = (rows.size() + 2) / 3;
    const std::vector<at::Tensor> all{weight_};
    const ChunkLoss sum =
        sum_chunks(count, 1, step.training ? all : std::vector<at::Tensor>(), hands_,
                   [&](std::size_t n) { return chunk(rows, n, step.training, noise); });
    const double value = sum.values[0] / double(rows.size());
    return step.training ? loss_of(value, all, sum.gradients) : at::scalar_tensor(value);
  }
  at::Tensor weight() const { return weight_.detach().clone(); }

 private:
  static at::Tensor normal(std::vector<std::int64_t> sizes, const at::Generator& generator) {
    return at::empty(sizes, at::kFloat).normal_(0, 1, generator);
  }
  ChunkLoss chunk(std::span<const std::size_t> rows, std::size_t n, bool training,
                  const at::Tensor& noise) const {
    const at::AutoGradMode mode(training);
    at::Tensor sum = at::zeros({});
    for (std::size_t k = 3 * n; k < std::min(3 * n + 3, rows.size()); ++k) {
      at::Tensor x = at::sin(at::arange(5) * double(rows[k] + 1));
      if (training) x = x + 0.1 * noise[std::int64_t(k)];
      sum = sum + (at::matmul(weight_, x) - 2 * x[0] + x[3]).square().sum();
    }
    ChunkLoss loss{.values = {sum.item<double>()}};
    if (training) loss.gradients = torch::autograd::grad({sum / double(rows.size())}, {weight_});
    return loss;
  }
  Hands hands_;
  at::Tensor weight_;
};

class RankTraining : public testing::Test {
 protected:
  RankTraining() { set_threads(1); }

  /// Trains on one rank of a team; the weights begin at rank 0's.
  at::Tensor train_line(Team& team, Monitor& monitor, bool resume) {
    Line line(team, 0.1 + double(team.rank()));
    const learn::Run run{.seed = 3,
                         .checkpoint = folder_ / "state.h5",
                         .setting = "a",
                         .resume = resume,
                         .team = team};
    Progress progress(monitor, "training", 1);
    const History history = train(line, split_, options_, run, progress);
    EXPECT_EQ(history.epochs.size(), options_.epochs);
    return line.weight();
  }
  at::Tensor trained_alone() {
    const at::Tensor weight = train_line(alone(), silent_monitor(), false);
    fs::remove(folder_ / "state.h5");
    return weight;
  }

  const test::Folder folder_;
  TrainingOptions options_{.epochs = 4, .batch_size = 10, .learning_rate = 0.03};
  Split split_ = split_rows(60, {}, 0.2, 9);
};

TEST_F(RankTraining, GivesTheWeightsOfOneProcess) {
  const at::Tensor expected = trained_alone();
  for (const std::size_t ranks : {2, 3}) {
    test::on_ranks(ranks, [&](Team& team) {
      EXPECT_TRUE(at::equal(train_line(team, silent_monitor(), false), expected)) << ranks;
    });
    fs::remove(folder_ / "state.h5");
  }
}

TEST_F(RankTraining, StopsOnAllRanksWhereOneIsAskedAndGoesOnWithOthers) {
  const at::Tensor expected = trained_alone();
  test::on_ranks(3, [&](Team& team) {
    Stopper stopper(team.rank() == 1 ? 7 : 1000);  // in the second epoch
    EXPECT_THROW(train_line(team, stopper, false), Cancelled);
  });
  test::on_ranks(2, [&](Team& team) {
    EXPECT_TRUE(at::equal(train_line(team, silent_monitor(), true), expected));
  });
}

}  // namespace
}  // namespace spi::learn
