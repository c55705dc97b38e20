// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands of spi-reconstruct write beside a model: tables and pictures.
#pragma once

#include <deque>
#include <filesystem>

#include "libspi/cli/session.h"
#include "libspi/figures/reconstruction.h"
#include "libspi/io/atomic_file.h"

/// Pictures that are written whole or not at all.
class Pictures {
 public:
  void save(const spi::plot::Figure& figure, const std::filesystem::path& path) {
    figure.save(files_.emplace_back(path).temporary(), spi::plot::format_of(path));
  }
  void commit() {
    for (spi::AtomicFile& file : files_) file.commit();
  }

 private:
  std::deque<spi::AtomicFile> files_;
};

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
    Pictures pictures;
    pictures.save(spi::model_figure(model), pictures_[0]);
    pictures.save(spi::model_fsc_figure(model), pictures_[1]);
    pictures.save(spi::model_poses_figure(model), pictures_[2]);
    pictures.save(spi::model_convergence_figure(model), pictures_[3]);
    pictures.commit();
  }

 private:
  std::filesystem::path poses_, convergence_;
  std::vector<std::filesystem::path> pictures_;
};
