// SPDX-License-Identifier: GPL-3.0-or-later
// Placing the panels on the page, and writing the file.
#include "libspi/plot/figure.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "libspi/base/error.h"  // for fail
#include "libspi/plot/encode.h"
#include "libspi/plot/panel.h"

namespace spi::plot {
namespace {

constexpr double kPagePadding = 6, kGap = 14;
constexpr int kLayoutPasses = 3;  // margins depend on the ticks, and the ticks on the margins

/// The page divided so that all panels' boxes are equal and those of a row or column line up.
class Grid {
 public:
  Grid(const FigureOptions& options, std::vector<Panel>& panels)
      : options_(options), panels_(panels) {
    box_ = {0.7 * options.width / static_cast<double>(options.cols),
            0.7 * options.height / static_cast<double>(options.rows)};
  }

  void fit(Canvas& canvas) {
    left_.assign(options_.cols, 0);
    right_ = left_;
    top_.assign(options_.rows, 0);
    bottom_ = top_;
    for (std::size_t row = 0; row < options_.rows; ++row)
      for (std::size_t col = 0; col < options_.cols; ++col) {
        const Margins m = panels_[row * options_.cols + col].margins(canvas, box_);
        left_[col] = std::max(left_[col], m.left);
        right_[col] = std::max(right_[col], m.right);
        top_[row] = std::max(top_[row], m.top);
        bottom_[row] = std::max(bottom_[row], m.bottom);
      }
    box_ = {box_side(options_.width, left_, right_), box_side(options_.height, top_, bottom_)};
  }

  void draw(Canvas& canvas) {
    double y = kPagePadding;
    for (std::size_t row = 0; row < options_.rows; ++row) {
      double x = kPagePadding;
      for (std::size_t col = 0; col < options_.cols; ++col) {
        const Rect box{x + left_[col], y + top_[row], box_.width, box_.height};
        panels_[row * options_.cols + col].draw(canvas, box);
        x = box.right() + right_[col] + kGap;
      }
      y += top_[row] + box_.height + bottom_[row] + kGap;
    }
  }

 private:
  static double box_side(double page, const std::vector<double>& before,
                         const std::vector<double>& after) {
    const auto n = static_cast<double>(before.size());
    double room = page - 2 * kPagePadding - (n - 1) * kGap;
    for (std::size_t i = 0; i < before.size(); ++i) room -= before[i] + after[i];
    return std::max(1.0, room / n);
  }

  const FigureOptions& options_;
  std::vector<Panel>& panels_;
  Size box_;
  std::vector<double> left_, right_, top_, bottom_;  // margins of each column, of each row
};

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  const auto fail_writing = [&] {
    fail("cannot write ", path.string(), ": ", std::strerror(errno));
  };
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file) fail_writing();
  const bool written =
      std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fflush(file) == 0;
  const int reason = errno;
  const bool closed = std::fclose(file) == 0;
  if (!written) errno = reason;
  if (!written || !closed) fail_writing();
}

}  // namespace

Format format_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".png") return Format::png;
  if (extension == ".svg") return Format::svg;
  if (extension == ".pdf") return Format::pdf;
  fail("cannot write ", path.string(), ": a picture's name must end in .png, .svg or .pdf");
}

Figure::Figure(const FigureOptions& options)
    : options_(options), axes_(options.rows * options.cols) {
  const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
  if (!positive(options.width) || !positive(options.height))
    fail("a picture's width and height must be positive, not ", options.width, " x ",
         options.height, " points");
  if (!positive(options.font_pt)) fail("the letter size must be positive, not ", options.font_pt);
  if (!positive(options.dpi)) fail("the resolution must be positive, not ", options.dpi, " dpi");
  SPI_ASSERT(options.rows > 0 && options.cols > 0);
}

Axes& Figure::axes(std::size_t row, std::size_t col) {
  SPI_ASSERT(row < options_.rows && col < options_.cols);
  return axes_[row * options_.cols + col];
}

std::string Figure::bytes(Format format) const {
  return encoded({options_.width, options_.height}, options_.dpi, format, [&](Canvas& canvas) {
    std::vector<Panel> panels;
    const double cell_width = options_.width / static_cast<double>(options_.cols);
    for (const Axes& axes : axes_) panels.emplace_back(axes, options_.font_pt, cell_width);
    Grid grid(options_, panels);
    for (int pass = 0; pass < kLayoutPasses; ++pass) grid.fit(canvas);
    grid.draw(canvas);
  });
}

void Figure::save(const std::filesystem::path& path, Format format) const {
  write_file(path, bytes(format));
}

}  // namespace spi::plot
