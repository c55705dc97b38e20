// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/class_emc.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numbers>
#include <numeric>
#include <sstream>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;

/// The independent random streams: the `step` of Random.
enum class Draw : std::uint32_t { held_out = 1000, bootstrap, start };

Random random_for(std::uint64_t seed, Draw draw, std::size_t run, std::uint64_t id) {
  return Random(seed + (std::uint64_t{run} << 32), std::uint32_t(draw), id);
}

double mean_of(const auto& values) {
  return std::accumulate(values.begin(), values.end(), 0.) / double(values.size());
}

std::string rounded(double value, int digits) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(digits) << value;
  return stream.str();
}

}  // namespace

ClassEmc::ClassEmc(EmcSetting& setting, const AveragingOptions& options, std::size_t run,
                   int threads, Monitor& monitor)
    : setting_(setting),
      options_(options),
      threads_(threads),
      monitor_(monitor),
      engine_(setting.store.binning().rings(), setting.store.binning().angles(),
              setting.store.area(), setting.limit,
              setting.fluence.empty() ? FluenceUse::free : FluenceUse::known) {
  for (std::size_t n = 0; n < setting.store.frames(); ++n) {
    const std::uint64_t id = setting.store.id(n);
    if (random_for(setting.seed, Draw::held_out, 0, id).uniform() < options.held_out)
      held_out_.push_back(n);
    else if (random_for(setting.seed, Draw::bootstrap, run, id).uniform() < options.fraction())
      members_.push_back(n);
  }
  if (members_.size() < options.classes)
    fail_usage(options.classes, " classes are more than the ", members_.size(),
               " usable frames of a run: choose fewer --classes");
  if (options.still_classes > options.classes)
    fail_usage("--still-classes is ", options.still_classes, ", more than --classes ",
               options.classes);
  for (const std::size_t n : members_) photons_.push_back(setting.store.photons(n));
  run_.run = run;
  run_.model = {options.classes, engine_.rings(), engine_.angles(), {}, {}};
  run_.model.rate.assign(options.classes * engine_.rings() * engine_.angles(), 1.f);
  for (std::size_t k = 0; k < options.classes; ++k)
    run_.model.rotates.push_back(k >= options.still_classes);
  run_.best_class.assign(members_.size(), 0);
  run_.best_shift = run_.best_class;
  run_.probability.assign(members_.size(), 0.f);
  run_.fluence = run_.information = run_.probability;
  run_.occupancy.assign(options.classes, 0);
  run_.photons = run_.occupancy;
}

double ClassEmc::beta(float photons) const {
  const double start = std::exp(-6.5 * std::pow(double(photons) / 1e5, 0.15));
  const auto doublings = std::min<std::size_t>(60, run_.history.size() / options_.beta_period);
  return std::min(1., options_.beta_start * start * std::exp2(double(doublings)));
}

void ClassEmc::pass(const std::vector<std::size_t>& frames, bool accumulate,
                    const Prepare& prepare) {
  const std::size_t tile_count = (frames.size() + kLanes - 1) / kLanes;
  const double room = 0.25 * options_.max_memory.bytes;
  std::size_t group =
      std::size_t(std::max(1., room / double(engine_.tile_bytes(options_.classes))));
  group = std::min({group, std::size_t(4 * threads_), tile_count});
  std::vector<FrameTile> tiles(group);
  std::vector<LikelihoodEngine::Scratch> scratch(std::size_t(threads_) + 1);
  Progress progress(monitor_, "averaging", frames.size());
  for (std::size_t first = 0; first < tile_count; first += group) {
    const std::size_t count = std::min(group, tile_count - first);
    const std::size_t from = first * kLanes, to = std::min(frames.size(), (first + count) * kLanes);
    const FrameStore::View view = setting_.store.load(frames[from], frames[to - 1] + 1);
    parallel_for(count, threads_, [&](std::size_t n, int worker) {
      std::vector<std::size_t> rows;
      const std::size_t begin = from + n * kLanes, end = std::min(to, begin + kLanes);
      for (std::size_t d = begin; d < end; ++d) rows.push_back(frames[d] - view.offset);
      engine_.load(*view.frames, rows, tiles[n], scratch[std::size_t(worker)]);
      prepare(tiles[n], begin, scratch[std::size_t(worker)]);
    });
    if (accumulate) sums_->add({tiles.data(), count}, first, threads_);
    if (accumulate && overlap_) overlap_->add({tiles.data(), count}, threads_);
    progress.advance(to - from);
  }
  if (accumulate) sums_->finish(threads_);
}

