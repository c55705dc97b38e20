// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/options.h"

#include <cctype>
#include <numbers>
#include <numeric>

#include "libspi/io/volume_series.h"

namespace spi {

Angle Text<Angle>::parse(const std::string& text) {
  std::size_t digits = text.size();
  while (digits > 0 && std::isalpha(static_cast<unsigned char>(text[digits - 1]))) --digits;
  const std::string unit = text.substr(digits);
  const double value = parse_number(text.substr(0, digits));
  if (unit.empty() || unit == "deg") return {value * std::numbers::pi / 180};
  if (unit == "rad") return {value};
  if (unit == "mrad") return {value / 1000};
  fail("'", text, "' is no angle: write degrees, as 3 or 3deg, or 0.05rad");
}

std::string Text<Angle>::print(Angle value) {
  return print_number(value.radians * 180 / std::numbers::pi) + "deg";
}

void OrientOptions::describe(OptionSet& o) {
  o.group("Reference");
  o.add("reference", reference,
        "intensities in three dimensions: volumes.h5, model.h5 or MRC, centre voxel N/2");
  o.add("reference-index", reference_index,
        "which volumes of a file of several, from 0: of several references, each pattern keeps the "
        "one that it correlates with best (dataset reference_index)");
  o.flag("all-references", all_references, "all volumes of the file");
  o.add("shape", shape, "a body of constant density instead of --reference");
  o.add("edge", edge, "edge of the cube of the same volume as the body of --shape, such as 42nm");
  o.add("melting", melting,
        "of --shape transition, 0 cube to 1 sphere; of several, such as 0,0.2,0.35,0.5,0.6, each "
        "pattern keeps the best")
      .range(0, 1);
  o.add("rod-aspect", rod_aspect, "length over diameter of --shape rod").range(0.1, 100);
  o.add("symmetry", symmetry,
        "point group of the particle, Schoenflies (Oh, D2) or Hermann-Mauguin (m-3m, 222); the "
        "reference must have it. auto: that of the shape, C1 for a volume");

  o.group("Search");
  o.add("spacing", spacing,
        "between neighbouring orientations of the grid, in degrees; they are refined below it. "
        "auto: half of a fringe at the outermost radius, at most 5 degrees");
  o.add("size-range", size_range,
        "particles this much larger or smaller than the reference are fitted by scaling it "
        "(column size); 0: none")
      .range(0, 0.5);
  o.add("r-min", r_min, "innermost radius, pixels; auto: one fringe").range(0, 1e6);
  o.add("r-max", r_max,
        "outermost radius, pixels; auto: the largest whole circle, no farther than the reference")
      .range(1, 1e6);
  o.add("band-limit", band_limit,
        "frequency in cycles per pixel beyond which patterns hold noise only: the particle's "
        "largest diameter times the q of a pixel; 0: no low-pass; auto: of the shape, or from the "
        "data")
      .range(0, 0.5);
  o.add("round", round_below,
        "patterns of which a smaller part changes along their rings are of balls: no orientation "
        "can be found, so one is drawn at random (margin is then 0). 0: of none; 0.01 of particles "
        "that melt to balls")
      .range(0, 1);

  o.group("Geometry");
  o.add("detector", detector,
        "detector file that says the q of a pixel, where the patterns' file does not");
  hints.describe(o);
  o.flag("flat-ewald", flat_ewald,
         "slice the reference by a plane (small angles) instead of the Ewald sphere");
}

void OrientOptions::check_together() const {
  if (reference && shape) fail_usage("give either --reference or --shape, not both");
  if (!reference && !shape)
    fail_usage(
        "what are the patterns to be compared with? Give --shape, such as --shape cube "
        "--edge 42nm, or --reference FILE");
  if (shape && !edge) fail_usage("--shape needs its size: --edge, such as --edge 42nm");
  if (reference && edge) fail_usage("--edge goes with --shape, not with --reference");
  if (edge && !(edge->metres > 0)) fail_usage("--edge must be positive");
  if (shape == Shape::sphere)
    fail_usage("a sphere looks alike from everywhere: no orientation can be found with it");
  if (melting.empty() || reference_index.empty())
    fail_usage("--melting and --reference-index need at least one number");
  if (spacing && !(spacing->radians >= 1e-3 && spacing->radians <= 1))
    fail_usage("--spacing is ", Text<Angle>::print(*spacing), ", expected 0.06 to 57 degrees");
}

std::vector<OrientOptions> OrientOptions::one_by_one() const {
  check_together();
  std::vector<OrientOptions> each;
  OrientOptions one = *this;
  if (reference) {
    const std::size_t held = open_volumes(*reference)->count();
    if (all_references) one.reference_index.resize(held);
    if (all_references) std::iota(one.reference_index.begin(), one.reference_index.end(), 0);
    one.all_references = false;
    for (const std::size_t index : std::vector(one.reference_index)) {
      if (index >= held)
        fail(reference->string(), " holds ", held, " volumes: --reference-index ", index,
             " is not among them");
      one.reference_index = {index};
      each.push_back(one);
    }
  } else if (*shape == Shape::transition) {
    for (const double value : melting) {
      one.melting = {value};
      each.push_back(one);
    }
  } else {
    each.push_back(one);
  }
  return each;
}

}  // namespace spi
