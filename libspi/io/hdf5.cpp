// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/hdf5.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>

#include "libspi/io/hdf5_handles.h"

namespace spi::h5 {

using namespace detail;

std::size_t element_count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::string print(const Shape& shape) {
  std::string text;
  for (const std::size_t n : shape) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return "(" + text + ")";
}

File::File(std::filesystem::path path, std::int64_t id) : path_(std::move(path)), id_(id) {}
File::File(File&& other) noexcept
    : path_(std::move(other.path_)), id_(std::exchange(other.id_, -1)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(id_, other.id_);
  return *this;
}
File::~File() {
  if (id_ >= 0) H5Fclose(id_);
}

bool File::is_hdf5(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) fail(path.string(), " is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read ", path.string(), ": ", std::strerror(errno));
  constexpr char kSignature[] = "\x89HDF\r\n\x1a\n";
  char head[8] = {};
  file.read(head, sizeof head);
  return file && std::memcmp(head, kSignature, sizeof head) == 0;
}

bool detail::is_written_in_swmr(const std::filesystem::path& path) {
  // The superblock's version stands in byte 8; of version 3 on, its consistency flags in byte 11.
  constexpr unsigned char kSwmrVersion = 3, kSwmrWrite = 4;
  std::ifstream file(path, std::ios::binary);
  unsigned char head[12] = {};
  file.read(reinterpret_cast<char*>(head), sizeof head);
  return file && head[8] >= kSwmrVersion && (head[11] & kSwmrWrite) != 0;
}

File File::open(const std::filesystem::path& path) {
  set_up_library();
  if (!is_hdf5(path)) fail(path.string(), " is not an HDF5 file");
  const unsigned how = H5F_ACC_RDONLY | (is_written_in_swmr(path) ? H5F_ACC_SWMR_READ : 0u);
  const hid_t id = H5Fopen(path.c_str(), how, H5P_DEFAULT);
  if (id < 0) fail("cannot read ", path.string(), " as HDF5 (damaged or cut short): ", reason());
  return File(path, id);
}

File File::create(const std::filesystem::path& path) {
  set_up_library();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (id < 0) fail("cannot write ", path.string(), ": ", reason());
  return File(path, id);
}

void File::close() {
  const hid_t id = std::exchange(id_, -1);
  if (id < 0) return;
  const bool flushed = H5Fflush(id, H5F_SCOPE_GLOBAL) >= 0;
  const std::string why = flushed ? "" : reason();
  if (H5Fclose(id) < 0 || !flushed)
    fail("cannot write ", path_.string(), ": ", flushed ? reason() : why);
}

void File::broken(const std::string& doing, const std::string& object) const {
  fail("cannot ", doing, " ", object, " in ", path_.string(), ": ", reason());
}

bool File::exists(const std::string& name) const {
  // Every link on the way must be there before the next may be asked for.
  for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    const std::string part = name.substr(0, end);
    if (part != "/" && !part.empty() && H5Lexists(id_, part.c_str(), H5P_DEFAULT) <= 0)
      return false;
    if (end == name.npos) break;
  }
  return name == "/" || H5Oexists_by_name(id_, name.c_str(), H5P_DEFAULT) > 0;
}

bool File::is_group(const std::string& name) const {
  if (!exists(name)) return false;
  const Handle object(H5Oopen(id_, name.c_str(), H5P_DEFAULT));
  return object >= 0 && H5Iget_type(object) == H5I_GROUP;
}

std::vector<std::string> File::list(const std::string& group) const {
  std::vector<std::string> names;
  const Handle object(H5Gopen2(id_, group.c_str(), H5P_DEFAULT));
  if (object < 0) broken("open the group", group);
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names) < 0)
    broken("list", group);
  return names;
}

std::vector<std::string> File::objects(bool only_datasets) const {
  struct Found {
    bool only_datasets;
    std::vector<std::string> paths;
  } found{only_datasets, {}};
  const auto keep = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
    auto& kept = *static_cast<Found*>(out);
    const bool wanted =
        info->type == H5O_TYPE_DATASET || (info->type == H5O_TYPE_GROUP && !kept.only_datasets);
    if (wanted) kept.paths.push_back(std::string_view(name) == "." ? "/" : "/" + std::string(name));
    return 0;
  };
  if (H5Ovisit(id_, H5_INDEX_NAME, H5_ITER_INC, keep, &found) < 0) broken("list", "/");
  return std::move(found.paths);
}

