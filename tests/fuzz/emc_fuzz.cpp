// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a Dragonfly .emc file: frames that keep the reader's promise, or a UserError.
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "libspi/base/error.h"
#include "libspi/io/frames.h"

namespace {

void check(const spi::FrameBlock& block, std::size_t pixels) {
  SPI_ASSERT(block.start.size() == block.frames() + 1 && block.start.front() == 0);
  SPI_ASSERT(block.start.back() == block.pixel.size() && block.pixel.size() == block.count.size());
  for (std::size_t i = 0; i < block.frames(); ++i)
    for (auto k = block.start[i]; k < block.start[i + 1]; ++k) {
      SPI_ASSERT(block.pixel[k] < pixels && block.count[k] > 0);
      SPI_ASSERT(k == block.start[i] || block.pixel[k] > block.pixel[k - 1]);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 3 && std::memcmp(data, "\x89HDF", 4) == 0) return 0;  // would try HDF5, not us
  static const int file = memfd_create("frames", 0);
  SPI_ASSERT(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  try {
    const auto reader = spi::open_frames({"/proc/self/fd/" + std::to_string(file)});
    constexpr std::size_t kBlock = 300;  // crosses the reader's index of every 256th frame
    for (std::size_t first = 0; first < reader->frames(); first += kBlock)
      check(reader->read(first, kBlock), reader->pixels());
  } catch (const spi::UserError&) {
  }
  return 0;
}
