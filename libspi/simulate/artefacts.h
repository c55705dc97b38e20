// SPDX-License-Identifier: GPL-3.0-or-later
// What the beam and the detector do to a noise-free pattern, in the order of NeurOrient: fluence
// fluctuation, Poisson noise, Gaussian readout noise. (The beam stop is a mask of the detector.)
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/base/random.h"
#include "libspi/io/detector.h"

namespace spi {

enum class FluenceKind { none, gamma, histogram };
template <>
struct EnumNames<FluenceKind> {
  static constexpr std::array<std::string_view, 3> values{"none", "gamma", "histogram"};
};

/// Relative fluence of a shot, mean 1.
class FluenceModel {
 public:
  /// Always 1.
  FluenceModel() = default;
  /// Gamma distribution of mean 1 and the given standard deviation > 0.
  static FluenceModel gamma(double relative_std);
  /// Uniform within each bin of a histogram whose bins meet midway between their ascending centres;
  /// divided by its mean. What a measurement counts below 0 is 0. UserError unless there are two
  /// bins with finite centres, and the heights are >= 0 and not all 0 above 0.
  static FluenceModel histogram(const std::vector<double>& centres,
                                const std::vector<double>& heights);

  double draw(Random& random) const;

 private:
  std::optional<double> shape_;             ///< of the gamma distribution
  std::vector<double> cumulative_, edges_;  ///< [n] up to 1, [n + 1]
};

/// A measured histogram of the fluence: centres and heights of its bins, from a NumPy .npy array of
/// float64, (2, n) or (n, 2), or from text with a centre and a height on each line (# comments).
FluenceModel read_fluence_histogram(const std::filesystem::path& path);

/// Photons of one frame: ascending pixel indices and counts >= 1.
struct SparseFrame {
  std::vector<std::uint32_t> pixel, count;
};

/// A Poisson draw of every pixel's rate[P] * scale. Dim frames are drawn as a Poisson process along
/// the pixels (exponential steps in the summed rate): cost P + photons.
SparseFrame count_photons(std::span<const float> rate, double scale, Random& random);

/// Adds normal noise of standard deviation `sigma` > 0 (photons) to the pixels where use[P] is not
/// bad, rounds to whole photons and clips at 0.
SparseFrame add_readout_noise(const SparseFrame& frame, std::span<const PixelUse> use, double sigma,
                              Random& random);

/// The same on a dense image, in place and without the rounding: values[P] >= 0.
void add_readout_noise(std::span<float> values, std::span<const PixelUse> use, double sigma,
                       Random& random);

}  // namespace spi
