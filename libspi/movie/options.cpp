// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/options.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace spi {

FrameSize Text<FrameSize>::parse(const std::string& text) {
  const auto x = text.find('x');
  if (x == text.npos) fail("'", text, "' is not WIDTHxHEIGHT, such as 1280x720");
  const FrameSize size{Text<int>::parse(text.substr(0, x)), Text<int>::parse(text.substr(x + 1))};
  if (size.height < 240 || size.height > 4320 || size.width > 7680 || size.width % 2 ||
      size.height % 2)
    fail("'", text, "': movies have even sides, 240 to 4320 pixels high, up to 7680 wide");
  if (3 * size.width < 4 * size.height)
    fail("'", text, "': the panels need a picture of 4:3 or wider");
  return size;
}

std::string Text<FrameSize>::print(FrameSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

HexColor Text<HexColor>::parse(const std::string& text) {
  if (text.size() != 6 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos)
    fail("'", text, "' is not a colour RRGGBB, such as d69e33");
  const auto part = [&](std::size_t at) {
    return std::stoi(text.substr(at, 2), nullptr, 16) / 255.;
  };
  return {{part(0), part(2), part(4)}};
}

std::string Text<HexColor>::print(HexColor colour) {
  char text[8];
  std::snprintf(text, sizeof text, "%06x", unsigned(plot::packed(colour.rgb)));
  return text;
}

void MovieOptions::describe(OptionSet& options) {
  options.group("What is shown");
  options.add("quantity", quantity,
              "what MRC files hold; volumes.h5 says it itself. Default: density");
  options.add(
      "states", states,
      "volumes.h5 with the latent points (z, support_count) of the volumes, where their own "
      "file does not have them");
  options.add("map", map,
              "the data's latent space: latents.h5, or clpca.h5, embedding.h5, clusters.h5. The "
              "moving point is the volumes' z");
  options.add("map-axes", map_axes, "axes of the map that are drawn, from 1");
  options
      .add("support-radius", support_radius, "data of the map within this distance support a state")
      .range(1e-6, 1e6);
  options.add("against", against,
              "column with a number for each volume, FILE:COLUMN, shown in place of z, such as "
              "volumes.h5:truth/melting");
  options.add(
      "level", level,
      "of the surface, the same in all frames, in the units of the volumes; auto: of "
      "densities the mean over the volumes of half the median density inside, of intensities "
      "the mean (of the logarithm) of what 8 % of the voxels within the largest ball exceed");

  options.group("Time");
  options.add("frames", frames, "number of frames, evenly spread from the first volume to the last")
      .range(1, 100000);
  options.add("fps", fps, "frames a second").range(0.1, 50);
  options.flag("there-and-back", there_and_back, "from the first volume to the last and back");

  options.group("Looks");
  options.add("size", size, "of a frame, in pixels");
  options.add("panels", panels,
              "which panels: surface, sections, projections, map (of the latent space, or without "
              "--map the volume inside the surface)");
  options.add("azimuth", azimuth, "of the camera about the y axis, from the z axis");
  options.add("elevation", elevation, "of the camera above the plane of x and z");
  options.add("turn", turn, "of the camera about the y axis during the movie, such as 360deg");
  options.add("surface-color", surface_color, "colour of the surface");
  options.add("color-map", color_map, "colours of sections and projections");
  options.add("title", title, "heading of every frame. Default: the name of the volumes' file");
}

bool MovieOptions::shows(MoviePanel panel) const {
  return std::ranges::find(panels, panel) != panels.end();
}

void MovieOptions::check_together() const {
  check_options(*this);
  if (panels.empty()) fail_usage("--panels names no panel");
  if (map_axes[0] < 1 || map_axes[1] < 1 || map_axes[0] == map_axes[1])
    fail_usage("--map-axes takes two different axes, counted from 1");
  if (std::abs(elevation.radians) > 1.5707964) fail_usage("--elevation is from -90deg to 90deg");
}

}  // namespace spi
