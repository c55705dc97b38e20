// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/patterns.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/volume/free_box.h"

namespace spi::vae {
namespace {

/// One new pixel along an axis: which old pixels it covers, and how much of each.
struct Cover {
  std::size_t first = 0;
  std::vector<double> share;
};

/// New pixels of `step` old ones each, the middle of the `size` new ones on `centre`.
std::vector<Cover> covers(std::size_t size, double centre, double step, std::size_t old_size) {
  std::vector<Cover> result(size);
  const double half = double(size / 2);
  for (std::size_t i = 0; i < size; ++i) {
    const double low = centre + (double(i) - half - 0.5) * step, high = low + step;
    const double last = double(old_size) - 0.5;
    for (double old = std::max(0.0, std::floor(low + 0.5)); old - 0.5 < std::min(high, last);
         ++old) {
      const double share = std::min(high, old + 0.5) - std::max(low, old - 0.5);
      if (share <= 1e-9) continue;
      if (result[i].share.empty()) result[i].first = std::size_t(old);
      result[i].share.push_back(share);
    }
  }
  return result;
}

/// Averages patterns down to the voxels of the disc.
class Resampler {
 public:
  Resampler(const StackInfo& info, const QueryPoints& points, std::size_t size, double step)
      : columns_(info.columns),
        points_(points),
        size_(size),
        x_(covers(size, info.centre ? (*info.centre)[0] : double(info.columns / 2), step,
                  info.columns)),
        y_(covers(size, info.centre ? (*info.centre)[1] : double(info.rows / 2), step, info.rows)) {
  }

  /// Weighted mean intensity and summed weight of each point.
  void operator()(const float* intensity, const float* weight, float* mean, float* sum) const {
    for (std::size_t p = 0; p < points_.size(); ++p) {
      const Cover& x = x_[points_.pixel[p] % size_];
      const Cover& y = y_[points_.pixel[p] / size_];
      double w_sum = 0, wi_sum = 0;
      for (std::size_t j = 0; j < y.share.size(); ++j)
        for (std::size_t i = 0; i < x.share.size(); ++i) {
          const std::size_t at = (y.first + j) * columns_ + x.first + i;
          if (!(weight[at] > 0)) continue;
          const double w = y.share[j] * x.share[i] * weight[at];
          w_sum += w;
          wi_sum += w * intensity[at];
        }
      sum[p] = float(w_sum);
      mean[p] = w_sum > 0 ? float(wi_sum / w_sum) : 0.f;
    }
  }

