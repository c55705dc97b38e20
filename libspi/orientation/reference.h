// SPDX-License-Identifier: GPL-3.0-or-later
// What averages are held against: intensities in three dimensions, of a shape or on a grid.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "libspi/base/monitor.h"
#include "libspi/geometry/point_group.h"
#include "libspi/io/volume_file.h"
#include "libspi/simulate/particle.h"

namespace spi {

/// Intensities as a function of q in the model's frame, on any scale.
class Reference {
 public:
  virtual ~Reference() = default;
  /// Intensities (>= 0) at each of the P vectors q (1/Å), |q| <= q_max(). From any thread.
  virtual void intensity(std::span<const float> qx, std::span<const float> qy,
                         std::span<const float> qz, std::span<float> out) const = 0;
  /// Where it ends, 1/Å.
  virtual double q_max() const = 0;
};

/// |F|^2 of a body of constant density, exact, up to |q| = q_max (1/Å).
std::unique_ptr<Reference> shape_reference(const Body& body, double q_max);

/// Intensities on a cubic grid whose centre voxel N/2 is q = 0, trilinear between; values below 0
/// count as 0. UserError where the volume is no cube or holds nothing above 0; `name` is for
/// messages.
std::unique_ptr<Reference> volume_reference(Volume volume, const std::string& name);

/// Volume number `index` of a file. UserError where there is none, the file holds densities, and as
/// of volume_reference.
std::unique_ptr<Reference> file_reference(const std::filesystem::path& path, std::size_t index);

/// Point group of a body; D24h stands for the rotation symmetry of rod and dimer, Ih for the
/// sphere's.
std::string_view point_group_of(Shape shape);

/// How far a reference is from its images under a group: 1 - the least correlation of √I(q) with
/// √I(g q), g in the group, over directions on shells up to q_max whose shell means are taken out;
/// 0 where every difference is below 1 % of √I (balls have nothing to correlate).
struct Asymmetry {
  double deviation = 0;
  std::size_t operation = 0;  ///< of the group, the one that deviates most
};
Asymmetry asymmetry(const Reference& reference, const PointGroup& group, double q_max);

/// UserError, with the measured deviation, where the reference is not symmetric under the Laue
/// class of the group (deviation above 0.15: noise and interpolation of a good model stay below,
/// wrong groups of real particles are far above).
void require_symmetry(const Reference& reference, const PointGroup& group, double q_max,
                      const std::string& name);

}  // namespace spi
