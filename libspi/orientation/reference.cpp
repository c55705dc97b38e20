// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/orientation/reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <vector>

#include "libspi/base/error.h"
#include "libspi/base/random.h"
#include "libspi/io/volume_series.h"

namespace spi {
namespace {

using Reals = std::span<const float>;

class ShapeReference final : public Reference {
 public:
  ShapeReference(const Body& body, double q_max)
      : particle_(make_particle(body, q_max)), q_max_(q_max) {}
  double q_max() const override { return q_max_; }
  void intensity(Reals qx, Reals qy, Reals qz, std::span<float> out) const override {
    constexpr std::size_t kBlock = 1024;
    std::array<std::complex<float>, kBlock> f;
    for (std::size_t first = 0; first < out.size(); first += kBlock) {
      const std::size_t n = std::min(kBlock, out.size() - first);
      particle_->amplitude(qx.subspan(first, n), qy.subspan(first, n), qz.subspan(first, n),
                           {f.data(), n});
      for (std::size_t i = 0; i < n; ++i) out[first + i] = std::norm(f[i]);
    }
  }

 private:
  std::unique_ptr<Particle> particle_;
  double q_max_;
};

class VolumeReference final : public Reference {
 public:
  explicit VolumeReference(Volume volume)
      : volume_(std::move(volume)),
        voxels_per_q_(float(volume_.voxel_size_A * double(volume_.nx))) {
    for (float& value : volume_.values) value = std::max(value, 0.f);
  }
  double q_max() const override { return double((volume_.nx - 1) / 2) / voxels_per_q_; }
  void intensity(Reals qx, Reals qy, Reals qz, std::span<float> out) const override {
    const std::size_t n = volume_.nx;
    const float centre = float(n / 2), last = float(n - 2);
    const auto place = [&](float q, std::size_t& corner) {
      const float at = q * voxels_per_q_ + centre;
      const float low = std::clamp(std::floor(at), 0.f, last);
      corner = std::size_t(low);
      return std::clamp(at - low, 0.f, 1.f);
    };
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::size_t x, y, z;
      const float fx = place(qx[i], x), fy = place(qy[i], y), fz = place(qz[i], z);
      const float* p = &volume_.values[(z * n + y) * n + x];
      const auto along_x = [&](const float* row) { return row[0] + fx * (row[1] - row[0]); };
      const auto plane = [&](const float* at) {
        const float a = along_x(at), b = along_x(at + n);
        return a + fy * (b - a);
      };
      const float a = plane(p), b = plane(p + n * n);
      out[i] = a + fz * (b - a);
    }
  }

 private:
  Volume volume_;
  float voxels_per_q_;  ///< Å: the inverse of q_per_voxel
};

/// Directions on shells, and what the reference has there.
class Shells {
 public:
  static constexpr std::size_t kShells = 24, kDirections = 400;

  Shells(const Reference& reference, double q_max) : reference_(reference) {
    for (std::size_t s = 0; s < kShells; ++s)
      for (std::size_t d = 0; d < kDirections; ++d) {
        Random random(kDefaultSeed, 0, s * kDirections + d);
        const Vector3 v = rotate(random_rotation(random), {0, 0, 1});
        const double q = q_max * (0.2 + 0.8 * double(s + 1) / kShells) * (1 - 1e-6);
        q_.push_back({q * v[0], q * v[1], q * v[2]});
      }
  }

  /// √I at the images of all points, divided by the rms of its shell; [shells][directions].
  std::vector<double> values(const Matrix3& operation) const {
    const std::size_t n = q_.size();
    std::vector<float> x(n), y(n), z(n), intensity(n);
    for (std::size_t i = 0; i < n; ++i) {
      const Vector3 q = rotate(operation, q_[i]);
      x[i] = float(q[0]), y[i] = float(q[1]), z[i] = float(q[2]);
    }
    reference_.intensity(x, y, z, intensity);
    std::vector<double> root(n);
    for (std::size_t s = 0; s < kShells; ++s) {
      double sum = 0;
      for (std::size_t d = 0; d < kDirections; ++d) sum += intensity[s * kDirections + d];
      for (std::size_t i = s * kDirections; i < (s + 1) * kDirections; ++i)
        root[i] = sum > 0 ? std::sqrt(double(intensity[i]) * kDirections / sum) : 0;
    }
    return root;
  }

