// SPDX-License-Identifier: GPL-3.0-or-later
// Named tensors of a module: drawn, copied, stored in HDF5 and read back.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libspi/base/team.h"
#include "libspi/io/hdf5.h"
#include "libspi/learn/torch.h"

namespace spi::learn {

/// Parameters and buffers of a module in its own order, or what belongs to them.
using Tensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Draws the weights by the seed alone: tensors of two and more dimensions uniform within
/// ±√(6/fan_in) (He et al. 2015, for rectifiers), fan_in = elements / size(0); vectors keep what
/// their module set, biases become 0.
void draw_weights(torch::nn::Module& module, std::uint64_t seed);

/// The tensor on a device: itself where it is there, else a copy, for which the host does not wait
/// on its way to a CUDA device.
at::Tensor sent(const at::Tensor& tensor, at::Device device);

/// Copies on the CPU.
Tensors tensors_of(const torch::nn::Module& module);
/// Overwrites the module's tensors by those of the same names. UserError where names or shapes
/// differ: it ends with "in `where`".
void set_tensors(torch::nn::Module& module, const Tensors& tensors, const std::string& where);

/// All ranks: those of rank 0, on the CPU, 32-bit reals.
void broadcast(Tensors& tensors, Team& team);

/// One dataset of 32-bit reals a tensor: `group`/name.
void write_tensors(h5::File& file, const std::string& group, const Tensors& tensors);
/// All datasets of the group; UserError where a number is not finite.
Tensors read_tensors(const h5::File& file, const std::string& group);

}  // namespace spi::learn
