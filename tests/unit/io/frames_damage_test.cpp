// SPDX-License-Identifier: GPL-3.0-or-later
// Frame files that are cut short, damaged or lie, and disks that refuse.
#include <sys/resource.h>

#include <csignal>
#include <limits>

#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::flat_detector;
using test::some_frames;
using test::write_bytes;

using Damage = test::InFolder;

/// The 1024 bytes of an .emc header.
std::vector<std::int32_t> header(std::int32_t frames, std::int32_t pixels, std::int32_t type) {
  std::vector<std::int32_t> words(256);
  words[0] = frames, words[1] = pixels, words[2] = type;
  return words;
}

TEST_F(Damage, TruncatedEmcSaysWhatItNeeds) {
  const auto writer = create_frames(at("a.emc"), FrameFormat::emc, flat_detector(4, 5), {});
  writer->append(some_frames(50, 20));
  writer->finish();
  const auto size = std::filesystem::file_size(at("a.emc"));
  std::filesystem::resize_file(at("a.emc"), size - 4);
  expect_error([&] { open_frames({at("a.emc")}); },
               {"a.emc is cut short", "50 frames", text_of("take ", size, " bytes"),
                text_of("the file has ", size - 4), "1024 + 8 N + 4 ones + 8 multi"});
  std::filesystem::resize_file(at("a.emc"), size + 4);
  expect_error([&] { open_frames({at("a.emc")}); }, {"a.emc is too long"});
  std::filesystem::resize_file(at("a.emc"), 1100);
  expect_error([&] { open_frames({at("a.emc")}); }, {"is cut short", "at the very least"});
  std::filesystem::resize_file(at("a.emc"), 100);
  expect_error([&] { open_frames({at("a.emc")}); }, {"no frame file", "found 100"});
}

TEST_F(Damage, SizesBeyond32BitsAreNotWrapped) {
  // 100 000 frames of 100 000 pixels: N P = 10^10, which in 32 bits would be 1 410 065 408.
  write_bytes(at("big.emc"), header(100000, 100000, 1));
  expect_error([&] { open_frames({at("big.emc")}); }, {"take 40000001024 bytes"});
  write_bytes(at("huge.emc"), header(2147483647, 2147483647, 2));
  expect_error([&] { open_frames({at("huge.emc")}); }, {"huge.emc is cut short"});
  // Two frames that claim 2^31 - 1 photons each: 4 ones = 17 179 869 176 bytes.
  write_bytes(at("ones.emc"), header(2, 100, 0));
  write_bytes(at("ones.emc"), std::vector<std::int32_t>{2147483647, 2147483647, 0, 0}, true);
  expect_error([&] { open_frames({at("ones.emc")}); }, {"take 17179870216 bytes"});
}

TEST_F(Damage, ImpossibleEmcContentsAreNamed) {
  const auto write = [&](const std::vector<std::int32_t>& body, std::int32_t frames = 1) {
    write_bytes(at("x.emc"), header(frames, 10, 0));
    write_bytes(at("x.emc"), body, true);
  };
  write({-1, 0});
  expect_error([&] { open_frames({at("x.emc")}); }, {"frame 0 claims -1"});
  write({1, 0, 10});
  expect_error([&] { open_frames({at("x.emc")})->read(0, 1); },
               {"frame 0 has a photon on pixel 10", "10 pixels"});
  write({1, 0, -7});
  expect_error([&] { open_frames({at("x.emc")})->read(0, 1); }, {"pixel -7"});
  write({0, 1, 3, 0});
  expect_error([&] { open_frames({at("x.emc")})->read(0, 1); }, {"0 photons on pixel 3"});
  write({2, 0, 3, 3});
  expect_error([&] { open_frames({at("x.emc")})->read(0, 1); }, {"pixel 3 twice"});
  write_bytes(at("x.emc"), header(-5, 10, 0));
  expect_error([&] { open_frames({at("x.emc")}); }, {"-5 frames"});
}

TEST_F(Damage, DenseValuesThatAreNoCountsAreNamed) {
  for (const double value : {0.5, -1.0, std::nan(""), 1e10, HUGE_VAL}) {
    write_bytes(at("x.emc"), header(1, 3, 2));
    write_bytes(at("x.emc"), std::vector<double>{0, value, 0}, true);
    expect_error([&] { open_frames({at("x.emc")})->read(0, 1); },
                 {"frame 0", "pixel 1", "no number of photons"});
  }
}

