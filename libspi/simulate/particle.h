// SPDX-License-Identifier: GPL-3.0-or-later
// What scatters: bodies of constant density and molecules, by their Fourier transform.
#pragma once

#include <array>
#include <complex>
#include <memory>
#include <span>
#include <string_view>

#include "libspi/base/options.h"

namespace spi {

/// A particle at rest in its own (model) frame, centred on its centroid.
class Particle {
 public:
  virtual ~Particle() = default;
  /// F(q) = integral of density(x) exp(-2 pi i q.x) over x, for each of the P vectors q (1/Å, model
  /// frame, |q| up to the q_max that the particle was made for). F(0) is the volume in Å^3 of a
  /// body (density 1), the number of electrons of a molecule. May be called from any thread.
  virtual void amplitude(std::span<const float> qx, std::span<const float> qy,
                         std::span<const float> qz, std::span<std::complex<float>> f) const = 0;
};

/// Bodies of constant density.
enum class Shape { cube, transition, sphere, dimer, rod, octahedron };
template <>
struct EnumNames<Shape> {
  static constexpr std::array<std::string_view, 6> values{"cube",  "transition", "sphere",
                                                          "dimer", "rod",        "octahedron"};
};

/// All bodies of one `edge_A` have the same volume, edge_A^3, until a melting one swells.
struct Body {
  Shape shape = Shape::cube;
  double edge_A = 0;        ///< edge of the cube of the same, unmelted, volume
  double melting = 0;       ///< of Shape::transition, in [0, 1]
  double rod_aspect = 2.5;  ///< length over diameter of Shape::rod
};

/// What melting in [0, 1] does to a cube, in the two stages of Zhuang et al. (2022): first the
/// edges round at constant volume, then the round particle swells by a tenth. Stage 1, melting <
/// 0.7: |x|^p + |y|^p + |z|^p <= r^p with 2/p = melting/0.7. The exponent 2/p (Barr's, IEEE Comput.
/// Graph. 1, 11 (1981)) is the natural measure of roundness: 0 is the cube, 1 the ball, the moments
/// of the body are analytic in it, and the volume that leaves the corners begins as its square.
/// Stage 2: the ball's volume grows linearly to 1.1 at melting = 1.
struct Melting {
  double roundness = 0;  ///< 2/p in [0, 1]
  double swelling = 1;   ///< volume over that of the cube
};
Melting melting_stage(double melting);

/// Volume in Å^3: edge_A^3, times the swelling for `transition` and 1.1 for `sphere` (melting 1).
double volume_A3(const Body& body);

/// Radius in Å of the smallest centred ball that holds the body.
double outer_radius_A(const Body& body);

/// The body's Fourier transform, good to 1e-3 of its local rms value up to |q| = q_max (1/Å):
/// cube, sphere and rod in closed form, dimer (two touching balls along z) from the sphere's,
/// octahedron as a stack of square slices, transition by superellipsoid.h.
/// UserError where a size is not positive or melting outside [0, 1].
std::unique_ptr<Particle> make_particle(const Body& body, double q_max);

}  // namespace spi
