// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/cuda/devices.h"
#include "libspi/polar/device_likelihood.h"
#include "libspi/polar/rate_sums.h"
#include "libspi/selftest/problems.h"
#include "libspi/selftest/reference/binned_likelihood_reference.h"

namespace spi::selftest {
namespace {

struct Sizes {
  std::size_t rings, angles, classes, photons, tiles;
};

constexpr double kBeta = 0.1;    ///< posteriors are spread over many classes and shifts
constexpr double kSpread = 0.3;  ///< of ln W
constexpr std::size_t kLanes = FrameTile::kLanes,
                      kClasses = 3;  ///< of which the M step is compared

/// Frames of free fluence with photons anywhere, classes of noise, all harmonics.
class Likelihood : public Problem {
 public:
  /// `best`: how many of each frame's classes are ranked.
  Likelihood(Scale scale, std::uint64_t seed, std::size_t best = 0)
      : best_(best),
        sizes_(scale == Scale::quick ? Sizes{12, 32, 20, 200, 2} : Sizes{40, 64, 100, 500, 8}),
        model_{sizes_.classes, sizes_.rings, sizes_.angles, noise(sizes_.classes * bins(), seed, 6),
               std::vector<std::uint8_t>(sizes_.classes, 1)},
        area_(bins()) {
    for (float& w : model_.rate) w = float(std::exp(kSpread * w));
    Random random(seed, 0x5e1f, 7);
    for (double& a : area_) a = 0.2 + 0.4 * random.uniform();
    for (std::size_t d = 0; d < frames(); ++d) {
      for (std::size_t n = 0; n < sizes_.photons; ++n)
        frames_.entry.push_back(std::uint32_t(random.below(bins())) << 8);
      frames_.start.push_back(frames_.entry.size());
      frames_.photons.push_back(float(sizes_.photons));
    }
  }

  std::string size() const override {
    return text_of(frames(), " frames, ", sizes_.classes, " classes, ", sizes_.rings, "×",
                   sizes_.angles);
  }

 protected:
  std::size_t bins() const { return sizes_.rings * sizes_.angles; }
  std::size_t frames() const { return sizes_.tiles * kLanes; }
  double pairs() const { return double(frames() * sizes_.classes); }
  /// Products of the harmonics of a frame and a class.
  double products() const { return 8 * double(sizes_.rings * (sizes_.angles / 2 + 1)); }

  /// Of gains, nats. A sum over 2R numbers a harmonic and T/2 harmonics is rounded as often, while
  /// it grows to N ln(Z / A) = N σ²/2. Tensor cores truncate, always to the same side.
  double gain_error(Device device) const {
    const double sums = double(2 * sizes_.rings + sizes_.angles);
    return (device == Device::cuda ? sums : std::sqrt(sums)) * kRoundoff * double(sizes_.photons) *
           kSpread * kSpread / 2;
  }

  LikelihoodEngine engine(int threads) const {
    LikelihoodEngine engine(sizes_.rings, sizes_.angles, area_,
                            std::vector<std::size_t>(sizes_.rings, sizes_.angles / 2),
                            FluenceUse::free);
    engine.set_model(model_, threads);
    return engine;
  }

  void load(const LikelihoodEngine& engine, std::size_t t, FrameTile& tile,
            LikelihoodEngine::Scratch& scratch) const {
    std::vector<std::size_t> at(kLanes);
    std::iota(at.begin(), at.end(), t * kLanes);
    engine.load(frames_, at, tile, scratch);
  }

  void expect(const LikelihoodEngine& engine, std::vector<LikelihoodEngine::Scratch>& scratch,
              int threads) {
    tiles_.resize(sizes_.tiles);
    parallel_for(tiles_.size(), threads, [&](std::size_t t, int worker) {
      load(engine, t, tiles_[t], scratch[std::size_t(worker)]);
      tiles_[t].beta.fill(float(kBeta));
      engine.expect(tiles_[t], scratch[std::size_t(worker)]);
      if (best_ > 0) engine.rank_classes(best_, scratch[std::size_t(worker)], tiles_[t]);
    });
  }

