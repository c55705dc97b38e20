// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/poses.h"

#include <cmath>
#include <numeric>
#include <unordered_map>

#include "libspi/io/record.h"

namespace spi::vae {
namespace {

std::vector<Quaternion> read_quaternions(const h5::File& file, const std::string& name) {
  const h5::Shape shape = file.shape(name);
  if (shape.size() != 2 || shape[1] != 4)
    fail(file.path().string(), ": ", name, " has shape ", h5::print(shape), ", expected (N, 4)");
  const std::vector<double> v = file.read<double>(name);
  std::vector<Quaternion> result;
  for (std::size_t n = 0; n < shape[0]; ++n)
    result.push_back(
        with_context(text_of("reading row ", n, " of ", name, " in ", file.path().string()), [&] {
          return normalized({v[4 * n], v[4 * n + 1], v[4 * n + 2], v[4 * n + 3]});
        }));
  return result;
}

}  // namespace

Poses read_poses(const std::filesystem::path& path, const std::vector<std::uint64_t>& ids) {
  const h5::File file = h5::File::open(path);
  format_of(file);
  if (!file.exists("quaternion"))
    fail(path.string(), " holds no orientations (spi-orient writes them)");
  const std::vector<Quaternion> quaternion = read_quaternions(file, "quaternion");
  std::vector<double> gain(quaternion.size(), 1.0);
  if (file.exists("gain")) gain = file.read<double>("gain", {quaternion.size()});
  std::vector<std::uint64_t> known(quaternion.size());
  std::iota(known.begin(), known.end(), std::uint64_t{0});
  if (file.exists("id")) known = file.read<std::uint64_t>("id", {quaternion.size()});
  std::unordered_map<std::uint64_t, std::size_t> row;
  for (std::size_t n = 0; n < known.size(); ++n) row[known[n]] = n;

  Poses poses;
  for (std::size_t n = 0; n < ids.size(); ++n) {
    const auto found = row.find(ids[n]);
    if (found == row.end())
      fail(path.string(), " has no orientation for pattern ", n, " of id ", ids[n],
           ": give the orientations of these very patterns");
    if (!std::isfinite(gain[found->second]))
      fail(path.string(), ": the gain of id ", ids[n], " is not finite");
    poses.pose.push_back({quaternion[found->second], gain[found->second]});
  }
  if (file.has_attribute("/", "symmetry")) poses.symmetry = file.text_attribute("/", "symmetry");
  return poses;
}

Poses true_poses(const std::filesystem::path& path, std::size_t count) {
  constexpr const char* kTruth = "truth/quaternion";
  if (!h5::File::is_hdf5(path) || !h5::File::open(path).exists(kTruth))
    fail(path.string(), " has no ", kTruth, ": only simulated patterns know their orientation");
  const std::vector<Quaternion> quaternion = read_quaternions(h5::File::open(path), kTruth);
  if (quaternion.size() != count)
    fail(path.string(), ": ", kTruth, " has ", quaternion.size(), " rows for ", count, " patterns");
  Poses poses;
  for (const Quaternion& q : quaternion) poses.pose.push_back({q, 1});
  return poses;
}

}  // namespace spi::vae
