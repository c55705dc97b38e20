// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/online/reconstruct_online.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numbers>
#include <thread>

#include "libspi/base/error.h"
#include "libspi/base/quantity.h"

namespace spi {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

class Run {
 public:
  Run(FrameQueue& queue, const OnlineOptions& options, fs::path state, std::uint64_t seed,
      int threads, Monitor& monitor, const std::function<void(const Model&)>& write)
      : queue_(queue),
        options_(options),
        path_(std::move(state)),
        setting_(setting_of(options, seed)),
        monitor_(monitor),
        write_(write),
        emc_(options, seed, threads, monitor) {
    remove_leftovers();
  }

  void run() {
    if (!resumed()) begin();
    try {
      while (step()) {
      }
    } catch (const Cancelled&) {
      stop_reason_ = "stopped by a signal";
      conclude();
      throw;
    }
    conclude();
  }

 private:
  bool resumed();
  void begin();
  void remove_leftovers() const;
  bool step();
  void conclude();
  std::size_t wait_for(std::size_t wanted);
  std::size_t room() const;
  void look();
  void pause() const;
  void report(std::size_t frames, double seconds);
  void save();
  void write_model();

  FrameQueue& queue_;
  const OnlineOptions& options_;
  fs::path path_;
  std::string setting_;
  Monitor& monitor_;
  const std::function<void(const Model&)>& write_;
  OnlineEmc emc_;
  std::string stop_reason_;
  Clock::time_point last_frame_ = Clock::now(), last_save_ = Clock::now(),
                    last_write_ = Clock::now();
};

/// Whether a first model is there; else the queue may hold the frames of a start that was broken
/// off.
bool Run::resumed() {
  auto saved = options_.emc.resume ? load_online(path_, setting_) : std::nullopt;
  if (!saved) return false;
  if (!saved->begun) {
    queue_.repeat(saved->files, saved->setting.detector);
    return false;
  }
  queue_.resume(saved->files, saved->setting.detector);
  emc_.resume(std::move(*saved));
  monitor_.info(text_of("goes on after ", emc_.state().taken(), " frames"));
  return true;
}

/// Of a run that was killed while it wrote its state.
void Run::remove_leftovers() const {
  std::error_code ignored;
  for (fs::directory_iterator at(path_.parent_path(), ignored), end; at != end;
       at.increment(ignored))
    if (at->path().filename().string().find(".tmp-") != std::string::npos)
      fs::remove(at->path(), ignored);
}

void Run::begin() {
  std::size_t frames = queue_.waiting();
  if (frames == 0) frames = wait_for(options_.first);
  if (frames == 0) fail("no frame came: ", stop_reason_);
  FrameBlock first = queue_.take(frames);
  OnlineState& state = emc_.state();
  state.files = queue_.files();
  state.setting.detector = *queue_.detector();
  save();
  const fs::path first_state = path_.parent_path() / "first.h5";
  emc_.begin(std::move(first), *queue_.detector(), first_state);
  report(frames, 0);
  save();
  fs::remove(first_state);
  write_model();
}

/// Places a batch; false where the run is over.
bool Run::step() {
  if (stop_reason_.empty() && room() == 0)
    stop_reason_ = text_of("--max-frames ", *options_.max_frames, " reached");
  const std::size_t frames = wait_for(std::min(options_.batch, room()));
  if (frames == 0) return false;
  const auto start = Clock::now();
  emc_.place(queue_.take(frames));
  emc_.state().files = queue_.files();
  report(frames, seconds_since(start));
  if (seconds_since(last_save_) >= options_.emc.checkpoint_every_s) save();
  if (seconds_since(last_write_) >= options_.write_every_s) write_model();
  return true;
}

void Run::conclude() {
  save();
  write_model();
  const OnlineState& state = emc_.state();
  std::string text = text_of("placed ", state.placed.id.size(), " of ", state.taken(), " frames");
  for (std::size_t f = 1; f < state.fates.size(); ++f)
    if (state.fates[f] > 0)
      text += text_of(", ", state.fates[f], " ", EnumNames<FrameFate>::values[f]);
  if (queue_.broken_files() > 0) text += text_of(", left out ", queue_.broken_files(), " files");
  std::size_t there = queue_.waiting();  // and those of a batch that was broken off
  for (const TakenFile& file : queue_.files()) there += file.frames;
  if (there > state.taken()) text += text_of(", ", there - state.taken(), " wait");
  monitor_.info(text_of(text, "; ", stop_reason_, "; --resume goes on"));
}

/// Frames that may still be taken.
std::size_t Run::room() const {
  const std::size_t taken = emc_.state().taken();
  const std::size_t most = options_.max_frames.value_or(std::numeric_limits<std::size_t>::max());
  return most > taken ? most - taken : 0;
}

/// Waits until so many frames are there. Fewer where none came for long, 0 where the run is over:
/// stop_reason_ then says why.
std::size_t Run::wait_for(std::size_t wanted) {
  while (true) {
    if (monitor_.cancelled()) throw Cancelled("stopped by a signal");
    if (options_.stop_file && fs::exists(*options_.stop_file))
      stop_reason_ = text_of("found ", options_.stop_file->string());
    if (!stop_reason_.empty()) return 0;
    look();
    if (queue_.waiting() >= wanted) return wanted;
    if (options_.stop_when_idle_s && seconds_since(last_frame_) >= *options_.stop_when_idle_s) {
      stop_reason_ =
          text_of("no new frame for ", print_number(*options_.stop_when_idle_s), " seconds");
      return queue_.waiting();
    }
    pause();
  }
}

void Run::look() {
  if (queue_.look()) last_frame_ = Clock::now();
}

void Run::pause() const {
  constexpr double kSlice = 0.1;  // seconds until a request to stop is heard
  const auto start = Clock::now();
  while (seconds_since(start) < options_.poll_s && !monitor_.cancelled())
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(kSlice, options_.poll_s)));
}

/// `seconds` that the last `frames` took; 0: the first model, not worth a rate.
void Run::report(std::size_t frames, double seconds) {
  look();
  const OnlineState& state = emc_.state();
  const OnlineRecord last = state.history.empty() ? OnlineRecord{} : state.history.back();
  const double q = *state.setting.detector.q_per_pixel() * last.fsc_radius;
  std::string text = text_of(state.placed.id.size(), " frames placed, ");
  if (seconds > 0) text += text_of(rounded(double(frames) / seconds, 0), " a second, ");
  monitor_.info(text_of(text, queue_.waiting(), " waiting; gain ", rounded(last.gain, 2),
                        " nats, width ", rounded(last.width_rad * 180 / std::numbers::pi, 2),
                        "°, half sets agree to ", rounded(last.fsc_radius, 1), " pixels (",
                        rounded(1 / q, 1), " Å)"));
}

void Run::save() {
  save_online(path_, setting_, emc_.state());
  last_save_ = Clock::now();
}

void Run::write_model() {
  Model model = emc_.model();
  model.stop_reason = stop_reason_;
  write_(model);
  last_write_ = Clock::now();
}

}  // namespace

void reconstruct_online(FrameQueue& queue, const OnlineOptions& options, const fs::path& state,
                        std::uint64_t seed, int threads, Monitor& monitor,
                        const std::function<void(const Model&)>& write) {
  Run(queue, options, state, seed, threads, monitor, write).run();
}

}  // namespace spi
