// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/slice_function.h"

#include <torch/csrc/autograd/custom_function.h>

#include "libspi/base/error.h"

namespace spi::vae {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::span<const float> values_of(const at::Tensor& tensor) {
  SPI_ASSERT(tensor.is_contiguous() && tensor.scalar_type() == at::kFloat && tensor.is_cpu());
  return {tensor.data_ptr<float>(), std::size_t(tensor.numel())};
}

std::span<float> writable(at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), std::size_t(tensor.numel())};
}

/// What the way back needs besides the gradient.
struct Slices : torch::CustomClassHolder {
  const Slicer* slicer;
  std::vector<Quaternion> pose;
  int threads;
  Slices(const Slicer& s, std::vector<Quaternion> p, int t)
      : slicer(&s), pose(std::move(p)), threads(t) {}
};

struct SliceFunction : torch::autograd::Function<SliceFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& volumes,
                            const c10::intrusive_ptr<Slices>& how) {
    context->saved_data["how"] = c10::IValue::make_capsule(how);
    at::Tensor out =
        at::empty({volumes.size(0), std::int64_t(how->slicer->points().size())}, volumes.options());
    how->slicer->slice(values_of(volumes.contiguous()), how->pose, writable(out), how->threads);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradient) {
    const auto holder = context->saved_data["how"].toCapsule();
    const auto& how = static_cast<const Slices&>(*holder);
    const at::Tensor values = gradient[0].contiguous();
    at::Tensor volumes =
        at::empty({values.size(0), std::int64_t(how.slicer->box().voxels())}, values.options());
    how.slicer->adjoint(values_of(values), how.pose, writable(volumes), how.threads);
    return {volumes, at::Tensor()};
  }
};

}  // namespace

at::Tensor slice_volumes(const at::Tensor& volumes, const Slicer& slicer,
                         std::vector<Quaternion> model_from_lab, int threads) {
  return SliceFunction::apply(
      volumes, c10::make_intrusive<Slices>(slicer, std::move(model_from_lab), threads));
}

}  // namespace spi::vae
