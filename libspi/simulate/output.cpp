// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/output.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include "libspi/base/error.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/averages.h"
#include "libspi/io/record.h"
#include "libspi/io/volume_series.h"
#include "libspi/simulate/truth.h"

namespace spi {
namespace {

void count_kinds(std::span<const ShotTruth> truth, SimulationSummary& summary) {
  for (const ShotTruth& t : truth) ++summary.frames_of_kind[t.shot.kind];
}

SimulationSummary empty_summary(const Population& population) {
  return {.frames_of_kind = std::vector<std::size_t>(population.components().size())};
}

/// A file of its own for the truth.
struct TruthFile {
  AtomicFile target;
  h5::File file;

  TruthFile(const std::filesystem::path& path, const Provenance& provenance)
      : target(path), file(h5::File::create(target.temporary())) {
    write_record(file, "spi-truth", provenance);
  }
  void finish() {
    file.close();
    target.commit();
  }
};

/// x, y of the beam in pixels. UsageError unless the pixels lie in rows and columns one pixel
/// apart.
std::array<double, 2> beam_centre(const Detector& detector) {
  const auto [rows, columns] = detector.shape;
  const auto [x0, y0] = detector.flat_position(0);
  bool is_grid = rows >= 2 && columns >= 2;
  for (std::size_t i = 0; is_grid && i < detector.pixels(); ++i) {
    const auto [x, y] = detector.flat_position(i);
    const double column = static_cast<double>(i % columns), row = static_cast<double>(i / columns);
    is_grid = std::hypot(x - x0 - column, y - y0 - row) < 0.1;  // a tenth of a pixel does no harm
  }
  if (!is_grid) fail_usage("--averages needs a detector whose pixels lie in rows and columns");
  return {-x0, -y0};
}

}  // namespace

SimulationSummary write_frames(const Simulator& simulator, FrameFormat format,
                               const std::filesystem::path& path,
                               const std::filesystem::path& truth_path,
                               const std::filesystem::path& detector_path,
                               const Provenance& provenance, Monitor& monitor) {
  SimulationSummary summary = empty_summary(simulator.population());
  const auto writer = create_frames(path, format, simulator.detector(), provenance);
  std::optional<TruthFile> apart;
  if (!writer->file()) apart.emplace(truth_path, provenance);
  TruthWriter truth(writer->file() ? *writer->file() : apart->file, simulator.population());
  simulator.frames(
      [&](const FrameBlock& block, std::span<const ShotTruth> shots) {
        writer->append(block);
        truth.append(shots);
        count_kinds(shots, summary);
        summary.photons += std::accumulate(block.count.begin(), block.count.end(), 0.0);
      },
      monitor);
  if (apart) {
    apart->finish();
    write_dragonfly_detector(detector_path, simulator.detector());
  }
  writer->finish();
  return summary;
}

SimulationSummary write_averages(const Simulator& simulator, const std::filesystem::path& path,
                                 const Provenance& provenance, Monitor& monitor) {
  const Detector& detector = simulator.detector();
  const auto [rows, columns] = detector.shape;
  const std::array<double, 2> centre = beam_centre(detector);
  SimulationSummary summary = empty_summary(simulator.population());
  AveragesWriter writer(path,
                        {.rows = rows,
                         .columns = columns,
                         .q_per_pixel = detector.q_per_pixel(),
                         .wavelength_A = detector.ewald_wavelength_A(),
                         .centre = centre},
                        provenance);
  TruthWriter truth(writer.file(), simulator.population());
  AveragesColumns ids;
  simulator.averages(
      [&](const DenseBlock& block, std::span<const ShotTruth> shots) {
        writer.append(block.intensity, block.weight);
        truth.append(shots);
        count_kinds(shots, summary);
        for (const ShotTruth& t : shots) {
          ids.id.push_back(t.shot.id);
          summary.photons += t.expected;
        }
      },
      monitor);
  writer.finish(ids);
  return summary;
}

SimulationSummary write_volumes(const VolumeSimulator& simulator, const std::filesystem::path& path,
                                const std::filesystem::path& density_path,
                                const Provenance& provenance, Monitor& monitor) {
  SimulationSummary summary = empty_summary(simulator.population());
  VolumesWriter intensities(path, Quantity::intensity, provenance);
  VolumesWriter densities(density_path, Quantity::density, provenance);
  TruthWriter truth(intensities.file(), simulator.population());
  std::vector<double> melting;
  Progress progress(monitor, "simulating volumes", simulator.count());
  for (std::size_t index = 0; index < simulator.count(); ++index) {
    const TrueVolume volume = simulator.volume(index);
    melting.push_back(volume.truth.shot.melting);
    intensities.append(volume.intensity);
    densities.append(volume.density);
    truth.append({&volume.truth, 1});
    count_kinds({&volume.truth, 1}, summary);
    summary.photons += volume.truth.expected;
    progress.advance();
  }
  for (VolumesWriter* writer : {&densities, &intensities}) {
    if (std::ranges::none_of(melting, [](double m) { return std::isnan(m); }))
      writer->file().write("/z", melting, {melting.size(), 1});
    writer->finish();
  }
  return summary;
}

}  // namespace spi
