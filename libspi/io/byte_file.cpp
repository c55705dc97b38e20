// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/byte_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace spi {

static_assert(std::endian::native == std::endian::little);

ByteFile::ByteFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path_, ignored))
    fail(path_.string(), " is a folder, not a file");
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file_ < 0 || fstat(file_, &status) != 0) {
    const int error = errno;
    if (file_ >= 0) ::close(file_);
    fail("cannot read ", path_.string(), ": ", std::strerror(error));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

ByteFile::~ByteFile() { ::close(file_); }

void ByteFile::too_short(std::uint64_t offset, std::uint64_t bytes) const {
  fail(path_.string(), " is cut short: it has ", size_, " bytes, ", bytes,
       " more were expected after byte ", offset);
}

void ByteFile::read_bytes(std::uint64_t offset, void* out, std::size_t bytes) const {
  if (offset > size_ || bytes > size_ - offset) too_short(offset, bytes);
  auto* target = static_cast<char*>(out);
  while (bytes > 0) {
    const ssize_t got = pread(file_, target, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read ", path_.string(), ": ", std::strerror(errno));
    if (got == 0) too_short(offset, bytes);
    target += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
}

ByteWriter::ByteWriter(std::filesystem::path path)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wbe")) {
  if (!file_) broken();
}

ByteWriter::~ByteWriter() {
  if (file_) std::fclose(file_);
}

void ByteWriter::broken() const {
  fail("cannot write ", path_.string(), ": ", std::strerror(errno ? errno : EIO));
}

void ByteWriter::write_bytes(const void* data, std::size_t bytes) {
  if (bytes > 0 && std::fwrite(data, 1, bytes, file_) != bytes) broken();
}

void ByteWriter::close() {
  std::FILE* const file = std::exchange(file_, nullptr);
  if (file && std::fclose(file) != 0) broken();
}

}  // namespace spi
