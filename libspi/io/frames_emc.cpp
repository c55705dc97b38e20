// SPDX-License-Identifier: GPL-3.0-or-later
// Dragonfly's binary .emc: header of 1024 bytes, ones[N], multi[N], then all places and counts.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "libspi/io/atomic_file.h"
#include "libspi/io/byte_file.h"
#include "libspi/io/frame_files.h"

namespace spi {
namespace {

constexpr std::uint64_t kHeaderBytes = 1024;
enum EmcType : std::int32_t { kSparse = 0, kDenseInteger = 1, kDenseReal = 2 };

struct EmcHeader {
  std::uint64_t frames = 0, pixels = 0;
  std::int32_t type = kSparse;
};

EmcHeader read_header(const ByteFile& file) {
  const std::string name = file.path().string();
  if (file.size() < kHeaderBytes)
    fail(name, " is no frame file: neither HDF5 nor a Dragonfly .emc, whose header alone has ",
         kHeaderBytes, " bytes (found ", file.size(), ")");
  const auto words = file.read<std::int32_t>(0, 3);
  if (words[0] < 0 || words[1] <= 0 || words[2] < kSparse || words[2] > kDenseReal)
    fail(name, " is no frame file: neither HDF5 nor a Dragonfly .emc (its header would mean ",
         words[0], " frames of ", words[1], " pixels, type ", words[2], ")");
  return {static_cast<std::uint64_t>(words[0]), static_cast<std::uint64_t>(words[1]), words[2]};
}

void check_size(const ByteFile& file, const EmcHeader& header, std::uint64_t expected,
                const char* formula) {
  if (file.size() == expected) return;
  fail(file.path().string(), file.size() < expected ? " is cut short" : " is too long", ": ",
       header.frames, " frames of ", header.pixels, " pixels take ", expected, " bytes (", formula,
       "), the file has ", file.size());
}

/// Sparse frames. Of the offsets only every 256th is kept: 1/16 byte a frame.
class SparseEmc : public FrameReader {
 public:
  SparseEmc(std::unique_ptr<ByteFile> file, const EmcHeader& header, std::uint64_t first_id)
      : file_(std::move(file)),
        header_(header),
        first_id_(first_id),
        joiner_(file_->path().string(), header.pixels) {
    index_frames();
  }

  std::size_t frames() const override { return header_.frames; }
  std::size_t pixels() const override { return header_.pixels; }
  FrameBlock read(std::size_t first, std::size_t n) override;
  std::vector<std::uint64_t> ids() const override { return numbered_ids(first_id_, frames()); }
  std::string kind() const override { return "Dragonfly emc (binary, sparse)"; }

 private:
  static constexpr std::uint64_t kStride = 256;
  struct Offsets {
    std::uint64_t ones = 0, multi = 0;
  };

  std::vector<std::int32_t> lengths(bool multi, std::uint64_t first, std::uint64_t n) const {
    return file_->read<std::int32_t>(kHeaderBytes + 4 * (first + (multi ? header_.frames : 0)), n);
  }
  void index_frames();

