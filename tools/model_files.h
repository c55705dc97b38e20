// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands of spi-reconstruct write beside a model: tables and pictures.
#pragma once

#include <filesystem>

#include "libspi/cli/session.h"
#include "libspi/figures/reconstruction.h"
#include "outputs.h"

/// OUTPUT-poses.csv, OUTPUT-convergence.csv and their pictures, claimed when made.
class ModelFiles {
 public:
  ModelFiles(spi::cli::Session& session, bool pictures)
      : poses_(session.companion("poses.csv")), convergence_(session.companion("convergence.csv")) {
    constexpr const char* kNames[] = {"model.png", "fsc.png", "poses.png", "convergence.png"};
    for (const char* name : kNames)
      if (pictures) pictures_.push_back(session.companion(name));
  }

  void write(const spi::Model& model) const {
    spi::write_csv(poses_, spi::pose_table(model));
    spi::write_csv(convergence_, model.convergence);
    if (pictures_.empty()) return;
    Outputs outputs;
    outputs.draw(spi::model_figure(model), pictures_[0]);
    outputs.draw(spi::model_fsc_figure(model), pictures_[1]);
    outputs.draw(spi::model_poses_figure(model), pictures_[2]);
    outputs.draw(spi::model_convergence_figure(model), pictures_[3]);
    outputs.commit();
  }

 private:
  std::filesystem::path poses_, convergence_;
  std::vector<std::filesystem::path> pictures_;
};
