// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/molecule.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/base/fft_size.h"
#include "libspi/base/parallel.h"
#include "libspi/geometry/spline_grid.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kTerms = 5;
/// Gaussians are cut where they have fallen to exp(-kCut) = 8e-7 of their height.
constexpr double kCut = 14;

double largest_radius(const Molecule& molecule) {
  double r2 = 0;
  for (const auto& [position, occupancy, b, element] : molecule.atoms)
    r2 = std::max(
        r2, position[0] * position[0] + position[1] * position[1] + position[2] * position[2]);
  return std::sqrt(r2);
}

/// The grids of a molecule: a box of n^3 voxels, and of its transform what lies within q_max.
struct Box {
  double length = 0;      ///< edge, Å
  std::size_t n = 0;      ///< voxels an edge
  double voxel = 0;       ///< Å
  double blur = 0;        ///< B factor added to every atom, Å^2
  std::size_t reach = 0;  ///< grid points of the transform kept on either side of 0
};

/// Of n^3 voxels and what is kept of their transform.
void require_memory(const Molecule& molecule, double n, double reach) {
  constexpr double kMost = 16.0 * 1024 * 1024 * 1024;
  const double bytes = 8 * std::pow(n, 3) + 8 * std::pow(2 * reach + 1, 3);
  if (bytes > kMost)
    fail("the transform of ", molecule.name, " needs ", std::round(bytes / 1e9),
         " GB: ask for a smaller detector or less oversampling, or see whether an atom is far off");
}

Box make_box(const Molecule& molecule, double q_max, double oversampling) {
  constexpr double kAtom = 3;  // Å: what an atom reaches beyond its centre
  Box box;
  box.length = oversampling * 2 * (largest_radius(molecule) + kAtom);
  const double reach = std::ceil(q_max * box.length) + 2;
  require_memory(molecule, 3 * reach, reach);
  box.reach = static_cast<std::size_t>(reach);
  box.n = fast_fft_size(std::max<std::size_t>(3 * box.reach, 32));
  require_memory(molecule, static_cast<double>(box.n), reach);
  box.voxel = box.length / static_cast<double>(box.n);
  // A blur of B factor b folds exp(-b (1/voxel - q)^2/4) onto exp(-b q^2/4): at q_max a part
  // exp(-b q_max^2 R (R - 1)), R = 1/(2 voxel q_max); e^-10 = 5e-5 is asked for.
  const double ratio = 1 / (2 * box.voxel * q_max);
  box.blur = 10 / (q_max * q_max * ratio * (ratio - 1));
  return box;
}

std::size_t wrapped(int i, std::size_t n) {
  return static_cast<std::size_t>(i + static_cast<int>(n)) % n;
}

/// An atom along one axis: the voxels it touches and the factors of its Gaussians there.
struct Profile {
  int first = 0;                                 ///< signed; voxel 0 is the origin
  std::vector<std::size_t> voxel;                ///< wrapped into the box
  std::array<std::vector<float>, kTerms> value;  ///< exp(-4 pi^2 r^2 / width_k)
};

Profile profile_of(double x_A, const std::array<double, kTerms>& widths, double radius,
                   const Box& box) {
  Profile profile;
  profile.first = static_cast<int>(std::ceil((x_A - radius) / box.voxel));
  const int end = static_cast<int>(std::floor((x_A + radius) / box.voxel)) + 1;
  for (int i = profile.first; i < end; ++i) {
    profile.voxel.push_back(wrapped(i, box.n));
    const double r = i * box.voxel - x_A;
    for (int k = 0; k < kTerms; ++k)
      profile.value[k].push_back(static_cast<float>(std::exp(-4 * kPi * kPi * r * r / widths[k])));
  }
  return profile;
}

/// Adds an atom to the planes [low, high) (signed) of the density, [z][y][x], origin at voxel 0.
void add_atom(const Atom& atom, const ScatteringFactor& factor, const Box& box, int low, int high,
              std::vector<float>& density) {
  std::array<double, kTerms> widths;
  std::array<float, kTerms> heights;
  for (int k = 0; k < kTerms; ++k) {
    widths[k] = factor.b[k] + atom.b_iso + box.blur;
    heights[k] =
        static_cast<float>(atom.occupancy * factor.a[k] * std::pow(4 * kPi / widths[k], 1.5));
  }
  const double radius = std::sqrt(kCut * *std::ranges::max_element(widths)) / (2 * kPi);
  const double z = atom.position_A[2];
  if (z + radius < low * box.voxel || z - radius > high * box.voxel) return;
  const Profile px = profile_of(atom.position_A[0], widths, radius, box);
  const Profile py = profile_of(atom.position_A[1], widths, radius, box);
  const Profile pz = profile_of(z, widths, radius, box);
  std::vector<float> row(px.voxel.size());
  for (std::size_t c = 0; c < pz.voxel.size(); ++c) {
    const int plane = pz.first + static_cast<int>(c);
    if (plane < low || plane >= high) continue;
    for (std::size_t b = 0; b < py.voxel.size(); ++b) {
      std::ranges::fill(row, 0.0f);
      for (int k = 0; k < kTerms; ++k) {
        const float scale = heights[k] * pz.value[k][c] * py.value[k][b];
        for (std::size_t a = 0; a < row.size(); ++a) row[a] += scale * px.value[k][a];
      }
      float* const line = density.data() + (pz.voxel[c] * box.n + py.voxel[b]) * box.n;
      for (std::size_t a = 0; a < row.size(); ++a) line[px.voxel[a]] += row[a];
    }
  }
}

