// SPDX-License-Identifier: GPL-3.0-or-later
// What a masked centre leaves undetermined.
#pragma once

#include <string>
#include <vector>

#include "libspi/phasing/problem.h"

namespace spi {

/// A density inside the support of which the measured bins see only the part 1 - `hidden` of its
/// power (Thibault et al., Acta Cryst. A62, 248 (2006)).
struct HiddenMode {
  double hidden = 0;      ///< part of the power in free bins, 0..1
  std::string name = {};  ///< "total mass", "slope", "curvature", "order 3 or more"
  double name_share = 0;  ///< part of the power that the polynomial of this name explains
};

struct HiddenModes {
  std::vector<HiddenMode> modes;  ///< the most hidden first, down to `hidden` = kHidden
  std::size_t free_bins = 0;      ///< of the full spectrum, around zero frequency, that took part
  bool complete = true;           ///< false where the centre is too large: only the innermost bins

  static constexpr double kHidden = 0.5;
  /// "the masked centre hides 3 modes: ..." in a sentence, or "" without a masked centre.
  std::string summary() const;
};

/// Let S be the projection onto densities inside the support and M onto spectra inside the free
/// region around zero frequency. The eigenvectors of S F^-1 M F S with eigenvalues near 1 are the
/// densities that hardly show. Its non-zero eigenvalues are those of M F S F^-1 M, whose matrix,
/// in cosines and sines of the m free bins, is made of one transform of the support: exact, in
/// m^3 operations. Beyond 1500 bins the innermost are taken, which bounds eigenvalues from below.
/// Positivity, which bounds these modes' amplitudes, does not enter.
template <int Rank>
HiddenModes hidden_modes(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                         const std::vector<std::uint8_t>& support, int threads);

}  // namespace spi
