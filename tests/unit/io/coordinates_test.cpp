// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/coordinates.h"

#include <limits>

#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

class CoordinateFiles : public test::InFolder {
 protected:
  test::fs::path file_of(const std::vector<float>& values, const h5::Shape& shape,
                         const std::vector<std::uint64_t>& id) const {
    h5::File file = h5::File::create(at("c.h5"));
    file.write("embedding", values, shape);
    file.write("id", id);
    file.set_attribute("/embedding", "map", "isomap");
    file.close();
    return at("c.h5");
  }
};

TEST_F(CoordinateFiles, AreReadWithIdsAndTheNameOfTheMap) {
  const Coordinates read =
      read_coordinates(file_of({1, 2, 3, 4, 5, 6}, {3, 2}, {7, 9, 1ull << 60}));
  EXPECT_EQ(read.rows, 3u);
  EXPECT_EQ(read.components, 2u);
  EXPECT_EQ(read.id, (std::vector<std::uint64_t>{7, 9, 1ull << 60}));
  EXPECT_EQ(read.row(1)[0], 3);
  EXPECT_EQ(read.map, "isomap");
}

TEST_F(CoordinateFiles, RowsThatAreNotFiniteHaveNoPlace) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  const Coordinates some = read_coordinates(file_of({1, 2, 3, kNone, 5, 6}, {3, 2}, {0, 1, 2}));
  EXPECT_EQ(placed_rows(some, "c.h5"), (std::vector<std::size_t>{0, 2}));
  const Coordinates none = read_coordinates(file_of({kNone, kNone}, {2, 1}, {0, 1}));
  expect_error([&] { placed_rows(none, "c.h5"); }, {"c.h5", "none of the 2 patterns"});
}

TEST_F(CoordinateFiles, ThatCannotBeReadAreRefused) {
  expect_error(
      [&] {
        read_coordinates(file_of({1, 2, 3}, {3, 1}, {0, 1}));
      },
      {"/id", "(2)", "(3)"});
  expect_error(
      [&] {
        read_coordinates(file_of({1, 2, 3}, {3}, {0, 1, 2}));
      },
      {"/embedding", "(3)"});
  h5::File file = h5::File::create(at("empty.h5"));
  file.close();
  expect_error([&] { read_coordinates(at("empty.h5")); }, {"empty.h5", "no coordinates"});
  expect_error([&] { read_coordinates(at("absent.h5")); }, {"absent.h5"});
}

}  // namespace
}  // namespace spi
