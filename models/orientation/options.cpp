// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/orientation/options.h"

namespace spi {

void EncoderOptions::describe(OptionSet& options) {
  options.group("Encoder");
  options.add("encoder", kind,
              "network that sees a frame and says its orientation. compact: strided convolutions; "
              "resnet18 [NeurOrient]; filter-bank: Gaussian filters and the first layers of VGG-16 "
              "[X-RAI]");
  options.add("channels", channels, "channels of its first layer; the papers' networks have 64")
      .range(4, 1024);
  options
      .add("heads", heads,
           "orientations that it proposes for each image, of which the one with the least loss "
           "counts: a particle that is nearly symmetric leaves several open; the papers have 1")
      .range(1, 64);
  options.add("in-plane", in_plane,
              "how the angle about the beam is found. main-axis: every image is turned to the main "
              "axis (the second circular harmonic) of its middle, and the network says the rest; "
              "learned: the network says all three angles, as in the papers");
  options
      .add("axis-radius", axis_radius, "radius of that middle over the rim's; auto: two speckles")
      .range(0.01, 1);
  options.flag("fluence-head", fluence,
               "let it say the fluence, too, instead of taking the number of photons");
}

void EncoderOptions::check_together() const {
  if (kind == EncoderKind::resnet18 && channels % kGroups != 0)
    fail_usage("--channels ", channels, ": resnet18 takes a multiple of ", kGroups);
}

}  // namespace spi
