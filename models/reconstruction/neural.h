// SPDX-License-Identifier: GPL-3.0-or-later
// Poses and intensities by networks, as tools see them. Without LibTorch.
#pragma once

#include <memory>
#include <optional>

#include "libspi/averaging/frame_source.h"
#include "libspi/cli/provenance.h"
#include "libspi/io/model.h"
#include "models/reconstruction/options.h"

namespace spi {

class PoseModel;
struct Preprocessing;

/// A trained network: encoder, field and what it must be shown.
class PoseNetwork {
 public:
  PoseNetwork(std::unique_ptr<PoseModel> model, Preprocessing preprocessing, NeuralOptions options);
  PoseNetwork(PoseNetwork&&) noexcept;
  PoseNetwork& operator=(PoseNetwork&&) noexcept;
  ~PoseNetwork();

  /// network.h5 ("spi-pose-network"). UserError where it is damaged or of another kind.
  static PoseNetwork load(const std::filesystem::path& path);
  void save(const std::filesystem::path& path, const Provenance& provenance) const;

  /// Intensities, and the poses of the source's frames: docs/theory/reconstruction.md. All ranks of
  /// the source's team.
  Model place(FrameSource& source, std::size_t refine, int threads, Monitor& monitor) const;

 private:
  std::unique_ptr<PoseModel> model_;
  std::unique_ptr<Preprocessing> preprocessing_;
  NeuralOptions options_;
};

struct NeuralResult {
  PoseNetwork network;
  Model model;
  learn::History history;
};

/// Trains on the source's frames, then places them. All ranks of run.team, which is the source's.
/// Training is on that CUDA device, or on the processor; the rest is on the processor.
NeuralResult reconstruct_neural(FrameSource& source, const NeuralOptions& options,
                                const learn::Run& run, int threads, Monitor& monitor,
                                std::optional<std::size_t> cuda_device = {});

}  // namespace spi
