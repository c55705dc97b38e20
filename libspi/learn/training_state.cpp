// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/training_state.h"

#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"

namespace spi::learn {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "spi-training";

/// Members of an ensemble save side by side; HDF5 need not be made for threads.
std::mutex hdf5_mutex;

Json json_of(const EpochRecord& e) {
  return {
      {"epoch", e.epoch}, {"learning_rate", e.learning_rate},
      {"loss", e.loss},   {"validation", std::isnan(e.validation) ? Json() : Json(e.validation)},
      {"parts", e.parts}, {"validation_parts", e.validation_parts}};
}

EpochRecord epoch_of(const Json& json) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const Json& validation = json.at("validation");
  return {.epoch = json.at("epoch"),
          .learning_rate = json.at("learning_rate"),
          .loss = json.at("loss"),
          .validation = validation.is_null() ? kNone : validation.get<double>(),
          .parts = json.at("parts").get<Parts>(),
          .validation_parts = json.at("validation_parts").get<Parts>()};
}

Json json_of(const TrainingState& state) {
  Json epochs = Json::array();
  for (const EpochRecord& epoch : state.history.epochs) epochs.push_back(json_of(epoch));
  return {{"epoch", state.epoch},
          {"step", state.step},
          {"sum", {{"loss", state.sum.loss}, {"rows", state.sum.rows}, {"parts", state.sum.parts}}},
          {"epochs", epochs},
          {"best_epoch", state.history.best_epoch},
          {"best_loss", state.best.empty() ? Json() : Json(state.best_loss)},
          {"optimizer_steps", state.optimizer_steps}};
}

TrainingState state_of(const Json& json) {
  TrainingState state;
  state.epoch = json.at("epoch");
  state.step = json.at("step");
  const Json& sum = json.at("sum");
  state.sum = {sum.at("loss"), sum.at("rows"), sum.at("parts").get<Parts>()};
  for (const Json& epoch : json.at("epochs")) state.history.epochs.push_back(epoch_of(epoch));
  state.history.best_epoch = json.at("best_epoch");
  if (!json.at("best_loss").is_null()) state.best_loss = json.at("best_loss");
  state.optimizer_steps = json.at("optimizer_steps");
  return state;
}

}  // namespace

void LossSum::add(double batch_loss, const Parts& batch_parts, std::size_t batch_rows) {
  loss += batch_loss * double(batch_rows);
  rows += double(batch_rows);
  if (parts.empty())
    for (const auto& [name, value] : batch_parts) parts.emplace_back(name, 0);
  SPI_ASSERT(parts.size() == batch_parts.size());
  for (std::size_t k = 0; k < parts.size(); ++k)
    parts[k].second += batch_parts[k].second * double(batch_rows);
}

Parts LossSum::mean_parts() const {
  Parts means = parts;
  for (auto& [name, value] : means) value /= rows;
  return means;
}

void broadcast(TrainingState& state, Team& team) {
  std::string numbers = team.leads() ? json_of(state).dump() : "";
  team.broadcast(numbers);
  if (!team.leads()) state = state_of(Json::parse(numbers));
  for (Tensors* tensors : {&state.best, &state.weights, &state.optimizer})
    broadcast(*tensors, team);
}

void save_training(const std::filesystem::path& path, const std::string& setting,
                   const TrainingState& state) {
  const std::lock_guard lock(hdf5_mutex);
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  file.set_attribute("/", "format", std::string(kFormat));
  file.set_attribute("/", "format_version", std::int64_t{kFormatVersion});
  file.write_text("setting", setting);
  file.write_text("state", json_of(state).dump());
  write_tensors(file, "weights", state.weights);
  write_tensors(file, "optimizer", state.optimizer);
  if (!state.best.empty()) write_tensors(file, "best", state.best);
  file.close();
  target.commit();
}

TrainingState load_training(const std::filesystem::path& path, const std::string& setting) {
  const std::lock_guard lock(hdf5_mutex);
  const h5::File file = h5::File::open(path);
  if (format_of(file) != kFormat) fail(path.string(), " is not the state of a training");
  if (file.read_text("setting") != setting)
    fail_usage(
        "the checkpoint ", path.string(),
        " belongs to other data or options: give the same ones, remove it, or leave out --resume");
  TrainingState state;
  try {
    state = state_of(Json::parse(file.read_text("state")));
  } catch (const Json::exception&) {
    fail(path.string(), ": the state of the training is damaged; leave out --resume");
  }
  state.weights = read_tensors(file, "weights");
  state.optimizer = read_tensors(file, "optimizer");
  if (file.is_group("best")) state.best = read_tensors(file, "best");
  return state;
}

}  // namespace spi::learn
