// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/detector.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/io/byte_file.h"
#include "libspi/io/detector_formats.h"
#include "libspi/io/hdf5.h"
#include "libspi/io/record.h"

namespace spi {

std::array<double, 2> Detector::flat_position(std::size_t pixel) const {
  const double scale = distance_px / (1 + sz[pixel]);
  return {sx[pixel] * scale, sy[pixel] * scale};
}

std::optional<double> Detector::q_per_pixel() const {
  if (!wavelength_A) return std::nullopt;
  return 1 / (*wavelength_A * distance_px);
}

std::optional<double> Detector::ewald_wavelength_A() const {
  const bool flat = std::ranges::all_of(sz, [](double s) { return s == 0; });
  return flat ? std::nullopt : wavelength_A;
}

void Detector::check(const std::string& where) const {
  const std::size_t count = pixels();
  if (count == 0) fail(where, " has no pixels");
  const auto check_array = [&](const std::vector<double>& values, const char* name) {
    if (values.size() != count)
      fail(where, ": ", name, " has ", values.size(), " values for ", count, " pixels");
    for (std::size_t i = 0; i < count; ++i)
      if (!std::isfinite(values[i])) fail(where, ": ", name, " of pixel ", i, " is not finite");
  };
  check_array(sx, "sx");
  check_array(sy, "sy");
  check_array(sz, "sz");
  check_array(correction, "correction");
  if (!background.empty()) check_array(background, "background");
  if (use.size() != count)
    fail(where, ": the mask has ", use.size(), " values for ", count, " pixels");
  for (std::size_t i = 0; i < count; ++i) {
    if (sz[i] <= -1) fail(where, ": pixel ", i, " looks backwards");
    if (correction[i] < 0) fail(where, ": the correction of pixel ", i, " is negative");
    if (!background.empty() && background[i] < 0)
      fail(where, ": the background of pixel ", i, " is negative");
  }
  const auto check_positive = [&](double value, const char* name) {
    if (!(value > 0 && std::isfinite(value)))
      fail(where, ": the ", name, " is ", value, ", must be positive");
  };
  check_positive(distance_px, "detector distance in pixels");
  check_positive(ewald_radius_voxels, "Ewald radius");
  check_positive(wavelength_A.value_or(1), "wavelength");
  check_positive(pixel_size_m.value_or(1), "pixel size");
  if (shape[0] * shape[1] != count)
    fail(where, ": an image of ", shape[0], " x ", shape[1], " does not hold ", count, " pixels");
}

void DetectorHints::describe(OptionSet& options) {
  options.add("photon-energy", photon_energy,
              "photon energy, for q in 1/Å; wins over what the detector file says");
  options.add(
      "distance", distance,
      "sample to detector; wins over what a .geom file says (other files hold it in pixels: it "
      "then gives the pixel size)");
  options.add("pixel-size", pixel_size, "edge of a pixel; wins over what the detector file says");
}

void check_hints(const DetectorHints& hints) {
  const auto positive = [](const char* option, double value) {
    if (!(value > 0)) fail_usage(option, " must be positive");
  };
  if (hints.photon_energy) positive("--photon-energy", hints.photon_energy->electronvolts);
  if (hints.distance) positive("--distance", hints.distance->metres);
  if (hints.pixel_size) positive("--pixel-size", hints.pixel_size->metres);
}

std::vector<PixelUse> mask_from(const std::vector<std::int64_t>& values,
                                MaskConvention convention) {
  const std::int64_t largest = convention == MaskConvention::cxi         ? (std::int64_t{1} << 32)
                               : convention == MaskConvention::dragonfly ? 2
                                                                         : 1;
  std::vector<PixelUse> use(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t value = values[i];
    if (value < 0 || value > largest)
      fail("the mask holds ", value, ", which has no meaning in the convention ",
           name_of(convention), ": choose another --mask-convention");
    if (convention == MaskConvention::dragonfly) {
      use[i] = static_cast<PixelUse>(value);
    } else {
      const bool good = (value == 0) != (convention == MaskConvention::good_is_one);
      use[i] = good ? PixelUse::good : PixelUse::bad;
    }
  }
  return use;
}

void apply_hints(Detector& detector, const DetectorHints& hints) {
  check_hints(hints);
  if (hints.photon_energy) detector.wavelength_A = hints.photon_energy->wavelength_angstroms();
  if (hints.pixel_size)
    detector.pixel_size_m = hints.pixel_size->metres;
  else if (hints.distance)
    detector.pixel_size_m = hints.distance->metres / detector.distance_px;
  if (!hints.pixel_size || !hints.distance) return;
  constexpr double kAgree = 0.01;
  const double pixels = hints.distance->metres / hints.pixel_size->metres;
  if (!(std::abs(pixels / detector.distance_px - 1) < kAgree))
    fail("--distance and --pixel-size put the detector ", pixels, " pixels away, its file says ",
         detector.distance_px, ": leave one of them out");
}

void normalise_correction(std::vector<double>& correction, const std::string& where) {
  const double sum = std::accumulate(correction.begin(), correction.end(), 0.0);
  if (!(sum > 0 && std::isfinite(sum))) fail(where, ": the corrections have no positive mean");
  for (double& value : correction) value *= static_cast<double>(correction.size()) / sum;
}

void write_detector(h5::File& file, const std::string& group, const Detector& detector) {
  detector.check("the detector to be written");
  const auto at = [&](const char* name) { return group + "/" + name; };
  const auto write_packed = [&](const char* name, const auto& values) {
    file.write(at(name), values, {values.size()},
               {.chunk = {std::min<std::size_t>(values.size(), 1 << 16)}, .deflate = 1});
  };
  write_packed("sx", detector.sx);
  write_packed("sy", detector.sy);
  write_packed("sz", detector.sz);
  write_packed("correction", detector.correction);
  std::vector<std::uint8_t> use;
  for (const PixelUse pixel : detector.use) use.push_back(static_cast<std::uint8_t>(pixel));
  write_packed("use", use);
  if (!detector.background.empty()) write_packed("background", detector.background);
  file.set_attribute(group, "distance_px", detector.distance_px);
  file.set_attribute(group, "ewald_radius_voxels", detector.ewald_radius_voxels);
  file.set_attribute(group, "rows", static_cast<std::int64_t>(detector.shape[0]));
  file.set_attribute(group, "columns", static_cast<std::int64_t>(detector.shape[1]));
  if (detector.wavelength_A) file.set_attribute(group, "wavelength_A", *detector.wavelength_A);
  if (detector.pixel_size_m) file.set_attribute(group, "pixel_size_m", *detector.pixel_size_m);
}

std::vector<PixelUse> read_use(const h5::File& file, const std::string& dataset) {
  std::vector<PixelUse> use;
  for (const std::int64_t value : file.read<std::int64_t>(dataset)) {
    if (value < 0 || value > 2)
      fail(file.path().string(), ": ", dataset, " holds ", value,
           ", only 0 (good), 1 (ignore for the fit) and 2 (bad) have a meaning");
    use.push_back(static_cast<PixelUse>(value));
  }
  return use;
}

Detector read_detector(const h5::File& file, const std::string& group) {
  const auto at = [&](const char* name) { return group + "/" + name; };
  const auto attribute = [&](const char* name) { return file.number_attribute(group, name); };
  const auto optional = [&](const char* name) {
    return file.has_attribute(group, name) ? std::optional(attribute(name)) : std::nullopt;
  };
  Detector detector;
  detector.sx = file.read<double>(at("sx"));
  detector.sy = file.read<double>(at("sy"));
  detector.sz = file.read<double>(at("sz"));
  detector.correction = file.read<double>(at("correction"));
  detector.use = read_use(file, at("use"));
  if (file.exists(at("background"))) detector.background = file.read<double>(at("background"));
  detector.distance_px = attribute("distance_px");
  detector.ewald_radius_voxels = attribute("ewald_radius_voxels");
  const double rows = attribute("rows"), columns = attribute("columns");
  const auto count = static_cast<double>(detector.pixels());
  if (!(rows >= 1 && columns >= 1 && rows * columns == count))
    fail(file.path().string(), ": an image of ", rows, " x ", columns, " does not hold ", count,
         " pixels");
  detector.shape = {static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)};
  detector.wavelength_A = optional("wavelength_A");
  detector.pixel_size_m = optional("pixel_size_m");
  detector.check(file.path().string());
  return detector;
}

