// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/training.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

namespace spi::learn {
namespace {

nlohmann::ordered_json parts_json(const Parts& parts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : parts) json[name] = value;
  return json;
}

}  // namespace

void TrainingOptions::describe(OptionSet& options) {
  options.group("Training");
  options.add("epochs", epochs, "passes over the training rows at most").range(1, 1e6);
  options.add("batch-size", batch_size, "rows a step").range(1, 1e6);
  options
      .add("learning-rate", learning_rate,
           "of the first epoch; it falls to a hundredth along half a cosine")
      .range(1e-9, 10);
  options.add("rate-warm-up", rate_warm_up, "epochs in which the learning rate rises first")
      .range(0, 1e6);
  options.add("weight-decay", weight_decay, "pull of the weights towards 0 (AdamW)").range(0, 10);
  options.add("validation", validation, "part of the rows that is held out").range(0, 0.9);
  options
      .add("patience", patience,
           "stop after so many epochs without a lower validation loss; 0: never")
      .range(0, 1e6);
}

std::string setting_of(const Provenance& provenance) {
  constexpr std::string_view kFree[] = {"output",
                                        "threads",
                                        "device",
                                        "force",
                                        "quiet",
                                        "verbose",
                                        "log",
                                        "resume",
                                        "max-memory",
                                        "no-plots",
                                        "color-by",
                                        "against",
                                        "latent-each-epoch",
                                        "learning-rate"};
  std::string text;
  for (const auto& [name, value] : provenance.options)
    if (std::ranges::find(kFree, name) == std::end(kFree)) text += name + "=" + value + "\n";
  for (const auto& [name, fingerprint] : provenance.inputs) text += fingerprint + "\n";
  return text;
}

double learning_rate(const TrainingOptions& options, std::size_t epoch) {
  constexpr double kLast = 0.01;
  const double warm = double(options.rate_warm_up), at = double(epoch);
  if (at < warm) return options.learning_rate * (at + 1) / (warm + 1);
  const double done = (at - warm) / std::max(1.0, double(options.epochs) - warm);
  const double share = 0.5 * (1 + std::cos(std::numbers::pi * done));
  return options.learning_rate * (kLast + (1 - kLast) * share);
}

bool goes_on(const Run& run) {
  bool found = run.team.leads() && run.resume && !run.checkpoint.empty() &&
               std::filesystem::exists(run.checkpoint);
  run.team.broadcast(found);
  return found;
}

void TrainingLog::add(std::size_t member, const EpochRecord& record) {
  nlohmann::ordered_json json{{"member", member},
                              {"epoch", record.epoch},
                              {"learning_rate", record.learning_rate},
                              {"loss", record.loss}};
  if (!std::isnan(record.validation)) json["validation"] = record.validation;
  if (!record.parts.empty()) json["parts"] = parts_json(record.parts);
  if (!record.validation_parts.empty())
    json["validation_parts"] = parts_json(record.validation_parts);
  const std::lock_guard lock(mutex_);
  std::ofstream file(path_, begun_ ? std::ios::app : std::ios::trunc);
  begun_ = true;
  file << json.dump() << std::endl;
  if (!file) fail("cannot write ", path_.string(), ": is the disk full, or the folder missing?");
}

}  // namespace spi::learn
