// SPDX-License-Identifier: GPL-3.0-or-later
// DevicePhasing on a queue: CudaQueue with cuFFT, or HostQueue with FFTW in tests.
#pragma once

#include <cmath>
#include <limits>
#include <numeric>

#include "libspi/cuda/block.h"
#include "libspi/phasing/device_phasing.h"
#include "libspi/phasing/phasing_kernels.h"
#include "libspi/phasing/threshold.h"

namespace spi::cuda {

/// An iteration is two transforms and two passes over memory: the moduli with the Fourier error,
/// and the update with the change; a threshold that depends on all voxels takes one more (mass) or
/// two (number of voxels). Fft: forward(x, spectrum) and backward(spectrum, p), which may destroy
/// the spectrum, on the queue, not normalised.
template <class Queue, class Fft, int Rank>
class PhasingOnQueue final : public DevicePhasing<Rank> {
 public:
  explicit PhasingOnQueue(const Problem<Rank>& problem)
      : grid_(problem.grid),
        power_(problem.power),
        modulus_(grid_.spectrum_size()),
        x_(grid_.size()),
        p_(grid_.size()),
        spectrum_(2 * grid_.spectrum_size()),
        region_(grid_.size()),
        histogram_(kRadixBins),
        parts_(kParts),
        host_parts_(kParts),
        fft_(queue_, grid_) {
    queue_.upload(problem.modulus.data(), problem.modulus.size(), modulus_.data());
    queue_.finish();
  }

  void put(const std::vector<float>& x, const RealConstraint& constraint) override {
    SPI_ASSERT(x.size() == grid_.size() && constraint.region.size() == grid_.size());
    queue_.upload(x.data(), x.size(), x_.data());
    queue_.upload(constraint.region.data(), constraint.region.size(), region_.data());
    positive_ = constraint.positive;
    voxels_ = constraint.voxels;
    mass_fraction_ = constraint.mass_fraction;
    queue_.finish();
  }
  void get(std::vector<float>& x) override {
    x.resize(grid_.size());
    queue_.download(x_.data(), x.size(), x.data());
    queue_.finish();
  }

  IterationError iterate(const Step& step) override {
    IterationError error;
    fft_.forward(x_.data(), spectrum_.data());
    error.fourier = apply_moduli(true);
    fft_.backward(spectrum_.data(), p_.data());
    const bool reflects = step.algorithm == Algorithm::DM || step.algorithm == Algorithm::RAAR;
    const double moved = update(p_.data(), step, threshold(p_.data(), reflects ? 1.f : 0.f));
    error.change = std::sqrt(moved * double(grid_.size()) / power_);
    return error;
  }
  void project_modulus() override {
    fft_.forward(x_.data(), spectrum_.data());
    apply_moduli(true);
    fft_.backward(spectrum_.data(), x_.data());
  }
  void project_real() override {  // as if P x were x
    update(x_.data(), {Algorithm::ER, 1, 1}, threshold(x_.data(), 0));
  }
  double fourier_error() override {
    fft_.forward(x_.data(), spectrum_.data());
    return apply_moduli(false);
  }

 private:
  template <class T>
  using Memory = typename Queue::template Memory<T>;
  static constexpr unsigned kParts = SumParts<PositiveMass>::kParts;

  template <class Term>
  double sum(std::size_t count, const Term& term) {
    queue_.launch(SumParts<Term>{count, term, parts_.data()}, {kParts, 1, 1});
    queue_.download(parts_.data(), kParts, host_parts_.data());
    queue_.finish();
    return std::accumulate(host_parts_.data(), host_parts_.data() + kParts, 0.);
  }
  double apply_moduli(bool change) {
    const ApplyModuli moduli{spectrum_.data(), modulus_.data(), grid_.half(),
                             1.f / float(grid_.size()), change};
    return std::sqrt(sum(grid_.spectrum_size(), moduli) / power_);
  }
  double update(const float* p, const Step& step, float least) {
    return sum(grid_.size(),
               UpdateVoxel{x_.data(), p, region_.data(), step.algorithm, float(step.beta), least});
  }

  /// PhasingEngine::threshold_of_reflection.
  float threshold(const float* p, float keep) {
    const Reflection y{x_.data(), p, region_.data(), keep};
    if (mass_fraction_ && !voxels_)
      return float(*mass_fraction_ * sum(grid_.size(), PositiveMass{y}));
    if (!voxels_) return positive_ ? 0.f : -std::numeric_limits<float>::infinity();
    std::size_t left = *voxels_;
    const std::size_t high = descend(count({y, false, 0, histogram_.data()}).data(), left);
    if (high == kRadixBins) return 0;
    const auto top = std::uint32_t(high);
    const std::size_t low = descend(count({y, true, top, histogram_.data()}).data(), left);
    return float_of(top << 16 | std::uint32_t(low));
  }
  std::vector<std::uint32_t> count(const CountBits& bits) {
    std::vector<std::uint32_t> histogram(kRadixBins);
    queue_.clear(histogram_.data(), kRadixBins);
    launch_each(queue_, grid_.size(), bits);
    queue_.download(histogram_.data(), kRadixBins, histogram.data());
    queue_.finish();
    return histogram;
  }

  spi::Grid<Rank> grid_;
  double power_;
  bool positive_ = true;
  std::optional<std::size_t> voxels_;
  std::optional<double> mass_fraction_;
  Memory<float> modulus_, x_, p_, spectrum_;
  Memory<std::uint8_t> region_;
  Memory<unsigned> histogram_;
  Memory<double> parts_;
  typename Queue::template Pinned<double> host_parts_;
  Queue queue_;  ///< it ends before the memory that it uses
  Fft fft_;
};

}  // namespace spi::cuda
