// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/options.h"

namespace spi::vae {

void VaeOptions::describe(OptionSet& options) {
  options.group("Model");
  options.add("latent-dim", latent_dim, "dimensions of the latent space").range(1, 32);
  options.add("size", size, "voxels along the edge of the volumes, odd: 81, 161, 243, ...")
      .range(9, 511);
  options.add("symmetry", symmetry,
              "point group of the particles, Schoenflies or Hermann-Mauguin: C1, m-3m, I, ...; "
              "auto: that of the orientations' reference");
  options.add("channels", channels, "channels of the finest layers; the others go with them")
      .range(1, 256);
  options.group("Patterns");
  options.add("q-max", q_max,
              "radius at which the patterns are cut; auto: their edge. Pixels are averaged down to "
              "the voxels of --size");
  options.add("q-per-pixel", q_per_pixel,
              "q of a pixel of the patterns, where their file does not say it");
  options.add("photon-energy", photon_energy,
              "slices follow its Ewald sphere; auto: the one that the patterns' file says, else "
              "plane slices (small angles)");
  options.group("Loss");
  options.add("loss", loss,
              "what holds slices against patterns: the likelihood of photons, that of amplitudes "
              "with normal errors, or squared error and binary cross-entropy as in the paper");
  options
      .add(
          "kl-weight", kl_weight,
          "weight of the Kullback-Leibler divergence from N(0,1) against the log-likelihood of a "
          "pattern, whose pixels are not independent: the larger, the more the latent keeps to the "
          "strongest variation. auto: 100 with one axis, 60 with more")
      .range(0, 1e9);
  options.add("warm-up", warm_up, "part of the epochs over which that weight grows from 0")
      .range(0, 1);
  options
      .add("settle", settle,
           "part of the epochs, the last, in which the latents stay and the decoder alone learns, "
           "with --ring-error 0: volumes then have the size that the patterns have. auto: 0.35 "
           "with one axis, 0 with more")
      .range(0, 0.9);
  options
      .add("model-error", model_error,
           "relative error of an amplitude that the model is allowed: bright pixels then do not "
           "outweigh all others")
      .range(0.001, 1);
  options
      .add("ring-error", ring_error,
           "the same, of a whole ring of pixels together, for --loss gaussian: a change of all "
           "directions alike, such as of the size, then does not count pixel by pixel and outweigh "
           "the shape. auto: as --model-error with one axis, 0 with more")
      .range(0, 10);
  training.describe(options);
  options.add(
      "precision", precision,
      "of the decoder's convolutions while training: mixed (bfloat16 products) is faster on "
      "processors that have them, as AVX-512 BF16 or AMX");
  options.add(
      "max-memory", max_memory,
      "memory to use: fewer patterns are worked on at once where it is little; auto: what is "
      "available. Of a CUDA device always what it has free");
}

}  // namespace spi::vae
