// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/page.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "assets.h"
#include "libspi/base/error.h"
#include "libspi/plot/color.h"
#include "libspi/report/html.h"
#include "libspi/report/page_parts.h"
#include "libspi/report/points.h"
#include "libspi/report/thumbnails.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

/// The colours of our figures, for page.js.
std::string colors_json() {
  constexpr std::size_t kCategories = 8, kSteps = 64;
  const auto hex = [](plot::Rgb color) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "#%06x", plot::packed(color));
    return std::string(text.data());
  };
  std::vector<std::string> categories, map;
  for (std::size_t k = 0; k < kCategories; ++k) categories.push_back(hex(plot::category_color(k)));
  for (std::size_t k = 0; k < kSteps; ++k)
    map.push_back(hex(plot::color_at(plot::ColorMap::viridis, double(k) / (kSteps - 1))));
  return "{\"categories\":" + html::json(categories) + ",\"map\":" + html::json(map) +
         ",\"missing\":" + html::json(hex(plot::kNoCategory)) + "}";
}

/// Writes the sections of a page one after the other.
class PageMaker {
 public:
  PageMaker(const RunFiles& run, const ReportOptions& options, const fs::path& place,
            Monitor& monitor)
      : run_(run), options_(options), monitor_(monitor), embedder_(options, place, monitor) {}

  ReportPage make(const Provenance& provenance) {
    section("What was run", record_table(run_, embedder_));
    for (std::size_t first = 0; first < run_.files.size();) {
      const std::string_view title = chapter_of(run_.files[first].format).title;
      std::string body;
      for (; first < run_.files.size() && chapter_of(run_.files[first].format).title == title;
           ++first)
        body += part(run_.files[first]);
      section(title, body);
    }
    section("Movies", figures(run_.movies));
    section("Other pictures and tables", figures(run_.pictures) + tables(run_.tables));
    section("Other files", others());
    return {whole(provenance), plots_, embedder_.embedded(), embedder_.linked()};
  }

 private:
  void section(std::string_view title, const std::string& body) {
    if (body.empty()) return;
    const std::string name = text_of("s", ++sections_);
    navigation_ += "<a href=\"#" + name + "\">" + html::escaped(title) + "</a>\n";
    body_ += "<section id=\"" + name + "\"><h2>" + html::escaped(title) + "</h2>\n" + body +
             "</section>\n";
  }

  /// All that is known of a file: facts, points, pictures, tables.
  std::string part(const RunFile& file) {
    std::string text = "<h3>" + html::escaped(file.path.filename().string()) + "</h3>\n";
    std::vector<fs::path> pictures, tables_beside;
    for (const fs::path& path : file.companions)
      (media_of(path) == Media::table ? tables_beside : pictures).push_back(path);
    try {
      text += facts(file);
      if (has_points(file.format) && !has_latents(file)) text += plot(file);
    } catch (const UserError& error) {  // one bad file does not hide the others
      monitor_.warn(error.what());
      text += "<p class=\"changed\">" + html::escaped(error.what()) + "</p>\n";
    }
    return text + figures(pictures) + tables(tables_beside);
  }

  /// Whether the run has latents.h5 of this model, which shows the same and more.
  bool has_latents(const RunFile& model) const {
    return std::ranges::any_of(run_.files, [&](const RunFile& file) {
      return file.format == "spi-latents" &&
             std::ranges::find(file.inputs, model.fingerprint, &UsedInput::fingerprint) !=
                 file.inputs.end();
    });
  }

  std::string plot(const RunFile& file) {
    const PointSet points = read_points(file, run_);
    const RunFile* patterns = file.format == "spi-vae" ? patterns_of(points, run_) : nullptr;
    const std::string data =
        points.json(file.path.filename().string(),
                    (patterns ? *patterns : file).path.filename().string(), sheet_of(points));
    if (!embedder_.take(data.size(), "the plot of " + file.path.string())) return {};
    ++plots_;
    return "<div class=\"plot\"><script type=\"application/json\">" + data +
           "</script><noscript>The plot needs JavaScript.</noscript></div>\n";
  }

