// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/png.h"

#include <libdeflate.h>

#include <memory>

#include "libspi/base/error.h"

namespace spi {
namespace {

void add_number(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255);
}

/// Length, type, data, checksum of type and data (PNG specification, 5.3).
void add_chunk(std::string& file, const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  add_number(file, static_cast<std::uint32_t>(data.size()));
  file += checked;
  add_number(file, libdeflate_crc32(0, checked.data(), checked.size()));
}

std::string compressed(const std::string& bytes) {
  constexpr int kLevel = 9;
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(kLevel), &libdeflate_free_compressor);
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), bytes.size()), '\0');
  out.resize(libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                      out.size()));
  return out;
}

}  // namespace

std::string palette_png(std::size_t width, std::size_t height,
                        std::span<const std::uint8_t> indices, std::span<const plot::Rgb> palette) {
  SPI_ASSERT(width > 0 && height > 0 && indices.size() == width * height);
  SPI_ASSERT(!palette.empty() && palette.size() <= 256);
  std::string head;
  add_number(head, static_cast<std::uint32_t>(width));
  add_number(head, static_cast<std::uint32_t>(height));
  head += {8, 3, 0, 0, 0};  // 8 bits, palette, deflate, filters by line, not interlaced
  std::string colors;
  for (const plot::Rgb& color : palette) {
    const std::uint32_t rgb = plot::packed(color);
    for (const int shift : {16, 8, 0}) colors += static_cast<char>(rgb >> shift & 255);
  }
  std::string lines;
  lines.reserve((width + 1) * height);
  for (std::size_t y = 0; y < height; ++y) {
    lines += '\0';  // no filter
    lines.append(reinterpret_cast<const char*>(indices.data()) + y * width, width);
  }
  std::string file = "\x89PNG\r\n\x1a\n";
  add_chunk(file, "IHDR", head);
  add_chunk(file, "PLTE", colors);
  add_chunk(file, "IDAT", compressed(lines));
  add_chunk(file, "IEND", "");
  return file;
}

}  // namespace spi
