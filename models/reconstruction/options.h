// SPDX-License-Identifier: GPL-3.0-or-later
// Poses and intensities by networks: what may be chosen.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libspi/base/options.h"
#include "libspi/learn/precision.h"
#include "libspi/learn/training.h"
#include "libspi/polar/polar_binning.h"
#include "models/intensity_field/options.h"
#include "models/orientation/options.h"

namespace spi {

/// What of the photons is compared: √n, or ln(1 + n).
enum class IntensityLoss { sqrt, log };
template <>
struct EnumNames<IntensityLoss> {
  static constexpr std::array<std::string_view, 2> values{"sqrt", "log"};
};

struct NeuralOptions {
  std::optional<std::size_t> size = {};  ///< cells across a frame; auto: the pixels, at most 64
  PolarBinningOptions polar = {};        ///< which pixels: r_min, r_max, q_min, q_max
  double brightest = 100;

  EncoderOptions encoder = {};
  FieldOptions field = {};
  std::string symmetry = "C1";

  IntensityLoss loss = IntensityLoss::sqrt;
  std::size_t copies = 2;            ///< images of a frame that compete: 1, 2, 4 or 8
  double pixels_a_step = 0.5;        ///< part of them
  std::optional<double> march = {};  ///< part of the epochs in which the radius grows
  std::optional<std::filesystem::path> teacher = {};
  learn::TrainingOptions training{.epochs = 50,
                                  .batch_size = 32,
                                  .learning_rate = 2e-3,
                                  .rate_warm_up = 0,
                                  .weight_decay = 0,
                                  .validation = 0.05,
                                  .patience = 0};
  learn::Precision precision = learn::Precision::single;

  std::size_t refine = 5;  ///< steps of each frame at the end

  void describe(OptionSet& options);
  void check_together() const;
};

}  // namespace spi
