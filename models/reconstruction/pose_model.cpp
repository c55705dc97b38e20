// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/pose_model.h"

#include <cmath>

namespace spi {
namespace {

at::Tensor matrix_tensor(const Matrix3& m) {
  at::Tensor tensor = at::empty({3, 3});
  for (int k = 0; k < 9; ++k) tensor.data_ptr<float>()[k] = float(m[std::size_t(k)]);
  return tensor;
}

/// The square's symmetry h as a matrix that turns the positions of an image's content: bit 0
/// mirrors x, bit 1 turns by 180 degrees, bit 2 turns by 90 degrees, in this order.
std::array<int, 4> square_matrix(std::int64_t h) {
  std::array<int, 4> m{1, 0, 0, 1};
  if (h & 1) m = {-1, 0, 0, 1};
  if (h & 2) m = {-m[0], -m[1], -m[2], -m[3]};
  if (h & 4) m = {-m[2], -m[3], m[0], m[1]};
  return m;
}

struct Prediction {
  const PoseModel& model;
  const ImageTensors& tensors;
  const NeuralOptions& options;

  /// [b] on those cells, of frames in orientations [b, 3, 3].
  at::Tensor loss(const at::Tensor& rotation, const at::Tensor& log_fluence,
                  const ImageTensors::Batch& batch, const at::Tensor& symmetry,
                  const at::Tensor& which) const {
    const std::int64_t b = rotation.size(0), cells = which.size(0);
    at::Tensor turned = rotation;
    if (symmetry.defined())
      turned = at::matmul(model.symmetry_rotations().index_select(0, symmetry), rotation);
    const at::Tensor points = tensors.points.index_select(0, which);
    const at::Tensor q = at::matmul(points, turned.transpose(1, 2));  // [b, P', 3]
    const at::Tensor u =
        model.field->forward(q.reshape({b * cells, 3}), options.precision).view({b, cells});
    const at::Tensor deviation = tensors.deviation.index_select(0, which);
    const at::Tensor value = tensors.mean.index_select(0, which) + deviation * u;
    at::Tensor fluence = batch.fluence.unsqueeze(1);
    if (log_fluence.defined()) fluence = fluence * at::exp(log_fluence).unsqueeze(1);
    const at::Tensor predicted = options.loss == IntensityLoss::sqrt
                                     ? value * at::sqrt(fluence)
                                     : at::log1p(fluence * at::expm1(at::relu(value)));
    const at::Tensor target = batch.target.index_select(1, which);
    const at::Tensor weight = tensors.area.index_select(0, which);
    const at::Tensor error = (predicted - target) / deviation;
    return (weight * error * error).sum(1) / weight.sum();
  }
};

}  // namespace

PoseModel::PoseModel(const NeuralOptions& options, const Preprocessing& preprocessing) {
  encoder = register_module(
      "encoder", std::make_shared<OrientationEncoder>(options.encoder, preprocessing.size));
  field = register_module("field", std::make_shared<IntensityField>(options.field));
  const PointGroup group = laue_class(point_group(options.symmetry));
  if (group.rotations.size() < 2) return;
  axes_ = register_parameter("axes", at::zeros({1, 6}));
  std::vector<at::Tensor> operations;
  for (const Quaternion& g : group.rotations) operations.push_back(matrix_tensor(to_matrix(g)));
  operations_ = at::stack(operations);
}

void PoseModel::draw(std::uint64_t seed) {
  encoder->draw(seed);
  field->draw(seed + 1);
  if (!axes_.defined()) return;
  const torch::NoGradGuard no_grad;
  axes_.zero_();
  axes_.index({0, 0}).fill_(1);
  axes_.index({0, 4}).fill_(1);
}

at::Tensor PoseModel::symmetry_rotations() const {
  const at::Tensor b = rotations_from_6d(axes_)[0];
  return at::matmul(at::matmul(b, operations_.to(b.device())), b.t());
}

ImageTensors::ImageTensors(const Images& images, at::Device device)
    : images_(images), device_(device) {
  const auto p = std::int64_t(images.cells());
  const auto copy = [&](const std::vector<float>& values) {
    return at::from_blob(const_cast<float*>(values.data()), {p}, at::kFloat).clone();
  };
  area_ = copy(images.area);
  mean_ = copy(images.mean);
  deviation_ = copy(images.deviation);
  points = at::stack({copy(images.points.x), copy(images.points.y), copy(images.points.z)}, 1)
               .to(device);
  area = area_.to(device);
  mean = mean_.to(device);
  deviation = deviation_.to(device);
}

ImageTensors::Batch ImageTensors::batch(std::span<const std::size_t> rows) const {
  const auto b = std::int64_t(rows.size()), p = std::int64_t(images_.cells());
  const auto s = std::int64_t(images_.preprocessing.size);
  at::Tensor counts = at::zeros({b, p});
  Batch result{.image = at::zeros({b, 1, s, s}), .target = {}, .fluence = at::empty({b})};
  for (std::int64_t k = 0; k < b; ++k) {
    const std::size_t row = rows[std::size_t(k)];
    result.fluence.data_ptr<float>()[k] = images_.fluence[row];
    images_.counts.add_to(row, counts.data_ptr<float>() + k * p);
  }
  counts = counts / area_;
  const bool root = images_.preprocessing.loss == IntensityLoss::sqrt;
  const auto transform = [&](const at::Tensor& n) { return root ? n.sqrt() : n.log1p(); };
  result.target = transform(counts);
  const at::Tensor seen =
      ((transform(counts / result.fluence.unsqueeze(1)) - mean_) / deviation_).contiguous();
  for (std::int64_t k = 0; k < b; ++k) {
    const float* const from = seen.data_ptr<float>() + k * p;
    float* const to = result.image.data_ptr<float>() + k * s * s;
    for (std::int64_t c = 0; c < p; ++c) to[images_.cell[std::size_t(c)]] = from[c];
  }
  for (at::Tensor* tensor : {&result.image, &result.target, &result.fluence})
    *tensor = tensor->to(device_);
  return result;
}

at::Tensor square_copy(const at::Tensor& image, std::int64_t h) {
  at::Tensor x = image;  // [..., y, x]
  if (h & 1) x = x.flip({-1});
  if (h & 2) x = x.flip({-1, -2});
  if (h & 4) x = x.transpose(-1, -2).flip({-1});  // content at (x, y) goes to (-y, x)
  return x;
}

at::Tensor copy_rotation(std::int64_t h) {
  const auto m = square_matrix(h);
  const double det = m[0] * m[3] - m[1] * m[2];
  // det · (h⁻¹ on x and y, 1 on z); the inverse of a signed permutation is its transpose.
  return matrix_tensor({det * m[0], det * m[2], 0, det * m[1], det * m[3], 0, 0, 0, det});
}

std::int64_t compose_copies(std::int64_t h, std::int64_t g) {
  const auto a = square_matrix(h), b = square_matrix(g);
  const std::array<int, 4> product{a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],
                                   a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
  std::int64_t result = 0;
  while (square_matrix(result) != product) ++result;
  return result;
}

at::Tensor pose_loss(const PoseModel& model, const ImageTensors& tensors,
                     const ImageTensors::Batch& batch, const Sampling& sampling,
                     const NeuralOptions& options) {
  const std::int64_t b = batch.image.size(0);
  const auto copies = std::int64_t(options.copies);
  const Prediction prediction{model, tensors, options};
  std::vector<at::Tensor> rotations;
  for (std::int64_t h = 0; h < kSquare; ++h) rotations.push_back(copy_rotation(h).t());
  const at::Device device = batch.image.device();
  const at::Tensor back = at::stack(rotations).to(device);  // [8, 3, 3] Kᵀ
  const at::Tensor turn = sampling.turn.contiguous();
  // Which of the 8 images each frame's copy c is.
  std::vector<std::vector<std::int64_t>> which(static_cast<std::size_t>(copies));
  for (std::int64_t c = 0; c < copies; ++c)
    for (std::int64_t k = 0; k < b; ++k)
      which[std::size_t(c)].push_back(compose_copies(c, turn.data_ptr<std::int64_t>()[k]));
  const auto show = [&](const std::vector<std::int64_t>& h) {
    std::vector<at::Tensor> images;
    for (std::int64_t k = 0; k < b; ++k)
      images.push_back(square_copy(batch.image[k], h[std::size_t(k)]));
    return at::stack(images);
  };
  const auto encode = [&](const std::vector<std::int64_t>& h) {
    Encoded encoded = model.encoder->forward(show(h), options.precision);
    const at::Tensor index = at::tensor(at::ArrayRef<std::int64_t>(h)).to(device);
    encoded.rotation = at::matmul(encoded.rotation, back.index_select(0, index).unsqueeze(1));
    return encoded;
  };
  const auto losses = [&](const Encoded& encoded, const at::Tensor& rotation,
                          const at::Tensor& cells) {
    return prediction.loss(rotation, encoded.log_fluence, batch, sampling.symmetry, cells);
  };
  const auto heads = std::int64_t(options.encoder.heads);
  if (copies * heads == 1) {
    const Encoded encoded = encode(which[0]);
    return losses(encoded, encoded.rotation.select(1, 0), sampling.cells);
  }
  at::Tensor best;
  {
    const torch::NoGradGuard no_grad;
    std::vector<at::Tensor> all;
    for (const auto& h : which) {
      const Encoded encoded = encode(h);
      for (std::int64_t k = 0; k < heads; ++k)
        all.push_back(losses(encoded, encoded.rotation.select(1, k), sampling.deciding));
    }
    best = at::stack(all).argmin(0).contiguous();
  }
  const at::Tensor found = best.to(at::kCPU);
  std::vector<std::int64_t> chosen;
  for (std::int64_t k = 0; k < b; ++k)
    chosen.push_back(which[std::size_t(found.data_ptr<std::int64_t>()[k] / heads)][std::size_t(k)]);
  const Encoded encoded = encode(chosen);
  const at::Tensor head = best.remainder(heads).view({b, 1, 1, 1}).expand({b, 1, 3, 3});
  return losses(encoded, encoded.rotation.gather(1, head).squeeze(1), sampling.cells);
}

at::Tensor candidate_rotations(const PoseModel& model, const at::Tensor& image) {
  const torch::NoGradGuard no_grad;
  std::vector<at::Tensor> candidates;
  for (std::int64_t h = 0; h < model.encoder->telling_copies(); ++h)
    candidates.push_back(
        at::matmul(model.encoder->forward(square_copy(image, h)).rotation, copy_rotation(h).t()));
  return at::cat(candidates, 1);
}

}  // namespace spi
