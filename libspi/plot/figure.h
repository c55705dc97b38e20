// SPDX-License-Identifier: GPL-3.0-or-later
// A figure: panels on a page, saved as PNG, SVG or PDF.
//
//   plot::Figure figure({.width = 480, .height = 360});
//   auto& axes = figure.axes();
//   axes.x.label = "PC 1 (41 %)";
//   axes.scatter({.x = pc1, .y = pc2, .category = {.of = cluster, .names = {"cube", "ball"}}});
//   figure.save("embedding.png");
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "libspi/plot/axes.h"

namespace spi::plot {

enum class Format { png, svg, pdf };

/// The format that a file name's extension stands for; UserError for any other.
Format format_of(const std::filesystem::path& path);

struct FigureOptions {
  double width = 480, height = 360;  // points, 1/72 inch
  std::size_t rows = 1, cols = 1;    // of panels
  double font_pt = 9;                // axis labels; everything else is in proportion
  double dpi = 150;                  // PNG only
};

class Figure {
 public:
  /// UserError where the size, the font or the resolution is not positive.
  explicit Figure(const FigureOptions& options = {});

  /// The panel in `row` (0 at the top) and `col`.
  Axes& axes(std::size_t row = 0, std::size_t col = 0);

  /// The file's content; equal figures give equal bytes. UserError where the page is too large.
  std::string bytes(Format format) const;

  /// Writes the file. UserError naming the file and the reason where that fails (read-only folder,
  /// full disk); what was written until then stays there.
  void save(const std::filesystem::path& path, Format format) const;
  void save(const std::filesystem::path& path) const { save(path, format_of(path)); }

 private:
  FigureOptions options_;
  std::vector<Axes> axes_;  // [rows][cols]
};

}  // namespace spi::plot
