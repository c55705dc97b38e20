// SPDX-License-Identifier: GPL-3.0-or-later
// From patterns to lines ready for correlation: band limit, polar lines, transform, shells.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "libspi/commonline/cc_matrix.h"
#include "libspi/io/stack.h"

namespace spi {

enum class Transform { none, sqrt, log };
template <>
struct EnumNames<Transform> {
  static constexpr std::array<std::string_view, 3> values{"none", "sqrt", "log"};
};

/// What is done about the steep fall of intensities with q, which all patterns share.
enum class Shells { none, divide, subtract };
template <>
struct EnumNames<Shells> {
  static constexpr std::array<std::string_view, 3> values{"none", "divide", "subtract"};
};

struct LineOptions {
  std::size_t angles = 180;
  std::optional<double> r_min, r_max;            ///< pixels from the centre
  std::optional<ReciprocalLength> q_min, q_max;  ///< instead of r_min, r_max
  Transform transform = Transform::sqrt;
  std::optional<Shells> shells;
  std::optional<double> band_limit;  ///< cycles per pixel; 0: none

  void describe(OptionSet& options);
};

/// The choices that were made, for the record.
struct LineSettings {
  std::array<double, 2> centre{};  ///< x, y in pixels
  double r_min = 0, r_max = 0;     ///< pixels
  double r_step = 1;               ///< pixels between radii: features of a line
  std::size_t angles = 0;
  Transform transform = Transform::sqrt;
  Shells shells = Shells::subtract;
  double photon = 1;           ///< intensity of one photon, from the noise
  double speckle = 0;          ///< frequency where the signal ends, cycles per pixel; 0: unknown
  double band_limit = 0;       ///< cycles per pixel; 0: not limited
  double noise_reduction = 1;  ///< pixels that a band-limited value averages
  std::size_t invalid_pixels = 0;  ///< given weight 0 when read
  std::optional<double> q_per_pixel;
};

/// What is added to intensities of the given mean before the transform: a fraction of the photon
/// per area that a value averages; more for the logarithm, which blows up what is near 0.
double transform_offset(const LineSettings& settings, double mean);

struct Lines {
  LineSet set;
  LineSettings settings;
};

/// Steps 1 and 2 of make_lines and its radii: all that is chosen from the data before lines are
/// made. Reads a sample of the patterns.
LineSettings line_settings(StackReader& stack, const LineOptions& options, Monitor& monitor);

/// Reads every pattern of the stack (several times, in chunks) and makes its lines. Class averages
/// and single shots differ in their defaults (docs/decisions/cc-matrix.md).
///  1. the centre, where neither options nor file say it (CentreFinder);
///  2. the band limit of the data (BandEstimator), and the low-pass beyond it (BandLimiter): the
///     exact prior that a particle of finite extent gives, and a large part of the noise gone;
///  3. polar lines at angles a·π/A and radii r_min, r_min + step, ..., r_max, both arms averaged;
///  4. each pattern scaled to the mean brightness, the transform, each pattern to unit norm;
///  5. the mean line of the data set subtracted (Shells::subtract), or each line's own mean;
///  6. unit norm.
/// Weights remain only where a hole is wider than the band limit fills. Memory: the lines and a
/// chunk of patterns. UserError where no usable radii or patterns are left.
Lines make_lines(StackReader& stack, const LineOptions& options, int threads, Monitor& monitor);

}  // namespace spi
