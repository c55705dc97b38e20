// SPDX-License-Identifier: GPL-3.0-or-later
// A CrystFEL geometry as its text says it: panels and bad regions, before any pixel exists.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spi {

struct CrystfelPanel {
  std::string name;
  std::array<double, 3> fs{1, 0, 0}, ss{0, 1, 0};  ///< pixel steps in the lab, in pixels
  std::optional<double> corner_x, corner_y;        ///< outer corner of the first pixel, in pixels
  double coffset = 0;                              ///< added to clen, m
  std::string clen;                                ///< number with or without unit, or a path
  std::optional<double> res;                       ///< pixels per metre
  std::optional<std::int64_t> min_fs, max_fs, min_ss, max_ss;  ///< place in the data array
  std::vector<std::string> dims;  ///< "%", "ss", "fs" or a number; empty: ss, fs
  std::string data;               ///< path of the data array
  bool no_index = false;
};

/// A rectangle of bad pixels, limits included: in array coordinates (fs, ss) of one panel or of
/// all, or in lab coordinates (x, y) in pixels.
struct CrystfelBadRegion {
  std::string name, panel;
  std::optional<double> min_x, max_x, min_y, max_y, min_fs, max_fs, min_ss, max_ss;
};

struct CrystfelGeometry {
  std::vector<CrystfelPanel> panels;
  std::vector<CrystfelBadRegion> bad_regions;
  std::string photon_energy;  ///< number [eV], with unit, or a path; empty: not said
};

/// UserError that names the line where it cannot be understood. Lines of no meaning to a detector
/// (mask files, rigid groups, ADU) are passed over, as CrystFEL itself does.
CrystfelGeometry parse_crystfel_panels(std::string_view text, const std::string& name);

/// "1.5e3", "0.12 m", "11699 eV", "9.3 keV" in `unit` ("m" or "eV"); nullopt where the text is a
/// path or empty.
std::optional<double> crystfel_quantity(const std::string& text, const std::string& unit);

}  // namespace spi
