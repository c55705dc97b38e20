// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/random.h"
#include "libspi/polar/angular_dft.h"
#include "libspi/polar/angular_series.h"
#include "libspi/polar/fast_exp.h"
#include "libspi/polar/rate_sums.h"
#include "tests/reference/likelihood_reference.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr std::size_t kLanes = FrameTile::kLanes;

/// A flat detector with a given list of pixel positions, all good, correction 1.
Detector detector_at(const std::vector<std::array<double, 2>>& xy) {
  Detector detector;
  detector.distance_px = detector.ewald_radius_voxels = 1e6;  // flat: sz = 0 to 1e-10
  for (const auto& [x, y] : xy) {
    detector.sx.push_back(x / 1e6), detector.sy.push_back(y / 1e6), detector.sz.push_back(0);
    detector.correction.push_back(1);
    detector.use.push_back(PixelUse::good);
  }
  detector.shape = {1, xy.size()};
  return detector;
}

/// A square of size × size pixels about (cx, cy); a strip and some pixels are bad.
Detector square(std::size_t size, double cx, double cy) {
  std::vector<std::array<double, 2>> xy;
  for (std::size_t y = 0; y < size; ++y)
    for (std::size_t x = 0; x < size; ++x) xy.push_back({double(x) - cx, double(y) - cy});
  Detector detector = detector_at(xy);
  Random random(3, 0, 0);
  for (std::size_t t = 0; t < xy.size(); ++t) {
    detector.correction[t] = 1 - 1e-5 * (xy[t][0] * xy[t][0] + xy[t][1] * xy[t][1]);
    if (t % size == size / 3 || random.uniform() < 0.02) detector.use[t] = PixelUse::bad;
  }
  return detector;
}

/// ln W is a smooth function with few harmonics, Friedel symmetric.
double log_rate(std::size_t k, double r, double theta) {
  return 0.6 * std::cos(2 * theta + double(k)) * std::cos(r / 5) +
         0.3 * std::sin(4 * theta - 0.1 * r) * std::exp(-r / 30);
}

RateModel model_on(const PolarBinning& binning, std::size_t classes) {
  RateModel model{
      classes, binning.rings(), binning.angles(), {}, std::vector<std::uint8_t>(classes, 1)};
  for (std::size_t k = 0; k < classes; ++k)
    for (const double r : binning.radii_px())
      for (std::size_t j = 0; j < binning.angles(); ++j)
        model.rate.push_back(float(std::exp(log_rate(k, r, double(j) * binning.step_rad()))));
  return model;
}

double mean_intensity(double r) { return 2 * std::exp(-r / 8); }

/// Poisson frames of the classes at random angles: [frames][pixels] counts.
FrameBlock frames_of(const Detector& detector, std::size_t frames, std::size_t classes) {
  FrameBlock block;
  for (std::size_t d = 0; d < frames; ++d) {
    Random random(11, 0, d);
    const double alpha = 2 * kPi * random.uniform();
    std::vector<std::uint32_t> counts;
    for (std::size_t t = 0; t < detector.pixels(); ++t) {
      const auto [x, y] = detector.flat_position(t);
      const double r = std::hypot(x, y);
      counts.push_back(std::uint32_t(
          random.poisson(detector.correction[t] * mean_intensity(r) *
                         std::exp(log_rate(d % classes, r, std::atan2(y, x) + alpha)))));
    }
    block.append_dense(d, counts);
  }
  return block;
}

/// Everything that the comparison with the definition needs.
struct Setting {
  Detector detector;
  PolarBinning binning;
  FrameBlock block;
  BinnedFrames binned;
  reference::Pixels pixels;
  std::vector<std::vector<double>> counts;  ///< [frames][pixels in use]
  std::vector<double> area;

