// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/images.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"

namespace spi {
namespace {

constexpr std::size_t kBlock = 4096;           ///< frames read at a time
constexpr std::size_t kLargestAutomatic = 64;  ///< cells across

double radius_of(const LabPoints& points, std::size_t p) {
  return std::sqrt(double(points.x[p]) * points.x[p] + double(points.y[p]) * points.y[p] +
                   double(points.z[p]) * points.z[p]);
}

/// Pixel -> cell of the square, and what the cells see.
struct Layout {
  std::vector<std::uint32_t> of_pixel;  ///< [pixels] index among the P cells, or kNoBin
  Images images;
};

Layout lay_out(const FrameStore& store, const Preprocessing& preprocessing) {
  const Detector& detector = store.detector();
  const std::size_t size = preprocessing.size;
  const double half = 0.5 * double(size), b = preprocessing.cell_px;
  std::vector<double> area(size * size), sum_x(size * size), sum_y(size * size);
  Layout layout;
  layout.images.preprocessing = preprocessing;
  layout.of_pixel.assign(detector.pixels(), PolarBinning::kNoBin);
  const auto cell_of = [&](std::size_t pixel) {
    const auto [x, y] = detector.flat_position(pixel);
    const double i = std::floor(x / b + half), j = std::floor(y / b + half);
    const bool inside = i >= 0 && j >= 0 && i < double(size) && j < double(size);
    return inside ? std::size_t(j) * size + std::size_t(i) : size * size;
  };
  for (std::size_t t = 0; t < detector.pixels(); ++t)
    if (store.binning().bin()[t] != PolarBinning::kNoBin)
      if (const std::size_t c = cell_of(t); c < size * size) {
        const auto [x, y] = detector.flat_position(t);
        const double seen = detector.correction[t] / (b * b);
        area[c] += seen, sum_x[c] += seen * x, sum_y[c] += seen * y;
      }
  std::vector<std::uint32_t> index(size * size + 1, PolarBinning::kNoBin);
  Images& images = layout.images;
  const std::optional<double> distance = ewald_distance(detector);
  constexpr double kLeast = 0.3;  // of a cell; less is mostly outside or masked
  for (std::size_t c = 0; c < size * size; ++c) {
    if (area[c] < kLeast) continue;
    const double x = sum_x[c] / area[c], y = sum_y[c] / area[c];
    const Vector3 q = ewald_point(distance, x, y);
    if (std::hypot(q[0], q[1], q[2]) > preprocessing.rim_px) continue;
    index[c] = std::uint32_t(images.cell.size());
    images.cell.push_back(std::uint32_t(c));
    images.points.x.push_back(float(q[0] / preprocessing.rim_px));
    images.points.y.push_back(float(q[1] / preprocessing.rim_px));
    images.points.z.push_back(float(q[2] / preprocessing.rim_px));
    images.area.push_back(float(area[c]));
  }
  images.points.reach = 1;
  if (images.cell.empty()) fail("no pixel is left between the innermost and the outermost radius");
  for (std::size_t t = 0; t < detector.pixels(); ++t)
    if (store.binning().bin()[t] != PolarBinning::kNoBin) layout.of_pixel[t] = index[cell_of(t)];
  return layout;
}

void read_counts(FrameStore& store, std::size_t begin, std::size_t end, Layout& layout) {
  Images& images = layout.images;
  for (std::size_t first = begin; first < end; first += kBlock) {
    const std::size_t last = std::min(first + kBlock, end);
    images.counts.append(store.read(first, last, layout.of_pixel));
    for (std::size_t d = first; d < last; ++d) images.id.push_back(store.id(d));
  }
}

/// Even knots by |q|: between them values are split linearly.
struct KnotSums {
  explicit KnotSums(std::size_t knots) : sum(knots), weight(knots) {}
  void add(double radius, double value, double w) {
    const double at = std::min(radius, 1.0) * double(sum.size() - 1);
    const auto k = std::min(std::size_t(at), sum.size() - 2);
    const double high = at - double(k);
    sum[k] += (1 - high) * w * value, weight[k] += (1 - high) * w;
    sum[k + 1] += high * w * value, weight[k + 1] += high * w;
  }
  /// Means; a knot without weight has its neighbour's.
  std::vector<double> means() const {
    std::vector<double> result(sum.size());
    for (std::size_t k = 0; k < sum.size(); ++k)
      result[k] = weight[k] > 1e-6 ? sum[k] / weight[k] : std::nan("");
    for (std::size_t k = 1; k < sum.size(); ++k)
      if (std::isnan(result[k])) result[k] = result[k - 1];
    for (std::size_t k = sum.size(); k-- > 1;)
      if (std::isnan(result[k - 1])) result[k - 1] = result[k];
    return result;
  }
  std::vector<double> sum, weight;
};

/// Calls visit(p, photons of a whole cell over the fluence) for all cells of a frame.
template <class Visit>
void for_each_cell(const Images& images, std::size_t frame, std::vector<float>& scratch,
                   Visit visit) {
  scratch.assign(images.cells(), 0);
  images.counts.add_to(frame, scratch.data());
  for (std::size_t p = 0; p < images.cells(); ++p)
    visit(p, double(scratch[p]) / (double(images.area[p]) * images.fluence[frame]));
}

void fill_intensity(Images& images) {
  std::vector<double> total(images.cells());
  for (const std::uint32_t entry : images.counts.entry)
    total[BinnedFrames::bin_of(entry)] += double(BinnedFrames::count_of(entry));
  KnotSums sums(images.preprocessing.size / 2 + 1);
  for (std::size_t p = 0; p < images.cells(); ++p)
    sums.add(radius_of(images.points, p),
             total[p] / (double(images.area[p]) * double(images.frames())), images.area[p]);
  images.preprocessing.intensity = sums.means();
  const double top = std::ranges::max(images.preprocessing.intensity);
  if (!(top > 0)) fail("the frames have no photons on the cells");
  for (double& value : images.preprocessing.intensity) value = std::max(value, 1e-9 * top);
}

void set_at_cells(Images& images, const std::vector<double>& table, std::vector<float>& values) {
  values.clear();
  for (std::size_t p = 0; p < images.cells(); ++p)
    values.push_back(float(Preprocessing::at(table, radius_of(images.points, p))));
}

void set_fluence(Images& images) {
  set_at_cells(images, images.preprocessing.intensity, images.intensity);
  double expected = 0;
  for (std::size_t p = 0; p < images.cells(); ++p)
    expected += double(images.area[p]) * images.intensity[p];
  images.fluence.clear();
  for (const float photons : images.counts.photons)
    images.fluence.push_back(float(std::max(1.0, double(photons)) / expected));
}

void fill_transform(Images& images) {
  Preprocessing& pre = images.preprocessing;
  KnotSums first(pre.intensity.size()), second(pre.intensity.size());
  constexpr std::size_t kEnough = 2000;
  std::vector<float> scratch;
  const std::size_t step = std::max<std::size_t>(1, images.frames() / kEnough);
  for (std::size_t d = 0; d < images.frames(); d += step)
    for_each_cell(images, d, scratch, [&](std::size_t p, double photons) {
      const double t = pre.transform(photons), r = radius_of(images.points, p);
      first.add(r, t, images.area[p]);
      second.add(r, t * t, images.area[p]);
    });
  pre.mean = first.means();
  pre.deviation = second.means();
  double top = 0;
  for (std::size_t k = 0; k < pre.mean.size(); ++k) {
    pre.deviation[k] = std::sqrt(std::max(0.0, pre.deviation[k] - pre.mean[k] * pre.mean[k]));
    top = std::max(top, pre.deviation[k]);
  }
  for (double& value : pre.deviation) value = std::max(value, 1e-3 * top);
}

void finish(Images& images) {
  set_at_cells(images, images.preprocessing.mean, images.mean);
  set_at_cells(images, images.preprocessing.deviation, images.deviation);
}

/// Whether cells of that many pixels, one of them about the beam, have borders between pixels.
bool beam_is_in_a_cell(const Detector& detector, double cell_px) {
  const auto [x, y] = detector.flat_position(0);
  const auto whole = [](double v) { return std::abs(v - std::round(v)) < 0.25; };
  return std::fmod(cell_px, 2) == 1 && whole(x) && whole(y);
}

Preprocessing automatic(const FrameStore& store, const NeuralOptions& options) {
  const Detector& detector = store.detector();
  const double edge = store.binning().radii_px().back() + 0.5 * options.polar.ring_width;
  const std::size_t across = 2 * std::size_t(std::ceil(edge));
  Preprocessing pre;
  if (options.size) {
    pre.size = *options.size;
    pre.cell_px = std::max(1.0, double(across) / double(pre.size));
  } else {
    pre.cell_px = std::ceil(double(across) / double(kLargestAutomatic));
    pre.size = 2 * std::size_t(std::ceil(0.5 * double(across) / pre.cell_px));
    if (beam_is_in_a_cell(detector, pre.cell_px)) pre.size -= 1;
  }
  pre.rim_px = q_radius(detector, edge);
  pre.q_per_pixel = *detector.q_per_pixel();
  pre.loss = options.loss;
  return pre;
}

}  // namespace

double Preprocessing::at(const std::vector<double>& table, double radius) {
  const double x = std::min(radius, 1.0) * double(table.size() - 1);
  const auto k = std::min(std::size_t(x), table.size() - 2);
  return table[k] + (x - double(k)) * (table[k + 1] - table[k]);
}

double Preprocessing::transform(double photons) const {
  return loss == IntensityLoss::sqrt ? std::sqrt(photons) : std::log1p(photons);
}

double Preprocessing::photons(double transformed) const {
  const double t = std::max(0.0, transformed);
  return loss == IntensityLoss::sqrt ? t * t : std::expm1(t);
}

Images make_images(FrameStore& store, const NeuralOptions& options) {
  Layout layout = lay_out(store, automatic(store, options));
  read_counts(store, 0, store.frames(), layout);
  fill_intensity(layout.images);
  set_fluence(layout.images);
  fill_transform(layout.images);
  finish(layout.images);
  return std::move(layout.images);
}

Images make_images(FrameStore& store, const Preprocessing& preprocessing, std::size_t first,
                   std::size_t last) {
  const double found = *store.detector().q_per_pixel(), wanted = preprocessing.q_per_pixel;
  if (std::abs(found / wanted - 1) > 0.01)
    fail("a pixel of these frames is ", found, " 1/A wide, the network has learned ", wanted,
         ": it knows frames of its own geometry only");
  Layout layout = lay_out(store, preprocessing);
  read_counts(store, first, last, layout);
  set_fluence(layout.images);
  finish(layout.images);
  return std::move(layout.images);
}

}  // namespace spi
