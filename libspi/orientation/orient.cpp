// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/orient.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <optional>

#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/base/ranks.h"
#include "libspi/orientation/grid_search.h"
#include "libspi/orientation/refine.h"

namespace spi {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kDegree = std::numbers::pi / 180;
constexpr std::size_t kPeaks = 3;  ///< of the grid that are refined
constexpr std::size_t kPatternBytes = 1 << 29;

/// What is found for one pattern.
struct Found {
  Refined best = {}, second = {};  ///< second.correlation NaN: none
  double twin_margin = 0, mean = 0;
};

/// From the peaks of the grid to refined orientations.
class Polisher {
 public:
  Polisher(const Comparison& c, const OrientOptions& options, int threads)
      : c_(c), points_(c.few_points()), scratch_(std::size_t(threads)) {
    options_.size_range = options.size_range;
    const double fringe_rad = 1 / (2 * std::numbers::pi * c.band() * c.grid.radii_px.back());
    options_.step_rad = fringe_rad / 10;
    options_.settled_rad = fringe_rad / 1000;
    options_.largest_rad = c.views.spacing_rad;
  }

  /// `peaks`: of cells of the grid, in descending order.
  Found polish(const std::vector<Peak>& peaks, std::span<const float> value,
               std::span<const float> measured, int worker) {
    const PatternPoints pattern = gathered(value, measured);
    const auto refined = [&](const Pose& start) {
      return refine(*c_.reference, points_, pattern, start, options_,
                    scratch_[std::size_t(worker)]);
    };
    std::vector<Refined> tried;
    for (const Peak& peak : summits(peaks))
      tried.push_back(refined({c_.orientation(peak.view, peak.shift), 1}));
    Found found{.best = *std::ranges::max_element(tried, {}, &Refined::correlation)};
    if (c_.twin() == BeamTwin::distinct) try_twin(refined, found);
    found.second.correlation = kNan;
    for (const Refined& r : tried)
      if (apart(found.best.pose.model_from_lab, r.pose.model_from_lab) &&
          !(found.second.correlation >= r.correlation))
        found.second = r;
    if (std::isnan(found.second.correlation)) found.second = second_on_grid(peaks, found.best);
    return found;
  }

 private:
  PatternPoints gathered(std::span<const float> value, std::span<const float> measured) const {
    PatternPoints pattern;
    for (std::size_t n = 0; n < points_.size(); ++n) {
      pattern.value.push_back(value[points_.index()[n]]);
      pattern.weight.push_back(points_.weight()[n] * measured[points_.index()[n]]);
    }
    return pattern;
  }

  bool apart(const Quaternion& a, const Quaternion& b) const {
    return misorientation_rad(c_.laue, a, b, BeamTwin::same) > peak_width_rad(c_);
  }

  /// The highest peaks, apart from one another.
  std::vector<Peak> summits(const std::vector<Peak>& peaks) const {
    std::vector<Peak> chosen;
    for (const Peak& peak : peaks) {
      const Quaternion q = c_.orientation(peak.view, peak.shift);
      if (std::ranges::all_of(chosen, [&](const Peak& other) {
            return apart(q, c_.orientation(other.view, other.shift));
          }))
        chosen.push_back(peak);
      if (chosen.size() == kPeaks) break;
    }
    return chosen;
  }

  /// Where all that was refined ran into the best.
  Refined second_on_grid(const std::vector<Peak>& peaks, const Refined& best) const {
    for (const Peak& peak : peaks) {
      const Quaternion q = c_.orientation(peak.view, peak.shift);
      if (apart(best.pose.model_from_lab, q)) return {{q, 1}, double(peak.correlation)};
    }
    return {{}, kNan};
  }

  void try_twin(const auto& refined, Found& found) const {
    const Pose& pose = found.best.pose;
    const Refined twin = refined({pose.model_from_lab * Quaternion{0, 0, 0, 1}, pose.size});
    found.twin_margin = std::abs(found.best.correlation - twin.correlation);
    if (twin.correlation > found.best.correlation) found.best = twin;
  }

