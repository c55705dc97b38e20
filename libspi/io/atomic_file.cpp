// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "libspi/base/error.h"

namespace spi {

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)), temporary_(path_) {
  temporary_ += ".tmp-" + std::to_string(getpid());
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!committed_) std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  const int file = open(temporary_.c_str(), O_RDONLY);
  const bool synced = file >= 0 && fsync(file) == 0;
  const int sync_error = errno;
  if (file >= 0) close(file);
  if (!synced) fail("cannot write ", path_.string(), ": ", std::strerror(sync_error));
  if (rename(temporary_.c_str(), path_.c_str()) != 0)
    fail("cannot write ", path_.string(), ": ", std::strerror(errno));
  committed_ = true;
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  errno = 0;
  std::ofstream stream(file.temporary(), std::ios::binary);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.close();
  if (!stream) fail("cannot write ", path.string(), ": ", std::strerror(errno ? errno : EIO));
  file.commit();
}

}  // namespace spi
