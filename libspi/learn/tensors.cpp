// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/tensors.h"

#include <cmath>

#include "libspi/learn/keys.h"

namespace spi::learn {
namespace {

at::Tensor copy_on_cpu(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU, /*non_blocking=*/false, /*copy=*/true).contiguous();
}

/// Calls visit(name, tensor) for the parameters, then the buffers.
template <class Visit>
void for_each_tensor(const torch::nn::Module& module, Visit visit) {
  for (const auto& item : module.named_parameters()) visit(item.key(), item.value());
  for (const auto& item : module.named_buffers()) visit(item.key(), item.value());
}

h5::Shape shape_of(const at::Tensor& tensor) {
  return h5::Shape(tensor.sizes().begin(), tensor.sizes().end());
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor values = copy_on_cpu(tensor).to(at::kFloat);
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

at::Tensor tensor_of(const h5::Shape& shape, const std::vector<float>& values) {
  at::Tensor tensor = at::empty(std::vector<std::int64_t>(shape.begin(), shape.end()), at::kFloat);
  std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
  return tensor;
}

}  // namespace

void draw_weights(torch::nn::Module& module, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  std::uint64_t index = 0;
  for (const auto& item : module.named_parameters()) {
    at::Tensor parameter = item.value();
    if (parameter.dim() >= 2) {
      Random random(seed, keys::kWeights, index);
      const double bound = std::sqrt(6 * double(parameter.size(0)) / double(parameter.numel()));
      at::Tensor values = at::empty(parameter.sizes(), at::kFloat);
      float* value = values.data_ptr<float>();
      for (std::int64_t k = 0; k < values.numel(); ++k)
        value[k] = float(bound * (2 * random.uniform() - 1));
      parameter.copy_(values);
    } else if (item.key().ends_with("bias")) {
      parameter.zero_();
    }
    ++index;
  }
}

at::Tensor sent(const at::Tensor& tensor, at::Device device) {
  if (tensor.device() == device) return tensor;
  if (!device.is_cuda() || !tensor.is_cpu()) return tensor.to(device);
  return tensor.contiguous().pin_memory().to(device, tensor.scalar_type(), /*non_blocking=*/true);
}

Tensors tensors_of(const torch::nn::Module& module) {
  Tensors tensors;
  for_each_tensor(module, [&](const std::string& name, const at::Tensor& tensor) {
    tensors.emplace_back(name, copy_on_cpu(tensor));
  });
  return tensors;
}

void set_tensors(torch::nn::Module& module, const Tensors& tensors, const std::string& where) {
  const torch::NoGradGuard no_grad;
  for_each_tensor(module, [&](const std::string& name, at::Tensor tensor) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const auto& item) { return item.first == name; });
    if (found == tensors.end()) fail("there are no weights ", name, " in ", where);
    if (found->second.sizes() != tensor.sizes())
      fail("the weights ", name, " have shape ", h5::print(shape_of(found->second)), ", not ",
           h5::print(shape_of(tensor)), ", in ", where);
    tensor.copy_(found->second);
  });
}

void broadcast(Tensors& tensors, Team& team) {
  std::size_t count = tensors.size();
  team.broadcast(count);
  tensors.resize(count);
  for (auto& [name, tensor] : tensors) {
    h5::Shape shape;
    std::vector<float> values;
    if (team.leads()) shape = shape_of(tensor), values = values_of(tensor);
    team.broadcast(name), team.broadcast(shape), team.broadcast(values);
    if (!team.leads()) tensor = tensor_of(shape, values);
  }
}

void write_tensors(h5::File& file, const std::string& group, const Tensors& tensors) {
  for (const auto& [name, tensor] : tensors)
    file.write(group + "/" + name, values_of(tensor), shape_of(tensor));
}

Tensors read_tensors(const h5::File& file, const std::string& group) {
  Tensors tensors;
  if (!file.is_group(group)) fail(file.path().string(), " has no group ", group);
  for (const std::string& name : file.list(group)) {
    const std::string path = group + "/" + name;
    const h5::Shape shape = file.shape(path);
    const std::vector<float> values = file.read<float>(path);
    for (const float value : values)
      if (!std::isfinite(value))
        fail(file.path().string(), ": ", path, " has values that are not finite");
    tensors.emplace_back(name, tensor_of(shape, values));
  }
  return tensors;
}

}  // namespace spi::learn
