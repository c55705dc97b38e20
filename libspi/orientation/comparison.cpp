// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "libspi/base/parallel.h"
#include "libspi/io/volume_series.h"
#include "libspi/polar/band_limit.h"
#include "libspi/polar/stack_survey.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;
/// √I has kinks where I touches 0, so its harmonics go on beyond those of I.
constexpr double kRootBand = 1.5;
constexpr double kLowestHarmonics = 4;
/// Where the data show no limit: two pixels a half period, as fine as they can be.
constexpr double kUnknownBand = 0.25;
/// Low-pass over band limit: whitening widens the band, and a shorter kernel minds holes less.
constexpr double kLowPass = 1.5;
constexpr double kLargestLowPass = 0.35;  ///< beyond, the filter's slope would leave the spectrum

PatternGeometry find_geometry(const StackInfo& info, const OrientOptions& options) {
  PatternGeometry geometry{info.q_per_pixel.value_or(0), info.wavelength_A};
  const DetectorHints& hints = options.hints;
  if (options.detector) {
    const Detector detector = read_detector(*options.detector, hints);
    const auto q = detector.q_per_pixel();
    if (!q) fail(options.detector->string(), " does not say the wavelength: give --photon-energy");
    geometry = {*q, detector.ewald_wavelength_A()};
  } else if (hints.distance || hints.pixel_size) {
    if (!hints.distance || !hints.pixel_size || !hints.photon_energy)
      fail_usage("--photon-energy, --distance and --pixel-size together say the q of a pixel");
    const double wavelength_A = hints.photon_energy->wavelength_angstroms();
    geometry = {hints.pixel_size->metres / hints.distance->metres / wavelength_A, wavelength_A};
  } else if (hints.photon_energy) {
    geometry.wavelength_A = hints.photon_energy->wavelength_angstroms();
  }
  if (!(geometry.q_per_pixel > 0))
    fail(
        "the file of the patterns does not say the q of a pixel: give --detector FILE, or "
        "--photon-energy, --distance and --pixel-size");
  if (options.flat_ewald) geometry.wavelength_A.reset();
  return geometry;
}

/// Twice the outermost radius of a body times the q of a pixel; of a volume from the patterns.
double find_band(StackReader& stack, const Body* body, const Comparison& c,
                 const OrientOptions& options, Monitor& monitor) {
  if (options.band_limit) return *options.band_limit;
  if (body) return 2 * outer_radius_A(*body) * c.geometry.q_per_pixel;
  const auto limit = stack_band(stack, c.centre).limit;
  if (!limit) monitor.info("the patterns show no frequency where the signal ends");
  return limit.value_or(0);
}

/// Largest radius in pixels at which |q| is at most q_max.
double radius_of(const PatternGeometry& geometry, double q_max) {
  if (!geometry.wavelength_A) return q_max / geometry.q_per_pixel;
  const double sine = q_max * *geometry.wavelength_A / 2;  // q = 2 sin(theta)/wavelength
  if (sine >= std::sqrt(0.5)) return 1e9;                  // scattered backwards
  return std::tan(2 * std::asin(sine)) / (*geometry.wavelength_A * geometry.q_per_pixel);
}

void choose_rings(const StackInfo& info, const OrientOptions& options, double reference_q_max,
                  Comparison& c) {
  const double inscribed = inscribed_radius(info.rows, info.columns, c.centre);
  const double reach = radius_of(c.geometry, reference_q_max / (1 + options.size_range));
  const double largest = std::min(inscribed, reach);
  if (options.r_max && *options.r_max > largest + 1e-6)
    fail_usage("--r-max is ", *options.r_max, " pixels, but ",
               inscribed < reach ? "the patterns hold whole circles" : "the reference reaches",
               " only up to ", largest, " pixels from the centre");
  const double r_max = std::floor(options.r_max.value_or(largest) + 1e-6);
  const double fringe = c.band_limit > 0 ? 1 / c.band_limit : 0;
  const double r_min = std::max(1., options.r_min.value_or(std::ceil(std::min(fringe, r_max / 4))));
  const double step = c.band_limit > 0 ? std::max(1., std::floor(1 / (4 * c.band_limit))) : 1;
  for (double r = r_max; r >= r_min; r -= step) c.grid.radii_px.push_back(r);
  std::ranges::reverse(c.grid.radii_px);
  if (c.grid.rings() < 3)
    fail("no rings to compare are left between radius ", r_min, " and ", r_max,
         " pixels (the reference reaches to ", reach, " pixels)");
  for (const double r : c.grid.radii_px) c.ring_weight.push_back(float(r / r_max));
}

