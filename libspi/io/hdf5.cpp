// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <numeric>

namespace spi::h5 {
namespace {

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

hid_t memory_type(int code) {
  const hid_t types[] = {H5T_NATIVE_UINT8,  H5T_NATIVE_INT8,  H5T_NATIVE_UINT16, H5T_NATIVE_INT16,
                         H5T_NATIVE_UINT32, H5T_NATIVE_INT32, H5T_NATIVE_UINT64, H5T_NATIVE_INT64,
                         H5T_NATIVE_FLOAT,  H5T_NATIVE_DOUBLE};
  return types[code];
}

void be_silent() {
  [[maybe_unused]] static const herr_t once = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

/// The innermost description on HDF5's error stack.
std::string reason() {
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

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

std::vector<hsize_t> to_hsize(const Shape& shape) { return {shape.begin(), shape.end()}; }

/// The dataspace of `dataset`, the box selected where there is one.
Handle selected_space(hid_t dataset, const Shape& offset, const Shape& count) {
  Handle space(H5Dget_space(dataset));
  if (count.empty() || H5Sget_simple_extent_ndims(space) == 0) return space;
  const auto start = to_hsize(offset), size = to_hsize(count);
  if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0 ||
      H5Sselect_valid(space) <= 0)
    return Handle(-1);
  return space;
}

Handle memory_space(const Shape& count) {
  if (count.empty()) return Handle(H5S_ALL);
  const auto size = to_hsize(count);
  return Handle(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr));
}

}  // namespace

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

File File::open(const std::filesystem::path& path) {
  be_silent();
  if (!is_hdf5(path)) fail(path.string(), " is not an HDF5 file");
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) fail("cannot read ", path.string(), " as HDF5 (damaged or cut short): ", reason());
  return File(path, id);
}

