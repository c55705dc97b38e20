// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/absolute_embedding/train.h"

#include <cmath>
#include <cstdio>

#include "libspi/base/parallel.h"
#include "libspi/learn/keys.h"
#include "libspi/learn/runtime.h"
#include "libspi/polar/stack_survey.h"
#include "models/absolute_embedding/members.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

/// Zhuang et al. 2022, section 2.2.3: mean-square errors of components 1 to 3 on 200 held-out
/// averages. The unit is not stated.
constexpr double kPublishedSquaredError[] = {0.088, 0.059, 0.042};

/// Mean and deviation of each component over the training rows.
void standardise_targets(AbsoluteEmbedding& model, const std::vector<std::size_t>& rows) {
  const Coordinates& landscape = model.landscape;
  for (std::size_t c = 0; c < landscape.components; ++c) {
    double sum = 0, squares = 0;
    for (const std::size_t row : rows) {
      const double y = landscape.values[row * landscape.components + c];
      sum += y;
      squares += y * y;
    }
    const double mean = sum / double(rows.size());
    const double variance = squares / double(rows.size()) - mean * mean;
    if (!(variance > 0))
      fail("component ", c + 1, " of the landscape is the same for all patterns");
    model.target_mean.push_back(mean);
    model.target_deviation.push_back(std::sqrt(variance));
  }
}

at::Tensor target_tensor(const AbsoluteEmbedding& model) {
  const std::size_t c = model.components();
  at::Tensor targets = at::empty({std::int64_t(model.landscape.rows), std::int64_t(c)}, at::kFloat);
  float* out = targets.data_ptr<float>();
  for (std::size_t k = 0; k < model.landscape.values.size(); ++k)
    out[k] = float((model.landscape.values[k] - model.target_mean[k % c]) /
                   model.target_deviation[k % c]);
  return targets;
}

FeatureTable all_features(StackReader& averages, const PolarFeatureSettings& settings, int threads,
                          Monitor& monitor) {
  const PolarFeatures features(settings, averages.info(), stack_centre(averages, monitor).position);
  FeatureTable all{averages.info().count, features.size(), {}};
  all.values.reserve(all.rows * all.columns);
  for_each_features(averages, features, threads, monitor,
                    [&](std::size_t, const FeatureTable& some) {
                      all.values.insert(all.values.end(), some.values.begin(), some.values.end());
                    });
  return all;
}

/// Trains the networks of an ensemble side by side.
class EnsembleTrainer {
 public:
  EnsembleTrainer(const AbsoluteEmbedding& model, const FeatureTable& scaled,
                  const learn::Split& split, const AbsoluteEmbeddingOptions& options,
                  const EmbeddingRun& run)
      : model_(model),
        split_(split),
        options_(options),
        run_(run),
        device_(run.device == Device::cuda ? at::kCUDA : at::kCPU),
        features_(tensor_of(scaled).to(device_)),
        targets_(target_tensor(model).to(device_)),
        histories_(options.ensemble) {}

  std::vector<learn::History> train(AbsoluteEmbedding::Members& members, Monitor& monitor) {
    members.networks.resize(options_.ensemble);
    Progress progress(monitor, "training",
                      options_.ensemble * options_.training.epochs *
                          learn::steps_per_epoch(split_, options_.training));
    // A GPU takes them one after another.
    const int workers = run_.device == Device::cuda ? 1 : run_.threads;
    parallel_for(options_.ensemble, workers, [&](std::size_t member, int) {
      learn::set_threads(1);
      members.networks[member] = train_member(member, progress);
    });
    return histories_;
  }

 private:
  std::shared_ptr<RegressorNetwork> train_member(std::size_t member, Progress& progress) {
    auto network = std::make_shared<RegressorNetwork>(model_.scale.column.size(), options_.hidden,
                                                      model_.components());
    const std::uint64_t seed = learn::keys::member_seed(run_.seed, member);
    learn::draw_weights(*network, seed);
    if (device_.is_cuda()) learn::make_cuda_exact();
    network->to(device_);
    RegressionTask task(*network, features_, targets_, options_.noise, options_.dropout);
    const learn::Run run{.seed = seed,
                         .checkpoint = run_.checkpoint.empty()
                                           ? fs::path()
                                           : run_.checkpoint / text_of("member-", member, ".h5"),
                         .setting = run_.setting,
                         .resume = run_.resume,
                         .member = member,
                         .log = run_.log};
    histories_[member] = learn::train(task, split_, options_.training, run, progress);
    network->to(at::kCPU);
    return network;
  }

