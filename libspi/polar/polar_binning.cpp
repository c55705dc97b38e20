// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/polar_binning.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"

namespace spi {
namespace {

/// A limit in pixels from either of its two options; q = 2 sin(θ) / λ, r = D tan(2θ).
std::optional<double> radius_limit(std::optional<double> r, std::optional<double> q,
                                   const Detector& detector, const char* name) {
  if (r && q) fail_usage("--r-", name, " and --q-", name, " say the same thing: give one");
  if (!q) return r;
  if (!detector.wavelength_A)
    fail_usage("--q-", name,
               " needs the wavelength, which the detector file does not give: add "
               "--photon-energy, or use --r-",
               name);
  const double s = *q * *detector.wavelength_A;
  if (s >= std::numbers::sqrt2) fail_usage("--q-", name, " lies beyond a scattering angle of 90°");
  return detector.distance_px * std::tan(2 * std::asin(s / 2));
}

/// [1 + largest radius] good pixels in annuli of unit width about 0, 1, 2, ... pixels.
std::vector<double> pixels_by_annulus(const Detector& detector, std::span<const float> radius) {
  std::vector<double> count(1);
  for (std::size_t t = 0; t < radius.size(); ++t) {
    if (detector.use[t] != PixelUse::good) continue;
    const auto annulus = static_cast<std::size_t>(std::lround(radius[t]));
    if (annulus >= count.size()) count.resize(annulus + 1);
    ++count[annulus];
  }
  return count;
}

double innermost(const std::vector<double>& by_annulus) {
  constexpr std::size_t kSmallest = 2;
  std::size_t annulus = kSmallest;
  while (annulus + 1 < by_annulus.size() && by_annulus[annulus] == 0) ++annulus;
  return double(annulus);
}

double outermost(const std::vector<double>& by_annulus) {
  std::size_t annulus = by_annulus.size() - 1;
  while (annulus > 0 && by_annulus[annulus] < std::numbers::pi * double(annulus)) --annulus;
  return double(annulus);
}

}  // namespace

void PolarBinningOptions::describe(OptionSet& options) {
  options.group("Polar grid");
  options.add("r-min", r_min, "innermost ring, pixels from the beam; auto: the innermost measured");
  options.add("r-max", r_max,
              "outermost ring, pixels from the beam; auto: the last of which half is measured");
  options.add("q-min", q_min, "innermost ring in 1/A, instead of --r-min");
  options.add("q-max", q_max, "outermost ring in 1/A, instead of --r-max");
  options.add("ring-width", ring_width, "width of a ring in pixels").range(0.01, 1000);
  options.add("angles", angles, "angles over the full turn, a multiple of 4").range(8, 65536);
  options.flag("full-turn", full_turn,
               "keep opposite pixels apart, for large scattering angles; the default uses that "
               "I(q) = I(-q) and halves the work");
}

PolarBinning::PolarBinning(const Detector& detector, const PolarBinningOptions& options)
    : angles_(options.full_turn ? options.angles : options.angles / 2),
      folded_(!options.full_turn),
      step_(2 * std::numbers::pi / double(options.angles)) {
  check_options(options);
  if (options.angles % 4 != 0)
    fail_usage("--angles is ", options.angles, ", must be a multiple of 4");
  std::vector<double> azimuth;
  for (std::size_t t = 0; t < detector.pixels(); ++t) {
    const auto [x, y] = detector.flat_position(t);
    pixel_radius_.push_back(float(std::hypot(x, y)));
    azimuth.push_back(std::atan2(y, x));
  }
  const auto by_annulus = pixels_by_annulus(detector, pixel_radius_);
  const double r_min =
      radius_limit(options.r_min, options.q_min, detector, "min").value_or(innermost(by_annulus));
  const double r_max =
      radius_limit(options.r_max, options.q_max, detector, "max").value_or(outermost(by_annulus));
  if (!(r_min >= 0 && r_max >= r_min))
    fail("no ring lies between the radii ", r_min, " and ", r_max, " pixels");
  const double width = options.ring_width, count = std::floor((r_max - r_min) / width + 1e-9) + 1;
  if (count * double(angles_) >= double(kMostBins))
    fail("a polar grid of ", count, " rings and ", angles_,
         " angles is too large: lower --r-max, or choose wider rings or fewer --angles");
  const auto rings = std::size_t(count);
  for (std::size_t i = 0; i < rings; ++i) radius_.push_back(r_min + double(i) * width);

  bin_.assign(detector.pixels(), kNoBin);
  const auto turn = static_cast<long>(angles_);
  for (std::size_t t = 0; t < bin_.size(); ++t) {
    const double ring = std::floor((pixel_radius_[t] - r_min) / width + 0.5);
    if (detector.use[t] != PixelUse::good || ring < 0 || ring >= double(rings)) continue;
    const long angle = ((std::lround(azimuth[t] / step_) % turn) + turn) % turn;
    bin_[t] = static_cast<std::uint32_t>(std::size_t(ring) * angles_ + std::size_t(angle));
  }
  if (std::ranges::all_of(bin_, [](auto b) { return b == kNoBin; }))
    fail("no good pixel lies between the radii ", r_min, " and ", r_max, " pixels");
}

std::vector<double> PolarBinning::sum(std::span<const double> values) const {
  SPI_ASSERT(values.size() == pixels());
  std::vector<double> sums(bins());
  for (std::size_t t = 0; t < bin_.size(); ++t)
    if (bin_[t] != kNoBin) sums[bin_[t]] += values[t];
  return sums;
}

void PolarBinning::exclude(std::span<const std::uint8_t> drop) {
  SPI_ASSERT(drop.size() == pixels());
  for (std::size_t t = 0; t < bin_.size(); ++t)
    if (drop[t]) bin_[t] = kNoBin;
}

RadialMean::RadialMean(const PolarBinning& binning, std::span<const double> correction,
                       std::span<const double> total, std::size_t frames) {
  struct Annulus {
    double photons = 0, correction = 0, moment = 0;
  };
  std::vector<Annulus> annuli;
  for (std::size_t t = 0; t < binning.pixels(); ++t) {
    if (binning.bin()[t] == PolarBinning::kNoBin) continue;
    const double r = binning.pixel_radius()[t];
    const auto index = static_cast<std::size_t>(std::lround(r));
    if (index >= annuli.size()) annuli.resize(index + 1);
    annuli[index].photons += total[t];
    annuli[index].correction += correction[t];
    annuli[index].moment += correction[t] * r;
  }
  constexpr double kEnough = 100;  // photons: 10 % statistics
  const auto keep = [&](const Annulus& pool) {
    radius_.push_back(pool.moment / pool.correction);
    log_mean_.push_back(std::log(pool.photons / (pool.correction * double(frames))));
  };
  Annulus pool;
  for (const Annulus& annulus : annuli) {
    pool.photons += annulus.photons;
    pool.correction += annulus.correction;
    pool.moment += annulus.moment;
    if (pool.photons < kEnough) continue;
    keep(pool);
    pool = {};
  }
  // Leftover photons beyond the last full annulus: their own point if they can have one.
  if (pool.photons > 0 && pool.correction > 0) keep(pool);
  if (radius_.empty()) fail("the frames hold no photon on the pixels in use");
}

double RadialMean::at(double radius_px) const {
  const auto after = std::ranges::lower_bound(radius_, radius_px);
  if (after == radius_.begin()) return std::exp(log_mean_.front());
  if (after == radius_.end()) return std::exp(log_mean_.back());
  const auto k = std::size_t(after - radius_.begin());
  const double f = (radius_px - radius_[k - 1]) / (radius_[k] - radius_[k - 1]);
  return std::exp((1 - f) * log_mean_[k - 1] + f * log_mean_[k]);
}

std::vector<double> RadialMean::area(const PolarBinning& binning,
                                     std::span<const double> correction) const {
  std::vector<double> expected(binning.pixels());
  for (std::size_t t = 0; t < expected.size(); ++t)
    expected[t] = correction[t] * at(binning.pixel_radius()[t]);
  return binning.sum(expected);
}

}  // namespace spi
