// SPDX-License-Identifier: GPL-3.0-or-later
#include "small_particle.h"

#include <cmath>
#include <complex>
#include <numbers>

#include "libspi/geometry/detector_grid.h"
#include "libspi/io/frames.h"

namespace spi::test {

Detector small_detector(std::size_t pixels) {
  Detector detector = make_detector({.columns = pixels,
                                     .rows = pixels,
                                     .distance = {0.2},
                                     .pixel_size = {0.1 / 128},
                                     .photon_energy = {4600}});
  add_beam_stop(detector, 1.5);
  return detector;
}

namespace {

/// Of Gaussian balls of radius 12 Å, from the sum of their phase factors.
double with_balls(const std::complex<double>& f, const Vector3& q) {
  constexpr double kRadius = 12;
  const double q2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
  return std::norm(f) * std::exp(-4 * std::pow(std::numbers::pi * kRadius, 2) * q2);
}

double of_cube(double edge, const Vector3& q) {
  double value = 1;
  for (const double component : q) {
    const double x = std::numbers::pi * edge * component;
    value *= std::abs(x) < 1e-6 ? 1 : std::pow(std::sin(x) / x, 2);
  }
  return value;
}

}  // namespace

double nearly_symmetric_intensity(const Vector3& q) {
  std::complex<double> f = 0;
  for (int k = 0; k < 10; ++k) {
    Random random(8, 0, std::uint64_t(k % 5));
    const double sign = k < 5 ? 1 : -1;
    const double x = sign * 150 * (random.uniform() - 0.5) + (k == 9 ? 40 : 0),
                 y = sign * 110 * (random.uniform() - 0.5), z = 80 * (random.uniform() - 0.5),
                 weight = 1 + random.uniform();
    f += weight * std::polar(1., -2 * std::numbers::pi * (q[0] * x + q[1] * y + q[2] * z));
  }
  return with_balls(f, q);
}

double cube_intensity(const Vector3& q) { return of_cube(140, q); }

double small_cube_intensity(const Vector3& q) { return of_cube(30, q); }

double intensity(const Vector3& q) {
  std::complex<double> f = 0;
  for (int k = 0; k < 10; ++k) {
    Random random(7, 0, std::uint64_t(k));
    const double x = 150 * (random.uniform() - 0.5), y = 110 * (random.uniform() - 0.5),
                 z = 80 * (random.uniform() - 0.5), weight = 1 + random.uniform();
    f += weight * std::polar(1., -2 * std::numbers::pi * (q[0] * x + q[1] * y + q[2] * z));
  }
  return with_balls(f, q);
}

SmallSet write_frames(const std::filesystem::path& path, std::size_t frames, double photons,
                      std::uint64_t seed, double (*of)(const Vector3&), std::size_t pixels) {
  const Detector detector = small_detector(pixels);
  const auto writer = create_frames(path, FrameFormat::spi, detector, {});
  SmallSet set;
  std::vector<double> rate(detector.pixels());
  double scale = 0;
  for (std::size_t d = 0; d < frames; ++d) {
    Random random(seed, 0, d);
    set.orientation.push_back(random_rotation(random));
    set.fluence.push_back(0.5 + random.uniform());
    const Matrix3 r = to_matrix(set.orientation.back());
    double sum = 0;
    for (std::size_t t = 0; t < rate.size(); ++t) {
      Vector3 q{detector.sx[t], detector.sy[t], detector.sz[t]};
      for (double& x : q) x /= *detector.wavelength_A;
      const bool good = detector.use[t] == PixelUse::good;
      sum += rate[t] = good ? detector.correction[t] * of(rotate(r, q)) : 0;
    }
    if (d == 0) scale = photons / sum;
    FrameBlock block;
    block.start = {0};
    std::vector<std::uint32_t> counts;
    for (const double x : rate)
      counts.push_back(std::uint32_t(random.poisson(scale * set.fluence.back() * x)));
    block.append_dense(100 + d, counts);
    writer->append(block);
  }
  writer->finish();
  return set;
}

EmcOptions small_options() {
  EmcOptions options;
  options.polar.angles = 64;
  options.max_iterations = 60;
  return options;
}

EmcResult reconstruct(FrameSource& source, const EmcOptions& options, int threads,
                      const std::filesystem::path& checkpoint, Monitor& monitor,
                      std::uint64_t seed) {
  return reconstruct_emc(source, options, checkpoint, seed, threads, monitor);
}

}  // namespace spi::test
