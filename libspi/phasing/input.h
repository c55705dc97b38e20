// SPDX-License-Identifier: GPL-3.0-or-later
// Intensities to be phased: volumes or patterns from any file, one after the other.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/base/options.h"
#include "libspi/io/stack.h"

namespace spi {

struct PhasingInputOptions {
  std::optional<ReciprocalLength> q_per_voxel = {};
  double beam_stop = 0;                     ///< voxels; 0: none
  std::optional<double> outer_radius = {};  ///< voxels
  StackOptions stack;                       ///< `mask` is a volume where the input is one

  void describe(OptionSet& options);
};

/// n^rank intensities, q = 0 at voxel n/2, and which are not measured.
struct Intensity {
  std::vector<float> values;
  std::vector<bool> free;
};

class PhasingInput {
 public:
  virtual ~PhasingInput() = default;
  virtual int rank() const = 0;             ///< 2 or 3
  virtual std::size_t n() const = 0;        ///< voxels a side
  virtual std::size_t count() const = 0;    ///< images or volumes
  virtual double voxel_size_A() const = 0;  ///< of the density: 1/(n q_per_voxel)
  virtual Intensity read(std::size_t index) = 0;
  /// Patterns were cut or moved by part of a pixel: in words, or "".
  virtual std::string note() const { return ""; }
};

/// Cubes from volumes.h5 (intensity) or MRC, whose voxel size is that of the density; else squares
/// from whatever open_stack reads, cut around their centre (interpolated where that lies between
/// pixels). Not measured is what the mask or a weight of 0 hides, what lies within the beam stop or
/// beyond the outer radius; where that is automatic and everything beyond n/2 is 0, as
/// reconstructions leave it, so are these corners. UserError where volumes are not cubes or hold
/// densities, the scale is unknown, or a mask has another shape.
std::unique_ptr<PhasingInput> open_phasing_input(const std::filesystem::path& path,
                                                 const PhasingInputOptions& options);

}  // namespace spi
