// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes of cubes and balls read directly from their two-dimensional patterns.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/orientation/slices.h"

namespace spi {

enum class FitShape { sphere, cube, best };
template <>
struct EnumNames<FitShape> {
  static constexpr std::array<std::string_view, 3> values{"sphere", "cube", "best"};
};

struct SizeFitOptions {
  FitShape shape = FitShape::best;
  std::optional<Length> size_min = {}, size_max = {};
  double r_min = 5;
  double min_visibility = 0.5;
  double min_streak = 5.5;

  void describe(OptionSet& options);
  /// UsageError where sizes contradict.
  void check_together() const;
};

/// One pattern's size; NaN where the pattern has too few rings to tell.
struct SizeFit {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  FitShape shape = FitShape::sphere;
  double size_A = kUnknown;   ///< diameter of the ball, edge of the cube
  double error_A = kUnknown;  ///< standard error, from the curvature and the scatter of the fit
  double volume_A3 = kUnknown;
  /// 1 - chi² over that of the same profile without fringes (sizes smeared over ±15 %): 1 where
  /// the fringes are all there, 0 where there are none.
  double visibility = 0;
  double streak = 0;     ///< of cubes: intensity of the streak over that of its rings, in the mean
  double angle_rad = 0;  ///< of cubes: of the streak, [0, pi)
  double tilt_rad = 0;   ///< of cubes: of the face out of the beam, as the streak's fading tells
  bool clear = false;    ///< visible enough, and with streak enough
};

/// What a fit needs to know of the patterns.
struct FitGeometry {
  PatternGeometry pattern;
  std::size_t rows = 0, columns = 0;
  std::array<double, 2> centre{};
};

/// Ball: the radial profile against that of a ball of constant density,
///   A P(q) + C (q/q_max)² P(q) + B,   P = [3 (sin x - x cos x)/x³]², x = pi q D,
/// averaged over each ring; the second term takes up a slowly changing envelope, B a background.
/// Cube: as figure 9 of Zhuang et al. (2022), from patterns with a clear streak, of which a face is
/// taken to lie along the beam: the intensity along the brightest line through the centre, in a
/// strip three pixels wide, against P = [sin(pi q L)/(pi q L)]². A face tilted by t has its fringes
/// 1/(L cos t) apart and a streak that fades as its line leaves the normal, from which t is found
/// and the edge corrected: untilted, edges of cubes at random read 0.5 to 1 % low. Linear least
/// squares for A, B, C; sizes scanned in steps of 0.1/q_max, the best refined. Rings count with the
/// variance I/pixels + (0.05 I)²: intensities are taken as photons. `best` takes the clear one, of
/// two the more visible.
SizeFit fit_size(std::span<const float> intensity, std::span<const float> weight,
                 const FitGeometry& geometry, const SizeFitOptions& options);

}  // namespace spi
