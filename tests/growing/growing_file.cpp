// SPDX-License-Identifier: GPL-3.0-or-later
#include "growing_file.h"

#include <hdf5.h>

namespace spi::test {
namespace {

void check(std::int64_t status) {
  if (status < 0) fail("the growing file cannot be written");
}

void set_format(hid_t file) {
  const char* const format = "spi-frames";
  const hid_t text = H5Tcopy(H5T_C_S1), scalar = H5Screate(H5S_SCALAR);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_cset(text, H5T_CSET_UTF8);
  const std::int64_t version = 1;
  const hid_t name = H5Acreate2(file, "format", text, scalar, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t number =
      H5Acreate2(file, "format_version", H5T_NATIVE_INT64, scalar, H5P_DEFAULT, H5P_DEFAULT);
  check(H5Awrite(name, text, &format));
  check(H5Awrite(number, H5T_NATIVE_INT64, &version));
  H5Aclose(name), H5Aclose(number), H5Sclose(scalar), H5Tclose(text);
}

}  // namespace

GrowingFile::GrowingFile(const std::filesystem::path& path, const std::filesystem::path& like) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  check(file_);
  const hid_t from = H5Fopen(like.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  check(H5Ocopy(from, "/detector", file_, "/detector", H5P_DEFAULT, H5P_DEFAULT));
  H5Fclose(from), H5Pclose(access);
  set_format(file_);
  start_ = create("frame_start", H5T_NATIVE_UINT64, 256);
  id_ = create("id", H5T_NATIVE_UINT64, 256);
  pixel_ = create("pixel", H5T_NATIVE_UINT32, 1 << 14);
  count_ = create("count", H5T_NATIVE_UINT32, 1 << 14);
  const std::uint64_t zero = 0;
  extend(start_, H5T_NATIVE_UINT64, 1, &zero);
  check(H5Fstart_swmr_write(file_));
}

GrowingFile::~GrowingFile() {
  for (const hid_t dataset : {start_, id_, pixel_, count_}) H5Dclose(dataset);
  H5Fclose(file_);
}

std::int64_t GrowingFile::create(const char* name, std::int64_t type, std::uint64_t chunk) {
  const hsize_t none = 0, limit = H5S_UNLIMITED, rows = chunk;
  const hid_t space = H5Screate_simple(1, &none, &limit), layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, 1, &rows);
  const hid_t made = H5Dcreate2(file_, name, type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  check(made);
  H5Pclose(layout), H5Sclose(space);
  return made;
}

void GrowingFile::extend(std::int64_t dataset, std::int64_t type, std::uint64_t count,
                         const void* values) {
  const hid_t before = H5Dget_space(dataset);
  hsize_t first = 0;
  const hsize_t more = count;
  H5Sget_simple_extent_dims(before, &first, nullptr);
  const hsize_t size = first + more;
  check(H5Dset_extent(dataset, &size));
  const hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(1, &more, nullptr);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, nullptr, &more, nullptr);
  check(H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, values));
  check(H5Dflush(dataset));
  H5Sclose(before), H5Sclose(space), H5Sclose(memory);
}

void GrowingFile::append_photons(const FrameBlock& block) {
  extend(pixel_, H5T_NATIVE_UINT32, block.pixel.size(), block.pixel.data());
  extend(count_, H5T_NATIVE_UINT32, block.count.size(), block.count.data());
}

void GrowingFile::append_ids(const FrameBlock& block) {
  extend(id_, H5T_NATIVE_UINT64, block.id.size(), block.id.data());
}

void GrowingFile::append_starts(const FrameBlock& block) {
  std::vector<std::uint64_t> starts(block.start.begin() + 1, block.start.end());
  for (std::uint64_t& start : starts) start += photons_;
  photons_ = starts.back();
  extend(start_, H5T_NATIVE_UINT64, starts.size(), starts.data());
}

void GrowingFile::append(const FrameBlock& block) {
  append_photons(block);
  append_ids(block);
  append_starts(block);
}

}  // namespace spi::test
