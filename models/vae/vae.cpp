// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/vae.h"

#include <cmath>

#include "libspi/cuda/devices.h"
#include "libspi/learn/runtime.h"
#include "models/vae/slice_function.h"
#include "models/vae/training.h"

namespace spi::vae {
namespace {

at::Tensor point(std::span<const double> z) {
  at::Tensor tensor = at::empty({1, std::int64_t(z.size())});
  for (std::size_t l = 0; l < z.size(); ++l) tensor.data_ptr<float>()[l] = float(z[l]);
  return tensor;
}

}  // namespace

Vae::Vae(Model model) : model_(std::make_unique<Model>(std::move(model))) {}
Vae::Vae(Vae&&) noexcept = default;
Vae& Vae::operator=(Vae&&) noexcept = default;
Vae::~Vae() = default;

Vae Vae::load(const std::filesystem::path& path) { return Vae(read_model(path)); }

void Vae::save(const std::filesystem::path& path, const Provenance& provenance) const {
  write_model(path, *model_, provenance);
}

std::size_t Vae::latent_dim() const { return std::size_t(model_->shape.latent_dim); }
const std::string& Vae::symmetry() const { return model_->symmetry; }
const Preprocessing& Vae::preprocessing() const { return model_->preprocessing; }
const Latents& Vae::training_latents() const { return model_->latents; }

Latents Vae::encode(const PatternSet& set, int threads, Monitor& monitor) const {
  return vae::encode(*model_, set, {alone(), threads}, monitor);
}

std::vector<float> Vae::decode(std::span<const double> z, int threads) const {
  SPI_ASSERT(z.size() == latent_dim());
  const torch::NoGradGuard no_grad;
  learn::set_threads(1);
  const at::Tensor box = model_->network->decode(point(z)).contiguous();
  std::vector<float> cube =
      model_->slicer->symmetrised_cube({box.data_ptr<float>(), std::size_t(box.numel())}, threads);
  const std::size_t n = model_->preprocessing.size;
  const double half = double(n / 2);
  for (std::size_t k = 0, at = 0; k < n; ++k)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i, ++at) {
        const double r = std::hypot(double(i) - half, double(j) - half, double(k) - half);
        cube[at] = r < half + 0.5 ? float(cube[at] * model_->preprocessing.mean_at(r)) : 0.f;
      }
  return cube;
}

std::vector<float> Vae::reconstruct(const PatternSet& set, std::size_t row) const {
  const torch::NoGradGuard no_grad;
  learn::set_threads(1);
  const Batch batch = make_batch(set, {&row, 1}, model_->optics());
  const Posterior posterior = model_->network->encode(batch.image, batch.joined);
  const at::Tensor values =
      slice_volumes(model_->network->decode(posterior.mean), *model_->slicer, batch.pose, 1);
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

Vae train(const PatternSet& set, const VaeOptions& options, const learn::Run& run, int threads,
          learn::History& history, Monitor& monitor, const EpochViewer& each_epoch,
          std::optional<std::size_t> cuda_device) {
  check_options(options);
  if (set.count() < 10) fail("training needs at least 10 patterns, there are ", set.count());
  Model model = new_model(set, options, run.seed, threads, monitor);
  const learn::Hands hands{run.team, threads};
  if (cuda_device)
    model.move(at::Device(at::kCUDA, at::DeviceIndex(*cuda_device)),
               slicer_on_cuda(*model.slicer, int(*cuda_device)));
  VaeTask task(model, set, options, hands, monitor, each_epoch);
  const learn::Split split =
      learn::split_rows(set.count(), {}, options.training.validation, run.seed);
  {
    Progress progress(monitor, "training",
                      options.training.epochs * learn::steps_per_epoch(split, options.training));
    history = learn::train(task, split, options.training, run, progress);
  }
  model.move(at::kCPU, nullptr);
  model.latents = encode(model, set, hands, monitor);
  return Vae(std::move(model));
}

int cuda_devices(std::string* why) {
  if (cuda::kernel_devices()) return learn::cuda_devices(why);
  if (why) *why = "this build has no CUDA kernels";
  return 0;
}

}  // namespace spi::vae
