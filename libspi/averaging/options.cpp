// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/options.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "libspi/io/hdf5.h"

namespace spi {

void AveragingOptions::describe(OptionSet& o) {
  o.group("Classes");
  o.add("classes", classes, "class averages of each run").range(1, 100000);
  o.add("try-classes", try_classes,
        "several numbers of classes, such as 25,50,100: one run with each says what its averages "
        "gain on frames held out, and the best number replaces --classes");
  o.add("still-classes", still_classes,
        "how many of them do not rotate: for background that stands still on the detector")
      .range(0, 100000);
  o.add("bootstrap-runs", bootstrap_runs,
        "independent runs, each on a random part of the frames from its own random start")
      .range(1, 1000);
  o.add("only-run", only_run,
        "make this bootstrap run only, counted from 0, and leave it in OUTPUT.checkpoint; when all "
        "are there, --resume makes OUTPUT of them: for arrays of jobs")
      .range(0, 999);
  o.add("bootstrap-fraction", bootstrap_fraction,
        "part of the frames in each run; auto: 1 for one run, 0.8 for several")
      .range(0.01, 1);
  o.add("held-out", held_out,
        "part of the frames kept out of all runs; what the averages gain on them is reported (of "
        "--try-classes 0.1 unless given)")
      .range(0, 0.9);

  o.group("Model");
  o.add("fluence", fluence,
        "free: every frame's fluence is found; equal: all frames have the same");
  o.add("fluence-file", fluence_file,
        "known fluences, one number a frame: text, or FILE.h5:DATASET");
  o.add("smoothing", smoothing,
        "prior: averages are filtered by what the frames' own angular covariance says of signal "
        "and noise; none: plain ratios of photons and exposure");
  o.add("floor", floor, "photons a bin that are added to every rate, so that none is zero")
      .range(1e-6, 1e6);
  o.add("diameter", diameter,
        "largest extent of the particles: angular harmonics that it rules out are left out of the "
        "work");

  o.group("Annealing");
  o.add("settled", settled,
        "stop when, at beta 1, less than this part of the frames changed class in each of two "
        "iterations")
      .range(0, 1);
  EmcRunOptions::describe(o);
  polar.describe(o);
}

std::vector<float> read_fluences(const std::filesystem::path& path, std::size_t frames) {
  std::vector<float> values;
  const std::string name = path.string();
  const auto colon = name.rfind(".h5:");
  if (colon != name.npos) {
    values = h5::File::open(name.substr(0, colon + 3)).read<float>(name.substr(colon + 4));
  } else {
    std::ifstream stream(path);
    if (!stream) fail("cannot read the fluences of ", name);
    with_context("reading the fluences of " + name, [&] {
      for (std::string line; std::getline(stream, line);) {
        std::istringstream words(line.substr(0, line.find('#')));
        for (std::string word; words >> word;) values.push_back(float(parse_number(word)));
      }
    });
  }
  if (values.size() != frames)
    fail(name, " holds ", values.size(), " fluences, there are ", frames, " frames");
  const auto bad =
      std::ranges::find_if(values, [](float v) { return !(v > 0) || !std::isfinite(v); });
  if (bad != values.end())
    fail(name, ": the fluence of frame ", bad - values.begin(), " is ", *bad, ", must be positive");
  return values;
}

}  // namespace spi