  std::unique_ptr<ByteFile> file_;
  EmcHeader header_;
  std::uint64_t first_id_;
  FrameJoiner joiner_;
  std::vector<Offsets> every_;  ///< offsets of frames 0, 256, 512, ...
  Offsets total_;
};

void SparseEmc::index_frames() {
  if (file_->size() < kHeaderBytes + 8 * header_.frames)
    check_size(*file_, header_, kHeaderBytes + 8 * header_.frames, "1024 + 8 N at the very least");
  for (std::uint64_t first = 0; first < header_.frames; first += kStride) {
    const std::uint64_t n = std::min(kStride, header_.frames - first);
    const auto ones = lengths(false, first, n), multi = lengths(true, first, n);
    every_.push_back(total_);
    for (std::uint64_t i = 0; i < n; ++i) {
      if (ones[i] < 0 || multi[i] < 0)
        fail(file_->path().string(), ": frame ", first + i, " claims ", ones[i],
             " pixels of one photon and ", multi[i], " of more");
      total_.ones += static_cast<std::uint64_t>(ones[i]);
      total_.multi += static_cast<std::uint64_t>(multi[i]);
    }
  }
  check_size(*file_, header_,
             kHeaderBytes + 8 * header_.frames + 4 * total_.ones + 8 * total_.multi,
             "1024 + 8 N + 4 ones + 8 multi");
}

FrameBlock SparseEmc::read(std::size_t first, std::size_t n) {
  FrameBlock block;
  block.start = {0};
  if (first >= header_.frames) return block;
  n = std::min(n, header_.frames - first);
  const std::uint64_t known = first / kStride * kStride, skip = first - known;
  const auto ones = lengths(false, known, skip + n), multi = lengths(true, known, skip + n);
  Offsets begin = every_[known / kStride], length;
  for (std::uint64_t i = 0; i < skip + n; ++i) {
    Offsets& sum = i < skip ? begin : length;
    sum.ones += static_cast<std::uint64_t>(ones[i]);
    sum.multi += static_cast<std::uint64_t>(multi[i]);
  }
  const std::uint64_t places = kHeaderBytes + 8 * header_.frames;
  const std::uint64_t multi_places = places + 4 * total_.ones;
  const std::uint64_t counts = multi_places + 4 * total_.multi;
  const auto place_ones = file_->read<std::int32_t>(places + 4 * begin.ones, length.ones);
  const auto place_multi = file_->read<std::int32_t>(multi_places + 4 * begin.multi, length.multi);
  const auto count_multi = file_->read<std::int32_t>(counts + 4 * begin.multi, length.multi);
  std::span<const std::int32_t> ones_left(place_ones), multi_left(place_multi),
      counts_left(count_multi);
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto n_ones = static_cast<std::size_t>(ones[skip + i]);
    const auto n_multi = static_cast<std::size_t>(multi[skip + i]);
    joiner_.append(block, first_id_ + first + i, first + i, ones_left.first(n_ones),
                   multi_left.first(n_multi), counts_left.first(n_multi));
    ones_left = ones_left.subspan(n_ones);
    multi_left = multi_left.subspan(n_multi);
    counts_left = counts_left.subspan(n_multi);
  }
  return block;
}

/// Dense frames of int32 or float64.
template <class T>
class DenseEmc : public FrameReader {
 public:
  DenseEmc(std::unique_ptr<ByteFile> file, const EmcHeader& header, std::uint64_t first_id)
      : file_(std::move(file)), header_(header), first_id_(first_id) {
    std::uint64_t bytes = 0;  // N P has 62 bits at most, 8 N P may have more than 64
    if (__builtin_mul_overflow(header.frames * header.pixels, sizeof(T), &bytes))
      bytes = std::numeric_limits<std::uint64_t>::max() - kHeaderBytes;
    check_size(*file_, header_, kHeaderBytes + bytes,
               sizeof(T) == 4 ? "1024 + 4 N P" : "1024 + 8 N P");
  }

  std::size_t frames() const override { return header_.frames; }
  std::size_t pixels() const override { return header_.pixels; }
  std::vector<std::uint64_t> ids() const override { return numbered_ids(first_id_, frames()); }
  std::string kind() const override {
    return sizeof(T) == 4 ? "Dragonfly emc (binary, dense integers)"
                          : "Dragonfly emc (binary, dense reals)";
  }
  FrameBlock read(std::size_t first, std::size_t n) override {
    FrameBlock block;
    block.start = {0};
    if (first >= header_.frames) return block;
    std::vector<std::uint32_t> counts(header_.pixels);
    for (std::size_t i = first; i < first + std::min(n, header_.frames - first); ++i) {
      const auto values =
          file_->read<T>(kHeaderBytes + sizeof(T) * i * header_.pixels, counts.size());
      for (std::size_t k = 0; k < counts.size(); ++k) counts[k] = photons(values[k], i, k);
      block.append_dense(first_id_ + i, counts);
    }
    return block;
  }