  const Comparison& c_;
  SlicePoints points_;
  RefineOptions options_;
  std::vector<RefineScratch> scratch_;
};

QuaternionRow row_of(const Comparison& c, const Quaternion& q) {
  const Quaternion reduced = to_fundamental_zone(c.laue, q);
  return {reduced.w, reduced.x, reduced.y, reduced.z};
}

void append(const Comparison& c, const Found& found, Orientations& o) {
  o.quaternion.push_back(row_of(c, found.best.pose.model_from_lab));
  o.cc.push_back(found.best.correlation);
  o.gain.push_back(found.mean > 0 ? found.best.correlation / found.mean : kNan);
  o.size.push_back(found.best.pose.size);
  const bool has_second = !std::isnan(found.second.correlation);
  o.second_quaternion.push_back(has_second ? row_of(c, found.second.pose.model_from_lab)
                                           : QuaternionRow{kNan, kNan, kNan, kNan});
  o.margin.push_back(found.best.correlation - found.second.correlation);
  o.twin_margin.push_back(found.twin_margin);
}

/// Against one reference.
Orientations orient_against(const Comparison& c, StackReader& stack, const OrientOptions& options,
                            int threads, std::size_t& invalid_pixels, Monitor& monitor) {
  Orientations o;
  const std::size_t n = stack.info().count, size = c.grid.size();
  const std::size_t orientations = c.views.zone_views() * c.grid.angles;
  o.id = stack.ids();
  o.symmetry = c.group.name;
  o.reference = c.reference_name;
  o.spacing_deg = c.views.spacing_rad / kDegree;
  o.searched = orientations;
  monitor.info(text_of(c.views.zone_views(), " views ", o.spacing_deg, " degrees apart x ",
                       c.grid.angles, " in-plane angles in the zone of ", c.group.name, " (",
                       c.group.hermann_mauguin, "); ", c.grid.rings(), " rings from ",
                       c.grid.radii_px.front(), " to ", c.grid.radii_px.back(), " pixels"));

  constexpr std::size_t kLanes = PatternTile::kLanes;
  const std::size_t tiles =
      std::clamp<std::size_t>(kPatternBytes / (kLanes * GridSearch::pattern_bytes(c)),
                              std::size_t(threads), 4 * std::size_t(threads));
  GridSearch grid(c, threads);
  Polisher polisher(c, options, threads);
  Progress progress(monitor, "orienting patterns", n);
  for (std::size_t first = 0; first < n; first += tiles * kLanes) {
    const std::size_t count = std::min(tiles * kLanes, n - first);
    const PolarPatterns patterns = read_polar(stack, c, first, count, threads);
    invalid_pixels += patterns.invalid_pixels;
    const std::vector<PatternTile> found_on_grid = grid.search(patterns);
    std::vector<Found> found(count);
    parallel_for(count, threads, [&](std::size_t k, int worker) {
      const PatternTile& tile = found_on_grid[k / kLanes];
      found[k] =
          polisher.polish(grid.engine().peaks(tile, k % kLanes), {&patterns.value[k * size], size},
                          {&patterns.measured[k * size], size}, worker);
      found[k].mean = tile.sum[k % kLanes] / double(orientations);
      progress.advance();
    });
    for (const Found& f : found) append(c, f, o);
  }
  o.reference_index.assign(o.count(), 0);
  return o;
}

/// Where a pattern correlates better with reference number `index`, its row is taken over.
void keep_better(Orientations& kept, const Orientations& other, std::size_t index) {
  for (std::size_t i = 0; i < kept.count(); ++i) {
    if (!(other.cc[i] > kept.cc[i])) continue;
    kept.quaternion[i] = other.quaternion[i];
    kept.cc[i] = other.cc[i];
    kept.gain[i] = other.gain[i];
    kept.size[i] = other.size[i];
    kept.second_quaternion[i] = other.second_quaternion[i];
    kept.margin[i] = other.margin[i];
    kept.twin_margin[i] = other.twin_margin[i];
    kept.reference_index[i] = index;
  }
  kept.reference += "; " + other.reference;
}

double angular_part(const Comparison& c, const float* value, const float* measured) {
  double energy = 0, in_means = 0;
  for (std::size_t ring = 0; ring < c.grid.rings(); ++ring) {
    double n = 0, sum = 0, squares = 0;
    for (std::size_t k = ring * c.grid.angles; k < (ring + 1) * c.grid.angles; ++k) {
      n += double(measured[k]);
      sum += double(value[k]);
      squares += double(value[k]) * double(value[k]);
    }
    if (n == 0) continue;
    energy += double(c.ring_weight[ring]) * squares;
    in_means += double(c.ring_weight[ring]) * sum * sum / n;
  }
  return 1 - in_means / energy;
}

/// Gives the round patterns an orientation by chance, and says how many they are.
std::size_t turn_round_ones(const Comparison& c, const std::vector<double>& part, double below,
                            std::uint64_t seed, Orientations& o) {
  constexpr std::uint32_t kStep = 1;
  std::size_t round = 0;
  for (std::size_t i = 0; i < o.count(); ++i) {
    if (!(part[i] < below)) continue;
    Random random(seed, kStep, o.id[i]);
    o.quaternion[i] = row_of(c, random_rotation(random));
    o.margin[i] = 0;
    ++round;
  }
  return round;
}

}  // namespace

