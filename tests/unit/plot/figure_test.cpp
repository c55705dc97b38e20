// SPDX-License-Identifier: GPL-3.0-or-later
// Files: size, determinism, errors.
#include "libspi/plot/figure.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "bitmap.h"
#include "libspi/base/error.h"

namespace spi::plot {
namespace {

namespace fs = std::filesystem;

/// Something of everything, with points enough to be rasterised in vector files.
Figure rich_figure(double last_y = 0.5) {
  Figure figure({.width = 500, .height = 400, .rows = 2, .cols = 2, .dpi = 60});
  std::vector<double> x, y;
  for (int i = 0; i < 20001; ++i) x.push_back(std::cos(i)), y.push_back(std::sin(1.7 * i));
  figure.axes(0, 0).scatter({.x = x, .y = y, .value = x, .colors = {.label = "Å⁻¹"}});
  figure.axes(0, 1).bars({.x = {1, 2}, .height = {1, last_y}, .label = "bars"});
  figure.axes(0, 1).line({.x = {1, 2}, .y = {1, 2}, .label = "line"});
  const std::vector<float> values{1, 2, 3, 4};
  const Image image(2, 2, std::span<const float>(values));
  figure.axes(1, 0).heatmap({.image = image, .row_strip = {{0, 1}, {"a", "b"}}});
  figure.axes(1, 1).montage({.images = {image, image}, .captions = {"one", "two"}});
  return figure;
}

std::string error_of(const auto& work) {
  try {
    work();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

class FigureFormats : public testing::TestWithParam<Format> {};

TEST_P(FigureFormats, GivesEqualBytesForEqualFigures) {
  const std::string first = rich_figure().bytes(GetParam());
  EXPECT_GT(first.size(), 1000u);
  EXPECT_TRUE(first == rich_figure().bytes(GetParam()));
  EXPECT_FALSE(first == rich_figure(0.6).bytes(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, FigureFormats,
                         testing::Values(Format::png, Format::svg, Format::pdf));

TEST(Figure, StatesNoDateOfToday) {
  const std::string pdf = rich_figure().bytes(Format::pdf);
  EXPECT_NE(pdf.find("CreationDate (20000101000000Z)"), std::string::npos);
}

TEST(Figure, HasTheSizeAskedFor) {
  const Bitmap bitmap = rendered(Figure({.width = 144, .height = 72, .dpi = 100}));
  EXPECT_EQ(bitmap.width, 200);
  EXPECT_EQ(bitmap.height, 100);
  EXPECT_EQ(bitmap.count({1, 1, 1}), 200 * 100);  // without layers a panel is blank
  const std::string svg = Figure({.width = 144, .height = 72}).bytes(Format::svg);
  EXPECT_NE(svg.find("viewBox=\"0 0 144 72\""), std::string::npos);
}

TEST(Figure, ChoosesTheFormatByExtension) {
  EXPECT_EQ(format_of("a.png"), Format::png);
  EXPECT_EQ(format_of("a.b.SVG"), Format::svg);
  EXPECT_EQ(format_of("/x.y/a.pdf"), Format::pdf);
  EXPECT_NE(error_of([] { format_of("map.jpg"); }).find("map.jpg"), std::string::npos);
}

TEST(Figure, WritesTheBytesToTheFile) {
  const fs::path path = fs::temp_directory_path() / "spi_plot_figure_test.tmp";
  rich_figure().save(path, Format::svg);
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  fs::remove(path);
  EXPECT_TRUE(content == rich_figure().bytes(Format::svg));
}

TEST(Figure, NamesTheFileItCannotWrite) {
  const std::string message = error_of([] { rich_figure().save("/no/such/folder/map.png"); });
  EXPECT_NE(message.find("/no/such/folder/map.png"), std::string::npos) << message;
  EXPECT_NE(message.find("No such file or directory"), std::string::npos) << message;
}

TEST(Figure, NoticesAFullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const Format format : {Format::png, Format::svg, Format::pdf}) {
    const std::string message = error_of([&] { rich_figure().save("/dev/full", format); });
    EXPECT_NE(message.find("/dev/full: No space left on device"), std::string::npos) << message;
  }
}

TEST(Figure, RefusesImpossibleSizes) {
  EXPECT_THROW(Figure({.width = 0}), UserError);
  EXPECT_THROW(Figure({.height = std::nan("")}), UserError);
  EXPECT_THROW(Figure({.dpi = -1}), UserError);
  EXPECT_THROW(Figure({.font_pt = 0}), UserError);
  EXPECT_THROW(Figure({.width = 1e5, .dpi = 300}).bytes(Format::png), UserError);
}

TEST(Figure, DrawsThroughBytesThatAreNotUtf8) {
  Figure figure({.width = 200, .height = 150, .dpi = 72});
  figure.axes().title = "bad \xC3\x28 and \xFF, cut \xE2\x82";
  figure.axes().scatter({.x = {0}, .y = {0}, .color = kRed, .size_pt = 10, .opacity = 1});
  EXPECT_GT(rendered(figure).count(kRed), 20);
}

TEST(Figure, SurvivesDataWithNothingToShow) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Figure figure({.width = 60, .height = 40, .rows = 2, .cols = 4});
  figure.axes(0, 0).scatter({});
  figure.axes(0, 1).scatter(
      {.x = {nan}, .y = {1}, .category = {{0}, {}}, .covariance = {{1, 0, 1}}});
  figure.axes(0, 2).line({}).bars({}).band({}).highlight({}).text({.text = "no room"});
  figure.axes(0, 3).heatmap({});
  figure.axes(1, 0).montage({});
  figure.axes(1, 1).line({.x = {1e300, -1e300, 1e-320}, .y = {1, 2, 1e-320}});
  figure.axes(1, 2).x.scale = ScaleKind::log;
  figure.axes(1, 2).bars({.x = {-1, 0, 1}, .height = {nan, 2, 0}}).hline({.at = nan});
  figure.axes(1, 3).montage({.images = {Image(), Image()}, .captions = {"", ""}});
  for (const Format format : {Format::png, Format::svg, Format::pdf})
    EXPECT_GT(figure.bytes(format).size(), 100u);
}

}  // namespace
}  // namespace spi::plot
