// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/online/frame_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "libspi/base/error.h"
#include "libspi/io/record.h"
#include "small_particle.h"
#include "tests/growing/writer_process.h"

namespace spi {
namespace {

namespace fs = std::filesystem;
using test::Folder;
using test::WriterProcess;

/// What a queue says.
class Heard final : public Monitor {
 public:
  void message(Severity severity, const std::string& text) override {
    if (severity == Severity::warning) warnings.push_back(text);
  }
  void begin(std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void end() override {}

  std::vector<std::string> warnings;
};

/// As if nobody had touched the file for a minute.
void rest(const fs::path& path) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::minutes(1));
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> ids;
  for (; first < last; ++first) ids.push_back(first);
  return ids;
}

void write_part(const fs::path& from, const fs::path& to, std::size_t first, std::size_t n) {
  const auto reader = open_frames({from});
  const auto writer = create_frames(to, FrameFormat::spi, *reader->detector(), {});
  writer->append(reader->read(first, n));
  writer->finish();
  rest(to);
}

TEST(FrameQueue, FollowsAFileThatGrows) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 60, 500);
  const auto all = open_frames({folder / "all.h5"});
  WriterProcess file(folder / "g.h5", folder / "all.h5");
  FrameQueue queue({folder / "g.h5"}, {}, {}, silent_monitor());
  EXPECT_FALSE(queue.look());
  file.append(0, 10);
  EXPECT_TRUE(queue.look());
  EXPECT_EQ(queue.waiting(), 10u);
  const FrameBlock seven = queue.take(7);
  EXPECT_EQ(seven.id, range(100, 107));
  file.append(10, 30);
  EXPECT_TRUE(queue.look());
  const FrameBlock rest = queue.take(1000), expected = all->read(7, 33);
  EXPECT_EQ(rest.id, range(107, 140));
  EXPECT_EQ(rest.start, expected.start);
  EXPECT_EQ(rest.pixel, expected.pixel);
  EXPECT_EQ(rest.count, expected.count);
  EXPECT_FALSE(queue.look());
  file.append(40, 20);
  file.close();
  queue.look();
  queue.look();  // now it has rested for a look
  EXPECT_EQ(queue.take(1000).id, range(140, 160));
}

TEST(FrameQueue, SeesNoFrameBeforeAllOfItIsThere) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 20, 500);
  WriterProcess file(folder / "g.h5", folder / "all.h5");
  file.append(0, 5);
  FrameQueue queue({folder / "g.h5"}, {}, {}, silent_monitor());
  queue.look();
  file.append_photons(5, 5);
  queue.look();
  EXPECT_EQ(queue.waiting(), 5u);
  file.append_ids(5, 5);
  queue.look();
  EXPECT_EQ(queue.waiting(), 5u);
  file.append_starts(5, 5);
  queue.look();
  EXPECT_EQ(queue.waiting(), 10u);
  // A writer in another order: starts that point beyond the photons do not count.
  file.append_starts(10, 5);
  file.append_ids(10, 5);
  queue.look();
  EXPECT_EQ(queue.waiting(), 10u);
  file.append_photons(10, 5);
  queue.look();
  EXPECT_EQ(queue.waiting(), 15u);
}

TEST(FrameQueue, TakesTheFilesOfAFolderAsTheyComeToRest) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 40, 500);
  const fs::path in = folder / "in";
  fs::create_directory(in);
  Heard heard;
  FrameQueue queue({in}, {}, {}, heard);
  EXPECT_FALSE(queue.look());
  write_part(folder / "all.h5", in / "b.h5", 10, 10);
  write_part(folder / "all.h5", in / "a.h5", 0, 10);
  EXPECT_TRUE(queue.look());
  EXPECT_EQ(queue.take(15).id, range(100, 115));  // by name
  // A file under way: half of it, then all.
  write_part(folder / "all.h5", folder / "c.h5", 20, 10);
  fs::copy_file(folder / "c.h5", in / "c.h5");
  const auto whole = fs::file_size(in / "c.h5");
  fs::resize_file(in / "c.h5", whole / 2);
  EXPECT_FALSE(queue.look());  // it was not there a look before
  fs::copy_file(folder / "c.h5", in / "c.h5", fs::copy_options::overwrite_existing);
  EXPECT_FALSE(queue.look());  // it changed since
  EXPECT_TRUE(queue.look());
  EXPECT_EQ(queue.take(1000).id, range(115, 130));
  EXPECT_TRUE(heard.warnings.empty());
  // Names of files that are not there yet.
  fs::copy_file(folder / "c.h5", in / "d.h5.tmp-17");
  fs::copy_file(folder / "c.h5", in / ".d.h5");
  queue.look();
  queue.look();
  EXPECT_EQ(queue.files().size(), 3u);
}