  /// The device with its engine and sums; both steps, with transfers, as users meet them.
  struct OnDevice {
    LikelihoodEngine engine;
    std::unique_ptr<DeviceLikelihood> device;
    std::unique_ptr<RateSums> sums;
  };
  std::shared_ptr<OnDevice> there(int device) const {
    const auto there = std::make_shared<OnDevice>(OnDevice{engine(1), nullptr, nullptr});
    there->device = likelihood_on_cuda(there->engine, {.best = best_}, std::size_t(device));
    return there;
  }
  void run(OnDevice& there) {
    static_assert(kLanes * RateSums::kBlockTiles == RateSums::kBlockFrames);
    there.sums = std::make_unique<RateSums>(there.engine, double(frames() * sizes_.photons));
    there.device->begin(there.sums.get());
    tiles_.assign(sizes_.tiles, FrameTile());
    for (FrameTile& tile : tiles_) {
      tile.count = kLanes;
      tile.photons.fill(float(sizes_.photons));
      tile.beta.fill(float(kBeta));
    }
    std::vector<std::size_t> rows(frames());
    std::iota(rows.begin(), rows.end(), 0);
    there.device->submit(tiles_, frames_, rows);  // a block has 16 tiles, more than these
    there.device->collect();
    there.device->finish(*there.sums);
    there.sums->finish(1);
  }

  std::size_t best_;
  Sizes sizes_;
  RateModel model_;
  std::vector<double> area_;
  BinnedFrames frames_;
  std::vector<FrameTile> tiles_;
};

/// An E step, of which gains are the truth.
class Gains : public Likelihood {
 public:
  using Likelihood::Likelihood;

  Work work() const override {
    const double angles = double(sizes_.angles), transform = 2 * angles * (angles / 2 + 1);
    return {.items = pairs(),
            .unit = "frame·classes",
            .operations = (products() + 2 * transform) * pairs() +
                          double(frames() * sizes_.rings) * transform,
            .bytes = double(frames_.bytes() + model_.rate.size() * sizeof(float))};
  }

  Bound bound(Device device, double rms) const override {
    return {.rms = gain_error(device) / rms,
            .reason = device == Device::cuda
                          ? "(2R + T) 2^-24 N ln(Z/A): sums over harmonics that are truncated"
                          : "√(2R + T) 2^-24 N ln(Z/A): sums over harmonics"};
  }

  Version on_cpu(int threads) override {
    const auto engine = std::make_shared<LikelihoodEngine>(this->engine(threads));
    const auto scratch =
        std::make_shared<std::vector<LikelihoodEngine::Scratch>>(std::size_t(threads));
    return {[this, threads, engine, scratch] { expect(*engine, *scratch, threads); },
            [this] { return found(); }};
  }

  std::optional<Version> on_cuda(int device) override {
    if (!cuda::kernel_devices()) return std::nullopt;
    const auto place = there(device);
    return Version{[this, place] { Likelihood::run(*place); }, [this] { return found(); }};
  }

 protected:
  /// In tiles_, of the last run.
  virtual std::vector<double> found() const = 0;
};

/// Truth: evidence and information of every frame, both in nats of gain.
class Expectation : public Gains {
 public:
  using Gains::Gains;

  std::vector<double> truth(int threads) const override {
    const reference::BinnedLikelihood definition(model_, area_);
    std::vector<double> values(2 * frames());
    parallel_for(frames(), threads, [&](std::size_t d, int) {
      const auto found = definition.evidence(definition.gains(frames_, d), double(float(kBeta)));
      values[2 * d] = found.log_evidence, values[2 * d + 1] = found.information / kBeta;
    });
    return values;
  }

 private:
  std::vector<double> found() const override {
    std::vector<double> values;
    for (const FrameTile& tile : tiles_)
      for (const FramePosterior& frame : tile.result)
        values.insert(values.end(), {frame.log_evidence, frame.information / kBeta});
    return values;
  }
};

/// Truth: the gains of every frame's best classes, the best first. Found are those, as the
/// processor computes them, of the classes that were ranked best: as large but for rounding.
class Ranking : public Gains {
 public:
  Ranking(Scale scale, std::uint64_t seed) : Gains(scale, seed, kBest) {}

