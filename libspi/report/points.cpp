// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/points.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "libspi/base/error.h"
#include "libspi/io/hdf5.h"
#include "libspi/report/html.h"
#include "libspi/selection/table.h"

namespace spi {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Rows of one file.
struct Rows {
  std::vector<std::uint64_t> ids;
  SelectionOf of = SelectionOf::averages;
  std::vector<PointColumn> columns;
};

bool is_model(const std::string& format) {
  return format == "spi-vae" || format == "spi-absolute-embedding";
}

bool is_latent(const std::string& format) { return format == "spi-vae" || format == "spi-latents"; }

/// Files with one row a pattern.
bool has_rows(const std::string& format) {
  return has_points(format) || format == "spi-averages" || format == "spi-clusters" ||
         format == "spi-orientations";
}

const RunFile* with_fingerprint(const RunFiles& run, const std::string& fingerprint) {
  const auto found = std::ranges::find(run.files, fingerprint, &RunFile::fingerprint);
  return found == run.files.end() ? nullptr : &*found;
}

/// The fingerprint of the patterns that a file is about.
std::string origin_of(const RunFile& file, const RunFiles& run) {
  if (file.format == "spi-averages") return file.fingerprint;
  for (const UsedInput& input : file.inputs) {
    const RunFile* source = with_fingerprint(run, input.fingerprint);
    if (!source && !input.name.ends_with(".pt")) return input.fingerprint;
    if (source && !is_model(source->format)) return origin_of(*source, run);
  }
  return file.fingerprint;
}

void add_latents(const h5::File& file, const std::string& group, Rows& rows) {
  rows.ids = file.read<std::uint64_t>(group + "id");
  for (const std::string dataset : {"mu", "sigma"}) {
    const h5::Shape shape = file.shape(group + dataset);
    const std::size_t axes = shape.size() == 2 ? shape[1] : 1;
    const auto values = file.read<double>(group + dataset, {rows.ids.size(), axes});
    for (std::size_t axis = 0; axis < axes; ++axis) {
      PointColumn column{text_of("z", axis + 1, dataset == "mu" ? "" : "_sigma")};
      for (std::size_t i = 0; i < rows.ids.size(); ++i)
        column.values.push_back(values[i * axes + axis]);
      rows.columns.push_back(std::move(column));
    }
  }
}

Rows read_rows(const RunFile& source) {
  Rows rows;
  if (is_latent(source.format)) {
    add_latents(h5::File::open(source.path), source.format == "spi-vae" ? "/latents/" : "/", rows);
    return rows;
  }
  const Table table = read_table({source.path});
  rows.ids = table.ids();
  rows.of = table.of();
  const std::string stem = source.path.stem().string() + ".";
  for (const TableColumn& column : table.columns())
    if (column.name != "id")
      rows.columns.push_back(
          {column.name.starts_with(stem) ? column.name.substr(stem.size()) : column.name,
           column.values, column.labels});
  return rows;
}

/// The name without its groups where no column has it yet, else with them, else with the file.
std::string free_name(const PointSet& points, const std::string& name, const RunFile& source) {
  const auto is_taken = [&](const std::string& wanted) {
    return std::ranges::find(points.columns, wanted, &PointColumn::name) != points.columns.end();
  };
  const std::string last = name.substr(name.rfind('.') + 1);
  if (!is_taken(last)) return last;
  if (!is_taken(name)) return name;
  return name + " (" + source.path.filename().string() + ")";
}

void join(PointSet& points, Rows rows, const RunFile& source) {
  if (rows.of == SelectionOf::frames) points.of = rows.of;
  std::unordered_map<std::uint64_t, std::size_t> row_of;
  for (std::size_t i = 0; i < rows.ids.size(); ++i) row_of.emplace(rows.ids[i], i);
  for (PointColumn& column : rows.columns) {
    std::vector<double> values;
    bool has_some = false;
    for (const std::uint64_t id : points.ids) {
      const auto found = row_of.find(id);
      values.push_back(found == row_of.end() ? kNaN : column.values[found->second]);
      has_some |= std::isfinite(values.back());
    }
    const bool is_there = std::ranges::any_of(points.columns, [&](const PointColumn& other) {
      return column.name.ends_with(other.name) && other.labels == column.labels &&
             std::ranges::equal(other.values, values, [](double a, double b) {
               return a == b || (std::isnan(a) && std::isnan(b));
             });
    });
    if (has_some && !is_there)
      points.columns.push_back(
          {free_name(points, column.name, source), std::move(values), std::move(column.labels)});
  }
}

std::optional<std::size_t> find(const PointSet& points, std::initializer_list<const char*> names) {
  for (const char* name : names)
    for (std::size_t c = 0; c < points.columns.size(); ++c)
      if (points.columns[c].name == name && points.columns[c].labels.size() != 1) return c;
  return std::nullopt;
}

void choose_axes(PointSet& points, bool is_latent) {
  points.x = find(points, {is_latent ? "z1" : "c1"}).value_or(0);
  points.y = (is_latent ? find(points, {"z2", "melting", "c1", "z1_sigma"}) : find(points, {"c2"}))
                 .value_or(points.x);
  points.color = find(points, {"kind", "cluster", "melting", "gain", "outside", "occupancy"});
  if (points.color == points.y) points.color = find(points, {"gain", "c1", "occupancy"});
}

/// The points that volumes.h5 of a model were decoded at.
PointMarks read_marks(const RunFile& file, const RunFiles& run) {
  PointMarks marks;
  for (const RunFile& other : run.files) {
    const auto is_of = [&](const std::string& model) {
      return std::ranges::any_of(
          other.inputs, [&](const UsedInput& input) { return input.fingerprint == model; });
    };
    const bool is_decoded =
        other.format == "spi-volumes" &&
        (is_of(file.fingerprint) || std::ranges::any_of(file.inputs, [&](const UsedInput& input) {
           return input.name.ends_with(".pt") && is_of(input.fingerprint);
         }));
    if (!is_decoded) continue;
    const h5::File volumes = h5::File::open(other.path);
    if (!volumes.exists("/z") || volumes.shape("/z").size() != 2) continue;
    const auto z = volumes.read<double>("/z");
    const std::size_t axes = volumes.shape("/z")[1];
    marks = {};
    for (std::size_t a = 0; a < axes; ++a) marks.columns.push_back(text_of("z", a + 1));
    for (std::size_t m = 0; m * axes < z.size(); ++m)
      marks.places.emplace_back(z.begin() + std::ptrdiff_t(m * axes),
                                z.begin() + std::ptrdiff_t((m + 1) * axes));
  }
  return marks;
}

}  // namespace

