// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of several rooms use: a folder of their own, and the check of an error's words.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "libspi/base/error.h"

namespace spi::test {

namespace fs = std::filesystem;

/// A folder that lives as long as this object.
class Folder {
 public:
  Folder() {
    static std::atomic<int> number{0};
    path_ = fs::temp_directory_path() / text_of("spi-test-", getpid(), "-", number++);
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// Fails unless `work` throws a UserError whose text holds every word of `words`.
template <class Work>
void expect_error(Work&& work, const std::vector<std::string>& words) {
  try {
    work();
    ADD_FAILURE() << "no error; expected one with '" << words.front() << "'";
  } catch (const UserError& error) {
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is not in: " << error.what();
  }
}

}  // namespace spi::test