TEST_F(Damage, OtherFilesAreRefused) {
  test::write_file(at("text.h5"), std::string(3000, 'a'));
  expect_error([&] { open_frames({at("text.h5")}); }, {"text.h5 is no frame file"});
  expect_error([&] { open_frames({folder_.path()}); }, {"is a folder"});
  expect_error([&] { open_frames({at("absent")}); }, {"absent", "No such file"});
  h5::File file = h5::File::create(at("other.h5"));
  file.write("x", std::vector<double>(3));
  file.close();
  expect_error([&] { open_frames({at("other.h5")}); }, {"holds no frames"});
  const auto size = std::filesystem::file_size(at("other.h5"));
  std::filesystem::resize_file(at("other.h5"), size / 2);
  expect_error([&] { open_frames({at("other.h5")}); }, {"damaged or cut short"});
}

/// Our file with one dataset replaced.
class OwnFile : public test::InFolder {
 protected:
  template <class T>
  void write_with(const std::string& name, const std::vector<T>& values) {
    h5::File file = h5::File::create(at("own.h5"));
    file.set_attribute("/", "format", "spi-frames");
    file.set_attribute("/", "format_version", std::int64_t{1});
    write_detector(file, "/detector", flat_detector(2, 2));
    if (name != "frame_start") file.write("frame_start", std::vector<std::uint64_t>{0, 1, 3});
    if (name != "id") file.write("id", std::vector<std::uint64_t>{5, 6});
    if (name != "pixel") file.write("pixel", std::vector<std::uint32_t>{2, 0, 3});
    if (name != "count") file.write("count", std::vector<std::uint32_t>{1, 2, 1});
    if (!name.empty()) file.write(name, values);
    file.close();
  }
};

TEST_F(OwnFile, DamageIsNamed) {
  write_with("", std::vector<int>{});
  EXPECT_EQ(open_frames({at("own.h5")})->read(0, 2).pixel, (std::vector<std::uint32_t>{2, 0, 3}));
  write_with("count", std::vector<std::uint16_t>{1, 2, 1});  // narrower counts are welcome
  EXPECT_EQ(open_frames({at("own.h5")})->read(1, 1).count, (std::vector<std::uint32_t>{2, 1}));
  write_with("frame_start", std::vector<std::uint64_t>{0, 4, 3});
  expect_error([&] { open_frames({at("own.h5")})->read(0, 2); }, {"frame_start of frame 1"});
  write_with("frame_start", std::vector<std::uint64_t>{0, 1, 7});
  expect_error([&] { open_frames({at("own.h5")}); }, {"from 0 to 7", "3 entries"});
  write_with("pixel", std::vector<std::uint32_t>{2, 0, 4});
  expect_error([&] { open_frames({at("own.h5")})->read(0, 2); }, {"frame 1", "pixel 4"});
  write_with("pixel", std::vector<std::uint32_t>{2, 3, 0});
  expect_error([&] { open_frames({at("own.h5")})->read(0, 2); }, {"ascending"});
  write_with("count", std::vector<std::uint32_t>{1, 0, 1});
  expect_error([&] { open_frames({at("own.h5")})->read(0, 2); }, {"0 photons"});
  write_with("count", std::vector<std::uint32_t>{1, 1});
  expect_error([&] { open_frames({at("own.h5")}); }, {"count has shape (2)", "expected (3)"});
}

TEST_F(Damage, CountsBeyondDragonflysRangeAreRefused) {
  FrameBlock block;
  block.append_dense(0, {0, 3000000000u});
  const auto writer = create_frames(at("a.emc"), FrameFormat::emc, flat_detector(1, 2), {});
  expect_error([&] { writer->append(block); }, {"3000000000 photons", "32-bit"});
}

/// In a child process: no file may grow beyond 64 kB. Exit status 0 where the error was clear and
/// nothing was left behind.
void write_on_a_full_disk(const std::filesystem::path& folder, FrameFormat format) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1 << 16, 1 << 16};
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string message;
  try {
    const auto writer = create_frames(folder / "frames", format, flat_detector(4, 5), {});
    for (int i = 0; i < 200; ++i) writer->append(some_frames(500, 20));
    writer->finish();
  } catch (const UserError& error) {
    message = error.what();
  }
  const bool clear = message.find("File too large") != message.npos;
  const bool clean = std::filesystem::is_empty(folder);
  std::fprintf(stderr, "message: %s\n", message.c_str());
  std::_Exit(clear && clean ? 0 : 1);
}

TEST_F(Damage, FullDiskIsReportedAndLeavesNothing) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const FrameFormat format : {FrameFormat::emc, FrameFormat::spi, FrameFormat::dragonfly})
    EXPECT_EXIT(write_on_a_full_disk(folder_.path(), format), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace spi
