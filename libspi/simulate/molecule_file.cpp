// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <gemmi/it92.hpp>
#include <gemmi/pdb.hpp>
#include <iterator>
#include <map>

#include "libspi/base/error.h"
#include "libspi/simulate/cif_atoms.h"
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

/// Collects the atoms of one model.
class Builder {
 public:
  explicit Builder(std::string name)
      : molecule_{.name = std::move(name), .atoms = {}, .factors = {}} {}

  void add(gemmi::El element, const Vector3& position_A, double occupancy, double b_iso) {
    if (!(occupancy > 0)) return;
    const auto [x, y, z] = position_A;
    if (!std::isfinite(x + y + z + occupancy + b_iso) || b_iso < 0)
      fail("an atom of ", molecule_.name, " has no finite position, or a negative B factor");
    const auto [place, is_new] = known_.try_emplace(element, molecule_.factors.size());
    if (is_new) molecule_.factors.push_back(factor_of(element));
    molecule_.atoms.push_back({.position_A = position_A,
                               .occupancy = occupancy,
                               .b_iso = b_iso,
                               .element = place->second});
  }
  Molecule finish() {
    if (molecule_.atoms.empty()) fail(molecule_.name, " has no atoms");
    centre(molecule_);
    return std::move(molecule_);
  }

 private:
  Molecule molecule_;
  std::map<gemmi::El, std::size_t> known_;
};

std::vector<Molecule> from_pdb(const std::string& text, const std::string& name) {
  std::vector<Molecule> molecules;
  for (const gemmi::Model& model : gemmi::read_pdb_string(text, name).models) {
    Builder builder(name + " model " + model.name);
    for (const auto& chain : model.chains)
      for (const auto& residue : chain.residues)
        for (const auto& atom : residue.atoms)
          builder.add(element_of(atom, residue), {atom.pos.x, atom.pos.y, atom.pos.z}, atom.occ,
                      atom.b_iso);
    molecules.push_back(builder.finish());
  }
  return molecules;
}

std::vector<Molecule> from_cif(const std::string& text, const std::string& name) {
  std::vector<std::string> models;  // in the order of their appearance
  std::vector<Builder> builders;
  for (const CifAtom& atom : parse_cif_atoms(text)) {
    const auto model = std::ranges::find(models, atom.model) - models.begin();
    if (model == std::ssize(models)) {
      models.push_back(atom.model);
      builders.emplace_back(name + " model " + atom.model);
    }
    builders[model].add(gemmi::find_element(atom.element.c_str()), atom.position_A, atom.occupancy,
                        atom.b_iso);
  }
  std::vector<Molecule> molecules;
  for (Builder& builder : builders) molecules.push_back(builder.finish());
  return molecules;
}

}  // namespace

std::vector<Molecule> parse_molecules(const std::string& text, const std::string& name) {
  std::vector<Molecule> molecules;
  try {
    molecules = is_cif(text) ? from_cif(text, name) : from_pdb(text, name);
  } catch (const UserError&) {
    throw;
  } catch (const std::exception& error) {
    fail(error.what());  // gemmi's
  }
  if (molecules.empty()) fail("the file has no atoms");
  return molecules;
}

std::vector<Molecule> read_molecules(const std::filesystem::path& path) {
  return with_context("reading the structure " + path.string(), [&] {
    if (!std::filesystem::is_regular_file(path)) fail("there is no such file");
    std::ifstream stream(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) fail("the file cannot be read");
    return parse_molecules(text, path.stem().string());
  });
}

}  // namespace spi
