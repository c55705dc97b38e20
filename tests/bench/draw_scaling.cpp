// SPDX-License-Identifier: GPL-3.0-or-later
// Draws scaling.csv of tests/bench/run: spi_draw_scaling TABLE PREFIX writes PREFIX-time.png and
// PREFIX-memory.png, a panel for each thing that is counted, a curve for each program.
#include <algorithm>
#include <cmath>
#include <exception>
#include <iostream>
#include <map>

#include "libspi/base/error.h"
#include "libspi/io/table.h"
#include "libspi/plot/figure.h"

namespace {

using Table = std::map<std::string, spi::Column>;

constexpr double kApart = 1.15;  ///< ratio of numbers whose labels do not touch

Table read_table(const std::filesystem::path& path) {
  Table table;
  for (spi::Column& column : spi::read_csv(path)) table[column.name] = std::move(column);
  for (const char* name : {"panel", "program", "x", "processor_s", "memory_MiB", "law"})
    if (!table.contains(name)) spi::fail(path.string(), " has no column ", name);
  return table;
}

/// Rows in which `column` has the label of this index.
std::vector<std::size_t> rows_of(const spi::Column& column, std::size_t label) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < column.values.size(); ++row)
    if (column.values[row] == double(label)) rows.push_back(row);
  return rows;
}

/// The curves of `y` of one panel.
void draw_panel(spi::plot::Axes& axes, const Table& table, std::size_t panel, const std::string& y,
                bool with_law) {
  const spi::Column &panels = table.at("panel"), &programs = table.at("program");
  const spi::Column& laws = table.at("law");
  axes.x = {.label = panels.labels[panel], .scale = spi::plot::ScaleKind::log};
  axes.grid = true;
  axes.legend = spi::plot::LegendPlace::inside;
  std::map<double, spi::plot::Line> curves;
  std::map<double, spi::plot::Tick> ticks;
  for (const std::size_t row : rows_of(panels, panel)) {
    const double x = table.at("x").values[row];
    ticks[x] = {.value = x, .label = std::to_string(std::lround(x))};
    spi::plot::Line& line = curves[programs.values[row]];
    line.x.push_back(x);
    line.y.push_back(table.at(y).values[row]);
    line.markers = true;
    line.label = programs.labels[std::size_t(programs.values[row])];
    if (with_law) line.label += ": " + laws.labels[std::size_t(laws.values[row])];
  }
  for (auto& [program, line] : curves) axes.line(std::move(line));
  axes.x.ticks.emplace();
  double labelled = 0;
  for (auto& [x, tick] : ticks) {
    if (x < kApart * labelled) tick.label.clear();
    if (!tick.label.empty()) labelled = x;
    axes.x.ticks->push_back(std::move(tick));
  }
}

/// All panels share the range of y, with room for the legends above.
void draw(const Table& table, const std::string& path, const std::string& y,
          const std::string& label, bool with_law) {
  const std::size_t panels = table.at("panel").labels.size();
  spi::plot::Figure figure({.width = 640,
                            .height = 250. * double((panels + 1) / 2),
                            .rows = (panels + 1) / 2,
                            .cols = 2,
                            .font_pt = 8,
                            .dpi = 100});
  const auto [least, most] = std::ranges::minmax(table.at(y).values);
  for (std::size_t panel = 0; panel < panels; ++panel) {
    spi::plot::Axes& axes = figure.axes(panel / 2, panel % 2);
    axes.y = {
        .label = label, .scale = spi::plot::ScaleKind::log, .min = least / 1.5, .max = most * 6};
    draw_panel(axes, table, panel, y, with_law);
  }
  figure.save(path);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) spi::fail("spi_draw_scaling TABLE PREFIX");
    const Table table = read_table(argv[1]);
    const std::string prefix = argv[2];
    draw(table, prefix + "-time.png", "processor_s", "processor time, s", true);
    draw(table, prefix + "-memory.png", "memory_MiB", "peak memory, MiB", false);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
