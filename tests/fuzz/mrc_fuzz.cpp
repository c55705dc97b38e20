// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an MRC volume: as many finite values as voxels, or a UserError.
#include <cmath>
#include <cstdint>

#include "libspi/base/error.h"
#include "libspi/io/volume_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const spi::Volume volume =
        spi::parse_mrc(reinterpret_cast<const char*>(data), size, "fuzz.mrc");
    SPI_ASSERT(volume.values.size() == volume.nz * volume.ny * volume.nx);
    SPI_ASSERT(volume.voxel_size_A > 0);
    for (const float value : volume.values) SPI_ASSERT(std::isfinite(value));
  } catch (const spi::UserError&) {
  }
  return 0;
}
