// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/base/team.h"
#include "models/selftest/gradient.h"
#include "models/selftest/operations.h"
#include "models/vae/training.h"

namespace spi::selftest {
namespace {

constexpr const char* kGroup = "m-3m";
constexpr double kDark = 0.01;  ///< objective.h
constexpr std::uint64_t kNoise = 7;

/// Patterns of noise in random orientations.
vae::PatternSet patterns(std::size_t size, std::size_t count, std::uint64_t seed) {
  vae::PatternSet set;
  set.symmetry = kGroup;
  set.preprocessing = {.size = size,
                       .q_per_voxel = 1e-4,
                       .wavelength_A = 2.0,
                       .radial_mean = std::vector<double>(size / 2 + 1, 1.0)};
  set.points = disc_points(size, 1e-4, 2.0);
  Random random(seed, 0x5e1f, 22);
  for (std::size_t n = 0; n < count; ++n) {
    set.id.push_back(n);
    set.pose.push_back(random_rotation(random));
    set.gain.push_back(float(1 + 0.1 * random.normal()));
    set.scale.push_back(1.f);
  }
  for (std::size_t i = 0; i < count * set.points.size(); ++i) {
    set.intensity.push_back(float(2 * random.uniform()));
    set.photons.push_back(20.f);
  }
  return set;
}

vae::VaeOptions options_for(std::size_t size, std::size_t channels) {
  vae::VaeOptions options;
  options.size = size;
  options.channels = channels;
  options.loss = vae::Loss::poisson;
  options.warm_up = 0;  // the KL weight is whole, and everything learns
  options.settle = 0;
  return options;
}

/// [P] slices of a volume [voxels] in double: every operation of the Laue class, eight voxels each.
at::Tensor slices(const at::Tensor& volume, const Slicer& slicer, const Quaternion& pose) {
  const FreeBox& box = slicer.box();
  SPI_ASSERT(!box.turned());  // nothing to tie
  const PointGroup laue = laue_class(point_group(kGroup));
  const double half = double(box.size() / 2);
  std::vector<std::int64_t> voxel;
  std::vector<double> weight;
  for (std::size_t i = 0; i < slicer.points().size(); ++i) {
    const Vector3 p =
        rotate(pose, Vector3{slicer.points().x[i], slicer.points().y[i], slicer.points().z[i]});
    for (const Matrix3& g : laue.operations) {
      const Vector3 r = rotate(g, p);
      const bool inside = std::max({std::abs(r[0]), std::abs(r[1]), std::abs(r[2])}) <= half;
      for (std::size_t corner = 0; corner < 8; ++corner) {
        double share = inside ? 1 / double(laue.order()) : 0;
        Vector3 at{};
        for (std::size_t axis = 0; inside && axis < 3; ++axis) {
          at[axis] = std::min(std::floor(r[axis]), half - 1) + double(corner >> axis & 1);
          share *= 1 - std::abs(r[axis] - at[axis]);
        }
        const Vector3 folded = box.fold(at);
        std::int64_t flat = 0;
        for (const std::size_t axis : {2, 1, 0})
          flat = flat * std::int64_t(box.shape()[2 - axis]) +
                 std::int64_t(folded[axis] - box.first()[axis]);
        voxel.push_back(flat);
        weight.push_back(share);
      }
    }
  }
  const auto points = std::int64_t(slicer.points().size());
  const at::Tensor where = at::from_blob(voxel.data(), {std::int64_t(voxel.size())}, at::kLong);
  const at::Tensor share = at::from_blob(weight.data(), where.sizes(), at::kDouble).clone();
  return (volume.index_select(0, where.clone()) * share).view({points, -1}).sum(1);
}

/// Truth: the loss as objective.h defines it and its gradient, of the same network in double.
class VaeStep : public Problem {
 public:
  VaeStep(std::size_t size, std::size_t count, std::size_t channels, std::uint64_t seed)
      : set_(patterns(size, count, seed)), options_(options_for(size, channels)), seed_(seed) {
    for (std::size_t n = 0; n < count; ++n) rows_.push_back(n);
    definition_ = definition();
  }

  std::string size() const override {
    return text_of(set_.preprocessing.size, "³ ", kGroup, ", ", rows_.size(), " patterns");
  }