File File::create(const std::filesystem::path& path) {
  be_silent();
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

Info File::info(const std::string& dataset) const {
  if (!exists(dataset)) fail(path_.string(), " has no dataset ", dataset);
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  if (object < 0) fail(dataset, " in ", path_.string(), " is not a dataset");
  const Handle space(H5Dget_space(object)), type(H5Dget_type(object));
  Info info;
  std::vector<hsize_t> dims(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  if (!dims.empty()) H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  info.shape.assign(dims.begin(), dims.end());
  if (H5Sget_simple_extent_type(space) == H5S_NULL) info.shape = {0};
  info.element_bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER: info.kind = Kind::integer; break;
    case H5T_ENUM: info.kind = Kind::integer; break;
    case H5T_FLOAT: info.kind = Kind::real; break;
    case H5T_STRING: info.kind = Kind::text; break;
    case H5T_VLEN: info.is_variable_length = true; break;
    default: break;
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

void File::read_raw(const std::string& dataset, int type, const Shape& offset, const Shape& count,
                    void* out) const {
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  if (object < 0) fail(path_.string(), " has no dataset ", dataset);
  const Handle space = selected_space(object, offset, count), memory = memory_space(count);
  if (space < 0 || H5Dread(object, memory_type(type), memory, count.empty() ? H5S_ALL : hid_t(space),
                           H5P_DEFAULT, out) < 0)
    broken("read", dataset);
}

std::vector<std::string> File::read_texts(const std::string& dataset) const {
  const Info what = info(dataset);
  if (what.kind != Kind::text) fail(path_.string(), ": ", dataset, " does not hold text");
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  const Handle stored(H5Dget_type(object)), space(H5Dget_space(object));
  const std::size_t count = element_count(what.shape);
  std::vector<std::string> texts;
  if (H5Tis_variable_str(stored) > 0) {
    const Handle type(H5Tcopy(stored));
    std::vector<char*> pointers(count);
    if (H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0)
      broken("read", dataset);
    for (const char* pointer : pointers) texts.emplace_back(pointer ? pointer : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  } else {
    std::vector<char> buffer(count * what.element_bytes);
    if (H5Dread(object, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer.data()) < 0)
      broken("read", dataset);
    for (std::size_t i = 0; i < count; ++i) {
      const char* start = buffer.data() + i * what.element_bytes;
      texts.emplace_back(start, strnlen(start, what.element_bytes));
    }
  }
  return texts;
}

std::string File::read_text(const std::string& dataset) const {
  const auto texts = read_texts(dataset);
  if (texts.size() != 1) fail(path_.string(), ": ", dataset, " is not a single text");
  return texts.front();
}

std::vector<std::vector<std::int32_t>> File::read_lists(const std::string& dataset,
                                                        std::size_t first,
                                                        std::size_t count) const {
  const Info what = info(dataset);
  if (!what.is_variable_length || what.shape.size() != 1)
    fail(path_.string(), ": ", dataset, " is not a one-dimensional variable-length dataset");
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  const Handle stored(H5Dget_type(object)), element(H5Tget_super(stored));
  if (H5Tget_class(element) != H5T_INTEGER)
    fail(path_.string(), ": ", dataset, " does not hold lists of integers");
  const Handle type(H5Tvlen_create(H5T_NATIVE_INT32));
  const Handle space = selected_space(object, {first}, {count}), memory = memory_space({count});
  std::vector<hvl_t> raw(count);
  if (space < 0 || H5Dread(object, type, memory, space, H5P_DEFAULT, raw.data()) < 0)
    broken("read", dataset);
  std::vector<std::vector<std::int32_t>> rows;
  rows.reserve(count);
  for (const hvl_t& row : raw) {
    const auto* start = static_cast<const std::int32_t*>(row.p);
    rows.emplace_back(start, start + row.len);
  }
  H5Dvlen_reclaim(type, memory, H5P_DEFAULT, raw.data());
  return rows;
}

namespace {

Handle creation_properties(const Shape& shape, const Layout& layout) {
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

Handle link_properties() {
  Handle properties(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(properties, 1);
  return properties;
}

}  // namespace

void File::make(const std::string& dataset, int type, const Shape& shape, const Layout& layout) {
  const auto size = to_hsize(shape);
  auto limit = size;
  if (layout.growable) limit.at(0) = H5S_UNLIMITED;
  const Handle space(shape.empty() ? H5Screate(H5S_SCALAR)
                                   : H5Screate_simple(static_cast<int>(size.size()), size.data(),
                                                      limit.data()));
  const Handle object(H5Dcreate2(id_, dataset.c_str(), memory_type(type), space, link_properties(),
                                 creation_properties(shape, layout), H5P_DEFAULT));
  if (object < 0) broken("make", dataset);
}

void File::write_raw(const std::string& dataset, int type, const Shape& offset, const Shape& count,
                     const void* values) {
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
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

void File::write_texts(const std::string& dataset, const std::vector<std::string>& texts) {
  const Handle type = text_type();
  const hsize_t size = texts.size();
  const Handle space(H5Screate_simple(1, &size, nullptr));
  const Handle object(H5Dcreate2(id_, dataset.c_str(), type, space, link_properties(),
                                 creation_properties({texts.size()}, {}), H5P_DEFAULT));
  std::vector<const char*> pointers;
  for (const auto& text : texts) pointers.push_back(text.c_str());
  if (object < 0 || (!texts.empty() && H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                                pointers.data()) < 0))
    broken("write", dataset);
}

void File::write_text(const std::string& dataset, const std::string& text) {
  const Handle type = text_type(), space(H5Screate(H5S_SCALAR));
  const Handle object(H5Dcreate2(id_, dataset.c_str(), type, space, link_properties(),
                                 creation_properties({}, {}), H5P_DEFAULT));
  const char* pointer = text.c_str();
  if (object < 0 || H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer) < 0)
    broken("write", dataset);
}

void File::create_lists(const std::string& dataset) {
  const hsize_t size = 0, limit = H5S_UNLIMITED;
  const Handle type(H5Tvlen_create(H5T_NATIVE_INT32)), space(H5Screate_simple(1, &size, &limit));
  const Handle object(H5Dcreate2(id_, dataset.c_str(), type, space, link_properties(),
                                 creation_properties({0}, {.chunk = {1024}}), H5P_DEFAULT));
  if (object < 0) broken("make", dataset);
}

void File::append_lists(const std::string& dataset,
                        const std::vector<std::vector<std::int32_t>>& rows) {
  if (rows.empty()) return;
  const std::size_t first = shape(dataset).at(0);
  const Handle object(H5Dopen2(id_, dataset.c_str(), H5P_DEFAULT));
  const hsize_t size = first + rows.size();
  if (H5Dset_extent(object, &size) < 0) broken("extend", dataset);
  std::vector<hvl_t> raw;
  for (const auto& row : rows)
    raw.push_back({row.size(), const_cast<std::int32_t*>(row.data())});
  const Handle type(H5Tvlen_create(H5T_NATIVE_INT32));
  const Handle space = selected_space(object, {first}, {rows.size()});
  const Handle memory = memory_space({rows.size()});
  if (H5Dwrite(object, type, memory, space, H5P_DEFAULT, raw.data()) < 0) broken("write", dataset);
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  return exists(object) && H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string File::text_attribute(const std::string& object, const std::string& name) const {
  const Handle attribute(
      H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (attribute < 0) fail(path_.string(), ": ", object, " has no attribute ", name);
  const Handle type(H5Aget_type(attribute)), space(H5Aget_space(attribute));
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
    fail(path_.string(), ": the attribute ", name, " of ", object, " is not a text");
  if (H5Tis_variable_str(type) > 0) {
    char* pointer = nullptr;
    if (H5Aread(attribute, type, &pointer) < 0) broken("read attribute", name);
    const std::string text = pointer ? pointer : "";
    H5free_memory(pointer);
    return text;
  }
  std::string text(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, text.data()) < 0) broken("read attribute", name);
  return text.substr(0, text.find('\0'));
}

double File::number_attribute(const std::string& object, const std::string& name) const {
  const Handle attribute(
      H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (attribute < 0) fail(path_.string(), ": ", object, " has no attribute ", name);
  const Handle space(H5Aget_space(attribute));
  double value = 0;
  if (H5Sget_simple_extent_npoints(space) != 1 ||
      H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0)
    fail(path_.string(), ": the attribute ", name, " of ", object, " is not a number");
  return value;
}

namespace {

bool write_attribute(hid_t file, const std::string& object, const std::string& name, hid_t type,
                     const void* value) {
  if (H5Aexists_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0)
    H5Adelete_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT);
  const Handle space(H5Screate(H5S_SCALAR));
  const Handle attribute(H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space,
                                           H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  return attribute >= 0 && H5Awrite(attribute, type, value) >= 0;
}

}  // namespace

void File::set_attribute(const std::string& object, const std::string& name,
                         const std::string& text) {
  const char* pointer = text.c_str();
  if (!write_attribute(id_, object, name, text_type(), &pointer)) broken("write attribute", name);
}
void File::set_attribute(const std::string& object, const std::string& name, double value) {
  if (!write_attribute(id_, object, name, H5T_NATIVE_DOUBLE, &value))
    broken("write attribute", name);
}
void File::set_attribute(const std::string& object, const std::string& name, std::int64_t value) {
  if (!write_attribute(id_, object, name, H5T_NATIVE_INT64, &value))
    broken("write attribute", name);
}

}  // namespace spi::h5
