// SPDX-License-Identifier: GPL-3.0-or-later
// Classes that are empty or copies, and the classes that they help out.
#include <algorithm>
#include <cmath>

#include "libspi/averaging/class_emc.h"
#include "libspi/base/parallel.h"

namespace spi {

Dispersion ClassEmc::dispersion() {
  const std::size_t classes = options_.classes;
  std::vector<GainMoments> moments(classes);
  parallel_for(classes, threads_, [&](std::size_t k, int) {
    moments[k] = gain_moments(engine_.area(), run_.model.of(k));
  });
  Dispersion result{std::vector<std::size_t>(classes), std::vector<double>(classes)};
  std::vector<double> mean(classes);
  for (std::size_t n = 0; n < members_.size(); ++n) {
    const std::size_t k = run_.best_class[n];
    const double photons = photons_[n];
    residual_[n] = float((residual_[n] - photons * moments[k].mean) /
                         std::sqrt(photons * moments[k].variance));
    ++result.frames[k];
    mean[k] += residual_[n];
  }
  for (std::size_t k = 0; k < classes; ++k)
    if (result.frames[k] > 0) mean[k] /= double(result.frames[k]);
  for (std::size_t n = 0; n < members_.size(); ++n) {
    const std::size_t k = run_.best_class[n];
    result.variance[k] += std::pow(residual_[n] - mean[k], 2) / double(result.frames[k]);
  }
  return result;
}

double ClassEmc::least_occupancy() const {
  return std::max(1., 0.1 * double(members_.size()) / double(options_.classes));
}

/// Classes to be used elsewhere: those below a tenth of the mean occupancy or a single frame, and
/// copies. Rotating ones only.
std::vector<std::size_t> ClassEmc::spare_classes() const {
  // Cosine of two classes' memberships: at 0.5, half of what one holds could be the other's.
  constexpr double kCopy = 0.5;
  std::vector<std::uint8_t> spare(options_.classes);
  for (std::size_t k = 0; k < options_.classes; ++k)
    spare[k] = run_.occupancy[k] < least_occupancy();
  for (const std::size_t k : overlap_->copies(run_.occupancy, kCopy)) spare[k] = 1;
  std::vector<std::size_t> classes;  // the emptiest first
  for (std::size_t k = 0; k < options_.classes; ++k)
    if (spare[k] && run_.model.rotates[k]) classes.push_back(k);
  std::ranges::stable_sort(classes,
                           [&](auto a, auto b) { return run_.occupancy[a] < run_.occupancy[b]; });
  return classes;
}

/// Halves of classes: of each pair {from, to}, half of the frames of `from` make class `to`, the
/// others `from` anew. By residual: those that please it less than the median; else by chance.
void ClassEmc::split(const Pairs& pairs, bool by_residual) {
  std::vector<std::vector<float>> residuals(options_.classes);
  std::vector<std::size_t> partner(options_.classes, options_.classes);
  for (const auto& [from, to] : pairs) partner[from] = to;
  std::vector<std::size_t> frames, members;
  for (std::size_t n = 0; n < members_.size(); ++n) {
    const std::size_t k = run_.best_class[n];
    if (partner[k] == options_.classes) continue;
    residuals[k].push_back(residual_[n]);
    frames.push_back(members_[n]), members.push_back(n);
  }
  std::vector<float> median(options_.classes);
  for (const auto& [from, to] : pairs) {
    auto& values = residuals[from];
    if (values.empty()) continue;
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::ranges::nth_element(values, middle);
    median[from] = *middle;
  }
  if (frames.empty()) return;
  const auto leaves = [&](std::size_t member, std::size_t k) {
    if (by_residual) return residual_[member] < median[k];
    const std::uint64_t id = setting_.store.id(members_[member]);
    return random_for(Draw::split, run_.run, id).uniform() < 0.5;
  };
  auto kept_sums = std::move(sums_);
  auto kept_overlap = std::move(overlap_);
  sum_assigned(frames, [&](std::size_t n) -> std::array<std::size_t, 2> {
    const std::size_t member = members[n], k = run_.best_class[member];
    return {leaves(member, k) ? partner[k] : k, run_.best_shift[member]};
  });
  for (const auto& [from, to] : pairs)
    for (const std::size_t k : {from, to}) rates_from(k, 2, run_.model.of(k));
  sums_ = std::move(kept_sums);
  overlap_ = std::move(kept_overlap);
}

std::size_t ClassEmc::reshape(double mean_beta) {
  constexpr double kOrdered = 0.1;  // mean β below which classes have hardly formed
  const bool due = (run_.history.size() + 1) % options_.beta_period == 0;
  const auto at_one =
      std::size_t(std::ranges::count_if(run_.history, [](const auto& r) { return r.beta >= 1; }));
  if (!due || mean_beta < kOrdered || at_one >= kShapingAtOne) return 0;
  const Pairs pairs = mixtures_to_split(spare_classes());
  split(pairs, true);
  return pairs.size();
}

std::size_t ClassEmc::fill_empty() {
  const Pairs pairs = full_classes_to_split(spare_classes());
  split(pairs, false);
  return pairs.size();
}

// Split and merge, while classes take shape: classes that are spare go where one class holds frames
// of several patterns. Copies move to mixtures only; empty classes also to the best filled ones.
ClassEmc::Pairs ClassEmc::mixtures_to_split(const std::vector<std::size_t>& spare) {
  constexpr double kMixed = 3;  // standard deviations of a pure class's dispersion
  const Dispersion mixed = dispersion();
  const auto empty = std::size_t(
      std::ranges::count_if(spare, [&](auto k) { return run_.occupancy[k] < least_occupancy(); }));
  std::vector<std::size_t> broad, filled;
  for (std::size_t k = 0; k < options_.classes; ++k) {
    if (!run_.model.rotates[k] || std::ranges::find(spare, k) != spare.end()) continue;
    if (mixed.frames[k] >= 4) (mixed.excess(k) > kMixed ? broad : filled).push_back(k);
  }
  std::ranges::stable_sort(broad,
                           [&](auto a, auto b) { return mixed.excess(a) > mixed.excess(b); });
  sort_by_occupancy(filled);
  if (broad.size() < empty)
    broad.insert(broad.end(), filled.begin(),
                 filled.begin() + std::ptrdiff_t(std::min(filled.size(), empty - broad.size())));
  Pairs pairs;
  for (std::size_t n = 0; n < std::min(spare.size(), broad.size()); ++n)
    pairs.push_back({broad[n], spare[n]});
  return pairs;
}

// Classes may be more than the patterns that these frames can tell apart. Those that are empty in
// the end take a random half of the best filled ones: no average is lost.
ClassEmc::Pairs ClassEmc::full_classes_to_split(const std::vector<std::size_t>& spare) const {
  std::vector<std::size_t> filled;
  for (std::size_t k = 0; k < options_.classes; ++k)
    if (run_.model.rotates[k] && run_.occupancy[k] >= 2 * least_occupancy()) filled.push_back(k);
  sort_by_occupancy(filled);
  Pairs pairs;
  for (const std::size_t k : spare)
    if (run_.occupancy[k] < least_occupancy() && pairs.size() < filled.size())
      pairs.push_back({filled[pairs.size()], k});
  return pairs;
}

void ClassEmc::sort_by_occupancy(std::vector<std::size_t>& classes) const {
  std::ranges::stable_sort(classes,
                           [&](auto a, auto b) { return run_.occupancy[a] > run_.occupancy[b]; });
}

}  // namespace spi
