// SPDX-License-Identifier: GPL-3.0-or-later
// Writing class averages: averages.h5, and Dragonfly's output_NNN.h5.
#pragma once

#include <filesystem>

#include "libspi/averaging/truth.h"
#include "libspi/cli/provenance.h"
#include "libspi/io/table.h"

namespace spi {

/// averages.h5 (docs/formats.md): N = runs × classes averages, average run·K + k; `intensity`,
/// `weight` [N,S,S]; `polar/` intensity, weight [N,R,T], radius_px [R], q [R] (1/Å, where the
/// wavelength is known); `occupancy`, `bootstrap_run` [N]; `quality/` effective_photons,
/// mutual_information, half_set_correlation [N], snr [N,R]; `members/` frame (id), class (average),
/// probability, angle (rad), fluence; `convergence/run_<n>` tables.
/// `truth/` kind, kind_names, melting, purity where the truth is known.
void write_averages(const std::filesystem::path& path, const AveragingResult& result,
                    const std::optional<AveragesTruth>& truth, const Provenance& provenance);

/// One run in Dragonfly's 2D layout: intens, inter_weight (K,S,S) with axis 0 = x; orientations
/// (frames,) = class + K·angle index, −1 where the frame took no part; scale (frames,) fluences;
/// quaternions (angles,5). `frames` is the number of frames of the source.
void write_dragonfly_output(const std::filesystem::path& path, const AveragingResult& result,
                            std::size_t run, std::size_t frames);

/// The numbers of classes tried: classes, iterations, held_out_gain (nats a frame).
std::vector<Column> trials_table(const AveragingResult& result);

/// The convergence of all runs: run, iteration (from 1), beta, gain, information, part of the
/// frames that changed class, classes made anew.
std::vector<Column> convergence_table(const AveragingResult& result);

}  // namespace spi
