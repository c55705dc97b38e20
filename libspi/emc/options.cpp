// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/options.h"

#include "libspi/base/error.h"

namespace spi {

void EmcOptions::describe(OptionSet& o) {
  o.group("Model");
  o.add(
      "symmetry", symmetry,
      "point group of the particle, Schoenflies or Hermann-Mauguin: the model has the symmetry of "
      "its Laue class");
  o.add("size", size,
        "voxels across the cube of intensities, odd; auto: sixteen for the finest fringes of the "
        "frames, at most two a pixel of q, within --max-memory")
      .range(9, 1025);
  o.add("reference", reference,
        "start from this model (model.h5, volumes.h5 or MRC of intensities) instead of noise");
  o.add("reference-index", reference_index, "which volume of a file of several, from 0");
  o.add("poses", poses,
        "start from known orientations, such as a network's: a file with `id` and `quaternion` "
        "(model.h5, orientations.h5), or simulated frames.h5, whose truth is taken");
  o.add("shape", shape, "start from a body of constant density");
  o.add("edge", edge, "edge of the cube of the same volume as --shape");
  o.add("floor", floor,
        "photons a voxel that are added to photons and exposure: no rate is zero, and voxels that "
        "nobody saw have the mean")
      .range(1e-6, 1e6);

  o.group("Orientations");
  o.add("spacing", spacing,
        "between view directions of the finest grid; auto: two pixels at the rim, within 4 and 12 "
        "degrees");
  o.add("refine", refine,
        "local: when the grid has settled, orientations are refined below its spacing; none: they "
        "stay on the grid");

  o.group("Annealing");
  o.add("settled", settled,
        "stop when half of the frames turn by less than this part of their posterior's width in "
        "each of two iterations")
      .range(0, 10);
  EmcRunOptions::describe(o);
  polar.describe(o);
}

void EmcOptions::check_together() const {
  if (reference.has_value() + shape.has_value() + poses.has_value() > 1)
    fail_usage("--reference, --shape and --poses all start the model: choose one");
  if (poses && refine == Refinement::none)
    fail_usage("--poses are refined off the grid: --refine none leaves nothing to do with them");
  if (shape && !edge) fail_usage("--shape needs --edge");
  if (edge && !shape) fail_usage("--edge needs --shape");
  if (size && *size % 2 == 0)
    fail_usage("--size ", *size, " is even: the centre is a voxel, take ", *size + 1);
}

}  // namespace spi
