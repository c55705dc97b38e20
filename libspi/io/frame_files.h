// SPDX-License-Identifier: GPL-3.0-or-later
// The readers and writers behind open_frames and create_frames, one pair per format.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "libspi/io/frames.h"

namespace spi {

/// `first_id`: id of frame 0 where the format has none.
std::unique_ptr<FrameReader> open_emc(const std::filesystem::path& path, std::uint64_t first_id);
std::unique_ptr<FrameReader> open_dragonfly_frames(h5::File file, std::uint64_t first_id);
std::unique_ptr<FrameReader> open_spi_frames(h5::File file);
/// The frames that are whole in a file that may still be written.
std::unique_ptr<FrameReader> open_spi_frames_so_far(h5::File file);

std::unique_ptr<FrameWriter> create_emc(const std::filesystem::path& path, std::size_t pixels);
std::unique_ptr<FrameWriter> create_dragonfly_frames(const std::filesystem::path& path,
                                                     std::size_t pixels);
std::unique_ptr<FrameWriter> create_spi_frames(const std::filesystem::path& path,
                                               const Detector& detector,
                                               const Provenance& provenance);

/// first_id, first_id + 1, ...
std::vector<std::uint64_t> numbered_ids(std::uint64_t first_id, std::size_t frames);

/// Dragonfly's split of a frame: pixels with one photon, and pixels with more and how many.
struct DragonflyFrame {
  std::vector<std::int32_t> place_ones, place_multi, count_multi;
};
DragonflyFrame split_frame(const FrameBlock& block, std::size_t frame, std::size_t pixels);

/// Appends a frame from Dragonfly's split; places may come in any order. UserError, naming file
/// and frame `index`, for a place outside [0, pixels) or named twice, or a count below 1.
class FrameJoiner {
 public:
  FrameJoiner(std::string name, std::size_t pixels) : name_(std::move(name)), pixels_(pixels) {}
  void append(FrameBlock& block, std::uint64_t id, std::size_t index,
              std::span<const std::int32_t> place_ones, std::span<const std::int32_t> place_multi,
              std::span<const std::int32_t> count_multi);

 private:
  std::string name_;
  std::size_t pixels_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> photons_;
};

}  // namespace spi
