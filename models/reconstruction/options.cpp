// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/options.h"

#include <bit>

namespace spi {

void NeuralOptions::describe(OptionSet& options) {
  options.group("Frames");
  options
      .add("size", size,
           "cells across a frame as the networks see it, pixels being summed; auto: the detector's "
           "pixels, at most 64")
      .range(8, 512);
  options.add("r-min", polar.r_min, "innermost radius in pixels").range(0, 1e6);
  options.add("r-max", polar.r_max, "outermost radius in pixels").range(1, 1e6);
  options.add("q-min", polar.q_min, "innermost q in 1/A, instead of --r-min").range(0, 100);
  options.add("q-max", polar.q_max, "outermost q in 1/A, instead of --r-max").range(1e-9, 100);
  options
      .add("brightest", brightest,
           "leave out frames with more than so many times the median of the photons")
      .range(1, 1e9);
  encoder.describe(options);
  field.describe(options);
  options.add("symmetry", symmetry,
              "point group of the particle, Schoenflies or Hermann-Mauguin; its axes are learned: "
              "every step shows the field in one of the equivalent orientations [X-RAI, eq. 4]");
  options.group("Loss");
  options.add("loss", loss, "what is compared: the square root of the photons or ln(1 + n)");
  options
      .add("copies", copies,
           "images of a frame that compete, of which the one with the least loss counts: 1, the "
           "frame; 2, it and its mirror image [X-RAI, eq. 3]; 4 and 8, with its turns by 180 and "
           "90 degrees")
      .range(1, 8);
  options
      .add("pixels-a-step", pixels_a_step,
           "part of the cells, drawn anew each step, that the "
           "loss is taken on")
      .range(0.01, 1);
  options
      .add("march", march,
           "part of the epochs in which the cells that count grow from the inner third to the rim; "
           "auto: 0.5, 0 with a teacher")
      .range(0, 1);
  options.add("teacher", teacher,
              "model.h5 of the same particle (spi-reconstruct emc): the field begins as its "
              "intensities, and the encoder learns from them");
  training.describe(options);
  options.add("precision", precision,
              "of the encoder's layers and the field's hidden ones while training: mixed (bfloat16 "
              "products) is faster on processors that have them, as AVX-512 BF16 or AMX");
  options.group("Result");
  options
      .add("refine", refine,
           "steps by which each frame's orientation is refined at the end, by the likelihood of "
           "its photons; 0: as the network says")
      .range(0, 100);
}

void NeuralOptions::check_together() const {
  if (!std::has_single_bit(copies)) fail_usage("--copies must be 1, 2, 4 or 8");
  if ((polar.r_max && polar.q_max) || (polar.r_min && polar.q_min))
    fail_usage("give radii in pixels or in 1/A, not both");
  encoder.check_together();
}

}  // namespace spi
