// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns in plain binary files: NumPy .npy and MRC stacks.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "libspi/io/byte_file.h"
#include "libspi/io/stack_source.h"

namespace spi {
namespace {

/// Reads elements [first, first + n) that start at byte `offset` and turns them into float.
using Converter = void (*)(const ByteFile& file, std::uint64_t offset, std::uint64_t first,
                           std::size_t n, float* out);

template <class T>
void convert(const ByteFile& file, std::uint64_t offset, std::uint64_t first, std::size_t n,
             float* out) {
  const auto values = file.read<T>(offset + sizeof(T) * first, n);
  std::ranges::transform(values, out, [](T value) { return static_cast<float>(value); });
}

struct ElementType {
  const char* name;  ///< NumPy's, or the MRC mode
  std::size_t bytes;
  Converter convert;
};

constexpr ElementType kNumpyTypes[] = {
    {"<f4", 4, convert<float>},         {"<f8", 8, convert<double>},
    {"|i1", 1, convert<std::int8_t>},   {"<i2", 2, convert<std::int16_t>},
    {"<i4", 4, convert<std::int32_t>},  {"<i8", 8, convert<std::int64_t>},
    {"|u1", 1, convert<std::uint8_t>},  {"<u2", 2, convert<std::uint16_t>},
    {"<u4", 4, convert<std::uint32_t>}, {"<u8", 8, convert<std::uint64_t>},
    {"|b1", 1, convert<std::uint8_t>}};
constexpr ElementType kMrcTypes[] = {{"0", 1, convert<std::int8_t>},
                                     {"1", 2, convert<std::int16_t>},
                                     {"2", 4, convert<float>},
                                     {"6", 2, convert<std::uint16_t>}};

/// A block of equal elements after a header.
class BinarySource : public StackSource {
 public:
  BinarySource(std::unique_ptr<ByteFile> file, std::uint64_t offset, const ElementType& type,
               const std::array<std::uint64_t, 3>& shape)
      : file_(std::move(file)), offset_(offset), type_(type) {
    std::uint64_t bytes = type.bytes;
    bool fits = true;
    for (const std::uint64_t n : shape) fits = fits && !__builtin_mul_overflow(bytes, n, &bytes);
    if (!fits || bytes > file_->size() - offset)
      fail(file_->path().string(), " is cut short: patterns of shape ",
           h5::print({shape[0], shape[1], shape[2]}), " do not fit in its ", file_->size(),
           " bytes");
    info.count = shape[0];
    info.rows = shape[1];
    info.columns = shape[2];
  }
  void read(std::size_t first, std::size_t n, float* intensity, float*) override {
    const std::size_t area = info.rows * info.columns;
    type_.convert(*file_, offset_, std::uint64_t{first} * area, n * area, intensity);
  }

