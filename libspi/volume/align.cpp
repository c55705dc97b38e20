// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/align.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/volume/fourier.h"
#include "libspi/volume/fsc.h"
#include "libspi/volume/register.h"
#include "libspi/volume/rotation_search.h"

namespace spi {
namespace {

constexpr std::size_t kCoarse = 45, kFine = 95;  // voxels a side; products of small odd primes
constexpr std::size_t kPerBand = 6, kRefined = 6;
constexpr int kRounds = 2;  // of refinement with the weights of the one before
constexpr std::size_t kFewSteps = 6, kManySteps = 30;

std::vector<float> reduced(std::span<const float> values, std::size_t n, std::size_t to) {
  return n == to ? std::vector<float>(values.begin(), values.end())
                 : fourier_resized(values, n, to);
}

double norm(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += double(v) * v;
  return std::sqrt(sum);
}

/// In voxels from the centre; what is below 0 does not count.
Vector3 centre_of_mass(std::span<const float> values, std::size_t n) {
  Vector3 sum{};
  double mass = 0;
  const auto centre = double(n / 2);
  for (std::size_t z = 0, i = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, ++i) {
        const double v = std::max(0.f, values[i]);
        sum[0] += v * (double(x) - centre);
        sum[1] += v * (double(y) - centre);
        sum[2] += v * (double(z) - centre);
        mass += v;
      }
  for (double& s : sum) s = mass > 0 ? s / mass : 0;
  return sum;
}

/// The contrast of |F|², twice as finely sampled as the density's own field gives it.
std::vector<float> modulus_contrast(std::span<const float> density, std::size_t n) {
  const auto padded = central_cube(density, n, 2 * n);
  std::vector<float> modulus;
  for (const auto& f : centred_transform(padded, 2 * n)) modulus.push_back(std::abs(f));
  return shell_contrast(modulus, 2 * n).values;
}

/// The contrast of √I.
std::vector<float> root_contrast(std::span<const float> intensity, std::size_t n) {
  std::vector<float> root;
  for (const float v : intensity) root.push_back(v > 0 ? std::sqrt(v) : 0.f);
  return shell_contrast(root, n).values;
}

/// A field whose value at radius r is multiplied by weight(r).
template <class T, class Weight>
void weigh(std::vector<T>& field, std::size_t n, const Weight& weight) {
  const auto centre = double(n / 2);
  for (std::size_t z = 0, i = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, ++i)
        field[i] *= float(
            weight(std::sqrt(std::pow(double(x) - centre, 2) + std::pow(double(y) - centre, 2) +
                             std::pow(double(z) - centre, 2))));
}

template <class Weight>
std::vector<float> filtered(std::span<const float> density, std::size_t n, const Weight& weight) {
  Spectrum3 spectrum = centred_transform(density, n);
  weigh(spectrum, n, weight);
  return centred_inverse(spectrum, n);
}

/// Before anything is known, noise is kept out by a Gaussian that leaves half of the band.
std::vector<float> smoothed(std::span<const float> density, std::size_t n) {
  return filtered(density, n,
                  [&](double r) { return std::exp(-0.5 * std::pow(8 * r / double(n), 2)); });
}

/// The correlation of each shell until it first falls below 0.143, then 0: how much of a shell is
/// signal. Linear between shells; at least the first four shells count.
class SignalWeight {
 public:
  explicit SignalWeight(std::vector<double> correlation) : weight_(std::move(correlation)) {
    bool over = false;
    for (std::size_t s = 0; s < weight_.size(); ++s) {
      over = over || (s > 4 && weight_[s] < 0.143);
      weight_[s] = over ? 0 : std::max(weight_[s], 0.143);
    }
  }
  double operator()(double radius) const {
    const auto s = std::size_t(radius);
    if (s + 1 >= weight_.size()) return s < weight_.size() ? weight_[s] : 0;
    return weight_[s] + (radius - double(s)) * (weight_[s + 1] - weight_[s]);
  }

 private:
  std::vector<double> weight_;
};

/// Finds shifts of one density against many.
class ShiftFinder {
 public:
  ShiftFinder(std::span<const float> a, std::size_t n)
      : n_(n), norm_(norm(a)), centre_(centre_of_mass(a, n)), spectrum_(centred_transform(a, n)) {}

  const Vector3& centre() const { return centre_; }

  /// Moves b's centre of mass onto a's, then adds the whole-voxel shift of the largest
  /// cross-correlation.
  Registered find(const SplineVolume& b, const Vector3& centre_of_b, RigidMotion motion,
                  int threads) const {
    const Vector3 turned = rotate(motion.rotation, centre_of_b);
    for (std::size_t k = 0; k < 3; ++k)
      motion.shift[k] = centre_[k] - (motion.inverted ? -turned[k] : turned[k]);
    const auto image = moved(b, motion, n_, 1, 0, threads);
    Spectrum3 product = centred_transform(image, n_);
    for (std::size_t i = 0; i < product.size(); ++i)
      product[i] = spectrum_[i] * std::conj(product[i]);
    const auto correlation = centred_inverse(product, n_);
    const auto best = std::size_t(std::ranges::max_element(correlation) - correlation.begin());
    const std::size_t place[] = {best % n_, best / n_ % n_, best / (n_ * n_)};
    for (std::size_t k = 0; k < 3; ++k) motion.shift[k] += double(place[k]) - double(n_ / 2);
    const double scale = norm_ * norm(image);
    return {motion, scale > 0 ? correlation[best] / scale : 0};
  }

