// SPDX-License-Identifier: GPL-3.0-or-later
// Good and bad input files for the tests of the programs: tools_inputs SPI-SIMULATE FOLDER
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>

#include "libspi/io/averages.h"
#include "libspi/io/stack.h"
#include "libspi/io/volume_series.h"

namespace {

namespace fs = std::filesystem;

/// good.h5 with its first `count` patterns changed, as averages.
void variant(const fs::path& folder, const std::string& name, std::size_t count,
             const std::function<void(spi::Patterns&)>& change) {
  const auto stack = spi::open_stack(folder / "good.h5", {});
  spi::Patterns patterns = stack->read(0, count);
  change(patterns);
  spi::AveragesWriter writer(folder / name, {.rows = patterns.rows, .columns = patterns.columns},
                             {});
  writer.append(patterns.intensity, patterns.weight);
  writer.finish();
}

/// The first `share` of a file's bytes.
void cut(const fs::path& from, const fs::path& to, double share) {
  fs::copy_file(from, to);
  fs::resize_file(to, std::uintmax_t(share * double(fs::file_size(to))));
}

void make_bad_inputs(const fs::path& folder) {
  constexpr std::size_t kAll = 24;
  const auto bad_pixel = [](float value) {
    return [value](spi::Patterns& p) { p.intensity[2 * p.rows * p.columns + 7] = value; };
  };
  variant(folder, "nan.h5", kAll, bad_pixel(std::numeric_limits<float>::quiet_NaN()));
  variant(folder, "negative.h5", kAll, bad_pixel(-3));
  variant(folder, "two.h5", 2, [](spi::Patterns&) {});
  variant(folder, "one_zero.h5", kAll, [](spi::Patterns& p) {
    std::fill_n(p.intensity.begin() + std::ptrdiff_t(2 * p.rows * p.columns), p.rows * p.columns,
                0.f);
  });
  variant(folder, "all_zero.h5", kAll,
          [](spi::Patterns& p) { std::ranges::fill(p.intensity, 0.f); });
  variant(folder, "unweighted.h5", kAll,
          [](spi::Patterns& p) { std::ranges::fill(p.weight, 0.f); });

  auto file = spi::h5::File::create(folder / "small_mask.h5");
  file.write("patterns", std::vector<float>(5 * 16 * 16, 1.f), {5, 16, 16});
  file.write("mask", std::vector<std::int32_t>(15 * 16), {15, 16});
  file.close();
  cut(folder / "good.h5", folder / "cut.h5", 0.7);
  cut(folder / "good-frames.h5", folder / "cut-frames.h5", 0.7);
  cut(folder / "good.emc", folder / "cut.emc", 0.7);
  std::ofstream(folder / "text.h5") << "not HDF5\n";
  std::ofstream(folder / "empty.h5");
}

/// Three growing boxes without symmetry as volumes.h5 and MRC, and the intensity of none.
void make_volumes(const fs::path& folder) {
  constexpr std::size_t kN = 24;
  const auto box = [](std::size_t grow) {
    spi::Volume v{kN, kN, kN, std::vector<float>(kN * kN * kN), 10};
    for (std::size_t z = 8; z < 14; ++z)
      for (std::size_t y = 7; y < 16; ++y)
        for (std::size_t x = 6; x < 13 + grow; ++x)
          v.values[(z * kN + y) * kN + x] = float(x < 9 || y < 10 ? 1 : 2);
    return v;
  };
  spi::VolumesWriter densities(folder / "densities.h5", spi::Quantity::density, {});
  spi::VolumesWriter intensities(folder / "intensities.h5", spi::Quantity::intensity, {});
  for (std::size_t k = 0; k < 3; ++k) {
    densities.append(box(k));
    intensities.append(box(k));
  }
  densities.file().write("z", std::vector<double>{-1, 0.5, 2}, {3, 1});
  densities.finish();
  intensities.finish();
  spi::write_mrc(folder / "density.mrc", box(0));
  spi::Volume other = box(0);
  other.voxel_size_A = 12;
  spi::write_mrc(folder / "coarse.mrc", other);
}

}  // namespace

int main(int, char** argv) {
  const fs::path folder = argv[2];
  fs::remove_all(folder);
  fs::create_directories(folder);
  const std::string simulate = std::string("'") + argv[1] +
                               "' -q --particles cube,sphere --pixels 64 --pixel-size 800um -o '" +
                               folder.string();
  for (const char* file : {"/good.h5' --averages --frames 24",
                           "/good.emc' --format emc --frames 24", "/good-frames.h5' --frames 400"})
    if (std::system((simulate + file).c_str()) != 0) return 1;
  try {
    make_bad_inputs(folder);
    make_volumes(folder);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
