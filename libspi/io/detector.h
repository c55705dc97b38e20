// SPDX-License-Identifier: GPL-3.0-or-later
// A detector as the science sees it: where each pixel looks, how much it sees, whether to use it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libspi/base/options.h"

namespace spi {

namespace h5 {
class File;
}

/// The one meaning of mask values in the suite (and Dragonfly's 0/1/2).
enum class PixelUse : std::uint8_t { good = 0, ignore_for_fit = 1, bad = 2 };

/// How a foreign mask plane is to be read.
enum class MaskConvention { good_is_one, bad_is_one, dragonfly, cxi };
template <>
struct EnumNames<MaskConvention> {
  static constexpr std::array<std::string_view, 4> values{"good=1", "bad=1", "dragonfly", "cxi"};
};

/// P pixels in the order of the frames' flat pixel index. Lab frame: right-handed, z along the
/// beam, y up. The scattering vector is dimensionless here, s = q·wavelength (|s| = 2 sin θ), so
/// that geometry does not need the wavelength; q = s / wavelength_A in 1/Å.
struct Detector {
  std::vector<double> sx, sy, sz;       ///< [P] s = unit(scattered) - unit(incident); sz <= 0
  std::vector<double> correction = {};  ///< [P] solid angle × polarisation, mean 1 over all pixels
  std::vector<PixelUse> use = {};       ///< [P]
  std::vector<double> background =
      {};                          ///< [P] expected counts per frame of the background, or empty
  double distance_px = 0;          ///< sample to detector, in pixels (Dragonfly's detd)
  double ewald_radius_voxels = 0;  ///< Dragonfly's ewald_rad; distance_px where nothing else asked
  std::optional<double> wavelength_A = {};
  std::optional<double> pixel_size_m = {};
  std::array<std::size_t, 2> shape{};  ///< rows, columns of the frame image; {1, P} if not a grid

  std::size_t pixels() const { return sx.size(); }
  /// Position on the flat detector in pixels from the beam: {x, y} = s_xy · D / (1 + s_z).
  std::array<double, 2> flat_position(std::size_t pixel) const;
  /// q spacing of a pixel at the beam centre, 1/Å: 1 / (wavelength · D). nullopt: no wavelength.
  std::optional<double> q_per_pixel() const;
  /// The wavelength where the pixels lie on a sphere of it; nullopt where it is not known, or where
  /// every s_z is 0 (small angles: a plane through the origin).
  std::optional<double> ewald_wavelength_A() const;
  /// UserError naming `where` unless the arrays agree in length and every number is finite.
  void check(const std::string& where) const;
};

/// What a geometry file may leave out; what is given here wins over the file.
struct DetectorHints {
  std::optional<Energy> photon_energy = {};
  std::optional<Length> distance = {};
  std::optional<Length> pixel_size = {};

  void describe(OptionSet& options);
};

/// Dragonfly HDF5 detector, Dragonfly ASCII .dat, CrystFEL .geom, or the detector inside one of
/// our frame files: told by content. UserError names file and fault.
Detector read_detector(const std::filesystem::path& path, const DetectorHints& hints = {});

/// Dragonfly's HDF5 layout (qx, qy, qz in voxels, corr, mask, detd, ewald_rad).
void write_dragonfly_detector(const std::filesystem::path& path, const Detector& detector);

/// Our own layout, a group of an HDF5 file: sx, sy, sz, correction [P] f8, use [P] u1, background
/// [P] f8 where there is one; attributes distance_px, ewald_radius_voxels, rows, columns, and
/// wavelength_A and pixel_size_m where they are known.
void write_detector(h5::File& file, const std::string& group, const Detector& detector);
Detector read_detector(const h5::File& file, const std::string& group);

/// Parses the text of a CrystFEL geometry / a Dragonfly .dat file; `name` is for messages. Any
/// bytes either give a checked detector or throw UserError (fuzzed).
/// A CrystFEL geometry describes a data array; pixel index = C-order index in that array, whose
/// axes are those of the panels' dimN lines (AGIPD: module, ss, fs); panels of several `data`
/// paths follow one another in order of appearance. Elements in no panel are bad pixels that look
/// along the beam. Of the masks only bad regions and no_index are read: mask files are not here.
Detector parse_crystfel_geometry(std::string_view text, const std::string& name,
                                 const DetectorHints& hints);
Detector parse_dragonfly_dat(std::string_view text, const std::string& name,
                             const DetectorHints& hints = {});

/// A mask plane read by its convention; UserError names --mask-convention where a value has no
/// meaning in it.
std::vector<PixelUse> mask_from(const std::vector<std::int64_t>& values, MaskConvention convention);

}  // namespace spi
