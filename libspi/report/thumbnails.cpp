// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/thumbnails.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/io/stack.h"
#include "libspi/plot/image.h"
#include "libspi/report/png.h"

namespace spi {
namespace {

constexpr std::size_t kMaxSide = 64;
constexpr std::uint8_t kLevels = 63;  // beside 0, not measured; the eye sees no more

std::vector<plot::Rgb> palette() {
  std::vector<plot::Rgb> colors{plot::kMissing};
  for (int level = 0; level < kLevels; ++level)
    colors.push_back(plot::color_at(plot::ColorMap::magma, level / double(kLevels - 1)));
  return colors;
}

/// Pattern k of a block, NaN where not measured, made small.
plot::Image small_image(const Patterns& patterns, std::size_t k) {
  const std::size_t area = patterns.rows * patterns.columns;
  std::vector<float> values(patterns.intensity.begin() + std::ptrdiff_t(k * area),
                            patterns.intensity.begin() + std::ptrdiff_t((k + 1) * area));
  for (std::size_t i = 0; i < area; ++i)
    if (!(patterns.weight[k * area + i] > 0)) values[i] = std::numeric_limits<float>::quiet_NaN();
  return plot::Image(patterns.rows, patterns.columns, values).reduced(kMaxSide, kMaxSide);
}

/// Index of the palette for every pixel.
std::vector<std::uint8_t> levels_of(const plot::Image& image) {
  constexpr double kLow = 0.05, kHigh = 0.999;
  std::vector<double> positive;
  for (const double value : image.values())
    if (value > 0) positive.push_back(value);
  std::ranges::sort(positive);
  const auto quantile = [&](double q) {
    return positive.empty() ? 1 : std::log(positive[std::size_t(q * double(positive.size() - 1))]);
  };
  const double low = quantile(kLow), range = std::max(quantile(kHigh) - low, 1e-9);
  std::vector<std::uint8_t> levels;
  for (const double value : image.values()) {
    const double place = value > 0 ? std::clamp((std::log(value) - low) / range, 0.0, 1.0) : 0;
    levels.push_back(std::isnan(value) ? 0 : std::uint8_t(1 + std::lround(place * (kLevels - 1))));
  }
  return levels;
}

StackOptions lenient() { return {.mask_invalid = true, .allow_empty = true}; }

}  // namespace

std::size_t count_patterns(const std::filesystem::path& stack) {
  return open_stack(stack, lenient())->info().count;
}

ThumbnailSheet make_thumbnails(const std::filesystem::path& stack, Monitor& monitor) {
  constexpr std::size_t kBlock = 64;
  const auto reader = open_stack(stack, lenient());
  const std::size_t count = reader->info().count;
  ThumbnailSheet sheet{.per_row = std::size_t(std::ceil(std::sqrt(double(count)))),
                       .ids = reader->ids()};
  std::vector<std::uint8_t> pixels;
  Progress progress(monitor, "making thumbnails", count);
  for (std::size_t first = 0; first < count; first += kBlock) {
    const Patterns patterns = reader->read(first, std::min(kBlock, count - first));
    for (std::size_t k = 0; k < patterns.count; ++k) {
      const plot::Image image = small_image(patterns, k);
      if (pixels.empty()) {
        sheet.width = image.cols(), sheet.height = image.rows();
        const std::size_t rows = (count + sheet.per_row - 1) / sheet.per_row;
        pixels.assign(rows * sheet.height * sheet.per_row * sheet.width, 0);
      }
      const auto levels = levels_of(image);
      const std::size_t tile = first + k, line = sheet.per_row * sheet.width;
      for (std::size_t y = 0; y < sheet.height; ++y)
        std::copy_n(
            levels.begin() + std::ptrdiff_t(y * sheet.width), sheet.width,
            pixels.begin() + std::ptrdiff_t((tile / sheet.per_row * sheet.height + y) * line +
                                            tile % sheet.per_row * sheet.width));
    }
    progress.advance(patterns.count);
  }
  sheet.png = palette_png(sheet.per_row * sheet.width,
                          pixels.size() / (sheet.per_row * sheet.width), pixels, palette());
  return sheet;
}

}  // namespace spi
