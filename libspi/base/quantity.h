// SPDX-License-Identifier: GPL-3.0-or-later
// Physical quantities that must carry their unit when written as text.
#pragma once

#include <string>
#include <string_view>

namespace spi {

struct Length {
  double metres = 0;
  double angstroms() const { return metres * 1e10; }
  double nanometres() const { return metres * 1e9; }
  bool operator==(const Length&) const = default;
};

struct Energy {
  double electronvolts = 0;
  /// Photon wavelength h c / E in angstroms (CODATA 2018).
  double wavelength_angstroms() const { return 12398.419843320026 / electronvolts; }
  bool operator==(const Energy&) const = default;
};

/// q = 1/d, without 2π.
struct ReciprocalLength {
  double per_angstrom = 0;
  bool operator==(const ReciprocalLength&) const = default;
};

/// Bytes; written with k, M, G or T (powers of 1024, "GB" and "GiB" alike).
struct Memory {
  double bytes = 0;
  bool operator==(const Memory&) const = default;
};

/// A number with a unit, such as "42nm", "6 keV", "0.1/nm"; a bare number is a UserError.
Length parse_length(std::string_view text);
Energy parse_energy(std::string_view text);
ReciprocalLength parse_reciprocal_length(std::string_view text);
Memory parse_memory(std::string_view text);

std::string print(Length length);
std::string print(Energy energy);
std::string print(ReciprocalLength q);
std::string print(Memory memory);

/// The shortest text that reads back as the same double.
std::string print_number(double value);

/// With so many digits behind the point.
std::string rounded(double value, int digits);
/// The whole text as a number: decimal, or a fraction like "1/3"; UserError otherwise.
double parse_number(std::string_view text);
/// The whole text as a signed integer; UserError otherwise.
long long parse_integer(std::string_view text);

}  // namespace spi
