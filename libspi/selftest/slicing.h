// SPDX-License-Identifier: GPL-3.0-or-later
// Symmetrised slicing and its adjoint (volume/slicing.h).
#pragma once

#include "libspi/selftest/operation.h"
#include "libspi/volume/slicing.h"

namespace spi::selftest {

/// The two ways of slicing, each the transpose of the other.
enum class Way { slice, adjoint };

/// Patterns of volumes of noise in random orientations, m-3m. Truth: some points of each pattern;
/// of the adjoint the voxels of the first one.
class Slicing : public Problem {
 public:
  Slicing(Way way, Scale scale, std::uint64_t seed);
  std::string size() const override;
  Work work() const override;
  std::vector<double> truth(int threads) const override;
  Bound bound(Device device, double rms) const override;
  Version on_cpu(int threads) override;
#ifdef SPI_WITH_CUDA
  std::optional<Version> on_cuda(int device) override;
#endif

 private:
  bool slices() const { return way_ == Way::slice; }
  /// Where point i of pattern b looks.
  Vector3 place(std::size_t b, std::size_t i) const;
  std::vector<double> true_slices(int threads) const;
  std::vector<double> true_adjoint() const;
  /// What the truth has, of what came out.
  std::vector<double> sample() const;

  Way way_;
  Slicer slicer_;
  std::vector<Quaternion> pose_;
  std::vector<float> volumes_, values_;  ///< [B][voxels], [B][P]: what goes in and comes out
};

}  // namespace spi::selftest