Info File::info(const std::string& dataset) const {
  if (!exists(dataset)) fail(path_.string(), " has no dataset ", dataset);
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  if (object < 0) fail(dataset, " in ", path_.string(), " is not a dataset");
  const Handle space(H5Dget_space(object)), type(H5Dget_type(object));
  Info info;
  std::vector<hsize_t> dims(
      static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  if (!dims.empty()) H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  info.shape.assign(dims.begin(), dims.end());
  if (H5Sget_simple_extent_type(space) == H5S_NULL) info.shape = {0};
  info.element_bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      info.kind = Kind::integer;
      break;
    case H5T_ENUM:
      info.kind = Kind::integer;
      break;
    case H5T_FLOAT:
      info.kind = Kind::real;
      break;
    case H5T_STRING:
      info.kind = Kind::text;
      break;
    case H5T_VLEN:
      info.is_variable_length = true;
      break;
    default:
      break;
  }
  return info;
}

void File::require_shape(const std::string& dataset, const Shape& expected) const {
  const Shape found = shape(dataset);
  if (found != expected)
    fail(path_.string(), ": ", dataset, " has shape ", print(found), ", expected ",
         print(expected));
}

std::size_t File::checked_count(const std::string& dataset, const Info& what,
                                std::size_t bytes) const {
  if (what.kind != Kind::integer && what.kind != Kind::real)
    fail(path_.string(), ": ", dataset, " does not hold numbers");
  std::size_t count = 1;
  for (const std::size_t n : what.shape)
    if (__builtin_mul_overflow(count, n, &count)) count = std::numeric_limits<std::size_t>::max();
  if (count > (std::size_t{1} << 46) / bytes)
    fail(path_.string(), ": ", dataset, " claims the impossible shape ", print(what.shape));
  return count;
}

namespace {

/// HDF5 converts no enumeration (h5py's booleans) to a number: read it as it is, then convert the
/// integers behind it. `out` may be smaller than the stored elements, so the work is done beside.
bool read_enumeration(hid_t dataset, hid_t stored, hid_t wanted, hid_t memory, hid_t space,
                      std::size_t elements, void* out) {
  const Handle native(H5Tget_native_type(stored, H5T_DIR_ASCEND)), integers(H5Tget_super(native));
  const std::size_t wide = std::max(H5Tget_size(native), H5Tget_size(wanted));
  std::vector<char> buffer(elements * wide);
  if (H5Dread(dataset, native, memory, space, H5P_DEFAULT, buffer.data()) < 0 ||
      H5Tconvert(integers, wanted, elements, buffer.data(), nullptr, H5P_DEFAULT) < 0)
    return false;
  std::memcpy(out, buffer.data(), elements * H5Tget_size(wanted));
  return true;
}

}  // namespace

void File::read_raw(const std::string& dataset, int type, const Shape& offset, const Shape& count,
                    void* out) const {
  set_up_library();
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  if (object < 0) fail(path_.string(), " has no dataset ", dataset);
  const Handle space = selected_space(object, offset, count), memory = memory_space(count);
  const Handle stored(H5Dget_type(object));
  if (space < 0) broken("read", dataset);
  const hid_t chosen = count.empty() ? H5S_ALL : hid_t(space), wanted = memory_type(type);
  const bool done =
      H5Tget_class(stored) == H5T_ENUM
          ? read_enumeration(object, stored, wanted, memory, chosen,
                             static_cast<std::size_t>(H5Sget_select_npoints(space)), out)
          : H5Dread(object, wanted, memory, chosen, H5P_DEFAULT, out) >= 0;
  if (!done) broken("read", dataset);
}

void File::make(const std::string& dataset, int type, const Shape& shape, const Layout& layout) {
  const auto size = to_hsize(shape);
  auto limit = size;
  if (layout.growable) limit.at(0) = H5S_UNLIMITED;
  const Handle space(
      shape.empty() ? H5Screate(H5S_SCALAR)
                    : H5Screate_simple(static_cast<int>(size.size()), size.data(), limit.data()));
  const Handle object(H5Dcreate2(id_, dataset.c_str(), memory_type(type), space, link_properties(),
                                 creation_properties(shape, layout), H5P_DEFAULT));
  if (object < 0) broken("make", dataset);
}

void File::write_raw(const std::string& dataset, int type, const Shape& offset, const Shape& count,
                     const void* values) {
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  if (object >= 0 && write_row_chunks(object, type, offset, count, values)) return;
  const Handle space = selected_space(object, offset, count), memory = memory_space(count);
  if (object < 0 || space < 0 ||
      H5Dwrite(object, memory_type(type), memory, count.empty() ? H5S_ALL : hid_t(space),
               H5P_DEFAULT, values) < 0)
    broken("write", dataset);
}

Shape File::extend(const std::string& dataset, std::size_t elements) {
  Shape size = shape(dataset), offset(size.size(), 0);
  Shape row(size.begin() + 1, size.end());
  const std::size_t per_row = element_count(row);
  SPI_ASSERT(per_row > 0 && elements % per_row == 0);
  offset[0] = size[0];
  size[0] += elements / per_row;
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  if (H5Dset_extent(object, to_hsize(size).data()) < 0) broken("extend", dataset);
  return offset;
}

}  // namespace spi::h5
