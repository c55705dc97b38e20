// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/class_emc.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

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

}  // namespace

ClassEmc::ClassEmc(FrameStore& store, std::vector<std::size_t> limit, std::vector<float> fluence,
                   const AveragingOptions& options, std::size_t run, int threads, Monitor& monitor)
    : store_(store),
      options_(options),
      threads_(threads),
      monitor_(monitor),
      fluence_(std::move(fluence)),
      engine_(store.binning().rings(), store.binning().angles(), store.area(), std::move(limit),
              fluence_.empty() ? FluenceUse::free : FluenceUse::known) {
  for (std::size_t n = 0; n < store.frames(); ++n) {
    const std::uint64_t id = store.id(n);
    if (random_for(options.seed, Draw::held_out, 0, id).uniform() < options.held_out)
      held_out_.push_back(n);
    else if (random_for(options.seed, Draw::bootstrap, run, id).uniform() < options.fraction())
      members_.push_back(n);
  }
  if (members_.size() < options.classes)
    fail_usage(options.classes, " classes are more than the ", members_.size(),
               " usable frames of a run: choose fewer --classes");
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
}

double ClassEmc::beta(float photons) const {
  const double start = std::exp(-6.5 * std::pow(double(photons) / 1e5, 0.15));
  const std::size_t doublings = run_.history.size() / options_.beta_period;
  return std::min(1., options_.beta_factor * start * std::exp2(double(std::min<std::size_t>(doublings, 60))));
}

void ClassEmc::pass(const std::vector<std::size_t>& frames, bool accumulate,
                    const Prepare& prepare) {
  const std::size_t tile_count = (frames.size() + kLanes - 1) / kLanes;
  const double room = 0.25 * options_.max_memory.bytes;
  std::size_t group = std::size_t(std::max(1., room / double(engine_.tile_bytes(options_.classes))));
  group = std::min({group, std::size_t(4 * threads_), tile_count});
  std::vector<FrameTile> tiles(group);
  std::vector<LikelihoodEngine::Scratch> scratch(std::size_t(threads_) + 1);
  Progress progress(monitor_, "averaging", frames.size());
  for (std::size_t first = 0; first < tile_count; first += group) {
    const std::size_t count = std::min(group, tile_count - first);
    const std::size_t from = first * kLanes, to = std::min(frames.size(), (first + count) * kLanes);
    const FrameStore::View view = store_.load(frames[from], frames[to - 1] + 1);
    parallel_for(count, threads_, [&](std::size_t n, int worker) {
      std::vector<std::size_t> rows;
      const std::size_t begin = from + n * kLanes, end = std::min(to, begin + kLanes);
      for (std::size_t d = begin; d < end; ++d) rows.push_back(frames[d] - view.offset);
      engine_.load(*view.frames, rows, tiles[n], scratch[std::size_t(worker)]);
      prepare(tiles[n], begin, scratch[std::size_t(worker)]);
    });
    if (accumulate) sums_->add({tiles.data(), count}, first, threads_);
    progress.advance(to - from);
  }
  if (accumulate) sums_->finish(threads_);
}

void ClassEmc::start() {
  if (!std::getenv("NOPRIOR")) {
  prior_ = std::make_unique<AngularPrior>(store_, engine_, threads_, monitor_);
  std::string t; for (std::size_t m=0;m<=engine_.harmonics();++m) t+=text_of(" ",prior_->rank(m));
  monitor_.info(t); }
  engine_.set_model(run_.model, threads_);
  sums_ = std::make_unique<RateSums>(engine_);
  const std::size_t angles = engine_.angles(), classes = options_.classes;
  pass(members_, true, [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch&) {
    tile.posterior.assign((engine_.harmonics() + 1) * 2 * classes * kLanes, 0.f);
    for (std::size_t d = 0; d < tile.count; ++d) {
      Random random = random_for(options_.seed, Draw::start, run_.run, store_.id(members_[first + d]));
      const std::size_t k = random.below(classes);
      const std::size_t s = run_.model.rotates[k] ? random.below(angles) : 0;
      for (std::size_t m = 0; m <= engine_.harmonics(); ++m) {
        const double phase = 2 * std::numbers::pi * double(m * s % angles) / double(angles);
        float* p = &tile.posterior[m * 2 * classes * kLanes + d];
        p[k * kLanes] = float(std::cos(phase));
        p[(classes + k) * kLanes] = float(-std::sin(phase));
        tile.harmonics[(m * (2 * engine_.rings() + 1) + 2 * engine_.rings()) * kLanes + d] =
            fluence_.empty() ? tile.photons[d] : fluence_[members_[first + d]];
      }
    }
  });
  update_model();
}

void ClassEmc::resume(ClassRun run) { run_ = std::move(run); }

