// SPDX-License-Identifier: GPL-3.0-or-later
// The Fourier transform of |x|^p + |y|^p + |z|^p <= r^p.
#pragma once

#include <memory>

#include "libspi/simulate/particle.h"

namespace spi {

/// The superellipsoid of exponent 2 <= p < infinity and the given volume, for |q| <= q_max (1/Å).
///
/// Its transform has no closed form. With s(z) = (r^p - z^p)^(1/p) a slice is a superellipse, so
///   F(q) = 8 int_0^r dz cos(2 pi qz z) int_0^s dy cos(2 pi qy y) sin(2 pi qx X)/(2 pi qx),
/// X(y, z) = (s^p - y^p)^(1/p). On a grid of q this is separable: for N nodes a side and n grid
/// points an axis two matrix products, N^2 n^2 + N n^3 multiply-adds. The grid (one octant, 10
/// points a period of the fastest cosine) is interpolated by cubic B-splines.
/// Cost: about 5 ms for q_max times edge = 10, growing as its 4th power; 4 n^3 bytes. UserError
/// beyond q_max times edge = 80.
std::unique_ptr<Particle> make_superellipsoid(double p, double volume_A3, double q_max);

/// Volume of the superellipsoid with r = 1: 8 Gamma(1 + 1/p)^3 / Gamma(1 + 3/p).
double superellipsoid_volume(double p);

}  // namespace spi
