// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/decoding.h"

#include <algorithm>
#include <cmath>

#include "libspi/embedding/density_path.h"

namespace spi::vae {
namespace {

constexpr std::size_t kMostPoints = 10000;
using Place = std::vector<double>;

PointCloud cloud_of(const Latents& data) { return {data.mean, data.dim}; }

double percentile(const Latents& data, std::size_t axis, double share) {
  std::vector<double> values = data.coordinate(axis);
  std::ranges::sort(values);
  return values[std::size_t(std::lround(share * double(values.size() - 1)))];
}

/// "z1,z2,..." or "id=17".
Place parse_place(const std::string& text, const Latents& data) {
  if (text.starts_with("id=")) {
    const auto id = Text<std::uint64_t>::parse(text.substr(3));
    const auto found = std::ranges::find(data.id, id);
    if (found == data.id.end()) fail("no latents of id ", id);
    const std::size_t row = std::size_t(found - data.id.begin());
    return {&data.mean[row * data.dim], &data.mean[row * data.dim] + data.dim};
  }
  const Place place = Text<std::vector<double>>::parse(text);
  if (place.size() != data.dim)
    fail_usage("'", text, "' has ", place.size(), " coordinates, the latent space ", data.dim);
  return place;
}

std::vector<Place> parse_places(const std::string& text, const Latents& data) {
  std::vector<Place> places;
  for (std::size_t first = 0; first <= text.size();) {
    const std::size_t last = std::min(text.find(':', first), text.size());
    places.push_back(parse_place(text.substr(first, last - first), data));
    first = last + 1;
  }
  return places;
}

std::array<Place, 2> parse_ends(const std::string& text, const Latents& data) {
  const auto places = parse_places(text, data);
  if (places.size() != 2) fail_usage("'", text, "' is not FROM:TO");
  return {places[0], places[1]};
}

Place line(const Place& from, const Place& to, std::size_t steps) {
  Place z;
  for (std::size_t s = 0; s < steps; ++s)
    for (std::size_t l = 0; l < from.size(); ++l)
      z.push_back(from[l] + (to[l] - from[l]) * double(s) / double(steps - 1));
  return z;
}

/// All combinations of `side` values an axis, the first axis fastest, the last one slowest.
Place grid(std::size_t side, const Latents& data) {
  if (std::pow(double(side), double(data.dim)) > double(kMostPoints))
    fail_usage("a grid of ", side, " points an axis in ", data.dim, " dimensions has more than ",
               kMostPoints, " points");
  std::size_t count = 1;
  for (std::size_t l = 0; l < data.dim; ++l) count *= side;
  Place z;
  for (std::size_t n = 0; n < count; ++n)
    for (std::size_t l = 0, rest = n; l < data.dim; ++l, rest /= side) {
      const double low = percentile(data, l, 0.01), high = percentile(data, l, 0.99);
      z.push_back(low + (high - low) * double(rest % side) / double(side - 1));
    }
  return z;
}

Place wanted(const DecodeOptions& options, const Latents& data) {
  if (options.at) {
    Place z;
    for (const Place& place : parse_places(*options.at, data))
      z.insert(z.end(), place.begin(), place.end());
    return z;
  }
  if (options.grid) return grid(*options.grid, data);
  if (options.path) {
    const auto [from, to] = parse_ends(*options.path, data);
    return density_path(cloud_of(data), from, to, options.steps,
                        {.radius = options.support_radius});
  }
  if (options.line) {
    const auto [from, to] = parse_ends(*options.line, data);
    return line(from, to, options.steps);
  }
  Place from, to;
  for (std::size_t l = 0; l < data.dim; ++l) {
    from.push_back(percentile(data, l, l == 0 ? 0.01 : 0.5));
    to.push_back(percentile(data, l, l == 0 ? 0.99 : 0.5));
  }
  return line(from, to, options.steps);
}

}  // namespace

void DecodeOptions::describe(OptionSet& options) {
  options.group("Points of the latent space");
  options.add("at", at,
              "points Z1,Z2,... or id=ID, with : between them; write --at=-1:0:1 where the first "
              "number is negative");
  options.add("line", line, "FROM:TO, a straight line between two such points");
  options.add("path", path,
              "FROM:TO, the way between two such points that stays where the data are");
  options.add("grid", grid, "so many points along each axis, between the 1st and 99th percentile")
      .range(2, 1000);
  options.add("steps", steps, "volumes along a line or path").range(2, 10000);
  options
      .add("support-radius", support_radius,
           "data within this distance support a volume; the data have a spread of about 1")
      .range(1e-6, 100);
}

LatentPoints points_to_decode(const DecodeOptions& options, const Latents& data) {
  check_options(options);
  const int asked = int(options.at.has_value()) + int(options.line.has_value()) +
                    int(options.path.has_value()) + int(options.grid.has_value());
  if (asked > 1) fail_usage("give one of --at, --line, --path and --grid");
  LatentPoints points{.dim = data.dim, .z = wanted(options, data)};
  for (std::size_t first = 0; first < points.z.size(); first += data.dim)
    points.support.push_back(std::uint32_t(support(
        cloud_of(data), std::span(points.z).subspan(first, data.dim), options.support_radius)));
  points.columns = options.grid ? *options.grid : points.count();
  return points;
}

}  // namespace spi::vae
