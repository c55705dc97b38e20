// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/emc/local_fit.h"
#include "libspi/selftest/problems.h"
#include "libspi/selftest/reference/slicing_reference.h"
#include "libspi/selftest/reference/volume_likelihood_reference.h"

namespace spi::selftest {
namespace {

/// Rings of points on a curved sphere in a positive cube of noise, in random orientations.
class Emc : public Problem {
 public:
  Emc(Scale scale, std::uint64_t seed) : cube_(scale == Scale::quick ? 31 : 101) {
    const std::size_t rings = cube_.n / 2 - 3, angles = scale == Scale::quick ? 24 : 96;
    cube_.values = noise(cube_.values.size(), seed, 9);
    for (float& w : cube_.values) w = float(std::exp(kSpread * w));
    for (std::size_t i = 1; i <= rings; ++i)
      for (std::size_t j = 0; j < angles; ++j) {
        const double r = double(i), turn = 2 * std::numbers::pi * double(j) / double(angles);
        points_.x.push_back(float(r * std::cos(turn)));
        points_.y.push_back(float(r * std::sin(turn)));
        points_.z.push_back(float(-r * r / double(8 * cube_.n)));
      }
    points_.reach = double(rings) + 0.5;
    Random random(seed, 0x5e1f, 10);
    for (std::size_t b = 0; b < (scale == Scale::quick ? 20u : 400u); ++b)
      pose_.push_back(random_rotation(random));
    values_.resize(pose_.size() * points_.size());
  }

  std::string size() const override {
    return text_of(cube_.n, "³ voxels, ", pose_.size(), " patterns of ", points_.size());
  }

  Work work() const override {
    return {.items = double(pose_.size()),
            .unit = "frames",
            .operations = operations_per_point() * double(values_.size()),
            .bytes = sizeof(float) * double(values_.size() + cube_.values.size())};
  }

 protected:
  static constexpr double kSpread = 0.3;  ///< of ln W

  virtual double operations_per_point() const = 0;
  Vector3 place(std::size_t t, const Quaternion& q) const {
    return rotate(q, Vector3{points_.x[t], points_.y[t], points_.z[t]});
  }
  /// Relative, of a weight: coordinates up to n in units of voxels, along three axes (Slicing).
  double weight_error() const { return 3 * double(cube_.n) * kRoundoff; }

  Cube cube_;
  LabPoints points_;
  std::vector<Quaternion> pose_;
  std::vector<float> values_;  ///< [B][P]
};

/// Truth: some points of each pattern.
class EmcSlice : public Emc {
 public:
  using Emc::Emc;

  /// Weights' errors change W by differences of neighbours.
  Bound bound(Device, double rms) const override {
    return {.rms = weight_error() * kSpread / rms, .reason = "3 n 2^-24 σ: rounded coordinates"};
  }

  std::vector<double> truth(int) const override {
    std::vector<double> values;
    for (std::size_t i = 0; i < values_.size(); i += kEvery)
      values.push_back(
          reference::trilinear(cube_.values, cube_.n, place(i % points_.size(), pose_at(i))));
    return values;
  }

  Version on_cpu(int threads) override {
    return {[this, threads] {
              parallel_for(pose_.size(), threads, [&](std::size_t b, int) {
                slice(cube_, points_, pose_[b], &values_[b * points_.size()]);
              });
            },
            [this] {
              std::vector<double> values;
              for (std::size_t i = 0; i < values_.size(); i += kEvery) values.push_back(values_[i]);
              return values;
            }};
  }

 private:
  static constexpr std::size_t kEvery = 37;
  const Quaternion& pose_at(std::size_t i) const { return pose_[i / points_.size()]; }
  /// A rotation (18), a split (6) and seven interpolations (21).
  double operations_per_point() const override { return 45; }
};

/// Truth: all voxels, of photons and of exposure.
class EmcScatter : public Emc {
 public:
  EmcScatter(Scale scale, std::uint64_t seed) : Emc(scale, seed) {
    values_ = noise(values_.size(), seed, 11);
    exposure_ = noise(values_.size(), seed, 12);
  }

  Bound bound(Device, double) const override {
    return {.rms = weight_error(), .reason = "3 n 2^-24: rounded coordinates"};
  }

  std::vector<double> truth(int threads) const override {
    const std::size_t n = cube_.n, voxels = n * n * n;
    std::vector<double> sums(2 * voxels);
    parallel_for(2, threads, [&](std::size_t which, int) {
      const std::vector<float>& values = which == 0 ? values_ : exposure_;
      for (std::size_t i = 0; i < values.size(); ++i)
        reference::scatter_trilinear(values[i],
                                     place(i % points_.size(), pose_[i / points_.size()]), n,
                                     {&sums[which * voxels], voxels});
    });
    return sums;
  }

