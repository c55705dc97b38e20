// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/page_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/io/byte_file.h"
#include "libspi/io/record.h"
#include "libspi/io/table.h"
#include "libspi/report/html.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

struct KnownCaption {
  std::string_view suffix, caption;
};
constexpr std::array kCaptions{
    KnownCaption{"embedding", "Landscape"},
    KnownCaption{"landscape", "Places in the landscape"},
    KnownCaption{"matrix", "Matrix of common-line correlations"},
    KnownCaption{"variance", "Explained variance of the components"},
    KnownCaption{"patterns", "Patterns in their places in the landscape"},
    KnownCaption{"averages", "Averages"},
    KnownCaption{"convergence", "Convergence"},
    KnownCaption{"classes", "Numbers of classes that were tried"},
    KnownCaption{"clusters", "Clusters"},
    KnownCaption{"selection", "Selection"},
    KnownCaption{"loss", "Loss in the training"},
    KnownCaption{"latent", "Latent space"},
    KnownCaption{"reconstruction", "Patterns and what the model makes of them"},
    KnownCaption{"states", "States along the latent space"},
    KnownCaption{"grid", "States on a grid in the latent space"},
    KnownCaption{"density", "Densities"},
    KnownCaption{"prtf", "Phase-retrieval transfer function"},
    KnownCaption{"errors", "Errors of the phase retrieval"},
    KnownCaption{"fsc", "Fourier shell correlation"},
    KnownCaption{"series", "Measures along the series"},
    KnownCaption{"sizes", "Sizes"},
    KnownCaption{"radial", "Radial intensity"},
    KnownCaption{"table", "Numbers"},
    KnownCaption{"quality", "Quality"},
    KnownCaption{"validation", "Places predicted for held-out averages"}};

/// "Landscape" of clpca-embedding.png; else the name without its extension.
std::string caption_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  for (const KnownCaption& known : kCaptions)
    if (stem.ends_with("-" + std::string(known.suffix))) return std::string(known.caption);
  return stem;
}

std::string megabytes(double bytes) {
  constexpr double kMega = 1024 * 1024;
  return html::json(std::ceil(bytes / kMega * 10) / 10) + " MB";
}

std::string contents(const fs::path& path) {
  const ByteFile file(path);
  const auto bytes = file.read<char>(0, file.size());
  return {bytes.begin(), bytes.end()};
}

/// Whether this is a PNG that is much wider than high: its lettering needs the whole page.
bool is_broad(const std::string& bytes) {
  constexpr std::size_t kWidth = 16, kHeight = 20;  // where the first chunk holds them
  constexpr double kBroad = 1.7;
  if (!bytes.starts_with("\x89PNG") || bytes.size() < kHeight + 4) return false;
  const auto number = [&](std::size_t first) {
    double value = 0;
    for (std::size_t k = first; k < first + 4; ++k)
      value = 256 * value + static_cast<unsigned char>(bytes[k]);
    return value;
  };
  return number(kWidth) > kBroad * number(kHeight);
}

std::string state_mark(const UsedInput& input) {
  switch (input.state) {
    case UsedInput::State::same:
      return "<span class=\"same\" title=\"its fingerprint matches\">✓</span>";
    case UsedInput::State::changed:
      return "<span class=\"changed\">changed since</span>";
    case UsedInput::State::elsewhere:
      return "<span class=\"elsewhere\">not here</span>";
  }
  return {};
}

std::string inputs_cell(const RunFile& file) {
  std::string cell;
  for (const UsedInput& input : file.inputs)
    cell += "<div class=\"still\" title=\"" + html::escaped(input.name + " " + input.fingerprint) +
            "\">" + html::escaped(fs::path(input.name).filename().string()) + " " +
            state_mark(input) + "</div>";
  return cell;
}

std::string command_cell(const RunFile& file) {
  std::string cell = "<code>" + html::escaped(file.command_line) + "</code>";
  if (file.options.empty()) return cell;
  cell += "<details><summary>all options</summary><code>";
  for (const std::string& option : file.options) cell += html::escaped(option) + "<br>";
  return cell + "</code></details>";
}

/// 2026-11-21T12:10:29Z without its signs.
std::string readable_date(std::string date) {
  std::ranges::replace(date, 'T', ' ');
  if (date.ends_with('Z')) date.pop_back();
  return date;
}

using Fact = std::pair<std::string, std::string>;

void add_attributes(const h5::File& file, const std::string& object, std::vector<Fact>& facts) {
  if (!file.exists(object)) return;
  for (const std::string& name : file.attributes(object)) {
    if (name.starts_with("format")) continue;
    const h5::Attribute attribute = file.attribute(object, name);
    std::string value;
    for (const std::string& text : attribute.texts) value += (value.empty() ? "" : ", ") + text;
    for (const double number : attribute.numbers)
      value += (value.empty() ? "" : ", ") + html::json(number);
    if (!value.empty()) facts.emplace_back(name, value);
  }
}

void add_shape(const h5::File& file, const std::string& dataset, std::vector<Fact>& facts) {
  if (file.exists(dataset) && !file.is_group(dataset))
    facts.emplace_back(dataset.substr(1), h5::print(file.shape(dataset)));
}

void add_percentages(const h5::File& file, const std::string& dataset, std::vector<Fact>& facts) {
  if (!file.exists(dataset)) return;
  std::string list;
  for (const double part : file.read<double>(dataset))
    list += (list.empty() ? "" : ", ") + html::json(std::round(1000 * part) / 10) + " %";
  facts.emplace_back("explained variance", list);
}

