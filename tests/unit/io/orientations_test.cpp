// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/orientations.h"

#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

Orientations two() {
  return {.id = {7, 12},
          .quaternion = {{1, 0, 0, 0}, {0.5, 0.5, -0.5, 0.5}},
          .cc = {0.9, 0.8},
          .gain = {1.5, 1.25},
          .size = {1, 1.02},
          .second_quaternion = {{0, 1, 0, 0}, {0, 0, 0.6, 0.8}},
          .margin = {0.1, 0.05},
          .twin_margin = {0, 0.01},
          .symmetry = "Oh",
          .reference = "cube of edge 42nm",
          .spacing_deg = 2.5,
          .searched = 16407};
}

using OrientationsFile = test::InFolder;

TEST_F(OrientationsFile, ReadBackWhatWasWritten) {
  const Orientations o = two();
  write_orientations(at("o.h5"), o, {});
  const Orientations r = read_orientations(at("o.h5"));
  EXPECT_EQ(r.id, o.id);
  EXPECT_EQ(r.quaternion, o.quaternion);
  EXPECT_EQ(r.second_quaternion, o.second_quaternion);
  EXPECT_EQ(r.cc, o.cc);
  EXPECT_EQ(r.gain, o.gain);
  EXPECT_EQ(r.size, o.size);
  EXPECT_EQ(r.margin, o.margin);
  EXPECT_EQ(r.twin_margin, o.twin_margin);
  EXPECT_EQ(r.symmetry, "Oh");
  EXPECT_EQ(r.reference, "cube of edge 42nm");
  EXPECT_EQ(r.spacing_deg, 2.5);
  EXPECT_EQ(r.searched, 16407u);
}

TEST_F(OrientationsFile, RefusesWhatCannotBeRight) {
  const auto spoilt = [&](const auto& change) {
    Orientations o = two();
    change(o);
    write_orientations(at("bad.h5"), o, {});
    return [this] { read_orientations(at("bad.h5")); };
  };
  expect_error(spoilt([](Orientations& o) { o.quaternion[1][0] = 0.7; }),
               {"bad.h5", "quaternion of pattern 1", "norm"});
  expect_error(spoilt([](Orientations& o) { o.cc[0] = NAN; }), {"correlation of pattern 0"});
  expect_error(spoilt([](Orientations& o) { o.id[1] = 7; }), {"id 7 comes twice"});
  h5::File other = h5::File::create(at("other.h5"));
  other.write("id", std::vector<std::uint64_t>{1});
  other.close();
  expect_error([&] { read_orientations(at("other.h5")); }, {"other.h5", "spi-orient"});
}

}  // namespace
}  // namespace spi
