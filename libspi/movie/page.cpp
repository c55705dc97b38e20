// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "libspi/movie/page_parts.h"
#include "libspi/plot/encode.h"
#include "libspi/plot/ticks.h"

namespace spi {
namespace {

constexpr double kHeight = 540;  // points
constexpr double kColumn = 410;  // width of the panels beside the surface
constexpr double kPad = 12, kGap = 8, kHeading = 16;
constexpr double kFont = 10.5;
constexpr double kNm = 10;        // Å
constexpr double kFilled = 0.80;  // of the shorter side of the surface's panel, by the body
constexpr plot::Rgb kWhite{1, 1, 1}, kAccent{0.835, 0.369, 0.0}, kPath{0.0, 0.447, 0.698};

std::string tuple(const std::vector<double>& z) {
  std::string text;
  for (const double v : z) text += (text.empty() ? "" : ", ") + plot::format_fixed(v, 2);
  return z.size() > 1 ? "(" + text + ")" : text;
}

std::string place_words(double position, std::size_t states) {
  const auto lower = std::size_t(position);
  const double t = position - double(lower);
  if (states == 1) return "";
  if (t < 1e-9) return text_of("state ", lower, " of 0 to ", states - 1);
  char share[96];
  std::snprintf(share, sizeof share, "%.0f %% of the way from state %zu to %zu (of 0 to %zu)",
                100 * t, lower, lower + 1, states - 1);
  return share;
}

}  // namespace

Page::Page(const Scene& scene, const MovieOptions& options, std::string title)
    : scene_(scene),
      options_(options),
      title_(std::move(title)),
      width_(kHeight * options.size.width / options.size.height) {}

double Page::pixels_per_point() const { return options_.size.height / kHeight; }
int Page::pixels(double points) const {
  return std::max(1, int(std::lround(points * pixels_per_point())));
}

plot::Rect Page::surface_box() const {
  const bool alone = options_.panels.size() == 1 && options_.shows(MoviePanel::surface);
  return {0, 0, options_.shows(MoviePanel::surface) ? width_ - (alone ? 0 : kColumn) : 0, kHeight};
}

Camera Page::camera(double progress) const {
  const plot::Rect box = surface_box();
  const double reach = kFilled * pixels(std::min(box.width, box.height)) / 2;
  return camera_from(options_.azimuth.radians + progress * options_.turn.radians,
                     options_.elevation.radians, scene_.radius() / reach);
}

std::vector<std::string> Page::words(const Moment& moment) const {
  std::vector<std::string> lines;
  const std::string& label = scene_.series().label();
  if (!label.empty())
    lines.push_back(label + " = " + plot::format_fixed(moment.label_value, 3));
  else if (!moment.z.empty())
    lines.push_back("z = " + tuple(moment.z));
  if (const std::string place = place_words(moment.position, scene_.states()); !place.empty())
    lines.push_back(place);
  if (moment.support && scene_.map().dim > 0)
    lines.push_back(text_of(*moment.support, " of ", scene_.map().count(), " data within ",
                            options_.support_radius, " of it",
                            *moment.support == 0 ? ": nothing was measured here" : ""));
  else if (moment.support)
    lines.push_back(text_of(*moment.support, " data near it"));
  if (scene_.quantity() != Quantity::density) return lines;
  const double first = scene_.volumes().front();
  std::string volume =
      "volume within the surface " + significant(moment.volume / std::pow(kNm, 3), 4) + " nm³";
  if (first > 0 && scene_.states() > 1) {
    const double growth = std::round(1000 * (moment.volume / first - 1)) / 10;
    volume += text_of(" (", growth > 0 ? "+" : "", plot::format_fixed(growth == 0 ? 0 : growth, 1),
                      " %)");
  }
  lines.push_back(volume);
  return lines;
}

void Page::draw_words(plot::Canvas& canvas, const plot::Rect& box, const Moment& moment) const {
  const double width = box.width - 2 * kPad;
  double y = box.y + kPad;
  const auto line = [&](const std::string& text, double size, plot::Rgb colour) {
    const plot::TextBlock block = canvas.wrapped(text, size, width);
    canvas.text({box.x + kPad, y}, block, {.v = plot::VAlign::top, .color = colour});
    y += block.height() + 2;
  };
  line(title_, 1.7 * kFont, plot::kInk);
  const std::vector<std::string> lines = words(moment);
  for (std::size_t i = 0; i < lines.size(); ++i)
    line(lines[i], i == 0 ? 1.35 * kFont : kFont,
         lines[i].ends_with("measured here") ? kAccent : plot::kInk);
}

void Page::draw_surface(plot::Canvas& canvas, const Moment& moment, double progress,
                        int threads) const {
  const plot::Rect box = surface_box();
  const Camera view = camera(progress);
  SurfaceStyle style;
  style.surface = options_.surface_color.rgb;
  const Isosurface surface(*moment.field, float(scene_.field_level()));
  const plot::Pixels picture = picture_of(surface, *moment.field, view, style, pixels(box.width),
                                          pixels(box.height), threads);
  canvas.image(
      {box.x, box.y, picture.width / pixels_per_point(), picture.height / pixels_per_point()},
      picture);
  draw_words(canvas, box, moment);

  const double per_point = view.samples_per_pixel * pixels_per_point() * scene_.step();
  const double bar = round_length(scene_.quantity(), 0.3 * box.width * per_point);
  const double floor = box.bottom() - kPad - 18;
  draw_scale_bar(canvas, {box.x + kPad, floor - 6}, bar / per_point,
                 length_words(scene_.quantity(), bar), plot::kInk, kFont);
  draw_axes_cross(canvas, {box.right() - 44, floor - 34}, 26, view.view_from_model);
  const bool density = scene_.quantity() == Quantity::density;
  char intensity[32];
  std::snprintf(intensity, sizeof intensity, "%.3g", scene_.level());
  std::string note = text_of("surface at ", name_of(scene_.quantity()), " ",
                             density ? significant(scene_.level(), 3) : std::string(intensity));
  if (scene_.states() > 1)
    note += density ? ", linear between states" : ", logarithms linear between states";
  if (density) note += "; the hand is arbitrary";
  canvas.text({box.x + kPad, box.bottom() - kPad},
              canvas.wrapped(note, 0.9 * kFont, box.width - 2 * kPad),
              {.v = plot::VAlign::bottom, .color = plot::kFaint});
}

/// Three squares side by side with a heading.
void Page::draw_tiles(plot::Canvas& canvas, const plot::Rect& row, const Moment& moment,
                      MoviePanel which) const {
  const bool sections = which == MoviePanel::sections;
  const bool density = scene_.quantity() == Quantity::density;
  const Limits limits = sections ? scene_.section_limits() : scene_.projection_limits();
  const std::string scale =
      density ? ": density 0 to " + (sections ? significant(limits.high, 3)
                                              : significant(limits.high / kNm, 3) + " nm")
              : ": intensity " + plot::power_of_ten(int(limits.low)) + " to " +
                    plot::power_of_ten(int(limits.high)) + ", logarithmic";
  canvas.text({row.x, row.y + kHeading / 2},
              std::string(sections ? "Central sections" : "Projections") + scale,
              {.size = 0.95 * kFont, .v = plot::VAlign::middle});
  const std::size_t n = moment.field->n;
  const double side = (row.width - 2 * kGap) / 3;
  static constexpr const char* kAxes[] = {"x", "y", "z"};
  static constexpr const char* kPlanes[] = {"z over y", "z over x", "y over x"};
  for (int k = 0; k < 3; ++k) {
    const int axis = 2 - k;  // z first: the view along the beam
    const plot::Rect tile{row.x + k * (side + kGap), row.y + kHeading, side, side};
    const std::vector<float> section =
        sections ? central_section(*moment.field, axis) : std::vector<float>{};
    const auto& values = sections ? section : moment.projections[std::size_t(axis)];
    canvas.image(tile, coloured(values, n, limits, options_.color_map, pixels(side)));
    const std::string name = std::string(sections ? "across " : "along ") + kAxes[axis];
    canvas.text({tile.x + 5, tile.y + 5}, name,
                {.size = 0.85 * kFont, .v = plot::VAlign::top, .color = kWhite});
    canvas.text({tile.right() - 5, tile.y + 5}, kPlanes[axis],
                {.size = 0.7 * kFont,
                 .h = plot::HAlign::right,
                 .v = plot::VAlign::top,
                 .color = {0.75, 0.75, 0.75}});
    if (k > 0) continue;
    const double per_point = double(n) * scene_.step() / side;
    const double bar = round_length(scene_.quantity(), 0.45 * side * per_point);
    draw_scale_bar(canvas, {tile.x + 6, tile.bottom() - 6}, bar / per_point,
                   length_words(scene_.quantity(), bar), kWhite, 0.85 * kFont);
  }
}

plot::Pixels Page::draw(const Moment& moment, double progress, int threads) const {
  return plot::drawn(
      options_.size.width, options_.size.height, pixels_per_point(), [&](plot::Canvas& canvas) {
        const plot::Rect surface = surface_box();
        if (options_.shows(MoviePanel::surface)) draw_surface(canvas, moment, progress, threads);
        plot::Rect rest{surface.right() + kPad, kPad, width_ - surface.right() - 2 * kPad,
                        kHeight - 2 * kPad};
        const bool map = options_.shows(MoviePanel::map);
        const double rows = int(options_.shows(MoviePanel::sections)) +
                            int(options_.shows(MoviePanel::projections)) + (map ? 1.5 : 0);
        for (const MoviePanel panel : {MoviePanel::sections, MoviePanel::projections}) {
          if (!options_.shows(panel)) continue;
          // As wide as the column, or as high as its share of it.
          const double side =
              std::min((rest.width - 2 * kGap) / 3,
                       std::max(40.0, (kHeight - 2 * kPad) / rows - kHeading - kGap));
          draw_tiles(canvas, {rest.x, rest.y, 3 * side + 2 * kGap, side + kHeading}, moment, panel);
          rest.y += side + kHeading + kGap;
          rest.height -= side + kHeading + kGap;
        }
        if (map) draw_plot(canvas, map_plot(moment), rest, kFont);
        const double line = 3;
        canvas.rectangle({0, kHeight - line, width_, line}, {0.82, 0.84, 0.87});
        canvas.rectangle({0, kHeight - line, progress * width_, line}, kAccent);
      });
}

plot::Axes Page::map_plot(const Moment& moment) const {
  if (scene_.map().dim == 0) return volume_plot(moment);
  return scene_.map().dim == 1 ? histogram_plot(moment) : cloud_plot(moment);
}

/// Two axes of the data, the path through them, and the moving point in the circle of its support.
plot::Axes Page::cloud_plot(const Moment& moment) const {
  const std::size_t i = options_.map_axes[0] - 1, j = options_.map_axes[1] - 1;
  const LatentStates& latent = scene_.series().latent();
  plot::Axes axes;
  axes.title = text_of(*moment.support, " of ", scene_.map().count(), " data within ",
                       options_.support_radius);
  axes.x.label = text_of("z", i + 1);
  axes.y.label = text_of("z", j + 1);
  axes.legend = plot::LegendPlace::none;
  axes.scatter({.x = scene_.map().axis(i), .y = scene_.map().axis(j), .color = plot::kNoCategory});
  plot::Line path{.color = kPath, .width_pt = 1.6};
  for (std::size_t m = 0; m < scene_.states(); ++m) {
    path.x.push_back(latent.z[m * latent.dim + i]);
    path.y.push_back(latent.z[m * latent.dim + j]);
  }
  path.markers = scene_.states() < 40;
  axes.line(std::move(path));
  plot::Line circle{.color = kAccent, .width_pt = 1.2};
  constexpr int kCorners = 60;
  for (int k = 0; k <= kCorners; ++k) {
    const double angle = 2 * std::numbers::pi * k / kCorners;
    circle.x.push_back(moment.z[i] + options_.support_radius * std::cos(angle));
    circle.y.push_back(moment.z[j] + options_.support_radius * std::sin(angle));
  }
  axes.line(std::move(circle));
  axes.scatter({.x = {moment.z[i]}, .y = {moment.z[j]}, .color = kAccent, .size_pt = 6.0});
  return axes;
}

/// How many data lie where along one axis.
plot::Axes Page::histogram_plot(const Moment& moment) const {
  plot::Axes axes;
  axes.title = text_of(*moment.support, " of ", scene_.map().count(), " data within ",
                       options_.support_radius);
  axes.x.label = "z";
  axes.y.label = "data";
  axes.y.min = 0;
  axes.legend = plot::LegendPlace::none;
  const std::vector<double> values = scene_.map().axis(0);
  const auto [low, high] = std::ranges::minmax(values);
  const std::size_t bins =
      std::clamp<std::size_t>(std::size_t(std::sqrt(double(values.size()))), 8, 60);
  const double width = high > low ? (high - low) / double(bins) : 1;
  plot::Bars bars{.color = plot::kNoCategory, .width = 0.92 * width};
  for (std::size_t b = 0; b < bins; ++b) {
    bars.x.push_back(low + (double(b) + 0.5) * width);
    bars.height.push_back(0);
  }
  for (const double v : values) ++bars.height[std::min(bins - 1, std::size_t((v - low) / width))];
  const double top = std::ranges::max(bars.height);
  axes.bars(std::move(bars));
  const double z = moment.z[0], r = options_.support_radius;
  axes.band({.x = {z - r, z + r},
             .lower = {0, 0},
             .upper = {top, top},
             .color = kAccent,
             .opacity = 0.15});
  axes.line({.x = {z, z}, .y = {0, top}, .color = kAccent, .width_pt = 1.8});
  return axes;
}

/// Without a map: the volume within the surface along the series.
plot::Axes Page::volume_plot(const Moment& moment) const {
  const bool density = scene_.quantity() == Quantity::density;
  const double unit = density ? 1e3 : 1e-3;
  const StateSeries& series = scene_.series();
  const bool latent = series.label().empty() && series.latent().dim == 1;
  plot::Axes axes;
  axes.x.label = !series.label().empty() ? series.label() : latent ? "z" : "state";
  axes.y.label = density ? "within the surface (nm³)" : "within the surface (nm⁻³)";
  axes.grid = true;
  axes.legend = plot::LegendPlace::none;
  plot::Line line{.color = kPath, .width_pt = 1.6};
  for (std::size_t m = 0; m < scene_.states(); ++m) {
    line.x.push_back(latent ? series.latent().z[m] : series.label_values()[m]);
    line.y.push_back(scene_.volumes()[m] / unit);
  }
  line.markers = scene_.states() < 40;
  axes.line(std::move(line));
  axes.scatter({.x = {latent ? moment.z[0] : moment.label_value},
                .y = {moment.volume / unit},
                .color = kAccent,
                .size_pt = 8.0});
  return axes;
}

}  // namespace spi
