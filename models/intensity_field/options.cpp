// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/intensity_field/options.h"

namespace spi {

void FieldOptions::describe(OptionSet& options) {
  options.group("Intensity field");
  options.add("field", kind,
              "network that is a function of q. cosine: its first layer is even, so that "
              "I(q) = I(-q); siren: the sum of a network at q and at -q [NeurOrient]; product: the "
              "exponential of a small network times a large one [X-RAI]");
  options.add("field-width", width, "units of its layers").range(8, 4096);
  options.add("field-hidden", hidden, "layers between its first and its last").range(0, 16);
  options
      .add("field-extent", extent,
           "finest detail that it begins with: periods of I between q = 0 and the rim. auto: from "
           "the autocorrelation of the frames")
      .range(0.1, 1e4);
}

}  // namespace spi
