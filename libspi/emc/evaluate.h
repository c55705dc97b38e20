// SPDX-License-Identifier: GPL-3.0-or-later
// A reconstruction against the truth of a simulation.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/options.h"
#include "libspi/emc/pose_comparison.h"
#include "libspi/io/model.h"

namespace spi {

struct EvaluateOptions {
  std::optional<std::string> modulo;  ///< automatic: the model's symmetry
  bool twin = false;
  std::optional<std::filesystem::path> structure;
  std::optional<std::filesystem::path> volume;

  void describe(OptionSet& options);
};

/// What is true of frames.
struct FrameTruths {
  std::vector<std::uint64_t> id;        ///< [N]
  std::vector<Quaternion> orientation;  ///< [N] model_from_lab
  std::vector<double> fluence;          ///< [N], or empty
};

/// Group `truth` of simulated frames.h5 or a file of spi-truth. UserError where there is none, or
/// its columns differ in length from the ids.
FrameTruths read_frame_truths(const std::vector<std::filesystem::path>& paths);

/// Fluences against the true ones, both of mean 1: found = slope·true + offset by least squares.
struct FluenceRegression {
  double slope = 0, offset = 0, correlation = 0;
  double relative_error = 0;  ///< rms of found/true - 1
};

struct Evaluation {
  std::string modulo;  ///< Schoenflies name
  bool twin = false;
  std::size_t frames = 0;  ///< of the model, all in the truth
  std::vector<std::uint64_t> id;
  PoseComparison poses;
  std::optional<FluenceRegression> fluence = {};
  std::vector<double> q = {},
                      fsc = {};  ///< of the intensities, their shells' means taken out; or empty
};

/// Matches frames by id. UserError where a frame of the model is not in the truth, or a true volume
/// cannot be compared.
Evaluation evaluate(const Model& model, const FrameTruths& truth, const EvaluateOptions& options,
                    int threads);

/// Median, mean, ... in lines "name<TAB>value".
std::string report(const Evaluation& evaluation);
std::vector<Column> fsc_table(const Evaluation& evaluation);
std::vector<Column> error_table(const Evaluation& evaluation);

}  // namespace spi
