// SPDX-License-Identifier: GPL-3.0-or-later
// Phase retrieval: measured intensities -> density, by several starts of one recipe.
#pragma once

#include "libspi/base/monitor.h"
#include "libspi/phasing/engine.h"
#include "libspi/phasing/ensemble.h"
#include "libspi/phasing/options.h"
#include "libspi/phasing/support.h"

namespace spi {

/// The densities of one image or volume, [n^Rank], centre of mass near voxel n/2, in units in which
/// the squared modulus of their discrete Fourier transform is the intensity. Intensities cannot
/// tell a density from its twin: the hand is arbitrary, though one for all that is here.
template <int Rank>
struct Phased {
  std::vector<float> best;                           ///< the start of the smallest error
  std::vector<std::uint8_t> support;                 ///< where `best` was allowed to be
  Ensemble<Rank> ensemble;                           ///< mean, PRTF, who agrees
  std::vector<double> errors;                        ///< [starts] final Fourier errors
  std::vector<std::vector<IterationError>> history;  ///< [starts][iterations]
  std::vector<std::vector<float>> densities;         ///< [starts], aligned with `best`
  std::vector<float> background;  ///< of `best`: intensity of shells 0, 1, ...; empty without one
};

/// Where density may be at all, before shrink-wrap or thresholds: `given`, or the extent of the
/// autocorrelation. Warns where it is wider than half the field.
template <int Rank>
RealConstraint make_constraint(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                               const std::vector<std::uint8_t>& given,
                               const PhasingOptions& options, int threads, Monitor& monitor);

/// How many starts may run at once within max_memory, and the threads of each. UserError where not
/// even one may.
struct Workers {
  int starts = 1, threads_each = 1;
};
template <int Rank>
Workers plan_workers(const Grid<Rank>& grid, const PhasingOptions& options, int threads);

/// Runs the recipe from options.starts densities, drawn by (seed, item, start), or from `previous`
/// (one a start) where not empty. `given`: [n^Rank] a support, or empty. The same result for any
/// number of threads and any memory. Counts one step of `progress` an iteration of a start.
template <int Rank>
Phased<Rank> phase(const Problem<Rank>& problem, const PlaneFft<Rank>& fft,
                   const std::vector<std::uint8_t>& given,
                   const std::vector<std::vector<float>>& previous, const PhasingOptions& options,
                   std::uint64_t seed, std::uint64_t item, int threads, Monitor& monitor,
                   Progress& progress);

}  // namespace spi
