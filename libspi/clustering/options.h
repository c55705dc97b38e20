// SPDX-License-Identifier: GPL-3.0-or-later
// What can be chosen about clusters.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "libspi/base/options.h"

namespace spi {

enum class ClusterMethod { kmeans, mixture, density };
template <>
struct EnumNames<ClusterMethod> {
  static constexpr std::array<std::string_view, 3> values{"kmeans", "mixture", "density"};
};

struct ClusterOptions {
  ClusterMethod method = ClusterMethod::density;
  std::optional<std::size_t> clusters;    ///< K; of density found, not given
  std::size_t max_clusters = 12;          ///< that are tried where K is not given
  std::optional<std::size_t> min_size;    ///< of a cluster of density
  std::optional<std::size_t> components;  ///< leading coordinates that are used
  std::size_t bootstrap = 50;             ///< resamples for the stability; 0: none

  void describe(OptionSet& options);
  /// UsageError where the options contradict each other or do not fit N points of C coordinates.
  void check(std::size_t points, std::size_t available) const;
  std::size_t components_of(std::size_t available) const { return components.value_or(available); }
  /// Half the root of N, and 5 at least: small beside any cluster worth a name, and growing, since
  /// chance clumps of a few points come the more often the more points there are.
  std::size_t min_size_for(std::size_t points) const;
};

}  // namespace spi