void choose_angles(const OrientOptions& options, Comparison& c) {
  const double band = c.band();
  const double r_max = c.grid.radii_px.back();
  const double spacing =
      options.spacing.value_or(Angle{std::min(0.5 / (band * r_max), kPi / 36)}).radians;
  c.views = view_grid(c.laue, spacing);
  for (const double r : c.grid.radii_px)
    c.limit.push_back(std::size_t(kRootBand * 2 * kPi * band * r + kLowestHarmonics));
  const double needed = std::max(2. * double(c.limit.back()) + 2, 2 * kPi / spacing);
  c.grid.angles = 8 * std::size_t(std::ceil(needed / 8));  // few_points takes every 2nd, 4th, 8th
}

/// The mean over views, so that no ring outweighs the others by its brightness alone.
void choose_factors(Comparison& c) {
  constexpr std::size_t kViews = 300;  // enough for a mean
  c.ring_factor.assign(c.grid.rings(), 1);
  const SlicePoints points = c.all_points();
  const std::size_t stride = std::max<std::size_t>(1, c.views.views.size() / kViews);
  std::vector<float> root(points.size());
  std::vector<double> sum(c.grid.rings());
  for (std::size_t k = 0; k < c.views.views.size(); k += stride) {
    points.slice(*c.reference, {c.views.views[k]}, root);
    for (std::size_t n = 0; n < root.size(); ++n)
      sum[n / c.grid.angles] += double(root[n]) * root[n];
  }
  const double brightest = std::ranges::max(sum);
  for (std::size_t i = 0; i < sum.size(); ++i)
    c.ring_factor[i] = sum[i] > 1e-12 * brightest ? float(std::pow(sum[i] / brightest, -0.25)) : 0;
}

/// The square of the ring factor at every pixel, linear between rings.
std::vector<float> whitening_image(const Comparison& c, std::size_t rows, std::size_t columns) {
  const std::vector<double>& radii = c.grid.radii_px;
  const auto square = [&](std::size_t ring) { return c.ring_factor[ring] * c.ring_factor[ring]; };
  std::vector<float> image;
  for (std::size_t n = 0; n < rows * columns; ++n) {
    const double r =
        std::hypot(double(n % columns) - c.centre[0], double(n / columns) - c.centre[1]);
    const auto above = std::size_t(std::ranges::upper_bound(radii, r) - radii.begin());
    const std::size_t outer = std::clamp<std::size_t>(above, 1, radii.size() - 1);
    const double step = radii[outer] - radii[outer - 1];
    const auto part = float(std::clamp((r - radii[outer - 1]) / step, 0., 1.));
    image.push_back((1 - part) * square(outer - 1) + part * square(outer));
  }
  return image;
}

void load_reference(const OrientOptions& options, std::optional<Body>& body, Comparison& c) {
  if (options.shape) {
    body = Body{*options.shape, options.edge->angstroms(), options.melting[0], options.rod_aspect};
    c.reference_name = text_of(name_of(*options.shape), " of edge ", print(*options.edge));
    if (options.shape == Shape::transition)
      c.reference_name += text_of(", melting ", options.melting[0]);
    return;
  }
  c.reference = file_reference(*options.reference, options.reference_index[0]);
  c.reference_name = options.reference->filename().string();
  if (open_volumes(*options.reference)->count() > 1)
    c.reference_name += text_of(", volume ", options.reference_index[0]);
}

}  // namespace

double Comparison::band() const { return band_limit > 0 ? band_limit : kUnknownBand; }

Quaternion Comparison::orientation(std::size_t view, std::size_t shift) const {
  return views.views[view] *
         from_axis_angle({0, 0, 1}, 2 * kPi * double(shift) / double(grid.angles));
}

SlicePoints Comparison::all_points() const {
  const std::vector<std::size_t> stride(grid.rings(), 1);
  return {grid, geometry, stride, ring_weight, ring_factor};
}

SlicePoints Comparison::few_points() const {
  std::vector<std::size_t> stride;
  for (const std::size_t last : limit) {
    std::size_t s = 1;
    while (s < 8 && grid.angles / (2 * s) >= 2 * last + 2) s *= 2;
    stride.push_back(s);
  }
  return {grid, geometry, stride, ring_weight, ring_factor};
}

