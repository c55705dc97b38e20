// SPDX-License-Identifier: GPL-3.0-or-later
// A thin RAII layer over HDF5's C API: typed reads and writes, hyperslabs, attributes, and errors
// that name the file and the dataset.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libspi/base/error.h"

namespace spi::h5 {

using Shape = std::vector<std::size_t>;

std::size_t element_count(const Shape& shape);
std::string print(const Shape& shape);  ///< "(50, 128, 128)"

enum class Kind { integer, real, text, other };

/// What a dataset is, before it is read.
struct Info {
  Shape shape;
  Kind kind = Kind::other;
  std::size_t element_bytes = 0;
  bool is_variable_length = false;  ///< a list of integers per element
};

/// The value of an attribute: numbers or texts, as many as it has elements.
struct Attribute {
  Kind kind = Kind::other;
  std::vector<double> numbers;
  std::vector<std::string> texts;
  bool operator==(const Attribute&) const = default;
};

/// How a new dataset is stored.
struct Layout {
  Shape chunk = {};       ///< empty: contiguous
  int deflate = 0;        ///< gzip level, 0 off; needs a chunk
  bool growable = false;  ///< first axis unlimited; needs a chunk
};

/// An open HDF5 file. Paths are absolute or relative to the root. The element types T are
/// (u)int8/16/32/64, float and double; numeric types and enumerations (h5py's booleans) are
/// converted. Not thread-safe.
class File {
 public:
  /// Opens for reading. UserError where the file is missing, truncated or not HDF5.
  static File open(const std::filesystem::path& path);
  /// Makes a new file (truncates an old one).
  static File create(const std::filesystem::path& path);
  /// Whether the file begins with the HDF5 signature; UserError where it cannot be read.
  static bool is_hdf5(const std::filesystem::path& path);

  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  const std::filesystem::path& path() const { return path_; }
  /// Flushes and closes; UserError where the disk is full. A file that is destroyed without
  /// close() may be incomplete.
  void close();

  bool exists(const std::string& name) const;
  bool is_group(const std::string& name) const;
  /// Names of the links in a group, in alphabetic order.
  std::vector<std::string> list(const std::string& group) const;
  /// Absolute paths of all datasets, each once however many links lead to it.
  std::vector<std::string> datasets() const { return objects(true); }
  /// The same of groups ("/" first) and datasets.
  std::vector<std::string> objects(bool only_datasets = false) const;
  Info info(const std::string& dataset) const;
  Shape shape(const std::string& dataset) const { return info(dataset).shape; }

  template <class T>
  std::vector<T> read(const std::string& dataset) const {
    const Info what = info(dataset);
    std::vector<T> values(checked_count(dataset, what, sizeof(T)));
    read_raw(dataset, type_code<T>(), {}, {}, values.data());
    return values;
  }
  /// Reads and checks the shape.
  template <class T>
  std::vector<T> read(const std::string& dataset, const Shape& expected) const {
    require_shape(dataset, expected);
    return read<T>(dataset);
  }
  template <class T>
  T read_scalar(const std::string& dataset) const {
    const auto values = read<T>(dataset);
    if (values.size() != 1) fail(path_.string(), ": ", dataset, " is not a single number");
    return values.front();
  }
  /// Reads the box [offset, offset + count) into `out` (C order).
  template <class T>
  void read_box(const std::string& dataset, const Shape& offset, const Shape& count, T* out) const {
    read_raw(dataset, type_code<T>(), offset, count, out);
  }
  /// Reads rows [first, first + count) of the first axis into `out`. Where every row is a
  /// compressed chunk of its own, as in averages.h5, they are decompressed on so many threads, and
  /// faster than by HDF5 itself.
  template <class T>
  void read_rows(const std::string& dataset, std::size_t first, std::size_t count, T* out,
                 int threads) const {
    if (read_row_chunks(dataset, type_code<T>(), sizeof(T), first, count, out, threads)) return;
    Shape offset(shape(dataset).size(), 0), size = shape(dataset);
    offset.at(0) = first;
    size.at(0) = count;
    read_box(dataset, offset, size, out);
  }
  std::string read_text(const std::string& dataset) const;
  std::vector<std::string> read_texts(const std::string& dataset) const;
  /// Rows [first, first + count) of a variable-length integer dataset of shape (N,).
  std::vector<std::vector<std::int32_t>> read_lists(const std::string& dataset, std::size_t first,
                                                    std::size_t count) const;

