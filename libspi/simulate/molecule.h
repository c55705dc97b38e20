// SPDX-License-Identifier: GPL-3.0-or-later
// Molecules from PDB and mmCIF files, and their Fourier transform.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libspi/geometry/rotation.h"
#include "libspi/simulate/particle.h"

namespace spi {

/// Scattering factor of an element: sum of a_k exp(-b_k q^2/4) with b_4 = 0 (International Tables C
/// (1992) table 6.1.1.4, neutral atoms, forward); q = 1/d in 1/Å.
struct ScatteringFactor {
  std::array<double, 5> a{}, b{};
};

struct Atom {
  Vector3 position_A{};
  double occupancy = 1;
  double b_iso = 0;         ///< Å^2
  std::size_t element = 0;  ///< index into Molecule::factors
};

/// One conformation, in vacuum: no solvent is added to what the file holds.
struct Molecule {
  std::string name;
  std::vector<Atom> atoms;  ///< centred on the centroid weighted by electrons
  std::vector<ScatteringFactor> factors;
};

/// All models of a file. Alternative locations take part with their occupancies, hydrogens as they
/// come, isotropic B factors smear the atoms; a name told by its first letter where a file of a
/// simulation does not tell the element. UserError where the file cannot be read or a model
/// has no atoms of positive occupancy.
std::vector<Molecule> read_molecules(const std::filesystem::path& path);
/// The same from the text of a PDB or mmCIF file, told by content; `name` is for messages.
std::vector<Molecule> parse_molecules(const std::string& text, const std::string& name);

/// F(q) summed atom by atom: the definition, for tests. Vectors in 1/Å.
std::complex<double> direct_amplitude(const Molecule& molecule, const Vector3& q);

/// The transform for |q| <= q_max (1/Å): atoms, blurred, on a grid `oversampling` times as wide as
/// the molecule; a fast Fourier transform; the blur divided out; cubic B-splines between the grid's
/// points. Error below 5e-4 of the rms amplitude at an oversampling of 3, 4e-3 at 2.
/// UserError where the grid would need more than 16 GiB.
std::unique_ptr<Particle> make_particle(const Molecule& molecule, double q_max, double oversampling,
                                        int threads);

}  // namespace spi
