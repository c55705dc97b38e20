// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/run_files.h"

#include <map>

#include "tests/unit/report/small_run.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

using test::expect_error;
using test::write_file;

class FindRun : public test::RunFolder {
 protected:
  RunFiles find(const std::vector<std::string>& names) {
    std::vector<fs::path> paths;
    for (const std::string& name : names) paths.push_back(at(name));
    return find_run(paths, at("report.html"), silent_monitor());
  }
  RunFiles find_all() { return find_run({folder_.path()}, at("report.html"), silent_monitor()); }
};

TEST_F(FindRun, StandInTheOrderOfTheAnalysis) {
  write_averages("z.h5", {1, 2});
  write_latents("a.h5", {1, 2}, "z.h5");
  write_landscape("m.h5", {1, 2}, "z.h5");
  const RunFiles run = find_all();
  ASSERT_EQ(run.files.size(), 3u);
  EXPECT_EQ(run.files[0].format, "spi-averages");
  EXPECT_EQ(run.files[1].format, "spi-clpca");
  EXPECT_EQ(run.files[2].format, "spi-latents");
  EXPECT_EQ(run.files[1].command_line, "spi-test <a & b>");
}

TEST_F(FindRun, KnowWhichInputsHaveChanged) {
  write_averages("averages.h5", {1, 2});
  write_averages("gone.h5", {1, 2});
  write_landscape("first.h5", {1, 2}, "averages.h5");
  write_landscape("lost.h5", {1, 2}, "gone.h5");
  write_averages("averages.h5", {1, 3});
  write_landscape("second.h5", {1, 3}, "averages.h5");
  fs::remove(at("gone.h5"));
  // The averages are found beside the landscapes whether they are named or not.
  for (const RunFiles& run : {find_all(), find({"first.h5", "lost.h5", "second.h5"})}) {
    std::map<std::string, UsedInput::State> states;
    for (const RunFile& file : run.files)
      for (const UsedInput& input : file.inputs)
        states[file.path.filename().string()] = input.state;
    EXPECT_EQ(states.at("first.h5"), UsedInput::State::changed);
    EXPECT_EQ(states.at("second.h5"), UsedInput::State::same);
    EXPECT_EQ(states.at("lost.h5"), UsedInput::State::elsewhere);
  }
}

TEST_F(FindRun, PicturesGoToTheFileOfTheLongestName) {
  write_averages("run.h5", {1, 2});
  write_landscape("run-a.h5", {1, 2}, "run.h5");
  for (const char* name : {"run-a-embedding.png", "run-b.png", "run.png", "movie.mp4", "run-a.txt"})
    write_file(at(name), "x");
  const RunFiles run = find_all();
  ASSERT_EQ(run.files.size(), 2u);
  EXPECT_EQ(run.files[0].companions, std::vector<fs::path>{at("run-b.png")});
  EXPECT_EQ(run.files[1].companions, std::vector<fs::path>{at("run-a-embedding.png")});
  EXPECT_EQ(run.pictures, std::vector<fs::path>{at("run.png")});
  EXPECT_EQ(run.movies, std::vector<fs::path>{at("movie.mp4")});
  ASSERT_EQ(run.others.size(), 1u);
  EXPECT_EQ(run.others[0].path, at("run-a.txt"));
  EXPECT_EQ(find({"run-a.h5"}).files.at(0).companions,
            std::vector<fs::path>{at("run-a-embedding.png")});
}

TEST_F(FindRun, ForeignAndDamagedFilesAreListedOrRefused) {
  write_averages("averages.h5", {1, 2});
  write_file(at("notes.txt"), "not ours");
  fs::copy_file(at("averages.h5"), at("cut.h5"));
  fs::resize_file(at("cut.h5"), fs::file_size(at("cut.h5")) / 2);
  const RunFiles run = find_all();
  EXPECT_EQ(run.files.size(), 1u);
  EXPECT_EQ(run.others.size(), 2u);
  EXPECT_EQ(find({"averages.h5", "notes.txt"}).others.size(), 1u);
  expect_error([&] { find({"averages.h5", "cut.h5"}); }, {"cut.h5"});
  expect_error([&] { find({"averages.h5", "absent.h5"}); }, {"absent.h5 does not exist"});
  expect_error([&] { find({"notes.txt"}); }, {"none of the files"});
}

TEST_F(FindRun, CountOnceAndNotTheReportItself) {
  write_averages("averages.h5", {1, 2});
  write_file(at("report.html"), "old");
  const RunFiles run = find_run({folder_.path(), at("averages.h5"), folder_.path()},
                                at("report.html"), silent_monitor());
  EXPECT_EQ(run.files.size(), 1u);
  EXPECT_TRUE(run.others.empty());
}

}  // namespace
}  // namespace spi
