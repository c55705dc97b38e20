// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/states.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/io/volume_series.h"

namespace spi {
namespace {

constexpr bool kResample = true;

NamedVolume read_volume(VolumeReader& reader, const std::filesystem::path& path, std::size_t k) {
  return {text_of("volume ", k, " of ", path.string()), reader.read(k), reader.quantity()};
}

std::vector<NamedVolume> read_all(const std::filesystem::path& path) {
  const auto reader = open_volumes(path);
  std::vector<NamedVolume> volumes;
  for (std::size_t k = 0; k < reader->count(); ++k)
    volumes.push_back(read_volume(*reader, path, k));
  if (volumes.empty()) fail(path.string(), " holds no volumes");
  return volumes;
}

StateMatch match(const NamedVolume& state, const std::vector<NamedVolume>& known, int threads,
                 Monitor& monitor) {
  FscOptions options;
  options.align.align = Alignment::none;
  options.resample = kResample;
  StateMatch best{.correlation = -std::numeric_limits<double>::infinity()};
  for (std::size_t k = 0; k < known.size(); ++k) {
    const VolumeFsc fsc = volume_fsc(state, known[k], {}, options, threads, monitor);
    const double mean = std::reduce(fsc.correlation.begin(), fsc.correlation.end()) /
                        double(fsc.correlation.size());
    if (mean > best.correlation) best = {k, mean, fsc.resolution[0], fsc.q.back()};
  }
  return best;
}

}  // namespace

std::vector<StateMatch> match_states(const std::filesystem::path& states,
                                     const std::filesystem::path& known, int threads,
                                     Monitor& monitor) {
  const auto reader = open_volumes(states);
  std::vector<NamedVolume> truth = read_all(known);
  std::vector<StateMatch> matches;
  Progress progress(monitor, "comparing", reader->count());
  for (std::size_t k = 0; k < reader->count(); ++k) {
    NamedVolume state = read_volume(*reader, states, k);
    if (k == 0)  // all states have one grid, and all known volumes
      for (NamedVolume& v : truth) v = on_common_grid(v, state, kResample, threads);
    state = on_common_grid(state, truth.front(), kResample, threads);
    matches.push_back(match(state, truth, threads, monitor));
    progress.advance();
  }
  if (matches.empty()) fail(states.string(), " holds no volumes");
  return matches;
}

std::vector<Column> state_table(const std::vector<StateMatch>& matches) {
  constexpr const char* kNames[] = {"state",        "nearest",     "correlation",
                                    "q_half_per_A", "q_end_per_A", "beyond"};
  std::vector<Column> table = empty_columns(kNames);
  for (std::size_t k = 0; k < matches.size(); ++k) {
    const StateMatch& m = matches[k];
    const double row[] = {
        double(k),     double(m.nearest),
        m.correlation, m.half.q.value_or(std::numeric_limits<double>::quiet_NaN()),
        m.q_end,       double(m.half.beyond)};
    append_row(table, row);
  }
  return table;
}

std::string summary(const std::vector<StateMatch>& matches) {
  const auto least = std::ranges::min_element(
      matches, {}, [](const StateMatch& m) { return m.half.q.value_or(0); });
  const auto beyond =
      std::ranges::count_if(matches, [](const StateMatch& m) { return m.half.beyond; });
  return text_of(matches.size(), " states, worst: ", print(least->half), "; ", beyond,
                 " agree to the end of q");
}

}  // namespace spi
