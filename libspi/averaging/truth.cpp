// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/truth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "libspi/io/hdf5.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

struct FrameTruth {
  std::uint8_t kind;
  double melting;
};

struct FramesTruth {
  std::vector<std::string> kind_names;
  std::unordered_map<std::uint64_t, FrameTruth> frames;
};

/// UserError where a file cannot be read.
std::optional<FramesTruth> read_truth(const std::vector<std::filesystem::path>& paths) {
  FramesTruth all;
  for (const auto& path : paths) {
    if (!h5::File::is_hdf5(path)) return std::nullopt;
    const h5::File file = h5::File::open(path);
    if (format_of(file) != "spi-frames" || !file.exists("truth/kind")) return std::nullopt;
    const auto names = file.read_texts("truth/kind_names");
    if (!all.frames.empty() && names != all.kind_names) return std::nullopt;
    all.kind_names = names;
    const auto id = file.read<std::uint64_t>("id");
    const auto kind = file.read<std::uint8_t>("truth/kind", {id.size()});
    const auto melting = file.read<double>("truth/melting", {id.size()});
    for (std::size_t n = 0; n < id.size(); ++n) {
      if (kind[n] >= names.size()) return std::nullopt;
      all.frames.emplace(id[n], FrameTruth{kind[n], melting[n]});
    }
  }
  return all;
}

}  // namespace

std::optional<AveragesTruth> truth_of_averages(const AveragingResult& result,
                                               const std::vector<std::filesystem::path>& frames) {
  std::optional<FramesTruth> truth;
  try {
    truth = read_truth(frames);
  } catch (const UserError&) {  // one of the files that FrameSource has left out
  }
  if (!truth) return std::nullopt;
  AveragesTruth averages{.kind_names = truth->kind_names};
  std::size_t majority = 0, members = 0;
  for (const ClassResult& run : result.runs) {
    const std::size_t kinds = truth->kind_names.size();
    std::vector<std::size_t> count(run.classes * kinds), melts(run.classes);
    std::vector<double> melting(run.classes);
    for (std::size_t n = 0; n < run.member_id.size(); ++n) {
      const FrameTruth& frame = truth->frames.at(run.member_id[n]);
      const std::size_t k = run.member_class[n];
      ++count[k * kinds + frame.kind];
      if (!std::isnan(frame.melting)) ++melts[k], melting[k] += frame.melting;
    }
    for (std::size_t k = 0; k < run.classes; ++k) {
      const auto first = count.begin() + std::ptrdiff_t(k * kinds);
      const auto most = std::max_element(first, first + std::ptrdiff_t(kinds));
      const auto all = std::accumulate(first, first + std::ptrdiff_t(kinds), std::size_t{0});
      averages.kind.push_back(std::uint8_t(most - first));
      averages.purity.push_back(all > 0 ? double(*most) / double(all) : 0);
      averages.melting.push_back(melts[k] > 0 ? melting[k] / double(melts[k])
                                              : std::numeric_limits<double>::quiet_NaN());
      majority += *most, members += all;
    }
  }
  averages.overall_purity = double(majority) / double(members);
  return averages;
}

}  // namespace spi
