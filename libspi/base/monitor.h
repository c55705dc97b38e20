// SPDX-License-Identifier: GPL-3.0-or-later
// What long work tells its caller: messages, progress, and whether to stop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spi {

enum class Severity { debug, info, warning };

/// The library never prints: it calls this. All members may be called from any thread.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void message(Severity severity, const std::string& text) = 0;
  virtual void begin(std::string_view task, std::uint64_t total) = 0;
  virtual void advance(std::uint64_t steps) = 0;
  virtual void end() = 0;
  /// True once the user or the batch system asked the program to stop.
  virtual bool cancelled() const { return false; }

  void info(const std::string& text) { message(Severity::info, text); }
  void warn(const std::string& text) { message(Severity::warning, text); }
  void debug(const std::string& text) { message(Severity::debug, text); }
};

/// A monitor that says nothing.
Monitor& silent_monitor();

/// One task's progress: begins when made, ends when it goes out of scope.
class Progress {
 public:
  Progress(Monitor& monitor, std::string_view task, std::uint64_t total) : monitor_(monitor) {
    monitor_.begin(task, total);
  }
  ~Progress() { monitor_.end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Counts `steps` more as done; throws Cancelled when the program was asked to stop.
  void advance(std::uint64_t steps = 1);

 private:
  Monitor& monitor_;
};

}  // namespace spi
