// SPDX-License-Identifier: GPL-3.0-or-later
// The files that a table is read from.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/io/frames.h"
#include "libspi/io/record.h"
#include "libspi/io/table.h"
#include "libspi/selection/table.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

/// One file's rows.
struct Part {
  std::optional<SelectionOf> of;
  std::vector<std::uint64_t> ids;
  std::vector<TableColumn> columns;
};

/// Datasets, and groups (with a slash at the end), that may have as many values as there are rows,
/// but not one for each.
constexpr std::string_view kNoColumns[] = {"/id",
                                           "/frame_start",
                                           "/pixel",
                                           "/count",
                                           "/scree",
                                           "/explained_variance_ratio",
                                           "/explained_variance_ratio_error",
                                           "/convergence/",
                                           "/detector/",
                                           "/lines/",
                                           "/members/",
                                           "/polar/",
                                           "/provenance/"};

bool is_no_column(std::string_view dataset) {
  return std::ranges::any_of(kNoColumns, [&](std::string_view name) {
    return name.ends_with('/') ? dataset.starts_with(name) : dataset == name;
  });
}

bool is_numeric(const h5::Info& info) {
  return (info.kind == h5::Kind::integer || info.kind == h5::Kind::real) &&
         !info.is_variable_length;
}

/// Rows of a file, by the first dataset that has one a row.
std::size_t count_rows(const h5::File& file) {
  for (const char* name : {"/id", "/embedding", "/intensity", "/intens", "/truth/kind"})
    if (file.exists(name) && !file.is_group(name) && !file.shape(name).empty())
      return file.shape(name).front();
  fail(file.path().string(),
       " has no dataset id: expected clpca.h5, embedding.h5, clusters.h5, averages.h5, frames or a "
       "CSV table");
}

std::vector<std::uint64_t> numbered(std::size_t n) {
  std::vector<std::uint64_t> ids(n);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

/// Each column of an [N, C] dataset: "embedding_error" gives c1_error, c2_error, ...
void add_coordinates(const h5::File& file, const std::string& dataset, const std::string& stem,
                     Part& part) {
  const std::size_t rows = part.ids.size(), components = file.shape(dataset).at(1);
  const auto values = file.read<double>(dataset);
  const std::string suffix = dataset.substr(std::string("/embedding").size());
  for (std::size_t c = 0; c < components; ++c) {
    TableColumn column{.name = text_of(stem, ".c", c + 1, suffix)};
    for (std::size_t i = 0; i < rows; ++i) column.values.push_back(values[i * components + c]);
    part.columns.push_back(std::move(column));
  }
}

/// The name of a table's column: a slash is a dot.
std::string dotted(std::string name) {
  std::ranges::replace(name, '/', '.');
  return name;
}

void add_column(const h5::File& file, const std::string& dataset, const std::string& stem,
                Part& part) {
  std::string name = dotted(stem + dataset);
  if (file.info(dataset).kind == h5::Kind::text) {
    Column words = labelled(name, file.read_texts(dataset));
    part.columns.push_back(
        {std::move(name), std::move(words.values), std::move(words.labels), true});
    return;
  }
  TableColumn column{std::move(name), file.read<double>(dataset), {}};
  if (file.exists(dataset + "_names")) {
    column.labels = file.read_texts(dataset + "_names");
    for (double& value : column.values)
      if (!(value >= 0 && value < double(column.labels.size()))) value = std::nan("");
  }
  part.columns.push_back(std::move(column));
}

Part read_hdf5(const fs::path& path) {
  const h5::File file = h5::File::open(path);
  const std::string format = format_of(file), stem = path.stem().string();
  Part part;
  const std::size_t rows = count_rows(file);
  part.ids = file.exists("/id") ? file.read<std::uint64_t>("/id", {rows}) : numbered(rows);
  if (format == "spi-frames" || format == "spi-truth") part.of = SelectionOf::frames;
  if (format == "spi-averages")
    part.of = file.has_attribute("/", "single_shots") ? SelectionOf::frames : SelectionOf::averages;
  if (format == "spi-selection") part.of = Text<SelectionOf>::parse(file.text_attribute("/", "of"));
  for (const std::string& name : file.datasets()) {
    if (is_no_column(name)) continue;
    const h5::Info info = file.info(name);
    const bool is_embedding = name == "/embedding" || name.starts_with("/embedding_");
    if (is_embedding && is_numeric(info) && info.shape.size() == 2 && info.shape[0] == rows)
      add_coordinates(file, name, stem, part);
    const bool are_names = name.ends_with("_names") && file.exists(name.substr(0, name.size() - 6));
    if ((is_numeric(info) || info.kind == h5::Kind::text) && info.shape == h5::Shape{rows} &&
        !are_names)
      add_column(file, name, stem, part);
  }
  return part;
}

/// The ids in a column of numbers.
std::vector<std::uint64_t> ids_in(const std::string& source, const Column& column) {
  std::vector<std::uint64_t> ids;
  for (const double value : column.values) {
    constexpr double kLargest = 9007199254740992;  // 2^53: beyond it a double is no whole number
    if (!column.labels.empty() || !(value >= 0 && value <= kLargest && value == std::floor(value)))
      fail(source, ": the id in line ", ids.size() + 2, " is not a whole number");
    ids.push_back(std::uint64_t(value));
  }
  return ids;
}

Part read_csv_part(const fs::path& path) {
  const std::string stem = path.stem().string();
  Part part;
  bool has_ids = false;
  for (Column& column : read_csv(path)) {
    if (column.name == "id") {
      part.ids = ids_in(path.string(), column);
      has_ids = true;
      continue;
    }
    const bool is_text = !column.labels.empty();
    part.columns.push_back({dotted(stem + "." + column.name), std::move(column.values),
                            std::move(column.labels), is_text});
  }
  if (!has_ids) fail(path.string(), " has no column 'id'");
  return part;
}

bool holds_frames(const fs::path& path) {
  if (!h5::File::is_hdf5(path)) return path.extension() == ".emc";
  const h5::File file = h5::File::open(path);
  return format_of(file) == "spi-frames" || file.exists("/place_ones");
}

/// All frames of the files, with the columns of a single file of ours.
Part read_frames(const std::vector<fs::path>& paths) {
  if (paths.size() == 1 && h5::File::is_hdf5(paths[0]) &&
      !h5::File::open(paths[0]).exists("/place_ones"))
    return read_hdf5(paths[0]);
  return {.of = SelectionOf::frames, .ids = open_frames(paths)->ids(), .columns = {}};
}

void add(std::optional<Table>& table, const std::string& source, Part part) {
  if (!table) table.emplace(source, part.ids);
  if (part.of) table->set_of(*part.of, source);
  table->join(source, part.ids, std::move(part.columns));
}

}  // namespace

Table read_table(const std::vector<fs::path>& files) {
  std::vector<fs::path> frames, others;
  for (const fs::path& path : files) (holds_frames(path) ? frames : others).push_back(path);
  std::optional<Table> table;
  const bool frames_first = !frames.empty() && frames.front() == files.front();
  const auto add_frames = [&] {
    add(table, frames.size() == 1 ? frames[0].string() : "the frames", read_frames(frames));
  };
  if (frames_first) add_frames();
  for (const fs::path& path : others)
    add(table, path.string(), h5::File::is_hdf5(path) ? read_hdf5(path) : read_csv_part(path));
  if (!frames.empty() && !frames_first) add_frames();
  SPI_ASSERT(table);
  table->is_in_file_order = frames_first;
  return std::move(*table);
}

}  // namespace spi
