// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/simulator.h"

#include <algorithm>
#include <numbers>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/geometry/detector_grid.h"

namespace spi {
namespace {

constexpr std::size_t kPilotFrames = 128;

PopulationOptions population_options(const SimulateOptions& o) {
  return {.edge_A = o.edge->angstroms(),
          .size_spread = *o.size_spread,
          .melting = o.melting,
          .rod_aspect = o.rod_aspect,
          .oversampling = o.oversampling,
          .model_from_lab = o.make_orientations()};
}

}  // namespace

double photons_per_square_electron(const Detector& detector, double pulse_photons,
                                   Length beam_radius) {
  constexpr double kElectronRadius_m = 2.8179403262e-15;
  const double area_m2 = std::numbers::pi * beam_radius.metres * beam_radius.metres;
  return pulse_photons / area_m2 * kElectronRadius_m * kElectronRadius_m *
         mean_solid_angle_sr(detector);
}

Simulator::Simulator(const SimulateOptions& options, std::uint64_t seed, int threads,
                     Monitor& monitor)
    : options_(options),
      seed_(seed),
      threads_(threads),
      detector_(options.make_detector()),
      diffraction_(detector_),
      population_(parse_mixture(*options.particles), population_options(options), *options.frames,
                  seed, diffraction_.q_max(), threads),
      fluence_(options.make_fluence()),
      scale_(brightness_scale(monitor)) {}

std::optional<double> Simulator::brightness_scale(Monitor& monitor) const {
  if (options_.pulse_photons)
    return photons_per_square_electron(detector_, *options_.pulse_photons, *options_.beam_radius);
  if (options_.averages || options_.equal_photons) return std::nullopt;
  std::vector<double> sums(std::min(kPilotFrames, population_.size()));
  Progress progress(monitor, "setting the brightness", sums.size());
  parallel_for(sums.size(), threads_, [&](std::size_t id, int) {
    std::vector<float> rate(diffraction_.pixels());
    const Shot shot = population_.shot(id);
    sums[id] = diffraction_.pattern(*population_.particle(shot), shot.model_from_lab, rate);
    progress.advance();
  });
  const double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  if (!(sum > 0)) fail("the particles scatter nothing onto the good pixels");
  return *options_.photons * static_cast<double>(sums.size()) / sum;
}

ShotTruth Simulator::expose(std::uint64_t id, std::span<float> rate) const {
  ShotTruth truth{.shot = population_.shot(id)};
  Random random = random_for(seed_, Draw::fluence, id);
  truth.fluence = fluence_.draw(random);
  const auto particle = population_.particle(truth.shot);
  const double sum = diffraction_.pattern(*particle, truth.shot.model_from_lab, rate);
  if (!(sum > 0)) fail("frame ", id, " has nothing on the good pixels");
  const double scale = (scale_ ? *scale_ : *options_.photons / sum) * truth.fluence;
  for (float& value : rate) value *= static_cast<float>(scale);
  truth.expected = scale * sum;
  return truth;
}

SparseFrame Simulator::sparse_frame(const ShotTruth& truth, std::span<const float> rate) const {
  Random photons = random_for(seed_, Draw::photons, truth.shot.id);
  SparseFrame frame = count_photons(rate, 1, photons);
  if (!(options_.readout_noise > 0)) return frame;
  Random readout = random_for(seed_, Draw::readout, truth.shot.id);
  return add_readout_noise(frame, detector_.use, options_.readout_noise, readout);
}

void Simulator::dense_pattern(const ShotTruth& truth, std::span<float> rate) const {
  if (!options_.noise_free) {
    Random photons = random_for(seed_, Draw::photons, truth.shot.id);
    const SparseFrame counts = count_photons(rate, 1, photons);
    std::ranges::fill(rate, 0.0f);
    for (std::size_t i = 0; i < counts.pixel.size(); ++i)
      rate[counts.pixel[i]] = static_cast<float>(counts.count[i]);
  }
  if (options_.readout_noise > 0) {
    Random readout = random_for(seed_, Draw::readout, truth.shot.id);
    add_readout_noise(rate, detector_.use, options_.readout_noise, readout);
  }
  for (std::size_t i = 0; i < rate.size(); ++i)
    if (detector_.correction[i] > 0) rate[i] /= static_cast<float>(detector_.correction[i]);
}

void Simulator::frames(const FrameSink& sink, Monitor& monitor, std::size_t chunk) const {
  Progress progress(monitor, "simulating frames", population_.size());
  std::vector<std::vector<float>> scratch(threads_, std::vector<float>(diffraction_.pixels()));
  for (std::size_t first = 0; first < population_.size(); first += chunk) {
    const std::size_t n = std::min(chunk, population_.size() - first);
    std::vector<SparseFrame> sparse(n);
    std::vector<ShotTruth> truth(n);
    parallel_for(n, threads_, [&](std::size_t i, int worker) {
      truth[i] = expose(first + i, scratch[worker]);
      sparse[i] = sparse_frame(truth[i], scratch[worker]);
      progress.advance();
    });
    FrameBlock block;
    block.start.push_back(0);
    for (std::size_t i = 0; i < n; ++i) {
      block.id.push_back(first + i);
      block.pixel.insert(block.pixel.end(), sparse[i].pixel.begin(), sparse[i].pixel.end());
      block.count.insert(block.count.end(), sparse[i].count.begin(), sparse[i].count.end());
      block.start.push_back(block.pixel.size());
    }
    sink(block, truth);
  }
}

void Simulator::averages(const DenseSink& sink, Monitor& monitor, std::size_t chunk) const {
  Progress progress(monitor, "simulating averages", population_.size());
  const std::size_t pixels = diffraction_.pixels();
  for (std::size_t first = 0; first < population_.size(); first += chunk) {
    const std::size_t n = std::min(chunk, population_.size() - first);
    DenseBlock block{.intensity = std::vector<float>(n * pixels), .weight = {}};
    std::vector<ShotTruth> truth(n);
    parallel_for(n, threads_, [&](std::size_t i, int) {
      const std::span<float> pattern(block.intensity.data() + i * pixels, pixels);
      truth[i] = expose(first + i, pattern);
      dense_pattern(truth[i], pattern);
      progress.advance();
    });
    for (std::size_t i = 0; i < n * pixels; ++i) {
      const bool bad = detector_.use[i % pixels] == PixelUse::bad;
      block.weight.push_back(bad ? 0 : static_cast<float>(detector_.correction[i % pixels]));
    }
    sink(block, truth);
  }
}

}  // namespace spi
