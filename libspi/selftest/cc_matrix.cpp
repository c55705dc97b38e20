// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/random.h"
#include "libspi/commonline/cc_matrix.h"
#include "libspi/commonline/cc_matrix_cuda.h"
#include "libspi/cuda/devices.h"
#include "libspi/selftest/problems.h"
#include "libspi/selftest/reference/cc_reference.h"

namespace spi::selftest {
namespace {

/// Lines of noise, of unit norm.
LineSet random_lines(std::size_t patterns, std::size_t angles, std::size_t features,
                     std::uint64_t seed) {
  LineSet set{patterns, angles, features, noise(patterns * angles * features, seed, 3), {}};
  for (std::size_t line = 0; line < patterns * angles; ++line) {
    float* x = &set.values[line * features];
    double norm = 0;
    for (std::size_t f = 0; f < features; ++f) norm += double(x[f]) * x[f];
    for (std::size_t f = 0; f < features; ++f) x[f] /= float(std::sqrt(norm));
  }
  return set;
}

/// Truth: some pairs, spread over the matrix.
class CcMatrixProblem : public Problem {
 public:
  CcMatrixProblem(LineSet lines, std::size_t pairs) : lines_(std::move(lines)) {
    const std::size_t n = lines_.patterns;
    for (std::size_t p = 0; p < pairs; ++p) {
      const std::size_t i = p % n, j = (i + 1 + 7 * p % (n - 1)) % n;
      pairs_.push_back({std::min(i, j), std::max(i, j)});
    }
  }

  std::string size() const override {
    return text_of(lines_.patterns, " patterns, ", lines_.angles, " lines of ", lines_.features);
  }

  Work work() const override {
    const double n = double(lines_.patterns), pairs = n * (n - 1) / 2;
    return {.items = pairs,
            .unit = "pairs",
            .operations = 2 * products() * double(lines_.features) *
                          double(lines_.angles * lines_.angles) * pairs,
            .bytes = sizeof(float) * (double(lines_.values.size() + lines_.weight.size()) + n * n)};
  }

  /// A sum of F products, whose partial sums grow up to the value, is rounded F times; tensor cores
  /// truncate, always to the same side, 3F/8 times.
  Bound bound(Device device, double) const override {
    if (device == Device::cuda)
      return {.rms = double(lines_.features) * kRoundoff,
              .reason = "F 2^-24: 3F/8 sums that are truncated"};
    return {.rms = products() * std::sqrt(double(lines_.features)) * kRoundoff,
            .reason = text_of(products(), " √F 2^-24: sums of F products")};
  }

  std::vector<double> truth(int threads) const override {
    std::vector<double> values(pairs_.size());
    parallel_for(pairs_.size(), threads, [&](std::size_t p, int) {
      const auto [i, j] = pairs_[p];
      values[p] = lines_.weight.empty() ? reference::best_product(lines_, i, j)
                                        : reference::best_weighted_correlation(lines_, i, j);
    });
    return values;
  }

  Version on_cpu(int threads) override {
    return {[this, threads] {
              matrix_ = cc_matrix(lines_, {.minimal_overlap = 0}, threads, silent_monitor());
            },
            [this] { return sample(); }};
  }

  /// With packing and transfers, as users meet it.
  std::optional<Version> on_cuda(int device) override {
    if (!cuda::kernel_devices() || !lines_.weight.empty()) return std::nullopt;
    const std::size_t n = lines_.patterns;
    matrix_.values.assign(n * n, 1);
    const auto keep = [this, n](std::size_t i, std::size_t j, float value, std::size_t) {
      matrix_.values[i * n + j] = value;
    };
    return Version{[this, n, device, keep] {
                     correlate_on_cuda(lines_, 0, n, std::size_t(device), available_threads(), keep,
                                       [](std::size_t) {});
                   },
                   [this] { return sample(); }};
  }

 private:
  struct Pair {
    std::size_t i, j;
  };

  double products() const { return lines_.weight.empty() ? 1 : 6; }

  std::vector<double> sample() const {
    std::vector<double> values;
    for (const auto& [i, j] : pairs_) values.push_back(matrix_.values[i * lines_.patterns + j]);
    return values;
  }

  LineSet lines_;
  std::vector<Pair> pairs_;
  CcMatrix matrix_;
};

}  // namespace

std::unique_ptr<Problem> cc_matrix_problem(Scale scale, std::uint64_t seed) {
  if (scale == Scale::quick)
    return std::make_unique<CcMatrixProblem>(random_lines(40, 50, 33, seed), 40);
  return std::make_unique<CcMatrixProblem>(random_lines(160, 180, 101, seed), 60);
}

std::unique_ptr<Problem> weighted_cc_matrix_problem(Scale scale, std::uint64_t seed) {
  LineSet lines =
      scale == Scale::quick ? random_lines(20, 50, 33, seed) : random_lines(80, 180, 101, seed);
  Random random(seed, 0x5e1f, 4);
  for (std::size_t n = 0; n < lines.values.size(); ++n)
    lines.weight.push_back(random.uniform() < 0.2 ? 0.f : float(0.5 + random.uniform()));
  return std::make_unique<CcMatrixProblem>(std::move(lines), 20);
}

}  // namespace spi::selftest
