// SPDX-License-Identifier: GPL-3.0-or-later
// Frames in HDF5: ours (compressed rows, chunked) and Dragonfly's (variable-length lists).
#include <algorithm>
#include <limits>

#include "libspi/io/atomic_file.h"
#include "libspi/io/frame_files.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

/// Our frames.h5: frame_start [N+1] u8, pixel [nnz] u4, count [nnz], id [N] u8, /detector.
class SpiFrames : public FrameReader {
 public:
  enum class Extent { whole, so_far };

  SpiFrames(h5::File file, Extent extent)
      : file_(std::move(file)), detector_(read_detector(file_, "/detector")) {
    const std::size_t starts_there = length("frame_start");
    frames_ = length("id");
    photons_ = length("pixel");
    if (extent == Extent::so_far) {
      photons_ = std::min(photons_, length("count"));
      frames_ = frames_so_far(std::min(frames_ + 1, starts_there));
      return;
    }
    file_.require_shape("frame_start", {frames_ + 1});
    file_.require_shape("count", {photons_});
    const auto first = starts(0, 1), last = starts(frames_, 1);
    if (first[0] != 0 || last[0] != photons_)
      fail(name(), ": frame_start runs from ", first[0], " to ", last[0], ", but there are ",
           photons_, " entries of pixel");
  }

  std::size_t frames() const override { return frames_; }
  std::size_t pixels() const override { return detector_.pixels(); }
  std::optional<Detector> detector() const override { return detector_; }
  std::vector<std::uint64_t> ids() const override {
    return read_part<std::uint64_t>("id", 0, frames_);
  }
  std::string kind() const override { return "spi frames"; }

  FrameBlock read(std::size_t first, std::size_t n) override {
    FrameBlock block;
    block.start = {0};
    if (first >= frames_) return block;
    n = std::min(n, frames_ - first);
    block.start = starts(first, n + 1);
    const std::uint64_t base = block.start.front();
    for (std::size_t i = 0; i < n; ++i)
      if (block.start[i] > block.start[i + 1] || block.start[i + 1] > photons_)
        fail(name(), ": frame_start of frame ", first + i + 1, " is out of order");
    block.id = read_part<std::uint64_t>("id", first, n);
    block.pixel = read_part<std::uint32_t>("pixel", base, block.start.back() - base);
    block.count = read_part<std::uint32_t>("count", base, block.start.back() - base);
    for (std::uint64_t& start : block.start) start -= base;
    for (std::size_t i = 0; i < n; ++i) check_frame(block, i, first + i);
    return block;
  }

 private:
  std::string name() const { return file_.path().string(); }
  std::size_t length(const char* dataset) const {
    const h5::Shape shape = file_.shape(dataset);
    if (shape.size() != 1) fail(name(), ": ", dataset, " must have one dimension");
    return shape[0];
  }
  /// The last of so many values of frame_start that tells of photons that are there. Rows that the
  /// file has room for but that nobody has written yet read as 0.
  std::size_t frames_so_far(std::size_t count) const {
    for (std::size_t last = count; last > 0;) {
      const std::size_t first = last > kStarts ? last - kStarts : 0;
      const auto values = starts(first, last - first);
      for (; last > first; --last)
        if (const auto value = values[last - 1 - first]; value > 0 && value <= photons_)
          return last - 1;
    }
    return 0;
  }
  template <class T>
  std::vector<T> read_part(const char* dataset, std::size_t first, std::size_t n) const {
    std::vector<T> values(n);
    if (n > 0) file_.read_box(dataset, {first}, {n}, values.data());
    return values;
  }
  std::vector<std::uint64_t> starts(std::size_t first, std::size_t n) const {
    return read_part<std::uint64_t>("frame_start", first, n);
  }
  void check_frame(const FrameBlock& block, std::size_t i, std::size_t index) const {
    for (std::uint64_t k = block.start[i]; k < block.start[i + 1]; ++k) {
      if (block.pixel[k] >= pixels())
        fail(name(), ": frame ", index, " has a photon on pixel ", block.pixel[k],
             ", the detector has ", pixels(), " pixels");
      if (block.count[k] == 0)
        fail(name(), ": frame ", index, " has 0 photons on pixel ", block.pixel[k]);
      if (k > block.start[i] && block.pixel[k] <= block.pixel[k - 1])
        fail(name(), ": the pixels of frame ", index, " are not in ascending order");
    }
  }

