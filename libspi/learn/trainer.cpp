// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/trainer.h"

#include <chrono>
#include <cmath>

#include "libspi/learn/adam.h"
#include "libspi/learn/keys.h"
#include "libspi/learn/training_state.h"

namespace spi::learn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSaveEvery = std::chrono::seconds(30);

std::span<const std::size_t> batch(std::span<const std::size_t> rows, std::size_t step,
                                   std::size_t size) {
  const std::size_t first = step * size;
  return rows.subspan(first, std::min(size, rows.size() - first));
}

class Trainer {
 public:
  Trainer(Task& task, const Split& split, const TrainingOptions& options, const Run& run)
      : task_(task),
        split_(split),
        options_(options),
        run_(run),
        adam_(task.module(), options.weight_decay) {}

  History train(Progress& progress) {
    goes_on(run_) ? resume(progress) : begin();
    good_ = snapshot();
    save(good_);
    while (!finished()) {
      train_epoch(progress);
      finish_epoch();
      good_ = snapshot();
      step_done(progress);
    }
    progress.advance((options_.epochs - state_.epoch) * steps_per_epoch(split_, options_));
    if (!state_.best.empty()) set_tensors(task_.module(), state_.best, "memory");
    save(snapshot());
    return state_.history;
  }

 private:
  void begin() {
    if (run_.team.size() == 1) return;
    Tensors weights = tensors_of(task_.module());
    broadcast(weights, run_.team);
    set_tensors(task_.module(), weights, "memory");
  }

  void resume(Progress& progress) {
    if (run_.team.leads()) state_ = load_training(run_.checkpoint, run_.setting);
    broadcast(state_, run_.team);
    set_tensors(task_.module(), state_.weights, run_.checkpoint.string());
    adam_.set_state(state_.optimizer, state_.optimizer_steps, run_.checkpoint.string());
    for (const EpochRecord& epoch : state_.history.epochs) log(epoch);
    progress.advance(state_.epoch * steps_per_epoch(split_, options_) + state_.step);
  }

  /// The state as it is now.
  TrainingState snapshot() {
    TrainingState state = state_;
    state.weights = tensors_of(task_.module());
    state.optimizer = adam_.state();
    state.optimizer_steps = adam_.steps();
    return state;
  }

  bool finished() {
    const std::size_t since_best = state_.epoch - state_.history.best_epoch;
    const bool early = options_.patience > 0 && !split_.validation.empty() && state_.epoch > 0 &&
                       since_best >= options_.patience;
    state_.history.stopped_early = early && state_.epoch < options_.epochs;
    return early || state_.epoch >= options_.epochs;
  }

  void train_epoch(Progress& progress) {
    const std::vector<std::size_t> rows = shuffled(split_.train, run_.seed, state_.epoch);
    const std::size_t steps = steps_per_epoch(split_, options_);
    const double rate = learning_rate(options_, state_.epoch);
    while (state_.step < steps) {
      train_step(batch(rows, state_.step, options_.batch_size), rate);
      ++state_.step;
      if (state_.step < steps) step_done(progress);
    }
  }

  void train_step(std::span<const std::size_t> rows, double rate) {
    const std::uint64_t id = (std::uint64_t(state_.epoch) << 32) + state_.step;
    const Step step{.epoch = state_.epoch,
                    .step = state_.step,
                    .training = true,
                    .generator = at::make_generator<at::CPUGeneratorImpl>(
                        Random(run_.seed, keys::kSteps, id).bits64())};
    Parts parts;
    const at::Tensor loss = task_.loss(rows, step, parts);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) diverged(value);
    loss.backward();
    adam_.step(rate);
    state_.sum.add(value, parts, rows.size());
  }

  void finish_epoch() {
    EpochRecord record{.epoch = state_.epoch + 1,
                       .learning_rate = learning_rate(options_, state_.epoch),
                       .loss = state_.sum.mean(),
                       .parts = state_.sum.mean_parts(),
                       .validation_parts = {}};
    record.validation =
        evaluate(task_, split_.validation, options_.batch_size, record.validation_parts);
    const bool validates = !split_.validation.empty();
    if (validates && !std::isfinite(record.validation)) diverged(record.validation);
    if (!validates || record.validation < state_.best_loss) {
      state_.best_loss = validates ? record.validation : record.loss;
      state_.best = tensors_of(task_.module());
      state_.history.best_epoch = record.epoch;
    }
    state_.history.epochs.push_back(record);
    log(record);
    task_.epoch_done(record);
    ++state_.epoch;
    state_.step = 0;
    state_.sum = {};
  }

  /// Reports, saves where it is time, and stops where the program is asked to: all ranks at the
  /// same step, even if some have not been asked.
  void step_done(Progress& progress) {
    if (Clock::now() - saved_ > kSaveEvery) save(snapshot());
    std::optional<Cancelled> asked;
    try {
      progress.advance(1);
    } catch (const Cancelled& cancelled) {
      asked = cancelled;
    }
    std::int64_t count = asked ? 1 : 0;
    run_.team.sum(std::span(&count, 1));
    if (count == 0) return;
    save_for_good(snapshot());
    throw asked.value_or(Cancelled("another rank was asked to stop"));
  }

  void save(const TrainingState& state) {
    saved_ = Clock::now();
    if (run_.team.leads() && !run_.checkpoint.empty())
      save_training(run_.checkpoint, run_.setting, state);
  }

  /// No rank leaves, which would end the others, before rank 0 has saved.
  void save_for_good(const TrainingState& state) {
    save(state);
    bool saved = true;
    run_.team.broadcast(saved);
  }

  void log(const EpochRecord& record) const {
    if (run_.log && run_.team.leads()) run_.log->add(run_.member, record);
  }

  [[noreturn]] void diverged(double loss) {
    save_for_good(good_);
    fail("the loss is ", loss, " in step ", state_.step + 1, " of epoch ", state_.epoch + 1,
         ": lower --learning-rate, which was ", learning_rate(options_, state_.epoch),
         run_.checkpoint.empty() ? "" : "; the state before that epoch is kept in ",
         run_.checkpoint.string());
  }

  Task& task_;
  const Split& split_;
  const TrainingOptions& options_;
  const Run& run_;
  Adam adam_;
  TrainingState state_;
  TrainingState good_;  ///< with weights, after the last epoch
  Clock::time_point saved_ = Clock::now();
};

}  // namespace

std::size_t steps_per_epoch(const Split& split, const TrainingOptions& options) {
  return (split.train.size() + options.batch_size - 1) / options.batch_size;
}

History train(Task& task, const Split& split, const TrainingOptions& options, const Run& run,
              Progress& progress) {
  check_options(options);
  SPI_ASSERT(!split.train.empty());
  return Trainer(task, split, options, run).train(progress);
}

double evaluate(Task& task, std::span<const std::size_t> rows, std::size_t batch_size,
                Parts& parts) {
  const torch::NoGradGuard no_grad;
  LossSum sum;
  for (std::size_t k = 0; k * batch_size < rows.size(); ++k) {
    const auto some = batch(rows, k, batch_size);
    Parts batch_parts;
    const Step step{.step = k,
                    .training = false,
                    .generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t(k))};
    const at::Tensor loss = task.loss(some, step, batch_parts);
    sum.add(loss.item<double>(), batch_parts, some.size());
  }
  parts = sum.mean_parts();
  return sum.mean();
}

}  // namespace spi::learn
