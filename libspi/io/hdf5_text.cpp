// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of h5::File whose elements have no fixed size: texts, lists, attributes.
#include <algorithm>

#include "libspi/io/hdf5_handles.h"

namespace spi::h5 {

using namespace detail;

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

void File::write_texts(const std::string& dataset, const std::vector<std::string>& texts) {
  const Handle type = text_type();
  const hsize_t size = texts.size();
  const Handle space(H5Screate_simple(1, &size, nullptr));
  const Handle object(H5Dcreate2(id_, dataset.c_str(), type, space, link_properties(),
                                 creation_properties({texts.size()}, {}), H5P_DEFAULT));
  std::vector<const char*> pointers;
  for (const auto& text : texts) pointers.push_back(text.c_str());
  if (object < 0 || (!texts.empty() &&
                     H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0))
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
  for (const auto& row : rows) raw.push_back({row.size(), const_cast<std::int32_t*>(row.data())});
  const Handle type(H5Tvlen_create(H5T_NATIVE_INT32));
  const Handle space = selected_space(object, {first}, {rows.size()});
  const Handle memory = memory_space({rows.size()});
  if (H5Dwrite(object, type, memory, space, H5P_DEFAULT, raw.data()) < 0) broken("write", dataset);
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  return exists(object) && H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> File::attributes(const std::string& object) const {
  std::vector<std::string> names;
  const Handle owner(H5Oopen(id_, object.c_str(), H5P_DEFAULT));
  const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (owner < 0 || H5Aiterate2(owner, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names) < 0)
    broken("list the attributes of", object);
  return names;
}

namespace {

/// The texts of an attribute with `count` elements of text type `type`; false where HDF5 refuses.
bool read_attribute_texts(hid_t attribute, hid_t type, std::size_t count,
                          std::vector<std::string>& texts) {
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count);
    if (H5Aread(attribute, type, pointers.data()) < 0) return false;
    for (char* pointer : pointers) {
      texts.emplace_back(pointer ? pointer : "");
      H5free_memory(pointer);
    }
    return true;
  }
  const std::size_t size = H5Tget_size(type);
  std::vector<char> buffer(count * size);
  if (H5Aread(attribute, type, buffer.data()) < 0) return false;
  for (std::size_t i = 0; i < count; ++i)
    texts.emplace_back(buffer.data() + i * size, strnlen(buffer.data() + i * size, size));
  return true;
}

}  // namespace

Attribute File::attribute(const std::string& object, const std::string& name) const {
  const Handle handle(H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (handle < 0) fail(path_.string(), ": ", object, " has no attribute ", name);
  const Handle type(H5Aget_type(handle)), space(H5Aget_space(handle));
  const auto count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
  const H5T_class_t kind = H5Tget_class(type);
  Attribute value;
  if (kind == H5T_STRING) {
    value.kind = Kind::text;
    if (!read_attribute_texts(handle, type, count, value.texts)) broken("read attribute", name);
  } else if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
    value.kind = kind == H5T_INTEGER ? Kind::integer : Kind::real;
    value.numbers.resize(count);
    if (H5Aread(handle, H5T_NATIVE_DOUBLE, value.numbers.data()) < 0)
      broken("read attribute", name);
  }
  return value;
}

std::string File::text_attribute(const std::string& object, const std::string& name) const {
  const Attribute value = attribute(object, name);
  if (value.texts.size() != 1)
    fail(path_.string(), ": the attribute ", name, " of ", object, " is not a text");
  return value.texts.front();
}

double File::number_attribute(const std::string& object, const std::string& name) const {
  const Attribute value = attribute(object, name);
  if (value.numbers.size() != 1)
    fail(path_.string(), ": the attribute ", name, " of ", object, " is not a number");
  return value.numbers.front();
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
