// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/cli/console.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <mutex>

#include "libspi/base/error.h"

namespace spi::cli {
namespace {

volatile std::sig_atomic_t g_stop = 0;

void ask_to_stop(int signal) {
  if (g_stop) _exit(128 + signal);
  g_stop = 1;
}

void stop_on_signals() {
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is then an error of write()
}

class Console final : public Monitor {
 public:
  explicit Console(const ConsoleOptions& options)
      : quiet_(options.quiet), terminal_(isatty(STDERR_FILENO)), logger_("spi") {
    stop_on_signals();
    if (options.silent) {
      quiet_ = true;
      return;
    }
    auto screen = std::make_shared<spdlog::sinks::stderr_sink_st>();
    screen->set_pattern("%v");
    screen->set_level(options.verbose ? spdlog::level::debug
                      : options.quiet ? spdlog::level::warn
                                      : spdlog::level::info);
    logger_.sinks().push_back(std::move(screen));
    if (options.log) add_log_file(*options.log);
    logger_.set_level(spdlog::level::debug);
    logger_.flush_on(spdlog::level::debug);
  }

  void message(Severity severity, const std::string& text) override {
    const std::lock_guard lock(mutex_);
    clear_bar();
    if (severity == Severity::warning)
      logger_.warn("warning: {}", text);
    else
      logger_.log(severity == Severity::info ? spdlog::level::info : spdlog::level::debug, "{}",
                  text);
  }

  void begin(std::string_view task, std::uint64_t total) override {
    const std::lock_guard lock(mutex_);
    task_ = task;
    total_ = total;
    done_ = 0;
    start_ = last_shown_ = Clock::now();
  }

  void advance(std::uint64_t steps) override {
    const std::lock_guard lock(mutex_);
    done_ += steps;
    const auto now = Clock::now();
    const bool bar = terminal_ && !quiet_;
    if (now - last_shown_ < (bar ? std::chrono::milliseconds(100) : std::chrono::seconds(30)))
      return;
    last_shown_ = now;
    if (bar)
      draw_bar();
    else
      logger_.info("{}", progress_text());
  }

  void end() override {
    const std::lock_guard lock(mutex_);
    clear_bar();
    logger_.debug("{}: {} in {}", task_, done_, duration_text(elapsed()));
  }

  bool cancelled() const override { return g_stop != 0; }

 private:
  using Clock = std::chrono::steady_clock;

  void add_log_file(const std::filesystem::path& path) {
    try {
      auto file = std::make_shared<spdlog::sinks::basic_file_sink_st>(path.string(), true);
      file->set_pattern("%Y-%m-%d %H:%M:%S.%e %v");
      logger_.sinks().push_back(std::move(file));
    } catch (const spdlog::spdlog_ex& error) {
      fail("cannot write the log ", path.string(), ": ", error.what());
    }
  }

  double elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double fraction() const { return total_ ? std::min(1.0, double(done_) / double(total_)) : 0; }

  std::string progress_text() const {
    const double part = fraction();
    std::string text = text_of(task_, ": ", std::lround(100 * part), " %");
    if (part > 0) text += ", " + duration_text(elapsed() * (1 - part) / part) + " left";
    return text;
  }

  void draw_bar() {
    constexpr int kWidth = 30;
    const int filled = static_cast<int>(kWidth * fraction());
    const std::string bar = std::string(filled, '=') + std::string(kWidth - filled, ' ');
    std::fprintf(stderr, "\r[%s] %s\x1b[K", bar.c_str(), progress_text().c_str());
    std::fflush(stderr);
    bar_shown_ = true;
  }

  void clear_bar() {
    if (bar_shown_) std::fputs("\r\x1b[K", stderr);
    bar_shown_ = false;
  }

  std::mutex mutex_;
  bool quiet_, terminal_, bar_shown_ = false;
  spdlog::logger logger_;
  std::string task_;
  std::uint64_t total_ = 0, done_ = 0;
  Clock::time_point start_, last_shown_;
};

}  // namespace

std::unique_ptr<Monitor> make_console(const ConsoleOptions& options) {
  return std::make_unique<Console>(options);
}

std::string duration_text(double seconds) {
  char text[32];
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else if (seconds < 3600) {
    const long whole = std::lround(seconds);
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    const long minutes = std::lround(seconds / 60);
    std::snprintf(text, sizeof text, "%ld h %02ld min", minutes / 60, minutes % 60);
  }
  return text;
}

}  // namespace spi::cli