void ClassEmc::sum_assigned(
    const std::vector<std::size_t>& frames,
    const std::function<std::array<std::size_t, 2>(std::size_t)>& assigned) {
  sums_ = std::make_unique<RateSums>(engine_);
  const std::size_t angles = engine_.angles(), classes = options_.classes;
  const std::size_t rows = 2 * engine_.rings() + 1;
  pass(frames, true, [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch&) {
    tile.posterior.assign((engine_.harmonics() + 1) * 2 * classes * kLanes, 0.f);
    load_conditions(tile, frames, first);
    for (std::size_t d = 0; d < tile.count; ++d) {
      const auto [k, s] = assigned(first + d);
      for (std::size_t m = 0; m <= engine_.harmonics(); ++m) {
        const double phase = 2 * std::numbers::pi * double(m * s % angles) / double(angles);
        float* p = &tile.posterior[m * 2 * classes * kLanes + d];
        p[k * kLanes] = float(std::cos(phase));
        p[(classes + k) * kLanes] = float(-std::sin(phase));
        tile.harmonics[(m * rows + rows - 1) * kLanes + d] =
            setting_.fluence.empty() ? tile.photons[d] : tile.fluence[d];
      }
    }
  });
}

void ClassEmc::start() {
  engine_.set_model(run_.model, threads_);
  sum_assigned(members_, [&](std::size_t n) -> std::array<std::size_t, 2> {
    Random random =
        random_for(setting_.seed, Draw::start, run_.run, setting_.store.id(members_[n]));
    const std::size_t k = random.below(options_.classes);
    return {k, run_.model.rotates[k] ? random.below(engine_.angles()) : 0};
  });
  update_model();
}

void ClassEmc::load_conditions(FrameTile& tile, const std::vector<std::size_t>& frames,
                               std::size_t first) const {
  for (std::size_t d = 0; d < tile.count; ++d) {
    tile.beta[d] = float(beta(tile.photons[d]));
    if (!setting_.fluence.empty()) tile.fluence[d] = setting_.fluence[frames[first + d]];
  }
}

void ClassEmc::resume(ClassRun run) { run_ = std::move(run); }

IterationRecord ClassEmc::expect() {
  engine_.set_model(run_.model, threads_);
  sums_ = std::make_unique<RateSums>(engine_);
  overlap_ = std::make_unique<ClassOverlap>(options_.classes);
  residual_.assign(members_.size(), 0.f);
  const std::size_t n = members_.size(), classes = options_.classes;
  std::vector<double> gain(n), betas(n);
  std::vector<std::uint8_t> changed(n);
  std::vector<std::vector<std::array<float, 2>>> occupancy((n + kLanes - 1) / kLanes);
  pass(members_, true, [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch& scratch) {
    load_conditions(tile, members_, first);
    engine_.expect(tile, scratch);
    for (std::size_t d = 0; d < tile.count; ++d) {
      const FramePosterior& frame = tile.result[d];
      const std::size_t at = first + d;
      gain[at] = frame.log_evidence, betas[at] = tile.beta[d];
      changed[at] = frame.best_class != run_.best_class[at];
      run_.best_class[at] = frame.best_class, run_.best_shift[at] = frame.best_shift;
      run_.probability[at] = frame.probability, run_.fluence[at] = frame.fluence;
      run_.information[at] = frame.information;
      residual_[at] = frame.gain;
    }
    for (std::size_t k = 0; k < classes; ++k) {
      const float* p = &tile.posterior[k * kLanes];  // harmonic 0: Σ_s P
      float frames = 0, photons = 0;
      for (std::size_t d = 0; d < tile.count; ++d)
        frames += p[d], photons += p[d] * tile.photons[d];
      occupancy[first / kLanes].push_back({frames, photons});
    }
  });
  run_.occupancy.assign(classes, 0);
  run_.photons.assign(classes, 0);
  for (const auto& sums : occupancy)
    for (std::size_t k = 0; k < classes; ++k)
      run_.occupancy[k] += sums[k][0], run_.photons[k] += sums[k][1];
  return {.beta = mean_of(betas),
          .gain = mean_of(gain),
          .information = mean_of(run_.information),
          .changed = mean_of(changed),
          .reseeded = 0};
}

bool ClassEmc::iterate() {
  if (!run_.stop_reason.empty()) return false;
  IterationRecord record = expect();
  update_model();
  record.reseeded = double(reseed());
  conclude(record);
  return run_.stop_reason.empty();
}

void ClassEmc::rates_from(std::size_t k, int half, float* rate) const {
  const std::size_t bins = engine_.rings() * engine_.angles();
  std::vector<double> ratio(bins), exposure(bins);
  sums_->on_bins(k, half, ratio.data(), exposure.data());
  for (std::size_t b = 0; b < bins; ++b) {
    exposure[b] = std::max(exposure[b], 0.);
    ratio[b] = (std::max(ratio[b], 0.) + options_.floor) / (exposure[b] + options_.floor);
  }
  if (setting_.prior) setting_.prior->filter(exposure.data(), ratio.data());
  double expected = 0, flat = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    rate[b] = float(std::max(ratio[b], options_.floor / (exposure[b] + options_.floor)));
    expected += rate[b] * engine_.area()[b];
    flat += engine_.area()[b];
  }
  // With free fluences a class's overall scale is theirs: it is fixed at the mean pattern's.
  if (engine_.fluence_use() == FluenceUse::free)
    for (std::size_t b = 0; b < bins; ++b) rate[b] *= float(flat / expected);
}

