// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/checkpoint.h"

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/hdf5.h"

namespace spi {
namespace {

constexpr std::size_t kRecordColumns = 7;
constexpr std::size_t kPoseColumns = 9 + 5 * FramePose::kMost;

std::vector<double> row_of(const EmcRecord& r) {
  return {r.beta, r.spacing_rad, r.gain, r.width_rad, r.turned_rad, r.moved, r.fsc_radius};
}

EmcRecord record_of(const double* row) {
  return {row[0], row[1], row[2], row[3], row[4], row[5], row[6]};
}

void append(std::vector<double>& row, const Quaternion& q) {
  row.insert(row.end(), {q.w, q.x, q.y, q.z});
}

std::vector<double> row_of(const FramePose& pose) {
  std::vector<double> row;
  append(row, pose.model_from_lab);
  row.insert(row.end(),
             {pose.probability, pose.width_rad, pose.fluence, pose.information, pose.gain});
  for (const PoseCandidate& c : pose.candidates) {
    append(row, c.model_from_lab);
    row.push_back(c.probability);
  }
  return row;
}

Quaternion quaternion_of(const double* at) { return {at[0], at[1], at[2], at[3]}; }

FramePose pose_of(const double* row) {
  FramePose pose{.model_from_lab = quaternion_of(row),
                 .probability = float(row[4]),
                 .width_rad = float(row[5]),
                 .fluence = float(row[6]),
                 .information = float(row[7]),
                 .gain = float(row[8])};
  for (std::size_t c = 0; c < FramePose::kMost; ++c)
    pose.candidates[c] = {quaternion_of(row + 9 + 5 * c), row[9 + 5 * c + 4]};
  return pose;
}

template <class T>
std::vector<double> table_of(const std::vector<T>& rows) {
  std::vector<double> table;
  for (const T& row : rows) {
    const std::vector<double> values = row_of(row);
    table.insert(table.end(), values.begin(), values.end());
  }
  return table;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const std::string& setting,
                     const EmcState& state) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) fail("cannot make the folder ", path.parent_path().string(), ": ", error.message());
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  file.set_attribute("/", "setting", setting);
  file.write_scalar("size", std::uint64_t{state.model.n});
  file.write("model", state.model.values);
  file.write("exposure", state.exposure);
  file.write("half_0", state.half[0].values);
  file.write("half_1", state.half[1].values);
  file.write("fsc", state.fsc);
  file.write_scalar("stage", std::uint8_t(state.stage));
  file.write_scalar("grows", std::uint8_t(state.grows));
  file.write_scalar("begun", std::uint64_t{state.begun});
  std::vector<double> rotations;
  for (const Quaternion& q : state.pseudo_symmetries) append(rotations, q);
  if (!rotations.empty()) file.write("pseudo_symmetries", rotations);
  file.write("poses", table_of(state.poses));
  file.write("history", table_of(state.history));
  file.close();
  target.commit();
}

void broadcast(EmcState& state, Team& team) {
  for (Cube* cube : {&state.model, &state.half[0], &state.half[1]})
    team.broadcast(cube->n), team.broadcast(cube->values);
  team.broadcast(state.exposure);
  team.broadcast(state.fsc);
  team.broadcast(state.poses);
  team.broadcast(state.stage);
  team.broadcast(state.grows);
  team.broadcast(state.begun);
  team.broadcast(state.pseudo_symmetries);
  team.broadcast(state.history);
  team.broadcast(state.stop_reason);
}

std::optional<EmcState> load_checkpoint(const std::filesystem::path& path,
                                        const std::string& setting) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const h5::File file = h5::File::open(path);
  if (file.text_attribute("/", "setting") != setting)
    fail_usage("the checkpoint ", path.string(),
               " belongs to other frames or options: give the same ones, remove it, or leave out "
               "--resume");
  EmcState state;
  const auto size = std::size_t(file.read_scalar<std::uint64_t>("size"));
  const auto read_cube = [&](const char* name) {
    Cube cube;
    cube.n = size;
    cube.values = file.read<float>(name, {size * size * size});
    return cube;
  };
  state.model = read_cube("model");
  state.exposure = file.read<float>("exposure");
  state.half = {read_cube("half_0"), read_cube("half_1")};
  state.fsc = file.read<double>("fsc");
  state.stage = EmcState::Stage(file.read_scalar<std::uint8_t>("stage"));
  state.grows = file.read_scalar<std::uint8_t>("grows") != 0;
  state.begun = std::size_t(file.read_scalar<std::uint64_t>("begun"));
  const auto poses = file.read<double>("poses"), history = file.read<double>("history");
  std::vector<double> rotations;
  if (file.exists("pseudo_symmetries")) rotations = file.read<double>("pseudo_symmetries");
  for (std::size_t n = 0; n + 4 <= rotations.size(); n += 4)
    state.pseudo_symmetries.push_back(quaternion_of(&rotations[n]));
  for (std::size_t n = 0; n + kPoseColumns <= poses.size(); n += kPoseColumns)
    state.poses.push_back(pose_of(&poses[n]));
  for (std::size_t n = 0; n + kRecordColumns <= history.size(); n += kRecordColumns)
    state.history.push_back(record_of(&history[n]));
  return state;
}

}  // namespace spi
