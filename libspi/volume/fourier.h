// SPDX-License-Identifier: GPL-3.0-or-later
// Fourier transforms of cubes whose origin is the centre voxel n/2, and what follows from them.
#pragma once

#include <complex>
#include <span>
#include <vector>

namespace spi {

using Spectrum3 = std::vector<std::complex<float>>;  ///< [n][n][n], frequency 0 at voxel n/2

/// F(k) = sum over x of f(x) exp(-2 pi i k.x/n), x and k counted from the centre voxel. Not to be
/// called by two threads at once (the planner of FFTW). Takes 8 n^3 bytes more.
Spectrum3 centred_transform(std::span<const float> values, std::size_t n);

/// The real part of the inverse, divided by n^3.
std::vector<float> centred_inverse(std::span<const std::complex<float>> spectrum, std::size_t n);

/// The central cube of `to` voxels of a cube of `from`, or the cube in the middle of zeros.
template <class T>
std::vector<T> central_cube(std::span<const T> values, std::size_t from, std::size_t to);

/// The same field of view on `to` voxels a side: frequencies are cut off, or zeros are added.
/// Values stay values (a constant stays that constant).
std::vector<float> fourier_resized(std::span<const float> values, std::size_t n, std::size_t to);

/// On a cube of `to` voxels of edge `step` (in voxels of `values`), about the same centre: exact
/// for what is band-limited, frequencies that either grid cannot hold left out; 0 outside of the
/// cube. Three matrix products of n^3·to operations at most.
std::vector<float> resampled(std::span<const float> values, std::size_t n, std::size_t to,
                             double step, int threads);

}  // namespace spi
