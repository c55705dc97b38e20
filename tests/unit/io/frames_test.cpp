// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::expect_same;
using test::flat_detector;
using test::some_frames;

class Formats : public test::InFolder, public ::testing::WithParamInterface<FrameFormat> {
 protected:
  std::filesystem::path write(const std::string& name, const FrameBlock& block) {
    const auto writer = create_frames(at(name), GetParam(), flat_detector(4, 5), {});
    writer->append(block);
    writer->finish();
    return at(name);
  }
};

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         ::testing::Values(FrameFormat::spi, FrameFormat::emc,
                                           FrameFormat::dragonfly),
                         [](const auto& chosen) { return std::string(name_of(chosen.param)); });

TEST_P(Formats, ReadBackWhatWasWritten) {
  const FrameBlock block = some_frames(700, 20);
  const auto reader = open_frames({write("frames", block)});
  EXPECT_EQ(reader->frames(), 700u);
  EXPECT_EQ(reader->pixels(), 20u);
  expect_same(reader->read(0, 700), block);
  EXPECT_EQ(files_in_folder(), 1u);  // no side file is left
}

TEST_P(Formats, AnyBlockIsReadAlone) {
  const FrameBlock block = some_frames(700, 20);
  const auto reader = open_frames({write("frames", block)});
  for (const std::size_t first : {0u, 1u, 255u, 256u, 257u, 511u, 690u}) {
    const FrameBlock some = reader->read(first, 13);
    ASSERT_EQ(some.frames(), std::min<std::size_t>(13, 700 - first));
    for (std::size_t i = 0; i < some.frames(); ++i) {
      const auto from = block.start[first + i], to = block.start[first + i + 1];
      ASSERT_EQ(some.start[i + 1] - some.start[i], to - from);
      EXPECT_TRUE(std::equal(block.pixel.begin() + long(from), block.pixel.begin() + long(to),
                             some.pixel.begin() + long(some.start[i])));
    }
  }
  EXPECT_EQ(reader->read(700, 5).frames(), 0u);
  EXPECT_EQ(reader->read(9000, 5).start, std::vector<std::uint64_t>{0});
}

TEST_P(Formats, WritingInPiecesIsTheSame) {
  const FrameBlock block = some_frames(10, 20);
  const auto writer = create_frames(at("pieces"), GetParam(), flat_detector(4, 5), {});
  for (std::size_t i = 0; i < 10; ++i) {
    FrameBlock one;
    std::vector<std::uint32_t> counts(20);
    for (auto k = block.start[i]; k < block.start[i + 1]; ++k)
      counts[block.pixel[k]] = block.count[k];
    one.append_dense(block.id[i], counts);
    writer->append(one);
  }
  writer->finish();
  expect_same(open_frames({at("pieces")})->read(0, 10), block);
}

TEST_P(Formats, NoFramesAtAll) {
  const auto reader = open_frames({write("none", FrameBlock{{}, {0}, {}, {}})});
  EXPECT_EQ(reader->frames(), 0u);
  EXPECT_EQ(reader->read(0, 5).frames(), 0u);
}

TEST_P(Formats, FileAppearsOnlyWhenFinished) {
  {
    const auto writer = create_frames(at("half"), GetParam(), flat_detector(4, 5), {});
    writer->append(some_frames(3, 20));
    EXPECT_FALSE(std::filesystem::exists(at("half")));
  }
  EXPECT_EQ(files_in_folder(), 0u);
}

TEST_P(Formats, MissingFolderIsNamed) {
  expect_error(
      [&] { create_frames(at("absent/frames"), GetParam(), flat_detector(4, 5), {})->finish(); },
      {"cannot write", "absent", "No such file or directory"});
}

using Frames = test::InFolder;

TEST_F(Frames, OwnFormatKeepsIdsAndDetector) {
  const FrameBlock block = some_frames(9, 20);
  const auto writer = create_frames(at("own.h5"), FrameFormat::spi, flat_detector(4, 5), {});
  writer->file()->write("/truth/kind", std::vector<std::int32_t>(9));
  writer->append(block);
  writer->finish();
  const auto reader = open_frames({at("own.h5")});
  EXPECT_EQ(reader->read(0, 9).id, block.id);
  EXPECT_EQ(reader->ids(), block.id);
  EXPECT_EQ(reader->detector()->use[0], PixelUse::bad);
  EXPECT_EQ(read_detector(at("own.h5")).pixels(), 20u);
}

TEST_F(Frames, SeveralFilesReadAsOne) {
  const FrameBlock block = some_frames(6, 20);
  for (const char* name : {"a.emc", "b.emc"}) {
    const auto writer = create_frames(at(name), FrameFormat::emc, flat_detector(4, 5), {});
    writer->append(block);
    writer->finish();
  }
  const auto reader = open_frames({at("a.emc"), at("b.emc")});
  EXPECT_EQ(reader->frames(), 12u);
  const FrameBlock across = reader->read(4, 4);
  EXPECT_EQ(across.id, (std::vector<std::uint64_t>{4, 5, 1ull << 40, (1ull << 40) + 1}));
  EXPECT_EQ(across.start.back(), across.pixel.size());
  EXPECT_EQ(reader->ids().back(), (1ull << 40) + 5);
}

TEST_F(Frames, DuplicateIdsAreRefused) {
  const auto writer = create_frames(at("own.h5"), FrameFormat::spi, flat_detector(4, 5), {});
  writer->append(some_frames(6, 20));
  writer->finish();
  expect_error([&] { open_frames({at("own.h5"), at("own.h5")}); }, {"id 1000", "given twice"});
}

TEST_F(Frames, FilesOfDifferentDetectorsAreRefused) {
  for (const std::size_t columns : {5u, 6u}) {
    const auto writer =
        create_frames(at(std::to_string(columns)), FrameFormat::emc, flat_detector(4, columns), {});
    writer->append(some_frames(2, 4 * columns));
    writer->finish();
  }
  expect_error([&] { open_frames({at("5"), at("6")}); }, {"24 pixels", "20"});
}

TEST_F(Frames, DenseEmcIsRead) {
  std::vector<std::int32_t> header(256);
  header[0] = 2, header[1] = 3, header[2] = 1;
  test::write_bytes(at("int.emc"), header);
  test::write_bytes(at("int.emc"), std::vector<std::int32_t>{0, 2, 1, 0, 0, 70000}, true);
  const FrameBlock block = open_frames({at("int.emc")})->read(0, 2);
  EXPECT_EQ(block.start, (std::vector<std::uint64_t>{0, 2, 3}));
  EXPECT_EQ(block.pixel, (std::vector<std::uint32_t>{1, 2, 2}));
  EXPECT_EQ(block.count, (std::vector<std::uint32_t>{2, 1, 70000}));
  header[2] = 2;
  test::write_bytes(at("real.emc"), header);
  test::write_bytes(at("real.emc"), std::vector<double>{0, 2, 1, 0, 0, 70000}, true);
  expect_same(open_frames({at("real.emc")})->read(0, 2), block);
}

}  // namespace
}  // namespace spi
