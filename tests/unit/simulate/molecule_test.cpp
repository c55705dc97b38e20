// SPDX-License-Identifier: GPL-3.0-or-later
// Molecules: the fast transform against the sum over atoms, and what files may hold.
#include "libspi/simulate/molecule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "libspi/base/error.h"
#include "libspi/base/random.h"

namespace spi {
namespace {

std::filesystem::path written(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path;
}

const char* const kTwoModels =
    "MODEL        1\n"
    "ATOM      1  CA AALA A   1      10.000   0.000   0.000  0.60 20.00           C\n"
    "ATOM      2  CA BALA A   1      12.000   0.000   0.000  0.40 20.00           C\n"
    "HETATM    3 MG   MG  A   2       0.000  30.000   0.000  1.00 10.00          MG\n"
    "ENDMDL\n"
    "MODEL        2\n"
    "ATOM      1  O   HOH A   1      10.000   0.000   0.000  1.00  0.00           O\n"
    "ENDMDL\n"
    "END\n";

/// Root mean square of fast minus direct over that of direct, 200 vectors of |q| up to q_max.
double relative_error(const Molecule& molecule, double q_max, double oversampling) {
  const auto fast = make_particle(molecule, q_max, oversampling, 2);
  double error = 0, signal = 0;
  for (int i = 0; i < 200; ++i) {
    Random random(4, 0, i);
    const Quaternion r = random_rotation(random);
    const Vector3 q = rotate(r, {0, 0, 0.999 * q_max * std::cbrt(random.uniform())});
    const float x = static_cast<float>(q[0]), y = static_cast<float>(q[1]);
    const float z = static_cast<float>(q[2]);
    std::complex<float> f;
    fast->amplitude({&x, 1}, {&y, 1}, {&z, 1}, {&f, 1});
    const auto exact = direct_amplitude(molecule, {x, y, z});
    error += std::norm(std::complex<double>(f) - exact);
    signal += std::norm(exact);
  }
  return std::sqrt(error / signal);
}

/// 300 atoms of three elements and mixed B factors in a ball of radius 30 Å.
Molecule generated() {
  const auto elements = read_molecules(
      written("elements.pdb",
              "HETATM    1  C   LIG A   1       1.000   0.000   0.000  1.00  0.00           C\n"
              "HETATM    2  O   LIG A   1       0.000   1.000   0.000  1.00  0.00           O\n"
              "HETATM    3  S   LIG A   1       0.000   0.000   1.000  1.00  0.00           S\n"));
  Molecule molecule{.name = "generated", .atoms = {}, .factors = elements.front().factors};
  for (int i = 0; i < 300; ++i) {
    Random random(2, 0, i);
    const Quaternion r = random_rotation(random);
    const double radius = 30 * std::cbrt(random.uniform());
    molecule.atoms.push_back({.position_A = rotate(r, {0, 0, radius}),
                              .occupancy = 0.5 + 0.5 * random.uniform(),
                              .b_iso = 40 * random.uniform(),
                              .element = random.below(3)});
  }
  return molecule;
}

TEST(Molecule, FastTransformAgreesWithTheSumOverAtoms) {
  // What remains is the B-spline's error, (1/(2 s - 1))^4 for an atom at the edge of a grid s times
  // as wide as the molecule: 1e-2 at 2, 2e-3 at 3, 4e-4 at 4, and much less for those inside.
  EXPECT_LT(relative_error(generated(), 0.125, 2), 4e-3);
  EXPECT_LT(relative_error(generated(), 0.125, 3), 5e-4);
  EXPECT_LT(relative_error(generated(), 0.125, 4), 2e-4);
  EXPECT_LT(relative_error(generated(), 0.4, 3), 5e-4) << "atomic resolution";
}

TEST(Molecule, FastTransformOfAnEnzyme) {
  const char* folder = std::getenv("SPI_SHARED_DATA");
  const std::filesystem::path path =
      std::filesystem::path(folder ? folder : SPI_SOURCE_DIR "/../shared/data") / "adk_closed.pdb";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto molecules = read_molecules(path);
  ASSERT_EQ(molecules.size(), 1u);
  EXPECT_EQ(molecules[0].atoms.size(), 3341u);
  // Adenylate kinase holds H, C, N, O and S only; the file names its alpha carbons like calcium.
  EXPECT_EQ(molecules[0].factors.size(), 5u);
  EXPECT_LT(relative_error(molecules[0], 0.2, 3), 5e-4);
}

TEST(Molecule, DoesNotDependOnTheThreads) {
  const Molecule molecule = generated();
  const auto one = make_particle(molecule, 0.1, 2, 1), three = make_particle(molecule, 0.1, 2, 3);
  for (int i = 0; i < 50; ++i) {
    const float x = 0.001f * static_cast<float>(i), y = 0.03f, z = -x;
    std::complex<float> a, b;
    one->amplitude({&x, 1}, {&y, 1}, {&z, 1}, {&a, 1});
    three->amplitude({&x, 1}, {&y, 1}, {&z, 1}, {&b, 1});
    EXPECT_EQ(a, b);
  }
}

TEST(Molecule, ForwardAmplitudeCountsElectrons) {
  // Neutral atoms: the table's sums a_k + c are the atomic number to its last printed digits.
  const auto molecules = read_molecules(written("two.pdb", kTwoModels));
  ASSERT_EQ(molecules.size(), 2u);
  EXPECT_NEAR(direct_amplitude(molecules[0], {0, 0, 0}).real(), 6 + 12, 0.02);
  EXPECT_NEAR(direct_amplitude(molecules[1], {0, 0, 0}).real(), 8, 0.01);
}

TEST(Molecule, ObeysOccupanciesAndIsCentred) {
  const Molecule m = read_molecules(written("two.pdb", kTwoModels)).front();
  ASSERT_EQ(m.atoms.size(), 3u);
  EXPECT_FLOAT_EQ(static_cast<float>(m.atoms[0].occupancy), 0.6f);
  Vector3 moment{};
  const double electrons[] = {0.6 * 6, 0.4 * 6, 12};
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 3; ++k) moment[k] += electrons[i] * m.atoms[i].position_A[k];
  for (int k = 0; k < 3; ++k)
    EXPECT_NEAR(moment[k], 0, 0.6);  // 0.02 electrons of the table times 30 Å
}

const char* const kCif =
    "data_TEST\n# a comment\n_entry.title 'a dog's life'\n"
    "_struct.text\n;two lines\nloop_ in a block\n;\n"
    "loop_\n_atom_site.type_symbol\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n"
    "_atom_site.occupancy\n_atom_site.B_iso_or_equiv\n_atom_site.label_atom_id\n"
    "_atom_site.pdbx_PDB_model_num\n"
    "C 10.0 0 0 0.60 20.0 \"C5'\" 1\nC 12.0(3) 0 0 0.40 20.0 CA 1\nMg 0 30.0 0 ? . MG 1\n"
    "O 10 0 0 1 0 O 2\nloop_\n_other.a\n1\n";

TEST(Molecule, ReadsCifLikePdb) {
  const auto cif = parse_molecules(kCif, "cif"), pdb = parse_molecules(kTwoModels, "pdb");
  ASSERT_EQ(cif.size(), 2u);
  ASSERT_EQ(cif[0].atoms.size(), 3u);
  EXPECT_EQ(cif[0].atoms[2].b_iso, 0) << "a value that is not given";
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(cif[0].atoms[i].occupancy, pdb[0].atoms[i].occupancy, 1e-6);  // a float in gemmi
    for (int k = 0; k < 3; ++k)
      EXPECT_NEAR(cif[0].atoms[i].position_A[k], pdb[0].atoms[i].position_A[k], 1e-5);
  }
  EXPECT_EQ(cif[1].atoms.size(), 1u);
}

