// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/selection.h"

#include "libspi/base/random.h"
#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::write_file;

using SelectionFile = test::InFolder;
using Ids = std::vector<std::uint64_t>;

/// Two files of frames: ids that are no places.
Ids two_files(std::size_t n) {
  Ids ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back((i % 2 << 40) + n - i);
  return ids;
}

Selection some_frames(std::size_t n) {
  std::vector<bool> chosen(n);
  for (std::size_t i = 0; i < n; ++i) chosen[i] = Random(1, 0, i).below(3) == 0;
  return selection_of(chosen, two_files(n), SelectionOf::frames, "c1 < 0.2 && kind == 'cube'");
}

void expect_same_frames(const Selection& a, const Selection& b) {
  EXPECT_EQ(a.of, b.of);
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.index, b.index);
}

TEST_F(SelectionFile, ReadBackWhatWasWritten) {
  Selection written = some_frames(100);
  for (std::size_t i = 0; i < written.size(); ++i) {
    written.average.push_back(i % 7);
    written.probability.push_back(0.01f * float(i));
    written.angle.push_back(0.1f * float(i));
    written.fluence.push_back(1 + 0.5f * float(i));
  }
  write_selection(at("s.h5"), written, {});
  const Selection read = read_selection(at("s.h5"));
  expect_same_frames(read, written);
  EXPECT_EQ(read.rule, written.rule);
  EXPECT_EQ(read.average, written.average);
  EXPECT_EQ(read.probability, written.probability);
  EXPECT_EQ(read.angle, written.angle);
  EXPECT_EQ(read.fluence, written.fluence);
}

TEST_F(SelectionFile, SelectionToBlacklistToSelectionIsTheIdentity) {
  for (const std::size_t n : {1u, 2u, 17u, 1000u}) {
    const Ids ids = two_files(n);
    const Selection first = some_frames(n);
    write_blacklist(at("b.txt"), first);
    const Selection listed = read_selection(at("b.txt"));
    EXPECT_TRUE(listed.is_blacklist);
    const Selection second =
        selection_of(selected(listed, ids, SelectionOf::frames), ids, SelectionOf::frames, "");
    expect_same_frames(second, first);
  }
}

TEST_F(SelectionFile, BlacklistOfDragonflySaysOneForNotUsed) {
  write_file(at("b.txt"), "1\n0\n0\n1\n");
  const Ids ids{40, 30, 20, 10};
  EXPECT_EQ(selected(read_selection(at("b.txt")), ids, SelectionOf::frames),
            (std::vector<bool>{false, true, true, false}));
  write_blacklist(at("again.txt"),
                  selection_of({false, true, true, false}, ids, SelectionOf::frames, ""));
  std::ifstream again(at("again.txt"));
  const std::string text{std::istreambuf_iterator<char>(again), {}};
  EXPECT_EQ(text, "1\n0\n0\n1\n");
}

TEST_F(SelectionFile, NothingOrEverythingSelectedComesBack) {
  const Ids ids = two_files(5);
  for (const bool all : {false, true}) {
    const std::vector<bool> chosen(5, all);
    const Selection selection = selection_of(chosen, ids, SelectionOf::frames, "");
    write_selection(at("s.h5"), selection, {});
    write_blacklist(at("b.txt"), selection);
    write_id_list(at("i.txt"), selection);
    for (const char* file : {"s.h5", "b.txt", "i.txt"})
      EXPECT_EQ(selected(read_selection(at(file)), ids, SelectionOf::frames), chosen) << file;
  }
}

TEST_F(SelectionFile, IdListOfZeroAndOneIsNoBlacklist) {
  const Ids ids{0, 1, 2};
  const std::vector<bool> chosen{true, true, false};
  write_id_list(at("i.txt"), selection_of(chosen, ids, SelectionOf::averages, ""));
  const Selection read = read_selection(at("i.txt"));
  EXPECT_FALSE(read.is_blacklist);
  EXPECT_EQ(read.of, SelectionOf::averages);
  EXPECT_EQ(selected(read, ids, SelectionOf::averages), chosen);
}

TEST_F(SelectionFile, IdListOfOthersMayHaveCommentsAndBlanks) {
  write_file(at("i.txt"), "# mine\r\n\r\n 12 \r\n18446744073709551615 # the last\r\n7");
  const Selection read = read_selection(at("i.txt"));
  EXPECT_FALSE(read.of.has_value());
  EXPECT_EQ(read.id, (Ids{12, 18446744073709551615u, 7}));
}

TEST_F(SelectionFile, WhatIsNoSelectionIsRefused) {
  expect_error([&] { read_selection(at("absent.h5")); }, {"absent.h5"});
  write_file(at("empty.txt"), "");
  expect_error([&] { read_selection(at("empty.txt")); }, {"empty.txt is empty"});
  write_file(at("csv.txt"), "id,c1\n1,0.5\n");
  expect_error([&] { read_selection(at("csv.txt")); }, {"csv.txt: line 1 is 'id,c1'"});
  write_file(at("negative.txt"), "5\n-3\n");
  expect_error([&] { read_selection(at("negative.txt")); }, {"line 2 is '-3'"});
  write_file(at("twice.txt"), "5\n3\n5\n");
  expect_error([&] { read_selection(at("twice.txt")); }, {"the id 5 comes twice"});
  h5::File::create(at("other.h5")).close();
  expect_error([&] { read_selection(at("other.h5")); }, {"not a file of ours", "spi-select"});
}

TEST_F(SelectionFile, DamagedSelectionIsRefused) {
  const auto broken = [&](const Ids& id, const Ids& index, const std::string& of) {
    h5::File file = h5::File::create(at("s.h5"));
    file.set_attribute("/", "format", "spi-selection");
    file.set_attribute("/", "format_version", std::int64_t{1});
    file.set_attribute("/", "of", of);
    file.set_attribute("/", "count", std::int64_t{10});
    file.write_text("/rule", "");
    file.write("/id", id);
    file.write("/index", index);
    file.close();
    return [&] { read_selection(at("s.h5")); };
  };
  expect_error(broken({1, 2}, {0}, "frames"), {"/index has shape (1"});
  expect_error(broken({2, 2}, {0, 1}, "frames"), {"the id 2 comes twice"});
  expect_error(broken({1, 2}, {3, 3}, "frames"), {"the index 3 comes twice"});
  expect_error(broken({1, 2}, {3, 10}, "frames"), {"the index 10 is beyond the 10 frames"});
  expect_error(broken({1}, {3}, "volumes"), {"'volumes'", "s.h5"});
}

TEST_F(SelectionFile, SelectionThatDoesNotFitIsRefused) {
  const Ids ids{1, 2, 3};
  const auto ask = [&](const Ids& of_ids, SelectionOf of) {
    return [&, of] { selected(read_selection(at("s.txt")), of_ids, of); };
  };
  write_file(at("s.txt"), "0\n1\n1\n0\n");
  expect_error(ask(ids, SelectionOf::frames), {"a blacklist of 4 frames", "there are 3"});
  expect_error(ask(ids, SelectionOf::averages), {"selects frames, not averages"});
  write_id_list(at("s.txt"), selection_of({true, true, true}, ids, SelectionOf::averages, ""));
  expect_error(ask(ids, SelectionOf::frames), {"selects averages, not frames", "--averages"});
  const Ids others{7, 9};
  expect_error(ask(others, SelectionOf::averages), {"none of the 3 ids", "from 7 to 9"});
}

}  // namespace
}  // namespace spi
