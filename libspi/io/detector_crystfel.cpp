// SPDX-License-Identifier: GPL-3.0-or-later
// From the panels of a CrystFEL geometry to the pixels of a detector.
#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/io/crystfel_panels.h"
#include "libspi/io/detector_formats.h"

namespace spi {
namespace {

using Vector = std::array<double, 3>;

constexpr std::size_t kMostPixels = std::size_t{1} << 26;  // four times the largest detector today

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// A panel with everything it needs, lengths in pixels.
struct Panel {
  const CrystfelPanel* text;
  Vector corner, fs, ss, normal;  ///< normal = fs x ss: its length is the pixel's area
  std::int64_t min_fs, max_fs, min_ss, max_ss;
  std::size_t source;  ///< number of the data array

  /// The centre of the pixel at (fs, ss) of the data array, from the sample.
  Vector position(std::int64_t f, std::int64_t s) const {
    const double along_fs = static_cast<double>(f - min_fs) + 0.5;
    const double along_ss = static_cast<double>(s - min_ss) + 0.5;
    Vector at{};
    for (std::size_t k = 0; k < 3; ++k) at[k] = corner[k] + along_fs * fs[k] + along_ss * ss[k];
    return at;
  }
};

double pixels_per_metre(const CrystfelGeometry& geometry, const std::string& name,
                        const DetectorHints& hints) {
  if (hints.pixel_size) return 1 / hints.pixel_size->metres;
  const auto& first = geometry.panels.front().res;
  for (const CrystfelPanel& panel : geometry.panels) {
    if (!panel.res)
      fail(name, " does not say the pixel size (res) of panel ", panel.name, ": give --pixel-size");
    if (!(*panel.res > 0)) fail(name, ": res of panel ", panel.name, " must be positive");
    if (std::abs(*panel.res / *first - 1) > 1e-6)
      fail(name, ": panels of different pixel size cannot be one detector (", panel.name, ")");
  }
  return *first;
}

/// Sample to panel in metres, with the panel's own offset.
double panel_distance(const CrystfelPanel& panel, const std::string& name,
                      const DetectorHints& hints) {
  const auto said =
      hints.distance ? std::optional(hints.distance->metres) : crystfel_quantity(panel.clen, "m");
  if (!said)
    fail(name, " does not say the distance (clen) of panel ", panel.name,
         panel.clen.empty() ? "" : " but where to look for it, " + panel.clen, ": give --distance");
  return *said + panel.coffset;
}

std::vector<Panel> complete_panels(const CrystfelGeometry& geometry, const std::string& name,
                                   const DetectorHints& hints, double per_metre) {
  std::vector<Panel> panels;
  std::vector<std::string> sources;
  for (const CrystfelPanel& text : geometry.panels) {
    if (!text.corner_x || !text.corner_y || !text.min_fs || !text.max_fs || !text.min_ss ||
        !text.max_ss)
      fail(name, ": panel ", text.name,
           " lacks one of corner_x, corner_y, min_fs, max_fs, min_ss, max_ss");
    if (*text.max_fs < *text.min_fs || *text.max_ss < *text.min_ss)
      fail(name, ": panel ", text.name, " ends before it begins");
    auto source = std::ranges::find(sources, text.data);
    if (source == sources.end()) source = sources.insert(sources.end(), text.data);
    const double distance = panel_distance(text, name, hints) * per_metre;
    Panel panel{&text,
                {*text.corner_x, *text.corner_y, distance},
                text.fs,
                text.ss,
                cross(text.fs, text.ss),
                *text.min_fs,
                *text.max_fs,
                *text.min_ss,
                *text.max_ss,
                static_cast<std::size_t>(source - sources.begin())};
    const double area = std::sqrt(dot(panel.normal, panel.normal));
    if (!(area > 1e-6 && area < 1e6))
      fail(name, ": fs and ss of panel ", text.name, " do not span a pixel");
    panels.push_back(panel);
  }
  return panels;
}

/// How a panel's pixels lie in the data array: index = base + fs·stride_fs + ss·stride_ss.
struct Placement {
  std::size_t base = 0, stride_fs = 0, stride_ss = 0;
};

/// The shape shared by all data arrays, and where each panel lies in them.
struct ArrayLayout {
  std::vector<std::size_t> extent;  ///< without "%"
  std::size_t total = 0;            ///< elements of all arrays together
  std::vector<Placement> panels;
};

std::vector<std::string> dimensions_of(const CrystfelPanel& panel, const std::string& name) {
  std::vector<std::string> dims;
  for (const std::string& dim : panel.dims) {
    if (dim.empty()) fail(name, ": panel ", panel.name, " skips a dimension (dim0, dim1, ...)");
    if (dim != "%") dims.push_back(dim);
  }
  if (dims.empty()) dims = {"ss", "fs"};
  if (std::ranges::count(dims, "ss") != 1 || std::ranges::count(dims, "fs") != 1)
    fail(name, ": the dimensions of panel ", panel.name, " must contain ss and fs once each");
  return dims;
}

ArrayLayout lay_out(const std::vector<Panel>& panels, const std::string& name) {
  ArrayLayout layout;
  const auto coordinates = [&](const Panel& panel, const std::string& dim) {
    return static_cast<std::size_t>(dim == "fs"   ? panel.max_fs
                                    : dim == "ss" ? panel.max_ss
                                                  : std::stoll(dim));
  };
  std::size_t sources = 0;
  for (const Panel& panel : panels) {
    const auto dims = dimensions_of(*panel.text, name);
    if (layout.extent.empty()) layout.extent.assign(dims.size(), 0);
    if (dims.size() != layout.extent.size())
      fail(name, ": panel ", panel.text->name, " has another number of dimensions than the first");
    for (std::size_t i = 0; i < dims.size(); ++i)
      layout.extent[i] = std::max(layout.extent[i], coordinates(panel, dims[i]) + 1);
    sources = std::max(sources, panel.source + 1);
  }
  layout.total = sources;
  for (const std::size_t n : layout.extent)
    if (__builtin_mul_overflow(layout.total, n, &layout.total) || layout.total > kMostPixels)
      fail(name, ": a data array of more than ", kMostPixels, " pixels");
  for (const Panel& panel : panels) {
    const auto dims = dimensions_of(*panel.text, name);
    Placement place;
    std::size_t stride = 1;
    for (std::size_t i = dims.size(); i-- > 0; stride *= layout.extent[i]) {
      if (dims[i] == "fs")
        place.stride_fs = stride;
      else if (dims[i] == "ss")
        place.stride_ss = stride;
      else
        place.base += coordinates(panel, dims[i]) * stride;
    }
    place.base += panel.source * stride;
    layout.panels.push_back(place);
  }
  return layout;
}

bool within(const std::optional<double>& low, const std::optional<double>& high, double value) {
  return (!low || value >= *low) && (!high || value <= *high);
}

bool is_bad(const std::vector<CrystfelBadRegion>& regions, const Panel& panel, std::int64_t f,
            std::int64_t s, const Vector& at) {
  return std::ranges::any_of(regions, [&](const CrystfelBadRegion& region) {
    return (region.panel.empty() || region.panel == panel.text->name) &&
           within(region.min_fs, region.max_fs, static_cast<double>(f)) &&
           within(region.min_ss, region.max_ss, static_cast<double>(s)) &&
           within(region.min_x, region.max_x, at[0]) && within(region.min_y, region.max_y, at[1]);
  });
}

void check_bad_regions(const CrystfelGeometry& geometry, const std::string& name) {
  for (const CrystfelBadRegion& region : geometry.bad_regions) {
    const bool lab = region.min_x || region.max_x || region.min_y || region.max_y;
    const bool array = region.min_fs || region.max_fs || region.min_ss || region.max_ss;
    if (lab == array)
      fail(name, ": bad region ", region.name, " needs limits in x and y or in fs and ss, not ",
           lab ? "both" : "neither");
    if (!region.panel.empty() && std::ranges::find(geometry.panels, region.panel,
                                                   &CrystfelPanel::name) == geometry.panels.end())
      fail(name, ": bad region ", region.name, " is on the unknown panel ", region.panel);
  }
}

/// One pixel: s, and solid angle × polarisation along x: |n·u| / r² · (1 - u_x²).
void place_pixel(Detector& detector, std::size_t index, const Panel& panel, const Vector& at) {
  const double r = std::sqrt(dot(at, at));
  const Vector u{at[0] / r, at[1] / r, at[2] / r};
  const double off_axis = u[0] * u[0] + u[1] * u[1];
  detector.sx[index] = u[0];
  detector.sy[index] = u[1];
  detector.sz[index] = -off_axis / (1 + u[2]);  // u_z - 1 without cancellation
  detector.correction[index] = std::abs(dot(panel.normal, u)) / (r * r) * (1 - u[0] * u[0]);
}

void place_panel(Detector& detector, const CrystfelGeometry& geometry, const Panel& panel,
                 const Placement& place, std::vector<bool>& taken, const std::string& name) {
  for (std::int64_t s = panel.min_ss; s <= panel.max_ss; ++s)
    for (std::int64_t f = panel.min_fs; f <= panel.max_fs; ++f) {
      const std::size_t index = place.base + static_cast<std::size_t>(f) * place.stride_fs +
                                static_cast<std::size_t>(s) * place.stride_ss;
      if (taken[index])
        fail(name, ": panel ", panel.text->name, " shares pixels of the data array with another");
      taken[index] = true;
      const Vector at = panel.position(f, s);
      if (!(at[2] > 0))
        fail(name, ": panel ", panel.text->name, " is not downstream of the sample (z ", at[2],
             " pixels)");
      place_pixel(detector, index, panel, at);
      const bool bad = panel.text->no_index || is_bad(geometry.bad_regions, panel, f, s, at);
      detector.use[index] = bad ? PixelUse::bad : PixelUse::good;
    }
}

}  // namespace

Detector parse_crystfel_geometry(std::string_view text, const std::string& name,
                                 const DetectorHints& hints) {
  check_hints(hints);
  const CrystfelGeometry geometry = parse_crystfel_panels(text, name);
  check_bad_regions(geometry, name);
  const double per_metre = pixels_per_metre(geometry, name, hints);
  const std::vector<Panel> panels = complete_panels(geometry, name, hints, per_metre);
  const ArrayLayout layout = lay_out(panels, name);
  const auto energy = hints.photon_energy ? std::optional(hints.photon_energy->electronvolts)
                                          : crystfel_quantity(geometry.photon_energy, "eV");
  if (!energy) fail(name, " does not say the photon energy: give --photon-energy");
  if (!(*energy > 0)) fail(name, ": the photon energy must be positive");

  Detector detector;
  for (auto* values : {&detector.sx, &detector.sy, &detector.sz, &detector.correction})
    values->assign(layout.total, 0);
  detector.use.assign(layout.total, PixelUse::bad);
  std::vector<bool> taken(layout.total);
  double distance_sum = 0;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    place_panel(detector, geometry, panels[i], layout.panels[i], taken, name);
    distance_sum += panels[i].corner[2];
  }
  detector.distance_px = distance_sum / static_cast<double>(panels.size());
  detector.ewald_radius_voxels = detector.distance_px;
  detector.wavelength_A = Energy{*energy}.wavelength_angstroms();
  detector.pixel_size_m = 1 / per_metre;
  detector.shape = {layout.total / layout.extent.back(), layout.extent.back()};
  normalise_correction(detector.correction, name);
  detector.check(name);
  return detector;
}

}  // namespace spi