  /// JSON of where each point's thumbnail is; the sheet itself comes into the page once.
  std::string sheet_of(const PointSet& points) {
    const RunFile* patterns = patterns_of(points, run_);
    if (!patterns || count_patterns(patterns->path) > options_.thumbnails) return "null";
    const auto [found, is_new] = sheets_.try_emplace(points.origin);
    Sheet& sheet = found->second;
    if (is_new) sheet = new_sheet(*patterns);
    if (sheet.name.empty()) return "null";
    std::string tiles;
    for (const std::uint64_t id : points.ids) {
      const auto tile = sheet.tiles.find(id);
      tiles += (tiles.empty() ? "" : ",") +
               (tile == sheet.tiles.end() ? "null" : std::to_string(tile->second));
    }
    return text_of("{\"image\":\"", sheet.name, "\",\"width\":", sheet.width,
                   ",\"height\":", sheet.height, ",\"perRow\":", sheet.per_row, ",\"tiles\":[",
                   tiles, "]}");
  }

  struct Sheet {
    std::string name;  ///< empty: there was no room
    std::size_t width = 0, height = 0, per_row = 0;
    std::map<std::uint64_t, std::size_t> tiles;
  };

  Sheet new_sheet(const RunFile& patterns) {
    const ThumbnailSheet made = make_thumbnails(patterns.path, monitor_);
    if (!embedder_.take(html::base64_size(made.png.size()),
                        "the sheet of thumbnails of " + patterns.path.string()))
      return {};
    Sheet sheet{text_of("sheet", sheets_.size()), made.width, made.height, made.per_row, {}};
    for (std::size_t k = 0; k < made.ids.size(); ++k) sheet.tiles.emplace(made.ids[k], k);
    images_ += "<img hidden alt=\"\" id=\"" + sheet.name + "\" src=\"" +
               html::data_address("image/png", made.png) + "\">\n";
    return sheet;
  }

  std::string figures(const std::vector<fs::path>& files) {
    std::string text;
    for (const fs::path& file : files) text += embedder_.figure(file);
    return text.empty() ? text : "<div class=\"figures\">" + text + "</div>\n";
  }

  std::string tables(const std::vector<fs::path>& files) {
    std::string text;
    for (const fs::path& file : files) try {
        text += embedder_.csv(file);
      } catch (const UserError& error) {  // some other program's table
        monitor_.warn(error.what());
        text += "<p>" + embedder_.link(file) + "</p>\n";
      }
    return text;
  }

  std::string others() {
    std::vector<std::vector<std::string>> rows;
    for (const OtherFile& other : run_.others)
      rows.push_back({embedder_.link(other.path), html::escaped(other.reason)});
    return rows.empty()
               ? std::string()
               : text_of("<details><summary>", rows.size(), " files that are not shown</summary>",
                         html::table({"file", "why"}, rows), "</details>\n");
  }

  std::string whole(const Provenance& provenance) const {
    const std::string title = html::escaped(options_.title);
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<link rel=\"icon\" href=\"data:,\">\n<title>" +
           title + "</title>\n<style>\n" + std::string(kPageStyle) +
           "</style></head><body>\n<header><h1>" + title + "</h1><nav>\n" + navigation_ +
           "</nav></header>\n<main>\n" + body_ + "</main>\n" + images_ + "<footer>" +
           html::escaped(provenance.program + " " + provenance.version + ", " + provenance.date) +
           "<br><code>" + html::escaped(provenance.command_line) +
           "</code></footer>\n<script type=\"application/json\" id=\"colors\">" + colors_json() +
           "</script>\n<script>\n" + std::string(kPageScript) + "</script>\n</body></html>\n";
  }

  const RunFiles& run_;
  const ReportOptions& options_;
  Monitor& monitor_;
  Embedder embedder_;
  std::map<std::string, Sheet> sheets_;
  std::string navigation_, body_, images_;
  std::size_t sections_ = 0, plots_ = 0;
};

}  // namespace

void ReportOptions::describe(OptionSet& options) {
  options.add("title", title, "heading of the page");
  options.add("max-size", max_size,
              "pictures and other data that would make the page larger than this are linked");
  options.add("max-movie", max_movie, "larger movies are linked");
  options
      .add("thumbnails", thumbnails,
           "show the patterns when the mouse is on a point if there are at most so many")
      .range(0, 100000);
  options.add("table-rows", table_rows, "rows of a table that are shown").range(1, 10000);
}

ReportPage report_page(const RunFiles& run, const ReportOptions& options, const fs::path& place,
                       const Provenance& provenance, Monitor& monitor) {
  check_options(options);
  return PageMaker(run, options, place, monitor).make(provenance);
}

}  // namespace spi