TEST(Molecule, RefusesDamagedCif) {
  const std::string whole = kCif;
  EXPECT_THROW(parse_molecules(whole.substr(0, whole.find("O 10 0") + 8), "cut"), UserError);
  EXPECT_THROW(parse_molecules("data_x\nloop_\n_atom_site.id\n", "no rows"), UserError);
  EXPECT_THROW(parse_molecules("data_x\nloop_\n_atom_site.id\n1\n2\n", "no place"), UserError);
  EXPECT_THROW(parse_molecules("data_x\n_a 'no end\n", "quote"), UserError);
  EXPECT_THROW(parse_molecules("data_x\n_a\n;no end\n", "block"), UserError);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    try {  // any beginning either parses or throws a UserError
      parse_molecules(whole.substr(0, length), "beginning");
    } catch (const UserError&) {
    }
  }
}

TEST(Molecule, TellsElementsByNameInSimulationFiles) {
  // As CHARMM writes: no element, and the name one column to the left, where CA is calcium.
  const auto m = parse_molecules(
      "ATOM      1 CA   ALA     1      10.000   0.000   0.000  1.00  0.00      4AKE\n"
      "ATOM      2 HG1  ALA     1      11.000   0.000   0.000  1.00  0.00      4AKE\n"
      "ATOM      3 NE   ALA     1      12.000   0.000   0.000  1.00  0.00      4AKE\n",
      "charmm");
  EXPECT_NEAR(direct_amplitude(m[0], {0, 0, 0}).real(), 6 + 1 + 7, 0.02);
}

TEST(Molecule, RefusesFilesWithoutAtoms) {
  EXPECT_THROW(read_molecules("/nonexistent.pdb"), UserError);
  EXPECT_THROW(read_molecules(written("empty.pdb", "")), UserError);
  EXPECT_THROW(read_molecules(written("remark.pdb", "REMARK nothing\nEND\n")), UserError);
  EXPECT_THROW(
      read_molecules(written(
          "absent.pdb",
          "ATOM      1  CA  ALA A   1      10.000   0.000   0.000  0.00 20.00           C\n")),
      UserError)
      << "occupancy 0";
}

TEST(Molecule, RefusesTooLargeAGrid) {
  Molecule molecule = generated();
  molecule.atoms.front().position_A = {1e5, 0, 0};
  EXPECT_THROW(make_particle(molecule, 0.3, 3, 1), UserError);
  molecule.atoms.front().position_A = {1e30, 0, 0};  // no whole number of voxels
  EXPECT_THROW(make_particle(molecule, 0.3, 3, 1), UserError);
  EXPECT_THROW(make_particle(generated(), 0.1, 1, 1), UserError) << "oversampling below 2";
}

}  // namespace
}  // namespace spi