  Setting(Detector made, const PolarBinningOptions& options, std::size_t frames)
      : detector(std::move(made)),
        binning(detector, options),
        block(frames_of(detector, frames, 2)) {
    binned.append(block, binning);
    std::vector<double> expected(detector.pixels());
    counts.resize(frames);
    std::vector<std::size_t> place(detector.pixels(), detector.pixels());
    for (std::size_t t = 0; t < detector.pixels(); ++t) {
      const auto [x, y] = detector.flat_position(t);
      expected[t] = detector.correction[t] * mean_intensity(std::hypot(x, y));
      if (binning.bin()[t] == PolarBinning::kNoBin) continue;
      place[t] = pixels.radius.size();
      pixels.radius.push_back(std::hypot(x, y));
      pixels.azimuth.push_back(std::atan2(y, x));
      pixels.expected.push_back(expected[t]);
    }
    area = binning.sum(expected);
    for (std::size_t d = 0; d < frames; ++d) {
      counts[d].resize(pixels.radius.size());
      for (auto e = block.start[d]; e < block.start[d + 1]; ++e)
        if (place[block.pixel[e]] < counts[d].size())
          counts[d][place[block.pixel[e]]] = block.count[e];
    }
  }

  LikelihoodEngine engine(FluenceUse fluence) const {
    return {binning.rings(), binning.angles(), area,
            std::vector<std::size_t>(binning.rings(), binning.angles() / 2), fluence};
  }

  FrameTile tile(const LikelihoodEngine& engine, double fluence) const {
    FrameTile tile;
    LikelihoodEngine::Scratch scratch;
    std::vector<std::size_t> at(binned.frames());
    std::iota(at.begin(), at.end(), 0);
    engine.load(binned, at, tile, scratch);
    tile.beta.fill(1);
    tile.fluence.fill(float(fluence));
    return tile;
  }

  double reference_gain(std::size_t d, std::size_t k, std::size_t s, double fluence) const {
    const auto rate = [&](double r, double theta) { return std::exp(log_rate(k, r, theta)); };
    return reference::gain(pixels, counts[d], rate, double(s) * binning.step_rad(), fluence);
  }
};

/// A detector whose pixels sit at the bins' own centres.
Detector polar_detector(std::size_t angles) {
  std::vector<std::array<double, 2>> xy;
  for (std::size_t i = 3; i < 20; ++i)
    for (std::size_t j = 0; j < angles; ++j) {
      const double theta = 2 * kPi * double(j) / double(angles);
      xy.push_back({double(i) * std::cos(theta), double(i) * std::sin(theta)});
    }
  Detector detector = detector_at(xy);
  Random random(5, 0, 0);
  for (PixelUse& use : detector.use)
    if (random.uniform() < 0.2) use = PixelUse::bad;
  return detector;
}

TEST(AngularDft, MatchesTheDefinitionAndInverts) {
  constexpr std::size_t kT = 24, kWide = 7;
  const AngularDft dft(kT, kT / 2);
  const AngularSeries series(kT);
  Random random(1, 0, 0);
  std::vector<float> x(kT * kWide), re((kT / 2 + 1) * kWide), im(re), back(x);
  for (float& v : x) v = float(random.normal());
  auto work = x;
  dft.forward(work.data(), kWide, re.data(), im.data(), kWide, kT / 2);
  for (std::size_t l = 0; l < kWide; ++l) {
    std::vector<double> column, cr(kT / 2 + 1), ci(kT / 2 + 1);
    for (std::size_t s = 0; s < kT; ++s) column.push_back(x[s * kWide + l]);
    series.analyse(column.data(), kT / 2, cr.data(), ci.data());
    for (std::size_t m = 0; m <= kT / 2; ++m) {
      EXPECT_NEAR(re[m * kWide + l], cr[m], 1e-5);  // 24 terms of size 2 in float32
      EXPECT_NEAR(im[m * kWide + l], ci[m], 1e-5);
    }
  }
  dft.inverse(re.data(), im.data(), kWide, kWide, back.data());
  for (std::size_t n = 0; n < x.size(); ++n) EXPECT_NEAR(back[n], x[n], 2e-6);
}

TEST(ExpNonpositive, IsExactToSinglePrecision) {
  for (double x = 0; x > -79; x -= 0.0137)
    EXPECT_NEAR(exp_nonpositive(float(x)) / std::exp(double(float(x))), 1, 3e-7) << x;
  EXPECT_EQ(exp_nonpositive(0), 1);
  EXPECT_EQ(exp_nonpositive(-81), 0);
  EXPECT_EQ(exp_nonpositive(-1e30f), 0);
}

