// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/states.h"

#include <cmath>
#include <numeric>

#include "libspi/io/volume_series.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

using test::expect_error;
using test::Folder;

constexpr std::size_t kN = 21;

/// Waves of length `length` times 10 Å under a bell, on voxels of 10 Å or so many.
Volume wave(double length, double voxel_A = 10) {
  Volume v{kN, kN, kN, {}, voxel_A};
  for (std::size_t i = 0; i < kN * kN * kN; ++i) {
    double x = double(i % kN) - 10, y = double(i / kN % kN) - 10, z = double(i / (kN * kN)) - 10;
    for (double* at : {&x, &y, &z}) *at *= voxel_A / 10;
    v.values.push_back(
        float(std::exp(-(x * x + y * y + z * z) / 50) * (1.5 + std::cos(2 * M_PI * x / length))));
  }
  return v;
}

double mean_of(const std::vector<double>& values) {
  return std::reduce(values.begin(), values.end()) / double(values.size());
}

TEST(States, AreFoundInTheSeriesAndMeasured) {
  const Folder folder;
  const auto write = [&](const char* name, std::vector<double> lengths, double voxel_A = 10) {
    VolumesWriter writer(folder / name, Quantity::density, {});
    for (const double length : lengths) writer.append(wave(length, voxel_A));
    writer.finish();
    return folder / name;
  };
  const std::vector<double> known_lengths{7, 4, 3};
  const auto known = write("known.h5", known_lengths);
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
  // On another grid each state is compared as volume_fsc alone would compare it.
  const auto resampled = match_states(write("coarse.h5", {3, 7}, 12), known, 2, silent_monitor());
  FscOptions options;
  options.align.align = Alignment::none;
  options.resample = true;
  const NamedVolume state{"state", wave(7, 12), Quantity::density};
  const NamedVolume truth{"truth", wave(known_lengths[resampled[1].nearest]), Quantity::density};
  const VolumeFsc fsc = volume_fsc(state, truth, {}, options, 1, silent_monitor());
  EXPECT_EQ(resampled[1].correlation, mean_of(fsc.correlation));
  EXPECT_EQ(resampled[1].half.q, fsc.resolution[0].q);
  EXPECT_EQ(resampled[1].q_end, fsc.q.back());
  expect_error([&] { match_states(folder / "absent.mrc", known, 1, silent_monitor()); },
               {"absent.mrc"});
}

}  // namespace
}  // namespace spi
