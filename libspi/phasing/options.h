// SPDX-License-Identifier: GPL-3.0-or-later
// The options of phasing.
#pragma once

#include <filesystem>
#include <optional>

#include "libspi/base/device.h"
#include "libspi/base/options.h"
#include "libspi/phasing/recipe.h"

namespace spi {

enum class SupportKind { autocorrelation, voxels, mass, shrink_wrap, file };
template <>
struct EnumNames<SupportKind> {
  static constexpr std::array<std::string_view, 5> values{"autocorrelation", "voxels", "mass",
                                                          "shrink-wrap", "file"};
};

enum class StartFrom { random, previous };
template <>
struct EnumNames<StartFrom> {
  static constexpr std::array<std::string_view, 2> values{"random", "previous"};
};

struct SupportOptions {
  SupportKind kind = SupportKind::voxels;
  double floor = 0.01;                     ///< of the autocorrelation's maximum
  std::optional<std::size_t> voxels = {};  ///< nullopt: the largest body that the field allows
  double mass_fraction = 1e-4;
  std::optional<std::filesystem::path> file = {};
  std::optional<std::string> symmetry = {};
  std::size_t shrink_every = 20;                    ///< iterations
  double shrink_fraction = 0.1;                     ///< of the blurred density's maximum
  double shrink_sigma = 3, shrink_sigma_end = 1.5;  ///< voxels; it falls by 1 % a time

  void describe(OptionSet& options);
};

struct PhasingOptions {
  Recipe recipe;
  std::size_t starts = 10;
  StartFrom start = StartFrom::random;
  bool allow_negative = false;
  bool background = false;
  bool band_limit = false;
  double agreement = 0.9;
  std::optional<Memory> max_memory = {};
  SupportOptions support;
  Device device = Device::cpu;  ///< of the iterations; a session's, no option

  void describe(OptionSet& options);
};

}  // namespace spi
