// SPDX-License-Identifier: GPL-3.0-or-later
// Heat maps and montages.
#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"  // for SPI_ASSERT
#include "libspi/plot/layer.h"

namespace spi::plot {
namespace {

constexpr double kStrip = 7, kStripGap = 2.5;  // category strips beside a matrix
constexpr int kVectorSide = 600;               // sharp pixels even in viewers that smooth images

/// How often each pixel of a side of `n` is repeated in a vector file.
int repeats(const Canvas& canvas, std::size_t n) {
  return canvas.is_vector() ? std::max(1, kVectorSide / static_cast<int>(n)) : 1;
}

/// `color(row, col)` of a [rows][cols] matrix as an image at `where`; `upside_down`: row 0 at the
/// bottom.
template <class ColorOf>
void draw_matrix(Canvas& canvas, const Rect& where, std::size_t rows, std::size_t cols,
                 bool upside_down, const ColorOf& color) {
  const int down = repeats(canvas, rows), across = repeats(canvas, cols);
  Pixels pixels{
      .width = static_cast<int>(cols) * across, .height = static_cast<int>(rows) * down, .rgb = {}};
  pixels.rgb.reserve(static_cast<std::size_t>(pixels.width) * pixels.height);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t row = upside_down ? rows - 1 - i : i;
    const std::size_t start = pixels.rgb.size();
    for (std::size_t col = 0; col < cols; ++col)
      pixels.rgb.insert(pixels.rgb.end(), across, packed(color(row, col)));
    for (int k = 1; k < down; ++k)
      for (int p = 0; p < pixels.width; ++p) pixels.rgb.push_back(pixels.rgb[start + p]);
  }
  canvas.image(where, pixels);
}

/// Averages first where the picture has fewer pixels than the image.
void draw_image(Canvas& canvas, const Rect& where, const Image& image, const ColorMapping& mapping,
                bool upside_down, double opacity = 1) {
  if (image.values().empty()) return;
  const auto pixels = [&](double points) {
    return static_cast<std::size_t>(std::ceil(points * canvas.raster_pixels_per_point()));
  };
  const Image shown = image.reduced(pixels(where.height), pixels(where.width));
  draw_matrix(canvas, where, shown.rows(), shown.cols(), upside_down,
              [&](std::size_t row, std::size_t col) {
                const Rgb color = mapping(shown(row, col));
                return Rgb{1 - opacity * (1 - color.r), 1 - opacity * (1 - color.g),
                           1 - opacity * (1 - color.b)};
              });
}

class HeatmapLayer : public Layer {
 public:
  explicit HeatmapLayer(Heatmap series)
      : s_(std::move(series)),
        mapping_(s_.colors, s_.image.values()),
        x_(s_.x_range.value_or(cell_edges(s_.image.given_cols()))),
        y_(s_.y_range.value_or(cell_edges(s_.image.given_rows()))) {
    SPI_ASSERT(s_.row_strip.of.empty() || s_.row_strip.of.size() == s_.image.given_rows());
    SPI_ASSERT(s_.col_strip.of.empty() || s_.col_strip.of.size() == s_.image.given_cols());
  }

  void cover(Extent& extent) const override {
    if (s_.image.values().empty()) return;
    for (const double edge : {x_.lo, x_.hi}) extent.x.pin(edge);
    for (const double edge : {y_.lo, y_.hi}) extent.y.pin(edge);
  }

  void draw(Canvas& canvas, const View& view) const override {
    const Point a = view({x_.lo, y_.lo}), b = view({x_.hi, y_.hi});
    const Rect where{std::min(a.x, b.x), std::min(a.y, b.y), std::abs(b.x - a.x),
                     std::abs(b.y - a.y)};
    const bool row_0_below = a.y > b.y;
    draw_image(canvas, where, s_.image, mapping_, row_0_below);
  }

  void draw_outside(Canvas& canvas, const View& view) const override {
    const Rect& box = view.box;
    const auto& rows = s_.row_strip.of;
    const auto& cols = s_.col_strip.of;
    const std::size_t n_rows = shown(rows), n_cols = shown(cols);
    if (n_rows > 0)
      draw_matrix(canvas, {box.right() + kStripGap, box.y, kStrip, box.height}, n_rows, 1,
                  !view.y_reversed, [&](std::size_t i, std::size_t) {
                    return color_of_category(rows[i * rows.size() / n_rows]);
                  });
    if (n_cols > 0)
      draw_matrix(canvas, {box.x, box.y - kStripGap - kStrip, box.width, kStrip}, 1, n_cols, false,
                  [&](std::size_t, std::size_t j) {
                    return color_of_category(cols[j * cols.size() / n_cols]);
                  });
  }

  /// Equal strips, as beside a correlation matrix, are explained once.
  void add_legend(std::vector<LegendEntry>& entries) const override {
    const Categories &rows = s_.row_strip, &cols = s_.col_strip;
    if (!rows.of.empty()) add_category_entries(rows, LegendEntry::Swatch::patch, entries);
    if (!cols.of.empty() && (cols.of != rows.of || cols.names != rows.names))
      add_category_entries(cols, LegendEntry::Swatch::patch, entries);
  }

  std::optional<ColorBar> color_bar() const override {
    if (!s_.colors.bar || s_.image.values().empty()) return {};
    return ColorBar{mapping_, s_.colors.label};
  }

