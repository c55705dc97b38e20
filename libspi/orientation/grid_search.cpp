// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/grid_search.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/parallel.h"

namespace spi {
namespace {

constexpr double kPeakWidth = 10 * std::numbers::pi / 180;
constexpr std::size_t kViewBytes = 1 << 29;

/// Cells of neighbouring views and in-plane angles as wide as a peak.
ViewCells view_cells(const Comparison& c) {
  const auto direction = [](const Quaternion& q) { return rotate(q, {0, 0, 1}); };
  const double width = peak_width_rad(c);
  std::vector<Vector3> middles;
  for (const Quaternion& q : view_grid(c.laue, std::min(1., width)).views)
    middles.push_back(direction(q));
  ViewCells cells{.cell = {},
                  .counted = c.views.in_zone,
                  .cells = middles.size(),
                  .stretches = std::size_t(2 * std::numbers::pi / width)};
  for (const Quaternion& q : c.views.views) {
    const Vector3 v = direction(q);
    const auto nearest = std::ranges::max_element(
        middles, {}, [&](const Vector3& m) { return m[0] * v[0] + m[1] * v[1] + m[2] * v[2]; });
    cells.cell.push_back(std::uint32_t(nearest - middles.begin()));
  }
  return cells;
}

}  // namespace

double peak_width_rad(const Comparison& c) { return std::max(kPeakWidth, 3 * c.views.spacing_rad); }

GridSearch::GridSearch(const Comparison& c, int threads)
    : c_(c),
      threads_(threads),
      points_(c.all_points()),
      engine_(c.grid.rings(), c.grid.angles, c.ring_weight, c.limit, view_cells(c)),
      scratch_(std::size_t(threads)) {}

std::vector<PatternTile> GridSearch::search(const PolarPatterns& patterns) {
  constexpr std::size_t kLanes = PatternTile::kLanes;
  const std::size_t size = c_.grid.size();
  const bool masked = any_masked(patterns);
  std::vector<PatternTile> tiles((patterns.count + kLanes - 1) / kLanes);
  const std::size_t views = c_.views.views.size();
  const std::size_t block =
      std::clamp<std::size_t>(kViewBytes / engine_.view_bytes(masked), 1, views);
  for (std::size_t first = 0; first < views; first += block) {
    hold_views(first, std::min(block, views - first), masked);
    parallel_for(tiles.size(), threads_, [&](std::size_t t, int worker) {
      const std::size_t at = t * kLanes, n = std::min(kLanes, patterns.count - at);
      if (first == 0)
        engine_.load({&patterns.value[at * size], n * size},
                     {&patterns.measured[at * size], n * size}, tiles[t]);
      engine_.correlate(tiles[t], scratch_[std::size_t(worker)]);
    });
  }
  return tiles;
}

std::size_t GridSearch::pattern_bytes(const Comparison& c) {
  const double zone = 8 * std::numbers::pi * std::numbers::pi / double(c.laue.rotations.size());
  const auto cells = std::size_t(2 * zone / std::pow(peak_width_rad(c), 3));
  return sizeof(float) *
         (2 * c.grid.size() + 2 * cells + (c.limit.back() + 1) * c.grid.rings() * 4 +
          (c.grid.angles / 2 + 1) * c.grid.rings() * 4);
}

bool GridSearch::any_masked(const PolarPatterns& patterns) const {
  for (std::size_t at = 0; at < patterns.measured.size(); at += c_.grid.angles) {
    const auto ring = std::span(patterns.measured).subspan(at, c_.grid.angles);
    if (std::ranges::any_of(ring, [&](float m) { return m != ring[0]; })) return true;
  }
  return false;
}

void GridSearch::hold_views(std::size_t first, std::size_t count, bool masked) {
  if (held_ == count && first_ == first && (has_energies_ || !masked)) return;
  first_ = first, held_ = count, has_energies_ = masked;
  engine_.hold_views(first, count, masked, threads_, [&](std::size_t k, std::span<float> out) {
    points_.slice(*c_.reference, {c_.views.views[k]}, out);
  });
}

}  // namespace spi