  /// Parent groups are made where missing.
  template <class T>
  void write(const std::string& dataset, std::span<const T> values, const Shape& shape,
             const Layout& layout = {}) {
    SPI_ASSERT(values.size() == element_count(shape));
    make(dataset, type_code<T>(), shape, layout);
    write_raw(dataset, type_code<T>(), {}, {}, values.data());
  }
  template <class T>
  void write(const std::string& dataset, const std::vector<T>& values) {
    write(dataset, std::span<const T>(values), {values.size()});
  }
  template <class T>
  void write(const std::string& dataset, const std::vector<T>& values, const Shape& shape,
             const Layout& layout = {}) {
    write(dataset, std::span<const T>(values), shape, layout);
  }
  template <class T>
  void write_scalar(const std::string& dataset, T value) {
    write(dataset, std::span<const T>(&value, 1), {});
  }
  void write_text(const std::string& dataset, const std::string& text);
  void write_texts(const std::string& dataset, const std::vector<std::string>& texts);
  /// Makes a dataset to be filled by write_box.
  template <class T>
  void create_dataset(const std::string& dataset, const Shape& shape, const Layout& layout = {}) {
    make(dataset, type_code<T>(), shape, layout);
  }
  template <class T>
  void write_box(const std::string& dataset, const Shape& offset, const Shape& count,
                 const T* values) {
    write_raw(dataset, type_code<T>(), offset, count, values);
  }
  /// Appends along the first axis of a growable dataset.
  template <class T>
  void append(const std::string& dataset, std::span<const T> values) {
    const Shape box = extend(dataset, values.size());
    if (values.empty()) return;
    Shape count = shape(dataset);
    count[0] -= box[0];
    write_raw(dataset, type_code<T>(), box, count, values.data());
  }
  /// A variable-length int32 dataset of shape (N,), chunked and growable; append rows to it.
  void create_lists(const std::string& dataset);
  void append_lists(const std::string& dataset, const std::vector<std::vector<std::int32_t>>& rows);

  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::string> attributes(const std::string& object) const;
  /// Any attribute of numbers or texts; kind `other` where it holds neither.
  Attribute attribute(const std::string& object, const std::string& name) const;
  void set_attribute(const std::string& object, const std::string& name, const std::string& text);
  void set_attribute(const std::string& object, const std::string& name, double value);
  void set_attribute(const std::string& object, const std::string& name, std::int64_t value);

  /// UserError that names the dataset, its shape and the one expected.
  void require_shape(const std::string& dataset, const Shape& expected) const;

 private:
  explicit File(std::filesystem::path path, std::int64_t id);

  template <class T>
  static constexpr int type_code() {
    if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? 8 : 9;
    constexpr int log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return 2 * log2 + (std::is_signed_v<T> ? 1 : 0);
  }

  std::size_t checked_count(const std::string& dataset, const Info& info, std::size_t bytes) const;
  void read_raw(const std::string& dataset, int type, const Shape& offset, const Shape& count,
                void* out) const;
  /// False where the dataset is stored in another way: then nothing was read.
  bool read_row_chunks(const std::string& dataset, int type, std::size_t bytes, std::size_t first,
                       std::size_t count, void* out, int threads) const;
  void make(const std::string& dataset, int type, const Shape& shape, const Layout& layout);
  void write_raw(const std::string& dataset, int type, const Shape& offset, const Shape& count,
                 const void* values);
  /// Adds rows that hold `elements` elements; returns the offset of the first new one.
  Shape extend(const std::string& dataset, std::size_t elements);
  [[noreturn]] void broken(const std::string& doing, const std::string& object) const;

  std::filesystem::path path_;
  std::int64_t id_ = -1;
};

}  // namespace spi::h5
