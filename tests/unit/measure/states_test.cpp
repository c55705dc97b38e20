// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/states.h"

#include <cmath>

#include "libspi/io/volume_series.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

using test::expect_error;
using test::Folder;

constexpr std::size_t kN = 21;

/// Waves of length `length` voxels under a bell.
Volume wave(double length) {
  Volume v{kN, kN, kN, {}, 10};
  for (std::size_t i = 0; i < kN * kN * kN; ++i) {
    const double x = double(i % kN) - 10, y = double(i / kN % kN) - 10,
                 z = double(i / (kN * kN)) - 10;
    v.values.push_back(
        float(std::exp(-(x * x + y * y + z * z) / 50) * (1.5 + std::cos(2 * M_PI * x / length))));
  }
  return v;
}

TEST(States, AreFoundInTheSeriesAndMeasured) {
  const Folder folder;
  const auto write = [&](const char* name, std::vector<double> lengths) {
    VolumesWriter writer(folder / name, Quantity::density, {});
    for (const double length : lengths) writer.append(wave(length));
    writer.finish();
    return folder / name;
  };
  const auto known = write("known.h5", {7, 4, 3});
  const auto matches = match_states(write("states.h5", {3, 7}), known, 2, silent_monitor());
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_EQ(matches[0].nearest, 2u);
  EXPECT_EQ(matches[1].nearest, 0u);
  EXPECT_NEAR(matches[0].correlation, 1, 1e-5);
  EXPECT_TRUE(matches[0].half.beyond);
  EXPECT_NEAR(matches[0].q_end, 0.05, 0.005);  // half of 1/voxel
  const auto table = state_table(matches);
  EXPECT_EQ(table[1].values, (std::vector<double>{2, 0}));
  EXPECT_EQ(table[3].values[0], *matches[0].half.q);
  // Of a wave that is not in the series the correlation is less.
  EXPECT_LT(match_states(write("other.h5", {5.3}), known, 1, silent_monitor())[0].correlation,
            0.95);
  expect_error([&] { match_states(folder / "absent.mrc", known, 1, silent_monitor()); },
               {"absent.mrc"});
}

}  // namespace
}  // namespace spi
