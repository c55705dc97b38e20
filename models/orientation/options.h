// SPDX-License-Identifier: GPL-3.0-or-later
// Networks that see a frame and say its orientation: what may be chosen.
#pragma once

#include <cstddef>
#include <optional>

#include "libspi/base/options.h"

namespace spi {

/// compact: strided convolutions; resnet18: of He et al. 2016, as in NeurOrient, normalised by
/// groups of channels; filter-bank: Gaussian low-pass filters and the first layers of VGG-16, as in
/// X-RAI.
enum class EncoderKind { compact, resnet18, filter_bank };
template <>
struct EnumNames<EncoderKind> {
  static constexpr std::array<std::string_view, 3> values{"compact", "resnet18", "filter-bank"};
};

/// How the angle about the beam is found. main_axis: the image is turned to the main axis of its
/// middle first, and the network says the rest: it then need not learn every view in every turn;
/// learned: the network says all, as in the papers.
enum class InPlane { main_axis, learned };
template <>
struct EnumNames<InPlane> {
  static constexpr std::array<std::string_view, 2> values{"main-axis", "learned"};
};

struct EncoderOptions {
  EncoderKind kind = EncoderKind::compact;
  std::size_t channels = 32;  ///< of the first layer
  std::size_t heads = 4;      ///< answers for each image
  InPlane in_plane = InPlane::main_axis;
  std::optional<double> axis_radius = {};  ///< of the middle that has the main axis, of S/2
  bool fluence = false;                    ///< predict the fluence too

  /// resnet18 normalises its channels in so many groups.
  static constexpr std::size_t kGroups = 8;

  void describe(OptionSet& options);
  /// UsageError where two contradict.
  void check_together() const;
};

}  // namespace spi