TEST(FrameQueue, NamesABrokenFileOnceAndTriesItAgain) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 20, 500);
  const fs::path in = folder / "in";
  fs::create_directory(in);
  write_part(folder / "all.h5", in / "a.h5", 0, 10);
  fs::copy_file(folder / "all.h5", in / "cut.h5");
  fs::resize_file(in / "cut.h5", fs::file_size(in / "cut.h5") / 2);
  std::ofstream(in / "notes.txt") << "shift of Monday\n";
  for (const char* name : {"cut.h5", "notes.txt"}) rest(in / name);
  Heard heard;
  FrameQueue queue({in}, {}, {}, heard);
  queue.look();
  queue.look();
  EXPECT_EQ(queue.waiting(), 10u);
  EXPECT_EQ(queue.broken_files(), 2u);
  ASSERT_EQ(heard.warnings.size(), 2u);
  EXPECT_NE(heard.warnings[0].find("cut.h5"), std::string::npos);
  EXPECT_NE(heard.warnings[1].find("notes.txt"), std::string::npos);
  write_part(folder / "all.h5", in / "cut.h5", 10, 10);
  queue.look();
  queue.look();
  EXPECT_EQ(queue.take(1000).id, range(100, 120));
  EXPECT_EQ(queue.broken_files(), 1u);
  EXPECT_EQ(heard.warnings.size(), 2u);
}

TEST(FrameQueue, GoesOnWhereAnotherStood) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 40, 500);
  const fs::path in = folder / "in";
  fs::create_directory(in);
  write_part(folder / "all.h5", in / "b.h5", 0, 10);
  FrameQueue first({in}, {}, {}, silent_monitor());
  first.look();
  EXPECT_EQ(first.take(10).id, range(100, 110));
  write_part(folder / "all.h5", in / "a.h5", 10, 20);  // later, but first by name
  first.look();
  EXPECT_EQ(first.take(4).id, range(110, 114));

  FrameQueue second({in}, {}, {}, silent_monitor());
  second.resume(first.files(), *first.detector());
  EXPECT_EQ(second.waiting(), 0u);
  second.look();
  EXPECT_EQ(second.take(1000).id, range(114, 130));

  FrameQueue again({in}, {}, {}, silent_monitor());
  again.repeat(first.files(), *first.detector());
  EXPECT_EQ(again.take(again.waiting()).id, range(100, 114));

  // Another file under the old name: its frames are not those that follow.
  write_part(folder / "all.h5", in / "a.h5", 15, 20);
  Heard heard;
  FrameQueue third({in}, {}, {}, heard);
  third.resume(first.files(), *first.detector());
  third.look();
  EXPECT_EQ(third.waiting(), 0u);
  ASSERT_EQ(heard.warnings.size(), 1u);
  EXPECT_NE(heard.warnings[0].find("another file"), std::string::npos);
}

TEST(FrameQueue, ADamagedFrameIsNamedAndEmpty) {
  const Folder folder;
  test::write_frames(folder / "all.h5", 6, 500);
  {
    const auto all = open_frames({folder / "all.h5"});
    FrameBlock frames = all->read(0, 6);
    frames.pixel[frames.start[3]] = 33 * 33;  // beyond the detector
    h5::File file = h5::File::create(folder / "bad.h5");
    write_record(file, "spi-frames", {});
    write_detector(file, "/detector", *all->detector());
    file.write("id", frames.id);
    file.write("frame_start", frames.start);
    file.write("pixel", frames.pixel);
    file.write("count", frames.count);
    file.close();
  }
  rest(folder / "bad.h5");
  Heard heard;
  FrameQueue queue({folder / "bad.h5"}, {}, {}, heard);
  queue.look();
  const FrameBlock block = queue.take(6);
  EXPECT_EQ(block.id, range(100, 106));
  EXPECT_EQ(block.start[3], block.start[4]);
  EXPECT_GT(block.start[5], block.start[4]);
  EXPECT_EQ(heard.warnings.size(), 1u);
}

TEST(FrameQueue, RefusesAnInputThatIsNotThere) {
  EXPECT_THROW(FrameQueue({"absent"}, {}, {}, silent_monitor()), UserError);
}

}  // namespace
}  // namespace spi
