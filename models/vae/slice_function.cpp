// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/slice_function.h"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/autograd/custom_function.h>

#include "libspi/base/error.h"
#include "libspi/learn/tensors.h"

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

/// What both ways need besides the tensor.
struct Slices : torch::CustomClassHolder {
  const Slicer* slicer;
  std::vector<Quaternion> pose;
  int threads;
  const DeviceSlicer* there;
  at::Tensor rotations;  ///< [B, cosets, 9] there

  Slices(const Slicer& s, std::vector<Quaternion> p, int t, const DeviceSlicer* d)
      : slicer(&s), pose(std::move(p)), threads(t), there(d) {}
};

at::Tensor rotations_on(at::Device device, const Slicer& slicer,
                        std::span<const Quaternion> model_from_lab) {
  std::vector<float> all = coset_rotations(slicer.box(), model_from_lab);
  return learn::sent(at::from_blob(all.data(), {std::int64_t(all.size())}, at::kFloat).clone(),
                     device);
}

/// LibTorch and DeviceSlicer come in order on the device's default stream alone.
void check_stream(at::Device device) {
  if (!device.is_cuda()) return;
  const auto* const guard = c10::impl::getDeviceGuardImpl(device.type());
  SPI_ASSERT(guard->getStream(device) == guard->getDefaultStream(device));
}

const float* input_of(const at::Tensor& tensor, const Slices& how) {
  SPI_ASSERT(tensor.is_contiguous() && tensor.scalar_type() == at::kFloat);
  SPI_ASSERT(tensor.device() == how.rotations.device());
  check_stream(tensor.device());
  return tensor.data_ptr<float>();
}

/// Memory of `tied` and `work` goes back to LibTorch's cache, which gives it to later work of the
/// same stream.
void slice_there(const at::Tensor& volumes, const Slices& how, at::Tensor& out) {
  const std::size_t patterns = how.pose.size();
  const at::Tensor tied = how.slicer->box().turned() ? volumes.clone() : volumes;
  const float* const from = input_of(tied, how);
  if (how.slicer->box().turned()) how.there->tie(tied.data_ptr<float>(), patterns);
  how.there->slice(from, how.rotations.data_ptr<float>(), patterns, out.data_ptr<float>());
}

void adjoint_there(const at::Tensor& values, const Slices& how, at::Tensor& out) {
  const std::size_t patterns = how.pose.size();
  at::Tensor work =
      at::empty({std::int64_t(how.there->work_size(patterns))}, values.options().dtype(at::kLong));
  how.there->adjoint(input_of(values, how), how.rotations.data_ptr<float>(), patterns,
                     reinterpret_cast<std::uint64_t*>(work.data_ptr<std::int64_t>()),
                     out.data_ptr<float>());
}

struct SliceFunction : torch::autograd::Function<SliceFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given,
                            const c10::intrusive_ptr<Slices>& how) {
    context->saved_data["how"] = c10::IValue::make_capsule(how);
    const at::Tensor volumes = given.contiguous();
    at::Tensor out =
        at::empty({volumes.size(0), std::int64_t(how->slicer->points().size())}, volumes.options());
    if (how->there) {
      how->rotations = rotations_on(volumes.device(), *how->slicer, how->pose);
      slice_there(volumes, *how, out);
    } else {
      how->slicer->slice(values_of(volumes), how->pose, writable(out), how->threads);
    }
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradient) {
    const auto holder = context->saved_data["how"].toCapsule();
    const auto& how = static_cast<const Slices&>(*holder);
    const at::Tensor values = gradient[0].contiguous();
    at::Tensor volumes =
        at::empty({values.size(0), std::int64_t(how.slicer->box().voxels())}, values.options());
    if (how.there)
      adjoint_there(values, how, volumes);
    else
      how.slicer->adjoint(values_of(values), how.pose, writable(volumes), how.threads);
    return {volumes, at::Tensor()};
  }
};

}  // namespace

at::Tensor slice_volumes(const at::Tensor& volumes, const Slicer& slicer,
                         std::vector<Quaternion> model_from_lab, int threads,
                         const DeviceSlicer* there) {
  SPI_ASSERT(volumes.size(0) == std::int64_t(model_from_lab.size()));
  return SliceFunction::apply(
      volumes, c10::make_intrusive<Slices>(slicer, std::move(model_from_lab), threads, there));
}

}  // namespace spi::vae