TEST(PolarBinning, PutsEveryGoodPixelIntoItsBin) {
  const Detector detector = square(41, 19.3, 20.6);
  const PolarBinning binning(detector, {.r_min = 3, .r_max = 15, .angles = 32, .full_turn = true});
  EXPECT_EQ(binning.rings(), 13u);
  EXPECT_EQ(binning.angles(), 32u);
  for (std::size_t t = 0; t < detector.pixels(); ++t) {
    const auto [x, y] = detector.flat_position(t);
    const double r = std::hypot(x, y);
    const std::uint32_t bin = binning.bin()[t];
    if (std::abs(r - 2.5) < 1e-6 || std::abs(r - 15.5) < 1e-6) continue;  // on the border itself
    const bool used = detector.use[t] == PixelUse::good && r >= 2.5 && r < 15.5;
    ASSERT_EQ(bin != PolarBinning::kNoBin, used) << r;
    if (!used) continue;
    EXPECT_LE(std::abs(r - binning.radii_px()[bin / 32]), 0.5 + 1e-6);
    const double away = std::remainder(std::atan2(y, x) - double(bin % 32) * 2 * kPi / 32, 2 * kPi);
    EXPECT_LE(std::abs(away), kPi / 32 + 1e-9);
  }
}

TEST(PolarBinning, FoldsOppositePixelsTogether) {
  const Detector detector = detector_at({{10, 3}, {-10, -3}, {3, -10}});
  const PolarBinning binning(detector, {.r_min = 5, .r_max = 15, .angles = 64});
  EXPECT_EQ(binning.angles(), 32u);
  EXPECT_EQ(binning.bin()[0], binning.bin()[1]);
  EXPECT_NE(binning.bin()[0], binning.bin()[2]);
}

TEST(PolarBinning, RefusesWhatLeavesNoRing) {
  const Detector detector = square(21, 10, 10);
  EXPECT_THROW(PolarBinning(detector, {.r_min = 9, .r_max = 4}), UserError);
  EXPECT_THROW(PolarBinning(detector, {.r_min = 100, .r_max = 200}), UserError);
  EXPECT_THROW(PolarBinning(detector, {.r_min = 3, .r_max = 1e15}), UserError);  // all memory
  EXPECT_THROW(PolarBinning(detector, {.angles = 30}), UsageError);
  EXPECT_THROW(PolarBinning(detector, {.q_max = 0.01}), UsageError);  // no wavelength
  EXPECT_THROW(PolarBinning(detector, {.r_min = 3, .q_min = 0.01}), UsageError);
}

TEST(RadialMean, FollowsTheIntensityInsideARing) {
  const Detector detector = square(61, 30, 30);
  const PolarBinning binning(detector, {.r_min = 3, .r_max = 28, .ring_width = 5});
  std::vector<double> total(detector.pixels());
  for (std::size_t t = 0; t < total.size(); ++t) {
    const auto [x, y] = detector.flat_position(t);
    total[t] = 1000 * detector.correction[t] * std::exp(-std::hypot(x, y) / 6);
  }
  const RadialMean mean(binning, detector.correction, total, 1000);
  // Linear between annuli a pixel apart in the exponent: exact but for their finite width, whose
  // mean of e^{-r/6} is off by (1/6)² / 24 = 1e-3, and the pixels' uneven spread within it.
  for (const double r : {5., 10.5, 17.2, 26.}) EXPECT_NEAR(mean.at(r) / std::exp(-r / 6), 1, 0.02);
}

TEST(LikelihoodEngine, AgreesWithPixelsWhereBinsAreAsFineAsPixels) {
  for (const bool full_turn : {false, true}) {
    const Setting setting(polar_detector(64),
                          {.r_min = 3, .r_max = 19, .angles = 64, .full_turn = full_turn}, 20);
    for (const FluenceUse use : {FluenceUse::free, FluenceUse::known}) {
      const double fluence = use == FluenceUse::known ? 1.3 : 0;
      LikelihoodEngine engine = setting.engine(use);
      engine.set_model(model_on(setting.binning, 2), 1);
      FrameTile tile = setting.tile(engine, fluence);
      const std::vector<float> gains = engine.gains(tile);
      for (std::size_t s = 0; s < engine.angles(); s += 3)
        for (std::size_t k = 0; k < 2; ++k)
          for (std::size_t d = 0; d < 20; ++d) {
            const double expected = setting.reference_gain(d, k, s, fluence);
            EXPECT_NEAR(gains[(s * 2 + k) * kLanes + d], expected, 1e-4 * (1 + std::abs(expected)));
          }
    }
  }
}

