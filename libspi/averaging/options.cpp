// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/options.h"

namespace spi {

void AveragingOptions::describe(OptionSet& o) {
  o.group("Averaging");
  o.add("classes", classes, "number of class averages of a run").range(1, 100000);
  o.add("still-classes", still_classes, "classes that do not rotate").range(0, 100000);
  o.add("bootstrap-runs", bootstrap_runs, "independent runs").range(1, 1000);
  o.add("bootstrap-fraction", bootstrap_fraction, "fraction of the frames in each run").range(0.01, 1);
  o.add("max-iterations", max_iterations, "stop at the latest after so many").range(1, 10000);
  o.add("settled", settled_fraction, "settled").range(0, 1);
  o.add("held-out", held_out, "fraction held out").range(0, 0.9);
  o.add("fluence", fluence, "fluence");
  o.add("fluence-file", fluence_file, "known fluences");
  o.add("beta-factor", beta_factor, "factor").range(1e-6, 1e6);
  o.add("beta-period", beta_period, "iterations").range(1, 100);
  o.add("band-limit", band_limit, "band limit").range(0, 1e6);
  o.add("pseudo-counts", pseudo_counts, "pseudo counts").range(0, 1e6);
  o.add("floor", floor, "floor").range(1e-9, 1);
  o.add("brightest", brightest, "brightest").range(1, 1e12);
  o.add("max-memory", max_memory, "memory");
}

}  // namespace spi
