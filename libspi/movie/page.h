// SPDX-License-Identifier: GPL-3.0-or-later
// The frame of a movie: surface, sections, projections, map, and words that say what is seen.
#pragma once

#include <string>
#include <vector>

#include "libspi/movie/scene.h"
#include "libspi/plot/axes.h"
#include "libspi/plot/canvas.h"
#include "libspi/render/isosurface.h"

namespace spi {

class Page {
 public:
  /// `title` heads every frame. Both arguments must outlive the page.
  Page(const Scene& scene, const MovieOptions& options, std::string title);

  /// `progress`: how much of the movie is over, 0 to 1; the camera has turned as far.
  plot::Pixels draw(const Moment& moment, double progress, int threads) const;

  /// What the words beside the surface say of a moment, line by line.
  std::vector<std::string> words(const Moment& moment) const;

 private:
  plot::Rect surface_box() const;
  Camera camera(double progress) const;
  void draw_surface(plot::Canvas& canvas, const Moment& moment, double progress, int threads) const;
  void draw_words(plot::Canvas& canvas, const plot::Rect& box, const Moment& moment) const;
  void draw_tiles(plot::Canvas& canvas, const plot::Rect& row, const Moment& moment,
                  MoviePanel which) const;
  plot::Axes map_plot(const Moment& moment) const;
  plot::Axes cloud_plot(const Moment& moment) const;
  plot::Axes histogram_plot(const Moment& moment) const;
  plot::Axes volume_plot(const Moment& moment) const;
  double pixels_per_point() const;
  int pixels(double points) const;

  const Scene& scene_;
  const MovieOptions& options_;
  std::string title_;
  double width_;  ///< points; every page is 540 high
};

}  // namespace spi
