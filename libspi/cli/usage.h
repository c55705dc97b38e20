// SPDX-License-Identifier: GPL-3.0-or-later
// What a command says of itself: from this its parser, help, manual page and markdown are made.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libspi/base/device.h"
#include "libspi/base/options.h"
#include "libspi/base/team.h"

namespace spi::cli {

struct Example {
  std::string command;
  std::string explanation;
};

/// The ranks of this job; null where it is a process of its own.
using MakeTeam = std::unique_ptr<Team> (*)();

/// Filled by a tool's `declare`. Inputs and options stand in the order of their declaration.
class Usage : public OptionSet {
 public:
  /// One line, lower case, without full stop: what the command does.
  Usage& summary(std::string text) { return summary_ = std::move(text), *this; }
  /// A paragraph of the manual; call it once a paragraph.
  Usage& describe(std::string paragraph) {
    return paragraphs_.push_back(std::move(paragraph)), *this;
  }
  Usage& example(std::string command, std::string explanation) {
    return examples_.push_back({std::move(command), std::move(explanation)}), *this;
  }
  Usage& reference(std::string text) { return references_.push_back(std::move(text)), *this; }
  /// What --output names and its default; without this call the result goes to stdout.
  Usage& output(std::filesystem::path default_path, std::string help) {
    return output_ = std::move(default_path), output_help_ = std::move(help), *this;
  }
  /// The command can run on the CUDA devices that `count` finds.
  Usage& cuda(CudaCount count) { return cuda_ = count, *this; }
  /// The command can be split over ranks, which `make` brings together.
  Usage& ranks(MakeTeam make) { return make_team_ = make, *this; }

  const std::string& summary() const { return summary_; }
  const std::vector<std::string>& paragraphs() const { return paragraphs_; }
  const std::vector<Example>& examples() const { return examples_; }
  const std::vector<std::string>& references() const { return references_; }
  const std::filesystem::path& default_output() const { return output_; }
  const std::string& output_help() const { return output_help_; }
  CudaCount cuda() const { return cuda_; }
  MakeTeam make_team() const { return make_team_; }

 private:
  std::string summary_, output_help_ = "write the result to this file instead of stdout";
  std::vector<std::string> paragraphs_, references_;
  std::vector<Example> examples_;
  std::filesystem::path output_;
  CudaCount cuda_ = nullptr;
  MakeTeam make_team_ = nullptr;
};

}  // namespace spi::cli