bool has_points(const std::string& format) {
  return format == "spi-clpca" || format == "spi-embedding" || is_latent(format);
}

PointSet read_points(const RunFile& file, const RunFiles& run) {
  Rows own = read_rows(file);
  PointSet points{.origin = origin_of(file, run), .ids = own.ids};
  join(points, std::move(own), file);
  if (points.columns.empty()) fail(file.path.string(), " has no finite coordinates");
  for (const RunFile& other : run.files)
    if (&other != &file && has_rows(other.format) && origin_of(other, run) == points.origin) try {
        join(points, read_rows(other), other);
      } catch (const UserError&) {  // its own section says what is wrong with it
      }
  choose_axes(points, is_latent(file.format));
  if (is_latent(file.format)) points.marks = read_marks(file, run);
  return points;
}

const RunFile* patterns_of(const PointSet& points, const RunFiles& run) {
  const RunFile* file = with_fingerprint(run, points.origin);
  return file && file->format == "spi-averages" ? file : nullptr;
}

std::string PointSet::json(const std::string& name, const std::string& table,
                           const std::string& sheet) const {
  std::vector<std::string> numbers;
  for (const std::uint64_t id : ids) numbers.push_back(std::to_string(id));
  std::string text = "{\"name\":" + html::json(name) + ",\"table\":" + html::json(table) +
                     ",\"heading\":" + html::json(id_list_heading(of)) +
                     ",\"origin\":" + html::json(origin) + ",\"ids\":" + html::json(numbers) +
                     ",\"columns\":[";
  for (const PointColumn& column : columns)
    text += std::string(&column == &columns.front() ? "" : ",") +
            "\n{\"name\":" + html::json(column.name) + ",\"labels\":" + html::json(column.labels) +
            ",\"values\":" + html::json(column.values) + "}";
  text +=
      text_of("],\n\"x\":", x, ",\"y\":", y, ",\"color\":", color ? std::to_string(*color) : "null",
              ",\"marks\":{\"columns\":", html::json(marks.columns), ",\"places\":[");
  for (const auto& place : marks.places)
    text += (&place == &marks.places.front() ? "" : ",") + html::json(place);
  return text + "]},\"sheet\":" + sheet + "}";
}

}  // namespace spi
