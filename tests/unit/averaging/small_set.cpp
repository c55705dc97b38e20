// SPDX-License-Identifier: GPL-3.0-or-later
#include "small_set.h"

#include <cmath>
#include <numbers>

#include "libspi/base/random.h"

namespace spi::test {

Detector small_detector() {
  Detector detector;
  detector.distance_px = detector.ewald_radius_voxels = 3000;
  detector.wavelength_A = 2;
  detector.shape = {41, 41};
  for (std::size_t row = 0; row < 41; ++row)
    for (std::size_t column = 0; column < 41; ++column) {
      const double x = double(column) - 19.5, y = double(row) - 20.5;
      const double f = std::sqrt(x * x + y * y + 3000. * 3000.);
      detector.sx.push_back(x / f), detector.sy.push_back(y / f);
      detector.sz.push_back(3000 / f - 1);
      detector.correction.push_back(1);
      detector.use.push_back(column == 25 ? PixelUse::bad : PixelUse::good);
    }
  return detector;
}

double rate_of(std::size_t kind, double x, double y, double angle_rad) {
  const double r = std::hypot(x, y), theta = std::atan2(y, x) + angle_rad;
  const double fold = 2. * double(kind + 1);
  return 0.9 * std::exp(-r / 8) * (1 + 0.95 * std::cos(fold * theta));
}

void write_frames(const fs::path& path, std::size_t frames, std::uint64_t first_id,
                  const std::function<void(std::size_t, std::vector<std::uint32_t>&)>& disturb,
                  std::optional<Detector> given) {
  const Detector detector = given.value_or(small_detector());
  const auto writer = create_frames(path, FrameFormat::spi, detector, {});
  FrameBlock block;
  for (std::size_t d = 0; d < frames; ++d) {
    Random random(7, 0, first_id + d);
    const double angle = 2 * std::numbers::pi * random.uniform(), bright = 0.5 + random.uniform();
    std::vector<std::uint32_t> counts;
    for (std::size_t t = 0; t < detector.pixels(); ++t) {
      const auto [x, y] = detector.flat_position(t);
      counts.push_back(std::uint32_t(random.poisson(bright * rate_of(d % kKinds, x, y, angle))));
    }
    if (disturb) disturb(d, counts);
    block.append_dense(first_id + d, counts);
  }
  writer->append(block);
  writer->finish();
}

AveragingOptions small_options() {
  AveragingOptions options;
  options.classes = 6;
  options.max_iterations = 20;
  options.polar.angles = 64;
  options.polar.r_max = 17;
  return options;
}

AveragingResult average(const std::vector<fs::path>& files, const AveragingOptions& options,
                        int threads, const fs::path& checkpoint, Monitor& monitor) {
  // The result's store reads from the source, but only while averaging.
  FrameSource source(files, {}, {}, monitor);
  return average_frames(source, options, checkpoint, 42, threads, monitor);
}

}  // namespace spi::test