bool ClassEmc::iterate() {
  if (!run_.stop_reason.empty()) return false;
  engine_.set_model(run_.model, threads_);
  sums_ = std::make_unique<RateSums>(engine_);
  std::vector<double> gain(members_.size()), betas(members_.size());
  std::vector<std::uint8_t> changed(members_.size());
  std::vector<std::vector<float>> occupancy((members_.size() + kLanes - 1) / kLanes);
  const std::size_t classes = options_.classes;
  pass(members_, true, [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch& scratch) {
    for (std::size_t d = 0; d < tile.count; ++d) {
      tile.beta[d] = float(beta(tile.photons[d]));
      if (!fluence_.empty()) tile.fluence[d] = fluence_[members_[first + d]];
    }
    engine_.expect(tile, scratch);
    for (std::size_t d = 0; d < tile.count; ++d) {
      const FramePosterior& frame = tile.result[d];
      const std::size_t n = first + d;
      gain[n] = frame.log_evidence, betas[n] = tile.beta[d];
      changed[n] = frame.best_class != run_.best_class[n];
      run_.best_class[n] = frame.best_class, run_.best_shift[n] = frame.best_shift;
      run_.probability[n] = frame.probability, run_.fluence[n] = frame.fluence;
      run_.information[n] = frame.information;
    }
    auto& sums = occupancy[first / kLanes];
    for (std::size_t k = 0; k < classes; ++k) {
      const float* p = &tile.posterior[k * kLanes];  // harmonic 0: Σ_s P
      sums.push_back(std::accumulate(p, p + kLanes, 0.f));
    }
  });
  run_.occupancy.assign(classes, 0);
  for (const auto& sums : occupancy)
    for (std::size_t k = 0; k < classes; ++k) run_.occupancy[k] += sums[k];
  const auto mean = [](const auto& values) {
    return std::accumulate(values.begin(), values.end(), 0.) / double(values.size());
  };
  IterationRecord record{.beta = mean(betas), .gain = mean(gain),
                         .information = mean(run_.information), .changed = mean(changed)};
  update_model();
  record.reseeded = double(reseed());
  conclude(record);
  return run_.stop_reason.empty();
}

void ClassEmc::rates_from(std::size_t k, int half, float* rate) const {
  const std::size_t angles = engine_.angles(), bins = engine_.rings() * angles;
  std::vector<double> ratio(bins), exposure(bins);
  sums_->on_bins(k, half, ratio.data(), exposure.data());
  const double kappa = options_.pseudo_counts;
  for (std::size_t b = 0; b < bins; ++b)
    ratio[b] = (std::max(ratio[b], 0.) + kappa) / (std::max(exposure[b], 0.) + kappa);
  if (prior_) prior_->filter(exposure.data(), ratio.data());
  double expected = 0, flat = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    const double least = options_.floor / (std::max(exposure[b], 0.) + options_.floor);
    rate[b] = float(std::max(ratio[b], least));
    expected += rate[b] * engine_.area()[b], flat += engine_.area()[b];
  }
  if (engine_.fluence_use() == FluenceUse::free)
    for (std::size_t b = 0; b < bins; ++b) rate[b] *= float(flat / expected);
}

void ClassEmc::update_model() {
  parallel_for(options_.classes, threads_,
               [&](std::size_t k, int) { rates_from(k, 2, run_.model.of(k)); });
}

std::size_t ClassEmc::reseed() {
  const double smallest = 0.05 * double(members_.size()) / double(options_.classes);
  std::vector<double> occupancy = run_.occupancy;
  std::size_t count = 0;
  for (std::size_t k = 0; k < options_.classes; ++k) {
    if (occupancy[k] >= std::max(smallest, 1.)) continue;
    const auto broad = std::size_t(std::ranges::max_element(occupancy) - occupancy.begin());
    rates_from(broad, 0, run_.model.of(k));
    rates_from(broad, 1, run_.model.of(broad));
    occupancy[k] = occupancy[broad] /= 2;
    ++count;
  }
  return count;
}

void ClassEmc::conclude(IterationRecord record) {
  run_.history.push_back(record);
  const std::size_t n = run_.history.size();
  monitor_.info(text_of("iteration ", n, ": beta ", record.beta, ", gain ", record.gain,
                        " nats a frame, information ", record.information, ", changed ",
                        100 * record.changed, " %", ", reseeded ", record.reseeded));
  const bool settled = record.beta >= 1 && record.reseeded == 0 && n >= 2 &&
                       record.changed < options_.settled_fraction &&
                       run_.history[n - 2].changed < options_.settled_fraction;
  if (settled)
    run_.stop_reason = "settled";
  else if (n >= options_.max_iterations)
    run_.stop_reason = "max-iterations";
}

double ClassEmc::held_out_gain() {
  if (held_out_.empty()) return 0;
  engine_.set_model(run_.model, threads_);
  std::vector<double> gain(held_out_.size());
  pass(held_out_, false, [&](FrameTile& tile, std::size_t first, LikelihoodEngine::Scratch& scratch) {
    for (std::size_t d = 0; d < tile.count; ++d) {
      tile.beta[d] = 1;
      if (!fluence_.empty()) tile.fluence[d] = fluence_[held_out_[first + d]];
    }
    engine_.expect(tile, scratch);
    for (std::size_t d = 0; d < tile.count; ++d) gain[first + d] = tile.result[d].log_evidence;
  });
  return std::accumulate(gain.begin(), gain.end(), 0.) / double(gain.size());
}

}  // namespace spi