void ClassEmc::update_model() {
  parallel_for(options_.classes, threads_,
               [&](std::size_t k, int) { rates_from(k, 2, run_.model.of(k)); });
}

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

/// Halves of classes: of each pair {from, to}, the frames of `from` that please it less than the
/// median make class `to`, the others `from` anew.
void ClassEmc::split(const std::vector<std::array<std::size_t, 2>>& pairs) {
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
  auto kept_sums = std::move(sums_);
  auto kept_overlap = std::move(overlap_);
  sum_assigned(frames, [&](std::size_t n) -> std::array<std::size_t, 2> {
    const std::size_t member = members[n], k = run_.best_class[member];
    return {residual_[member] < median[k] ? partner[k] : k, run_.best_shift[member]};
  });
  for (const auto& [from, to] : pairs)
    for (const std::size_t k : {from, to}) rates_from(k, 2, run_.model.of(k));
  sums_ = std::move(kept_sums);
  overlap_ = std::move(kept_overlap);
}

// Split and merge: classes that are spare go where one class holds frames of several patterns.
// While β < 1 and for some iterations after, whenever β is about to double; later only empty ones.
std::size_t ClassEmc::reseed() {
  constexpr double kMixed = 3;  // standard deviations of a pure class's dispersion
  constexpr std::size_t kIterationsAtOne = 12;
  constexpr double kOrdered = 0.1;  // mean β below which classes have hardly formed
  std::size_t at_one = 0;
  for (const IterationRecord& r : run_.history) at_one += r.beta >= 0.999;
  const bool due = (run_.history.size() + 1) % options_.beta_period == 0;
  const double beta_now = beta(float(mean_of(photons_)));
  if (!due || beta_now < kOrdered || at_one >= kIterationsAtOne) return 0;
  const std::vector<std::size_t> spare = spare_classes();
  if (spare.empty()) return 0;
  const Dispersion mixed = dispersion();
  // Copies move to mixtures only; empty classes also to the best filled ones.
  const auto empty = std::size_t(
      std::ranges::count_if(spare, [&](auto k) { return run_.occupancy[k] < least_occupancy(); }));
  std::vector<std::size_t> broad, filled;
  for (std::size_t k = 0; k < options_.classes; ++k) {
    if (!run_.model.rotates[k] || std::ranges::find(spare, k) != spare.end()) continue;
    if (mixed.frames[k] >= 4) (mixed.excess(k) > kMixed ? broad : filled).push_back(k);
  }
  std::ranges::stable_sort(broad,
                           [&](auto a, auto b) { return mixed.excess(a) > mixed.excess(b); });
  std::ranges::stable_sort(filled,
                           [&](auto a, auto b) { return run_.occupancy[a] > run_.occupancy[b]; });
  if (broad.size() < empty)
    broad.insert(broad.end(), filled.begin(),
                 filled.begin() + std::ptrdiff_t(std::min(filled.size(), empty - broad.size())));
  std::vector<std::array<std::size_t, 2>> pairs;
  for (std::size_t n = 0; n < std::min(spare.size(), broad.size()); ++n)
    pairs.push_back({broad[n], spare[n]});
  split(pairs);
  return pairs.size();
}

void ClassEmc::conclude(const IterationRecord& record) {
  run_.history.push_back(record);
  const std::size_t n = run_.history.size();
  monitor_.info(text_of("run ", run_.run, ", iteration ", n, ": beta ", rounded(record.beta, 4),
                        ", gain ", rounded(record.gain, 3), " nats a frame, information ",
                        rounded(record.information, 3), " nats, ", rounded(100 * record.changed, 2),
                        " % changed class",
                        record.reseeded > 0 ? text_of(", ", record.reseeded, " made anew") : ""));
  const auto calm = [&](const IterationRecord& r) {
    return r.beta >= 1 && r.reseeded == 0 && r.changed < options_.settled;
  };
  if (n >= 2 && calm(record) && calm(run_.history[n - 2]))
    run_.stop_reason = text_of("membership settled: less than ", 100 * options_.settled,
                               " % of the frames changed class in each of two iterations");
  else if (n >= options_.max_iterations)
    run_.stop_reason = text_of("--max-iterations ", options_.max_iterations, " reached, ",
                               rounded(100 * record.changed, 2), " % still change class");
  if (!run_.stop_reason.empty())
    monitor_.info(text_of("run ", run_.run, " stops after ", n, " iterations: ", run_.stop_reason));
}

std::optional<double> ClassEmc::held_out_gain() {
  if (held_out_.empty()) return std::nullopt;
  engine_.set_model(run_.model, threads_);
  std::vector<double> gain(held_out_.size());
  pass(held_out_, false,
       [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch& scratch) {
         load_conditions(tile, held_out_, first);
         tile.beta.fill(1);
         engine_.expect(tile, scratch);
         for (std::size_t d = 0; d < tile.count; ++d) gain[first + d] = tile.result[d].log_evidence;
       });
  return mean_of(gain);
}

}  // namespace spi
