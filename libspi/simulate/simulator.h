// SPDX-License-Identifier: GPL-3.0-or-later
// The simulation itself: particle after particle before the detector, frame after frame to a sink.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/io/frames.h"
#include "libspi/simulate/diffraction.h"
#include "libspi/simulate/options.h"
#include "libspi/simulate/population.h"

namespace spi {

/// What is true of a simulated frame.
struct ShotTruth {
  Shot shot;
  double fluence = 1;   ///< relative, mean 1
  double expected = 0;  ///< photons on the pixels that are not bad, before Poisson noise
};

/// Dense patterns of consecutive ids.
struct DenseBlock {
  std::vector<float> intensity;  ///< [n][P] photons over `correction`; 0 where bad
  std::vector<float> weight;     ///< [n][P] `correction`: relative exposure; 0 where bad
};

/// All randomness is keyed by (seed, id): the frames do not depend on threads or chunks, and frame
/// id of a longer run of the same mixture differs only in its kind.
class Simulator {
 public:
  /// `options` resolved. Reads the structures, sets the brightness scale.
  Simulator(const SimulateOptions& options, std::uint64_t seed, int threads,
            Monitor& monitor = silent_monitor());

  const SimulateOptions& options() const { return options_; }
  const Detector& detector() const { return detector_; }
  const Population& population() const { return population_; }

  using FrameSink = std::function<void(const FrameBlock&, std::span<const ShotTruth>)>;
  using DenseSink = std::function<void(const DenseBlock&, std::span<const ShotTruth>)>;

  /// Sends frames [0, N) to the sink, at most `chunk` at once, in order. Memory grows with `chunk`,
  /// not with N. Cancelled where the monitor was told to stop.
  void frames(const FrameSink& sink, Monitor& monitor, std::size_t chunk = 256) const;
  /// The same for dense patterns.
  void averages(const DenseSink& sink, Monitor& monitor, std::size_t chunk = 64) const;

 private:
  /// Noise-free pattern in the particle's units times what makes photons of it.
  ShotTruth expose(std::uint64_t id, std::span<float> rate) const;
  std::optional<double> brightness_scale(Monitor& monitor) const;
  SparseFrame sparse_frame(const ShotTruth& truth, std::span<const float> rate) const;
  void dense_pattern(const ShotTruth& truth, std::span<float> rate) const;

  SimulateOptions options_;
  std::uint64_t seed_;
  int threads_;
  Detector detector_;
  Diffraction diffraction_;
  Population population_;
  FluenceModel fluence_;
  std::optional<double> scale_;  ///< photons per |F|^2; nullopt: every pattern by its own sum
};

/// Photons per |F|^2 (F in electrons) and unit correction: pulse photons / (pi radius^2) r_e^2
/// Omega, r_e the classical electron radius, Omega the mean solid angle of a pixel.
double photons_per_square_electron(const Detector& detector, double pulse_photons,
                                   Length beam_radius);

}  // namespace spi
