// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/video/video_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include "libspi/base/error.h"
#include "tests/unit/video/played.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

class Video : public testing::Test {
 protected:
  void SetUp() override {
    folder =
        fs::temp_directory_path() /
        (std::string("spi-video-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  fs::path folder;
};

/// A bright square that moves to the right over a smooth ground.
plot::Pixels frame(int k, int width = 128, int height = 96) {
  plot::Pixels p{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const bool square = std::abs(x - 20 - 8 * k) < 10 && std::abs(y - height / 2) < 20;
      const auto ground = std::uint32_t(40 + 80 * y / height);
      p.rgb.push_back(square ? 0xE0A030u : ground << 16 | ground << 8 | (ground + 20));
    }
  return p;
}

/// Largest difference of a component over the pixels more than four off any edge of the square,
/// where blocks and coarse chroma blur.
int worst(const plot::Pixels& a, const plot::Pixels& b) {
  int most = 0;
  for (int y = 4; y + 4 < a.height; ++y)
    for (int x = 4; x + 4 < a.width; ++x) {
      const auto at = [&](const plot::Pixels& p, int i, int j) {
        return p.rgb[std::size_t(j) * std::size_t(p.width) + std::size_t(i)];
      };
      bool flat = true;
      for (int j = -4; j <= 4; ++j)
        for (int i = -4; i <= 4; ++i)
          flat = flat && (at(a, x + i, y + j) == 0xE0A030u) == (at(a, x, y) == 0xE0A030u);
      if (!flat) continue;
      for (int shift = 0; shift < 24; shift += 8)
        most = std::max(
            most, std::abs(int(at(a, x, y) >> shift & 255) - int(at(b, x, y) >> shift & 255)));
    }
  return most;
}

void write(VideoWriter& writer, int count) {
  for (int k = 0; k < count; ++k) writer.add(frame(k));
  writer.finish();
}

std::string bytes(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(Video, Mp4PlaysWhatWasWritten) {
  const fs::path path = folder / "a.mp4.tmp-1";  // whatever the name, an MP4
  const auto writer = mp4_writer(path, {.width = 128, .height = 96, .fps = 20, .comment = "hello"});
  write(*writer, 11);
  EXPECT_TRUE(writer->codec() == "H.264" || writer->codec() == "MPEG-4");
  const Played movie = played(path);
  ASSERT_EQ(movie.frames.size(), 11u);
  EXPECT_EQ(movie.frames[0].width, 128);
  EXPECT_EQ(movie.frames[0].height, 96);
  EXPECT_NEAR(movie.seconds, 11 / 20., 0.01);
  EXPECT_NEAR(movie.fps, 20, 1e-6);
  // Quantisation of these codecs at the quality that is set: a few steps of 255.
  for (const std::size_t k : {0u, 5u, 10u}) EXPECT_LE(worst(frame(int(k)), movie.frames[k]), 10);
  EXPECT_NE(bytes(path).find("hello"), std::string::npos);
}

TEST_F(Video, GifPlaysWhatWasWritten) {
  const fs::path path = folder / "a.gif";
  const std::vector<plot::Pixels> samples{frame(0), frame(6)};
  const auto writer = gif_writer(path, {.width = 128, .height = 96, .fps = 12.5}, Palette(samples));
  write(*writer, 7);
  EXPECT_EQ(writer->codec(), "GIF");
  const Played movie = played(path);
  ASSERT_EQ(movie.frames.size(), 7u);
  EXPECT_EQ(movie.frames[0].width, 128);
  EXPECT_NEAR(movie.seconds, 7 * 0.08, 0.011);
  // A cell of the palette's grid is 8 wide and the dither moves by half of it.
  for (const std::size_t k : {0u, 6u}) EXPECT_LE(worst(frame(int(k)), movie.frames[k]), 12);
}

TEST_F(Video, EqualFramesGiveEqualBytes) {
  for (const char* name : {"a.mp4", "b.mp4"}) {
    const auto writer = mp4_writer(folder / name, {.width = 128, .height = 96});
    write(*writer, 5);
  }
  EXPECT_EQ(bytes(folder / "a.mp4"), bytes(folder / "b.mp4"));
}

TEST_F(Video, SaysWhereItCannotWrite) {
  try {
    mp4_writer(folder / "absent" / "a.mp4", {.width = 128, .height = 96});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("absent/a.mp4"), std::string::npos) << error.what();
  }
}

TEST(PaletteOf, KeepsFewColoursExactly) {
  plot::Pixels p{2, 2, {0x102030, 0xF0E0D0, 0x00FF00, 0x102030}};
  const Palette palette(std::span(&p, 1));
  const auto index = palette.indices(p);
  EXPECT_EQ(palette.colours()[index[1]], 0xF0E0D0u);
  EXPECT_EQ(palette.colours()[index[2]], 0x00FF00u);
  EXPECT_EQ(palette.colours()[index[0]], 0x102030u);
}

TEST(PaletteOf, UsesAllItsColoursForARamp) {
  plot::Pixels ramp{256, 256, {}};
  for (std::uint32_t y = 0; y < 256; ++y)
    for (std::uint32_t x = 0; x < 256; ++x) ramp.rgb.push_back(x << 16 | y << 8 | 128);
  const Palette palette(std::span(&ramp, 1));
  const std::set<std::uint32_t> colours(palette.colours().begin(), palette.colours().end());
  EXPECT_GT(colours.size(), 250u);
  // 256 colours over the square: boxes of 16 x 16, so 8 either way, and the dither's 4.
  const auto index = palette.indices(ramp);
  double error = 0;
  for (std::size_t i = 0; i < index.size(); ++i)
    error += std::abs(int(ramp.rgb[i] >> 16 & 255) - int(palette.colours()[index[i]] >> 16 & 255));
  EXPECT_LT(error / double(index.size()), 8);
}

}  // namespace
}  // namespace spi
