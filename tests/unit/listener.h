// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of several rooms hear of long work.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"

namespace spi::test {

/// Keeps what is said and what is begun; stops the work at the first message that contains
/// `stop_at`.
class Listener final : public Monitor {
 public:
  void message(Severity, const std::string& text) override {
    messages_.push_back(text);
    if (!stop_at.empty() && text.find(stop_at) != text.npos) cancelled_ = true;
  }
  void begin(std::string_view task, std::uint64_t) override { messages_.emplace_back(task); }
  void advance(std::uint64_t) override {}
  void end() override {}
  bool cancelled() const override { return cancelled_; }

  bool heard(const std::string& words) const {
    return std::ranges::any_of(
        messages_, [&](const std::string& text) { return text.find(words) != text.npos; });
  }
  std::string stop_at = {};  ///< empty: never

 private:
  std::vector<std::string> messages_;
  bool cancelled_ = false;
};

}  // namespace spi::test
