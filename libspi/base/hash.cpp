// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/hash.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::uint64_t kWholeFile = 1ull << 30, kEnd = 64ull << 20;

using State = std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)>;

void hash_range(XXH3_state_t* state, std::ifstream& file, std::uint64_t start,
                std::uint64_t count) {
  std::vector<char> buffer(1 << 20);
  file.seekg(static_cast<std::streamoff>(start));
  while (count > 0) {
    const auto wanted = std::min<std::uint64_t>(count, buffer.size());
    file.read(buffer.data(), static_cast<std::streamsize>(wanted));
    if (file.gcount() <= 0) break;
    XXH3_64bits_update(state, buffer.data(), static_cast<std::size_t>(file.gcount()));
    count -= static_cast<std::uint64_t>(file.gcount());
  }
}

}  // namespace

std::string file_fingerprint(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (!file || error) fail("cannot read ", path.string());
  const State state(XXH3_createState(), &XXH3_freeState);
  XXH3_64bits_reset(state.get());
  const bool whole = size <= kWholeFile;
  if (whole) {
    hash_range(state.get(), file, 0, size);
  } else {
    XXH3_64bits_update(state.get(), &size, sizeof size);
    hash_range(state.get(), file, 0, kEnd);
    hash_range(state.get(), file, size - kEnd, kEnd);
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits_digest(state.get())));
  return std::string(whole ? "xxh3:" : "xxh3-ends:") + digits;
}

}  // namespace spi
