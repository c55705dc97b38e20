// SPDX-License-Identifier: GPL-3.0-or-later
// Phasing of the devices: all but its transforms on the processor, and a device where one is.
#include <gtest/gtest.h>

#include <cmath>

#include "libspi/base/random.h"
#include "libspi/cuda/devices.h"
#include "libspi/cuda/host_queue.h"
#include "libspi/phasing/phasing_on_queue.h"

namespace spi {
namespace {

/// Transforms of the emulated device: those of the processor.
template <int Rank>
class HostFft {
 public:
  HostFft(const cuda::HostQueue&, const Grid<Rank>& grid) : fft_(grid) {}
  void forward(float* x, float* spectrum) { fft_.forward(x, complex(spectrum), 1); }
  void backward(float* spectrum, float* p) { fft_.backward(complex(spectrum), p, 1); }

 private:
  static std::complex<float>* complex(float* values) {
    return reinterpret_cast<std::complex<float>*>(values);
  }
  PlaneFft<Rank> fft_;
};

/// Moduli of a body in a third of the field; those of every fifth shell are free.
template <int Rank>
struct Body {
  Grid<Rank> grid;
  PlaneFft<Rank> fft;
  Problem<Rank> problem;
  RealConstraint constraint;
  std::vector<float> start;

  explicit Body(std::size_t n) : grid{n}, fft(grid) {
    Random random(3, 0, n);
    std::vector<float> density(grid.size());
    for (std::size_t i = 0; i < density.size(); ++i) {
      bool inside = true;
      for (std::size_t rest = i, axis = 0; axis < Rank; ++axis, rest /= n)
        inside = inside && rest % n >= n / 3 && rest % n < 2 * n / 3;
      constraint.region.push_back(inside);
      if (inside) density[i] = float(0.5 + random.uniform());
      start.push_back(float(random.uniform()));
    }
    std::vector<std::complex<float>> spectrum(grid.spectrum_size());
    fft.forward(density.data(), spectrum.data(), 1);
    problem.grid = grid;
    for (std::size_t bin = 0; bin < spectrum.size(); ++bin) {
      bool free = std::lround(radius(grid, bin)) % 5 == 4;
      for (const std::ptrdiff_t f : frequencies(grid, bin))
        free = free || 2 * std::size_t(std::abs(f)) == n;
      problem.modulus.push_back(free ? -1 : std::abs(spectrum[bin]));
      if (!free) problem.power += double(problem.weight(bin)) * double(std::norm(spectrum[bin]));
    }
  }
};

/// Transforms and sums round differently, 1e-6 of values of order 1; a few iterations add them up.
constexpr float kTolerance = 2e-5f;

template <int Rank>
void expect_same(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], kTolerance) << i;
}

template <int Rank>
void expect_that_of_the_processor(const Body<Rank>& body, DevicePhasing<Rank>& device) {
  for (const Algorithm algorithm :
       {Algorithm::DM, Algorithm::ER, Algorithm::HIO, Algorithm::RAAR}) {
    PhasingEngine<Rank> engine(body.problem, body.fft, body.constraint, 1);
    engine.x() = body.start;
    device.put(body.start, body.constraint);
    const Step step{algorithm, 1, default_beta(algorithm)};
    for (int n = 0; n < 4; ++n) {
      const IterationError a = engine.iterate(step), b = device.iterate(step);
      ASSERT_NEAR(a.fourier, b.fourier, double(kTolerance));
      ASSERT_NEAR(a.change, b.change, double(kTolerance));
      ASSERT_GT(a.change, 1e-3);  // there is something to compare
    }
    std::vector<float> x;
    device.get(x);
    expect_same<Rank>(engine.x(), x);
    ASSERT_NEAR(engine.fourier_error(), device.fourier_error(), double(kTolerance));
    engine.project_modulus(), device.project_modulus();
    device.get(x);
    expect_same<Rank>(engine.x(), x);
    engine.project_real(), device.project_real();
    device.get(x);
    expect_same<Rank>(engine.x(), x);
  }
}

/// Every kind of constraint, on even and odd sizes.
template <int Rank, class Make>
void try_constraints(const Make& make) {
  for (const std::size_t n : {12, 15}) {
    Body<Rank> body(n);
    const auto device = make(body.problem);
    expect_that_of_the_processor(body, *device);
    body.constraint.positive = false;
    expect_that_of_the_processor(body, *device);
    body.constraint.mass_fraction = 1e-3;
    expect_that_of_the_processor(body, *device);
    body.constraint.mass_fraction.reset();
    body.constraint.voxels = n;
    expect_that_of_the_processor(body, *device);
  }
}

template <int Rank>
std::unique_ptr<DevicePhasing<Rank>> emulated(const Problem<Rank>& problem) {
  return std::make_unique<cuda::PhasingOnQueue<cuda::HostQueue, HostFft<Rank>, Rank>>(problem);
}

TEST(DevicePhasing, IsThatOfTheProcessor) {
  try_constraints<2>([](const Problem<2>& problem) { return emulated(problem); });
  try_constraints<3>([](const Problem<3>& problem) { return emulated(problem); });
}

TEST(DevicePhasing, FewerPositiveVoxelsThanWanted) {
  Body<2> body(12);
  body.constraint.voxels = 1000;  // more than there are: the threshold is 0
  expect_that_of_the_processor(body, *emulated(body.problem));
}

TEST(CudaPhasing, IsThatOfTheProcessor) {
  std::string why = "this build has no CUDA kernels";
  if (!cuda::kernel_devices() || cuda::kernel_devices()(&why) == 0) GTEST_SKIP() << why;
  try_constraints<2>([](const Problem<2>& problem) { return phasing_on_cuda(problem); });
  try_constraints<3>([](const Problem<3>& problem) { return phasing_on_cuda(problem); });
}

}  // namespace
}  // namespace spi
