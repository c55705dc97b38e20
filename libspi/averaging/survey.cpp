// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/survey.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/ranks.h"

namespace spi {
namespace {

constexpr std::size_t kBlock = 4096;  ///< frames read at a time

/// Counts per pixel over the frames used so far, and photons per frame, on the pixels in use.
struct Counts {
  std::vector<double> total, photons;
};

Counts count_photons(FrameSource& source, const PolarBinning& binning, const Survey& survey,
                     Monitor& monitor) {
  Counts counts{std::vector<double>(binning.pixels()), std::vector<double>(source.frames())};
  Team& team = source.team();
  const std::vector<std::size_t> parts = equal_parts(source.frames(), team.size());
  const std::size_t last = parts[team.rank() + 1];
  Progress progress(monitor, "surveying the frames", last - parts[team.rank()]);
  for (std::size_t first = parts[team.rank()]; first < last; first += kBlock) {
    const FrameBlock block = source.read(first, std::min(kBlock, last - first));
    for (std::size_t d = 0; d < block.frames(); ++d) {
      if (survey.fate[first + d] != FrameFate::used) continue;
      for (std::uint64_t k = block.start[d]; k < block.start[d + 1]; ++k) {
        const std::uint32_t pixel = block.pixel[k];
        if (binning.bin()[pixel] == PolarBinning::kNoBin || survey.excluded[pixel]) continue;
        counts.total[pixel] += block.count[k];
        counts.photons[first + d] += block.count[k];
      }
    }
    progress.advance(block.frames());
  }
  team.sum(counts.total);  // whole numbers: exact
  team.gather(std::span(counts.photons), parts);
  return counts;
}

/// F_eff = (Σ N)² / Σ N²
double effective_frames(const std::vector<double>& photons) {
  double sum = 0, squares = 0;
  for (const double n : photons) sum += n, squares += n * n;
  return squares > 0 ? sum * sum / squares : 0;
}

/// Mean of the middle nine tenths: neither hot nor dead pixels move it.
double trimmed_mean(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t cut = values.size() / 20;
  const double sum = std::accumulate(values.begin() + std::ptrdiff_t(cut),
                                     values.end() - std::ptrdiff_t(cut), 0.0);
  return sum / double(values.size() - 2 * cut);
}

void judge_pixels(const PolarBinning& binning, const std::vector<double>& correction,
                  const Counts& counts, Survey& survey) {
  std::vector<std::vector<std::size_t>> annuli;
  for (std::size_t t = 0; t < binning.pixels(); ++t) {
    if (binning.bin()[t] == PolarBinning::kNoBin) continue;
    const auto annulus = std::size_t(std::lround(binning.pixel_radius()[t]));
    if (annulus >= annuli.size()) annuli.resize(annulus + 1);
    annuli[annulus].push_back(t);
  }
  const double frames = effective_frames(counts.photons);
  constexpr double kLimit = 12, kFewest = 8;
  for (const auto& annulus : annuli) {
    if (double(annulus.size()) < kFewest) continue;  // no mean to speak of
    std::vector<double> values;
    for (const std::size_t t : annulus) values.push_back(counts.total[t] / correction[t]);
    const double mean = trimmed_mean(values);
    for (const std::size_t t : annulus) {
      const double expected = mean * correction[t];
      const double variance = std::max(expected, 1.) + 4 * expected * expected / frames;
      const double deviation = (counts.total[t] - expected) / std::sqrt(variance);
      if (std::abs(deviation) > kLimit) survey.excluded[t] = deviation > 0 ? 1 : 2;
    }
  }
}

void reject_duplicates(const std::vector<std::uint64_t>& ids, Survey& survey) {
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return ids[a] < ids[b]; });
  for (std::size_t n = 1; n < order.size(); ++n)
    if (ids[order[n]] == ids[order[n - 1]]) survey.fate[order[n]] = FrameFate::duplicate;
}

/// Frames with more than `brightest` times the median of those with photons; whether there were
/// any.
bool reject_brightest(const std::vector<double>& photons, double brightest, Survey& survey) {
  std::vector<double> bright;
  for (std::size_t d = 0; d < photons.size(); ++d)
    if (survey.fate[d] == FrameFate::used && photons[d] > 0) bright.push_back(photons[d]);
  if (bright.empty()) return false;
  const double limit = brightest * median(std::move(bright));
  bool rejected = false;
  for (std::size_t d = 0; d < photons.size(); ++d)
    if (survey.fate[d] == FrameFate::used && photons[d] > limit)
      survey.fate[d] = FrameFate::too_bright, rejected = true;
  return rejected;
}

}  // namespace

std::size_t Survey::count(FrameFate which) const {
  return std::size_t(std::ranges::count(fate, which));
}

void warn_of_rejected(const std::vector<std::uint64_t>& ids, const Survey& survey,
                      Monitor& monitor) {
  for (std::size_t f = 1; f < std::size_t(FrameFate::not_selected); ++f) {
    constexpr std::size_t kNamed = 10;
    std::size_t count = 0;
    std::string names;
    for (std::size_t d = 0; d < ids.size(); ++d)
      if (survey.fate[d] == FrameFate(f) && ++count <= kNamed)
        names += text_of(names.empty() ? "" : ", ", ids[d]);
    if (count > 0)
      monitor.warn(text_of("rejected ", count, count == 1 ? " frame " : " frames ",
                           EnumNames<FrameFate>::values[f], ": ", names,
                           count > kNamed ? ", ..." : ""));
  }
}

Survey survey_frames(FrameSource& source, const PolarBinning& binning, double brightest,
                     Monitor& monitor) {
  Survey survey;
  survey.fate.assign(source.frames(), FrameFate::used);
  survey.excluded.assign(binning.pixels(), 0);
  reject_duplicates(source.ids(), survey);
  for (std::size_t d = 0; d < survey.fate.size(); ++d)
    if (!source.is_selected(d)) survey.fate[d] = FrameFate::not_selected;
  Counts counts = count_photons(source, binning, survey, monitor);
  for (const std::size_t d : source.damaged()) survey.fate[d] = FrameFate::damaged;
  Team& team = source.team();  // each rank has seen the damage in its part
  team.gather(std::span(survey.fate), equal_parts(source.frames(), team.size()));
  if (reject_brightest(counts.photons, brightest, survey))  // before it hides what pixels do
    counts = count_photons(source, binning, survey, monitor);
  judge_pixels(binning, source.detector().correction, counts, survey);
  const auto hot = std::ranges::count(survey.excluded, 1),
             dead = std::ranges::count(survey.excluded, 2);
  if (hot + dead > 0) {
    monitor.warn(text_of("masking ", hot, " hot and ", dead, " dead pixels"));
    counts = count_photons(source, binning, survey, monitor);
  }
  for (std::size_t d = 0; d < survey.fate.size(); ++d)
    if (survey.fate[d] == FrameFate::used && counts.photons[d] == 0)
      survey.fate[d] = FrameFate::empty;
  survey.total = std::move(counts.total);
  survey.photons.assign(counts.photons.begin(), counts.photons.end());
  survey.used = survey.count(FrameFate::used);
  warn_of_rejected(source.ids(), survey, monitor);
  if (survey.used == 0) fail("no frame can be used: all ", source.frames(), " were rejected");
  return survey;
}

}  // namespace spi
