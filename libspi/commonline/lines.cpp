// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/lines.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/parallel.h"
#include "libspi/base/ranks.h"
#include "libspi/polar/band_limit.h"
#include "libspi/polar/polar_grid.h"
#include "libspi/polar/stack_survey.h"

namespace spi {
namespace {

constexpr std::size_t kChunk = 16;             // patterns in memory at a time
constexpr double kInnermostOfRange = 1. / 12;  // of r_max, where no fringe width is known

/// What is best for averages and for single shots, as measured in docs/decisions/cc-matrix.md.
struct Recipe {
  Shells shells;
  bool low_pass;         ///< beyond the speckle's frequency
  double inner_fringes;  ///< innermost radius in fringe widths (1 / the speckle's frequency)
};
constexpr Recipe kAverages{Shells::divide, true, 2.5}, kSingleShots{Shells::subtract, false, 1};

const Recipe& recipe(const StackReader& stack) {
  return stack.info().is_average ? kAverages : kSingleShots;
}

/// Radius in pixels from a radius or a q option.
std::optional<double> radius_of(const std::optional<double>& radius,
                                const std::optional<ReciprocalLength>& q,
                                const std::optional<double>& q_per_pixel, const char* which) {
  if (radius && q) fail_usage("give either --r-", which, " or --q-", which, ", not both");
  if (!q) return radius;
  if (q->per_angstrom < 0) fail_usage("--q-", which, " is negative");
  if (!q_per_pixel)
    fail_usage("--q-", which, " needs the q of a pixel, which the file does not say: use --r-",
               which, " in pixels");
  return q->per_angstrom / *q_per_pixel;
}

/// The rings [first, last] of a line, none beyond `limit` pixels: the outermost that is measured
/// about as fully as the others, and inwards from it as long as half of a ring is measured.
std::pair<double, double> measured_range(const PolarGrid& grid, const std::vector<double>& share,
                                         double limit) {
  const double usual = median(share);
  std::size_t last = grid.rings();
  while (last > 0 &&
         !(share[last - 1] >= std::max(0.5, 0.9 * usual) && grid.radii_px[last - 1] <= limit))
    --last;
  std::size_t first = last;
  while (first > 0 && share[first - 1] >= 0.5) --first;
  if (first == last) fail("no circle about the centre is measured for the most part");
  return {grid.radii_px[first], grid.radii_px[last - 1]};
}

/// Share of each ring that is measured, over a sample of the patterns.
std::vector<double> measured_share(StackReader& stack, const PolarGrid& grid,
                                   const PolarSampler& sampler) {
  std::vector<double> share(grid.rings());
  std::vector<float> value(grid.size()), weight(grid.size());
  std::size_t patterns = 0;
  for_each_pattern(stack, std::max<std::size_t>(1, stack.info().count / 20),
                   [&](std::size_t, const float* intensity, const float* pixel_weight) {
                     sampler.sample(intensity, pixel_weight, value.data(), weight.data());
                     for (std::size_t k = 0; k < grid.size(); ++k)
                       share[k / grid.angles] += weight[k] > 0;
                     ++patterns;
                   });
  for (double& s : share) s /= double(patterns * grid.angles);
  return share;
}

void choose_radii(StackReader& stack, const LineOptions& options, LineSettings& settings) {
  const StackInfo& info = stack.info();
  settings.q_per_pixel = info.q_per_pixel;
  const auto r_min = radius_of(options.r_min, options.q_min, info.q_per_pixel, "min");
  const auto r_max = radius_of(options.r_max, options.q_max, info.q_per_pixel, "max");
  const double largest = inscribed_radius(info.rows, info.columns, settings.centre);
  if (!(largest >= 1))
    fail("no circle about the centre ", settings.centre[0], ",", settings.centre[1],
         " lies whole within the patterns of ", info.columns, " x ", info.rows,
         " pixels (--center x,y)");
  if (r_max && *r_max > largest + 1e-6)
    fail_usage("--r-max is ", *r_max, " pixels, but the patterns hold whole circles only up to ",
               largest, " pixels from the centre");
  const PolarGrid grid = unit_spaced_grid(0, std::floor(largest + 1e-6), 2 * options.angles);
  const PolarSampler sampler(grid, info.rows, info.columns, settings.centre);
  const auto [innermost, outermost] =
      measured_range(grid, measured_share(stack, grid, sampler), r_max.value_or(largest) + 1e-6);
  settings.r_max = r_max.value_or(outermost);
  const double fringe = settings.speckle > 0 ? recipe(stack).inner_fringes / settings.speckle
                                             : kInnermostOfRange * settings.r_max;
  settings.r_min =
      r_min.value_or(std::ceil(std::max(innermost, std::min(fringe, settings.r_max / 3))));
  if (settings.r_max - settings.r_min < 4)
    fail_usage("lines from radius ", settings.r_min, " to ", settings.r_max,
               " pixels are too short to correlate");
}

void choose_band(StackReader& stack, const LineOptions& options, LineSettings& settings,
                 Monitor& monitor) {
  const StackInfo& info = stack.info();
  const StackBand band = stack_band(stack, settings.centre);
  settings.speckle = band.limit.value_or(0);
  settings.photon = band.photon;
  if (settings.speckle > 0)
    monitor.info(text_of("signal up to ", settings.speckle, " cycles per pixel"));
  else
    monitor.info("the patterns show no frequency where the signal ends");
  settings.band_limit = options.band_limit.value_or(recipe(stack).low_pass ? settings.speckle : 0);
  if (settings.band_limit > 0)
    settings.noise_reduction =
        BandLimiter(info.rows, info.columns, settings.band_limit).noise_reduction();
}

/// Polar lines of one pattern, both arms averaged: value, weight [A][F].
void fold_arms(const PolarGrid& grid, const std::vector<float>& polar,
               const std::vector<float>& polar_weight, float* value, float* weight) {
  const std::size_t angles = grid.angles / 2, rings = grid.rings();
  for (std::size_t a = 0; a < angles; ++a)
    for (std::size_t r = 0; r < rings; ++r) {
      const std::size_t one = r * grid.angles + a, other = one + angles;
      const float total = polar_weight[one] + polar_weight[other];
      value[a * rings + r] =
          total > 0 ? (polar_weight[one] * polar[one] + polar_weight[other] * polar[other]) / total
                    : 0;
      weight[a * rings + r] = total > 0;
    }
}

/// Steps 2 and 3: the lines of intensities.
LineSet sample_lines(StackReader& stack, LineSettings& settings, int threads, Monitor& monitor) {
  const StackInfo& info = stack.info();
  PolarGrid grid{.radii_px = {}, .angles = 2 * settings.angles};
  for (double r = settings.r_min; r <= settings.r_max + 1e-9; r += settings.r_step)
    grid.radii_px.push_back(r);
  const PolarSampler sampler(grid, info.rows, info.columns, settings.centre);
  const std::size_t line_size = settings.angles * grid.rings(), area = info.rows * info.columns;
  LineSet lines{info.count, settings.angles, grid.rings(),
                std::vector<float>(info.count * line_size),
                std::vector<float>(info.count * line_size)};
  std::vector<std::optional<BandLimiter>> limiters(threads);
  if (settings.band_limit > 0)
    for (auto& limiter : limiters) limiter.emplace(info.rows, info.columns, settings.band_limit);
  Progress progress(monitor, "polar lines", info.count);
  for (std::size_t first = 0; first < info.count; first += kChunk) {
    Patterns chunk = stack.read(first, std::min(kChunk, info.count - first));
    settings.invalid_pixels += chunk.invalid_pixels;
    parallel_for(chunk.count, threads, [&](std::size_t k, int worker) {
      float *intensity = &chunk.intensity[k * area], *weight = &chunk.weight[k * area];
      if (limiters[worker]) limiters[worker]->apply(intensity, weight);
      std::vector<float> polar(grid.size()), polar_weight(grid.size());
      sampler.sample(intensity, weight, polar.data(), polar_weight.data());
      const std::size_t at = (first + k) * line_size;
      fold_arms(grid, polar, polar_weight, &lines.values[at], &lines.weight[at]);
    });
    progress.advance(chunk.count);
  }
  if (std::ranges::all_of(lines.weight, [](float w) { return w > 0; })) lines.weight = {};
  return lines;
}

/// Loops over the measured values of a pattern or line that begins at `start`.
template <class Visit>
void for_each_measured(LineSet& lines, std::size_t start, std::size_t count, Visit visit) {
  for (std::size_t k = start; k < start + count; ++k)
    if (lines.weight.empty() || lines.weight[k] > 0) visit(lines.values[k], k);
}

/// Divides a stretch by its root of squares; 0 stays 0.
void to_unit_norm(LineSet& lines, std::size_t start, std::size_t count) {
  double squares = 0;
  for_each_measured(lines, start, count, [&](float x, std::size_t) { squares += double(x) * x; });
  const float factor = squares > 0 ? float(1 / std::sqrt(squares)) : 0;
  for_each_measured(lines, start, count, [&](float& x, std::size_t) { x *= factor; });
}

void subtract_mean(LineSet& lines, std::size_t start, std::size_t count) {
  double sum = 0, measured = 0;
  for_each_measured(lines, start, count, [&](float x, std::size_t) { sum += x, measured += 1; });
  const float mean = measured > 0 ? float(sum / measured) : 0;
  for_each_measured(lines, start, count, [&](float& x, std::size_t) { x -= mean; });
}

/// Mean of the measured values at each of the F radii over all patterns and angles.
std::vector<double> mean_line(LineSet& lines) {
  std::vector<double> sum(lines.features), measured(lines.features);
  for_each_measured(lines, 0, lines.values.size(), [&](float x, std::size_t k) {
    sum[k % lines.features] += x;
    measured[k % lines.features] += 1;
  });
  for (std::size_t f = 0; f < lines.features; ++f) sum[f] /= std::max(1.0, measured[f]);
  return sum;
}

/// Scales every pattern to the same mean over its measured line values; returns that mean.
double equalise_brightness(LineSet& lines) {
  const std::size_t size = lines.angles * lines.features;
  std::vector<double> means(lines.patterns);
  double overall = 0;
  for (std::size_t i = 0; i < lines.patterns; ++i) {
    double sum = 0, measured = 0;
    for_each_measured(lines, i * size, size,
                      [&](float x, std::size_t) { sum += x, measured += 1; });
    if (!(sum > 0))
      fail("pattern ", i,
           " has no intensity between the inner and the outer radius; lower --r-min "
           "or leave it out");
    means[i] = sum / measured;
    overall += means[i] / double(lines.patterns);
  }
  for (std::size_t i = 0; i < lines.patterns; ++i)
    for_each_measured(lines, i * size, size,
                      [&](float& x, std::size_t) { x *= float(overall / means[i]); });
  return overall;
}

/// Steps 4 to 6.
void normalise(LineSet& lines, const LineSettings& settings, int threads) {
  lines.about_means = settings.shells != Shells::subtract;
  const double offset = transform_offset(settings, equalise_brightness(lines));
  const auto change_all = [&](auto change) {
    for_each_measured(lines, 0, lines.values.size(), change);
  };
  change_all([&](float& x, std::size_t) { x += float(offset); });
  if (settings.shells == Shells::divide) {
    const std::vector<double> mean = mean_line(lines);
    change_all([&](float& x, std::size_t k) {
      const double m = mean[k % lines.features];
      x = m > 0 ? float(x / m) : 0;
    });
  }
  if (settings.transform == Transform::sqrt)
    change_all([](float& x, std::size_t) { x = std::sqrt(x); });
  if (settings.transform == Transform::log)
    change_all([](float& x, std::size_t) { x = std::log(x); });
  const std::size_t size = lines.angles * lines.features;
  if (settings.shells == Shells::subtract) {
    for (std::size_t i = 0; i < lines.patterns; ++i) to_unit_norm(lines, i * size, size);
    const std::vector<double> mean = mean_line(lines);
    for_each_measured(lines, 0, lines.values.size(),
                      [&](float& x, std::size_t k) { x -= float(mean[k % lines.features]); });
  }
  parallel_for(lines.patterns, threads, [&](std::size_t i, int) {
    for (std::size_t a = 0; a < lines.angles; ++a) {
      const std::size_t start = i * size + a * lines.features;
      if (settings.shells != Shells::subtract) subtract_mean(lines, start, lines.features);
      to_unit_norm(lines, start, lines.features);
    }
  });
}

}  // namespace

double transform_offset(const LineSettings& settings, double mean) {
  constexpr double kRoot = 0.03, kLogarithm = 25, kLeastOfMean = 1e-6;
  if (settings.transform == Transform::none) return 0;
  const double factor = settings.transform == Transform::sqrt ? kRoot : kLogarithm;
  // Without noise, lest a logarithm meet 0.
  return std::max(factor * settings.photon / settings.noise_reduction, kLeastOfMean * mean);
}

void LineOptions::describe(OptionSet& options) {
  options.group("Common lines");
  options.add("angles", angles, "lines per pattern, over half a turn").range(2, 4096);
  options.add("r-min", r_min, "innermost radius, pixels; auto: chosen from the data").range(0, 1e6);
  options.add("r-max", r_max, "outermost radius, pixels; auto: the largest whole circle")
      .range(1, 1e6);
  options.add("q-min", q_min, "innermost q = 1/d with its unit, instead of --r-min");
  options.add("q-max", q_max, "outermost q = 1/d with its unit, instead of --r-max");
  options.add("transform", transform, "applied to intensities before correlation");
  options.add("shells", shells,
              "what is done about the mean on each shell (all points at one radius). subtract: "
              "lines lose the mean line of the data set; divide: intensities are divided "
              "by the mean of their shell, lines lose their own mean; none: lines lose their own "
              "mean (the published definition); auto: divide for averages, subtract for single "
              "shots");
  options
      .add("band-limit", band_limit,
           "frequency in cycles per pixel beyond which patterns hold noise only: the particle's "
           "largest diameter times the q of a pixel; 0: no low-pass; auto: from the data for "
           "averages, none for single shots")
      .range(0, 0.5);
}

LineSettings line_settings(StackReader& stack, const LineOptions& options, Monitor& monitor) {
  check_options(options);
  if (stack.info().count < 1) fail("the stack holds no patterns");
  LineSettings settings;
  settings.angles = options.angles;
  settings.shells = options.shells.value_or(recipe(stack).shells);
  settings.transform = options.transform;
  settings.centre = stack_centre(stack, monitor).position;
  choose_band(stack, options, settings, monitor);
  choose_radii(stack, options, settings);
  // Half the spacing that the band limit needs: the transforms make higher harmonics.
  if (settings.band_limit > 0)
    settings.r_step = std::max(1.0, std::floor(1 / (4 * settings.band_limit)));
  return settings;
}

Lines make_lines(StackReader& stack, const LineOptions& options, int threads, Monitor& monitor) {
  Lines lines{.set = {}, .settings = line_settings(stack, options, monitor)};
  LineSettings& settings = lines.settings;
  monitor.info(text_of("lines from radius ", settings.r_min, " to ", settings.r_max,
                       " pixels, transform ", name_of(settings.transform), ", shells ",
                       name_of(settings.shells)));
  lines.set = sample_lines(stack, settings, threads, monitor);
  normalise(lines.set, settings, threads);
  return lines;
}

}  // namespace spi