  Outset outset() const override {
    return {.right = s_.row_strip.of.empty() ? 0 : kStrip + kStripGap,
            .top = s_.col_strip.of.empty() ? 0 : kStrip + kStripGap};
  }

  Frame frame() const override { return Frame::closed; }

 private:
  static Range cell_edges(std::size_t n) { return {-0.5, static_cast<double>(n) - 0.5}; }
  static std::size_t shown(const std::vector<int>& of) {
    return std::min(of.size(), Image::kMaxSide);
  }

  Heatmap s_;
  ColorMapping mapping_;
  Range x_, y_;
};

std::vector<double> all_values(const std::vector<Image>& images) {
  std::vector<double> all;
  for (const Image& image : images)
    all.insert(all.end(), image.values().begin(), image.values().end());
  return all;
}

class MontageLayer : public Layer {
 public:
  explicit MontageLayer(Montage series)
      : s_(std::move(series)), common_(s_.colors, all_values(s_.images)) {
    SPI_ASSERT(s_.captions.empty() || s_.captions.size() == s_.images.size());
    SPI_ASSERT(s_.opacity.empty() || s_.opacity.size() == s_.images.size());
    for (const Image& image : s_.images) {
      largest_.width = std::max(largest_.width, static_cast<double>(image.given_cols()));
      largest_.height = std::max(largest_.height, static_cast<double>(image.given_rows()));
    }
  }

  void draw(Canvas& canvas, const View& view) const override {
    const std::size_t n = s_.images.size();
    if (n == 0 || largest_.width == 0) return;
    const double caption = s_.captions.empty() ? 0 : 1.5 * view.tick_font();
    const Tiling tiling = best_tiling(view.box, caption);
    const Size tile = tiling.tile;
    const double step_x = tile.width + s_.gap_pt, step_y = tile.height + caption + s_.gap_pt;
    const std::size_t rows = (n + tiling.columns - 1) / tiling.columns;
    const double left =
        view.box.center().x - (static_cast<double>(tiling.columns) * step_x - s_.gap_pt) / 2;
    const double top = view.box.center().y - (static_cast<double>(rows) * step_y - s_.gap_pt) / 2;
    for (std::size_t k = 0; k < n; ++k) {
      const Rect where{left + static_cast<double>(k % tiling.columns) * step_x,
                       top + static_cast<double>(k / tiling.columns) * step_y + caption, tile.width,
                       tile.height};
      draw_tile(canvas, where, k);
      if (!s_.captions.empty()) draw_caption(canvas, where, k, view.tick_font());
    }
  }

  std::optional<ColorBar> color_bar() const override {
    if (!s_.common_scale || !s_.colors.bar || s_.images.empty()) return {};
    return ColorBar{common_, s_.colors.label};
  }

  Frame frame() const override { return Frame::none; }

 private:
  struct Tiling {
    std::size_t columns = 1;
    Size tile;
  };

  Tiling tiling_with(std::size_t columns, const Rect& box, double caption) const {
    const auto cols = static_cast<double>(columns);
    const auto rows = std::ceil(static_cast<double>(s_.images.size()) / cols);
    const double room_x = (box.width - (cols - 1) * s_.gap_pt) / cols;
    const double room_y = (box.height - (rows - 1) * s_.gap_pt) / rows - caption;
    const double scale = std::max(0.0, std::min(room_x / largest_.width, room_y / largest_.height));
    return {columns, {scale * largest_.width, scale * largest_.height}};
  }

  Tiling best_tiling(const Rect& box, double caption) const {
    if (s_.columns) return tiling_with(std::max<std::size_t>(1, *s_.columns), box, caption);
    Tiling best = tiling_with(1, box, caption);
    for (std::size_t columns = 2; columns <= s_.images.size(); ++columns)
      if (const Tiling t = tiling_with(columns, box, caption); t.tile.width > best.tile.width)
        best = t;
    return best;
  }

  /// The image, in its own proportions, in the middle of its tile.
  void draw_tile(Canvas& canvas, const Rect& tile, std::size_t k) const {
    const Image& image = s_.images[k];
    const double scale = tile.width / largest_.width;
    const Size size{scale * static_cast<double>(image.given_cols()),
                    scale * static_cast<double>(image.given_rows())};
    const Rect where{tile.center().x - size.width / 2, tile.center().y - size.height / 2,
                     size.width, size.height};
    draw_image(canvas, where, image,
               s_.common_scale ? common_ : ColorMapping(s_.colors, image.values()), s_.y_up,
               s_.opacity.empty() ? 1 : s_.opacity[k]);
  }

  void draw_caption(Canvas& canvas, const Rect& tile, std::size_t k, double font) const {
    const Point at{tile.center().x, tile.y - 0.45 * font};
    canvas.text(at, canvas.cut_to(s_.captions[k], font, tile.width + 0.5 * s_.gap_pt),
                {.size = font, .h = HAlign::center});
  }

  Montage s_;
  ColorMapping common_;
  Size largest_;  // columns and rows of the largest image
};

}  // namespace

LayerPtr make_layer(Heatmap series) { return std::make_shared<HeatmapLayer>(std::move(series)); }

LayerPtr make_layer(Montage series) { return std::make_shared<MontageLayer>(std::move(series)); }

}  // namespace spi::plot
