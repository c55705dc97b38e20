// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/volumes.h"

#include <cmath>
#include <numeric>

#include "libspi/base/parallel.h"
#include "libspi/volume/fourier.h"

namespace spi {
namespace {

constexpr double kCorner = 1.7320508075688773;  // of a cube, over half its edge

/// What stands in volume `k` of `count` of one kind.
Shot state_of(const Population& population, const SimulateOptions& options, std::size_t kind,
              std::size_t k, std::size_t count) {
  Shot shot = population.shot(0);  // whose undefined values are NaN
  shot.kind = kind;
  shot.model_from_lab = {};
  const auto shape = population.components()[kind].shape;
  if (!shape) {
    const auto [first, end] = population.conformations(kind);
    shot.conformation = first + std::uint32_t(k % (end - first));
    return shot;
  }
  shot.edge_A = options.edge->angstroms();
  const auto [from, to] = options.melting;
  if (shape == Shape::transition)
    shot.melting = count > 1 ? std::lerp(from, to, double(k) / double(count - 1)) : from;
  else
    shot.melting = melting_of(*shape);
  return shot;
}

std::vector<Shot> ordered_shots(const Population& population, const SimulateOptions& options) {
  std::vector<double> weights;
  for (const Component& component : population.components()) weights.push_back(component.weight);
  const auto counts = quotas(weights, population.size());
  std::vector<Shot> shots;
  for (std::size_t kind = 0; kind < counts.size(); ++kind)
    for (std::size_t k = 0; k < counts[kind]; ++k) {
      shots.push_back(state_of(population, options, kind, k, counts[kind]));
      shots.back().id = shots.size() - 1;
    }
  return shots;
}

}  // namespace

VolumeSimulator::VolumeSimulator(const SimulateOptions& options, std::uint64_t seed, int threads)
    : n_(options.pixels->columns),
      q_per_voxel_(options.make_detector().q_per_pixel().value()),
      photons_(options.photons),
      noise_free_(options.noise_free),
      seed_(seed),
      threads_(threads),
      population_(parse_mixture(*options.particles),
                  {.edge_A = options.edge->angstroms(),
                   .size_spread = 0,
                   .melting = options.melting,
                   .rod_aspect = options.rod_aspect,
                   .oversampling = options.oversampling,
                   .model_from_lab = {}},
                  *options.frames, seed, kCorner * double(n_ / 2) * q_per_voxel_, threads),
      shots_(ordered_shots(population_, options)) {}

TrueVolume VolumeSimulator::volume(std::size_t index) const {
  const double voxel = 1 / (double(n_) * q_per_voxel_);
  TrueVolume out{.truth = {.shot = shots_.at(index)},
                 .intensity = {n_, n_, n_, std::vector<float>(n_ * n_ * n_), voxel},
                 .density = {n_, n_, n_, {}, voxel}};
  const auto particle = population_.particle(out.truth.shot);
  const auto q_of = [&](std::size_t i) {
    return float((double(i) - double(n_ / 2)) * q_per_voxel_);
  };
  Spectrum3 spectrum(n_ * n_ * n_);
  parallel_for(n_, threads_, [&](std::size_t z, int) {
    std::vector<float> qx, qy;
    for (std::size_t y = 0; y < n_; ++y)
      for (std::size_t x = 0; x < n_; ++x) qx.push_back(q_of(x)), qy.push_back(q_of(y));
    const std::vector<float> qz(n_ * n_, q_of(z));
    particle->amplitude(qx, qy, qz, std::span(spectrum).subspan(z * n_ * n_, n_ * n_));
  });
  double sum = 0;
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    out.intensity.values[i] = std::norm(spectrum[i]);
    sum += double(out.intensity.values[i]);
  }
  // The inverse divides by n^3; a density is the sum over q by the volume of the field.
  out.density.values = centred_inverse(spectrum, n_);
  for (float& value : out.density.values) value /= float(std::pow(voxel, 3));
  const double scale = photons_ ? *photons_ / sum : 1;
  out.truth.expected = scale * sum;
  Random random = random_for(seed_, Draw::photons, index);
  for (float& value : out.intensity.values) {
    value *= float(scale);
    if (photons_ && !noise_free_) value = float(random.poisson(double(value)));
  }
  return out;
}

}  // namespace spi
