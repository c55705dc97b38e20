// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of a small asymmetric particle in random orientations, and what is true of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libspi/emc/reconstruct.h"
#include "tests/unit/folder.h"
#include "tests/unit/listener.h"

namespace spi::test {

/// 33 × 33 pixels, or so many, of 1.45e-3 1/Å, a beam stop of 1.5 pixels.
Detector small_detector(std::size_t pixels = 33);

/// Intensity of ten balls within 75 Å of the centre, no two alike: 4.6 pixels a fringe at least.
double intensity(const Vector3& q);

/// Of five balls, and the same five after half a turn about z, of which one has moved by 40 Å.
double nearly_symmetric_intensity(const Vector3& q);

/// Of a cube of 140 Å: 4.9 pixels a fringe.
double cube_intensity(const Vector3& q);
/// Of a cube of 30 Å: 23 pixels a fringe along the faces' normals, 13 along the diagonals.
double small_cube_intensity(const Vector3& q);

struct SmallSet {
  std::vector<Quaternion> orientation;
  std::vector<double> fluence;
};
/// Writes `frames` frames of about `photons` photons each, fluences between 0.5 and 1.5; ids from
/// 100.
SmallSet write_frames(const std::filesystem::path& path, std::size_t frames, double photons,
                      std::uint64_t seed = 1, double (*of)(const Vector3&) = intensity,
                      std::size_t pixels = 33);

EmcOptions small_options();

EmcResult reconstruct(FrameSource& source, const EmcOptions& options, int threads = 2,
                      const std::filesystem::path& checkpoint = {},
                      Monitor& monitor = silent_monitor(), std::uint64_t seed = 42);

}  // namespace spi::test