  /// In place: less the mean of each shell.
  static void centre(std::vector<double>& values) {
    for (std::size_t s = 0; s < kShells; ++s) {
      double mean = 0;
      for (std::size_t d = 0; d < kDirections; ++d) mean += values[s * kDirections + d];
      mean /= kDirections;
      for (std::size_t d = 0; d < kDirections; ++d) values[s * kDirections + d] -= mean;
    }
  }

 private:
  const Reference& reference_;
  std::vector<Vector3> q_;
};

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

std::unique_ptr<Reference> shape_reference(const Body& body, double q_max) {
  return std::make_unique<ShapeReference>(body, q_max);
}

std::unique_ptr<Reference> volume_reference(Volume volume, const std::string& name) {
  if (volume.nx != volume.ny || volume.nx != volume.nz || volume.nx < 8)
    fail(name, " is a volume of ", volume.nx, " x ", volume.ny, " x ", volume.nz,
         " voxels: a reference must be a cube of at least 8");
  if (std::ranges::none_of(volume.values, [](float value) { return value > 0; }))
    fail(name, " holds no intensity above 0");
  return std::make_unique<VolumeReference>(std::move(volume));
}

std::unique_ptr<Reference> file_reference(const std::filesystem::path& path, std::size_t index) {
  const auto volumes = open_volumes(path);
  if (index >= volumes->count())
    fail(path.string(), " holds ", volumes->count(), " volumes: --reference-index ", index,
         " is not among them");
  if (h5::File::is_hdf5(path) && volumes->quantity() == Quantity::density)
    fail(path.string(), " holds densities: a reference must be intensities");
  return volume_reference(volumes->read(index), path.string());
}

std::string_view point_group_of(Shape shape) {
  switch (shape) {
    case Shape::cube:
    case Shape::transition:
    case Shape::octahedron:
      return "Oh";
    case Shape::sphere:
      return "Ih";
    case Shape::dimer:
    case Shape::rod:
      break;
  }
  return "D24h";
}

Asymmetry asymmetry(const Reference& reference, const PointGroup& group, double q_max) {
  constexpr double kNothing = 0.01;  // of √I
  const Shells shells(reference, q_max);
  std::vector<double> own = shells.values(group.operations[0]);
  const double total = product(own, own);
  Shells::centre(own);
  Asymmetry worst;
  for (std::size_t g = 1; g < group.order(); ++g) {
    std::vector<double> image = shells.values(group.operations[g]);
    Shells::centre(image);
    const double norm = std::sqrt(product(own, own) * product(image, image));
    const double difference = product(own, own) + product(image, image) - 2 * product(own, image);
    if (difference <= kNothing * kNothing * total) continue;
    const double deviation = norm > 0 ? 1 - product(own, image) / norm : 1;
    if (deviation > worst.deviation) worst = {deviation, g};
  }
  return worst;
}

void require_symmetry(const Reference& reference, const PointGroup& group, double q_max,
                      const std::string& name) {
  constexpr double kAllowed = 0.15;
  const PointGroup laue = laue_class(group);
  const Asymmetry found = asymmetry(reference, laue, q_max);
  if (found.deviation <= kAllowed) return;
  const Asymmetry friedel = asymmetry(reference, point_group("Ci"), q_max);
  if (friedel.deviation > kAllowed)
    fail(name, " is not centrosymmetric (correlation with its inverse ", 1 - friedel.deviation,
         "): intensities are, about voxel N/2");
  fail(name, " is not symmetric under ", group.name, " (", group.hermann_mauguin,
       "): its correlation with itself falls to ", 1 - found.deviation,
       " under an operation of the group; give the group that it has, or --symmetry C1");
}

}  // namespace spi
