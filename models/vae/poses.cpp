// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/poses.h"

#include <cmath>
#include <unordered_map>

#include "libspi/io/orientations.h"
#include "libspi/io/record.h"

namespace spi::vae {

Poses read_poses(const std::filesystem::path& path, const std::vector<std::uint64_t>& ids) {
  const Orientations known = read_orientations(path);
  std::unordered_map<std::uint64_t, std::size_t> row;
  for (std::size_t n = 0; n < known.count(); ++n) row[known.id[n]] = n;
  Poses poses{.pose = {}, .symmetry = known.symmetry};
  for (std::size_t n = 0; n < ids.size(); ++n) {
    const auto found = row.find(ids[n]);
    if (found == row.end())
      fail(path.string(), " has no orientation for pattern ", n, " of id ", ids[n],
           ": give the orientations of these very patterns");
    const auto [w, x, y, z] = known.quaternion[found->second];
    const double gain = known.gain[found->second];
    poses.pose.push_back({normalized({w, x, y, z}), std::isfinite(gain) ? gain : 1});
  }
  return poses;
}

Poses true_poses(const std::filesystem::path& path, const KeptRows& kept) {
  constexpr const char* kTruth = "truth/quaternion";
  if (!h5::File::is_hdf5(path) || !h5::File::open(path).exists(kTruth))
    fail(path.string(), " has no ", kTruth, ": only simulated patterns know their orientation");
  const std::vector<double> v = h5::File::open(path).read<double>(kTruth, {kept.total, 4});
  Poses poses;
  for (const std::size_t n : kept.row)
    poses.pose.push_back({normalized({v[4 * n], v[4 * n + 1], v[4 * n + 2], v[4 * n + 3]}), 1});
  return poses;
}

PointGroup model_symmetry(const Poses& poses, const std::optional<std::string>& asked) {
  const PointGroup group = point_group(asked.value_or(poses.symmetry));
  const PointGroup laue = laue_class(group);
  for (const Quaternion& rotation : laue_class(point_group(poses.symmetry)).rotations)
    if (!contains(laue, to_matrix(rotation)))
      fail("the orientations were found with a reference of symmetry ", poses.symmetry,
           " and are ambiguous by its rotations; a model of symmetry ", group.name,
           " lacks some of them: give --symmetry ", poses.symmetry, " or a group that holds it");
  return group;
}

}  // namespace spi::vae
