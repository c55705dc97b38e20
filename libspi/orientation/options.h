// SPDX-License-Identifier: GPL-3.0-or-later
// The options of orientation against a reference.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/io/detector.h"
#include "libspi/simulate/particle.h"

namespace spi {

/// Written in degrees, with or without "deg", or with "rad" or "mrad".
struct Angle {
  double radians = 0;
  bool operator==(const Angle&) const = default;
};
template <>
struct Text<Angle> {
  static std::string type() { return "ANGLE"; }
  static Angle parse(const std::string& text);
  static std::string print(Angle value);
};

struct OrientOptions {
  std::optional<std::filesystem::path> reference;
  std::vector<std::size_t> reference_index{0};
  bool all_references = false;  ///< every volume of the file
  std::optional<Shape> shape;
  std::optional<Length> edge;
  std::vector<double> melting{0.35};
  double rod_aspect = 2.5;
  std::optional<std::string> symmetry;

  std::optional<Angle> spacing;
  double size_range = 0.1;
  std::optional<double> r_min, r_max;
  std::optional<double> band_limit;
  double round_below = 0;  ///< angular part (angular_parts) of patterns without an orientation

  std::optional<std::filesystem::path> detector;
  DetectorHints hints;
  bool flat_ewald = false;

  void describe(OptionSet& options);
  /// UsageError where two contradict or one is missing.
  void check_together() const;
  /// Each reference that is asked for as options of its own. UserError where a volume is not there.
  std::vector<OrientOptions> one_by_one() const;
};

}  // namespace spi
