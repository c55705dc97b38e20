// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/checkpoint.h"

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"

namespace spi {
namespace fs = std::filesystem;
namespace {

/// Writes fields to a file.
struct Writer {
  h5::File& file;
  template <class T>
  void operator()(const char* name, const std::vector<T>& values) const {
    file.write(name, values);
  }
  void operator()(const char* name, const std::string& text) const { file.write_text(name, text); }
  void operator()(const char* name, std::size_t value) const {
    file.write_scalar(name, std::uint64_t{value});
  }
};

/// Reads the same fields back.
struct Reader {
  const h5::File& file;
  template <class T>
  void operator()(const char* name, std::vector<T>& values) const {
    values = file.read<T>(name);
  }
  void operator()(const char* name, std::string& text) const { text = file.read_text(name); }
  void operator()(const char* name, std::size_t& value) const {
    value = std::size_t(file.read_scalar<std::uint64_t>(name));
  }
};

/// Gives the fields of rank 0 to all ranks.
struct Broadcaster {
  Team& team;
  void operator()(const char*, auto& value) const { team.broadcast(value); }
};

constexpr std::size_t kRecordColumns = 5;

std::vector<double> table_of(const std::vector<IterationRecord>& history) {
  std::vector<double> table;
  for (const IterationRecord& r : history)
    table.insert(table.end(), {r.beta, r.gain, r.information, r.changed, r.reseeded});
  return table;
}

std::vector<IterationRecord> history_of(const std::vector<double>& table) {
  std::vector<IterationRecord> history;
  for (std::size_t n = 0; n + kRecordColumns <= table.size(); n += kRecordColumns)
    history.push_back({table[n], table[n + 1], table[n + 2], table[n + 3], table[n + 4]});
  return history;
}

void fields(auto&& visit, auto& run, auto& history) requires requires { run.model; }
{
  visit("run", run.run);
  visit("classes", run.model.classes);
  visit("rings", run.model.rings);
  visit("angles", run.model.angles);
  visit("rate", run.model.rate);
  visit("rotates", run.model.rotates);
  visit("best_class", run.best_class);
  visit("best_shift", run.best_shift);
  visit("probability", run.probability);
  visit("fluence", run.fluence);
  visit("information", run.information);
  visit("occupancy", run.occupancy);
  visit("photons", run.photons);
  visit("stop_reason", run.stop_reason);
  visit("history", history);
}

void fields(auto&& visit, auto& result, auto& history) requires requires { result.snr; }
{
  visit("run", result.run);
  visit("classes", result.classes);
  visit("rings", result.rings);
  visit("angles", result.angles);
  visit("rate", result.rate);
  visit("weight", result.weight);
  visit("occupancy", result.occupancy);
  visit("effective_photons", result.effective_photons);
  visit("information", result.information);
  visit("half_correlation", result.half_correlation);
  visit("snr", result.snr);
  visit("member_id", result.member_id);
  visit("member_class", result.member_class);
  visit("member_probability", result.member_probability);
  visit("member_angle", result.member_angle);
  visit("member_fluence", result.member_fluence);
  visit("stop_reason", result.stop_reason);
  visit("history", history);
}

}  // namespace

CheckpointFolder::CheckpointFolder(fs::path folder, std::string setting, bool resume, Team& team)
    : folder_(std::move(folder)), setting_(std::move(setting)), team_(team) {
  if (folder_.empty() || !team_.leads()) return;
  std::error_code error;
  if (!resume) fs::remove_all(folder_, error);
  fs::create_directories(folder_, error);
  if (error) fail("cannot make the folder ", folder_.string(), ": ", error.message());
}

fs::path CheckpointFolder::run_path(std::size_t run, bool done) const {
  return folder_ / text_of("run-", run, done ? "-done" : "", ".h5");
}

void CheckpointFolder::save(const ClassRun& run) const {
  if (folder_.empty() || !team_.leads()) return;
  AtomicFile target(run_path(run.run, false));
  h5::File file = h5::File::create(target.temporary());
  file.set_attribute("/", "setting", setting_);
  const auto history = table_of(run.history);
  fields(Writer{file}, run, history);
  file.close();
  target.commit();
}

void CheckpointFolder::save(const ClassResult& result) const {
  if (folder_.empty() || !team_.leads()) return;
  AtomicFile target(run_path(result.run, true));
  h5::File file = h5::File::create(target.temporary());
  file.set_attribute("/", "setting", setting_);
  const auto history = table_of(result.history);
  fields(Writer{file}, result, history);
  if (result.held_out_gain) file.write_scalar("held_out_gain", *result.held_out_gain);
  file.close();
  target.commit();
  fs::remove(run_path(result.run, false));
}

void CheckpointFolder::check_setting(const h5::File& file) const {
  if (file.text_attribute("/", "setting") != setting_)
    fail_usage("the checkpoint in ", folder_.string(),
               " belongs to other frames or options: give the same ones, remove it, or leave out "
               "--resume");
}

std::optional<h5::File> CheckpointFolder::open(const fs::path& path, bool& exists) const {
  exists = !folder_.empty() && team_.leads() && fs::exists(path);
  std::optional<h5::File> file;
  if (exists) check_setting(file.emplace(h5::File::open(path)));
  team_.broadcast(exists);
  return file;
}

std::optional<ClassRun> CheckpointFolder::load_run(std::size_t which) const {
  bool exists = false;
  const auto file = open(run_path(which, false), exists);
  if (!exists) return std::nullopt;
  ClassRun run;
  std::vector<double> history;
  if (file) fields(Reader{*file}, run, history);
  fields(Broadcaster{team_}, run, history);
  run.history = history_of(history);
  return run;
}

std::optional<ClassResult> CheckpointFolder::load_result(std::size_t which) const {
  bool exists = false;
  const auto file = open(run_path(which, true), exists);
  if (!exists) return std::nullopt;
  ClassResult result;
  std::vector<double> history;
  if (file) fields(Reader{*file}, result, history);
  fields(Broadcaster{team_}, result, history);
  result.history = history_of(history);
  double gain = 0;
  bool held_out = file && file->exists("held_out_gain");
  if (held_out) gain = file->read_scalar<double>("held_out_gain");
  team_.broadcast(held_out), team_.broadcast(gain);
  if (held_out) result.held_out_gain = gain;
  return result;
}

}  // namespace spi