void add_resolutions(const h5::File& file, std::vector<Fact>& facts) {
  if (!file.exists("/resolution/threshold")) return;
  const auto threshold = file.read<double>("/resolution/threshold");
  const auto q = file.read<double>("/resolution/q", {threshold.size()});
  const auto beyond = file.read<std::uint8_t>("/resolution/beyond", {threshold.size()});
  for (std::size_t k = 0; k < q.size(); ++k)
    facts.emplace_back("resolution at " + html::json(threshold[k]),
                       q[k] > 0 ? (beyond[k] ? "better than " : "") + html::json(1 / q[k]) + " Å"
                                : std::string("none: the curve begins below"));
}

}  // namespace

Embedder::Embedder(const ReportOptions& options, fs::path place, Monitor& monitor)
    : options_(options),
      place_(fs::absolute(place).parent_path()),
      monitor_(monitor),
      room_(options.max_size.bytes) {}

bool Embedder::take(std::size_t bytes, const std::string& what) {
  if (double(bytes) > room_) {
    ++linked_;
    monitor_.warn(text_of(what, " is left out of the page, which would grow beyond --max-size ",
                          print(options_.max_size)));
    return false;
  }
  room_ -= double(bytes);
  ++embedded_;
  return true;
}

std::string Embedder::link(const fs::path& file) const {
  const fs::path way = fs::absolute(file).lexically_normal().lexically_relative(place_);
  // ./ keeps a colon in the first part from being read as a scheme.
  return "<a href=\"./" + html::address_of(way) + "\">" + html::escaped(file.filename().string()) +
         "</a>";
}

std::string Embedder::figure(const fs::path& file) {
  const bool is_movie = media_of(file) == Media::movie;
  const auto size = fs::file_size(file);
  const std::string caption =
      "<figcaption>" + html::escaped(caption_of(file)) + " <small>" + link(file) + "</small>";
  const bool is_too_long = is_movie && double(size) > options_.max_movie.bytes;
  if (is_too_long) {
    ++linked_;
    monitor_.warn(text_of(file.string(), " is larger than --max-movie ", print(options_.max_movie),
                          " and linked"));
  }
  if (is_too_long || !take(html::base64_size(size), file.string()))
    return "<figure class=\"linked\">" + caption + " (" + megabytes(double(size)) +
           ", not in this page)</figcaption></figure>\n";
  const std::string bytes = contents(file);
  const std::string address = html::data_address(media_type(file), bytes);
  const bool is_video = media_type(file).starts_with("video");
  const std::string open = is_broad(bytes) ? "<figure class=\"broad\">" : "<figure>";
  return open +
         (is_video
              ? "<video controls loop muted src=\"" + address + "\"></video>"
              : "<img alt=\"" + html::escaped(caption_of(file)) + "\" src=\"" + address + "\">") +
         caption + "</figcaption></figure>\n";
}

std::string Embedder::csv(const fs::path& file) {
  const auto columns = read_csv(file);
  const std::size_t all = columns.empty() ? 0 : columns.front().values.size();
  const std::size_t shown = std::min(all, options_.table_rows);
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows(shown);
  for (const Column& column : columns) {
    headings.push_back(column.name);
    for (std::size_t i = 0; i < shown; ++i) {
      const double value = column.values[i];
      rows[i].push_back(!std::isfinite(value) ? "–"
                        : column.labels.empty()
                            ? html::json(value)
                            : html::escaped(column.labels.at(std::size_t(value))));
    }
  }
  const std::string text = html::table(headings, rows);
  const std::string note =
      shown < all ? text_of("first ", shown, " of ", all, " rows") : text_of(all, " rows");
  const std::string summary = "<details" + std::string(all <= options_.table_rows ? " open" : "") +
                              "><summary>" + html::escaped(caption_of(file)) + ": " + note +
                              " <small>" + link(file) + "</small></summary>";
  return summary + (take(text.size(), file.string()) ? text : "") + "</details>\n";
}

std::string record_table(const RunFiles& run, const Embedder& embedder) {
  std::vector<std::vector<std::string>> rows;
  for (const RunFile& file : run.files) {
    std::string version = html::escaped(file.program + " " + file.version);
    if (!file.commit.empty()) version += "<br><small>" + html::escaped(file.commit) + "</small>";
    rows.push_back({embedder.link(file.path), command_cell(file), inputs_cell(file), version,
                    "<span class=\"still\">" + html::escaped(readable_date(file.date)) + "</span>",
                    html::escaped(file.seed)});
  }
  return html::table({"file", "command", "inputs", "program", "date (UTC)", "seed"}, rows);
}

std::string facts(const RunFile& run_file) {
  const h5::File file = h5::File::open(run_file.path);
  std::vector<Fact> facts;
  if (file.exists("/id") && !file.is_group("/id") && !file.shape("/id").empty())
    facts.emplace_back(run_file.format == "spi-frames" ? "frames" : "rows",
                       std::to_string(file.shape("/id").front()));
  for (const char* dataset : {"/intensity", "/density", "/cc_matrix", "/embedding"})
    add_shape(file, dataset, facts);
  if (file.exists("/rule")) facts.emplace_back("rule", file.read_text("/rule"));
  for (const char* object : {"/", "/embedding", "/cluster"}) add_attributes(file, object, facts);
  add_percentages(file, "/explained_variance_ratio", facts);
  add_resolutions(file, facts);
  std::string text = "<dl>";
  for (const auto& [name, value] : facts)
    text += "<div><dt>" + html::escaped(name) + "</dt><dd>" + html::escaped(value) + "</dd></div>";
  return text + "</dl>\n";
}

}  // namespace spi
