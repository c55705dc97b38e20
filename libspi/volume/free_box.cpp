// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/free_box.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

Matrix3 mirror_across(int axis) {
  Matrix3 m{1, 0, 0, 0, 1, 0, 0, 0, 1};
  m[4 * std::size_t(axis)] = -1;
  return m;
}

Matrix3 product(const Matrix3& a, const Matrix3& b) {
  Matrix3 c{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = 0; k < 3; ++k) c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
  return c;
}

bool changes_signs_only(const Matrix3& m) {
  for (std::size_t i = 0; i < 9; ++i)
    if (i % 4 != 0 && std::abs(m[i]) > 1e-6) return false;
  return true;
}

}  // namespace

FreeBox::FreeBox(std::size_t size, const PointGroup& group) : size_(size) {
  if (size < 3 || size % 2 == 0)
    fail("a volume of ", size, " voxels has no centre voxel: its size must be odd, and at least 3");
  const PointGroup laue = laue_class(group);
  for (int axis = 0; axis < 3; ++axis)
    mirrored_[std::size_t(axis)] = contains(laue, mirror_across(axis));
  const auto mirrors = std::ranges::count(mirrored_, true);
  SPI_ASSERT(mirrors != 2);  // the inversion and two mirrors make the third
  fold_order_ = mirrors == 3 ? 8 : mirrors == 1 ? 4 : 2;
  if (mirrors < 3) turned_ = mirrored_[2] ? 1 : 2;
  const int half = int(size / 2);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const bool folded = mirrored_[axis] || turned_ == int(axis);
    first_[axis] = folded ? 0 : -half;
    shape_[2 - axis] = std::size_t(folded ? half + 1 : 2 * half + 1);
  }

  std::vector<Matrix3> fold;
  std::ranges::copy_if(laue.operations, std::back_inserter(fold), changes_signs_only);
  // L may hold more sign changes than F: 2-fold axes without mirrors cannot come with an inversion.
  SPI_ASSERT(fold.size() == fold_order_);
  for (const Matrix3& operation : laue.operations) {
    const bool known = std::ranges::any_of(cosets_, [&](const Matrix3& r) {
      return std::ranges::any_of(fold, [&](const Matrix3& f) {
        const Matrix3 image = product(f, r);
        return std::ranges::equal(image, operation,
                                  [](double a, double b) { return std::abs(a - b) < 1e-6; });
      });
    });
    if (!known) cosets_.push_back(operation);
  }
  SPI_ASSERT(cosets_.size() * fold_order_ == laue.order());
}

Vector3 FreeBox::fold(Vector3 p) const {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (mirrored_[axis]) p[axis] = std::abs(p[axis]);
  if (turned_ && p[std::size_t(*turned_)] < 0)
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (!mirrored_[axis]) p[axis] = -p[axis];
  return p;
}

std::size_t FreeBox::offset(const Vector3& folded) const {
  std::array<std::size_t, 3> index;
  for (std::size_t axis = 0; axis < 3; ++axis)
    index[axis] = std::size_t(std::lround(folded[axis]) - first_[axis]);
  return (index[2] * shape_[1] + index[1]) * shape_[2] + index[0];
}

std::vector<std::uint32_t> FreeBox::tied_pairs() const {
  std::vector<std::uint32_t> pairs;
  if (!turned_) return pairs;
  std::array<int, 3> last;
  for (std::size_t axis = 0; axis < 3; ++axis)
    last[axis] = first_[axis] + int(shape_[2 - axis]) - 1;
  last[std::size_t(*turned_)] = 0;
  for (int z = first_[2]; z <= last[2]; ++z)
    for (int y = first_[1]; y <= last[1]; ++y)
      for (int x = first_[0]; x <= last[0]; ++x) {
        const Vector3 p{double(x), double(y), double(z)};
        Vector3 twin = p;
        for (std::size_t axis = 0; axis < 3; ++axis)
          if (!mirrored_[axis]) twin[axis] = -p[axis];
        const std::size_t a = offset(p), b = offset(twin);
        if (a < b) pairs.insert(pairs.end(), {std::uint32_t(a), std::uint32_t(b)});
      }
  return pairs;
}

void FreeBox::tie(std::span<float> box) const {
  SPI_ASSERT(box.size() == voxels());
  const std::vector<std::uint32_t> pairs = tied_pairs();
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    box[pairs[i]] = box[pairs[i + 1]] = (box[pairs[i]] + box[pairs[i + 1]]) / 2;
}

std::vector<float> FreeBox::unfold(std::span<const float> box) const {
  SPI_ASSERT(box.size() == voxels());
  const int half = int(size_ / 2);
  std::vector<float> cube;
  cube.reserve(size_ * size_ * size_);
  for (int z = -half; z <= half; ++z)
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x)
        cube.push_back(box[offset(fold({double(x), double(y), double(z)}))]);
  return cube;
}

std::vector<float> FreeBox::fold_cube(std::span<const float> cube) const {
  SPI_ASSERT(cube.size() == size_ * size_ * size_);
  const int half = int(size_ / 2);
  std::vector<double> sum(voxels());
  std::vector<int> count(voxels());
  std::size_t n = 0;
  for (int z = -half; z <= half; ++z)
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x, ++n) {
        const std::size_t at = offset(fold({double(x), double(y), double(z)}));
        sum[at] += cube[n];
        ++count[at];
      }
  std::vector<float> box(voxels());
  for (std::size_t i = 0; i < box.size(); ++i)
    box[i] = count[i] > 0 ? float(sum[i] / count[i]) : 0.f;
  tie(box);
  return box;
}

}  // namespace spi
