// SPDX-License-Identifier: GPL-3.0-or-later
// The options of 3D EMC.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/averaging/emc_run.h"
#include "libspi/base/options.h"
#include "libspi/orientation/options.h"
#include "libspi/polar/polar_binning.h"
#include "libspi/simulate/particle.h"

namespace spi {

/// Whether orientations are refined below the spacing of the grid at the end.
enum class Refinement { local, none };
template <>
struct EnumNames<Refinement> {
  static constexpr std::array<std::string_view, 2> values{"local", "none"};
};

struct EmcOptions : EmcRunOptions {
  EmcOptions() { beta_start = 0.1; }

  std::string symmetry = "C1";
  std::optional<std::size_t> size;  ///< voxels across; automatic: by the frames' fringes
  std::optional<std::filesystem::path> reference;
  std::size_t reference_index = 0;
  std::optional<std::filesystem::path> poses;
  std::optional<Shape> shape;
  std::optional<Length> edge;

  std::optional<Angle> spacing;  ///< of the finest grid; automatic: two pixels at the rim
  Refinement refine = Refinement::local;
  double floor = 0.3;    ///< photons a voxel
  double settled = 0.3;  ///< of a posterior's width

  PolarBinningOptions polar = {};

  void describe(OptionSet& options);
  /// UsageError where two contradict.
  void check_together() const;
};

}  // namespace spi