  /// The decoder's products, and two more of each on the way back; slices and their adjoint.
  Work work() const override {
    const double c = double(options_.channels);
    const auto edge = double((set_.preprocessing.size / 2 + 1 + 8) / 9);
    const double cells = edge * edge * edge, fine = 27 * cells;
    const double products =
        cells * (27 * 2 * c * 2 * c + 27 * c * 2 * c) + fine * (27 * 2 * c * c + 27 * 2 * c);
    const double lookups = 6 * double(set_.points.size());
    return {.items = double(rows_.size()),
            .unit = "patterns",
            .operations = double(rows_.size()) * (3 * 2 * products + 2 * 42 * lookups),
            .bytes = 0};
  }

  /// Gradients of weights are sums over the voxels of a pattern, of what has come through eight
  /// layers of sums over 27·2C features.
  Bound bound(Device, double) const override {
    const double edge = double(set_.preprocessing.size) / 2;
    const double layers = 8 * std::sqrt(27. * 2 * double(options_.channels));
    return {.rms = (std::sqrt(edge * edge * edge) + layers) * kRoundoff,
            .reason = "(√V + 8 √54C) 2^-24: sums over V voxels after 8 layers of C channels"};
  }

  std::vector<double> truth(int) const override { return scaled(definition_, definition_); }

  Version on_cpu(int threads) override {
    return version(std::make_shared<vae::Model>(new_model()), threads);
  }

  /// With the patterns there, and the gradient's way back.
  std::optional<Version> on_cuda(int device) override {
    if (vae::cuda_devices(nullptr) <= device) return std::nullopt;
    const auto model = std::make_shared<vae::Model>(new_model());
    model->move(at::Device(at::kCUDA, at::DeviceIndex(device)),
                slicer_on_cuda(*model->slicer, device));
    return version(model, available_threads());
  }

 private:
  Version version(const std::shared_ptr<vae::Model>& model, int threads) {
    const auto task = std::make_shared<vae::VaeTask>(
        *model, set_, options_, learn::Hands{.team = alone(), .threads = threads});
    const auto found = std::make_shared<std::vector<at::Tensor>>();
    return {[this, model, task, found] {
              learn::Parts parts;
              const learn::Step step{.generator = at::make_generator<at::CPUGeneratorImpl>(kNoise)};
              *found =
                  loss_and_gradient(task->loss(rows_, step, parts), model->network->parameters());
            },
            [this, found] { return scaled(*found, definition_); }};
  }

  vae::Model new_model() const {
    vae::Model model = vae::new_model(set_, options_, seed_, 1, silent_monitor());
    const torch::NoGradGuard no_grad;  // off the kinks, where all is while biases are 0
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(kNoise + 1);
    for (const at::Tensor& parameter : model.network->parameters())
      parameter.add_(0.02 * at::randn(parameter.sizes(), generator));
    return model;
  }

  std::vector<at::Tensor> definition() const {
    const vae::Model model = new_model();
    const vae::Batch batch = vae::make_batch(set_, rows_, model.optics());
    model.network->to(at::kDouble);
    const auto count = std::int64_t(rows_.size());
    const vae::Posterior posterior =
        model.network->encode(batch.image.to(at::kDouble), batch.joined.to(at::kDouble));
    const at::Tensor noise =
        at::randn({count, model.shape.latent_dim}, at::make_generator<at::CPUGeneratorImpl>(kNoise))
            .to(at::kDouble);
    const at::Tensor volumes =
        model.network->decode(posterior.mean + (posterior.log_variance / 2).exp() * noise);
    const double e2 = options_.model_error * options_.model_error;
    at::Tensor sum =
        options_.used_kl_weight() *
        (posterior.mean.square() + posterior.log_variance.exp() - 1 - posterior.log_variance)
            .sum() /
        2;
    for (std::int64_t b = 0; b < count; ++b) {
      const at::Tensor seen = slices(volumes[b], *model.slicer, batch.pose[std::size_t(b)]);
      const at::Tensor x = batch.intensity[b].to(at::kDouble), n = batch.photons[b].to(at::kDouble);
      sum =
          sum + (n / (1 + 4 * e2 * n) * (seen - x + x * ((x + kDark).log() - (seen + kDark).log())))
                    .sum();
    }
    return loss_and_gradient(sum / double(set_.intensity.size()), model.network->parameters());
  }

  vae::PatternSet set_;
  vae::VaeOptions options_;
  std::uint64_t seed_;
  std::vector<std::size_t> rows_;
  std::vector<at::Tensor> definition_;
};

}  // namespace

std::unique_ptr<Problem> vae_step_problem(Scale scale, std::uint64_t seed) {
  if (scale == Scale::quick) return std::make_unique<VaeStep>(13, 4, 4, seed);
  return std::make_unique<VaeStep>(81, 4, 16, seed);
}

}  // namespace spi::selftest
