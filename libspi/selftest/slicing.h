// SPDX-License-Identifier: GPL-3.0-or-later
// Symmetrised slicing and its adjoint (volume/slicing.h).
#pragma once

#include "libspi/selftest/operation.h"
#include "libspi/volume/slicing.h"

namespace spi::selftest {

/// Patterns of volumes of noise in random orientations, m-3m.
class Slicing : public Problem {
 public:
  Slicing(Scale scale, std::uint64_t seed);
  std::string size() const override;
  Work work() const override;
  Bound bound(Device device, double rms) const override;

 protected:
  /// Where point i of pattern b looks.
  Vector3 place(std::size_t b, std::size_t i) const;

  Slicer slicer_;
  std::vector<Quaternion> pose_;
  std::vector<float> volumes_, values_;  ///< [B][voxels], [B][P]: what goes in and comes out
};

/// Truth: some points of each pattern.
class Slice : public Slicing {
 public:
  Slice(Scale scale, std::uint64_t seed);
  std::vector<double> truth(int threads) const override;
  Version on_cpu(int threads) override;
#ifdef SPI_WITH_CUDA
  std::optional<Version> on_cuda(int device) override;
#endif

 private:
  std::vector<double> sample() const;
};

/// Truth: the voxels of the first pattern.
class SliceAdjoint : public Slicing {
 public:
  SliceAdjoint(Scale scale, std::uint64_t seed);
  std::vector<double> truth(int threads) const override;
  Version on_cpu(int threads) override;
#ifdef SPI_WITH_CUDA
  std::optional<Version> on_cuda(int device) override;
#endif

 private:
  std::vector<double> sample() const;
};

}  // namespace spi::selftest
