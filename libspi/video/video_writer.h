// SPDX-License-Identifier: GPL-3.0-or-later
// Movies as files, through libav: MP4 (H.264, or MPEG-4 where libav has no H.264) and GIF.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "libspi/plot/pixels.h"
#include "libspi/video/palette.h"

namespace spi {

struct VideoFormat {
  int width = 0, height = 0;  ///< even
  double fps = 25;
  std::string comment = {};  ///< kept in an MP4
};

/// One frame after another; the file is whole after finish(). Equal frames give equal bytes.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;
  /// UserError where the disk refuses.
  virtual void add(const plot::Pixels& frame) = 0;
  virtual void finish() = 0;
  /// "H.264", "MPEG-4" or "GIF".
  virtual std::string codec() const = 0;
};

std::unique_ptr<VideoWriter> mp4_writer(const std::filesystem::path& path,
                                        const VideoFormat& format);

/// Loops for ever. A GIF counts time in hundredths of a second: frames keep to them on average.
std::unique_ptr<VideoWriter> gif_writer(const std::filesystem::path& path,
                                        const VideoFormat& format, Palette palette);

}  // namespace spi
