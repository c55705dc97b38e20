// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/chimerax.h"

#include <cstdio>
#include <numbers>
#include <sstream>

namespace spi {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.8g", value);
  return text;
}

}  // namespace

std::string chimerax_script(const ChimeraxMovie& movie, const MovieOptions& options) {
  constexpr double kDegrees = 180 / std::numbers::pi;
  const std::size_t count = movie.volumes.size();
  const std::size_t steps = options.frames > 1 ? options.frames - 1 : 1;
  std::ostringstream script;
  script << "# One level for all volumes, linear between neighbours.\n"
         << "windowsize " << options.size.width << " " << options.size.height << "\n"
         << "set bgColor white\nlighting soft\ncamera ortho\n";
  for (const auto& path : movie.volumes) script << "open \"" << path.filename().string() << "\"\n";
  const std::string all = count > 1 ? text_of("#1-", count) : "#1";
  script << "volume " << all << " style surface step 1 level " << print_number(movie.level)
         << " color #" << Text<HexColor>::print(options.surface_color) << "\n"
         << "view " << all << "\n"
         << "turn y " << number(-kDegrees * options.azimuth.radians) << "\n"
         << "turn x " << number(kDegrees * options.elevation.radians) << "\n"
         << "movie record size " << options.size.width << "," << options.size.height
         << " supersample 3\nwait 1\n";
  if (count > 1) {
    const double step = (options.there_and_back ? 2. : 1.) / double(steps);
    script << "volume morph " << all << " frames " << steps << " start 0 playStep " << number(step)
           << " playRange 0,1 playDirection 1 hideOriginalMaps true\n";
  }
  if (options.turn.radians != 0)
    script << "turn y " << number(-kDegrees * options.turn.radians / double(steps)) << " " << steps
           << "\n";
  script << "wait " << steps << "\n"
         << "movie encode \"" << movie.movie << "\" framerate " << print_number(options.fps)
         << " quality high\n";
  return script.str();
}

}  // namespace spi