namespace {

Detector read_hdf5_detector(const std::filesystem::path& path, const DetectorHints& hints) {
  const h5::File file = h5::File::open(path);
  format_of(file);  // refuses a newer version
  if (file.exists("/detector/sx")) {
    Detector detector = read_detector(file, "/detector");
    apply_hints(detector, hints);
    return detector;
  }
  if (!file.exists("/qx") || !file.exists("/corr"))
    fail(path.string(),
         " holds no detector: neither /detector (ours) nor qx, qy, qz, corr, mask (Dragonfly)");
  return read_dragonfly_detector(file, hints);
}

/// A Dragonfly .dat file holds numbers only; a CrystFEL geometry assigns.
bool looks_like_dat(std::string_view text) {
  return text.find('=') == text.npos && text.find_first_of("0123456789") != text.npos;
}

}  // namespace

Detector read_detector(const std::filesystem::path& path, const DetectorHints& hints) {
  if (h5::File::is_hdf5(path)) return read_hdf5_detector(path, hints);
  const ByteFile file(path);
  constexpr std::uint64_t kLargestText = std::uint64_t{1} << 32;
  if (file.size() == 0) fail(path.string(), " is empty");
  if (file.size() > kLargestText) fail(path.string(), " is too large for a detector file");
  const auto bytes = file.read<char>(0, file.size());
  const std::string_view text(bytes.data(), bytes.size());
  if (text.find('\0') != text.npos)
    fail(path.string(), " is no detector file: neither HDF5 nor text");
  return looks_like_dat(text) ? parse_dragonfly_dat(text, path.string(), hints)
                              : parse_crystfel_geometry(text, path.string(), hints);
}

}  // namespace spi
