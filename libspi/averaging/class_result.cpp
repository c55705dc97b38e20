// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/class_result.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/parallel.h"

namespace spi {
namespace {

/// Sums over one ring of two half sets' ratios, less their means.
struct RingMoments {
  double ab = 0, aa = 0, bb = 0;
  double correlation() const { return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0; }
  void operator+=(const RingMoments& o) { ab += o.ab, aa += o.aa, bb += o.bb; }
};

/// Numerator over exposure where there is exposure; nullopt elsewhere.
std::optional<double> ratio(double numerator, double exposure, double least) {
  if (exposure <= least) return std::nullopt;
  return std::max(numerator, 0.) / exposure;
}

RingMoments ring_moments(const double* n0, const double* e0, const double* n1, const double* e1,
                         std::size_t angles) {
  // Bins with less than a hundredth of the ring's exposure say nothing.
  const double least =
      0.01 * std::min(*std::max_element(e0, e0 + angles), *std::max_element(e1, e1 + angles));
  std::vector<std::array<double, 2>> pairs;
  std::array<double, 2> mean{};
  for (std::size_t j = 0; j < angles; ++j) {
    const auto a = ratio(n0[j], e0[j], least), b = ratio(n1[j], e1[j], least);
    if (!a || !b) continue;
    pairs.push_back({*a, *b});
    mean[0] += *a, mean[1] += *b;
  }
  RingMoments moments;
  for (const auto& [a, b] : pairs) {
    const double x = a - mean[0] / double(pairs.size()), y = b - mean[1] / double(pairs.size());
    moments.ab += x * y, moments.aa += x * x, moments.bb += y * y;
  }
  return moments;
}

/// Half-set correlation and spectral signal-to-noise of class k.
void judge_class(const ClassEmc& emc, std::size_t k, ClassResult& result) {
  const std::size_t bins = result.rings * result.angles;
  std::vector<double> n0(bins), e0(bins), n1(bins), e1(bins);
  emc.sums().on_bins(k, 0, n0.data(), e0.data());
  emc.sums().on_bins(k, 1, n1.data(), e1.data());
  RingMoments all;
  for (std::size_t i = 0; i < result.rings; ++i) {
    const std::size_t at = i * result.angles;
    const RingMoments ring = ring_moments(&n0[at], &e0[at], &n1[at], &e1[at], result.angles);
    const double c = std::clamp(ring.correlation(), 0., 0.9999);
    result.snr[k * result.rings + i] = float(2 * c / (1 - c));
    // Rings count by their photons: beyond the signal they are noise.
    const double photons = std::accumulate(&n0[at], &n0[at] + result.angles, 0.);
    all += {ring.ab * photons, ring.aa * photons, ring.bb * photons};
  }
  result.half_correlation[k] = all.correlation();
}

/// Every rank judges its part of the classes.
void fill_averages(const ClassEmc& emc, FrameStore& store, double mean_fluence, int threads,
                   ClassResult& result) {
  const PolarBinning& binning = store.binning();
  const std::size_t angles = result.angles, bins = result.rings * angles;
  const auto& radii = binning.radii_px();
  const double width = radii.size() > 1 ? radii[1] - radii[0] : 1;
  result.rate = emc.state().model.rate;
  for (float& w : result.rate) w *= float(mean_fluence);
  result.weight.resize(result.rate.size());
  Team& team = store.team();
  const std::vector<std::size_t> parts = equal_parts(result.classes, team.size());
  const std::size_t first = parts[team.rank()];
  parallel_for(parts[team.rank() + 1] - first, threads, [&](std::size_t item, int) {
    const std::size_t k = first + item;
    std::vector<double> numerator(bins), exposure(bins);
    emc.sums().on_bins(k, 2, numerator.data(), exposure.data());
    for (std::size_t i = 0; i < result.rings; ++i) {
      const double pixels =
          std::max(radii[i], 0.25) * binning.step_rad() * width * (binning.folded() ? 2 : 1);
      const double full = pixels * store.radial_mean().at(radii[i]) * mean_fluence;
      for (std::size_t j = 0; j < angles; ++j) {
        const std::size_t b = i * angles + j;
        result.weight[k * bins + b] = float(std::max(exposure[b], 0.) / full);
      }
    }
    judge_class(emc, k, result);
  });
  const auto gather = [&](auto& values) {
    std::vector<std::size_t> bounds = parts;
    for (std::size_t& bound : bounds) bound *= values.size() / result.classes;
    team.gather(std::span(values), bounds);
  };
  gather(result.weight), gather(result.snr), gather(result.half_correlation);
}

void fill_members(const ClassEmc& emc, const FrameStore& store, double mean_fluence,
                  ClassResult& result) {
  const ClassRun& run = emc.state();
  std::vector<double> weight(result.classes);
  for (std::size_t n = 0; n < emc.members().size(); ++n) {
    result.member_id.push_back(store.id(emc.members()[n]));
    result.member_angle.push_back(float(double(run.best_shift[n]) * store.binning().step_rad()));
    result.member_fluence.push_back(float(run.fluence[n] / mean_fluence));
    const std::size_t k = run.best_class[n];
    weight[k] += run.probability[n];
    result.information[k] += double(run.probability[n]) * run.information[n];
  }
  for (std::size_t k = 0; k < result.classes; ++k)
    if (weight[k] > 0) result.information[k] /= weight[k];
  result.member_class = run.best_class;
  result.member_probability = run.probability;
}

}  // namespace

ClassResult result_of(ClassEmc& emc, FrameStore& store, int threads) {
  const ClassRun& run = emc.state();
  ClassResult result;
  result.run = run.run;
  result.classes = run.model.classes;
  result.rings = run.model.rings;
  result.angles = run.model.angles;
  result.occupancy = run.occupancy;
  result.effective_photons = run.photons;
  result.information.assign(result.classes, 0);
  result.half_correlation.assign(result.classes, 0);
  result.snr.assign(result.classes * result.rings, 0);
  const double mean_fluence =
      std::accumulate(run.fluence.begin(), run.fluence.end(), 0.) / double(run.fluence.size());
  fill_averages(emc, store, mean_fluence, threads, result);
  fill_members(emc, store, mean_fluence, result);
  result.history = run.history;
  result.stop_reason = run.stop_reason;
  result.held_out_gain = emc.held_out_gain();
  return result;
}

}  // namespace spi
