// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/training.h"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdio>

#include "libspi/base/parallel.h"
#include "libspi/learn/adam.h"
#include "libspi/learn/runtime.h"

namespace spi {
namespace {

constexpr std::size_t kChunk = 8;  ///< frames
constexpr std::int64_t kSquare = 8;
constexpr std::int64_t kDeciding = 4;  ///< of so many cells one decides among the copies
constexpr double kInnermost = 0.3;     ///< of the rim, where the march begins

/// A scalar of that value whose gradient is `gradients`.
at::Tensor carrier(double value, const std::vector<at::Tensor>& parameters,
                   const std::vector<at::Tensor>& gradients) {
  at::Tensor sum = at::zeros({});
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (gradients[k].defined())
      sum = sum + at::dot(parameters[k].flatten(), gradients[k].flatten());
  return sum - sum.detach() + value;
}

}  // namespace

PoseTask::PoseTask(PoseModel& model, const Images& images, const NeuralOptions& options,
                   int threads, Monitor& monitor)
    : model_(model),
      tensors_(images),
      options_(options),
      threads_(threads),
      monitor_(monitor),
      parameters_(model.parameters()) {
  learn::set_threads(1);
}

double PoseTask::reach(const learn::Step& step) const {
  const double epochs = options_.march.value_or(0) * double(options_.training.epochs);
  const double done = epochs > 0 ? double(step.epoch) / epochs : 1;
  return kInnermost + (1 - kInnermost) * std::min(1.0, done);
}

at::Tensor PoseTask::inside(double reach) const {
  return at::nonzero(tensors_.points.square().sum(1) <= reach * reach).flatten();
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
  const Sampling sampling = draw(rows.size(), step);
  const std::size_t count = (rows.size() + kChunk - 1) / kChunk;
  std::vector<Chunk> chunks(count);
  parallel_for(count, threads_, [&](std::size_t item, int) {
    learn::set_threads(1);
    const at::AutoGradMode mode(step.training);
    const std::size_t first = item * kChunk, last = std::min(first + kChunk, rows.size());
    const auto range = [&](const at::Tensor& t) {
      return t.defined() ? t.slice(0, std::int64_t(first), std::int64_t(last)) : t;
    };
    const Sampling own{sampling.cells, sampling.deciding, range(sampling.turn),
                       range(sampling.symmetry)};
    const at::Tensor sum =
        pose_loss(model_, tensors_, tensors_.batch(rows.subspan(first, last - first)), own,
                  options_)
            .sum();
    chunks[item].loss = sum.item<double>();
    if (step.training)
      chunks[item].gradients =
          torch::autograd::grad({sum / double(rows.size())}, parameters_, {}, {}, false, true);
  });
  double value = 0;
  for (const Chunk& chunk : chunks) value += chunk.loss / double(rows.size());
  if (!step.training) return at::scalar_tensor(value, at::kDouble);
  std::vector<at::Tensor>& gradients = chunks[0].gradients;
  for (std::size_t c = 1; c < count; ++c)
    for (std::size_t k = 0; k < gradients.size(); ++k)
      if (gradients[k].defined()) gradients[k].add_(chunks[c].gradients[k]);
  return carrier(value, parameters_, gradients);
}

void PoseTask::epoch_done(const learn::EpochRecord& epoch) {
  char text[160];
  std::snprintf(text, sizeof text, "epoch %zu of %zu: loss %.4f, held out %.4f", epoch.epoch,
                options_.training.epochs, epoch.loss, epoch.validation);
  monitor_.info(text);
}

void teach_field(PoseModel& model, const Model& teacher, const Images& images, std::uint64_t seed,
                 int threads, Monitor& monitor) {
  constexpr std::int64_t kPoints = 8192;
  constexpr std::size_t kSteps = 600;
  constexpr double kRate = 2e-3;
  const Preprocessing& pre = images.preprocessing;
  const auto n = std::int64_t(teacher.size);
  const double voxels = pre.rim_px * pre.q_per_pixel / teacher.q_per_voxel;
  if (voxels > double(teacher.size / 2))
    fail("the teacher ends at ", double(teacher.size / 2) * teacher.q_per_voxel,
         " 1/A, the frames at ", pre.rim_px * pre.q_per_pixel, ": give --q-max");
  // Values in the units that the field is in, at the voxels inside the rim that were measured. The
  // teacher's shells are scaled to the frames': its units and its background do not matter.
  const std::size_t knots = pre.intensity.size();
  std::vector<float> where, value;
  std::vector<double> radius, sum(knots), weight(knots);
  const auto knot = [&](double r) { return std::size_t(std::lround(r * double(knots - 1))); };
  for (std::int64_t v = 0, z = 0; z < n; ++z)
    for (std::int64_t y = 0; y < n; ++y)
      for (std::int64_t x = 0; x < n; ++x, ++v) {
        const double p[] = {double(x - n / 2) / voxels, double(y - n / 2) / voxels,
                            double(z - n / 2) / voxels};
        const double r = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
        if (r > 1 || (!teacher.exposure.empty() && teacher.exposure[std::size_t(v)] <= 0)) continue;
        for (const double c : p) where.push_back(float(c));
        value.push_back(std::max(0.f, teacher.intensity[std::size_t(v)]));
        radius.push_back(r);
        sum[knot(r)] += double(value.back());
        weight[knot(r)] += 1;
      }
  for (std::size_t k = 0; k < value.size(); ++k) {
    const double r = radius[k], mean = sum[knot(r)] / weight[knot(r)];
    const double photons =
        Preprocessing::at(pre.intensity, r) * (mean > 0 ? double(value[k]) / mean : 1);
    value[k] = float((pre.transform(photons) - Preprocessing::at(pre.mean, r)) /
                     Preprocessing::at(pre.deviation, r));
  }
  const auto count = std::int64_t(value.size());
  if (count == 0) fail("the teacher has no measured voxel inside the rim");
  const at::Tensor points = at::from_blob(where.data(), {count, 3}, at::kFloat);
  const at::Tensor values = at::from_blob(value.data(), {count}, at::kFloat);
  learn::set_threads(threads);
  learn::Adam adam(*model.field, 0);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  Progress progress(monitor, "learning the teacher's intensities", kSteps);
  double error = 0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    const at::Tensor some = at::randint(count, {kPoints}, generator, at::kLong);
    const at::Tensor difference =
        model.field->forward(points.index_select(0, some)) - values.index_select(0, some);
    const at::Tensor loss = (difference * difference).mean();
    loss.backward();
    error = loss.item<double>();
    adam.step(kRate * (1 - 0.95 * double(step) / double(kSteps)));
    progress.advance(1);
  }
  monitor.info(text_of("the field has the teacher's intensities to ", std::sqrt(error),
                       " of their deviation"));
}

}  // namespace spi
