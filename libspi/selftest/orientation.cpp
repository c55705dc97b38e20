// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/orientation/correlation_engine.h"
#include "libspi/selftest/problems.h"
#include "libspi/selftest/reference/correlation_reference.h"

namespace spi::selftest {
namespace {

struct Sizes {
  std::size_t rings, angles, views, tiles;
};

constexpr std::size_t kCells = 3, kStretches = 12, kLanes = PatternTile::kLanes;

/// Patterns of noise against slices of limited band. Truth: the highest correlations of some
/// patterns in each cell and stretch.
class OrientationProblem : public Problem {
 public:
  OrientationProblem(const Sizes& sizes, bool masked, std::uint64_t seed)
      : sizes_(sizes), masked_(masked) {
    for (std::size_t i = 0; i < sizes.rings; ++i) {
      limit_.push_back(std::min(sizes.angles / 2, 4 + i * sizes.angles / (2 * sizes.rings)));
      ring_weight_.push_back(float(i + 5) / float(sizes.rings + 5));
    }
    cells_ = {.cell = {}, .counted = {}, .cells = kCells, .stretches = kStretches};
    for (std::size_t k = 0; k < sizes.views; ++k) {
      views_.push_back(band_limited(seed, k));
      cells_.cell.push_back(std::uint32_t(k % kCells));
      cells_.counted.push_back(1);
    }
    x_ = noise(patterns() * points(), seed, 5);
    measured_.assign(x_.size(), 1.f);
    for (std::size_t n = 0; n < x_.size(); ++n) {
      x_[n] = std::abs(x_[n]);
      if (masked && (n % sizes.angles + 3 * (n / points())) % sizes.angles < sizes.angles / 5)
        x_[n] = measured_[n] = 0;
    }
    for (const std::size_t d : {std::size_t{0}, patterns() / 2 + 1, patterns() - 1})
      looked_at_.push_back(d);
  }

  std::string size() const override {
    return text_of(patterns(), " patterns, ", sizes_.views, " views, ", sizes_.rings, "×",
                   sizes_.angles);
  }

  Work work() const override {
    const double pairs = double(patterns() * sizes_.views), angles = double(sizes_.angles);
    double each = 8 * double(std::accumulate(limit_.begin(), limit_.end(), sizes_.rings)) +
                  2 * angles * double(limit_.back() + 1);
    if (masked_) each += (8 * double(sizes_.rings) + 2 * angles) * (angles / 2 + 1);
    return {.items = pairs * angles,
            .unit = "orientations",
            .operations = each * pairs,
            .bytes = sizeof(float) * double(x_.size())};
  }

  /// Sums over all points, there and back through the harmonics.
  Bound bound(Device, double) const override {
    return {.rms = std::sqrt(double(points())) * kRoundoff,
            .reason = "√(RT) 2^-24: sums over R rings of T angles"};
  }

  std::vector<double> truth(int threads) const override {
    std::vector<double> highest(looked_at_.size() * kCells * kStretches, -2);
    parallel_for(highest.size(), threads, [&](std::size_t item, int) {
      const std::size_t d = looked_at_[item / (kCells * kStretches)];
      const std::size_t cell = item / kStretches % kCells, stretch = item % kStretches;
      for (std::size_t k = cell; k < sizes_.views; k += kCells)
        for (std::size_t s = 0; s < sizes_.angles; ++s)
          if (s * kStretches / sizes_.angles == stretch)
            highest[item] =
                std::max(highest[item], reference::correlation(of(x_, d, 1), of(measured_, d, 1),
                                                               views_[k], ring_weight_, s));
    });
    return highest;
  }

  Version on_cpu(int threads) override {
    const auto engine = std::make_shared<CorrelationEngine>(sizes_.rings, sizes_.angles,
                                                            ring_weight_, limit_, cells_);
    engine->hold_views(0, sizes_.views, masked_, threads, [this](std::size_t k, auto out) {
      std::ranges::copy(views_[k], out.begin());
    });
    const auto scratch =
        std::make_shared<std::vector<CorrelationEngine::Scratch>>(std::size_t(threads));
    tiles_.resize(sizes_.tiles);
    return {[this, threads, engine, scratch] {
              parallel_for(tiles_.size(), threads, [&](std::size_t t, int worker) {
                engine->load(of(x_, t * kLanes, kLanes), of(measured_, t * kLanes, kLanes),
                             tiles_[t]);
                engine->correlate(tiles_[t], (*scratch)[std::size_t(worker)]);
              });
            },
            [this] { return sample(); }};
  }

 private:
  std::size_t patterns() const { return sizes_.tiles * kLanes; }
  std::size_t points() const { return sizes_.rings * sizes_.angles; }
  std::span<const float> of(const std::vector<float>& v, std::size_t first, std::size_t n) const {
    return std::span(v).subspan(first * points(), n * points());
  }

  /// A slice with harmonics up to the rings' limits.
  std::vector<float> band_limited(std::uint64_t seed, std::size_t k) const {
    Random random(seed, 0x5e20, k);
    std::vector<double> cosine(sizes_.angles);
    for (std::size_t j = 0; j < sizes_.angles; ++j)
      cosine[j] = std::cos(2 * std::numbers::pi * double(j) / double(sizes_.angles));
    std::vector<float> y;
    for (const std::size_t last : limit_) {
      std::vector<double> ring(sizes_.angles, 2.);
      for (std::size_t m = 1; m < std::min(last, sizes_.angles / 2); ++m) {
        const double amplitude = random.normal() / std::sqrt(double(last));
        const auto phase = std::size_t(random.below(sizes_.angles));
        for (std::size_t j = 0; j < sizes_.angles; ++j)
          ring[j] += amplitude * cosine[(m * j + phase) % sizes_.angles];
      }
      y.insert(y.end(), ring.begin(), ring.end());
    }
    return y;
  }

  std::vector<double> sample() const {
    std::vector<double> highest;
    for (const std::size_t d : looked_at_)
      for (std::size_t place = 0; place < kCells * kStretches; ++place)
        highest.push_back(tiles_[d / kLanes].highest[place * kLanes + d % kLanes]);
    return highest;
  }

  Sizes sizes_;
  bool masked_;
  std::vector<std::size_t> limit_, looked_at_;
  std::vector<float> ring_weight_, x_, measured_;
  std::vector<std::vector<float>> views_;
  ViewCells cells_;
  std::vector<PatternTile> tiles_;
};

std::unique_ptr<Problem> problem(Scale scale, bool masked, std::uint64_t seed) {
  const Sizes sizes = scale == Scale::quick ? Sizes{10, 48, 70, 2} : Sizes{40, 180, 128, 4};
  return std::make_unique<OrientationProblem>(sizes, masked, seed);
}

}  // namespace

std::unique_ptr<Problem> orientation_problem(Scale scale, std::uint64_t seed) {
  return problem(scale, false, seed);
}

std::unique_ptr<Problem> masked_orientation_problem(Scale scale, std::uint64_t seed) {
  return problem(scale, true, seed);
}

}  // namespace spi::selftest
