// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/movie.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <memory>

#include "libspi/io/atomic_file.h"
#include "libspi/io/table.h"
#include "libspi/movie/chimerax.h"
#include "libspi/movie/page.h"
#include "libspi/plot/encode.h"
#include "libspi/video/video_writer.h"

namespace spi {
namespace {

/// One movie file under way.
struct Video {
  AtomicFile file;
  std::unique_ptr<VideoWriter> writer;

  explicit Video(const std::filesystem::path& path) : file(path) {}
};

/// How much of the movie is over at frame k.
double progress_at(std::size_t k, std::size_t frames) {
  return frames > 1 ? double(k) / double(frames - 1) : 0;
}

/// The numbers behind the frames.
class FrameTable {
 public:
  FrameTable(const Scene& scene) : label_(scene.series().label()) {
    for (const char* name : {"frame", "position"}) columns_.push_back({name, {}, {}});
    if (!label_.empty()) columns_.push_back({label_, {}, {}});
    for (std::size_t k = 0; k < scene.series().latent().dim; ++k)
      columns_.push_back({text_of("z", k + 1), {}, {}});
    columns_.push_back({"support_count", {}, {}});
    columns_.push_back(
        {scene.quantity() == Quantity::density ? "volume_A3" : "volume_per_A3", {}, {}});
  }
  void add(const Moment& moment) {
    std::vector<double> row{double(columns_[0].values.size()), moment.position};
    if (!label_.empty()) row.push_back(moment.label_value);
    row.insert(row.end(), moment.z.begin(), moment.z.end());
    row.push_back(moment.support ? double(*moment.support)
                                 : std::numeric_limits<double>::quiet_NaN());
    row.push_back(moment.volume);
    SPI_ASSERT(row.size() == columns_.size());
    for (std::size_t c = 0; c < row.size(); ++c) columns_[c].values.push_back(row[c]);
  }
  const std::vector<Column>& columns() const { return columns_; }

 private:
  std::string label_;
  std::vector<Column> columns_;
};

/// Colours for all frames from the first, the middle one and the last.
Palette palette_of(Scene& scene, const Page& page, const std::vector<double>& positions,
                   int threads) {
  std::vector<plot::Pixels> samples;
  for (const std::size_t k : {std::size_t(0), positions.size() / 2, positions.size() - 1})
    samples.push_back(page.draw(scene.at(positions[k]), progress_at(k, positions.size()), threads));
  return Palette(samples);
}

void write_volumes(StateSeries& series, const std::vector<std::filesystem::path>& paths,
                   Monitor& monitor) {
  if (paths.empty()) return;
  SPI_ASSERT(paths.size() == series.count());
  Progress progress(monitor, "writing volumes", paths.size());
  for (std::size_t m = 0; m < paths.size(); ++m) {
    write_mrc(paths[m], series.read(m));
    progress.advance();
  }
}

}  // namespace

std::vector<double> frame_positions(std::size_t frames, std::size_t count, bool there_and_back) {
  std::vector<double> positions;
  const double last = double(count - 1);
  for (std::size_t k = 0; k < frames; ++k) {
    const double t = progress_at(k, frames);
    const double share = there_and_back ? 1 - std::abs(2 * t - 1) : t;
    positions.push_back(std::clamp(share * last, 0.0, last));
  }
  return positions;
}

MovieSummary make_movie(StateSeries& series, const MovieOptions& options,
                        const MovieOutputs& outputs, const std::string& title,
                        const std::string& comment, int threads, Monitor& monitor) {
  options.check_together();
  Scene scene(series, options, threads, monitor);
  const Page page(scene, options, title);
  const auto positions = frame_positions(options.frames, series.count(), options.there_and_back);
  SPI_ASSERT(outputs.frames.empty() || outputs.frames.size() == positions.size());
  const VideoFormat format{options.size.width, options.size.height, options.fps, comment};
  MovieSummary summary{positions.size(), series.count(), scene.level(), ""};
  std::deque<Video> videos;
  if (!outputs.mp4.empty()) {
    Video& video = videos.emplace_back(outputs.mp4);
    video.writer = mp4_writer(video.file.temporary(), format);
    summary.codec = video.writer->codec();
  }
  if (!outputs.gif.empty()) {
    Video& video = videos.emplace_back(outputs.gif);
    video.writer =
        gif_writer(video.file.temporary(), format, palette_of(scene, page, positions, threads));
  }
  FrameTable table(scene);
  {
    Progress progress(monitor, "drawing frames", positions.size());
    for (std::size_t k = 0; k < positions.size(); ++k) {
      const Moment& moment = scene.at(positions[k]);
      table.add(moment);
      const plot::Pixels frame = page.draw(moment, progress_at(k, positions.size()), threads);
      for (const Video& video : videos) video.writer->add(frame);
      if (!outputs.frames.empty()) write_text(outputs.frames[k], plot::png_of(frame));
      progress.advance();
    }
  }
  for (Video& video : videos) video.writer->finish();
  write_volumes(series, outputs.volumes, monitor);
  if (!outputs.script.empty())
    write_text(outputs.script, chimerax_script({outputs.volumes, scene.level(),
                                                outputs.script.stem().string() + "-chimerax.mp4"},
                                               options));
  if (!outputs.table.empty()) write_csv(outputs.table, table.columns());
  for (Video& video : videos) video.file.commit();
  return summary;
}

}  // namespace spi