  static constexpr std::size_t kStarts = 4096;  ///< values of frame_start looked at together

  h5::File file_;
  Detector detector_;
  std::size_t frames_ = 0, photons_ = 0;
};

class DragonflyFrames : public FrameReader {
 public:
  DragonflyFrames(h5::File file, std::uint64_t first_id)
      : file_(std::move(file)),
        pixels_(read_pixels(file_)),
        first_id_(first_id),
        joiner_(file_.path().string(), pixels_) {
    const h5::Shape shape = file_.shape("place_ones");
    if (shape.size() != 1) fail(file_.path().string(), ": place_ones must have one dimension");
    frames_ = shape[0];
    file_.require_shape("place_multi", shape);
    file_.require_shape("count_multi", shape);
  }

  std::size_t frames() const override { return frames_; }
  std::size_t pixels() const override { return pixels_; }
  std::vector<std::uint64_t> ids() const override { return numbered_ids(first_id_, frames_); }
  std::string kind() const override { return "Dragonfly emc (HDF5)"; }

  FrameBlock read(std::size_t first, std::size_t n) override {
    FrameBlock block;
    block.start = {0};
    if (first >= frames_) return block;
    n = std::min(n, frames_ - first);
    const auto ones = file_.read_lists("place_ones", first, n);
    const auto multi = file_.read_lists("place_multi", first, n);
    const auto counts = file_.read_lists("count_multi", first, n);
    for (std::size_t i = 0; i < n; ++i) {
      if (multi[i].size() != counts[i].size())
        fail(file_.path().string(), ": frame ", first + i, " has ", multi[i].size(),
             " places of several photons but ", counts[i].size(), " counts");
      joiner_.append(block, first_id_ + first + i, first + i, ones[i], multi[i], counts[i]);
    }
    return block;
  }

 private:
  static std::size_t read_pixels(const h5::File& file) {
    const auto pixels = file.read_scalar<std::int64_t>("num_pix");
    if (pixels <= 0) fail(file.path().string(), ": num_pix is ", pixels);
    return static_cast<std::size_t>(pixels);
  }

  h5::File file_;
  std::size_t pixels_, frames_ = 0;
  std::uint64_t first_id_;
  FrameJoiner joiner_;
};

/// A new HDF5 file that appears at finish(), its frames collected until a write is worth it.
class Hdf5Writer : public FrameWriter {
 public:
  explicit Hdf5Writer(const std::filesystem::path& path)
      : target_(path), file_(h5::File::create(target_.temporary())) {
    pending_.start = {0};
  }

  void append(const FrameBlock& block) override {
    constexpr std::size_t kPhotons = 1 << 20, kFrames = 1 << 14;
    pending_.append(block);
    if (pending_.pixel.size() >= kPhotons || pending_.frames() >= kFrames) write_pending();
  }
  void finish() override {
    write_pending();
    file_.close();
    target_.commit();
  }

 protected:
  virtual void write(const FrameBlock& block) = 0;
  h5::File& hdf5() { return file_; }

 private:
  void write_pending() {
    if (pending_.frames() > 0) write(pending_);
    pending_.clear();
    pending_.start = {0};
  }

  AtomicFile target_;
  h5::File file_;
  FrameBlock pending_;
};

