// SPDX-License-Identifier: GPL-3.0-or-later
// Good and bad input files for the tests of the programs: tools_inputs SPI-SIMULATE FOLDER
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <numbers>

#include "libspi/base/random.h"
#include "libspi/io/averages.h"
#include "libspi/io/orientations.h"
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

/// An embedding of three groups of twenty, in which `broken` patterns are NaN.
void coordinates(const fs::path& path, std::size_t broken) {
  constexpr std::size_t kPatterns = 60;
  std::vector<float> values;
  std::vector<std::uint64_t> id;
  spi::Random random(spi::kDefaultSeed, 0, 0);
  for (std::size_t i = 0; i < kPatterns; ++i) {
    id.push_back(100 + i);
    for (std::size_t c = 0; c < 2; ++c)
      values.push_back(i < broken ? std::numeric_limits<float>::quiet_NaN()
                                  : float((i % 3 == c ? 9 : 0) + random.normal()));
  }
  auto file = spi::h5::File::create(path);
  file.write("embedding", values, {kPatterns, 2});
  file.write("id", id);
  file.close();
}

/// The first `share` of a file's bytes.
void cut(const fs::path& from, const fs::path& to, double share) {
  fs::copy_file(from, to);
  fs::resize_file(to, std::uintmax_t(share * double(fs::file_size(to))));
}

/// |F|² of a cube of 420 Å on 97³ voxels that reach farther than the patterns.
void write_volume(const fs::path& path, spi::Quantity quantity) {
  constexpr std::size_t kSize = 97;
  constexpr double kEdge_A = 420, kQPerVoxel = 4e-4;
  std::vector<double> factor;
  for (std::size_t n = 0; n < kSize; ++n) {
    const double x = std::numbers::pi * kEdge_A * kQPerVoxel * (double(n) - double(kSize / 2));
    factor.push_back(x == 0 ? 1 : std::pow(std::sin(x) / x, 2));
  }
  spi::Volume volume{kSize, kSize, kSize, {}, 1 / (kQPerVoxel * double(kSize))};
  for (const double z : factor)
    for (const double y : factor)
      for (const double x : factor) volume.values.push_back(float(1e6 * x * y * z));
  spi::VolumesWriter writer(path, quantity, {});
  writer.append(volume);
  writer.finish();
}

/// A landscape of good.h5 with a hole in it, one of other patterns, and a model of the future.
void make_bad_models(const fs::path& folder) {
  std::vector<float> points(24 * 3);
  std::vector<std::uint64_t> id(24);
  for (std::size_t k = 0; k < points.size(); ++k) points[k] = float(k * k % 17);
  for (std::size_t k = 0; k < id.size(); ++k) id[k] = k + 100;
  auto other = spi::h5::File::create(folder / "other-landscape.h5");
  other.write("embedding", points, {24, 3});
  other.write("id", id);
  other.close();
  points[5 * 3 + 1] = std::numeric_limits<float>::quiet_NaN();
  auto hole = spi::h5::File::create(folder / "nan-landscape.h5");
  hole.write("embedding", points, {24, 3});
  hole.write("id", id);
  hole.close();
  auto newer = spi::h5::File::create(folder / "newer.pt");
  newer.set_attribute("/", "format", std::string("spi-absolute-embedding"));
  newer.set_attribute("/", "format_version", std::int64_t{99});
  newer.close();
}

/// good-orientations.h5: the truth of good.h5, as spi-orient would write it; and others-, of other
/// ids.
void make_orientations(const fs::path& folder) {
  const auto file = spi::h5::File::open(folder / "good.h5");
  const auto truth = file.read<double>("truth/quaternion");
  spi::Orientations o;
  o.id = file.read<std::uint64_t>("id");
  const std::size_t n = o.id.size();
  for (std::size_t i = 0; i < n; ++i)
    o.quaternion.push_back({truth[4 * i], truth[4 * i + 1], truth[4 * i + 2], truth[4 * i + 3]});
  o.second_quaternion = o.quaternion;
  o.cc = o.size = std::vector<double>(n, 1);
  for (std::size_t i = 0; i < n; ++i) o.gain.push_back(1 + 0.01 * double(i));
  o.margin = o.twin_margin = std::vector<double>(n, 0);
  o.symmetry = "Oh";
  spi::write_orientations(folder / "good-orientations.h5", o, {});
  for (std::uint64_t& id : o.id) id += 1000;
  spi::write_orientations(folder / "others-orientations.h5", o, {});
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
  coordinates(folder / "nan-coordinates.h5", 2);
  coordinates(folder / "no-coordinates.h5", 60);
  coordinates(folder / "coordinates.h5", 0);
  cut(folder / "coordinates.h5", folder / "cut-coordinates.h5", 0.7);
  make_bad_models(folder);
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

/// Intensities of a ball in a cube of 24 voxels, as volumes.h5, after `change`.
void write_ball(const fs::path& path, spi::Quantity quantity,
                const std::function<void(std::vector<float>&)>& change) {
  constexpr std::size_t kN = 24;
  spi::Volume ball{kN, kN, kN, std::vector<float>(kN * kN * kN), 10};
  for (std::size_t i = 0; i < ball.values.size(); ++i) {
    double r2 = 0;
    for (std::size_t axis = 0, rest = i; axis < 3; ++axis, rest /= kN)
      r2 += std::pow(double(rest % kN) - double(kN / 2), 2);
    const double x = std::max(0.8 * std::sqrt(r2), 1e-2);  // 2 pi times radius times q
    ball.values[i] = float(1e4 * std::pow((std::sin(x) - x * std::cos(x)) / (x * x * x), 2));
  }
  change(ball.values);
  spi::VolumesWriter writer(path, quantity, {});
  writer.append(ball);
  writer.finish();
}

void make_phasing_inputs(const fs::path& folder) {
  const auto filled = [](float value) {
    return [value](std::vector<float>& v) { std::ranges::fill(v, value); };
  };
  const auto intensity = spi::Quantity::intensity;
  write_ball(folder / "ball.h5", intensity, [](std::vector<float>&) {});
  write_ball(folder / "ball_density.h5", spi::Quantity::density, [](std::vector<float>&) {});
  write_ball(folder / "ball_zero.h5", intensity, filled(0));
  write_ball(folder / "ball_negative.h5", intensity, filled(-1));
  write_ball(folder / "ball_nan.h5", intensity,
             [](std::vector<float>& v) { v[7] = std::numeric_limits<float>::quiet_NaN(); });
  write_ball(folder / "everywhere.h5", intensity, filled(1));
  write_ball(folder / "noise.h5", intensity, [](std::vector<float>& v) {
    spi::Random random(5, 0, 0);
    for (float& value : v) value = float(-std::log(1 - random.uniform()));
  });
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
    write_volume(folder / "volume.h5", spi::Quantity::intensity);
    write_volume(folder / "density.h5", spi::Quantity::density);
    make_orientations(folder);
    make_bad_inputs(folder);
    make_volumes(folder);
    make_phasing_inputs(folder);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
