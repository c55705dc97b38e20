// SPDX-License-Identifier: GPL-3.0-or-later
// The intensity of a particle as a network of q. Includes LibTorch.
#pragma once

#include "libspi/learn/layers.h"
#include "models/intensity_field/options.h"

namespace spi {

/// A function of points q in units of the rim, even: field(q) = field(-q). Sines throughout
/// (SIREN: Sitzmann et al. 2020).
class IntensityField : public torch::nn::Module {
 public:
  /// options.extent is set.
  explicit IntensityField(const FieldOptions& options);

  void draw(std::uint64_t seed);
  /// points [M, 3] -> [M]. The precision is that of the layers between the first and the last: the
  /// first's sines have large arguments.
  at::Tensor forward(const at::Tensor& points,
                     learn::Precision precision = learn::Precision::single) const;

 private:
  struct Net {
    learn::Layer first, last;
    std::vector<learn::Layer> hidden;
  };
  Net net(const std::string& name, std::size_t hidden);
  at::Tensor evaluate(const Net& net, const at::Tensor& points, bool even,
                      learn::Precision precision) const;

  FieldOptions options_;
  Net large_, small_;
};

}  // namespace spi
