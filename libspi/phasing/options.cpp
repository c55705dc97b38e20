// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/options.h"

#include <limits>

namespace spi {

void SupportOptions::describe(OptionSet& options) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  options.group("Support");
  options.add("support", kind,
              "what holds the density: the extent of the autocorrelation; within it the "
              "--support-voxels largest voxels, or those above --support-mass of the total mass; "
              "shrink-wrap around the density; or a --support-file");
  options
      .add("autocorrelation-floor", floor,
           "what lies above this part of the autocorrelation's maximum belongs to its extent")
      .range(0, 0.9);
  options
      .add("support-voxels", voxels,
           "volume of the density in voxels; auto: the largest body whose autocorrelation has this "
           "extent")
      .range(1, kInfinity);
  options
      .add("support-mass", mass_fraction,
           "part of the total mass that a voxel must exceed (1e-4 in Zhuang et al.)")
      .range(0, 1);
  options.add("support-file", file,
              "volumes.h5 or MRC of the same size: the density may be where it is above 0");
  options.add(
      "symmetry", symmetry,
      "point group of the support about the middle of the field, such as D2 or m-3m: a voxel "
      "belongs to it where most of its images do (volumes only); the density stays free");
  options.add("shrink-every", shrink_every, "iterations between two shrink-wraps").range(1, 1e6);
  options
      .add("shrink-fraction", shrink_fraction,
           "shrink-wrap keeps what lies above this part of the blurred density's maximum")
      .range(0, 1);
  options
      .add("shrink-sigma", shrink_sigma,
           "first blur of shrink-wrap in voxels; it falls by 1 % a time")
      .range(0.1, 100);
  options.add("shrink-sigma-end", shrink_sigma_end, "last blur of shrink-wrap in voxels")
      .range(0.1, 100);
}

void PhasingOptions::describe(OptionSet& options) {
  options.group("Phasing");
  options.add("recipe", recipe,
              "steps in their order: DM (difference map), ER (error reduction), HIO, RAAR");
  options.add("starts", starts, "runs from different random densities").range(1, 100000);
  options.add("start", start,
              "where the later volumes of a series begin: each from its own random densities, or "
              "every run from the density that the same run found for the volume before");
  options.flag("allow-negative", allow_negative, "densities may be negative inside the support");
  options.flag("background", background,
               "the intensities hold a background beside the density's, the same at all q of one "
               "length: find it with the density");
  options.flag("band-limit", band_limit,
               "write densities without frequencies beyond the last measured one: nothing holds "
               "those of a disc's corners, and in two dimensions they may lay a chequerboard over "
               "the density; edges ripple instead, below 0 too");
  options
      .add("agreement", agreement,
           "a start agrees with the best one, of error e, where their correlation, aligned, is at "
           "least this times 1 - e^2 (noise lets equally good starts differ) and its error below 2 "
           "e")
      .range(0, 1);
  options.add("max-memory", max_memory,
              "memory to stay below: fewer starts run at once; auto: no limit");
  support.describe(options);
}

}  // namespace spi