 private:
  std::size_t n_;
  double norm_;
  Vector3 centre_;
  Spectrum3 spectrum_;
};

void sort_and_keep(std::vector<Registered>& candidates, std::size_t count) {
  std::ranges::stable_sort(candidates, std::greater{}, &Registered::correlation);
  candidates.resize(std::min(candidates.size(), count));
}

/// Radius that holds a whole cube.
double all_of(std::size_t n) { return double(n); }

RigidMotion rescaled(RigidMotion motion, double factor) {
  for (double& s : motion.shift) s *= factor;
  return motion;
}

void require_size(std::size_t n) {
  if (n < 16) fail("volumes of ", n, " voxels a side are too small to be aligned: 16 at least");
}

}  // namespace

void AlignOptions::describe(OptionSet& options) {
  options.group("Alignment");
  options.add(
      "align", align,
      "what is moved before the comparison: nothing, the shift (of densities, and the twin, "
      "the image through the centre), or rotation, shift and twin (of intensities the "
      "rotation)");
  options.flag("no-twin", no_twin, "do not try the twin: the densities are of the same hand");
  options
      .add("coarse-step", coarse_step_deg,
           "step of the grid of rotations that is searched first, degrees")
      .range(2, 30);
}

Aligned align_densities(std::span<const float> a, std::span<const float> b, std::size_t n,
                        const AlignOptions& options, int threads, Monitor& monitor) {
  check_options(options);
  if (options.align == Alignment::none) return {};
  require_size(n);
  if (norm(a) == 0 || norm(b) == 0) fail("a density that is 0 everywhere cannot be aligned");
  const std::size_t m = std::min(n, kCoarse), f = std::min(n, kFine);
  const auto coarse_a = smoothed(reduced(a, n, m), m), coarse_b = smoothed(reduced(b, n, m), m);
  RotationSearch search{.matches = {{}}, .rotations = 1};
  if (options.align == Alignment::rigid) {
    const Progress progress(monitor, "searching rotations", 1);
    search = search_rotations(modulus_contrast(reduced(a, n, m), m),
                              modulus_contrast(reduced(b, n, m), m), 2 * m,
                              options.coarse_step_deg * std::numbers::pi / 180, kPerBand, threads);
  }
  Progress progress(monitor, "aligning", search.matches.size() + kRefined + 1);
  const ShiftFinder shifts(coarse_a, m);
  const SplineVolume spline(coarse_b, m, threads);
  const Vector3 centre = centre_of_mass(coarse_b, m);
  std::vector<Registered> candidates;
  for (const RotationMatch& match : search.matches) {
    for (const bool twin : {false, true})
      if (!twin || !options.no_twin)
        candidates.push_back(shifts.find(
            spline, centre, {.rotation = match.rotation, .shift = {}, .inverted = twin}, threads));
    progress.advance();
  }
  sort_and_keep(candidates, kRefined);
  const bool rotate = options.align == Alignment::rigid;
  for (Registered& c : candidates) {
    c = register_volume(coarse_a, spline, c.motion, {.radius = all_of(m), .rotate = rotate},
                        threads);
    progress.advance();
  }
  sort_and_keep(candidates, 1);
  Registered best{rescaled(candidates[0].motion, double(f) / double(m)), 0};
  const auto fine_a = reduced(a, n, f), fine_b = reduced(b, n, f);
  for (int round = 0; round < kRounds; ++round) {
    const SignalWeight weight(
        shell_correlation(centred_transform(fine_a, f),
                          centred_transform(moved_density(fine_b, f, best.motion, threads), f), f));
    best = register_volume(filtered(fine_a, f, weight),
                           SplineVolume(filtered(fine_b, f, weight), f, threads), best.motion,
                           {.radius = all_of(f), .rotate = rotate}, threads);
  }
  return {rescaled(best.motion, double(n) / double(f)), best.correlation, search.rotations};
}

Aligned align_intensities(std::span<const float> a, std::span<const float> b, std::size_t n,
                          const AlignOptions& options, int threads, Monitor& monitor) {
  check_options(options);
  if (options.align == Alignment::none) return {};
  if (options.align == Alignment::shift)
    fail_usage("intensities have no shift: --align rigid turns them, --align none leaves them");
  require_size(n);
  const auto contrast_a = shell_contrast(a, n).values, contrast_b = shell_contrast(b, n).values;
  if (norm(contrast_a) == 0 || norm(contrast_b) == 0)
    fail("intensities that are the same in all directions cannot be aligned");
  const double largest = double((n - 1) / 2);
  RotationSearch search;
  {
    const Progress progress(monitor, "searching rotations", 1);
    search = search_rotations(root_contrast(a, n), root_contrast(b, n), n,
                              options.coarse_step_deg * std::numbers::pi / 180, kPerBand, threads);
  }
  Progress progress(monitor, "aligning", search.matches.size() + 1);
  // Each is refined in the band where it was found, then judged in one band for all.
  const auto refined = [&](const RigidMotion& start, double radius, std::size_t steps) {
    const std::size_t side = std::min(n, 2 * std::size_t(std::ceil(radius)) + 5);
    const auto part_a = central_cube(std::span<const float>(contrast_a), n, side);
    const auto part_b = central_cube(std::span<const float>(contrast_b), n, side);
    return register_volume(part_a, SplineVolume(part_b, side, threads), start,
                           {.radius = radius, .translate = false, .max_steps = steps}, threads);
  };
  std::vector<Registered> candidates;
  for (const RotationMatch& match : search.matches) {
    const Registered own =
        refined({.rotation = match.rotation, .shift = {}}, match.radius, kFewSteps);
    candidates.push_back(refined(own.motion, std::min(largest, double(kCoarse) / 2), kFewSteps));
    progress.advance();
  }
  sort_and_keep(candidates, 1);
  const double radius = std::min(largest, double(kFine) / 2);
  const Registered best = refined(candidates[0].motion, radius, kManySteps);
  return {best.motion, best.correlation, search.rotations};
}

}  // namespace spi