 private:
  /// The nearest whole number where the value is one within a thousandth.
  std::uint32_t photons(T value, std::size_t frame, std::size_t pixel) const {
    constexpr double kSlack = 1e-3;
    const auto number = static_cast<double>(value), whole = std::round(number);
    if (!(whole >= 0 && whole <= std::numeric_limits<std::uint32_t>::max()) ||
        std::abs(number - whole) > kSlack)
      fail(file_->path().string(), ": frame ", frame, " has the value ", number, " on pixel ",
           pixel, ", which is no number of photons");
    return static_cast<std::uint32_t>(whole);
  }

  std::unique_ptr<ByteFile> file_;
  EmcHeader header_;
  std::uint64_t first_id_;
};

/// All lengths stand before all places, so the five arrays are collected in side files, which
/// vanish, and joined at the end: the disk holds the data twice for that moment.
class EmcWriter : public FrameWriter {
 public:
  EmcWriter(const std::filesystem::path& path, std::size_t pixels)
      : target_(path), pixels_(pixels) {
    if (pixels > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
      fail("a Dragonfly .emc file holds fewer than 2^31 pixels, not ", pixels);
    for (std::size_t i = 0; i < kParts; ++i) {
      parts_[i].file = std::make_unique<AtomicFile>(path.string() + kPartNames[i]);
      parts_[i].writer = std::make_unique<ByteWriter>(parts_[i].file->temporary());
    }
  }

  void append(const FrameBlock& block) override {
    for (std::size_t i = 0; i < block.frames(); ++i) {
      const DragonflyFrame frame = split_frame(block, i, pixels_);
      parts_[0].writer->write(std::vector{static_cast<std::int32_t>(frame.place_ones.size())});
      parts_[1].writer->write(std::vector{static_cast<std::int32_t>(frame.place_multi.size())});
      parts_[2].writer->write(frame.place_ones);
      parts_[3].writer->write(frame.place_multi);
      parts_[4].writer->write(frame.count_multi);
    }
    frames_ += block.frames();
  }

  void finish() override {
    if (frames_ > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
      fail("a Dragonfly .emc file holds fewer than 2^31 frames, not ", frames_);
    ByteWriter out(target_.temporary());
    std::vector<std::int32_t> header(kHeaderBytes / 4);
    header[0] = static_cast<std::int32_t>(frames_);
    header[1] = static_cast<std::int32_t>(pixels_);
    out.write(header);
    for (Part& part : parts_) {
      part.writer->close();
      copy_into(out, part.file->temporary());
      part.file.reset();
    }
    out.close();
    target_.commit();
  }

 private:
  static constexpr std::size_t kParts = 5;
  static constexpr std::array<const char*, kParts> kPartNames{".ones", ".multi", ".place_ones",
                                                              ".place_multi", ".count_multi"};
  struct Part {
    std::unique_ptr<AtomicFile> file;  ///< never committed
    std::unique_ptr<ByteWriter> writer;
  };

  static void copy_into(ByteWriter& out, const std::filesystem::path& path) {
    constexpr std::uint64_t kChunk = 1 << 22;
    const ByteFile in(path);
    for (std::uint64_t offset = 0; offset < in.size(); offset += kChunk)
      out.write(in.read<char>(offset, std::min(kChunk, in.size() - offset)));
  }

  AtomicFile target_;
  std::size_t pixels_, frames_ = 0;
  std::array<Part, kParts> parts_;
};

}  // namespace

std::unique_ptr<FrameReader> open_emc(const std::filesystem::path& path, std::uint64_t first_id) {
  auto file = std::make_unique<ByteFile>(path);
  const EmcHeader header = read_header(*file);
  if (header.type == kSparse) return std::make_unique<SparseEmc>(std::move(file), header, first_id);
  if (header.type == kDenseInteger)
    return std::make_unique<DenseEmc<std::int32_t>>(std::move(file), header, first_id);
  return std::make_unique<DenseEmc<double>>(std::move(file), header, first_id);
}

std::unique_ptr<FrameWriter> create_emc(const std::filesystem::path& path, std::size_t pixels) {
  return std::make_unique<EmcWriter>(path, pixels);
}

}  // namespace spi
