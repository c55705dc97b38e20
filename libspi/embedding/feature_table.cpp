// SPDX-License-Identifier: GPL-3.0-or-later
// Features of whole stacks, their settings and their scale.
#include <algorithm>
#include <cmath>
#include <future>
#include <numbers>
#include <numeric>

#include "libspi/base/parallel.h"
#include "libspi/embedding/polar_features.h"

namespace spi {
namespace {

constexpr std::size_t kChunk = 32;  // patterns in memory at a time

/// Calls visit(first pattern, patterns) for consecutive chunks; the next one is read meanwhile.
void for_each_chunk(StackReader& stack, Monitor& monitor, std::string_view task,
                    const std::function<void(std::size_t, const Patterns&)>& visit) {
  const std::size_t count = stack.info().count;
  const auto read = [&](std::size_t first) {
    return first < count ? stack.read(first, std::min(kChunk, count - first)) : Patterns{};
  };
  Progress progress(monitor, task, count);
  Patterns now = read(0);
  for (std::size_t first = 0; first < count; first += kChunk) {
    auto next = std::async(std::launch::async, read, first + kChunk);
    visit(first, now);
    progress.advance(now.count);
    now = next.get();
  }
}

/// Sums of a [size] statistic and its counts over all patterns, in the order of the patterns.
struct Sums {
  std::vector<double> sum, count;
};
Sums sum_over(StackReader& stack, std::size_t size, int threads, Monitor& monitor,
              std::string_view task,
              const std::function<void(const float*, const float*, double*, double*)>& add) {
  Sums all{std::vector<double>(size), std::vector<double>(size)};
  const std::size_t area = stack.info().rows * stack.info().columns;
  for_each_chunk(stack, monitor, task, [&](std::size_t, const Patterns& patterns) {
    std::vector<Sums> each(patterns.count, {std::vector<double>(size), std::vector<double>(size)});
    parallel_for(patterns.count, threads, [&](std::size_t k, int) {
      add(&patterns.intensity[k * area], &patterns.weight[k * area], each[k].sum.data(),
          each[k].count.data());
    });
    for (const Sums& one : each)
      for (std::size_t j = 0; j < size; ++j) all.sum[j] += one.sum[j], all.count[j] += one.count[j];
  });
  return all;
}

/// Samples over half a turn: arcs of at most 1.5 pixels, lest photons between them be lost, and
/// room beyond the band for harmonics of the transform and to see noise in.
std::size_t angles_for(double r_max, double band_limit) {
  constexpr double kArc = 1.5, kRoom = 1.35;
  const double half_turn = std::numbers::pi * r_max;
  const double angles = std::max(half_turn / kArc, 2 * kRoom * half_turn * band_limit);
  return 4 * std::size_t(std::ceil(std::max(32., angles) / 4));
}

}  // namespace

void PolarFeatureOptions::describe(OptionSet& options) {
  options.group("Features");
  options.add("r-min", r_min, "innermost radius, pixels; auto: that of the landscape")
      .range(0, 1e6);
  options.add("r-max", r_max, "outermost radius, pixels; auto: that of the landscape")
      .range(1, 1e6);
  options.add("q-min", q_min, "innermost q = 1/d with its unit, instead of --r-min");
  options.add("q-max", q_max, "outermost q = 1/d with its unit, instead of --r-max");
  options.add("transform", transform, "applied to intensities before their magnitudes are taken");
  options
      .add("band-limit", band_limit,
           "frequency in cycles per pixel beyond which patterns hold noise only; 0: none; auto: "
           "that of the landscape")
      .range(0, 0.5);
}

PolarFeatureSettings polar_feature_settings(StackReader& stack, const PolarFeatureOptions& options,
                                            int threads, Monitor& monitor) {
  const LineSettings lines = line_settings(stack,
                                           {.r_min = options.r_min,
                                            .r_max = options.r_max,
                                            .q_min = options.q_min,
                                            .q_max = options.q_max,
                                            .transform = options.transform,
                                            .shells = std::nullopt,
                                            .band_limit = options.band_limit},
                                           monitor);
  const StackInfo& info = stack.info();
  const double band = options.band_limit.value_or(lines.speckle);
  PolarFeatureSettings settings{.rows = info.rows,
                                .columns = info.columns,
                                .q_per_pixel = info.q_per_pixel,
                                .r_min = lines.r_min,
                                .step = std::size_t(lines.r_step),
                                .angles = 0,
                                .band_limit = band > 0 ? band : 0.5,
                                .transform = options.transform,
                                .offset = 0,
                                .circle_mean = {},
                                .ring_noise = {}};
  settings.circle_mean.resize(std::size_t(lines.r_max - lines.r_min + 1e-6) + 1, 1);
  settings.angles = angles_for(lines.r_max, settings.band_limit);
  {
    const PolarFeatures circles(settings, info, lines.centre);
    const Sums sums = sum_over(stack, settings.circles(), threads, monitor, "mean of the patterns",
                               [&](const float* i, const float* w, double* sum, double* count) {
                                 circles.add_circle_sums(i, w, sum, count);
                               });
    for (std::size_t k = 0; k < settings.circles(); ++k) {
      if (!(sums.sum[k] > 0))
        fail("the patterns hold no intensity ", settings.r_min + double(k),
             " pixels from the centre; choose --r-min and --r-max");
      settings.circle_mean[k] = sums.sum[k] / sums.count[k];
    }
    const double mean =
        std::accumulate(settings.circle_mean.begin(), settings.circle_mean.end(), 0.) /
        double(settings.circles());
    settings.offset = transform_offset(lines, mean);
  }
  const PolarFeatures rings(settings, info, lines.centre);
  const Sums noise = sum_over(stack, settings.rings(), threads, monitor, "noise of the patterns",
                              [&](const float* i, const float* w, double* sum, double* count) {
                                rings.add_noise(i, w, sum, count);
                              });
  for (std::size_t k = 0; k < settings.rings(); ++k)
    settings.ring_noise.push_back(noise.count[k] > 0 ? noise.sum[k] / noise.count[k] : 0);
  return settings;
}

void for_each_features(StackReader& stack, const PolarFeatures& features, int threads,
                       Monitor& monitor,
                       const std::function<void(std::size_t, const FeatureTable&)>& visit) {
  const std::size_t area = stack.info().rows * stack.info().columns;
  for_each_chunk(stack, monitor, "features", [&](std::size_t first, const Patterns& patterns) {
    FeatureTable table{patterns.count, features.size(),
                       std::vector<float>(patterns.count * features.size())};
    parallel_for(patterns.count, threads, [&](std::size_t k, int) {
      features.compute(&patterns.intensity[k * area], &patterns.weight[k * area],
                       &table.values[k * table.columns]);
    });
    visit(first, table);
  });
}

FeatureScale::FeatureScale(const PolarFeatureSettings& settings, const FeatureTable& table,
                           const std::vector<std::size_t>& rows) {
  // Measured: docs/theory/absolute-embedding.md.
  constexpr double kLeastReliability = 0.02, kCaution = 4;
  std::uint32_t at = 0;
  for (std::size_t ring = 0; ring < settings.rings(); ++ring)
    for (std::size_t m = 0; m <= settings.highest_order(ring) / 2; ++m, ++at) {
      double sum = 0, squares = 0, count = 0;
      for (const std::size_t row : rows) {
        const double x = table.values[row * table.columns + at];
        if (!std::isnan(x)) sum += x, squares += x * x, count += 1;
      }
      if (count < 2) continue;
      const double average = sum / count, variance = squares / count - average * average;
      // A square root halves relative deviations, an offset dilutes them; of the noise of a complex
      // number about half lies along it and changes its magnitude.
      const double slope = settings.transform == Transform::sqrt ? 0.5 : 1;
      const double share = settings.intensity_share(ring);
      const double noise =
          std::pow(slope * share, 2) * settings.ring_noise[ring] * (m == 0 ? 1 : 0.5);
      const double reliability = variance > 1e-12 ? 1 - kCaution * noise / variance : 0;
      if (reliability < kLeastReliability) continue;
      column.push_back(at);
      mean.push_back(float(average));
      factor.push_back(float(reliability / std::sqrt(variance)));
    }
  if (column.empty()) fail("the patterns do not differ from one another by more than noise");
}

FeatureTable FeatureScale::apply(const FeatureTable& table) const {
  FeatureTable out{table.rows, column.size(), std::vector<float>(table.rows * column.size())};
  for (std::size_t row = 0; row < table.rows; ++row)
    for (std::size_t k = 0; k < column.size(); ++k) {
      const float x = table.values[row * table.columns + column[k]];
      out.values[row * out.columns + k] = std::isnan(x) ? 0 : (x - mean[k]) * factor[k];
    }
  return out;
}

}  // namespace spi
