// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/video/palette.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr int kBits = 5;
constexpr std::size_t kCells = std::size_t(1) << (3 * kBits);
using Colour = std::array<int, 3>;

Colour parts(std::uint32_t rgb) {
  return {int(rgb >> 16 & 255), int(rgb >> 8 & 255), int(rgb & 255)};
}

std::size_t cell_of(const Colour& c) {
  std::size_t cell = 0;
  for (const int v : c) cell = cell << kBits | std::size_t(v >> (8 - kBits));
  return cell;
}

/// Pixels of like colour: their number and the sum of their colours.
struct Bin {
  double count = 0;
  std::array<double, 3> sum{};
  double mean(std::size_t k) const { return sum[k] / count; }
};

struct Box {
  std::vector<Bin> bins;
  double count = 0;
  std::size_t axis = 0;  ///< the widest
  double width = 0;

  explicit Box(std::vector<Bin> all) : bins(std::move(all)) {
    for (const Bin& bin : bins) count += bin.count;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto [low, high] =
          std::ranges::minmax(bins, {}, [k](const Bin& bin) { return bin.mean(k); });
      if (const double w = high.mean(k) - low.mean(k); w > width) width = w, axis = k;
    }
  }
  /// Large boxes come first, but rare colours get some too.
  double urgency() const { return width * std::pow(count, 0.35); }
};

/// At the median along the widest axis, at least a bin to each side.
std::array<Box, 2> halves(Box box) {
  const std::size_t k = box.axis;
  std::ranges::stable_sort(box.bins, {}, [k](const Bin& bin) { return bin.mean(k); });
  double count = 0;
  std::size_t cut = 0;
  while (cut + 1 < box.bins.size() && (cut == 0 || count < box.count / 2))
    count += box.bins[cut++].count;
  const auto middle = box.bins.begin() + std::ptrdiff_t(cut);
  return {Box({box.bins.begin(), middle}), Box({middle, box.bins.end()})};
}

std::uint32_t mean_of(const Box& box) {
  std::uint32_t rgb = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    double sum = 0;
    for (const Bin& bin : box.bins) sum += bin.sum[k];
    rgb = rgb << 8 | std::uint32_t(std::lround(sum / box.count));
  }
  return rgb;
}

/// Bayer's pattern of 8 x 8: every number of 0 to 63 once, neighbours far apart.
int bayer(int x, int y) {
  int value = 0;
  for (int bit = 0; bit < 3; ++bit) {
    const int a = x >> bit & 1, b = y >> bit & 1;
    value |= (2 * (a ^ b) + b) << (2 * (2 - bit));
  }
  return value;
}

}  // namespace

Palette::Palette(std::span<const plot::Pixels> samples) {
  std::vector<Bin> cells(kCells);
  for (const plot::Pixels& picture : samples)
    for (const std::uint32_t rgb : picture.rgb) {
      const Colour c = parts(rgb);
      Bin& bin = cells[cell_of(c)];
      ++bin.count;
      for (std::size_t k = 0; k < 3; ++k) bin.sum[k] += c[k];
    }
  std::erase_if(cells, [](const Bin& bin) { return bin.count == 0; });
  SPI_ASSERT(!cells.empty());
  std::vector<Box> boxes{Box(std::move(cells))};
  while (boxes.size() < colours_.size()) {
    const auto widest = std::ranges::max_element(boxes, {}, &Box::urgency);
    if (widest->bins.size() < 2) break;
    auto [a, b] = halves(std::move(*widest));
    *widest = std::move(a);
    boxes.push_back(std::move(b));
  }
  for (std::size_t i = 0; i < colours_.size(); ++i)
    colours_[i] = mean_of(boxes[std::min(i, boxes.size() - 1)]);
  nearest_.resize(kCells);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    int best = std::numeric_limits<int>::max();
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const Colour c = parts(colours_[i]);
      int distance = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        const int v = int(cell >> (kBits * (2 - k)) & 31) * 8 + 4;
        distance += (v - c[k]) * (v - c[k]);
      }
      if (distance < best) best = distance, nearest_[cell] = std::uint8_t(i);
    }
  }
}

std::vector<std::uint8_t> Palette::indices(const plot::Pixels& pixels) const {
  constexpr double kSpread = 8;  // of the dither: a cell's width
  std::vector<std::uint8_t> out(pixels.rgb.size());
  for (int y = 0; y < pixels.height; ++y)
    for (int x = 0; x < pixels.width; ++x) {
      const std::size_t i = std::size_t(y) * std::size_t(pixels.width) + std::size_t(x);
      const int shift = int(std::lround(kSpread * ((bayer(x, y) + 0.5) / 64 - 0.5)));
      Colour c = parts(pixels.rgb[i]);
      for (int& v : c) v = std::clamp(v + shift, 0, 255);
      out[i] = nearest_[cell_of(c)];
    }
  return out;
}

}  // namespace spi
