// SPDX-License-Identifier: GPL-3.0-or-later
// Shaded pictures of the surface on which a field has one value, by marching along rays
// (docs/decisions/movie.md says why our own).
#pragma once

#include <optional>

#include "libspi/geometry/rotation.h"
#include "libspi/plot/color.h"
#include "libspi/plot/pixels.h"
#include "libspi/render/field.h"

namespace spi {

/// Rays run parallel, so that a scale bar holds everywhere. The camera looks along -z of the view,
/// x to the right and y upwards; the field's centre is the middle of the picture.
struct Camera {
  Quaternion view_from_model = {};
  double samples_per_pixel = 1;
};

/// From the direction of -z turned by `azimuth` about the model's y axis, lifted by `elevation`.
Camera camera_from(double azimuth_rad, double elevation_rad, double samples_per_pixel);

struct SurfaceStyle {
  plot::Rgb surface{0.84, 0.62, 0.20};
  plot::Rgb top{0.97, 0.975, 0.985}, bottom{0.85, 0.87, 0.90};  ///< of the background
};

/// Where a ray first meets the surface.
struct SurfacePoint {
  Vector3 at{};      ///< in samples, from sample (0, 0, 0)
  Vector3 normal{};  ///< of length 1, out of the body (towards lower values); the model's frame
};

/// A field ready for rays: which blocks of it can hold the surface. Keeps a reference to the field.
class Isosurface {
 public:
  Isosurface(const Field& field, float level);

  /// The first point along origin + s direction, s >= 0, where the field rises through the level;
  /// direction of length 1, all in samples. Trilinear, steps of half a sample, refined to 1e-3
  /// samples: parts thinner than half a sample may be missed.
  std::optional<SurfacePoint> meet(const Vector3& origin, const Vector3& direction) const;

  /// How much of the half space above a point of the surface is hidden by the body itself, within
  /// an eighth of the field: 0 none, 1 all. Sampled along fixed directions.
  double occlusion(const SurfacePoint& point) const;

 private:
  float value(const Vector3& at) const;
  Vector3 normal(const Vector3& at) const;

  const Field& field_;
  float level_;
  std::size_t blocks_ = 0;          ///< a side
  std::vector<std::uint8_t> full_;  ///< [blocks³] whether some sample around exceeds the level
  Vector3 low_{}, high_{};          ///< box of the blocks that are full
};

/// [height][width]; a ray a pixel, 16 where neighbouring rays differ (silhouettes, edges).
/// Independent of `threads`.
plot::Pixels picture_of(const Isosurface& surface, const Field& field, const Camera& camera,
                        const SurfaceStyle& style, int width, int height, int threads);

}  // namespace spi
