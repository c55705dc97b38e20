// SPDX-License-Identifier: GPL-3.0-or-later
// Dragonfly's detector files: HDF5 (qx, qy, qz, corr, mask, detd, ewald_rad) and ASCII .dat.
#include <charconv>
#include <cmath>

#include "libspi/io/atomic_file.h"
#include "libspi/io/detector_formats.h"
#include "libspi/io/hdf5.h"

namespace spi {
namespace {

/// Rows and columns where the pixels form a regular grid on the flat detector, else {1, P}. The
/// first axis of Dragonfly's simulated frames is x, so a row of the image runs along y.
std::array<std::size_t, 2> find_grid(const Detector& detector) {
  constexpr double kTolerance = 0.02;  // pixels; coordinates may be stored in single precision
  const std::size_t count = detector.pixels();
  if (count < 4) return {1, count};
  const auto origin = detector.flat_position(0), second = detector.flat_position(1);
  const std::array<double, 2> step{second[0] - origin[0], second[1] - origin[1]};
  const auto fits = [&](std::size_t pixel, std::array<double, 2> expected) {
    const auto found = detector.flat_position(pixel);
    return std::hypot(found[0] - expected[0], found[1] - expected[1]) < kTolerance;
  };
  const auto in_first_row = [&](std::size_t pixel) {
    const auto i = static_cast<double>(pixel);
    return fits(pixel, {origin[0] + i * step[0], origin[1] + i * step[1]});
  };
  std::size_t columns = 2;
  while (columns < count && in_first_row(columns)) ++columns;
  if (columns == count || count % columns != 0) return {1, count};
  const auto below = detector.flat_position(columns);
  const std::array<double, 2> down{below[0] - origin[0], below[1] - origin[1]};
  for (std::size_t pixel = columns; pixel < count; ++pixel) {
    const auto r = static_cast<double>(pixel / columns), c = static_cast<double>(pixel % columns);
    if (!fits(pixel,
              {origin[0] + r * down[0] + c * step[0], origin[1] + r * down[1] + c * step[1]}))
      return {1, count};
  }
  return {count / columns, columns};
}

/// From voxels to s, checked and completed.
Detector finished(Detector detector, const DetectorHints& hints, const std::string& name) {
  if (!(detector.ewald_radius_voxels > 0))
    fail(name, ": the Ewald radius is ", detector.ewald_radius_voxels, ", must be positive");
  for (auto* axis : {&detector.sx, &detector.sy, &detector.sz})
    for (double& value : *axis) value /= detector.ewald_radius_voxels;
  detector.shape = {1, detector.pixels()};
  normalise_correction(detector.correction, name);
  detector.check(name);
  detector.shape = find_grid(detector);
  apply_hints(detector, hints);
  return detector;
}

/// Numbers separated by blanks.
class Numbers {
 public:
  Numbers(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  double next(const char* what) {
    skip_blanks();
    double value = 0;
    if (!text_.empty() && text_.front() == '+') text_.remove_prefix(1);
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{})
      fail(name_, ": expected ", what, ", found ",
           text_.empty() ? "the end" : "'" + std::string(text_.substr(0, 12)) + "'");
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  bool at_end() { return skip_blanks(), text_.empty(); }
  std::size_t bytes_left() const { return text_.size(); }

 private:
  void skip_blanks() {
    const auto first = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(first == text_.npos ? text_.size() : first);
  }

  std::string_view text_;
  const std::string& name_;
};

PixelUse use_from(double value, const std::string& name, std::size_t pixel) {
  if (value != 0 && value != 1 && value != 2)
    fail(name, ": the mask of pixel ", pixel, " is ", value, ", must be 0, 1 or 2");
  return static_cast<PixelUse>(static_cast<int>(value));
}

}  // namespace

Detector parse_dragonfly_dat(std::string_view text, const std::string& name,
                             const DetectorHints& hints) {
  Numbers numbers(text, name);
  const double claimed = numbers.next("the number of pixels");
  constexpr double kShortestLine = 10;  // five digits, five blanks
  if (!(claimed >= 1 && claimed == std::floor(claimed)))
    fail(name, ": the number of pixels is ", claimed);
  if (claimed * kShortestLine > static_cast<double>(text.size()) + kShortestLine)
    fail(name, " claims ", claimed, " pixels but has only ", text.size(), " bytes");
  Detector detector;
  detector.distance_px = numbers.next("the detector distance in pixels");
  detector.ewald_radius_voxels = numbers.next("the Ewald radius in voxels");
  const auto count = static_cast<std::size_t>(claimed);
  for (std::size_t pixel = 0; pixel < count; ++pixel) {
    detector.sx.push_back(numbers.next("qx"));
    detector.sy.push_back(numbers.next("qy"));
    detector.sz.push_back(numbers.next("qz"));
    detector.correction.push_back(numbers.next("a correction"));
    detector.use.push_back(use_from(numbers.next("a mask value"), name, pixel));
  }
  if (!numbers.at_end()) fail(name, " has more lines than the ", count, " pixels it claims");
  return finished(std::move(detector), hints, name);
}

Detector read_dragonfly_detector(const h5::File& file, const DetectorHints& hints) {
  Detector detector;
  detector.sx = file.read<double>("qx");
  detector.sy = file.read<double>("qy");
  detector.sz = file.read<double>("qz");
  detector.correction = file.read<double>("corr");
  detector.use = read_use(file, "mask");
  if (file.exists("background")) detector.background = file.read<double>("background");
  detector.distance_px = file.read_scalar<double>("detd");
  detector.ewald_radius_voxels = file.read_scalar<double>("ewald_rad");
  return finished(std::move(detector), hints, file.path().string());
}

void write_dragonfly_detector(const std::filesystem::path& path, const Detector& detector) {
  detector.check("the detector to be written");
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  const auto write_voxels = [&](const char* name, const std::vector<double>& s) {
    std::vector<double> q;
    q.reserve(s.size());
    for (const double value : s) q.push_back(value * detector.ewald_radius_voxels);
    file.write(name, q);
  };
  write_voxels("qx", detector.sx);
  write_voxels("qy", detector.sy);
  write_voxels("qz", detector.sz);
  file.write("corr", detector.correction);
  std::vector<std::uint8_t> mask;
  for (const PixelUse use : detector.use) mask.push_back(static_cast<std::uint8_t>(use));
  file.write("mask", mask);
  if (!detector.background.empty()) file.write("background", detector.background);
  file.write_scalar("detd", detector.distance_px);
  file.write_scalar("ewald_rad", detector.ewald_radius_voxels);
  file.close();
  target.commit();
}

}  // namespace spi
