// SPDX-License-Identifier: GPL-3.0-or-later
// A folder for each test, small detectors and frames.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libspi/io/detector.h"
#include "libspi/io/frames.h"
#include "tests/unit/folder.h"

namespace spi::test {

/// A folder that lives as long as the test.
class InFolder : public ::testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_ / name; }
  std::size_t files_in_folder() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  const Folder folder_;
};

/// A flat detector of rows × columns, 100 pixels from the sample, beam in the middle, y up along
/// the rows; pixel 0 is bad, pixel 1 not for the fit.
inline Detector flat_detector(std::size_t rows, std::size_t columns) {
  Detector detector;
  detector.distance_px = detector.ewald_radius_voxels = 100;
  detector.shape = {rows, columns};
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) {
      const double x = static_cast<double>(c) - static_cast<double>(columns - 1) / 2;
      const double y = static_cast<double>(r) - static_cast<double>(rows - 1) / 2;
      const double f = std::sqrt(x * x + y * y + 100.0 * 100.0);
      detector.sx.push_back(x / f);
      detector.sy.push_back(y / f);
      detector.sz.push_back(100 / f - 1);
      detector.correction.push_back(1);
      detector.use.push_back(PixelUse::good);
    }
  detector.use[0] = PixelUse::bad;
  detector.use[1] = PixelUse::ignore_for_fit;
  return detector;
}

/// Frames of `pixels` pixels with counts made by a formula; some frames are empty.
inline FrameBlock some_frames(std::size_t frames, std::size_t pixels) {
  FrameBlock block;
  block.start = {0};
  for (std::size_t i = 0; i < frames; ++i) {
    std::vector<std::uint32_t> counts(pixels);
    for (std::size_t k = 0; i % 5 != 4 && k < pixels; ++k)
      counts[k] = static_cast<std::uint32_t>((i * 7 + k * 3) % 11 < 3 ? (i + k) % 4 : 0);
    if (i % 7 == 3) counts[pixels - 1] = 100000;  // more than 16 bits
    block.append_dense(1000 + 3 * i, counts);
  }
  return block;
}

inline void expect_same(const FrameBlock& a, const FrameBlock& b) {
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.pixel, b.pixel);
  EXPECT_EQ(a.count, b.count);
}

template <class T>
void write_bytes(const fs::path& path, const std::vector<T>& values, bool append = false) {
  std::ofstream out(path, append ? std::ios::binary | std::ios::app : std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
}

inline void write_file(const fs::path& path, const std::string& text) {
  write_bytes(path, std::vector<char>(text.begin(), text.end()));
}

/// Data of other people, which the project does not ship; empty where it is not there.
inline fs::path shared_data(const std::string& name) {
  const char* folder = std::getenv("SPI_SHARED_DATA");
  const fs::path path =
      (folder ? fs::path(folder) : fs::path(SPI_SOURCE_DIR "/../shared/data")) / name;
  return fs::exists(path) ? path : fs::path();
}

}  // namespace spi::test

#define SPI_NEEDS_DATA(variable, name)                  \
  const auto variable = ::spi::test::shared_data(name); \
  if (variable.empty()) GTEST_SKIP() << name << " is not in the shared data"
