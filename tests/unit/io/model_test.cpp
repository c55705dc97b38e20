// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/model.h"

#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using ModelFile = test::InFolder;

Model small_model() {
  Model model{.size = 2, .q_per_voxel = 0.01};
  model.intensity = {1, 2, 3, 4, 5, 6, 7, 8};
  model.id = {7, 1ull << 60};
  model.quaternion = {{1, 0, 0, 0}, {0, 0.6, 0, 0.8}};
  model.fluence = {0.5f, 1.5f};
  model.convergence = {{"iteration", {1, 2}, {}}, {"gain_nats", {3, 4}, {}}};
  model.stop_reason = "settled";
  return model;
}

TEST_F(ModelFile, ReadsBackWhatWasWritten) {
  const Model written = small_model();
  write_model(at("m.h5"), written, {});
  const Model read = read_model(at("m.h5"));
  EXPECT_EQ(read.intensity, written.intensity);
  EXPECT_EQ(read.q_per_voxel, 0.01);
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.quaternion, written.quaternion);
  EXPECT_EQ(read.fluence, written.fluence);
  EXPECT_TRUE(read.width_rad.empty());
  ASSERT_EQ(read.convergence.size(), 2u);
  EXPECT_EQ(read.convergence[1].name, "gain_nats");
  EXPECT_EQ(read.convergence[1].values, (std::vector<double>{3, 4}));
  EXPECT_EQ(read.stop_reason, "settled");
}

TEST_F(ModelFile, RefusesWhatDoesNotFitTogether) {
  Model model = small_model();
  model.convergence[0].name = "iteration,other";  // three names of two columns
  write_model(at("m.h5"), model, {});
  test::expect_error([&] { read_model(at("m.h5")); }, {"m.h5", "(2, 2)", "3 columns"});
  model = small_model();
  model.quaternion[1][1] = 0.7;
  write_model(at("m.h5"), model, {});
  test::expect_error([&] { read_model(at("m.h5")); }, {"quaternion of frame 1"});
  model = small_model();
  model.fluence.push_back(1);
  write_model(at("m.h5"), model, {});
  test::expect_error([&] { read_model(at("m.h5")); }, {"/fluence has shape (3)"});
}

}  // namespace
}  // namespace spi
