// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/learn/runtime.h"
#include "models/intensity_field/field.h"
#include "models/selftest/gradient.h"
#include "models/selftest/operations.h"

namespace spi::selftest {
namespace {

/// Mean squared error of a field at random points. Truth: the same network in double.
class FieldStep : public Problem {
 public:
  FieldStep(Scale scale, std::uint64_t seed)
      : options_{.kind = FieldKind::cosine,
                 .width = scale == Scale::quick ? 32u : 128u,
                 .hidden = 2,
                 .extent = 10.},
        count_(scale == Scale::quick ? 500 : 50000),
        seed_(seed) {
    std::vector<float> q = noise(3 * count_, seed, 20), t = noise(count_, seed, 21);
    for (float& x : q) x /= 3;  // within the rim, mostly
    points_ = at::tensor(q).view({-1, 3});
    target_ = at::tensor(t);
    definition_ = step(at::kDouble, at::kCPU)();
  }

  std::string size() const override {
    return text_of(count_, " points, ", options_.hidden, " layers of ", options_.width);
  }

  /// A product for each layer, and two on the way back.
  Work work() const override {
    const double width = double(options_.width), count = double(count_);
    return {.items = count,
            .unit = "points",
            .operations = 3 * 2 * count * width * (4 + double(options_.hidden) * width),
            .bytes = 0};
  }

  /// Arguments of the first cosine, up to 2π extent, are off by as many roundings.
  Bound bound(Device, double) const override {
    return {.rms = 2 * std::numbers::pi * *options_.extent * kRoundoff,
            .reason = "2π extent 2^-24: arguments of the first layer"};
  }

  std::vector<double> truth(int) const override { return scaled(definition_, definition_); }

  Version on_cpu(int threads) override {
    learn::set_threads(threads);
    return version(at::kCPU);
  }

  std::optional<Version> on_cuda(int device) override {
    if (learn::cuda_devices(nullptr) <= device) return std::nullopt;
    return version(at::Device(at::kCUDA, at::DeviceIndex(device)));
  }

 private:
  using Step = std::function<std::vector<at::Tensor>()>;

  /// A step of the network there.
  Step step(at::ScalarType type, at::Device device) const {
    const auto field = std::make_shared<IntensityField>(options_);
    field->draw(seed_);
    field->to(device, type);
    const at::Tensor points = points_.to(device, type), target = target_.to(device, type);
    return [field, points, target] {
      return loss_and_gradient((field->forward(points) - target).square().mean(),
                               field->parameters());
    };
  }

  Version version(at::Device device) {
    const auto found = std::make_shared<std::vector<at::Tensor>>();
    return {[found, run = step(at::kFloat, device)] { *found = run(); },
            [this, found] { return scaled(*found, definition_); }};
  }

  FieldOptions options_;
  std::size_t count_;
  std::uint64_t seed_;
  at::Tensor points_, target_;
  std::vector<at::Tensor> definition_;
};

}  // namespace

std::unique_ptr<Problem> field_step_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<FieldStep>(scale, seed);
}

}  // namespace spi::selftest
