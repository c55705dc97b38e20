// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/table.h"

#include <cmath>

#include "libspi/io/hdf5.h"
#include "libspi/io/table.h"
#include "libspi/selection/suggestion.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;
using test::write_file;
using Ids = std::vector<std::uint64_t>;
using Numbers = std::vector<double>;

class TableFiles : public test::InFolder {
 protected:
  /// A file of ours with these ids.
  h5::File create(const std::string& name, const std::string& format, const Ids& ids) {
    h5::File file = h5::File::create(at(name));
    file.set_attribute("/", "format", format);
    file.set_attribute("/", "format_version", std::int64_t{1});
    file.write("/id", ids);
    return file;
  }
};

TEST_F(TableFiles, ColumnsOfAllFilesAreJoinedById) {
  h5::File landscape = create("clpca.h5", "spi-clpca", {7, 3, 5});
  landscape.write("/embedding", std::vector<float>{1, 10, 2, 20, 3, 30}, {3, 2});
  landscape.write("/embedding_error", std::vector<float>{.5, .25, .5, .25, .5, .25}, {3, 2});
  landscape.write("/mean", Numbers{4, 5, 6});
  landscape.write("/scree", Numbers{1, 2, 3});  // as many as rows, but not of them
  landscape.write("/lines/centre", Numbers{1, 2, 3});
  landscape.write("/cc_matrix", std::vector<float>(9), {3, 3});
  landscape.close();
  h5::File averages = create("averages.h5", "spi-averages", {3, 4, 5, 7});
  averages.write("/quality/gain", Numbers{30, 40, 50, 70});
  averages.write("/truth/kind", std::vector<std::uint8_t>{0, 1, 1, 9});
  averages.write_texts("/truth/kind_names", {"cube", "rod"});
  averages.write_texts("/remark", {"c", "d", "e", ""});
  averages.close();
  write_file(at("scores.csv"), "id,score,word\r\n5,0.5,x\r\n7,,y\r\n3,0.3,x\r\n");
  const Table table = read_table({at("clpca.h5"), at("averages.h5"), at("scores.csv")});
  EXPECT_EQ(table.ids(), (Ids{7, 3, 5}));
  EXPECT_EQ(table.of(), SelectionOf::averages);
  EXPECT_EQ(table.names(),
            (std::vector<std::string>{"id", "c1", "c2", "c1_error", "c2_error", "mean", "gain",
                                      "remark", "kind", "score", "word"}));
  EXPECT_EQ(table.numbers("c2"), (Numbers{10, 20, 30}));
  EXPECT_EQ(table.numbers("c2_error"), (Numbers{.25, .25, .25}));
  EXPECT_EQ(table.numbers("quality/gain"), (Numbers{70, 30, 50}));
  EXPECT_EQ(table.numbers("averages.quality.gain"), (Numbers{70, 30, 50}));
  EXPECT_EQ(table.column("kind").labels, (std::vector<std::string>{"cube", "rod"}));
  EXPECT_TRUE(std::isnan(table.numbers("kind")[0]));  // 9 has no name
  EXPECT_TRUE(std::isnan(table.numbers("score")[0]));
  EXPECT_EQ(table.column("word").labels[std::size_t(table.column("word").values[0])], "y");
  EXPECT_TRUE(std::isnan(table.column("remark").values[0]));
  expect_error([&] { table.numbers("remark"); }, {"'remark' holds texts"});
  expect_error([&] { table.column("gian"); }, {"unknown column 'gian'", "c1, c2", "mean 'gain'?"});
  expect_error([&] { table.column(""); }, {"unknown column ''"});
  EXPECT_EQ(table.find("in"), nullptr);  // the end of a name, but no part of it
}

TEST_F(TableFiles, SlashInAHeadingIsADot) {
  write_file(at("a.csv"), "id,truth/melting\n1,0.5\n2,0.25\n");
  const Table table = read_table({at("a.csv")});
  for (const char* name : {"truth/melting", "truth.melting", "melting", "a.truth/melting"})
    EXPECT_EQ(table.numbers(name), (Numbers{0.5, 0.25})) << name;
}

TEST_F(TableFiles, NameOfTwoColumnsNeedsItsFile) {
  write_file(at("a.csv"), "id,c1,same\n1,5,0\n2,6,1\n");
  write_file(at("b.csv"), "id,c1,same\n1,7,0\n2,8,1\n");
  const Table table = read_table({at("a.csv"), at("b.csv")});
  expect_error([&] { table.column("c1"); }, {"two columns", "a.c1", "b.c1"});
  EXPECT_EQ(table.find("c1")->name, "a.c1");
  EXPECT_EQ(table.numbers("b.c1"), (Numbers{7, 8}));
  EXPECT_EQ(table.numbers("same"), (Numbers{0, 1}));
}

TEST_F(TableFiles, RowsWithoutIdsAreNumbered) {
  h5::File dragonfly = h5::File::create(at("output_020.h5"));
  dragonfly.write("/intens", std::vector<float>(3 * 4), {3, 2, 2});
  dragonfly.write("/score", Numbers{1, 2, 3});
  dragonfly.close();
  const Table table = read_table({at("output_020.h5")});
  EXPECT_EQ(table.ids(), (Ids{0, 1, 2}));
  EXPECT_EQ(table.numbers("score"), (Numbers{1, 2, 3}));
}

