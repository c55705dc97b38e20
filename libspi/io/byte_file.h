// SPDX-License-Identifier: GPL-3.0-or-later
// Plain binary files: reads at any offset, buffered writes, errors that say what was missing.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "libspi/base/error.h"

namespace spi {

/// A file open for reading. Little-endian machine assumed, as the field's files are.
class ByteFile {
 public:
  /// UserError where the file cannot be read.
  explicit ByteFile(std::filesystem::path path);
  ~ByteFile();
  ByteFile(const ByteFile&) = delete;
  ByteFile& operator=(const ByteFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  /// Reads `count` elements at byte `offset`; UserError where the file ends before.
  template <class T>
  std::vector<T> read(std::uint64_t offset, std::size_t count) const {
    if (count > size_ / sizeof(T)) too_short(offset, count * sizeof(T));
    std::vector<T> values(count);
    read_bytes(offset, values.data(), count * sizeof(T));
    return values;
  }
  void read_bytes(std::uint64_t offset, void* out, std::size_t bytes) const;

 private:
  [[noreturn]] void too_short(std::uint64_t offset, std::uint64_t bytes) const;

  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

/// A file open for writing from its start; UserError with the system's reason on a full disk.
class ByteWriter {
 public:
  explicit ByteWriter(std::filesystem::path path);
  ~ByteWriter();
  ByteWriter(const ByteWriter&) = delete;
  ByteWriter& operator=(const ByteWriter&) = delete;

  template <class T>
  void write(std::span<const T> values) {
    write_bytes(values.data(), values.size_bytes());
  }
  template <class T>
  void write(const std::vector<T>& values) {
    write(std::span<const T>(values));
  }
  void write_bytes(const void* data, std::size_t bytes);
  /// Flushes; a writer destroyed without close() may have lost bytes.
  void close();

 private:
  [[noreturn]] void broken() const;

  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
};

}  // namespace spi
