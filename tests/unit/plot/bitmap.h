// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a PNG back, pixel by pixel.
#pragma once

#include <cairo.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "libspi/plot/color.h"
#include "libspi/plot/figure.h"

namespace spi::plot {

struct Bitmap {
  int width = 0, height = 0;
  std::vector<std::uint32_t> rgb;  // [height][width], 0xRRGGBB

  explicit Bitmap(const std::string& png) {
    struct Reader {
      const std::string& bytes;
      std::size_t position;
    } reader{png, 0};
    const auto read = [](void* closure, unsigned char* data, unsigned int n) {
      auto& r = *static_cast<Reader*>(closure);
      if (r.position + n > r.bytes.size()) return CAIRO_STATUS_READ_ERROR;
      std::memcpy(data, r.bytes.data() + r.position, n);
      r.position += n;
      return CAIRO_STATUS_SUCCESS;
    };
    cairo_surface_t* surface = cairo_image_surface_create_from_png_stream(read, &reader);
    width = cairo_image_surface_get_width(surface);
    height = cairo_image_surface_get_height(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    const unsigned char* data = cairo_image_surface_get_data(surface);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        std::uint32_t pixel;
        std::memcpy(&pixel, data + y * stride + 4 * x, 4);
        rgb.push_back(pixel & 0xFFFFFF);
      }
    cairo_surface_destroy(surface);
  }

  std::uint32_t at(int x, int y) const { return rgb[static_cast<std::size_t>(y) * width + x]; }

  int count(Rgb color) const {
    int n = 0;
    for (const std::uint32_t pixel : rgb) n += pixel == packed(color);
    return n;
  }

  /// Mean place of all pixels of exactly this colour.
  Point center_of(Rgb color) const {
    Point sum;
    double n = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        if (at(x, y) == packed(color)) sum.x += x + 0.5, sum.y += y + 0.5, ++n;
    return {sum.x / n, sum.y / n};
  }
};

inline Bitmap rendered(const Figure& figure) { return Bitmap(figure.bytes(Format::png)); }

inline constexpr Rgb kRed{1, 0, 0}, kLime{0, 1, 0}, kBlue{0, 0, 1};

}  // namespace spi::plot
