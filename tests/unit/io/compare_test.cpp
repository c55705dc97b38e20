// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/compare.h"

#include <functional>

#include "libspi/io/hdf5.h"
#include "libspi/io/volume_file.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

class Compare : public test::InFolder {
 protected:
  void make(const std::string& name, const std::function<void(h5::File&)>& change) {
    h5::File file = h5::File::create(at(name));
    file.write("/g/real", std::vector<double>{1, 2, std::nan(""), 100});
    file.write("/g/whole", std::vector<std::int64_t>{1, -2, 1ll << 60});
    file.write_texts("/names", {"a", "b"});
    file.create_lists("/lists");
    file.append_lists("/lists", {{1}, {2, 3}});
    file.write_scalar("/scalar", 2.5);
    file.set_attribute("/g", "unit", "1/A");
    file.write_text("/provenance/date", name);  // differs always
    change(file);
    file.close();
  }
  std::vector<std::string> differences(const CompareOptions& options = {}) {
    return compare_files(at("a.h5"), at("b.h5"), options).differences;
  }
  void expect_one(const std::vector<std::string>& found, const std::vector<std::string>& words) {
    ASSERT_EQ(found.size(), 1u);
    for (const auto& word : words)
      EXPECT_NE(found[0].find(word), std::string::npos) << word << " is not in " << found[0];
  }
};

TEST_F(Compare, EqualFilesAreEqual) {
  for (const char* name : {"a.h5", "b.h5"}) make(name, [](h5::File&) {});
  EXPECT_EQ(differences(), std::vector<std::string>{});
}

TEST_F(Compare, RealsHaveATolerance) {
  make("a.h5", [](h5::File& file) { file.write("/x", std::vector<float>{1, 1000}); });
  make("b.h5", [](h5::File& file) { file.write("/x", std::vector<float>{1.0005f, 1000}); });
  EXPECT_EQ(differences().size(), 0u);  // 5e-4 of 1000 is 5e-7
  expect_one(differences({.tolerance = 1e-7}), {"/x", "1 of 2 values", "number 0"});
  expect_one(differences({.tolerance = 1e-6, .absolute = true}), {"/x"});
  EXPECT_EQ(differences({.tolerance = 1e-3, .absolute = true}).size(), 0u);
  EXPECT_EQ(differences({.tolerance = 0, .ignore = {"/x"}}).size(), 0u);
}

TEST_F(Compare, EachKindOfDifferenceIsSaid) {
  make("a.h5", [](h5::File& file) { file.write("/id", std::vector<std::uint64_t>{1ull << 63}); });
  make("b.h5",
       [](h5::File& file) { file.write("/id", std::vector<std::uint64_t>{(1ull << 63) + 1}); });
  expect_one(differences(), {"/id", "integers differ first at number 0"});
  make("b.h5", [](h5::File& file) { file.write("/id", std::vector<std::uint64_t>(2)); });
  expect_one(differences(), {"/id", "shape (1) against (2)"});
  make("b.h5", [](h5::File&) {});
  expect_one(differences(), {"/id: not in", "b.h5"});
  make("a.h5", [](h5::File& file) { file.set_attribute("/g", "unit", "nm"); });
  expect_one(differences(), {"/g@unit", "'nm' against '1/A'"});
  EXPECT_EQ(differences({.ignore = {"/g@unit"}}).size(), 0u);
  make("a.h5", [](h5::File& file) { file.append_lists("/lists", {{4}}); });
  make("b.h5", [](h5::File& file) { file.append_lists("/lists", {{5}}); });
  expect_one(differences(), {"/lists", "row 2"});
  make("a.h5", [](h5::File& file) { file.write("/x", std::vector<double>{std::nan(""), 1}); });
  make("b.h5", [](h5::File& file) { file.write("/x", std::vector<double>{0, 1}); });
  expect_one(differences(), {"/x", "nan"});
}

TEST_F(Compare, TablesAreComparedByTheirNumbers) {
  test::write_file(at("a.csv"), "name,value\nx,1.0\ny,200\n");
  test::write_file(at("b.csv"), "name,value\nx,1.00001\ny,2e2\n");
  EXPECT_EQ(compare_files(at("a.csv"), at("b.csv"), {}).differences.size(), 0u);
  test::write_file(at("b.csv"), "name,value\nz,1.1\ny,200\n");
  const auto found = compare_files(at("a.csv"), at("b.csv"), {}).differences;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], "line 2: 'x' against 'z'");
  EXPECT_NE(found[1].find("column 2"), std::string::npos);
}

TEST_F(Compare, VolumesFramesAndBytes) {
  Volume volume{.nz = 1, .ny = 2, .nx = 2, .values = {1, 2, 3, 4}, .voxel_size_A = 2};
  write_mrc(at("a.mrc"), volume);
  volume.values[2] = 5;
  write_mrc(at("b.mrc"), volume);
  expect_one(compare_files(at("a.mrc"), at("b.mrc"), {}).differences, {"voxels", "number 2"});
  for (const std::size_t n : {5u, 6u}) {
    const auto writer = create_frames(at(n == 5 ? "a.emc" : "b.emc"), FrameFormat::emc,
                                      test::flat_detector(4, 5), {});
    FrameBlock block = test::some_frames(5, 20);
    if (n == 6) ++block.count[1];
    writer->append(block);
    writer->finish();
  }
  expect_one(compare_files(at("a.emc"), at("b.emc"), {}).differences, {"frame"});
  test::write_bytes(at("a.bin"), std::vector<int>{1, 2, 3});
  test::write_bytes(at("b.bin"), std::vector<int>{1, 3, 3});
  expect_one(compare_files(at("a.bin"), at("b.bin"), {}).differences, {"byte 4"});
  expect_error([&] { compare_files(at("a.bin"), at("a.mrc"), {}); }, {"a.mrc is an MRC file"});
}

}  // namespace
}  // namespace spi