/// Root mean square of engine minus definition over frames, classes and shifts, of the differences
/// between shifts (a constant moves no posterior).
double binning_error(const Setting& setting) {
  LikelihoodEngine engine = setting.engine(FluenceUse::free);
  engine.set_model(model_on(setting.binning, 2), 1);
  FrameTile tile = setting.tile(engine, 0);
  const std::vector<float> gains = engine.gains(tile);
  double squares = 0, count = 0;
  for (std::size_t d = 0; d < setting.binned.frames(); ++d)
    for (std::size_t k = 0; k < 2; ++k) {
      std::vector<double> error;
      for (std::size_t s = 0; s < engine.angles(); s += engine.angles() / 16)
        error.push_back(gains[(s * 2 + k) * kLanes + d] - setting.reference_gain(d, k, s, 0));
      const double mean = std::reduce(error.begin(), error.end()) / double(error.size());
      for (const double e : error) squares += (e - mean) * (e - mean), ++count;
    }
  return std::sqrt(squares / count);
}

/// What theory says of it. A photon is up to half a bin away from its bin's centre, uniformly: its
/// ln W is off by g_θ δθ + g_r δr with variance (g_θ² Δθ² + g_r² Δr²) / 12. N photons add up to
/// √(N ⟨g²Δ²⟩ / 12), g averaged over where the photons are.
double predicted_error(const Setting& setting) {
  double sum = 0;
  const double dt = setting.binning.step_rad();
  const double dr = setting.binning.radii_px()[1] - setting.binning.radii_px()[0];
  for (std::size_t t = 0; t < setting.pixels.radius.size(); ++t)
    for (std::size_t k = 0; k < 2; ++k) {
      const double r = setting.pixels.radius[t], theta = setting.pixels.azimuth[t], h = 1e-4;
      const double g_t = (log_rate(k, r, theta + h) - log_rate(k, r, theta - h)) / (2 * h);
      const double g_r = (log_rate(k, r + h, theta) - log_rate(k, r - h, theta)) / (2 * h);
      const double n = setting.pixels.expected[t] / 2;
      sum += n * (g_t * g_t * dt * dt + g_r * g_r * dr * dr) / 12;
    }
  return std::sqrt(sum);
}

TEST(LikelihoodEngine, BinningErrorIsWhatTheoryPredicts) {
  double coarse = 0;
  for (const int fineness : {1, 4}) {
    const Setting setting(square(61, 29.2, 31.4),
                          {.r_min = 4,
                           .r_max = 24,
                           .ring_width = 2.0 / fineness,
                           .angles = std::size_t(64 * fineness)},
                          30);
    const double error = binning_error(setting), predicted = predicted_error(setting);
    // 960 differences, but pixels of a frame share their offsets: half of the spread is allowed.
    EXPECT_LT(error, 1.5 * predicted);
    EXPECT_GT(error, 0.5 * predicted);
    if (fineness == 1) coarse = error;
    if (fineness == 4) {
      EXPECT_LT(error, coarse / 2.5);  // a quarter, less the same statistics
    }
  }
}

