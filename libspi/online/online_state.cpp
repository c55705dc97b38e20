// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/online/online_state.h"

#include <algorithm>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/hdf5.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

constexpr const char* kFormat = "spi-online";
constexpr std::size_t kRecordColumns = 4;

void write_files(h5::File& file, const std::vector<TakenFile>& files) {
  std::vector<std::string> paths;
  std::vector<std::uint64_t> frames, last;
  for (const TakenFile& f : files) {
    paths.push_back(f.path.string());
    frames.push_back(f.frames);
    last.push_back(f.last_id);
  }
  file.write_texts("files/path", paths);
  file.write("files/frames", frames);
  file.write("files/last_id", last);
}

std::vector<TakenFile> read_files(const h5::File& file) {
  const auto paths = file.read_texts("files/path");
  const auto frames = file.read<std::uint64_t>("files/frames", {paths.size()});
  const auto last = file.read<std::uint64_t>("files/last_id", {paths.size()});
  std::vector<TakenFile> files;
  for (std::size_t k = 0; k < paths.size(); ++k)
    files.push_back({.path = paths[k], .frames = frames[k], .last_id = last[k]});
  return files;
}

void write_setting(h5::File& file, const OnlineSetting& setting) {
  file.write("setting/total", setting.total);
  file.write_scalar("setting/frames", std::uint64_t{setting.frames});
  file.write("setting/excluded", setting.excluded);
  file.write_scalar("setting/brightest", setting.brightest);
  file.write_scalar("setting/size", std::uint64_t{setting.size});
  file.write_scalar("setting/voxels_per_pixel", setting.voxels_per_pixel);
  file.write_scalar("setting/spacing_rad", setting.spacing_rad);
  file.write_scalar("setting/stage", std::uint8_t(setting.stage));
}

void read_setting(const h5::File& file, OnlineSetting& setting) {
  const std::size_t pixels = setting.detector.pixels();
  setting.total = file.read<double>("setting/total", {pixels});
  setting.frames = file.read_scalar<std::uint64_t>("setting/frames");
  setting.excluded = file.read<std::uint8_t>("setting/excluded", {pixels});
  setting.brightest = file.read_scalar<double>("setting/brightest");
  setting.size = file.read_scalar<std::uint64_t>("setting/size");
  setting.voxels_per_pixel = file.read_scalar<double>("setting/voxels_per_pixel");
  setting.spacing_rad = file.read_scalar<double>("setting/spacing_rad");
  setting.stage = EmcState::Stage(file.read_scalar<std::uint8_t>("setting/stage"));
}

void write_progress(h5::File& file, const OnlineState& state) {
  const std::size_t n = state.setting.size;
  for (std::size_t half = 0; half < 2; ++half)
    file.write(text_of("sums_", half), (*state.sums)[half].quanta(), {n, n, n, 2});
  file.write("fates", std::vector<std::uint64_t>(state.fates.begin(), state.fates.end()));
  std::vector<double> history;
  for (const OnlineRecord& r : state.history)
    history.insert(history.end(), {r.frames, r.gain, r.width_rad, r.fsc_radius});
  file.write("history", history, {state.history.size(), kRecordColumns});
}

void read_progress(const h5::File& file, OnlineState& state) {
  const std::size_t n = state.setting.size;
  state.sums = std::make_unique<VolumeEmc::Sums>(
      VolumeEmc::Sums{VoxelSums(n, kLargestSum), VoxelSums(n, kLargestSum)});
  for (std::size_t half = 0; half < 2; ++half)
    (*state.sums)[half].set_quanta(file.read<std::int64_t>(text_of("sums_", half), {n, n, n, 2}));
  const auto fates = file.read<std::uint64_t>("fates", {state.fates.size()});
  std::ranges::copy(fates, state.fates.begin());
  const auto history = file.read<double>("history");
  for (std::size_t k = 0; k + kRecordColumns <= history.size(); k += kRecordColumns)
    state.history.push_back({history[k], history[k + 1], history[k + 2], history[k + 3]});
}

}  // namespace

std::size_t OnlineState::taken() const {
  return std::accumulate(files.begin(), files.end(), std::size_t{0},
                         [](std::size_t sum, const TakenFile& f) { return sum + f.frames; });
}

void save_online(const std::filesystem::path& path, const std::string& setting,
                 const OnlineState& state) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) fail("cannot make the folder ", path.parent_path().string(), ": ", error.message());
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, kFormat, {});
  file.set_attribute("/", "setting", setting);
  file.write_scalar("begun", std::uint8_t(state.begun));
  write_files(file, state.files);
  write_detector(file, "/detector", state.setting.detector);
  if (state.begun) {
    write_setting(file, state.setting);
    write_progress(file, state);
    write_frame_columns(file, "/placed", state.placed);
  }
  file.close();
  target.commit();
}

std::optional<OnlineState> load_online(const std::filesystem::path& path,
                                       const std::string& setting) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const h5::File file = h5::File::open(path);
  if (format_of(file) != kFormat || file.text_attribute("/", "setting") != setting)
    fail_usage("the state ", path.string(),
               " belongs to other options: give the same ones, remove it, or leave out --resume");
  OnlineState state;
  state.begun = file.read_scalar<std::uint8_t>("begun") != 0;
  state.files = read_files(file);
  state.setting.detector = read_detector(file, "/detector");
  if (!state.begun) return state;
  read_setting(file, state.setting);
  read_progress(file, state);
  read_frame_columns(file, "/placed", state.placed);
  return state;
}

}  // namespace spi
