// SPDX-License-Identifier: GPL-3.0-or-later
// The landscape of simulated gold and of real single shots, held against what is known of them.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "libspi/io/hdf5.h"
#include "tests/landscape/gold.h"
#include "tests/landscape/quality.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

struct Quality {
  double accuracy, spearman;
};

Quality quality_of_gold(std::uint64_t seed, double photons) {
  const TemporaryFile file("gold.h5");
  simulate_gold(file.path(), seed, 400, photons);
  const Pca pca = embed(file.path()).pca;
  const h5::File truth = h5::File::open(file.path());
  const Quality quality{neighbour_accuracy(pca, 3, truth.read<int>("truth/kind"), 7),
                        best_spearman(pca, 3, truth.read<double>("truth/melting"))};
  std::printf("seed %llu, %g photons: 7-nearest-neighbour accuracy %.3f, |Spearman| %.3f\n",
              static_cast<unsigned long long>(seed), photons, quality.accuracy, quality.spearman);
  return quality;
}

// Thresholds of the project's plan, for the default options. Ties among cubes and among spheres
// bound |Spearman| by about 0.944.
TEST(Landscape, SixKindsOfGoldParticles) {
  for (const std::uint64_t seed : {101, 102}) {
    const Quality quality = quality_of_gold(seed, 1e6);
    EXPECT_GE(quality.accuracy, 0.93);
    EXPECT_GE(quality.spearman, 0.85);
  }
}

TEST(Landscape, RealSingleShots) {
  const char* folder = std::getenv("SPI_SHARED_DATA");
  const fs::path path =
      fs::path(folder ? folder : SPI_SOURCE_DIR "/../shared/data") / "lcls_pnccd_50.h5";
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not here";
  const Pca pca = embed(path).pca;
  const std::vector<int> label = h5::File::open(path).read<int>("labels");
  const double three = neighbour_accuracy(pca, 3, label, 3);
  const double five = neighbour_accuracy(pca, 3, label, 5);
  std::printf("leave-one-out agreement with the labels: 3 neighbours %.2f, 5 neighbours %.2f\n",
              three, five);
  EXPECT_GE(std::max(three, five), 0.92);
}

TEST(Landscape, ReadsAMatrixComputedElsewhere) {
  const TemporaryFile gold("small.h5"), dragonfly("output_001.h5"), bad("bad.h5");
  simulate_gold(gold.path(), 7, 30, 1e5);
  const Clpca ours = embed(gold.path());
  {
    h5::File file = h5::File::create(dragonfly.path());
    file.write("CL_CC/cc_matrix", ours.cc.values, {30, 30});
    file.close();
  }
  ClpcaOptions options;
  options.bootstrap = 0;
  const Clpca read = clpca_of_matrix(dragonfly.path(), options, 1, 1, silent_monitor());
  EXPECT_EQ(read.pca.embedding, ours.pca.embedding);
  {
    h5::File file = h5::File::create(bad.path());
    std::vector<float> values = ours.cc.values;
    values[1] += 0.5f;
    file.write("CL_CC/cc_matrix", values, {30, 30});
    file.close();
  }
  EXPECT_THROW(clpca_of_matrix(bad.path(), options, 1, 1, silent_monitor()), UserError);
}

}  // namespace
}  // namespace spi
