// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/averaging.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "libspi/averaging/checkpoint.h"
#include "libspi/base/error.h"

namespace spi {
namespace {

/// Harmonics worth having on each ring. Pixels sample a ring of radius r at arcs of one pixel: πr
/// harmonics of the turn. A particle of diameter D has rates of no more than 2πqD; twice that is
/// kept, since it is the logarithm of the rate that counts.
std::vector<std::size_t> harmonic_limits(const PolarBinning& binning, const Detector& detector,
                                         const std::optional<Length>& diameter) {
  double per_radius = std::numbers::pi;
  if (diameter) {
    const auto q = detector.q_per_pixel();
    if (!q) fail_usage("--diameter needs the wavelength, which the detector does not give");
    per_radius = std::min(per_radius, 2 * 2 * std::numbers::pi * *q * diameter->angstroms());
  }
  std::vector<std::size_t> limit;
  for (const double r : binning.radii_px()) {
    const double harmonics = std::ceil(per_radius * r / (binning.folded() ? 2 : 1));
    limit.push_back(std::min(binning.angles() / 2, std::size_t(std::max(1., harmonics))));
  }
  return limit;
}

std::string setting_of(AveragingOptions options, const FrameStore& store, std::uint64_t seed) {
  constexpr std::string_view kFree[] = {"max-memory", "checkpoint-every", "resume", "only-run"};
  OptionSet described;
  options.describe(described);
  return setting_text(described, kFree, store, seed);
}

/// Takes a run to its end, from its checkpoint where there is one.
ClassResult complete(ClassSetting& setting, const AveragingOptions& options,
                     const CheckpointFolder& checkpoint, std::size_t run, int threads,
                     Monitor& monitor) {
  using Clock = std::chrono::steady_clock;
  if (auto done = checkpoint.load_result(run)) {
    monitor.info(text_of("run ", run, " was finished before"));
    return std::move(*done);
  }
  ClassEmc emc(setting, options, run, threads, monitor);
  if (auto saved = checkpoint.load_run(run)) {
    monitor.info(text_of("run ", run, " goes on after iteration ", saved->history.size()));
    emc.resume(std::move(*saved));
  } else {
    emc.start();
  }
  auto last = Clock::now();
  while (emc.iterate()) {
    if (std::chrono::duration<double>(Clock::now() - last).count() < options.checkpoint_every_s)
      continue;
    checkpoint.save(emc.state());
    last = Clock::now();
  }
  ClassResult result = result_of(emc, setting.store, threads);
  checkpoint.save(result);
  if (result.held_out_gain)
    monitor.info(text_of("run ", run, ": the averages gain ", *result.held_out_gain,
                         " nats a frame on frames held out"));
  return result;
}

/// A run for each number of classes to try, numbered beyond those of the bootstrap.
std::vector<ClassTrial> try_classes(ClassSetting& setting, AveragingOptions options,
                                    const CheckpointFolder& folder, int threads, Monitor& monitor) {
  constexpr std::size_t kFirstTrial = 1000;
  if (options.held_out == 0) options.held_out = 0.1;
  std::vector<ClassTrial> trials;
  for (const std::size_t classes : options.try_classes) {
    options.classes = classes;
    monitor.info(text_of("trying ", classes, " classes"));
    const ClassResult run =
        complete(setting, options, folder, kFirstTrial + trials.size(), threads, monitor);
    trials.push_back({classes, run.history.size(), run.held_out_gain.value_or(0)});
  }
  return trials;
}

std::vector<float> known_fluences(const AveragingOptions& options, const FrameSource& source,
                                  const FrameStore& store) {
  if (!options.fluence_file)
    return std::vector<float>(options.fluence == Fluences::equal ? store.frames() : 0, 1.f);
  const auto all = read_fluences(*options.fluence_file, source.frames());
  std::vector<float> used;
  double sum = 0;
  for (std::size_t n = 0; n < store.frames(); ++n)
    sum += used.emplace_back(all[store.source_index(n)]);
  for (float& phi : used) phi = float(phi * double(used.size()) / sum);  // mean 1
  return used;
}

}  // namespace

AveragingResult average_frames(FrameSource& source, const AveragingOptions& given,
                               const std::filesystem::path& checkpoint, std::uint64_t seed,
                               int threads, Monitor& monitor) {
  AveragingOptions options = given;
  check_options(options);
  if (options.only_run && *options.only_run >= options.bootstrap_runs)
    fail_usage("--only-run ", *options.only_run, ": runs count from 0 and --bootstrap-runs is ",
               options.bootstrap_runs);
  if (options.only_run && !options.try_classes.empty())
    fail_usage("--only-run and --try-classes exclude each other: choose --classes first");
  AveragingResult result;
  // Half of the memory may hold frames; a quarter the tiles of the E step; the rest sums and
  // models.
  result.store = std::make_unique<FrameStore>(source, options.polar, options.brightest,
                                              0.5 * options.max_memory.bytes, monitor);
  FrameStore& store = *result.store;
  const PolarBinning& binning = store.binning();
  monitor.info(text_of(store.frames(), " frames on ", binning.rings(), " rings from ",
                       binning.radii_px().front(), " to ", binning.radii_px().back(),
                       " pixels and ", binning.angles(),
                       binning.folded() ? " angles of the half turn, " : " angles of the turn, ",
                       store.in_memory() ? "kept in memory" : "read anew in each iteration"));
  const auto limit = harmonic_limits(binning, store.detector(), options.diameter);
  ClassSetting setting{store,   limit, known_fluences(options, source, store),
                       nullptr, seed,  device_maker(options.device, store.team())};
  // Members are known before the work begins: too few of them is a usage error at once.
  for (const std::size_t classes : options.try_classes) {
    if (classes == 0) fail_usage("--try-classes: 0 classes are too few");
    options.classes = std::max(options.classes, classes);
  }
  ClassEmc(setting, options, 0, threads, monitor);
  std::unique_ptr<AngularPrior> prior;
  if (options.smoothing == Smoothing::prior)
    prior = std::make_unique<AngularPrior>(store, limit, threads, monitor);
  setting.prior = prior.get();
  const CheckpointFolder folder(checkpoint, setting_of(given, store, seed),
                                options.resume || options.only_run, store.team());
  options.classes = given.classes;
  if (!options.try_classes.empty()) {
    result.trials = try_classes(setting, options, folder, threads, monitor);
    options.classes =
        std::ranges::max_element(result.trials, {}, &ClassTrial::held_out_gain)->classes;
    monitor.info(text_of("taking ", options.classes, " classes"));
  }
  for (std::size_t run = 0; run < options.bootstrap_runs; ++run) {
    if (options.only_run && run != *options.only_run) continue;
    result.runs.push_back(complete(setting, options, folder, run, threads, monitor));
  }
  return result;
}

std::string summary(const AveragingResult& result, const FrameSource& source) {
  const Survey& survey = result.store->survey();
  std::string text = text_of("used ", survey.used, " of ", source.frames(), " frames");
  std::string rejected;
  for (std::size_t f = 1; f < EnumNames<FrameFate>::values.size(); ++f)
    if (const std::size_t n = survey.count(FrameFate(f)))
      rejected += text_of(rejected.empty() ? "" : ", ", n, " ", EnumNames<FrameFate>::values[f]);
  if (!rejected.empty()) text += " (rejected: " + rejected + ")";
  if (source.broken_files() > 0) text += text_of(", left out ", source.broken_files(), " files");
  std::size_t averages = 0;
  for (const ClassResult& run : result.runs) averages += run.classes;
  return text + text_of("; ", averages, " averages from ", result.runs.size(),
                        result.runs.size() == 1 ? " run" : " runs");
}

}  // namespace spi
