// SPDX-License-Identifier: GPL-3.0-or-later
// Sparse photon frames: streamed from any of the field's files, written to three of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/io/detector.h"
#include "libspi/io/hdf5.h"

namespace spi {

/// Consecutive frames in compressed rows: the photons of frame i are entries
/// [start[i], start[i+1]) of `pixel` (flat detector index, ascending) and `count` (>= 1).
struct FrameBlock {
  std::vector<std::uint64_t> id;     ///< [n] stable frame id
  std::vector<std::uint64_t> start;  ///< [n+1], start[0] == 0
  std::vector<std::uint32_t> pixel;  ///< [start[n]]
  std::vector<std::uint32_t> count;  ///< [start[n]]

  std::size_t frames() const { return id.size(); }
  void clear();
  void append(const FrameBlock& more);
  /// Appends a frame given as dense counts [P].
  void append_dense(std::uint64_t frame_id, const std::vector<std::uint32_t>& counts);
};

/// Reads frames in order or at random; never holds more than the block asked for.
class FrameReader {
 public:
  virtual ~FrameReader() = default;
  virtual std::size_t frames() const = 0;
  virtual std::size_t pixels() const = 0;
  /// Frames [first, first + n), clipped to the file's end. UserError where the file is damaged:
  /// a pixel index out of range, a count below 1.
  virtual FrameBlock read(std::size_t first, std::size_t n) = 0;
  /// [frames()] the ids of all frames.
  virtual std::vector<std::uint64_t> ids() const = 0;
  /// The detector inside the file, if any.
  virtual std::optional<Detector> detector() const { return std::nullopt; }
  /// In words: "Dragonfly emc (binary)".
  virtual std::string kind() const = 0;
};

/// Where the number of a file begins in the ids of its frames: room for 10^12 frames in a file.
inline constexpr int kFileIdShift = 40;

/// Our frames.h5, Dragonfly .emc (binary: sparse and dense) and Dragonfly HDF5 photon files, told
/// by content. Frames of file number k of the list get the ids (k << 40) + index, except ours,
/// which carry their own. Several files of the same pixel count read as one; an id that two of
/// them have is a UserError.
std::unique_ptr<FrameReader> open_frames(const std::vector<std::filesystem::path>& paths);

enum class FrameFormat { spi, emc, dragonfly };
template <>
struct EnumNames<FrameFormat> {
  static constexpr std::array<std::string_view, 3> values{"spi", "emc", "dragonfly"};
};

/// Streams frames to one file; the file appears, whole, at finish().
class FrameWriter {
 public:
  virtual ~FrameWriter() = default;
  virtual void append(const FrameBlock& block) = 0;
  virtual void finish() = 0;
  /// Our format: the file under way, for more groups (truth/...) before finish(). Others: nullptr.
  virtual h5::File* file() { return nullptr; }
};

/// Our format also stores the detector (group /detector) and the provenance. The .emc writer
/// needs room for the data twice while finish() joins its side files.
std::unique_ptr<FrameWriter> create_frames(const std::filesystem::path& path, FrameFormat format,
                                           const Detector& detector, const Provenance& provenance);

}  // namespace spi
