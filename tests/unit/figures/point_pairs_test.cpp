// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/point_pairs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spi {
namespace {

TEST(AxisLabels, NameTheMapThatMadeTheCoordinates) {
  Coordinates coordinates;
  coordinates.components = 2;
  using Labels = std::vector<std::string>;
  EXPECT_EQ(axis_labels(coordinates), (Labels{"coordinate-1", "coordinate-2"}));
  coordinates.map = "pca";
  EXPECT_EQ(axis_labels(coordinates), (Labels{"CLPCA-1", "CLPCA-2"}));
  coordinates.map = "isomap";
  EXPECT_EQ(axis_labels(coordinates), (Labels{"Isomap-1", "Isomap-2"}));
}

TEST(Categories, AreTheLabelsOrNone) {
  const Column column{.name = "kind", .values = {1, NAN, 0}, .labels = {"cube", "rod"}};
  EXPECT_EQ(categories_of(column).of, (std::vector<int>{1, -1, 0}));
  EXPECT_EQ(categories_of(column).names, column.labels);
}

}  // namespace
}  // namespace spi