Comparison make_comparison(StackReader& stack, const OrientOptions& options, Monitor& monitor) {
  check_options(options);
  options.check_together();
  const StackInfo& info = stack.info();
  Comparison c;
  std::optional<Body> body;
  load_reference(options, body, c);
  c.group = point_group(options.symmetry ? *options.symmetry
                        : body           ? point_group_of(body->shape)
                                         : "C1");
  c.laue = laue_class(c.group);
  c.geometry = find_geometry(info, options);
  if (!c.geometry.wavelength_A && !options.flat_ewald)
    monitor.info(
        "the wavelength is not known (--photon-energy): the Ewald sphere is taken as flat");
  c.centre = stack_centre(stack, monitor).position;
  c.band_limit = find_band(stack, body ? &*body : nullptr, c, options, monitor);
  if (body) {
    const double edge = inscribed_radius(info.rows, info.columns, c.centre);
    const auto [across, along] = c.geometry.q_at(std::max(edge, 1.));
    const double q_max = std::hypot(across, along) * (1 + options.size_range) * (1 + 1e-4);
    c.reference = shape_reference(*body, q_max);
  }
  choose_rings(info, options, c.reference->q_max(), c);
  const auto [across, along] = c.geometry.q_at(c.grid.radii_px.back());
  require_symmetry(*c.reference, c.group, std::hypot(across, along), c.reference_name);
  choose_angles(options, c);
  choose_factors(c);
  return c;
}

std::vector<float> pixel_slice(const Comparison& c, std::size_t rows, std::size_t columns,
                               const Pose& pose) {
  std::vector<float> qx, qy, qz, values;
  std::vector<std::size_t> at;
  const Matrix3 rotation = to_matrix(pose.model_from_lab);
  for (std::size_t n = 0; n < rows * columns; ++n) {
    const double x = double(n % columns) - c.centre[0], y = double(n / columns) - c.centre[1];
    const double radius = std::hypot(x, y);
    const auto [across, along] = c.geometry.q_at(radius);
    if (pose.size * std::hypot(across, along) > c.reference->q_max()) continue;
    const double scale = radius > 0 ? across / radius : 0;
    const Vector3 q =
        rotate(rotation, {pose.size * scale * x, pose.size * scale * y, pose.size * along});
    qx.push_back(float(q[0])), qy.push_back(float(q[1])), qz.push_back(float(q[2]));
    at.push_back(n);
  }
  values.resize(at.size());
  c.reference->intensity(qx, qy, qz, values);
  std::vector<float> image(rows * columns, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t n = 0; n < at.size(); ++n) image[at[n]] = values[n];
  return image;
}

PolarPatterns read_polar(StackReader& stack, const Comparison& c, std::size_t first, std::size_t n,
                         int threads) {
  const StackInfo& info = stack.info();
  const std::size_t area = info.rows * info.columns, size = c.grid.size();
  const PolarSampler sampler(c.grid, info.rows, info.columns, c.centre);
  const std::vector<float> whitening = whitening_image(c, info.rows, info.columns);
  std::vector<std::optional<BandLimiter>> limiters(c.band_limit > 0 ? std::size_t(threads) : 0);
  const double low_pass = std::min(kLowPass * c.band_limit, kLargestLowPass);
  for (auto& limiter : limiters) limiter.emplace(info.rows, info.columns, low_pass);
  PolarPatterns out{
      .count = n, .value = std::vector<float>(n * size), .measured = std::vector<float>(n * size)};
  constexpr std::size_t kRead = 64;
  for (std::size_t at = 0; at < n; at += kRead) {
    Patterns patterns = stack.read(first + at, std::min(kRead, n - at));
    out.invalid_pixels += patterns.invalid_pixels;
    parallel_for(patterns.count, threads, [&](std::size_t k, int worker) {
      float *intensity = &patterns.intensity[k * area], *weight = &patterns.weight[k * area];
      for (std::size_t p = 0; p < area; ++p) intensity[p] *= whitening[p];
      if (!limiters.empty()) limiters[std::size_t(worker)]->apply(intensity, weight);
      float* value = &out.value[(at + k) * size];
      float* measured = &out.measured[(at + k) * size];
      sampler.sample(intensity, weight, value, measured);
      bool any = false;
      for (std::size_t p = 0; p < size; ++p) {
        measured[p] = measured[p] > 0;
        value[p] = measured[p] * std::sqrt(std::max(0.f, value[p]));
        any |= value[p] > 0;
      }
      if (!any)
        fail("pattern ", first + at + k, " has no intensity between radius ",
             c.grid.radii_px.front(), " and ", c.grid.radii_px.back(), " pixels");
    });
  }
  return out;
}

}  // namespace spi