 private:
  std::unique_ptr<ByteFile> file_;
  std::uint64_t offset_;
  ElementType type_;
};

constexpr std::string_view kNumpyMagic{"\x93NUMPY", 6};

/// What follows `'key':` in the header, a Python dictionary.
std::string_view dictionary_value(std::string_view header, std::string_view key,
                                  const std::string& name) {
  const auto found = header.find(key);
  const auto colon = header.find(':', found == header.npos ? header.size() : found);
  if (colon == header.npos) fail(name, ": the .npy header lacks ", key);
  const auto start = header.find_first_not_of(' ', colon + 1);
  return start == header.npos ? std::string_view{} : header.substr(start);
}

std::vector<std::uint64_t> parse_shape(std::string_view text, const std::string& name) {
  std::vector<std::uint64_t> shape;
  const auto end = text.find(')');
  if (!text.starts_with('(') || end == text.npos) fail(name, ": the .npy header has no shape");
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string number(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (number.find_first_not_of(' ') == number.npos) continue;
    const long long value = parse_integer(number);
    if (value < 0) fail(name, ": the .npy header has a negative shape");
    shape.push_back(static_cast<std::uint64_t>(value));
  }
  return shape;
}

bool has_bytes(const std::filesystem::path& path, std::uint64_t offset, std::string_view expected) {
  const ByteFile file(path);
  if (file.size() < offset + expected.size()) return false;
  const auto bytes = file.read<char>(offset, expected.size());
  return std::string_view(bytes.data(), bytes.size()) == expected;
}

}  // namespace

bool is_npy(const std::filesystem::path& path) { return has_bytes(path, 0, kNumpyMagic); }
bool is_mrc(const std::filesystem::path& path) {
  return has_bytes(path, 208, "MAP ") || has_bytes(path, 208, std::string_view("MAP\0", 4));
}

std::unique_ptr<StackSource> open_npy_stack(const std::filesystem::path& path) {
  auto file = std::make_unique<ByteFile>(path);
  const std::string name = path.string();
  const auto head = file->read<std::uint8_t>(0, 12);
  const bool is_old = head[6] == 1;  // header length in 2 bytes, later in 4
  std::uint64_t length = head[8] | (std::uint64_t{head[9]} << 8), start = 10;
  if (!is_old) {
    length |= (std::uint64_t{head[10]} << 16) | (std::uint64_t{head[11]} << 24);
    start = 12;
  }
  const auto bytes = file->read<char>(start, length);
  const std::string_view header(bytes.data(), bytes.size());
  if (!dictionary_value(header, "'fortran_order'", name).starts_with("False"))
    fail(name, " is in Fortran order: save it in C order (numpy.ascontiguousarray)");
  const std::string_view descr = dictionary_value(header, "'descr'", name);
  const auto type = std::ranges::find_if(kNumpyTypes, [&](const ElementType& candidate) {
    return descr.substr(std::min<std::size_t>(1, descr.size())).starts_with(candidate.name);
  });
  if (type == std::end(kNumpyTypes))
    fail(name, " holds elements of type ", descr.substr(0, descr.find(',')),
         ": little-endian integers, reals and booleans can be read");
  auto shape = parse_shape(dictionary_value(header, "'shape'", name), name);
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  if (shape.size() != 3)
    fail(name, " has ", shape.size(),
         " dimensions, a stack of patterns has three (one pattern two)");
  auto source = std::make_unique<BinarySource>(std::move(file), start + length, *type,
                                               std::array{shape[0], shape[1], shape[2]});
  source->info.kind = "NumPy array";
  return source;
}

std::unique_ptr<StackSource> open_mrc_stack(const std::filesystem::path& path) {
  constexpr std::uint64_t kHeaderBytes = 1024;
  constexpr std::size_t kMode = 3, kSpaceGroup = 22, kExtendedBytes = 23;
  auto file = std::make_unique<ByteFile>(path);
  const auto words = file->read<std::int32_t>(0, kHeaderBytes / 4);
  const std::string name = path.string(), mode = std::to_string(words[kMode]);
  const auto type = std::ranges::find_if(
      kMrcTypes, [&](const ElementType& candidate) { return mode == candidate.name; });
  if (words[0] <= 0 || words[1] <= 0 || words[2] <= 0 || words[kExtendedBytes] < 0)
    fail(name, ": the MRC header claims ", words[0], " x ", words[1], " x ", words[2],
         " points after ", words[kExtendedBytes],
         " bytes of extended header (damaged, or a big-endian file)");
  if (type == std::end(kMrcTypes)) fail(name, ": MRC mode ", mode, " cannot be read as patterns");
  if (words[kSpaceGroup] != 0 && path.extension() != ".mrcs")
    fail(name, " is a volume, not a stack of patterns (space group ", words[kSpaceGroup],
         "): a stack is named .mrcs or has space group 0");
  const std::uint64_t offset = kHeaderBytes + static_cast<std::uint64_t>(words[kExtendedBytes]);
  if (offset > file->size()) fail(name, " is cut short in its extended header");
  auto source = std::make_unique<BinarySource>(
      std::move(file), offset, *type,
      std::array<std::uint64_t, 3>{static_cast<std::uint64_t>(words[2]),
                                   static_cast<std::uint64_t>(words[1]),
                                   static_cast<std::uint64_t>(words[0])});
  source->info.kind = "MRC stack";
  return source;
}

}  // namespace spi
