// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "libspi/io/byte_file.h"
#include "libspi/io/compare_detail.h"
#include "libspi/io/frames.h"
#include "libspi/io/stack_source.h"
#include "libspi/io/volume_file.h"

namespace spi {

void CompareOptions::describe(OptionSet& options) {
  options
      .add("tolerance", tolerance,
           "largest difference of real numbers, as a fraction of the largest magnitude of their "
           "dataset, volume or column; integers must be equal")
      .range(0, std::numeric_limits<double>::infinity());
  options.flag("absolute", absolute, "take the tolerance as a difference, not as a fraction");
  options.add("ignore", ignore,
              "paths to leave out, with all below them, beside /provenance; an attribute is "
              "written PATH@NAME");
}

void RealDifference::measure(const std::vector<double>& values) {
  for (const double value : values)
    if (std::isfinite(value)) largest_ = std::max(largest_, std::abs(value));
}

void RealDifference::add(const std::vector<double>& a, const std::vector<double>& b) {
  const double allowed = options_.absolute ? options_.tolerance : options_.tolerance * largest_;
  for (std::size_t i = 0; i < a.size(); ++i, ++seen_) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    if (same || std::abs(a[i] - b[i]) <= allowed) continue;
    if (count_++ == 0) first_ = {seen_, a[i], b[i]};
    if (!(std::abs(a[i] - b[i]) <= worst_)) worst_ = std::abs(a[i] - b[i]);
  }
}

std::optional<std::string> RealDifference::words() const {
  if (count_ == 0) return std::nullopt;
  return text_of(count_, " of ", seen_, " values differ, by up to ", worst_, " (largest magnitude ",
                 largest_, "); the first, number ", first_.index, ", is ", print_number(first_.a),
                 " against ", print_number(first_.b));
}

namespace {

Comparison compare_volumes(const std::filesystem::path& a, const std::filesystem::path& b,
                           const CompareOptions& options) {
  const Volume first = read_mrc(a), second = read_mrc(b);
  Comparison result{.differences = {}, .compared = 2};
  if (first.nx != second.nx || first.ny != second.ny || first.nz != second.nz) {
    result.differences.push_back(text_of("size: ", first.nx, " x ", first.ny, " x ", first.nz,
                                         " against ", second.nx, " x ", second.ny, " x ",
                                         second.nz));
    return result;
  }
  const auto compare = [&](const char* name, const auto& x, const auto& y) {
    RealDifference difference(options);
    const std::vector<double> p(x.begin(), x.end()), q(y.begin(), y.end());
    difference.measure(p);
    difference.add(p, q);
    if (const auto words = difference.words()) result.differences.push_back(name + (": " + *words));
  };
  compare("voxel size", std::vector{first.voxel_size_A}, std::vector{second.voxel_size_A});
  compare("voxels", first.values, second.values);
  return result;
}

Comparison compare_frames(const std::filesystem::path& a, const std::filesystem::path& b) {
  constexpr std::size_t kBlock = 1000;
  const auto first = open_frames({a}), second = open_frames({b});
  Comparison result{.differences = {}, .compared = first->frames()};
  if (first->frames() != second->frames() || first->pixels() != second->pixels()) {
    result.differences.push_back(text_of(first->frames(), " frames of ", first->pixels(),
                                         " pixels against ", second->frames(), " of ",
                                         second->pixels()));
    return result;
  }
  for (std::size_t start = 0; start < first->frames(); start += kBlock) {
    const FrameBlock x = first->read(start, kBlock), y = second->read(start, kBlock);
    if (x.start == y.start && x.pixel == y.pixel && x.count == y.count) continue;
    for (std::size_t i = 0; i < x.frames(); ++i) {
      const auto photons = [i](const FrameBlock& block, const std::vector<std::uint32_t>& values) {
        return std::vector(values.begin() + static_cast<std::ptrdiff_t>(block.start[i]),
                           values.begin() + static_cast<std::ptrdiff_t>(block.start[i + 1]));
      };
      if (photons(x, x.pixel) != photons(y, y.pixel) || photons(x, x.count) != photons(y, y.count))
        result.differences.push_back(text_of("frame ", start + i, " differs"));
    }
  }
  return result;
}

Comparison compare_bytes(const ByteFile& a, const ByteFile& b) {
  constexpr std::uint64_t kBlock = 1 << 22;
  Comparison result{.differences = {}, .compared = 1};
  const std::uint64_t common = std::min(a.size(), b.size());
  for (std::uint64_t offset = 0; offset < common; offset += kBlock) {
    const std::uint64_t n = std::min(kBlock, common - offset);
    const auto x = a.read<char>(offset, n), y = b.read<char>(offset, n);
    const auto [p, q] = std::ranges::mismatch(x, y);
    if (p == x.end()) continue;
    result.differences.push_back(text_of(
        "the bytes differ from byte ", offset + static_cast<std::uint64_t>(p - x.begin()), " on"));
    return result;
  }
  if (a.size() != b.size())
    result.differences.push_back(text_of("size: ", a.size(), " bytes against ", b.size()));
  return result;
}

enum class Kind { hdf5, mrc, emc, text, bytes };
constexpr std::array<const char*, 5> kKindNames{"an HDF5 file", "an MRC file", "a frame file",
                                                "a text", "another kind of file"};

Kind kind_of(const std::filesystem::path& path) {
  if (h5::File::is_hdf5(path)) return Kind::hdf5;
  if (is_mrc(path)) return Kind::mrc;
  if (path.extension() == ".emc") return Kind::emc;
  constexpr std::uint64_t kSample = 4096;
  const ByteFile file(path);
  const auto bytes = file.read<char>(0, std::min(kSample, file.size()));
  return std::ranges::count(bytes, '\0') == 0 && !is_npy(path) ? Kind::text : Kind::bytes;
}

}  // namespace

Comparison compare_files(const std::filesystem::path& a, const std::filesystem::path& b,
                         const CompareOptions& options) {
  check_options(options);
  const Kind kind = kind_of(a), other = kind_of(b);
  if (kind != other)
    fail_usage(a.string(), " is ", kKindNames[static_cast<std::size_t>(kind)], ", ", b.string(),
               " is ", kKindNames[static_cast<std::size_t>(other)]);
  switch (kind) {
    case Kind::hdf5:
      return compare_hdf5(h5::File::open(a), h5::File::open(b), options);
    case Kind::mrc:
      return compare_volumes(a, b, options);
    case Kind::emc:
      return compare_frames(a, b);
    case Kind::text:
      return compare_texts(ByteFile(a), ByteFile(b), options);
    case Kind::bytes:
      break;
  }
  return compare_bytes(ByteFile(a), ByteFile(b));
}

}  // namespace spi
