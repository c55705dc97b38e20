// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/slicing_cuda.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libspi/base/device.h"

namespace spi {
namespace {

constexpr std::size_t kSize = 31, kPatterns = 3;

std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  Random random(seed, 0, 0);
  std::vector<float> values(n);
  for (float& v : values) v = float(random.normal());
  return values;
}

class CudaSlicing : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string why;
    if (cuda_device_count(&why) == 0) GTEST_SKIP() << "no CUDA device: " << why;
    Random random(11, 0, 0);
    for (std::size_t i = 0; i < kPatterns; ++i) pose_.push_back(random_rotation(random));
  }
  std::vector<Quaternion> pose_;
};

TEST_P(CudaSlicing, IsThatOfTheProcessor) {
  const Slicer slicer(FreeBox(kSize, point_group(GetParam())), disc_points(kSize, 1e-3, 20.0));
  const CudaSlicer cuda(slicer);
  const auto volumes = noise(kPatterns * slicer.box().voxels(), 1);
  const auto values = noise(kPatterns * slicer.points().size(), 2);
  std::vector<float> out(values.size()), cuda_out(values.size());
  std::vector<float> back(volumes.size()), cuda_back(volumes.size()), again(volumes.size());
  slicer.slice(volumes, pose_, out, 1);
  cuda.slice_host(volumes, pose_, cuda_out);
  // Fused multiply-adds round differently: coordinates up to 15 voxels to 1e-6, values of order 1.
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], cuda_out[i], 2e-5);
  slicer.adjoint(values, pose_, back, 1);
  cuda.adjoint_host(values, pose_, cuda_back);
  for (std::size_t i = 0; i < back.size(); ++i) ASSERT_NEAR(back[i], cuda_back[i], 2e-4);
  cuda.adjoint_host(values, pose_, again);
  EXPECT_EQ(cuda_back, again);  // whatever the order of the threads
}

INSTANTIATE_TEST_SUITE_P(Groups, CudaSlicing, testing::Values("C1", "C2", "D3", "m-3m", "I"));

}  // namespace
}  // namespace spi
