// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdlib>

#include "libspi/base/error.h"
#include "libspi/phasing/engine.h"
#ifdef SPI_WITH_CUDA
#include "libspi/selftest/cuda_memory.h"
#endif
#include "libspi/selftest/problems.h"
#include "libspi/selftest/reference/phasing_reference.h"

namespace spi::selftest {
namespace {

/// Noise with moduli of its own size in half of the field. Truth: all voxels.
class Phasing : public Problem {
 public:
  Phasing(std::size_t n, std::uint64_t seed) : fft_(Grid<3>{n}), start_(noise(n * n * n, seed, 8)) {
    const Grid<3>& grid = fft_.grid();
    problem_.grid = grid;
    for (std::size_t bin = 0; bin < grid.spectrum_size(); ++bin) {
      const auto [z, y, x] = frequencies(grid, bin);
      problem_.modulus.push_back(float(modulus(z, y, x)));
      problem_.power += double(problem_.weight(bin)) * std::pow(problem_.modulus.back(), 2);
    }
    constraint_.region.resize(grid.size());
    for (std::size_t i = 0; i < grid.size(); ++i) constraint_.region[i] = i % n < n / 2;
  }

  std::string size() const override { return text_of(grid().n, "³ voxels"); }

  /// 5/2 log2 N a voxel and transform. The spectrum passes memory by planes, by columns and by
  /// planes again, x is read twice and written, moduli and region are read: 31 bytes.
  Work work() const override {
    const double voxels = double(grid().size());
    return {.items = voxels,
            .unit = "voxels",
            .operations = 2 * 2.5 * voxels * std::log2(voxels),
            .bytes = 31 * voxels};
  }

  /// Two transforms of log2 N steps each; phases are off by more where moduli are small, whose mean
  /// inverse square is ln N for N random numbers; 2 P x - P x counts P x three times.
  Bound bound(Device, double) const override {
    const double voxels = double(grid().size());
    return {.rms = 3 * std::sqrt(2 * std::log2(voxels) * std::log(voxels)) * kRoundoff,
            .reason = "3 √(2 log2 N ln N) 2^-24: two transforms, phases of small moduli"};
  }

  std::vector<double> truth(int threads) const override {
    const std::size_t n = grid().n;
    std::vector<double> moduli;
    for (std::size_t i = 0; i < grid().size(); ++i)
      moduli.push_back(float(modulus(grid().frequency(i / (n * n)), grid().frequency(i / n % n),
                                     grid().frequency(i % n))));
    return reference::difference_map(start_, moduli, constraint_.region, n, threads);
  }

  Version on_cpu(int threads) override {
    return version(std::make_shared<PhasingEngine<3>>(problem_, fft_, constraint_, threads));
  }

#ifdef SPI_WITH_CUDA
  /// With the transfer of x to the device.
  std::optional<Version> on_cuda(int device) override {
    const ChosenDevice chosen(device);
    return version(
        std::make_shared<PhasingEngine<3>>(problem_, fft_, constraint_, 1, false, Device::cuda));
  }
#endif

 private:
  Version version(const std::shared_ptr<PhasingEngine<3>>& engine) const {
    return {[this, engine] {
              engine->x() = start_;
              engine->iterate({Algorithm::DM, 1, 1});
            },
            [engine] { return std::vector<double>(engine->x().begin(), engine->x().end()); }};
  }

  const Grid<3>& grid() const { return fft_.grid(); }

  /// Even in the frequency, as those of real values are, and of noise's size.
  double modulus(std::ptrdiff_t z, std::ptrdiff_t y, std::ptrdiff_t x) const {
    return std::sqrt(double(grid().size())) *
           (1 + 0.5 * std::cos(0.9 * double(x) + 1.3 * double(y) + 0.7 * double(z)));
  }

  PlaneFft<3> fft_;
  std::vector<float> start_;
  spi::Problem<3> problem_;
  RealConstraint constraint_;
};

}  // namespace

/// Odd: an even size has frequencies that are always free.
std::unique_ptr<Problem> phasing_problem(Scale scale, std::uint64_t seed) {
  return std::make_unique<Phasing>(scale == Scale::quick ? 27 : 125, seed);
}

}  // namespace spi::selftest
