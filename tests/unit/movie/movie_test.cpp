// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/movie.h"

#include <fstream>
#include <iterator>

#include "libspi/base/error.h"
#include "libspi/io/table.h"
#include "tests/unit/movie/series.h"
#include "tests/unit/video/played.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(FramePositions, RunFromTheFirstToTheLast) {
  EXPECT_EQ(frame_positions(5, 3, false), (std::vector<double>{0, 0.5, 1, 1.5, 2}));
  EXPECT_EQ(frame_positions(5, 3, true), (std::vector<double>{0, 1, 2, 1, 0}));
  EXPECT_EQ(frame_positions(1, 3, false), (std::vector<double>{0}));
  EXPECT_EQ(frame_positions(2, 1, false), (std::vector<double>{0, 0}));
}

TEST(MovieOptionTexts, ReadWhatTheyPrint) {
  EXPECT_EQ(Text<FrameSize>::parse("960x540"), (FrameSize{960, 540}));
  EXPECT_EQ(Text<FrameSize>::print({960, 540}), "960x540");
  for (const char* bad : {"960", "961x540", "400x400", "x", "960x541", "64x48"})
    EXPECT_THROW(Text<FrameSize>::parse(bad), UserError) << bad;
  EXPECT_EQ(Text<HexColor>::print(Text<HexColor>::parse("d69e33")), "d69e33");
  for (const char* bad : {"gold", "#d69e3", "d69e3", "d69e333"})
    EXPECT_THROW(Text<HexColor>::parse(bad), UserError) << bad;
}

TEST_F(Movies, EveryFormatHoldsTheFrames) {
  MovieOptions options;
  options.frames = 5;
  options.fps = 10;
  options.size = {320, 240};
  StateSeries series({densities()}, options);
  MovieOutputs outputs{.mp4 = folder / "a.mp4",
                       .gif = folder / "a.gif",
                       .script = folder / "a.cxc",
                       .table = folder / "a-frames.csv"};
  for (int k = 0; k < 5; ++k) outputs.frames.push_back(folder / text_of("a-", k, ".png"));
  for (int k = 0; k < 3; ++k) outputs.volumes.push_back(folder / text_of("a-", k, ".mrc"));
  const MovieSummary summary =
      make_movie(series, options, outputs, "balls", "made by a test", 2, silent_monitor());
  EXPECT_EQ(summary.frames, 5u);
  EXPECT_EQ(summary.states, 3u);

  for (const fs::path& path : {outputs.mp4, outputs.gif}) {
    const Played movie = played(path);
    ASSERT_EQ(movie.frames.size(), 5u) << path;
    EXPECT_EQ(movie.frames[0].width, 320);
    EXPECT_EQ(movie.frames[0].height, 240);
    EXPECT_NEAR(movie.seconds, 0.5, 0.011);
    EXPECT_NE(movie.frames[0].rgb, movie.frames[4].rgb);  // the ball grows
  }
  for (const fs::path& path : outputs.frames) EXPECT_EQ(content(path).substr(1, 3), "PNG");

  const std::string script = content(outputs.script);
  for (std::size_t m = 0; m < kStates; ++m) {
    EXPECT_NE(script.find("open \"" + outputs.volumes[m].filename().string() + "\""),
              std::string::npos);
    EXPECT_EQ(read_mrc(outputs.volumes[m]).values, ball_volume(radius_of(m)).values);
  }
  EXPECT_NE(script.find("level " + print_number(summary.level)), std::string::npos);

  const auto table = read_csv(outputs.table);
  EXPECT_EQ(table[0].name, "frame");
  ASSERT_EQ(table[1].values, (std::vector<double>{0, 0.5, 1, 1.5, 2}));
  EXPECT_EQ(table[2].name, "z1");
  EXPECT_EQ(table[2].values, table[1].values);
  EXPECT_EQ(table[4].name, "support_count");
}

TEST_F(Movies, TheBytesDoNotDependOnTheThreads) {
  MovieOptions options;
  options.frames = 3;
  options.size = {320, 240};
  StateSeries series({densities()}, options);
  for (const int threads : {1, 3})
    make_movie(series, options,
               {.mp4 = folder / text_of(threads, ".mp4"), .gif = folder / text_of(threads, ".gif")},
               "balls", "", threads, silent_monitor());
  EXPECT_TRUE(content(folder / "1.mp4") == content(folder / "3.mp4"));
  EXPECT_TRUE(content(folder / "1.gif") == content(folder / "3.gif"));
}

TEST_F(Movies, ABadSeriesLeavesNothingBehind) {
  write_mrc(folder / "a.mrc", ball_volume(8));
  write_mrc(folder / "b.mrc", ball_volume(8, 12));
  MovieOptions options;
  StateSeries series({folder / "a.mrc", folder / "b.mrc"}, options);
  EXPECT_THROW(make_movie(series, options, {.mp4 = folder / "a.mp4"}, "", "", 1, silent_monitor()),
               UserError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2);
}

}  // namespace
}  // namespace spi
