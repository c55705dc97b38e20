// SPDX-License-Identifier: GPL-3.0-or-later
// One phasing run: its iterate, and the projections and steps that act on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libspi/base/device.h"
#include "libspi/phasing/background.h"
#include "libspi/phasing/problem.h"
#include "libspi/phasing/recipe.h"

namespace spi {

/// The set of densities that the real-space projection S leads to: nothing outside `region`, and
/// inside it what lies below a threshold becomes 0. The threshold is 0 where densities are
/// positive, else there is none; it is raised to the value of the `voxels`-th largest voxel, or to
/// a fraction of the mass, the sum of the positive values inside (Zhuang et al. 2022, figure 5d).
struct RealConstraint {
  std::vector<std::uint8_t> region;     ///< [n^Rank] 1 inside
  bool positive = true;                 ///< the next two imply it
  std::optional<std::size_t> voxels;    ///< keep so many voxels
  std::optional<double> mass_fraction;  ///< keep voxels above this part of the mass
};

/// What one iteration saw and did, both relative to the root of the measured power.
struct IterationError {
  double fourier = 0;  ///< how far the moduli of x were from the measured ones
  double change = 0;   ///< how far x moved (Parseval: in the same unit)
};

template <int Rank>
class DevicePhasing;

/// Holds the iterate x [n^Rank] and its spectrum. Results do not depend on `threads`.
template <int Rank>
class PhasingEngine {
 public:
  using Complex = std::complex<float>;

  /// The first three must outlive the engine. On a CUDA device all that follows is the calling
  /// thread's, and there is no background.
  PhasingEngine(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                const RealConstraint& constraint, int threads, bool background = false,
                Device device = Device::cpu);
  ~PhasingEngine();

  /// The iterate, to be read and changed until the next call. A constraint that has changed holds
  /// from such a call on.
  std::vector<float>& x();
  /// One iteration of a step of the recipe. Cost: two transforms, of which the columns and the
  /// modulus projection, and the planes and the update of x, each touch memory once.
  IterationError iterate(const Step& step);
  /// x becomes P x: every measured bin gets its modulus, free ones stay. A bin that is exactly 0
  /// has no phase and stays 0.
  void project_modulus();
  /// x becomes S x.
  void project_real();
  /// IterationError::fourier of x as it is.
  double fourier_error();

  /// The background's intensity by shells as it is; empty without one.
  std::vector<float> background() const;

  /// Bytes that an engine holds beside what it shares, without a background.
  static std::size_t bytes(const Grid<Rank>& grid);

 private:
  void transform_x();
  double apply_moduli(bool change);
  float threshold_of_reflection(float keep);
  double update(const Step& step, std::size_t plane, float least);
  /// The device with x and the constraint as they are.
  DevicePhasing<Rank>& device();

  const Problem<Rank>& problem_;
  const PlaneFft<Rank>& fft_;
  const RealConstraint& constraint_;
  int threads_;
  std::vector<float> x_;
  std::vector<Complex> spectrum_;  ///< of x; after an inverse transform P x, in rows of 2 half
  std::optional<RadialBackground<Rank>> background_;
  std::vector<double> partial_;  ///< sums of each plane or row, added in their order
  std::unique_ptr<DevicePhasing<Rank>> device_;
  bool here_ = true;  ///< with a device: x_ is the iterate, not the device's copy
};

extern template class PhasingEngine<2>;
extern template class PhasingEngine<3>;

}  // namespace spi
