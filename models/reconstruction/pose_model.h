// SPDX-License-Identifier: GPL-3.0-or-later
// Encoder and field together, and the loss of a batch of frames. Includes LibTorch.
#pragma once

#include <memory>
#include <span>

#include "libspi/geometry/point_group.h"
#include "models/intensity_field/field.h"
#include "models/orientation/encoder.h"
#include "models/reconstruction/images.h"

namespace spi {

class PoseModel : public torch::nn::Module {
 public:
  PoseModel(const NeuralOptions& options, const Preprocessing& preprocessing);

  void draw(std::uint64_t seed);
  /// Rotations B g Bᵀ of the group with axes B in the field's frame: [G, 3, 3].
  at::Tensor symmetry_rotations() const;
  at::Device device() const { return parameters().front().device(); }
  std::int64_t symmetry_order() const { return operations_.defined() ? operations_.size(0) : 1; }

  std::shared_ptr<OrientationEncoder> encoder;
  std::shared_ptr<IntensityField> field;

 private:
  at::Tensor axes_;        ///< [1, 6] B; undefined without symmetry
  at::Tensor operations_;  ///< [G, 3, 3]
};

/// Everything of the frames that a step's loss needs, the same for all threads. All but `turn` are
/// where the model is.
struct Sampling {
  at::Tensor cells;     ///< [P'] those that the loss is taken on
  at::Tensor deciding;  ///< [P''] those that decide among the copies
  at::Tensor turn;      ///< [B] which of the square's 8 symmetries each frame is shown in
  at::Tensor symmetry;  ///< [B] which of the group's rotations; undefined: none
};

/// Frames as tensors, made on the processor and kept where the model is.
class ImageTensors {
 public:
  explicit ImageTensors(const Images& images, at::Device device = at::kCPU);

  struct Batch {
    at::Tensor image;    ///< [B, 1, S, S] standardised, 0 where not measured
    at::Tensor target;   ///< [B, P] transform of the photons of a whole cell
    at::Tensor fluence;  ///< [B]
  };
  Batch batch(std::span<const std::size_t> rows) const;

  const Images& images() const { return images_; }
  /// [P, 3], [P], [P], [P]
  at::Tensor points, area, mean, deviation;

 private:
  const Images& images_;
  at::Device device_;
  at::Tensor area_, mean_, deviation_;  ///< on the processor
};

inline constexpr std::int64_t kSquare = 8;
/// The 8 symmetries of a square: image h of a frame. The first `n` of 1, 2, 4, 8 are groups: the
/// identity; and the mirror image; and both turned by 180 degrees; and all turned by 90.
at::Tensor square_copy(const at::Tensor& image, std::int64_t h);
/// [3, 3] K: a frame has the orientation R Kᵀ where its image h has R. Exact on curved Ewald
/// spheres: a mirror image of the frame is, by Friedel's law, another frame of the same particle.
at::Tensor copy_rotation(std::int64_t h);
/// The image number of h after g: square_copy(square_copy(x, g), h) = square_copy(x, result).
std::int64_t compose_copies(std::int64_t h, std::int64_t g);

/// [B] mean squared error over the cells in units of the shells' deviation, that of the best among
/// copies and heads; differentiable with respect to the model.
at::Tensor pose_loss(const PoseModel& model, const ImageTensors& tensors,
                     const ImageTensors::Batch& batch, const Sampling& sampling,
                     const NeuralOptions& options);

/// [B, copies·heads, 3, 3] what the network says of all telling copies, without gradients.
at::Tensor candidate_rotations(const PoseModel& model, const at::Tensor& image);

}  // namespace spi
