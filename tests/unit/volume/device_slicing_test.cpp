// SPDX-License-Identifier: GPL-3.0-or-later
// Slicing of the devices: its kernels on the processor, and a device where one is.
#include <gtest/gtest.h>

#include <cmath>

#include "libspi/cuda/devices.h"
#include "libspi/cuda/host_queue.h"
#include "libspi/volume/slicing_on_queue.h"

namespace spi {
namespace {

constexpr std::size_t kPatterns = 3;

std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  Random random(seed, 0, 0);
  std::vector<float> values(n);
  for (float& v : values) v = float(random.normal());
  return values;
}

/// A disc on a curved Ewald sphere, and points at the box's last voxels, around them and far off.
QueryPoints points_for(std::size_t size) {
  QueryPoints points = disc_points(size, 1e-3, 20.0);
  const float edge = float(size / 2);
  for (const float x : {edge, edge - 0.25f, edge + 0.25f, 3 * edge})
    for (const float sign : {-1.f, 1.f}) {
      points.x.push_back(sign * x), points.y.push_back(0.f), points.z.push_back(0.f);
      points.pixel.push_back(points.pixel.back() + 1);
    }
  return points;
}

struct Case {
  Slicer slicer;
  std::vector<Quaternion> pose{Quaternion{}};  ///< the first as it is: points on planes and edges
  std::vector<float> volumes, values;

  Case(const char* group, std::size_t size)
      : slicer(FreeBox(size, point_group(group)), points_for(size)) {
    Random random(11, 0, 0);
    while (pose.size() < kPatterns) pose.push_back(random_rotation(random));
    volumes = noise(kPatterns * slicer.box().voxels(), 1);
    values = noise(kPatterns * slicer.points().size(), 2);
  }
  std::vector<float> slices(const DeviceSlicer& there) const {
    std::vector<float> out(values.size());
    there.slice_host(volumes, pose, out);
    return out;
  }
  std::vector<float> adjoint(const DeviceSlicer& there) const {
    std::vector<float> out(volumes.size());
    there.adjoint_host(values, pose, out);
    return out;
  }
};

using Make = std::unique_ptr<DeviceSlicer> (*)(const Slicer&);

std::unique_ptr<DeviceSlicer> emulated(const Slicer& slicer) {
  return std::make_unique<cuda::SlicingOnQueue<cuda::HostQueue>>(slicer);
}
std::unique_ptr<DeviceSlicer> on_cuda(const Slicer& slicer) { return slicer_on_cuda(slicer, 0); }

/// Every combination of mirrors and turned axis, with cosets and without.
constexpr const char* kGroups[] = {"C1", "C2",  "C2h", "C3",  "D3",   "D3d", "C4h",
                                   "D2", "D6h", "m-3", "432", "m-3m", "I"};

void expect_that_of_the_processor(Make make) {
  for (const char* group : kGroups)
    for (const std::size_t size : {3, 13, 31}) {
      SCOPED_TRACE(testing::Message() << group << " " << size);
      const Case c(group, size);
      const auto there = make(c.slicer);
      std::vector<float> out(c.values.size()), back(c.volumes.size());
      c.slicer.slice(c.volumes, c.pose, out, 1);
      c.slicer.adjoint(c.values, c.pose, back, 1);
      const auto slices = c.slices(*there), adjoint = c.adjoint(*there);
      // Multiply-adds round differently: coordinates up to 15 voxels to 1e-6, values of order 1; a
      // voxel at the centre adds up to 60 terms.
      for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], slices[i], 2e-5) << i;
      for (std::size_t i = 0; i < back.size(); ++i) ASSERT_NEAR(back[i], adjoint[i], 2e-4) << i;
      EXPECT_EQ(adjoint, c.adjoint(*there));  // whatever the order of the threads
    }
}

/// The other patterns of a call, however large, change not a bit.
void expect_patterns_apart(Make make) {
  Case c("D3", 13);
  const auto there = make(c.slicer);
  const auto all = c.adjoint(*there);
  for (std::size_t i = 0; i < c.slicer.points().size(); ++i) c.values[i] *= 1e12f;
  const auto beside_a_large_one = c.adjoint(*there);
  const std::size_t voxels = c.slicer.box().voxels(), points = c.slicer.points().size();
  for (std::size_t b = 1; b < kPatterns; ++b) {
    std::vector<float> alone(voxels);
    there->adjoint_host(std::span(c.values).subspan(b * points, points), {&c.pose[b], 1}, alone);
    for (std::size_t v = 0; v < voxels; ++v) {
      ASSERT_EQ(alone[v], all[b * voxels + v]);
      ASSERT_EQ(alone[v], beside_a_large_one[b * voxels + v]);
    }
  }
}

void expect_what_is_not_finite(Make make) {
  Case c("m-3m", 13);
  const auto there = make(c.slicer);
  const std::size_t voxels = c.slicer.box().voxels(), points = c.slicer.points().size();
  c.values[3] = std::nanf("");
  c.values[points + 5] = -std::numeric_limits<float>::infinity();
  std::fill_n(&c.values[2 * points], points, 0.f);
  const auto found = c.adjoint(*there);
  for (std::size_t v = 0; v < voxels; ++v) {
    ASSERT_TRUE(std::isnan(found[v]) && std::isnan(found[voxels + v]));
    ASSERT_EQ(found[2 * voxels + v], 0);
  }
}

TEST(DeviceSlicing, IsThatOfTheProcessor) { expect_that_of_the_processor(emulated); }
TEST(DeviceSlicing, KeepsPatternsApart) { expect_patterns_apart(emulated); }
TEST(DeviceSlicing, TellsOfWhatIsNotFinite) { expect_what_is_not_finite(emulated); }

class CudaSlicing : public testing::Test {
 protected:
  void SetUp() override {
    std::string why = "this build has no CUDA kernels";
    if (!cuda::kernel_devices() || cuda::kernel_devices()(&why) == 0) GTEST_SKIP() << why;
  }
};

TEST_F(CudaSlicing, IsThatOfTheProcessor) { expect_that_of_the_processor(on_cuda); }
TEST_F(CudaSlicing, KeepsPatternsApart) { expect_patterns_apart(on_cuda); }
TEST_F(CudaSlicing, TellsOfWhatIsNotFinite) { expect_what_is_not_finite(on_cuda); }

TEST(CudaSlicer, IsRefusedWithoutKernels) {
  if (cuda::kernel_devices()) GTEST_SKIP() << "this build has CUDA kernels";
  EXPECT_THROW(slicer_on_cuda(Case("C1", 3).slicer, 0), DeviceError);
}

}  // namespace
}  // namespace spi
