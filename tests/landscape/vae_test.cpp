// SPDX-License-Identifier: GPL-3.0-or-later
// The auto-encoder on a melting sequence of which everything is known.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cstdio>

#include "libspi/io/hdf5.h"
#include "libspi/simulate/particle.h"
#include "libspi/volume/fsc.h"
#include "models/vae/vae.h"
#include "tests/landscape/gold.h"
#include "tests/landscape/quality.h"

namespace spi::vae {
namespace {

constexpr double kEdge = 420;  // Å

/// Averages of gold cubes that melt, uniform in the melting parameter, of spread sizes.
struct MeltingSequence {
  explicit MeltingSequence(std::uint64_t seed) : file(text_of("melting-", seed, ".h5")) {
    SimulateOptions options;
    options.particles = "transition";
    options.averages = true;
    options.frames = 1500;
    options.photons = 1e6;
    options.melting = {0, 1};
    options.size_spread = 0.02;
    options.pixels = PixelCounts{81, 81};
    options.pixel_size = Length{6e-4};
    write_averages(Simulator(options.resolved(), seed, available_threads()), file.path(), {},
                   silent_monitor());
    const h5::File truth = h5::File::open(file.path());
    melting = truth.read<double>("truth/melting");
    size = truth.read<double>("truth/size_A");
  }

  Vae learn(const VaeOptions& options) const {
    const auto stack = open_stack(file.path(), {});
    const Poses poses = true_poses(file.path(), stack->kept());
    const PatternSet set =
        load_patterns(*stack, poses.pose, point_group("m-3m"), options, nullptr, silent_monitor());
    learn::History history;
    return train(set, options, {}, available_threads(), history, silent_monitor());
  }

  /// Mean of the latents near a state of the nominal size.
  double latent(const Latents& latents, double state) const {
    double sum = 0, weight = 0;
    for (std::size_t n = 0; n < latents.count(); ++n) {
      const double w = std::exp(-std::pow((melting[n] - state) / 0.02, 2) / 2 -
                                std::pow((size[n] / kEdge - 1) / 0.01, 2) / 2);
      sum += w * latents.mean[n * latents.dim];
      weight += w;
    }
    return sum / weight;
  }

  TemporaryFile file;
  std::vector<double> melting, size;
};

std::vector<float> true_intensities(double melting, std::size_t n, double q_per_voxel) {
  const auto half = std::ptrdiff_t(n / 2);
  const auto particle = make_particle(Body{Shape::transition, kEdge, melting},
                                      q_per_voxel * double(half) * std::sqrt(3.0));
  std::vector<float> x, y, z;
  for (std::ptrdiff_t k = -half; k <= half; ++k)
    for (std::ptrdiff_t j = -half; j <= half; ++j)
      for (std::ptrdiff_t i = -half; i <= half; ++i) {
        x.push_back(float(double(i) * q_per_voxel));
        y.push_back(float(double(j) * q_per_voxel));
        z.push_back(float(double(k) * q_per_voxel));
      }
  std::vector<std::complex<float>> amplitude(x.size());
  particle->amplitude(x, y, z, amplitude);
  std::vector<float> intensity;
  for (const auto a : amplitude) intensity.push_back(std::norm(a));
  return intensity;
}

/// Canonical correlations of two sets of columns, the larger first.
Eigen::VectorXd canonical_correlations(Eigen::MatrixXd a, Eigen::MatrixXd b) {
  const auto basis = [](Eigen::MatrixXd& m) -> Eigen::MatrixXd {
    m.rowwise() -= m.colwise().mean().eval();
    return Eigen::HouseholderQR<Eigen::MatrixXd>(m).householderQ() *
           Eigen::MatrixXd::Identity(m.rows(), m.cols());
  };
  return (basis(a).transpose() * basis(b)).jacobiSvd().singularValues();
}

TEST(VaeLandscape, OneAxisFollowsMeltingAndDecodesItsStates) {
  const MeltingSequence data(105);
  const Vae vae = data.learn({});
  const Latents& latents = vae.training_latents();
  const double order = std::abs(spearman(latents.coordinate(0), data.melting));
  std::printf("|Spearman| of the latent with melting: %.3f\n", order);
  EXPECT_GE(order, 0.96);

  const std::size_t n = vae.preprocessing().size;
  double least = 1;
  for (int state = 0; state < 12; ++state) {
    const double melting = (state + 0.5) / 12;
    const auto found = vae.decode(std::vector{data.latent(latents, melting)}, available_threads());
    const auto truth = true_intensities(melting, n, vae.preprocessing().q_per_voxel);
    const double reach = crossing(shell_correlation(found, truth, n), 0.5, 2) / double(n / 2);
    least = std::min(least, reach);
  }
  std::printf("FSC falls to 0.5 at %.2f of the edge of q in the worst of 12 states\n", least);
  EXPECT_GE(least, 0.8);
}

/// Size is that of the particle as it is, swollen where it is molten: a ball's radius does not say
/// what part of it is swelling.
TEST(VaeLandscape, TwoAxesTellMeltingFromSize) {
  const MeltingSequence data(106);
  const Vae vae = data.learn({.latent_dim = 2});
  const Latents& latents = vae.training_latents();
  const auto count = Eigen::Index(latents.count());
  Eigen::MatrixXd z(count, 2), truth(count, 2);
  for (Eigen::Index row = 0; row < count; ++row) {
    const auto n = std::size_t(row);
    z.row(row) << latents.mean[2 * n], latents.mean[2 * n + 1];
    truth.row(row) << data.melting[n],
        std::cbrt(volume_A3({Shape::transition, data.size[n], data.melting[n]}));
  }
  const Eigen::VectorXd found = canonical_correlations(z, truth);
  std::printf("canonical correlations with melting and size: %.3f, %.3f\n", found[0], found[1]);
  EXPECT_GE(found[1], 0.9);
}

}  // namespace
}  // namespace spi::vae