/// Blurred density, [z][y][x], origin at voxel 0, periodic. Slabs are independent and every voxel
/// adds its atoms in the same order: the result does not depend on the threads.
std::vector<float> density_of(const Molecule& molecule, const Box& box, int threads) {
  std::vector<float> density(box.n * box.n * box.n);
  const int half = static_cast<int>(box.n / 2), slab = 8;
  const auto slabs = (box.n + slab - 1) / slab;
  parallel_for(slabs, threads, [&](std::size_t item, int) {
    const int low = -half + static_cast<int>(item) * slab;
    const int high = std::min(low + slab, static_cast<int>(box.n) - half);
    for (const Atom& atom : molecule.atoms)
      add_atom(atom, molecule.factors[atom.element], box, low, high, density);
  });
  return density;
}

/// Divides by the transform of the B-spline, sinc(x/L)^4 along each axis, so that the spline
/// through the samples of what this transforms to is the density's own transform.
void divide_by_spline(std::vector<float>& density, const Box& box) {
  std::vector<float> axis;
  for (std::size_t i = 0; i < box.n; ++i) {
    const double x = kPi * static_cast<double>(std::min(i, box.n - i)) / static_cast<double>(box.n);
    axis.push_back(static_cast<float>(std::pow(x == 0 ? 1 : x / std::sin(x), 4)));
  }
  for (std::size_t z = 0; z < box.n; ++z)
    for (std::size_t y = 0; y < box.n; ++y)
      for (std::size_t x = 0; x < box.n; ++x)
        density[(z * box.n + y) * box.n + x] *= axis[z] * axis[y] * axis[x];
}

/// Half of the transform of a real density: [z][y][x <= n/2].
std::vector<std::complex<float>> half_transform(std::vector<float>& density, const Box& box) {
  const int n = static_cast<int>(box.n);
  std::vector<std::complex<float>> half(box.n * box.n * (box.n / 2 + 1));
  const auto plan = fftwf_plan_dft_r2c_3d(
      n, n, n, density.data(), reinterpret_cast<fftwf_complex*>(half.data()), FFTW_ESTIMATE);
  SPI_ASSERT(plan != nullptr);
  fftwf_execute(plan);
  fftwf_destroy_plan(plan);
  return half;
}

class TransformedMolecule final : public Particle {
 public:
  TransformedMolecule(const Molecule& molecule, double q_max, double oversampling, int threads) {
    const Box box = make_box(molecule, q_max, oversampling);
    std::vector<float> density = density_of(molecule, box, threads);
    divide_by_spline(density, box);
    const auto half = half_transform(density, box);
    scale_ = static_cast<float>(box.length);
    origin_ = static_cast<float>(box.reach);
    quarter_blur_ = static_cast<float>(box.blur / 4);
    grid_ = SplineGrid<std::complex<float>>(2 * box.reach + 1);
    const int reach = static_cast<int>(box.reach);
    for (int z = -reach; z <= reach; ++z)
      for (int y = -reach; y <= reach; ++y)
        for (int x = -reach; x <= reach; ++x)
          grid_.row(z + reach, y + reach)[x + reach] = coefficient(half, box, x, y, z);
  }

  void amplitude(std::span<const float> qx, std::span<const float> qy, std::span<const float> qz,
                 std::span<std::complex<float>> f) const override {
    for (std::size_t i = 0; i < f.size(); ++i) {
      const float q2 = qx[i] * qx[i] + qy[i] * qy[i] + qz[i] * qz[i];
      f[i] = std::exp(quarter_blur_ * q2) *
             grid_.at(qx[i] * scale_ + origin_, qy[i] * scale_ + origin_, qz[i] * scale_ + origin_);
    }
  }

 private:
  /// The blurred transform at a grid point, from the half that is stored: F(-q) = conj F(q).
  static std::complex<float> coefficient(const std::vector<std::complex<float>>& half,
                                         const Box& box, int x, int y, int z) {
    const auto voxel_volume = static_cast<float>(box.voxel * box.voxel * box.voxel);
    const int sign = x < 0 ? -1 : 1;
    const std::size_t row = wrapped(sign * z, box.n) * box.n + wrapped(sign * y, box.n);
    const auto value = voxel_volume * half[row * (box.n / 2 + 1) + sign * x];
    return x < 0 ? std::conj(value) : value;
  }

  float scale_ = 0, origin_ = 0, quarter_blur_ = 0;
  SplineGrid<std::complex<float>> grid_;
};

}  // namespace

std::complex<double> direct_amplitude(const Molecule& molecule, const Vector3& q) {
  const double q2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
  std::complex<double> sum;
  for (const Atom& atom : molecule.atoms) {
    const ScatteringFactor& factor = molecule.factors[atom.element];
    double f = 0;
    for (int k = 0; k < kTerms; ++k) f += factor.a[k] * std::exp(-factor.b[k] * q2 / 4);
    const Vector3& r = atom.position_A;
    const double phase = -2 * kPi * (q[0] * r[0] + q[1] * r[1] + q[2] * r[2]);
    sum += std::polar(atom.occupancy * f * std::exp(-atom.b_iso * q2 / 4), phase);
  }
  return sum;
}

std::unique_ptr<Particle> make_particle(const Molecule& molecule, double q_max, double oversampling,
                                        int threads) {
  SPI_ASSERT(q_max > 0);
  if (!(oversampling >= 2)) fail("an oversampling of ", oversampling, " is below 2");
  return std::make_unique<TransformedMolecule>(molecule, q_max, oversampling, threads);
}

}  // namespace spi
