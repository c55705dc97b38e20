// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/hdf5.h"

#include <hdf5.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "libspi/io/atomic_file.h"
#include "libspi/io/byte_file.h"
#include "libspi/io/record.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

using test::expect_error;

using Hdf5 = test::InFolder;

TEST_F(Hdf5, NumbersTextsAndListsReadBack) {
  h5::File file = h5::File::create(at("a.h5"));
  file.write("/g/numbers", std::vector<std::int16_t>{-1, 2, 3, 4}, {2, 2});
  file.write_texts("/g/texts", {"one", "", "drei ä"});
  file.write_text("/text", "hello");
  file.create_lists("/lists");
  file.append_lists("/lists", {{1, 2}, {}});
  file.append_lists("/lists", {{3}});
  file.set_attribute("/g", "unit", "1/A");
  file.set_attribute("/g", "value", 0.5);
  file.close();
  const h5::File read = h5::File::open(at("a.h5"));
  EXPECT_EQ(read.read<double>("/g/numbers"), (std::vector<double>{-1, 2, 3, 4}));
  EXPECT_EQ(read.read_texts("/g/texts"), (std::vector<std::string>{"one", "", "drei ä"}));
  EXPECT_EQ(read.read_text("/text"), "hello");
  EXPECT_EQ(read.read_lists("/lists", 1, 2), (std::vector<std::vector<std::int32_t>>{{}, {3}}));
  EXPECT_EQ(read.text_attribute("/g", "unit"), "1/A");
  EXPECT_EQ(read.number_attribute("/g", "value"), 0.5);
  EXPECT_EQ(read.datasets(),
            (std::vector<std::string>{"/g/numbers", "/g/texts", "/lists", "/text"}));
}

