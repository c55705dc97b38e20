// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/series.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "libspi/base/parallel.h"
#include "libspi/base/ranks.h"
#include "libspi/io/volume_series.h"
#include "libspi/measure/report.h"

namespace spi {
namespace {

constexpr double kSameVoxel = 1e-4;  // MRC headers hold single precision

/// The columns of dataset z [M, L], where the file has it.
std::vector<Column> latent_coordinates(const std::filesystem::path& path, std::size_t count) {
  const LatentStates states = read_latent_states(path, count);
  std::vector<Column> columns;
  for (std::size_t k = 0; k < states.dim; ++k) {
    columns.push_back({text_of("z", k + 1), {}, {}});
    for (std::size_t m = 0; m < count; ++m)
      columns.back().values.push_back(states.z[m * states.dim + k]);
  }
  return columns;
}

}  // namespace

SizeSeries measure_series(const std::vector<std::filesystem::path>& files,
                          const DensitySizeOptions& options, int threads, Monitor& monitor) {
  SizeSeries series;
  std::string first;
  double voxel_A = 0;
  for (const auto& path : files) {
    const auto reader = open_volumes(path);
    if (reader->quantity() == Quantity::intensity)
      fail(path.string(), " holds intensities: a body's volume is seen in its density (spi-phase)");
    Progress progress(monitor, "measuring " + path.filename().string(), reader->count());
    for (std::size_t m = 0; m < reader->count(); ++m) {
      const Volume volume = reader->read(m);
      if (first.empty()) first = path.string(), voxel_A = volume.voxel_size_A;
      if (std::abs(volume.voxel_size_A / voxel_A - 1) > kSameVoxel)
        fail(path.string(), " has voxels of ", volume.voxel_size_A, " Å, ", first, " of ", voxel_A,
             " Å: volumes of one series must agree");
      series.sizes.push_back(with_context(text_of("measuring volume ", m, " of ", path.string()),
                                          [&] { return density_size(volume, options, threads); }));
      progress.advance();
    }
  }
  if (series.sizes.empty()) fail("no volumes to measure");
  if (files.size() == 1) series.coordinates = latent_coordinates(files[0], series.sizes.size());
  if (series.coordinates.empty()) {
    series.coordinates.push_back({"volume", {}, {}});
    for (std::size_t m = 0; m < series.sizes.size(); ++m)
      series.coordinates[0].values.push_back(double(m));
  }
  return series;
}

void PatternScale::describe(OptionSet& options) {
  options.group("Scale");
  options.add("q-per-pixel", q_per_pixel,
              "q of a pixel of the patterns, where their file does not say it");
  options.add("photon-energy", photon_energy,
              "for the curvature of the Ewald sphere, where the file does not say it");
}

FitGeometry PatternScale::of(const std::string& file, const StackInfo& info) const {
  FitGeometry geometry{.pattern = {}, .rows = info.rows, .columns = info.columns, .centre = {}};
  geometry.centre = centre_of(info);
  if (q_per_pixel)
    geometry.pattern.q_per_pixel = q_per_pixel->per_angstrom;
  else if (info.q_per_pixel)
    geometry.pattern.q_per_pixel = *info.q_per_pixel;
  else
    fail(file, " does not say what q a pixel has: give --q-per-pixel, such as 1.37e-4/A");
  geometry.pattern.wavelength_A = info.wavelength_A;
  if (photon_energy) geometry.pattern.wavelength_A = photon_energy->wavelength_angstroms();
  return geometry;
}

std::vector<double> PatternScale::q_of_rings(const StackInfo& info, std::size_t rings) const {
  std::vector<double> q;
  if (!q_per_pixel && !info.q_per_pixel) return q;
  const FitGeometry geometry = of("", info);
  for (std::size_t r = 0; r < rings; ++r) {
    const auto [across, along] = geometry.pattern.q_at(double(r));
    q.push_back(std::hypot(across, along));
  }
  return q;
}

std::vector<SizeFit> fit_sizes(StackReader& stack, const FitGeometry& geometry,
                               const SizeFitOptions& options, int threads, Monitor& monitor) {
  check_options(options);
  options.check_together();
  constexpr std::size_t kBlock = 64;  // patterns in memory
  const std::size_t count = stack.info().count, area = geometry.rows * geometry.columns;
  std::vector<SizeFit> fits(count);
  Progress progress(monitor, "fitting sizes", count);
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const Patterns p = stack.read(begin, std::min(kBlock, count - begin));
    parallel_for(p.count, threads, [&](std::size_t i, int) {
      fits[begin + i] = fit_size(std::span(p.intensity).subspan(i * area, area),
                                 std::span(p.weight).subspan(i * area, area), geometry, options);
    });
    progress.advance(p.count);
  }
  return fits;
}

std::vector<Column> radial_table(const RadialSet& set, const Column& coordinate) {
  std::vector<Column> table{{"rank", {}, {}}, {"id", {}, {}}, {coordinate.name, {}, {}}};
  for (const std::size_t i : order_by(coordinate)) {
    table[0].values.push_back(double(table[0].values.size()));
    table[1].values.push_back(double(set.id[i]));
    table[2].values.push_back(coordinate.values[i]);
  }
  return table;
}

std::string summary(const SizeSeries& series) {
  const auto [least, most] = std::ranges::minmax(series.sizes, {}, &DensitySize::volume_A3);
  char text[160];
  std::snprintf(text, sizeof text, "measured %zu volumes, %.5g to %.5g nm³ (%+.2f %%)",
                series.sizes.size(), least.volume_A3 / 1e3, most.volume_A3 / 1e3,
                100 * (most.volume_A3 / least.volume_A3 - 1));
  return text;
}

std::string summary(const std::vector<SizeFit>& fits) {
  std::string text = text_of("read ", fits.size(), " patterns");
  for (const FitShape shape : {FitShape::cube, FitShape::sphere}) {
    std::vector<double> volumes;
    for (const SizeFit& f : fits)
      if (f.clear && f.shape == shape) volumes.push_back(f.volume_A3 / 1e3);
    text += text_of(", ", volumes.size(), " clear ", name_of(shape), "s");
    if (volumes.empty()) continue;
    char middle[48];
    std::snprintf(middle, sizeof middle, " (median %.5g nm³)", median(std::move(volumes)));
    text += middle;
  }
  return text;
}

}  // namespace spi
