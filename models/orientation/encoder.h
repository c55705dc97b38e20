// SPDX-License-Identifier: GPL-3.0-or-later
// Frames to orientations. Includes LibTorch.
#pragma once

#include "libspi/learn/layers.h"
#include "models/orientation/options.h"

namespace spi {

struct Encoded {
  at::Tensor rotation;     ///< [B, heads, 3, 3] model_from_lab
  at::Tensor log_fluence;  ///< [B] over that of the photons; undefined without fluence head
};

class OrientationEncoder : public torch::nn::Module {
 public:
  /// For images of size × size; options.axis_radius is set.
  OrientationEncoder(const EncoderOptions& options, std::size_t size);

  void draw(std::uint64_t seed);
  /// Which of the square's symmetries (pose_model.h) may give another answer: all 8; 4 where the
  /// image is turned to its main axis.
  std::int64_t telling_copies() const { return options_.in_plane == InPlane::main_axis ? 4 : 8; }
  /// images [B, 1, S, S], standardised, 0 where not measured. The precision is that of all layers
  /// but the last.
  Encoded forward(const at::Tensor& images,
                  learn::Precision precision = learn::Precision::single) const;

 private:
  struct Residual {
    learn::Layer first, second, shortcut;  ///< shortcut: undefined where the sizes agree
    learn::Layer first_norm, second_norm;
    std::int64_t stride;
  };
  learn::Layer norm(const std::string& name, std::int64_t channels);
  void build_compact(std::int64_t size);
  void build_resnet();
  void build_filter_bank(std::int64_t size);
  void build_main_axis(std::int64_t size);
  /// [B] angle of the images' second circular harmonic, from the x axis.
  at::Tensor main_axis(const at::Tensor& images) const;
  /// Images turned by -angle [B].
  at::Tensor turned(const at::Tensor& images, const at::Tensor& angle) const;
  at::Tensor residual(const Residual& block, const at::Tensor& x, learn::Precision precision) const;
  at::Tensor features(const at::Tensor& images, learn::Precision precision) const;
  at::Tensor filter(const at::Tensor& images) const;

  EncoderOptions options_;
  std::vector<learn::Layer> convolutions_;
  learn::Layer stem_, stem_norm_;
  std::vector<Residual> residuals_;
  std::vector<learn::Layer> dense_;
  std::int64_t features_ = 0;
  at::Tensor positions_;      ///< [S², 2] x, y of the cells from -1 to 1
  at::Tensor second_moment_;  ///< [S², 2] weights of the second circular harmonic
};

/// Two vectors [B, 6] -> rotations [B, 3, 3] whose first two rows are they, made orthonormal (Zhou
/// et al. 2019).
at::Tensor rotations_from_6d(const at::Tensor& vectors);

}  // namespace spi
