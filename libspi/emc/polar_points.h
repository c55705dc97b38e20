// SPDX-License-Identifier: GPL-3.0-or-later
// Slices of a cube on the polar bins of a detector, and their adjoint.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "libspi/base/team.h"
#include "libspi/geometry/rotation.h"
#include "libspi/io/detector.h"
#include "libspi/polar/polar_binning.h"

namespace spi {

/// A cube of values about its centre voxel n/2, [z][y][x].
struct Cube {
  std::size_t n = 0;
  std::vector<float> values = {};

  explicit Cube(std::size_t size = 0, float value = 0)
      : n(size), values(size * size * size, value) {}
};

/// Where a pattern is looked at: points in the lab frame, in voxels.
struct LabPoints {
  std::vector<float> x, y, z;
  double reach = 0;  ///< distance of the outermost from the centre

  std::size_t size() const { return x.size(); }
};

/// Where the flat detector's point (x, y), in pixels from the beam, looks, in pixels of q: at
/// distance D and radius r, with f = √(r² + D²), at (x/f, y/f, D/f - 1)·D; without a distance, on
/// the plane through the origin, at (x, y, 0).
Vector3 ewald_point(std::optional<double> distance_px, double x, double y);
/// D of a detector, nullopt where it is flat: looked up once for many points.
std::optional<double> ewald_distance(const Detector& detector);

/// The centres of R rings × T angles.
LabPoints polar_points(const PolarBinning& binning, const Detector& detector,
                       double voxels_per_pixel);

/// Where frames are compared with the model off the grid: every pixel of the bins at its own place;
/// where there are many pixels a bin, the bins.
struct FinePoints {
  LabPoints points;
  std::vector<double> area;          ///< [points] photons expected of the mean pattern
  std::vector<std::uint32_t> point;  ///< [P] of each pixel, or PolarBinning::kNoBin
};
FinePoints fine_points(const PolarBinning& binning, const Detector& detector,
                       const RadialMean& mean, double voxels_per_pixel);

/// Distance from q = 0, in pixels of q, that a radius on the flat detector looks at.
double q_radius(const Detector& detector, double radius_px);
/// The radius on the flat detector that looks so far from q = 0, in pixels of q.
double detector_radius(const Detector& detector, double q_radius_px);
/// Whether all pixels lie on a plane through q = 0 (small angles).
bool is_flat(const Detector& detector);

/// out[t] = the trilinear interpolation of the cube at R p_t, R = model_from_lab. The cube is wide
/// enough: reach < n/2 - 1 (whole-number division).
void slice(const Cube& cube, const LabPoints& points, const Quaternion& model_from_lab, float* out);

/// What patterns say of the voxels of a cube, added in whole numbers: the sums depend neither on
/// their order nor on the threads. The adjoint of slice(), twice: of photons and of exposures.
class VoxelSums {
 public:
  /// No voxel's sum exceeds `largest`; its quantum is `largest`·2^-60.
  VoxelSums(std::size_t n, double largest);

  std::size_t size() const { return n_; }
  static std::size_t bytes(std::size_t n) { return 2 * n * n * n * sizeof(std::int64_t); }

  /// Scatters numerator[points] and exposure[points] of a pattern of that orientation.
  void add(const LabPoints& points, const Quaternion& model_from_lab, const float* numerator,
           const float* exposure);
  void add(const VoxelSums& other);
  /// To be called by all ranks: the sums are then those of all of them.
  void sum_over(Team& team) { team.sum(sums_); }
  void clear();
  /// Multiplies all sums, to the nearest quantum.
  void scale(double factor);
  /// [n³][2] in quanta, for checkpoints.
  const std::vector<std::int64_t>& quanta() const { return sums_; }
  void set_quanta(std::vector<std::int64_t> quanta);

  double numerator(std::size_t voxel) const { return double(sums_[2 * voxel]) / scale_; }
  double exposure(std::size_t voxel) const { return double(sums_[2 * voxel + 1]) / scale_; }

 private:
  std::size_t n_;
  double scale_;
  std::vector<std::int64_t> sums_;  ///< [n³][2]
};

}  // namespace spi
