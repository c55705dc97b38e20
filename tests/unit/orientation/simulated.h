// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns whose orientations are known, and how far found ones are from them.
#pragma once

#include <algorithm>
#include <numbers>
#include <string>
#include <vector>

#include "libspi/orientation/orient.h"
#include "libspi/simulate/simulator.h"
#include "tests/unit/commonline/memory_stack.h"

namespace spi::test {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kPhotons = 1e6;

inline double quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[std::size_t(part * double(values.size() - 1))];
}

/// Patterns of known orientation; the detector is the gold experiment's with fewer pixels.
struct Simulated {
  MemoryStack stack{97, 97, true};
  std::vector<Quaternion> truth;
  std::vector<double> size;
  Detector detector;

  void adopt(const Detector& seen) {
    detector = seen;
    stack.mutable_info().centre = {{48, 48}};
    stack.mutable_info().q_per_pixel = detector.q_per_pixel();
    stack.mutable_info().wavelength_A = detector.ewald_wavelength_A();
  }
};

inline SimulateOptions gold(const std::string& particles, std::size_t frames) {
  SimulateOptions options;
  options.particles = particles;
  options.frames = frames;
  options.averages = true;
  options.photons = kPhotons;
  options.pixels = PixelCounts{97, 97};
  options.pixel_size = Length{500e-6};
  return options;
}

inline Simulated simulate(const SimulateOptions& options) {
  const Simulator simulator(options.resolved(), 42, 2);
  Simulated out;
  out.adopt(simulator.detector());
  simulator.averages(
      [&](const DenseBlock& block, std::span<const ShotTruth> shots) {
        const std::size_t area = out.detector.pixels();
        for (std::size_t i = 0; i < shots.size(); ++i) {
          const auto part = [&](const std::vector<float>& v) {
            const auto begin = v.begin() + std::ptrdiff_t(i * area);
            return std::vector<float>(begin, begin + std::ptrdiff_t(area));
          };
          out.stack.add(part(block.intensity), part(block.weight));
          out.truth.push_back(shots[i].shot.model_from_lab);
          out.size.push_back(shots[i].shot.edge_A / 420);
        }
      },
      silent_monitor());
  return out;
}

inline OrientOptions against_cube() {
  OrientOptions options;
  options.shape = Shape::cube;
  options.edge = Length{42e-9};
  return options;
}

inline std::vector<double> errors_deg(const Simulated& data, const Orientations& o,
                                      const char* group, BeamTwin twin) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < o.count(); ++i)
    errors.push_back(misorientation_rad(point_group(group), data.truth[i],
                                        quaternion_of(o.quaternion[i]), twin) /
                     kDegree);
  return errors;
}

}  // namespace spi::test
