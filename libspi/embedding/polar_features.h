// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers that describe a pattern whatever its rotation in the plane: Fourier magnitudes along the
// angle on rings about the beam (Zhuang et al. 2022, section 2.2.3 and figure 3).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "libspi/commonline/lines.h"
#include "libspi/io/stack.h"
#include "libspi/polar/angular_dft.h"
#include "libspi/polar/polar_grid.h"

namespace spi {

struct PolarFeatureOptions {
  std::optional<double> r_min, r_max;            ///< pixels from the centre
  std::optional<ReciprocalLength> q_min, q_max;  ///< instead of r_min, r_max
  Transform transform = Transform::sqrt;
  std::optional<double> band_limit;  ///< cycles per pixel; 0: the pixels' own

  void describe(OptionSet& options);
};

/// All that the features of a pattern depend on beside the pattern. Radii are in pixels of the
/// patterns that the settings were made from.
struct PolarFeatureSettings {
  std::size_t rows = 0, columns = 0;  ///< of those patterns
  std::optional<double> q_per_pixel;  ///< 1/Å
  double r_min = 0;                   ///< innermost of the circles, which are 1 pixel apart
  std::size_t step = 1;               ///< pixels from one ring of features to the next
  std::size_t angles = 0;             ///< H, samples over half a turn, a multiple of 4
  double band_limit = 0.5;            ///< cycles per pixel
  Transform transform = Transform::sqrt;
  double offset = 0;                ///< added to intensities before the transform
  std::vector<double> circle_mean;  ///< [circles] mean intensity of the patterns
  std::vector<double> ring_noise;   ///< [rings] power of an angular order that holds noise alone,
                                    ///< of intensities over circle_mean

  std::size_t circles() const { return circle_mean.size(); }
  std::size_t rings() const { return (circles() + step - 1) / step; }
  double ring_radius(std::size_t ring) const { return r_min + double(ring * step); }
  /// Highest order kept on a ring: 2π·radius·band_limit, the angular frequency of the particle's
  /// largest diameter there, even, and at most H. Odd orders vanish by Friedel's law.
  std::size_t highest_order(std::size_t ring) const;
  /// Mean intensity of a ring, pooled from its circles.
  double ring_mean(std::size_t ring) const;
  /// The part of mean + offset that is intensity.
  double intensity_share(std::size_t ring) const {
    return ring_mean(ring) / (ring_mean(ring) + offset);
  }
  /// Features: order 0, 2, ..., highest_order of every ring, ring by ring.
  std::size_t size() const;
};

/// Settings for the patterns of a stack: circles and band limit as line_settings() chooses them,
/// means and noise from all patterns (read twice, in chunks).
PolarFeatureSettings polar_feature_settings(StackReader& stack, const PolarFeatureOptions& options,
                                            int threads, Monitor& monitor);

/// The features of patterns. Each pattern: intensities on circles, bilinear, opposite points
/// averaged; circles pooled into rings (triangle of ±step) as Σ w·I / Σ w·mean, w the measured
/// weight; gaps along a ring bridged linearly; orders beyond the highest removed; scaled to mean
/// brightness; (x·mean + offset)/(mean + offset); the transform; magnitudes of the angular Fourier
/// series. A rotation in the plane changes phases only.
class PolarFeatures {
 public:
  /// For patterns with this centre: circles are scaled by the ratio of q per pixel where both sides
  /// know theirs. UserError where the patterns are of another geometry: it says what differs.
  PolarFeatures(const PolarFeatureSettings& settings, const StackInfo& info,
                std::array<double, 2> centre);

  std::size_t size() const { return size_; }
  /// intensity, weight: [rows][columns]; features [size()], NaN on rings of which less than half
  /// is measured. May be called from several threads.
  void compute(const float* intensity, const float* weight, float* features) const;

  /// The first half of compute(), for statistics: sums w·I and w over opposite points and angles of
  /// every circle, [circles] each, added to what is there.
  void add_circle_sums(const float* intensity, const float* weight, double* sum,
                       double* total) const;
  /// Adds the power of the orders that hold noise alone, and their number, ring by ring.
  void add_noise(const float* intensity, const float* weight, double* power, double* count) const;

 private:
  struct Rings {
    std::vector<float> value;    ///< [H][rings] intensity over mean
    std::vector<bool> measured;  ///< [rings]
  };
  void sample(const float* intensity, const float* weight, std::vector<float>& value,
              std::vector<float>& total) const;
  Rings rings_of(const float* intensity, const float* weight) const;
  void limit_orders(std::vector<float>& value) const;
  void equalise_and_transform(Rings& rings) const;

  PolarFeatureSettings settings_;
  PolarSampler sampler_;
  AngularDft dft_;
  std::size_t size_;
  std::vector<double> ring_mean_;  ///< [rings]
};

/// Features of many patterns.
struct FeatureTable {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;  ///< [rows][columns]
};

/// Calls visit(first row, table) for the features of consecutive patterns; the next patterns are
/// read meanwhile. Memory: two chunks.
void for_each_features(StackReader& stack, const PolarFeatures& features, int threads,
                       Monitor& monitor,
                       const std::function<void(std::size_t, const FeatureTable&)>& visit);

/// Chooses, centres and scales features for a network.
struct FeatureScale {
  std::vector<std::uint32_t> column;  ///< [used] features that hold more than noise
  std::vector<float> mean, factor;    ///< [used]

  FeatureScale() = default;
  /// From the training rows: mean, and reliability over deviation, where the reliability of a
  /// feature is 1 - 4 noise/variance, its noise as settings.ring_noise implies; features of
  /// reliability below 0.02 are left out. UserError where none is left.
  FeatureScale(const PolarFeatureSettings& settings, const FeatureTable& table,
               const std::vector<std::size_t>& rows);
  /// (x - mean)·factor of the used features, and 0 for NaN.
  FeatureTable apply(const FeatureTable& table) const;
};

}  // namespace spi