std::vector<double> angular_parts(const Comparison& c, StackReader& stack, int threads) {
  constexpr std::size_t kRows = 256;
  const std::size_t count = stack.info().count, size = c.grid.size();
  std::vector<double> part;
  for (std::size_t first = 0; first < count; first += kRows) {
    const PolarPatterns patterns =
        read_polar(stack, c, first, std::min(kRows, count - first), threads);
    for (std::size_t k = 0; k < patterns.count; ++k)
      part.push_back(angular_part(c, &patterns.value[k * size], &patterns.measured[k * size]));
  }
  return part;
}

OrientResult orient(StackReader& stack, const OrientOptions& options, std::uint64_t seed,
                    int threads, Monitor& monitor) {
  OrientResult result;
  for (const OrientOptions& one : options.one_by_one()) {
    const std::size_t index = result.comparisons.size();
    const Comparison& c = result.comparisons.emplace_back(make_comparison(stack, one, monitor));
    std::size_t invalid_pixels = 0;
    Orientations found = orient_against(c, stack, one, threads, invalid_pixels, monitor);
    if (index == 0)
      result.orientations = std::move(found);
    else
      keep_better(result.orientations, found, index);
    result.invalid_pixels = std::max(result.invalid_pixels, invalid_pixels);
  }
  if (options.round_below > 0) {
    const Comparison& c = result.comparisons.front();
    const std::size_t round = turn_round_ones(c, angular_parts(c, stack, threads),
                                              options.round_below, seed, result.orientations);
    monitor.info(text_of(round, " patterns are round, their orientations drawn at random"));
  }
  return result;
}

std::string summary(const OrientResult& result, std::size_t skipped) {
  const Orientations& o = result.orientations;
  const auto middle = [](std::vector<double> values) {
    std::erase_if(values, [](double x) { return std::isnan(x); });
    return values.empty() ? kNan : median(std::move(values));
  };
  std::string text = text_of("read ", o.count() + skipped, " patterns, oriented ", o.count(),
                             ", left out ", skipped, " (empty)");
  if (result.invalid_pixels > 0)
    text += text_of(", ignored ", result.invalid_pixels, " invalid pixels");
  if (o.count() == 0) return text;
  char figures[96];
  std::snprintf(figures, sizeof figures, "; median correlation %.4f, gain %.3f, margin %.4f",
                middle(o.cc), middle(o.gain), middle(o.margin));
  return text + figures;
}

std::vector<Column> orientation_table(const Orientations& o) {
  std::vector<Column> columns;
  const auto add = [&](std::string name, std::vector<double> values) {
    columns.push_back({.name = std::move(name), .values = std::move(values), .labels = {}});
  };
  const auto add_quaternions = [&](const std::string& prefix,
                                   const std::vector<QuaternionRow>& rows) {
    for (std::size_t k = 0; k < 4; ++k) {
      std::vector<double> values;
      for (const QuaternionRow& row : rows) values.push_back(row[k]);
      add(prefix + "wxyz"[k], std::move(values));
    }
  };
  add("id", {o.id.begin(), o.id.end()});
  add_quaternions("q_", o.quaternion);
  add("cc", o.cc);
  add("gain", o.gain);
  add("size", o.size);
  add("margin", o.margin);
  add("twin_margin", o.twin_margin);
  add_quaternions("second_", o.second_quaternion);
  add("reference_index", {o.reference_index.begin(), o.reference_index.end()});
  return columns;
}

}  // namespace spi