/// h5py writes booleans as an enumeration of int8.
TEST_F(Hdf5, BooleansAreReadAsNumbers) {
  h5::File::create(at("b.h5")).close();
  const hid_t id = H5Fopen(at("b.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  std::int8_t value = 0;
  H5Tenum_insert(type, "FALSE", &value);
  value = 1;
  H5Tenum_insert(type, "TRUE", &value);
  const hsize_t size[] = {2, 3};
  const hid_t space = H5Screate_simple(2, size, nullptr);
  const hid_t set = H5Dcreate2(id, "mask", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const std::int8_t mask[] = {0, 1, 1, 0, 0, 1};
  ASSERT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, mask), 0);
  H5Dclose(set), H5Sclose(space), H5Tclose(type), H5Fclose(id);
  const h5::File file = h5::File::open(at("b.h5"));
  EXPECT_EQ(file.read<std::int64_t>("mask"), (std::vector<std::int64_t>{0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(file.read<std::uint8_t>("mask"), (std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1}));
  std::vector<float> row(3);
  file.read_box("mask", {1, 0}, {1, 3}, row.data());
  EXPECT_EQ(row, (std::vector<float>{0, 0, 1}));
}

TEST_F(Hdf5, RowsAreReadAsByHdf5Itself) {
  constexpr std::size_t kRows = 5, kColumns = 300;
  std::vector<float> real(kRows * kColumns);
  std::vector<std::uint16_t> whole(kRows * kColumns);
  for (std::size_t k = 0; k < real.size(); ++k) {
    real[k] = float(k % 37) * 0.25f;
    whole[k] = std::uint16_t(k * k % 1000);
  }
  h5::File file = h5::File::create(at("a.h5"));
  const h5::Layout rows{.chunk = {1, kColumns}, .deflate = 1, .growable = true};
  file.write("/real", real, {kRows, kColumns}, rows);
  file.write("/whole", whole, {kRows, kColumns}, rows);
  file.write("/blocks", real, {kRows, kColumns}, {.chunk = {2, kColumns}, .deflate = 1});
  file.write("/plain", real, {kRows, kColumns});
  file.create_dataset<float>("/empty", {kRows, kColumns}, rows);
  file.close();
  const h5::File read = h5::File::open(at("a.h5"));
  for (const char* name :
       {"/real", "/whole", "/blocks", "/plain", "/empty"})  // /whole is converted
    for (const int threads : {1, 3}) {
      std::vector<float> direct(2 * kColumns, -1), expected(2 * kColumns);
      read.read_rows(name, 3, 2, direct.data(), threads);
      read.read_box(name, {3, 0}, {2, kColumns}, expected.data());
      EXPECT_EQ(direct, expected) << name;
    }
  std::vector<std::uint16_t> same(whole.size());
  read.read_rows("/whole", 0, kRows, same.data(), 2);
  EXPECT_EQ(same, whole);
  expect_error([&] { read.read_rows("/real", 4, 2, real.data(), 1); }, {"/real"});
}

TEST_F(Hdf5, RowsAreWrittenAsHdf5ReadsThem) {
  constexpr std::size_t kRows = 6, kColumns = 300;
  std::vector<float> values(kRows * kColumns);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = std::sin(float(k * k));
  h5::File file = h5::File::create(at("a.h5"));
  for (const int level : {1, 9}) {
    const std::string name = text_of("/level_", level);
    file.create_dataset<float>(name, {0, kColumns},
                               {.chunk = {1, kColumns}, .deflate = level, .growable = true});
    file.append(name, std::span<const float>(values).first(2 * kColumns));
    file.append(name, std::span<const float>(values).subspan(2 * kColumns));
    const std::vector<float> row(kColumns, 7.f), part(10, 8.f);
    file.write_box(name, {1, 0}, {1, kColumns}, row.data());  // a row anew, then a part of it
    file.write_box(name, {1, 20}, {1, 10}, part.data());
  }
  file.close();
  std::fill_n(&values[kColumns], kColumns, 7.f);
  std::fill_n(&values[kColumns + 20], 10, 8.f);
  const h5::File read = h5::File::open(at("a.h5"));
  for (const char* name : {"/level_1", "/level_9"}) {
    std::vector<float> found(values.size());
    read.read_box(name, {0, 0}, {kRows, kColumns}, found.data());
    EXPECT_EQ(found, values) << name;
  }
}

TEST_F(Hdf5, DamagedRowsAreNamed) {
  std::vector<float> values(4 * 2000);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = std::sin(float(k));
  h5::File file = h5::File::create(at("a.h5"));
  file.write("/real", values, {4, 2000}, {.chunk = {1, 2000}, .deflate = 1});
  file.close();
  std::fstream bytes(at("a.h5"), std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(std::streamoff(std::filesystem::file_size(at("a.h5")) - 3000));
  bytes << std::string(1500, 'x');
  bytes.close();
  const h5::File read = h5::File::open(at("a.h5"));
  expect_error([&] { read.read_rows("/real", 0, 4, values.data(), 2); }, {"is damaged"});
}

TEST_F(Hdf5, DatasetsBehindSeveralLinksAreListedOnce) {
  h5::File file = h5::File::create(at("l.h5"));
  file.write("/a/data", std::vector<int>{1});
  file.close();
  const hid_t id = H5Fopen(at("l.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Lcreate_hard(id, "/a/data", id, "/b", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/a", id, "/a/up", H5P_DEFAULT, H5P_DEFAULT);  // a loop
  H5Fclose(id);
  EXPECT_EQ(h5::File::open(at("l.h5")).datasets().size(), 1u);
}

TEST_F(Hdf5, BrokenFilesGiveOneSentence) {
  expect_error([&] { h5::File::open(at("absent.h5")); }, {"cannot read", "No such file"});
  expect_error([&] { h5::File::open(folder_.path()); }, {"is a folder"});
  test::write_file(at("text.h5"), "hello");
  expect_error([&] { h5::File::open(at("text.h5")); }, {"text.h5 is not an HDF5 file"});
  expect_error([&] { h5::File::create(at("absent/a.h5")); }, {"cannot write", "No such file"});
}

/// Other programs have an attribute of that name too.
TEST_F(Hdf5, OnlyATextOfOursNamesAFormat) {
  h5::File file = h5::File::create(at("f.h5"));
  EXPECT_EQ(format_of(file), "");
  file.set_attribute("/", "format", 1.5);
  EXPECT_EQ(format_of(file), "");
  file.set_attribute("/", "format", "NeXus");
  EXPECT_EQ(format_of(file), "");
  file.set_attribute("/", "format", "spi-model");
  file.set_attribute("/", "format_version", std::int64_t{1});
  EXPECT_EQ(format_of(file), "spi-model");
}

TEST_F(Hdf5, AtomicFileAppearsWholeOrNotAtAll) {
  {
    AtomicFile file(at("a.txt"));
    test::write_file(file.temporary(), "half");
  }
  EXPECT_EQ(files_in_folder(), 0u);
  write_text(at("a.txt"), "whole");
  EXPECT_EQ(files_in_folder(), 1u);
  EXPECT_EQ(ByteFile(at("a.txt")).read<char>(0, 5), (std::vector<char>{'w', 'h', 'o', 'l', 'e'}));
  expect_error([&] { ByteFile(at("a.txt")).read<int>(0, 2); }, {"a.txt is cut short", "5 bytes"});
  expect_error([&] { write_text("/proc/nothing-here.txt", "x"); }, {"cannot write"});
}

}  // namespace
}  // namespace spi
