// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/training.h"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "libspi/base/memory.h"
#include "libspi/learn/runtime.h"

namespace spi::vae {

VaeTask::VaeTask(Model& model, const PatternSet& set, const VaeOptions& options,
                 const learn::Hands& hands, Monitor& monitor, EpochViewer each_epoch)
    : model_(model),
      set_(set),
      options_(options),
      warm_up_epochs_(options.warm_up * double(options.training.epochs)),
      hands_(hands),
      monitor_(monitor),
      each_epoch_(std::move(each_epoch)),
      parameters_(model.network->parameters()),
      batches_(set, model) {
  learn::set_threads(1);
  if (model_.there)
    plan_device();
  else
    hands_.threads = chunks_at_once();
}

int VaeTask::chunks_at_once() const {
  const std::size_t rows[] = {0, 1};
  const at::Tensor noise = at::zeros({2, model_.shape.latent_dim});
  const double allowed = options_.max_memory ? options_.max_memory->bytes - resident_memory()
                                             : available_memory() / hands_.team.sharing();
  const double each =
      memory_growth([&] { chunk(rows, noise, 1, options_.used_kl_weight(), Learner::all); });
  const auto mebibytes = [](double bytes) { return std::lround(std::max(0.0, bytes) / 1048576); };
  if (each > allowed)
    fail("two patterns of --size ", set_.preprocessing.size, " take ", mebibytes(each),
         " MiB to learn from, where ", mebibytes(allowed),
         " MiB are left: take a smaller --size or fewer --channels",
         options_.max_memory ? ", or allow more --max-memory" : "");
  const int threads = hands_.threads;
  return each > 0 ? int(std::min(double(threads), std::floor(allowed / each))) : threads;
}

/// What two patterns take, LibTorch keeps for those that follow: it can do with that, and `left`.
void VaeTask::plan_device() {
  const int threads = std::exchange(hands_.threads, 1);
  const std::size_t rows[] = {0, 1};
  const double before = model_.there->free_bytes();
  try {
    chunk(rows, at::zeros({2, model_.shape.latent_dim}), 1, options_.used_kl_weight(),
          Learner::all);
  } catch (const c10::OutOfMemoryError&) {
    fail("two patterns of --size ", set_.preprocessing.size,
         " are more than the device has memory for: take a smaller --size or fewer --channels, or "
         "--device cpu");
  }
  const int devices = std::max(1, learn::cuda_devices(nullptr));
  const int sharing = (hands_.team.sharing() + devices - 1) / devices;
  double left = model_.there->free_bytes();
  const double each = (before - left) / 2;
  left /= sharing;
  if (batches_.bytes_to_keep() <= left / 2) {
    left -= batches_.bytes_to_keep();
    batches_.keep(threads);
  }
  constexpr double kNoLimit = 1e9;
  const double fitting = each > 0 ? std::clamp(left / each, 2., kNoLimit) : kNoLimit;
  // All ranks cut a step alike.
  std::vector<double> all(hands_.team.size());
  all[hands_.team.rank()] = fitting;
  std::vector<std::size_t> bounds(all.size() + 1);
  std::iota(bounds.begin(), bounds.end(), 0);
  hands_.team.gather(std::span(all), bounds);
  together_ = std::size_t(std::ranges::min(all));
}

std::vector<std::pair<std::size_t, std::size_t>> VaeTask::chunks_of(std::size_t rows) const {
  if (!model_.there) return chunks(rows);
  const std::size_t ranks = hands_.team.size();
  const std::size_t most = std::min(together_, (rows + ranks - 1) / ranks);
  const auto bounds = equal_parts(rows, (rows + most - 1) / most);
  std::vector<std::pair<std::size_t, std::size_t>> result;
  for (std::size_t n = 1; n < bounds.size(); ++n) result.emplace_back(bounds[n - 1], bounds[n]);
  return result;
}

learn::ChunkLoss VaeTask::chunk(std::span<const std::size_t> rows, const at::Tensor& noise,
                                double share, double kl_weight, Learner learner) const {
  const Optics optics = model_.optics();
  const at::Tensor drawn = noise.defined() ? learn::sent(noise, model_.device) : noise;
  const Objective terms =
      objective(*model_.network, batches_(rows), drawn, optics, options_, learner);
  const at::Tensor reconstruction = terms.reconstruction.sum(), divergence = terms.divergence.sum();
  learn::ChunkLoss result;
  if (noise.defined()) {
    const at::Tensor loss = share * (reconstruction + kl_weight * divergence);
    result.gradients = torch::autograd::grad({loss}, parameters_, {}, {}, false, true);
  }
  // Last: here the host waits for a device.
  result.values = {reconstruction.item<double>(), divergence.item<double>()};
  return result;
}

at::Tensor VaeTask::loss(std::span<const std::size_t> rows, const learn::Step& step,
                         learn::Parts& parts) {
  const double warm = step.training && warm_up_epochs_ > 0
                          ? std::min(1.0, double(step.epoch + 1) / (warm_up_epochs_ + 1))
                          : 1.0;
  const double kl_weight = warm * options_.used_kl_weight();
  // Held out patterns are always judged as at the end, so that epochs can be compared.
  const bool settles =
      double(step.epoch) >= (1 - options_.used_settle()) * double(options_.training.epochs);
  const Learner learner = settles || !step.training ? Learner::decoder : Learner::all;
  const double share = 1 / (double(rows.size()) * double(set_.points.size()));
  at::Tensor noise;
  if (step.training)
    noise = at::randn({std::int64_t(rows.size()), model_.shape.latent_dim}, step.generator);

  const auto bounds = chunks_of(rows.size());
  const auto learned = step.training ? parameters_ : std::vector<at::Tensor>();
  const learn::ChunkLoss sum =
      learn::sum_chunks(bounds.size(), 2, learned, hands_, [&](std::size_t item) {
        const auto [first, last] = bounds[item];
        const at::AutoGradMode mode(step.training);
        const at::Tensor some =
            noise.defined() ? noise.slice(0, std::int64_t(first), std::int64_t(last)) : noise;
        return chunk(rows.subspan(first, last - first), some, share, kl_weight, learner);
      });
  const double reconstruction = sum.values[0], divergence = sum.values[1];
  parts = {{"reconstruction", reconstruction * share},
           {"divergence", divergence / double(rows.size())}};
  const double value = (reconstruction + kl_weight * divergence) * share;
  if (!step.training) return at::scalar_tensor(value, at::kDouble);
  return learn::loss_of(value, parameters_, sum.gradients);
}

void VaeTask::epoch_done(const learn::EpochRecord& epoch) {
  char text[200];
  std::snprintf(
      text, sizeof text,
      "epoch %zu of %zu: loss %.4f, held out %.4f; misfit %.4f a pixel, divergence %.3f nat",
      epoch.epoch, options_.training.epochs, epoch.loss, epoch.validation, epoch.parts[0].second,
      epoch.parts[1].second);
  monitor_.info(text);
  if (each_epoch_) each_epoch_(epoch.epoch, encode(model_, set_, hands_, silent_monitor()));
}

Model new_model(const PatternSet& set, const VaeOptions& options, std::uint64_t seed, int threads,
                Monitor& monitor) {
  Model model;
  model.symmetry = set.symmetry;
  model.preprocessing = set.preprocessing;
  model.shape = {.latent_dim = std::int64_t(options.latent_dim),
                 .size = std::int64_t(set.preprocessing.size),
                 .channels = std::int64_t(options.channels),
                 .box = {}};
  model.model_error = options.model_error;
  double sum = 0, squares = 0;
  for (const float gain : set.gain) sum += gain, squares += double(gain) * gain;
  const double n = double(set.count());
  model.gain_mean = sum / n;
  const double variance = squares / n - model.gain_mean * model.gain_mean;
  model.gain_deviation = variance > 1e-12 ? std::sqrt(variance) : 1;
  model.build();
  model.mean_volume = mean_volume(set, *model.slicer, options.model_error, threads, monitor);
  model.network->draw(seed);
  model.network->set_mean_volume(at::from_blob(
      model.mean_volume.data(), {std::int64_t(model.mean_volume.size())}, at::kFloat));
  return model;
}

}  // namespace spi::vae
