// SPDX-License-Identifier: GPL-3.0-or-later
// What the HDF5 layer's own files share: identifiers that close themselves, types, spaces, reasons.
#pragma once

#include <hdf5.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "libspi/io/hdf5.h"

namespace spi::h5::detail {

/// Closes an identifier of any kind.
class Handle {
 public:
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
};

inline hid_t memory_type(int code) {
  const hid_t types[] = {H5T_NATIVE_UINT8,  H5T_NATIVE_INT8,  H5T_NATIVE_UINT16, H5T_NATIVE_INT16,
                         H5T_NATIVE_UINT32, H5T_NATIVE_INT32, H5T_NATIVE_UINT64, H5T_NATIVE_INT64,
                         H5T_NATIVE_FLOAT,  H5T_NATIVE_DOUBLE};
  return types[code];
}

/// Before a thread first uses the library: no printed errors (each thread has its own errors), and
/// no cleaning up at exit, which crashes where a dataset could not be written to a full disk.
inline void set_up_library() {
  [[maybe_unused]] static const herr_t once = H5dont_atexit();
  [[maybe_unused]] thread_local const herr_t silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

/// The innermost description on HDF5's error stack.
inline std::string reason() {
  std::string text;
  const auto keep_last = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    *static_cast<std::string*>(out) = error->desc ? error->desc : "";
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, &text);
  // The driver writes a report of many fields; the system's own words are one of them.
  const auto start = text.find("error message = '");
  if (start != text.npos) {
    const auto first = start + std::strlen("error message = '");
    text = text.substr(first, text.find('\'', first) - first);
  }
  return text.empty() ? "unknown HDF5 error" : text;
}

/// Whether a program has the file open to append rows for concurrent readers (HDF5's SWMR mode), or
/// ended without closing it. False where it cannot be read.
bool is_written_in_swmr(const std::filesystem::path& path);

/// Writes whole rows that are compressed chunks of their own. False where the dataset is stored in
/// another way or that failed: then write them through HDF5's filters.
bool write_row_chunks(hid_t dataset, int type, const Shape& offset, const Shape& count,
                      const void* values);

inline Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

inline std::vector<hsize_t> to_hsize(const Shape& shape) { return {shape.begin(), shape.end()}; }

/// The dataspace of `dataset`, the box selected where there is one.
inline Handle selected_space(hid_t dataset, const Shape& offset, const Shape& count) {
  Handle space(H5Dget_space(dataset));
  if (count.empty() || H5Sget_simple_extent_ndims(space) == 0) return space;
  const auto start = to_hsize(offset), size = to_hsize(count);
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0 ||
      H5Sselect_valid(space) <= 0)
    return Handle(-1);
  return space;
}

inline Handle memory_space(const Shape& count) {
  if (count.empty()) return Handle(H5S_ALL);
  const auto size = to_hsize(count);
  return Handle(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr));
}

inline Handle creation_properties(const Shape& shape, const Layout& layout) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(properties, false);  // same content, same bytes
  if (layout.chunk.empty()) return properties;
  SPI_ASSERT(layout.chunk.size() == shape.size());
  H5Pset_chunk(properties, static_cast<int>(shape.size()), to_hsize(layout.chunk).data());
  if (layout.deflate > 0) {
    H5Pset_shuffle(properties);
    H5Pset_deflate(properties, static_cast<unsigned>(layout.deflate));
  }
  return properties;
}

inline Handle link_properties() {
  Handle properties(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(properties, 1);
  return properties;
}

}  // namespace spi::h5::detail
