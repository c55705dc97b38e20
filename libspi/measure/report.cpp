// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/report.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

template <class Row, class Get>
Column column(std::string name, const std::vector<Row>& rows, const Get& get) {
  Column result{std::move(name), {}, {}};
  for (const Row& row : rows) result.values.push_back(double(get(row)));
  return result;
}

}  // namespace

void set_against(std::vector<Column>& coordinates, Column column) {
  std::erase_if(coordinates, [&](const Column& other) { return other.name == column.name; });
  coordinates.insert(coordinates.begin(), std::move(column));
}

std::vector<Column> size_table(const std::vector<Column>& coordinates,
                               const std::vector<DensitySize>& sizes, std::size_t first) {
  SPI_ASSERT(first < sizes.size());
  std::vector<Column> table = coordinates;
  const auto add = [&](std::string name, const auto& get) {
    table.push_back(column(std::move(name), sizes, get));
  };
  const double start = sizes[first].volume_A3;
  add("volume_A3", [](const DensitySize& s) { return s.volume_A3; });
  add("mass_volume_A3", [](const DensitySize& s) { return s.mass_volume_A3; });
  add("growth", [&](const DensitySize& s) { return s.volume_A3 / start - 1; });
  add("edge_A", [](const DensitySize& s) { return s.edge_A; });
  add("diameter_A", [](const DensitySize& s) { return s.diameter_A; });
  add("half_level", [](const DensitySize& s) { return s.half_level; });
  add("mass", [](const DensitySize& s) { return s.mass; });
  return table;
}

std::vector<Column> fit_table(const std::vector<std::uint64_t>& id,
                              const std::vector<SizeFit>& fits) {
  std::vector<Column> table{column("id", id, [](std::uint64_t v) { return v; })};
  const auto add = [&](std::string name, const auto& get) {
    table.push_back(column(std::move(name), fits, get));
  };
  add("shape", [](const SizeFit& f) { return int(f.shape); });
  table.back().labels = {"sphere", "cube"};
  add("size_A", [](const SizeFit& f) { return f.size_A; });
  add("error_A", [](const SizeFit& f) { return f.error_A; });
  add("volume_A3", [](const SizeFit& f) { return f.volume_A3; });
  add("visibility", [](const SizeFit& f) { return f.visibility; });
  add("streak", [](const SizeFit& f) { return f.streak; });
  add("angle_deg", [](const SizeFit& f) { return f.angle_rad * 180 / std::numbers::pi; });
  add("tilt_deg", [](const SizeFit& f) { return f.tilt_rad * 180 / std::numbers::pi; });
  add("clear", [](const SizeFit& f) { return f.clear; });
  return table;
}

std::vector<std::size_t> order_by(const Column& coordinate) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < coordinate.values.size(); ++i)
    if (std::isfinite(coordinate.values[i])) order.push_back(i);
  std::ranges::stable_sort(order, std::less{}, [&](std::size_t i) { return coordinate.values[i]; });
  return order;
}

void write_measures(const std::filesystem::path& path, const std::vector<Column>& columns,
                    const Provenance& provenance) {
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-measure", provenance);
  for (const Column& c : columns) {
    file.write(c.name, c.values);
    if (!c.labels.empty()) file.write_texts(c.name + "_names", c.labels);
  }
  file.close();
  target.commit();
}

void write_radial(const std::filesystem::path& path, const RadialSet& set, const Column& coordinate,
                  const std::vector<double>& q, const Provenance& provenance) {
  const auto order = order_by(coordinate);
  std::vector<float> intensity;
  std::vector<std::uint64_t> id;
  std::vector<double> value, radius;
  for (const std::size_t i : order) {
    const auto row = set.mean.begin() + std::ptrdiff_t(i * set.rings);
    intensity.insert(intensity.end(), row, row + std::ptrdiff_t(set.rings));
    id.push_back(set.id[i]);
    value.push_back(coordinate.values[i]);
  }
  for (std::size_t r = 0; r < set.rings; ++r) radius.push_back(double(r));
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-measure", provenance);
  file.write("intensity", intensity, {order.size(), set.rings});
  file.write("id", id);
  file.write("coordinate", value);
  file.set_attribute("coordinate", "name", coordinate.name);
  file.write("radius_px", radius);
  if (!q.empty()) {
    file.write("q", q);
    file.set_attribute("q", "unit", std::string("1/A"));
  }
  file.close();
  target.commit();
}

}  // namespace spi
