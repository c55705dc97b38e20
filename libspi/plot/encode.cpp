// SPDX-License-Identifier: GPL-3.0-or-later
// Cairo surfaces that write into memory, with every status checked.
#include "libspi/plot/encode.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string_view>

#include "libspi/base/error.h"  // for fail

namespace spi::plot {
namespace {

using SurfacePtr = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;

constexpr double kPointsPerInch = 72;
constexpr double kTooManyPixels = 1e6;  // Cairo takes 32 767 a side

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

[[noreturn]] void fail_drawing(Size size, const char* reason) {
  fail("cannot draw a picture of ", size.width, " x ", size.height, " points: ", reason);
}

void check(cairo_status_t status, Size size) {
  if (status != CAIRO_STATUS_SUCCESS) fail_drawing(size, cairo_status_to_string(status));
}

SurfacePtr new_surface(Size size, double dpi, Format format, std::string& bytes) {
  const auto pixels = [&](double points) {
    return static_cast<int>(std::lround(std::min(points * dpi / kPointsPerInch, kTooManyPixels)));
  };
  cairo_surface_t* surface = nullptr;
  switch (format) {
    case Format::png:
      surface =
          cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(size.width), pixels(size.height));
      break;
    case Format::svg:
      surface = cairo_svg_surface_create_for_stream(append, &bytes, size.width, size.height);
      break;
    case Format::pdf:
      surface = cairo_pdf_surface_create_for_stream(append, &bytes, size.width, size.height);
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                     "2000-01-01T00:00:00Z");
      break;
  }
  return {surface, cairo_surface_destroy};
}

/// Cairo numbers the surfaces of an SVG through the life of the process (`id="surface17"`,
/// `"#surface17"`); here they count from 1 in each file.
std::string with_own_numbers(const std::string& svg) {
  static constexpr std::array<std::string_view, 2> kNames{"surface", "image"};
  std::map<std::string, std::size_t> numbers;
  std::string result;
  result.reserve(svg.size());
  std::size_t done = 0;
  for (std::size_t i = 0; i + 1 < svg.size(); ++i) {
    if (svg[i] != '"' && svg[i] != '#') continue;
    for (const std::string_view name : kNames) {
      const std::size_t digits = i + 1 + name.size();
      const std::size_t end = svg.find_first_not_of("0123456789", digits);
      if (svg.compare(i + 1, name.size(), name) != 0 || end == digits) continue;
      const auto number = numbers.try_emplace(svg.substr(digits, end - digits), numbers.size() + 1);
      result.append(svg, done, digits - done).append(std::to_string(number.first->second));
      done = end;
    }
  }
  return result.append(svg, done);
}

}  // namespace

std::string encoded(Size size, double dpi, Format format,
                    const std::function<void(Canvas&)>& draw) {
  std::string bytes;
  const SurfacePtr surface = new_surface(size, dpi, format, bytes);
  check(cairo_surface_status(surface.get()), size);
  const bool vector = format != Format::png;
  {
    Canvas canvas(surface.get(), vector ? 1 : dpi / kPointsPerInch, vector);
    canvas.rectangle({-1, -1, size.width + 2, size.height + 2}, {1, 1, 1});  // and a cut last pixel
    draw(canvas);
    if (const char* reason = canvas.error()) fail_drawing(size, reason);
  }
  cairo_surface_flush(surface.get());
  check(cairo_surface_status(surface.get()), size);
  if (!vector) check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes), size);
  cairo_surface_finish(surface.get());
  check(cairo_surface_status(surface.get()), size);
  return format == Format::svg ? with_own_numbers(bytes) : bytes;
}

Pixels drawn(int width, int height, double pixels_per_point,
             const std::function<void(Canvas&)>& draw) {
  const Size size{width / pixels_per_point, height / pixels_per_point};
  const SurfacePtr surface{cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height),
                           cairo_surface_destroy};
  check(cairo_surface_status(surface.get()), size);
  {
    Canvas canvas(surface.get(), pixels_per_point, false);
    canvas.rectangle({-1, -1, size.width + 2, size.height + 2}, {1, 1, 1});
    draw(canvas);
    if (const char* reason = canvas.error()) fail_drawing(size, reason);
  }
  cairo_surface_flush(surface.get());
  Pixels pixels{width, height, {}};
  const unsigned char* const data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  pixels.rgb.resize(std::size_t(width) * std::size_t(height));
  for (int row = 0; row < height; ++row) {
    std::uint32_t* const line = &pixels.rgb[std::size_t(row) * std::size_t(width)];
    std::memcpy(line, data + std::ptrdiff_t(row) * stride, sizeof(std::uint32_t) * width);
    for (int x = 0; x < width; ++x) line[x] &= 0xFFFFFF;  // Cairo leaves the fourth byte open
  }
  return pixels;
}

std::string png_of(const Pixels& pixels) {
  const Size size{double(pixels.width), double(pixels.height)};
  return encoded(size, kPointsPerInch, Format::png, [&](Canvas& canvas) {
    canvas.image({0, 0, size.width, size.height}, pixels);
  });
}

}  // namespace spi::plot
