// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/class_emc.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/quantity.h"

namespace spi {
namespace {

constexpr std::size_t kLanes = FrameTile::kLanes;

double mean_of(const auto& values) {
  return std::accumulate(values.begin(), values.end(), 0.) / double(values.size());
}

}  // namespace

ClassEmc::ClassEmc(ClassSetting& setting, const AveragingOptions& options, std::size_t run,
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
    if (random_for(Draw::held_out, 0, id).uniform() < options.held_out)
      held_out_.push_back(n);
    else if (random_for(Draw::bootstrap, run, id).uniform() < options.fraction())
      members_.push_back(n);
  }
  if (members_.size() < options.classes)
    fail_usage(options.classes, " classes are more than the ", members_.size(),
               " usable frames of a run: choose fewer --classes");
  if (options.still_classes > options.classes)
    fail_usage("--still-classes is ", options.still_classes, ", more than --classes ",
               options.classes);
  double fluences = 0;
  for (const std::size_t n : members_) {
    largest_sum_ += double(photons_.emplace_back(setting.store.photons(n)));
    if (!setting.fluence.empty()) fluences += double(setting.fluence[n]);
  }
  largest_sum_ = std::max(largest_sum_, fluences);
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

Random ClassEmc::random_for(Draw draw, std::size_t run, std::uint64_t id) const {
  return Random(setting_.seed + (std::uint64_t{run} << 32), std::uint32_t(draw), id);
}

double ClassEmc::beta(float photons) const { return options_.beta(photons, run_.history.size()); }

std::vector<std::size_t> ClassEmc::parts_of(const std::vector<std::size_t>& frames) const {
  return setting_.store.parts(frames.size(), RateSums::kBlockFrames,
                              [&](auto n) { return frames[n]; });
}

FramePass ClassEmc::pass_over(const std::vector<std::size_t>& frames) const {
  // A part begins with a block, so with a tile, or is empty.
  const std::vector<std::size_t> parts = parts_of(frames);
  const std::size_t rank = setting_.store.team().rank(), begin = parts[rank], end = parts[rank + 1];
  const auto of = [&frames, end](std::size_t tile) {
    const auto at = [&](std::size_t n) {
      return frames.begin() + std::ptrdiff_t(std::min(n, end));
    };
    return std::vector<std::size_t>(at(tile * kLanes), at((tile + 1) * kLanes));
  };
  return FramePass(
      {setting_.store, engine_, 0.25 * options_.max_memory.bytes, threads_, monitor_, "averaging"},
      {(begin + kLanes - 1) / kLanes, (end + kLanes - 1) / kLanes, end - begin, of});
}

void ClassEmc::expect(const std::vector<std::size_t>& frames, RateSums* sums,
                      const FramePass::Steps& steps) {
  constexpr TileReturns kReturns{.shares = true};
  if (setting_.make_device && !device_) device_ = setting_.make_device(engine_, kReturns);
  pass_over(frames).expect(device_.get(), kReturns, sums, steps);
}

void ClassEmc::sum_assigned(
    const std::vector<std::size_t>& frames,
    const std::function<std::array<std::size_t, 2>(std::size_t)>& assigned) {
  sums_ = std::make_unique<RateSums>(engine_, largest_sum_);
  const std::size_t angles = engine_.angles(), classes = options_.classes;
  const std::size_t rows = 2 * engine_.rings() + 1;
  const auto assign = [&](FrameTile& tile, std::size_t number, LikelihoodEngine::Scratch&) {
    tile.posterior.assign((engine_.harmonics() + 1) * 2 * classes * kLanes, 0.f);
    load_conditions(tile, frames, number);
    for (std::size_t d = 0; d < tile.count; ++d) {
      const auto [k, s] = assigned(number * kLanes + d);
      for (std::size_t m = 0; m <= engine_.harmonics(); ++m) {
        const double phase = 2 * std::numbers::pi * double(m * s % angles) / double(angles);
        float* p = &tile.posterior[m * 2 * classes * kLanes + d];
        p[k * kLanes] = float(std::cos(phase));
        p[(classes + k) * kLanes] = float(-std::sin(phase));
        tile.harmonics[(m * rows + rows - 1) * kLanes + d] =
            setting_.fluence.empty() ? tile.photons[d] : tile.fluence[d];
      }
    }
  };
  pass_over(frames).on_processor(assign, [&](std::span<const FrameTile> tiles, std::size_t first) {
    sums_->add(tiles, first, threads_);
  });
  sums_->finish(threads_, setting_.store.team());
}

void ClassEmc::start() {
  engine_.set_model(run_.model, threads_);
  sum_assigned(members_, [&](std::size_t n) -> std::array<std::size_t, 2> {
    Random random = random_for(Draw::start, run_.run, setting_.store.id(members_[n]));
    const std::size_t k = random.below(options_.classes);
    return {k, run_.model.rotates[k] ? random.below(engine_.angles()) : 0};
  });
  update_model();
}

void ClassEmc::load_conditions(FrameTile& tile, const std::vector<std::size_t>& frames,
                               std::size_t number) const {
  for (std::size_t d = 0; d < tile.count; ++d) {
    tile.beta[d] = float(beta(tile.photons[d]));
    if (!setting_.fluence.empty()) tile.fluence[d] = setting_.fluence[frames[number * kLanes + d]];
  }
}

void ClassEmc::resume(ClassRun run) { run_ = std::move(run); }

IterationRecord ClassEmc::expect() {
  engine_.set_model(run_.model, threads_);
  sums_ = std::make_unique<RateSums>(engine_, largest_sum_);
  overlap_ = std::make_unique<ClassOverlap>(options_.classes, members_.size());
  residual_.assign(members_.size(), 0.f);
  const std::size_t n = members_.size(), classes = options_.classes;
  std::vector<double> gain(n), betas(n);
  for (std::size_t at = 0; at < n; ++at) betas[at] = float(beta(photons_[at]));
  std::vector<std::uint8_t> changed(n);
  std::vector<std::vector<std::array<float, 2>>> occupancy((n + kLanes - 1) / kLanes);
  const auto conditions = [&](FrameTile& tile, std::size_t number) {
    load_conditions(tile, members_, number);
  };
  const auto record = [&](const FrameTile& tile, std::size_t number) {
    for (std::size_t d = 0; d < tile.count; ++d) {
      const FramePosterior& frame = tile.result[d];
      const std::size_t at = number * kLanes + d;
      gain[at] = frame.log_evidence;
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
      occupancy[number].push_back({frames, photons});
    }
  };
  const auto together = [&](std::span<const FrameTile> tiles, std::size_t first) {
    overlap_->add(tiles, first, threads_);
  };
  expect(members_, sums_.get(), {conditions, record, together});
  overlap_->finish(setting_.store.team());
  const std::vector<std::size_t> parts = parts_of(members_);
  const auto gather = [&](auto&... columns) {
    (setting_.store.team().gather(std::span(columns), parts), ...);
  };
  gather(gain, changed, run_.best_class, run_.best_shift, run_.probability, run_.fluence,
         run_.information, residual_);
  sum_occupancy(occupancy);
  return {.beta = mean_of(betas),
          .gain = mean_of(gain),
          .information = mean_of(run_.information),
          .changed = mean_of(changed),
          .reseeded = 0};
}

void ClassEmc::sum_occupancy(const std::vector<std::vector<std::array<float, 2>>>& tiles) {
  const Quantum of_frames(double(members_.size())), of_photons(largest_sum_);
  run_.occupancy.assign(options_.classes, 0);
  run_.photons.assign(options_.classes, 0);
  for (const auto& sums : tiles)
    for (std::size_t k = 0; k < sums.size(); ++k) {
      run_.occupancy[k] += of_frames.round(sums[k][0]);
      run_.photons[k] += of_photons.round(sums[k][1]);
    }
  setting_.store.team().sum(run_.occupancy);
  setting_.store.team().sum(run_.photons);
}

bool ClassEmc::iterate() {
  if (!run_.stop_reason.empty()) return false;
  IterationRecord record = expect();
  update_model();
  record.reseeded = double(reshape(record.beta));
  run_.history.push_back(record);
  const std::size_t n = run_.history.size();
  if (filled_at() == 0 && (settled() || n + kAfterFilling == options_.max_iterations))
    run_.history.back().reseeded += double(fill_empty());
  run_.stop_reason = reason_to_stop();
  report_iteration();
  return run_.stop_reason.empty();
}

std::size_t ClassEmc::filled_at() const {
  std::size_t at_one = 0, filled = 0;
  for (std::size_t n = 0; n < run_.history.size(); ++n) {
    if (at_one >= kShapingAtOne && run_.history[n].reseeded > 0) filled = n + 1;
    at_one += run_.history[n].beta >= 1;
  }
  return filled;
}

bool ClassEmc::settled() const {
  const auto calm = [&](const IterationRecord& r) {
    return r.beta >= 1 && r.reseeded == 0 && r.changed < options_.settled;
  };
  const std::size_t n = run_.history.size();
  return n >= 2 && calm(run_.history[n - 1]) && calm(run_.history[n - 2]);
}

std::string ClassEmc::reason_to_stop() const {
  const std::size_t n = run_.history.size(), filled = filled_at();
  if (filled > 0 && n >= filled + kAfterFilling)
    return "classes that had stayed empty were filled from full ones";
  if (filled == 0 && settled())
    return text_of("membership settled: less than ", 100 * options_.settled,
                   " % of the frames changed class in each of two iterations");
  if (n >= options_.max_iterations)
    return text_of("--max-iterations ", options_.max_iterations, " reached, ",
                   rounded(100 * run_.history.back().changed, 2), " % still change class");
  return {};
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
  Team& team = setting_.store.team();
  std::vector<std::size_t> parts = equal_parts(options_.classes, team.size());
  const std::size_t first = parts[team.rank()], count = parts[team.rank() + 1] - first;
  parallel_for(count, threads_,
               [&](std::size_t n, int) { rates_from(first + n, 2, run_.model.of(first + n)); });
  for (std::size_t& bound : parts) bound *= engine_.rings() * engine_.angles();
  team.gather(std::span(run_.model.rate), parts);
}

void ClassEmc::report_iteration() {
  const IterationRecord& record = run_.history.back();
  const std::size_t n = run_.history.size();
  monitor_.info(text_of("run ", run_.run, ", iteration ", n, ": beta ", rounded(record.beta, 4),
                        ", gain ", rounded(record.gain, 3), " nats a frame, information ",
                        rounded(record.information, 3), " nats, ", rounded(100 * record.changed, 2),
                        " % changed class",
                        record.reseeded > 0 ? text_of(", ", record.reseeded, " made anew") : ""));
  if (!run_.stop_reason.empty())
    monitor_.info(text_of("run ", run_.run, " stops after ", n, " iterations: ", run_.stop_reason));
}

std::optional<double> ClassEmc::held_out_gain() {
  if (held_out_.empty()) return std::nullopt;
  engine_.set_model(run_.model, threads_);
  std::vector<double> gain(held_out_.size());
  const auto conditions = [&](FrameTile& tile, std::size_t number) {
    load_conditions(tile, held_out_, number);
    tile.beta.fill(1);
  };
  const auto record = [&](const FrameTile& tile, std::size_t number) {
    for (std::size_t d = 0; d < tile.count; ++d)
      gain[number * kLanes + d] = tile.result[d].log_evidence;
  };
  expect(held_out_, nullptr, {conditions, record, {}});
  setting_.store.team().gather(std::span(gain), parts_of(held_out_));
  return mean_of(gain);
}

}  // namespace spi