 private:
  std::size_t columns_;
  const QueryPoints& points_;
  std::size_t size_;
  std::vector<Cover> x_, y_;
};

double radius(const QueryPoints& points, std::size_t p, std::size_t size) {
  const double half = double(size / 2);
  return std::hypot(double(points.pixel[p] % size) - half, double(points.pixel[p] / size) - half);
}

/// Old pixels a voxel. UserError where the patterns do not reach so far.
double pixels_per_voxel(const StackInfo& info, double q_per_pixel, const VaeOptions& options,
                        const Preprocessing* known) {
  const std::size_t size = known ? known->size : options.size;
  const double half = double(size / 2);
  const double reach = double(std::min(info.rows, info.columns) / 2);
  double step = reach / half;
  if (known)
    step = known->q_per_voxel / q_per_pixel;
  else if (options.q_max)
    step = options.q_max->per_angstrom / q_per_pixel / half;
  if (step < 1 - 1e-6)
    fail("patterns of ", info.columns, " x ", info.rows, " pixels do not fill volumes of size ",
         size, ": a voxel would be ", step, " of a pixel; ask for a smaller --size",
         options.q_max ? " or a larger --q-max" : "");
  if (!known && step * half > reach * (1 + 1e-6))
    fail("--q-max lies beyond the edge of the patterns, which is at ", reach * q_per_pixel, "/A");
  return step;
}

/// A ring's mean intensity, and the mean radius of the pixels behind it.
struct Ring {
  double intensity = 0, weight = 0, radius = 0;
  bool has_light() const { return weight > 0 && intensity > 0; }
};

/// ln of the mean at radius r, from the two lit rings around it (or nearest to it).
double log_mean_at(const std::vector<Ring>& lit, double r) {
  if (lit.size() == 1) return std::log(lit[0].intensity);
  std::size_t high = 1;
  while (high + 1 < lit.size() && lit[high].radius < r) ++high;
  const Ring &a = lit[high - 1], &b = lit[high];
  // Half a ring beyond the data at most: pixels fill the outermost ring on its inner side only.
  const double f = std::clamp((r - a.radius) / (b.radius - a.radius), -0.5, 1.5);
  return (1 - f) * std::log(a.intensity) + f * std::log(b.intensity);
}

/// The radial mean of the patterns over their scales, at whole radii.
std::vector<double> radial_mean(const PatternSet& set, const std::vector<double>& radii) {
  const std::size_t rings = set.preprocessing.size / 2 + 1, points = set.points.size();
  std::vector<Ring> all(rings);
  for (std::size_t n = 0; n < set.count(); ++n)
    for (std::size_t p = 0; p < points; ++p) {
      const double w = set.photons[n * points + p];
      Ring& ring = all[std::size_t(std::lround(radii[p]))];
      ring.intensity += w * set.intensity[n * points + p];
      ring.weight += w * set.scale[n];
      ring.radius += w * set.scale[n] * radii[p];
    }
  std::vector<Ring> lit;
  for (const Ring& ring : all)
    if (ring.has_light())
      lit.push_back({ring.intensity / ring.weight, ring.weight, ring.radius / ring.weight});
  if (lit.empty()) fail("no pattern has any intensity inside the cut at high q");
  std::vector<double> mean;
  for (std::size_t r = 0; r < rings; ++r) mean.push_back(std::exp(log_mean_at(lit, double(r))));
  return mean;
}

/// scale[n] = total intensity over that of the radial mean on the same pixels.
void fit_scales(PatternSet& set, const std::vector<double>& mean_of_point) {
  const std::size_t points = set.points.size();
  for (std::size_t n = 0; n < set.count(); ++n) {
    double seen = 0, expected = 0;
    for (std::size_t p = 0; p < points; ++p) {
      const double w = set.photons[n * points + p];
      seen += w * set.intensity[n * points + p];
      expected += w * mean_of_point[p];
    }
    if (!(seen > 0))
      fail("pattern ", n, " (id ", set.id[n], ") has no intensity inside the cut at high q");
    set.scale[n] = float(seen / expected);
  }
}

std::vector<double> means_of_points(const PatternSet& set) {
  std::vector<double> means;
  for (std::size_t p = 0; p < set.points.size(); ++p)
    means.push_back(set.preprocessing.mean_at(radius(set.points, p, set.preprocessing.size)));
  return means;
}

}  // namespace

double Preprocessing::mean_at(double r) const {
  const std::size_t low = std::min(std::size_t(r), radial_mean.size() - 1);
  const std::size_t high = std::min(low + 1, radial_mean.size() - 1);
  const double f = std::clamp(r - double(low), 0.0, 1.0);
  return std::exp((1 - f) * std::log(radial_mean[low]) + f * std::log(radial_mean[high]));
}

PatternSet load_patterns(StackReader& stack, const std::vector<Pose>& poses,
                         const PointGroup& group, const VaeOptions& options,
                         const Preprocessing* known, Monitor& monitor) {
  const StackInfo& info = stack.info();
  SPI_ASSERT(poses.size() == info.count);
  if (!known) FreeBox(options.size, group);  // refuses a size without a centre voxel
  const std::optional<double> q_per_pixel =
      options.q_per_pixel ? std::optional(options.q_per_pixel->per_angstrom) : info.q_per_pixel;
  if (!q_per_pixel) fail("the patterns do not say their q: give --q-per-pixel");
  const double step = pixels_per_voxel(info, *q_per_pixel, options, known);

  PatternSet set;
  if (known) {
    set.preprocessing = *known;
  } else {
    set.preprocessing.size = options.size;
    set.preprocessing.q_per_voxel = step * *q_per_pixel;
    set.preprocessing.wavelength_A = info.wavelength_A;
    if (options.photon_energy)
      set.preprocessing.wavelength_A = options.photon_energy->wavelength_angstroms();
  }
  const std::size_t size = set.preprocessing.size;
  set.symmetry = group.name;
  set.points = disc_points(size, set.preprocessing.q_per_voxel, set.preprocessing.wavelength_A);
  const std::size_t points = set.points.size();
  set.id = stack.ids();
  set.intensity.resize(info.count * points);
  set.photons.resize(info.count * points);
  set.scale.assign(info.count, 1.f);
  for (const Pose& pose : poses) {
    set.pose.push_back(to_fundamental_zone(group, pose.model_from_lab));
    set.gain.push_back(float(pose.gain));
  }

  const Resampler resample(info, set.points, size, step);
  Progress progress(monitor, "reading patterns", info.count);
  constexpr std::size_t kChunk = 64;
  for (std::size_t first = 0; first < info.count; first += kChunk) {
    const Patterns some = stack.read(first, std::min(kChunk, info.count - first));
    const std::size_t area = some.rows * some.columns;
    for (std::size_t n = 0; n < some.count; ++n)
      resample(&some.intensity[n * area], &some.weight[n * area],
               &set.intensity[(first + n) * points], &set.photons[(first + n) * points]);
    progress.advance(some.count);
  }

  if (!known) {
    std::vector<double> radii;
    for (std::size_t p = 0; p < points; ++p) radii.push_back(radius(set.points, p, size));
    set.preprocessing.radial_mean = radial_mean(set, radii);
    fit_scales(set, means_of_points(set));
    set.preprocessing.radial_mean = radial_mean(set, radii);
  }
  const std::vector<double> mean = means_of_points(set);
  fit_scales(set, mean);
  for (std::size_t n = 0; n < set.count(); ++n)
    for (std::size_t p = 0; p < points; ++p) {
      const double unit = set.scale[n] * mean[p];
      set.intensity[n * points + p] = float(set.intensity[n * points + p] / unit);
      set.photons[n * points + p] = float(set.photons[n * points + p] * unit);
    }
  return set;
}

}  // namespace spi::vae
