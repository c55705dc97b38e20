// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cctype>
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

/// The element of an atom. Files of simulations often leave the element's columns empty and shift
/// the names, so that an alpha carbon reads as calcium: in a chain link (a residue of several ATOM
/// records) whatever is none of life's usual elements is told by the first letter of its name.
gemmi::El element_of(const gemmi::Atom& atom, const gemmi::Residue& residue) {
  using gemmi::El;
  const El element = atom.element.elem;
  const bool is_link = residue.het_flag != 'H' && residue.atoms.size() > 1;
  for (const El usual : {El::H, El::D, El::C, El::N, El::O, El::P, El::S, El::Se})
    if (!is_link || element == usual) return element;
  const auto letter = std::ranges::find_if(
      atom.name, [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
  return letter == atom.name.end() ? element : gemmi::find_element(std::string(1, *letter).c_str());
}

void add(Molecule& molecule, std::map<gemmi::El, std::size_t>& known, const gemmi::Atom& atom,
         gemmi::El element) {
  if (!(atom.occ > 0)) return;
  if (!std::isfinite(atom.pos.x + atom.pos.y + atom.pos.z + atom.b_iso) || atom.b_iso < 0)
    fail("atom ", atom.serial, " has no finite position, or a negative B factor");
  const auto [place, is_new] = known.try_emplace(element, molecule.factors.size());
  if (is_new) molecule.factors.push_back(factor_of(element));
  molecule.atoms.push_back({.position_A = {atom.pos.x, atom.pos.y, atom.pos.z},
                            .occupancy = atom.occ,
                            .b_iso = atom.b_iso,
                            .element = place->second});
}

Molecule molecule_of(const gemmi::Model& model, const std::string& name) {
  Molecule molecule{.name = name, .atoms = {}, .factors = {}};
  std::map<gemmi::El, std::size_t> known;
  for (const auto& chain : model.chains)
    for (const auto& residue : chain.residues)
      for (const auto& atom : residue.atoms) add(molecule, known, atom, element_of(atom, residue));
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
