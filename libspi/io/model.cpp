// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/model.h"

#include <cmath>

#include "libspi/io/atomic_file.h"
#include "libspi/io/hdf5.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

constexpr const char* kFormat = "spi-model";

/// The columns of the frames that are there.
void frame_columns(auto& model, auto&& visit) {
  visit("fluence", model.fluence);
  visit("probability", model.probability);
  visit("width", model.width_rad);
  visit("information", model.information);
  visit("gain", model.gain);
}

void write_convergence(h5::File& file, const Model& model) {
  if (model.convergence.empty()) return;
  const std::size_t rows = model.convergence.front().values.size();
  std::vector<double> table;
  std::string names;
  for (std::size_t n = 0; n < rows; ++n)
    for (const Column& column : model.convergence) table.push_back(column.values[n]);
  for (const Column& column : model.convergence) names += (names.empty() ? "" : ",") + column.name;
  file.write("convergence", table, {rows, model.convergence.size()});
  file.set_attribute("convergence", "columns", names);
  file.set_attribute("convergence", "stop_reason", model.stop_reason);
}

std::vector<Column> read_convergence(const h5::File& file) {
  std::vector<Column> columns;
  std::string names = file.text_attribute("/convergence", "columns") + ",";
  for (std::size_t comma; (comma = names.find(',')) != names.npos; names.erase(0, comma + 1))
    columns.push_back({.name = names.substr(0, comma), .values = {}, .labels = {}});
  const h5::Shape shape = file.shape("convergence");
  if (shape.size() != 2 || shape[1] != columns.size())
    fail(file.path().string(), ": /convergence has shape ", h5::print(shape), " for ",
         columns.size(), " columns");
  const auto table = file.read<double>("convergence");
  for (std::size_t k = 0; k < table.size(); ++k)
    columns[k % columns.size()].values.push_back(table[k]);
  return columns;
}

/// "/id", "/placed/id"
std::string within(const std::string& group, const char* name) {
  return (group == "/" ? "" : group) + "/" + name;
}

}  // namespace

void write_frame_columns(h5::File& file, const std::string& group, const Model& model) {
  file.write(within(group, "id"), model.id);
  std::vector<double> quaternions;
  for (const QuaternionRow& row : model.quaternion)
    quaternions.insert(quaternions.end(), row.begin(), row.end());
  const std::string quaternion = within(group, "quaternion");
  file.write(quaternion, quaternions, {model.id.size(), 4});
  file.set_attribute(quaternion, "convention", "model_from_lab, [w, x, y, z]");
  frame_columns(model, [&](const char* name, const std::vector<float>& values) {
    if (!values.empty()) file.write(within(group, name), values);
  });
  if (!model.width_rad.empty()) file.set_attribute(within(group, "width"), "unit", "rad");
  if (!model.information.empty()) file.set_attribute(within(group, "information"), "unit", "nat");
}

void read_frame_columns(const h5::File& file, const std::string& group, Model& model) {
  model.id = file.read<std::uint64_t>(within(group, "id"));
  const std::size_t frames = model.id.size();
  const auto quaternions = file.read<double>(within(group, "quaternion"), {frames, 4});
  for (std::size_t d = 0; d < frames; ++d) {
    const double* q = &quaternions[4 * d];
    const double norm = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
    if (!(std::abs(norm - 1) < 2e-6))
      fail(file.path().string(), ": the quaternion of frame ", d, " has norm ", std::sqrt(norm),
           ", expected 1");
    model.quaternion.push_back({q[0], q[1], q[2], q[3]});
  }
  frame_columns(model, [&](const char* name, std::vector<float>& values) {
    if (const std::string column = within(group, name); file.exists(column))
      values = file.read<float>(column, {frames});
  });
}

void write_model(const std::filesystem::path& path, const Model& model,
                 const Provenance& provenance) {
  const std::size_t n = model.size;
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, kFormat, provenance);
  file.set_attribute("/", "symmetry", model.symmetry);
  file.set_attribute("/", "q_per_voxel", model.q_per_voxel);
  file.set_attribute("/", "q_unit", "1/A");
  file.set_attribute("/", "voxel_size_A", 1 / (double(n) * model.q_per_voxel));
  file.write("intensity", model.intensity, {1, n, n, n});
  if (!model.exposure.empty()) file.write("exposure", model.exposure, {n, n, n});
  if (!model.half[0].empty()) {
    file.create_dataset<float>("half", {2, n, n, n});
    for (std::size_t h = 0; h < 2; ++h)
      file.write_box("half", {h, 0, 0, 0}, {1, n, n, n}, model.half[h].data());
  }
  if (!model.shell_fsc.empty()) {
    std::vector<double> q;
    for (std::size_t s = 0; s < model.shell_fsc.size(); ++s)
      q.push_back(double(s) * model.q_per_voxel);
    file.write("fsc/q", q);
    file.set_attribute("fsc/q", "unit", "1/A");
    file.write("fsc/half_sets", model.shell_fsc);
  }
  write_frame_columns(file, "/", model);
  write_convergence(file, model);
  file.close();
  target.commit();
}

Model read_model(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path);
  if (const std::string format = format_of(file); format != kFormat)
    fail(path.string(), " holds no model: its format is '", format, "', expected ", kFormat,
         " (of spi-reconstruct)");
  Model model;
  const h5::Shape shape = file.shape("intensity");
  if (shape.size() != 4 || shape[0] != 1 || shape[1] != shape[2] || shape[2] != shape[3])
    fail(path.string(), ": /intensity has shape ", h5::print(shape), ", expected (1, N, N, N)");
  const std::size_t n = model.size = shape[3];
  model.q_per_voxel = file.number_attribute("/", "q_per_voxel");
  model.symmetry = file.text_attribute("/", "symmetry");
  model.intensity = file.read<float>("intensity");
  if (file.exists("exposure")) model.exposure = file.read<float>("exposure", {n, n, n});
  if (file.exists("half"))
    for (std::size_t h = 0; h < 2; ++h) {
      file.require_shape("half", {2, n, n, n});
      model.half[h].resize(n * n * n);
      file.read_box("half", {h, 0, 0, 0}, {1, n, n, n}, model.half[h].data());
    }
  if (file.exists("fsc/half_sets")) model.shell_fsc = file.read<double>("fsc/half_sets");
  read_frame_columns(file, "/", model);
  if (file.exists("convergence")) {
    model.convergence = read_convergence(file);
    model.stop_reason = file.text_attribute("/convergence", "stop_reason");
  }
  return model;
}

std::vector<Column> pose_table(const Model& model) {
  std::vector<Column> table;
  const auto add = [&](const char* name) -> std::vector<double>& {
    return table.emplace_back(Column{name, {}, {}}).values;
  };
  add("id").assign(model.id.begin(), model.id.end());
  const char* const components[] = {"q_w", "q_x", "q_y", "q_z"};
  for (std::size_t k = 0; k < 4; ++k) {
    std::vector<double>& column = add(components[k]);
    for (const QuaternionRow& row : model.quaternion) column.push_back(row[k]);
  }
  frame_columns(model, [&](const char* name, const std::vector<float>& values) {
    if (!values.empty()) add(name).assign(values.begin(), values.end());
  });
  return table;
}

}  // namespace spi