  const AbsoluteEmbedding& model_;
  const learn::Split& split_;
  const AbsoluteEmbeddingOptions& options_;
  const EmbeddingRun& run_;
  at::Device device_;
  at::Tensor features_, targets_;
  std::vector<learn::History> histories_;
};

void prepare_checkpoint(const EmbeddingRun& run) {
  if (run.checkpoint.empty()) return;
  std::error_code error;
  if (!run.resume) fs::remove_all(run.checkpoint, error);
  fs::create_directories(run.checkpoint, error);
  if (error) fail("cannot make the folder ", run.checkpoint.string(), ": ", error.message());
}

std::vector<double> variances(const AbsoluteEmbedding& model) {
  std::vector<double> out;
  for (const double deviation : model.target_deviation) out.push_back(deviation * deviation);
  return out;
}

}  // namespace

void AbsoluteEmbeddingOptions::describe(OptionSet& options) {
  options.group("Network");
  options.add("components", components, "components of the landscape to learn").range(1, 1000);
  options.add("hidden", hidden, "sizes of the hidden layers");
  options
      .add("ensemble", ensemble,
           "networks to train; their mean is the answer, their spread its uncertainty")
      .range(1, 1000);
  options
      .add("noise", noise,
           "deviation of the noise that is added to features in training, in units of theirs")
      .range(0, 100);
  options.add("dropout", dropout, "part of the hidden values left out in training").range(0, 0.99);
  training.describe(options);
  features.describe(options);
}

TrainedEmbedding train_embedding(StackReader& averages, const Coordinates& landscape,
                                 const std::vector<std::int64_t>& group,
                                 const AbsoluteEmbeddingOptions& options, const EmbeddingRun& run,
                                 Monitor& monitor) {
  check_options(options);
  for (const std::size_t size : options.hidden)
    if (size == 0) fail_usage("--hidden: a layer needs at least one value");
  SPI_ASSERT(landscape.rows == averages.info().count);
  const learn::Split split =
      learn::split_rows(landscape.rows, group, options.training.validation, run.seed);
  TrainedEmbedding out;
  AbsoluteEmbedding& model = out.model;
  model.landscape = landscape;
  model.hidden = options.hidden;
  model.features = polar_feature_settings(averages, options.features, run.threads, monitor);
  const FeatureTable raw = all_features(averages, model.features, run.threads, monitor);
  model.scale = FeatureScale(model.features, raw, split.train);
  standardise_targets(model, split.train);
  monitor.info(text_of(model.scale.column.size(), " of ", raw.columns,
                       " features hold more than noise; training on ", split.train.size(),
                       " patterns, validating on ", split.validation.size()));
  const FeatureTable scaled = model.scale.apply(raw);
  prepare_checkpoint(run);
  auto members = std::make_shared<AbsoluteEmbedding::Members>();
  out.histories = EnsembleTrainer(model, scaled, split, options, run).train(*members, monitor);
  model.members = std::move(members);
  learn::set_threads(1);
  model.novelty = Novelty(scaled, run.seed);
  model.predicted = model.predict(raw).mean;
  model.held_out.resize(landscape.rows);
  for (const std::size_t row : split.validation) model.held_out[row] = 1;
  const bool validates = !split.validation.empty();
  out.quality = regression_quality(landscape, model.predicted,
                                   validates ? split.validation : split.train, variances(model));
  out.quality.held_out = validates;
  return out;
}

std::string quality_text(const RegressionQuality& quality) {
  std::string text = text_of("on ", quality.rows, quality.held_out ? " held-out" : " training",
                             " patterns (squared errors: in units of the landscape; over "
                             "its variance; published, Zhuang et al. 2022)");
  for (std::size_t c = 0; c < quality.r2.size(); ++c) {
    char line[160];
    std::snprintf(line, sizeof line, "\n  component %zu: R2 %.4f, squared error %.4f; %.4f; ",
                  c + 1, quality.r2[c], quality.squared_error[c],
                  quality.squared_error[c] / quality.variance[c]);
    text += line;
    text += c < std::size(kPublishedSquaredError) ? text_of(kPublishedSquaredError[c]) : "none";
  }
  return text;
}

}  // namespace spi