  Version on_cpu(int threads) override {
    const auto sums = std::make_shared<std::vector<VoxelSums>>(
        std::size_t(threads), VoxelSums(cube_.n, double(values_.size())));
    return {[this, threads, sums] {
              for (VoxelSums& part : *sums) part.clear();
              parallel_for(pose_.size(), threads, [&](std::size_t b, int worker) {
                (*sums)[std::size_t(worker)].add(points_, pose_[b], &values_[b * points_.size()],
                                                 &exposure_[b * points_.size()]);
              });
              for (std::size_t part = 1; part < sums->size(); ++part)
                sums->front().add((*sums)[part]);
            },
            [this, sums] {
              const std::size_t voxels = cube_.values.size();
              std::vector<double> values(2 * voxels);
              for (std::size_t v = 0; v < voxels; ++v) {
                values[v] = sums->front().numerator(v);
                values[voxels + v] = sums->front().exposure(v);
              }
              return values;
            }};
  }

 private:
  /// A rotation (18), a split (6), eight weights (12), and a product and a sum for each of two.
  double operations_per_point() const override { return 36 + 2 * 2 * 8; }

  std::vector<float> exposure_;
};

/// Truth: the gain of every frame at its orientation.
class EmcGain : public Emc {
 public:
  EmcGain(Scale scale, std::uint64_t seed) : Emc(scale, seed) {
    Random random(seed, 0x5e1f, 13);
    for (std::size_t t = 0; t < points_.size(); ++t) area_.push_back(0.2 + 0.4 * random.uniform());
    for (std::size_t b = 0; b < pose_.size(); ++b) {
      for (std::size_t n = 0; n < kPhotons; ++n)
        frames_.entry.push_back(std::uint32_t(random.below(points_.size())) << 8);
      frames_.start.push_back(frames_.entry.size());
      frames_.photons.push_back(float(kPhotons));
    }
  }

  /// ln W of a photon is off as slices are, relatively; Z's sums in single precision, which are
  /// those of 16 points, move all photons at once.
  Bound bound(Device, double rms) const override {
    const double photons = double(kPhotons);
    return {.rms = (std::sqrt(photons) * weight_error() * kSpread + photons * 4 * kRoundoff) / rms,
            .reason = "√N 3 n 2^-24 σ + 4 N 2^-24: ln W of N photons, Z"};
  }

  std::vector<double> truth(int threads) const override {
    std::vector<double> gains(pose_.size());
    parallel_for(pose_.size(), threads, [&](std::size_t b, int) {
      reference::LabPixels pixels;
      std::vector<double> counts(points_.size());
      for (std::size_t t = 0; t < points_.size(); ++t) {
        pixels.place.push_back({points_.x[t], points_.y[t], points_.z[t]});
        pixels.expected.push_back(area_[t]);
      }
      for (auto e = frames_.start[b]; e < frames_.start[b + 1]; ++e)
        counts[BinnedFrames::bin_of(frames_.entry[e])] += BinnedFrames::count_of(frames_.entry[e]);
      const auto rate = [&](const Vector3& p) {
        return reference::trilinear(cube_.values, cube_.n, p);
      };
      gains[b] = reference::gain(pixels, counts, rate, pose_[b]);
    });
    return gains;
  }

  Version on_cpu(int threads) override {
    const auto search = std::make_shared<LocalSearch>(cube_, points_, area_);
    const auto scratch = std::make_shared<std::vector<LocalScratch>>(std::size_t(threads));
    gains_.resize(pose_.size());
    return {[this, threads, search, scratch] {
              parallel_for(pose_.size(), threads, [&](std::size_t b, int worker) {
                gains_[b] =
                    search->climb(frames_, b, pose_[b], 0, 0.1, 1, (*scratch)[std::size_t(worker)])
                        .gain;
              });
            },
            [this] { return gains_; }};
  }

 private:
  static constexpr std::size_t kPhotons = 500;
  /// A rotation (18), a split (6), values and differences (36), the derivative (9), ten sums (27).
  double operations_per_point() const override { return 96; }

  std::vector<double> area_, gains_;
  BinnedFrames frames_;
};

}  // namespace

std::unique_ptr<Problem> emc_slice_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<EmcSlice>(scale, seed);
}

std::unique_ptr<Problem> emc_scatter_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<EmcScatter>(scale, seed);
}

std::unique_ptr<Problem> emc_gain_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<EmcGain>(scale, seed);
}

}  // namespace spi::selftest