  std::vector<double> truth(int threads) const override {
    const reference::BinnedLikelihood definition(model_, area_);
    std::vector<double> values(kBest * frames());
    parallel_for(frames(), threads, [&](std::size_t d, int) {
      const std::vector<double> gains = definition.gains(frames_, d);
      std::vector<double> peaks;
      for (auto at = gains.begin(); at != gains.end(); at += std::ptrdiff_t(sizes_.angles))
        peaks.push_back(*std::max_element(at, at + std::ptrdiff_t(sizes_.angles)));
      std::ranges::sort(peaks, std::greater());
      std::copy_n(peaks.begin(), kBest, &values[d * kBest]);
    });
    return values;
  }

 private:
  static constexpr std::size_t kBest = 10;

  std::vector<double> found() const override {
    const LikelihoodEngine engine = this->engine(1);
    LikelihoodEngine::Scratch scratch;
    std::vector<double> values;
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      FrameTile tile;
      load(engine, t, tile, scratch);
      const std::vector<float> gains = engine.gains(tile);
      for (std::size_t d = 0; d < kLanes; ++d)
        for (std::size_t n = 0; n < kBest; ++n) {
          const auto [k, shift] = tiles_[t].best[n * kLanes + d];
          values.push_back(gains[(shift * sizes_.classes + k) * kLanes + d]);
        }
    }
    return values;
  }
};

/// Truth: numerators and exposures of some classes.
class Maximisation : public Likelihood {
 public:
  using Likelihood::Likelihood;

  Work work() const override {
    return {
        .items = pairs(), .unit = "frame·classes", .operations = products() * pairs(), .bytes = 0};
  }

  /// Posteriors are off by β times the error of gains; two sums over harmonics and one over frames.
  Bound bound(Device device, double) const override {
    const double angles = double(sizes_.angles), count = double(frames());
    if (device == Device::cuda)
      return {.rms = kBeta * gain_error(device) + (angles + count) * kRoundoff,
              .reason = "β times the error of gains + (T + F) 2^-24, truncated"};
    return {.rms = kBeta * gain_error(device) + (std::sqrt(angles) + std::sqrt(count)) * kRoundoff,
            .reason = "β times the error of gains + (√T + √F) 2^-24"};
  }

  std::vector<double> truth(int threads) const override {
    const reference::BinnedLikelihood definition(model_, area_);
    std::vector<std::vector<double>> posterior(frames());
    parallel_for(frames(), threads, [&](std::size_t d, int) {
      posterior[d] =
          definition.evidence(definition.gains(frames_, d), double(float(kBeta))).posterior;
    });
    std::vector<double> values(kClasses * 2 * bins());
    parallel_for(kClasses, threads, [&](std::size_t c, int) {
      double* const numerator = &values[c * 2 * bins()];
      for (std::size_t d = 0; d < frames(); ++d)
        definition.accumulate(frames_, d, posterior[d], class_at(c), numerator, numerator + bins());
    });
    return values;
  }

  Version on_cpu(int threads) override {
    const auto engine = std::make_shared<LikelihoodEngine>(this->engine(threads));
    std::vector<LikelihoodEngine::Scratch> scratch{std::size_t(threads)};
    expect(*engine, scratch, threads);
    const auto sums = std::make_shared<std::unique_ptr<RateSums>>();
    return {[this, threads, engine, sums] {
              *sums = std::make_unique<RateSums>(*engine, double(frames() * sizes_.photons));
              (*sums)->add(tiles_, 0, threads);
              (*sums)->finish(threads);
            },
            [this, sums] { return on_bins(**sums); }};
  }

  std::optional<Version> on_cuda(int device) override {
    if (!cuda::kernel_devices()) return std::nullopt;
    const auto place = there(device);
    return Version{[this, place] { Likelihood::run(*place); },
                   [this, place] { return on_bins(*place->sums); }};
  }

 private:
  std::vector<double> on_bins(const RateSums& sums) const {
    std::vector<double> values(kClasses * 2 * bins());
    for (std::size_t c = 0; c < kClasses; ++c)
      sums.on_bins(class_at(c), 2, &values[c * 2 * bins()], &values[(c * 2 + 1) * bins()]);
    return values;
  }
  std::size_t class_at(std::size_t c) const { return c * (sizes_.classes - 1) / (kClasses - 1); }
};

}  // namespace

std::unique_ptr<Problem> expectation_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<Expectation>(scale, seed);
}

std::unique_ptr<Problem> ranking_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<Ranking>(scale, seed);
}

std::unique_ptr<Problem> maximisation_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<Maximisation>(scale, seed);
}

}  // namespace spi::selftest