TEST(LikelihoodEngine, PosteriorsAreThoseOfTheGains) {
  const Setting setting(square(41, 19, 21), {.r_min = 3, .r_max = 18, .angles = 48}, 37);
  LikelihoodEngine engine = setting.engine(FluenceUse::free);
  RateModel model = model_on(setting.binning, 9);
  model.rotates[4] = 0;
  engine.set_model(model, 1);
  FrameTile tile = setting.tile(engine, 0);
  const std::vector<float> gains = engine.gains(tile);
  tile.beta.fill(0.3f);
  LikelihoodEngine::Scratch scratch;
  engine.expect(tile, scratch);
  const std::size_t angles = engine.angles(), classes = 9;
  for (std::size_t d = 0; d < 37; ++d) {
    double sum = 0, entropy = 0;
    std::vector<double> p(classes * angles), by_class(classes);
    for (std::size_t k = 0; k < classes; ++k)
      for (std::size_t s = 0; s < angles; ++s) {
        const double prior = k == 4 ? (s == 0 ? double(angles) : 0) : 1;
        sum += p[k * angles + s] =
            prior * std::exp(0.3 * (gains[(s * classes + k) * kLanes + d] - gains[d]));
      }
    for (std::size_t k = 0; k < classes; ++k)
      for (std::size_t s = 0; s < angles; ++s) {
        double& value = p[k * angles + s] /= sum;
        by_class[k] += value;
        // In class 4, the prior at s = 0 is `angles` times that of one angle of the others.
        if (value > 0)
          entropy += value * std::log(value * double(k == 4 ? classes : classes * angles));
      }
    for (std::size_t k = 0; k < classes; ++k)
      EXPECT_NEAR(tile.posterior[k * kLanes + d], by_class[k], 1e-4);
    EXPECT_NEAR(tile.result[d].probability, *std::ranges::max_element(by_class), 1e-4);
    EXPECT_EQ(tile.result[d].best_class,
              std::size_t(std::ranges::max_element(by_class) - by_class.begin()));
    const double evidence = (std::log(sum / double(classes * angles)) + 0.3 * gains[d]) / 0.3;
    EXPECT_NEAR(tile.result[d].log_evidence, evidence, 1e-3 * (1 + std::abs(evidence)));
    EXPECT_NEAR(tile.result[d].information, entropy, 1e-3);
  }
  for (std::size_t d = 37; d < kLanes; ++d) EXPECT_EQ(tile.posterior[d], 0);  // no frame
}

TEST(RateSums, AreTheTransposedProducts) {
  const Setting setting(square(41, 19, 21), {.r_min = 3, .r_max = 18, .angles = 48}, 50);
  LikelihoodEngine engine = setting.engine(FluenceUse::known);
  engine.set_model(model_on(setting.binning, 3), 1);
  FrameTile tile = setting.tile(engine, 1.2);
  const std::vector<float> gains = engine.gains(tile);
  LikelihoodEngine::Scratch scratch;
  tile.beta.fill(0.05f);
  engine.expect(tile, scratch);
  RateSums sums(engine, 1e6);
  sums.add({&tile, 1}, 0, 2);
  sums.finish(2);
  const std::size_t angles = engine.angles(), bins = engine.rings() * angles;
  std::vector<double> numerator(bins), exposure(bins), expected_n(bins), expected_e(bins);
  const std::size_t k = 1;
  sums.on_bins(k, 2, numerator.data(), exposure.data());
  for (std::size_t d = 0; d < 50; ++d) {
    std::vector<double> p(angles), q(angles), counts(bins);
    double sum = 0;
    for (std::size_t l = 0; l < 3; ++l)
      for (std::size_t s = 0; s < angles; ++s)
        sum += std::exp(0.05 * (gains[(s * 3 + l) * kLanes + d] - gains[d]));
    for (std::size_t s = 0; s < angles; ++s) {
      p[s] = std::exp(0.05 * (gains[(s * 3 + k) * kLanes + d] - gains[d])) / sum;
      q[s] = double(1.2f) * p[s];
    }
    for (auto e = setting.binned.start[d]; e < setting.binned.start[d + 1]; ++e)
      counts[BinnedFrames::bin_of(setting.binned.entry[e])] +=
          BinnedFrames::count_of(setting.binned.entry[e]);
    for (std::size_t i = 0; i < engine.rings(); ++i)
      reference::accumulate_ring(
          p, q, {&counts[i * angles], angles}, {&engine.area()[i * angles], angles},
          {&expected_n[i * angles], angles}, {&expected_e[i * angles], angles});
  }
  // Posteriors are good to 1e-5 (float32 gains of some hundred nats times β), as are the sums.
  const double scale = *std::ranges::max_element(expected_n);
  for (std::size_t b = 0; b < bins; ++b) {
    EXPECT_NEAR(numerator[b], expected_n[b], 1e-4 * scale);
    EXPECT_NEAR(exposure[b], expected_e[b], 1e-4 * scale);
  }
}

}  // namespace
}  // namespace spi
