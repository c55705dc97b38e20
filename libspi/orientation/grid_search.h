// SPDX-License-Identifier: GPL-3.0-or-later
// Every pattern against every orientation of the grid: where it correlates best.
#pragma once

#include <vector>

#include "libspi/orientation/comparison.h"
#include "libspi/orientation/correlation_engine.h"

namespace spi {

/// Orientations closer than this are one peak of the correlation: half a period of what the
/// innermost rings see, or three spacings of the grid.
double peak_width_rad(const Comparison& comparison);

/// Correlates chunks of patterns with all views, block after block where they don't fit together.
class GridSearch {
 public:
  /// The comparison must outlive it.
  GridSearch(const Comparison& comparison, int threads);

  const CorrelationEngine& engine() const { return engine_; }
  /// Tiles of 64 patterns, in order, with what they found in cells as wide as a peak.
  std::vector<PatternTile> search(const PolarPatterns& patterns);

  /// Bytes of a pattern on its way, harmonics of its tile included.
  static std::size_t pattern_bytes(const Comparison& comparison);

 private:
  bool any_masked(const PolarPatterns& patterns) const;
  void hold_views(std::size_t first, std::size_t count, bool masked);

  const Comparison& c_;
  int threads_;
  SlicePoints points_;
  CorrelationEngine engine_;
  std::vector<CorrelationEngine::Scratch> scratch_;
  std::size_t first_ = 0, held_ = 0;
  bool has_energies_ = false;
};

}  // namespace spi
