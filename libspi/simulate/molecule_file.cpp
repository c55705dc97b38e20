// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <gemmi/it92.hpp>
#include <gemmi/pdb.hpp>
#include <map>

#include "libspi/base/error.h"
#include "libspi/simulate/molecule.h"

namespace spi {
namespace {

ScatteringFactor factor_of(gemmi::El element) {
  const auto* coefficients = gemmi::IT92<double>::get_ptr(element);
  if (!coefficients)
    fail("no scattering factor is known of element ", gemmi::element_name(element));
  ScatteringFactor factor;
  for (int k = 0; k < 4; ++k) {
    factor.a[k] = coefficients->a(k);
    factor.b[k] = coefficients->b(k);
  }
  factor.a[4] = coefficients->c();
  return factor;
}

double electrons(const ScatteringFactor& factor) {
  double sum = 0;
  for (const double a : factor.a) sum += a;
  return sum;
}

void centre(Molecule& molecule) {
  Vector3 centroid{};
  double total = 0;
  for (const Atom& atom : molecule.atoms) {
    const double weight = atom.occupancy * electrons(molecule.factors[atom.element]);
    for (int k = 0; k < 3; ++k) centroid[k] += weight * atom.position_A[k];
    total += weight;
  }
  for (Atom& atom : molecule.atoms)
    for (int k = 0; k < 3; ++k) atom.position_A[k] -= centroid[k] / total;
}

Molecule molecule_of(const gemmi::Model& model, const std::string& name) {
  Molecule molecule{.name = name, .atoms = {}, .factors = {}};
  std::map<gemmi::El, std::size_t> known;
  for (const auto& chain : model.chains)
    for (const auto& residue : chain.residues)
      for (const auto& atom : residue.atoms) {
        if (!(atom.occ > 0)) continue;
        if (!std::isfinite(atom.pos.x + atom.pos.y + atom.pos.z + atom.b_iso) || atom.b_iso < 0)
          fail("atom ", atom.serial, " has no finite position, or a negative B factor");
        const auto [place, is_new] = known.try_emplace(atom.element.elem, molecule.factors.size());
        if (is_new) molecule.factors.push_back(factor_of(atom.element.elem));
        molecule.atoms.push_back({.position_A = {atom.pos.x, atom.pos.y, atom.pos.z},
                                  .occupancy = atom.occ,
                                  .b_iso = atom.b_iso,
                                  .element = place->second});
      }
  if (molecule.atoms.empty()) fail("model ", model.name, " has no atoms");
  centre(molecule);
  return molecule;
}

gemmi::Structure read(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) fail("there is no such file");
  try {
    return gemmi::read_pdb_file(path.string());
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

}  // namespace

std::vector<Molecule> read_molecules(const std::filesystem::path& path) {
  return with_context("reading the structure " + path.string(), [&] {
    std::vector<Molecule> molecules;
    for (const gemmi::Model& model : read(path).models)
      molecules.push_back(molecule_of(model, path.stem().string() + " " + model.name));
    if (molecules.empty()) fail("the file has no atoms");
    return molecules;
  });
}

}  // namespace spi
