// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/training.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdio>

#include "libspi/learn/runtime.h"

namespace spi {
namespace {

constexpr std::size_t kChunk = 8;      ///< frames
constexpr std::int64_t kDeciding = 4;  ///< of so many cells one decides among the copies
constexpr double kInnermost = 0.3;     ///< of the rim, where the march begins,
constexpr double kRing = 0.1;          ///< or so far beyond the innermost cell

}  // namespace

PoseTask::PoseTask(PoseModel& model, const Images& images, const NeuralOptions& options,
                   const learn::Hands& hands, Monitor& monitor)
    : model_(model),
      tensors_(images, model.device()),
      options_(options),
      hands_{hands.team, model.device().is_cuda() ? 1 : hands.threads},
      monitor_(monitor),
      parameters_(model.parameters()) {
  learn::set_threads(1);
  const double innermost = std::sqrt(tensors_.points.square().sum(1).min().item<double>());
  first_reach_ = std::min(1.0, std::max(kInnermost, innermost + kRing));
}

double PoseTask::reach(const learn::Step& step) const {
  const double epochs = options_.march.value_or(0) * double(options_.training.epochs);
  const double done = epochs > 0 ? double(step.epoch) / epochs : 1;
  return first_reach_ + (1 - first_reach_) * std::min(1.0, done);
}

at::Tensor PoseTask::inside(double reach) const {
  return at::nonzero(tensors_.points.square().sum(1) <= reach * reach).flatten().to(at::kCPU);
}

std::size_t PoseTask::frames_at_once(std::size_t rows) const {
  const std::size_t ranks = hands_.team.size();
  return model_.device().is_cuda() ? (rows + ranks - 1) / ranks : kChunk;
}

Sampling PoseTask::draw(std::size_t rows, const learn::Step& step) const {
  const auto b = std::int64_t(rows);
  const auto cells = std::int64_t(tensors_.images().cells());
  Sampling sampling;
  if (!step.training) {
    sampling.cells = sampling.deciding = at::arange(cells);
    sampling.turn = at::zeros({b}, at::kLong);
    return sampling;
  }
  const at::Tensor inner = inside(reach(step));
  const auto some = std::max<std::int64_t>(1, std::llround(options_.pixels_a_step * double(cells)));
  sampling.cells = inner.index_select(
      0, at::randperm(inner.size(0), step.generator, at::kLong).slice(0, 0, some));
  sampling.deciding =
      sampling.cells.slice(0, 0, std::max<std::int64_t>(1, sampling.cells.size(0) / kDeciding));
  sampling.turn = at::randint(kSquare, {b}, step.generator, at::kLong);
  if (model_.symmetry_order() > 1)
    sampling.symmetry = at::randint(model_.symmetry_order(), {b}, step.generator, at::kLong);
  return sampling;
}

at::Tensor PoseTask::loss(std::span<const std::size_t> rows, const learn::Step& step,
                          learn::Parts&) {
  Sampling sampling = draw(rows.size(), step);
  for (at::Tensor* tensor : {&sampling.cells, &sampling.deciding, &sampling.symmetry})
    if (tensor->defined()) *tensor = tensor->to(model_.device());
  const std::size_t chunk = frames_at_once(rows.size());
  const std::size_t count = (rows.size() + chunk - 1) / chunk;
  const double share = 1 / double(rows.size());
  const auto learned = step.training ? parameters_ : std::vector<at::Tensor>();
  const learn::ChunkLoss sum = learn::sum_chunks(count, 1, learned, hands_, [&](std::size_t item) {
    const at::AutoGradMode mode(step.training);
    const std::size_t first = item * chunk, last = std::min(first + chunk, rows.size());
    const auto range = [&](const at::Tensor& t) {
      return t.defined() ? t.slice(0, std::int64_t(first), std::int64_t(last)) : t;
    };
    const Sampling own{sampling.cells, sampling.deciding, range(sampling.turn),
                       range(sampling.symmetry)};
    const at::Tensor loss =
        pose_loss(model_, tensors_, tensors_.batch(rows.subspan(first, last - first)), own,
                  options_)
            .sum();
    learn::ChunkLoss part{.values = {loss.item<double>()}};
    if (step.training)
      part.gradients = torch::autograd::grad({loss * share}, parameters_, {}, {}, false, true);
    return part;
  });
  const double value = sum.values[0] * share;
  if (!step.training) return at::scalar_tensor(value, at::kDouble);
  return learn::loss_of(value, parameters_, sum.gradients);
}

void PoseTask::epoch_done(const learn::EpochRecord& epoch) {
  char text[160];
  std::snprintf(text, sizeof text, "epoch %zu of %zu: loss %.4f, held out %.4f", epoch.epoch,
                options_.training.epochs, epoch.loss, epoch.validation);
  monitor_.info(text);
}

}  // namespace spi