TEST_F(TableFiles, FramesAreRowsInFileOrder) {
  const Detector detector = test::flat_detector(4, 5);
  const FrameBlock block = test::some_frames(6, 20);
  auto writer = create_frames(at("f.h5"), FrameFormat::spi, detector, {});
  writer->append(block);
  writer->file()->write("/truth/melting", Numbers{0, 1, 2, 3, 4, 5});
  writer->finish();
  for (const char* name : {"a.emc", "b.emc"}) {
    auto emc = create_frames(at(name), FrameFormat::emc, detector, {});
    emc->append(block);
    emc->finish();
  }
  const Table own = read_table({at("f.h5")});
  EXPECT_EQ(own.ids(), block.id);
  EXPECT_EQ(own.of(), SelectionOf::frames);
  EXPECT_TRUE(own.is_in_file_order);
  EXPECT_EQ(own.names(), (std::vector<std::string>{"id", "melting"}));
  const Table two = read_table({at("a.emc"), at("b.emc")});
  EXPECT_EQ(two.rows(), 12u);
  EXPECT_EQ(two.ids()[7], (std::uint64_t{1} << 40) + 1);
}

TEST_F(TableFiles, IdsThatDoNotFitAreRefused) {
  create("a.h5", "spi-clpca", {1, 2, 3}).close();
  create("b.h5", "spi-embedding", {1, 5}).close();
  expect_error(
      [&] {
        read_table({at("a.h5"), at("b.h5")});
      },
      {"b.h5 has no row for 2 of the 3 ids", "a.h5", "first of them 2"});
  create("twice.h5", "spi-clpca", {4, 2, 4}).close();
  expect_error([&] { read_table({at("twice.h5")}); },
               {"twice.h5: the id 4 comes twice", "0 and 2"});
  expect_error([&] { read_table({at("a.h5"), at("twice.h5")}); }, {"the id 4 comes twice"});
  create("none.h5", "spi-clpca", {}).close();
  expect_error([&] { read_table({at("none.h5")}); }, {"none.h5 has no rows"});
}

TEST_F(TableFiles, WhatIsNoTableIsRefused) {
  expect_error([&] { read_table({at("absent.h5")}); }, {"absent.h5"});
  h5::File::create(at("empty.h5")).close();
  expect_error([&] { read_table({at("empty.h5")}); }, {"empty.h5 has no dataset id"});
  write_file(at("a.csv"), "c1,c2\n1,2\n");
  expect_error([&] { read_table({at("a.csv")}); }, {"a.csv has no column 'id'"});
  write_file(at("a.csv"), "id,c1\n1,2\n2\n");
  expect_error([&] { read_table({at("a.csv")}); }, {"a.csv: line 3 has 1 cells, expected 2"});
  for (const char* id : {"-1", "1.5", "one", "", "1e300"}) {
    write_file(at("a.csv"), std::string("id,c1\n7,1\n") + id + ",2\n");
    expect_error([&] { read_table({at("a.csv")}); }, {"a.csv: the id in line"});
  }
  write_file(at("a.csv"), "");
  expect_error([&] { read_table({at("a.csv")}); }, {"cannot read a heading line"});
}

TEST_F(TableFiles, AveragesAndFramesDoNotMix) {
  create("averages.h5", "spi-averages", {1, 2}).close();
  create("frames.h5", "spi-frames", {1, 2}).close();
  expect_error(
      [&] {
        read_table({at("averages.h5"), at("frames.h5")});
      },
      {"frames.h5 is about frames", "averages.h5 about averages", "--averages"});
}

TEST_F(TableFiles, CsvComesBackAsItWasWritten) {
  const double none = std::nan("");
  const std::vector<Column> written{{.name = "x", .values = {1, none, 0.1}, .labels = {}},
                                    {.name = "kind", .values = {0, 1, none}, .labels = {"a", "b"}}};
  write_csv(at("t.csv"), written);
  const auto read = read_csv(at("t.csv"));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].name, "x");
  EXPECT_EQ(read[0].values[2], 0.1);
  EXPECT_TRUE(std::isnan(read[0].values[1]));
  EXPECT_EQ(read[1].labels, written[1].labels);
  EXPECT_EQ(read[1].values[1], 1);
  EXPECT_TRUE(std::isnan(read[1].values[2]));
}

TEST(Suggestion, IsTheNearestOrNone) {
  const std::vector<std::string> names{"gain", "c1", "effective_photons"};
  EXPECT_EQ(did_you_mean("gian", names), "; did you mean 'gain'?");
  EXPECT_EQ(did_you_mean("main", {"ga", "gaining"}), "");
  EXPECT_EQ(did_you_mean("gaim", names), "; did you mean 'gain'?");
  EXPECT_EQ(did_you_mean("Efective_photon", names), "; did you mean 'effective_photons'?");
  EXPECT_EQ(did_you_mean("temperature", names), "");
}

}  // namespace
}  // namespace spi
