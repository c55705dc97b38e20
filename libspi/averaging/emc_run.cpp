// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/emc_run.h"

#include <algorithm>
#include <cmath>

#include "libspi/averaging/frame_store.h"

namespace spi {

void EmcRunOptions::describe(OptionSet& o) {
  o.group("Annealing");
  o.add("beta-start", beta_start,
        "factor of the first inverse temperature exp(-6.5 (N/1e5)^0.15) of a frame of N photons")
      .range(1e-6, 1e6);
  o.add("beta-period", beta_period, "iterations until beta is doubled, up to 1").range(1, 1000);
  o.add("max-iterations", max_iterations, "stop at the latest after so many").range(1, 100000);

  o.group("Running");
  o.add("max-memory", max_memory, "memory to use, about; of each rank");
  o.add("checkpoint-every", checkpoint_every_s, "seconds between checkpoints").range(0, 1e6);
  o.flag("resume", resume, "go on from the checkpoint of an interrupted run with the same options");

  o.group("Frames");
  o.add("brightest", brightest,
        "frames with more photons than so many times the median are rejected")
      .range(1, 1e12);
}

double EmcRunOptions::beta(float photons, std::size_t iterations) const {
  const double start = std::exp(-6.5 * std::pow(double(photons) / 1e5, 0.15));
  const auto doublings = std::min<std::size_t>(60, iterations / beta_period);
  return std::min(1., beta_start * start * std::exp2(double(doublings)));
}

std::string values_text(const OptionSet& described, std::span<const std::string_view> free) {
  std::string text;
  for (const Option& option : described.all())
    if (std::ranges::find(free, option.name) == free.end())
      text += "; " + option.name + " " + option.print();
  return text;
}

std::string setting_text(const OptionSet& described, std::span<const std::string_view> free,
                         const FrameStore& store, std::uint64_t seed) {
  double photons = 0;
  for (const double n : store.survey().total) photons += n;
  return text_of("seed ", seed, ", ", store.frames(), " frames, ", print_number(photons),
                 " photons", values_text(described, free));
}

}  // namespace spi