class SpiWriter : public Hdf5Writer {
 public:
  SpiWriter(const std::filesystem::path& path, const Detector& detector,
            const Provenance& provenance)
      : Hdf5Writer(path), pixels_(detector.pixels()) {
    const h5::Layout rows{.chunk = {1 << 14}, .growable = true};
    const h5::Layout places{.chunk = {1 << 16}, .growable = true};
    // Most counts are 1: they pack to almost nothing.
    const h5::Layout counts{.chunk = {1 << 16}, .deflate = 1, .growable = true};
    write_record(hdf5(), "spi-frames", provenance);
    write_detector(hdf5(), "/detector", detector);
    hdf5().create_dataset<std::uint64_t>("frame_start", {0}, rows);
    hdf5().create_dataset<std::uint64_t>("id", {0}, rows);
    hdf5().create_dataset<std::uint32_t>("pixel", {0}, places);
    hdf5().create_dataset<std::uint32_t>("count", {0}, counts);
    hdf5().append("frame_start", std::span<const std::uint64_t>(&total_, 1));
  }

  h5::File* file() override { return &hdf5(); }

 protected:
  void write(const FrameBlock& block) override {
    for (std::size_t k = 0; k < block.pixel.size(); ++k)
      SPI_ASSERT(block.pixel[k] < pixels_ && block.count[k] > 0);
    std::vector<std::uint64_t> starts(block.start.begin() + 1, block.start.end());
    for (std::uint64_t& start : starts) start += total_;
    total_ = starts.back();
    hdf5().append("frame_start", std::span<const std::uint64_t>(starts));
    hdf5().append("id", std::span<const std::uint64_t>(block.id));
    hdf5().append("pixel", std::span<const std::uint32_t>(block.pixel));
    hdf5().append("count", std::span<const std::uint32_t>(block.count));
  }

 private:
  std::size_t pixels_;
  std::uint64_t total_ = 0;
};

class DragonflyWriter : public Hdf5Writer {
 public:
  DragonflyWriter(const std::filesystem::path& path, std::size_t pixels)
      : Hdf5Writer(path), pixels_(pixels) {
    if (pixels > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
      fail("a Dragonfly frame file holds fewer than 2^31 pixels, not ", pixels);
    hdf5().write("num_pix", std::vector{static_cast<std::int32_t>(pixels)});
    for (const char* name : {"place_ones", "place_multi", "count_multi"}) hdf5().create_lists(name);
  }

 protected:
  void write(const FrameBlock& block) override {
    std::vector<std::vector<std::int32_t>> ones, multi, counts;
    for (std::size_t i = 0; i < block.frames(); ++i) {
      DragonflyFrame frame = split_frame(block, i, pixels_);
      ones.push_back(std::move(frame.place_ones));
      multi.push_back(std::move(frame.place_multi));
      counts.push_back(std::move(frame.count_multi));
    }
    hdf5().append_lists("place_ones", ones);
    hdf5().append_lists("place_multi", multi);
    hdf5().append_lists("count_multi", counts);
  }

 private:
  std::size_t pixels_;
};

}  // namespace

std::unique_ptr<FrameReader> open_spi_frames(h5::File file) {
  return std::make_unique<SpiFrames>(std::move(file), SpiFrames::Extent::whole);
}
std::unique_ptr<FrameReader> open_spi_frames_so_far(h5::File file) {
  return std::make_unique<SpiFrames>(std::move(file), SpiFrames::Extent::so_far);
}
std::unique_ptr<FrameReader> open_dragonfly_frames(h5::File file, std::uint64_t first_id) {
  return std::make_unique<DragonflyFrames>(std::move(file), first_id);
}
std::unique_ptr<FrameWriter> create_spi_frames(const std::filesystem::path& path,
                                               const Detector& detector,
                                               const Provenance& provenance) {
  return std::make_unique<SpiWriter>(path, detector, provenance);
}
std::unique_ptr<FrameWriter> create_dragonfly_frames(const std::filesystem::path& path,
                                                     std::size_t pixels) {
  return std::make_unique<DragonflyWriter>(path, pixels);
}

}  // namespace spi
