// SPDX-License-Identifier: GPL-3.0-or-later
// A team whose ranks are threads of the test.
#pragma once

#include <barrier>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "libspi/base/team.h"

namespace spi::test {

/// Where the ranks meet.
struct Meeting {
  explicit Meeting(std::size_t ranks) : barrier(std::ptrdiff_t(ranks)), shown(ranks) {}
  std::barrier<> barrier;
  std::vector<void*> shown;  ///< what each rank shows the others
};

class ThreadTeam final : public Team {
 public:
  ThreadTeam(Meeting& meeting, std::size_t rank) : meeting_(meeting) {
    rank_ = rank_on_machine_ = rank, size_ = meeting.shown.size();
  }
  void sum(std::span<double> values) override { sum_of(values); }
  void sum(std::span<std::int64_t> values) override { sum_of(values); }
  [[noreturn]] void abort(int) override { std::abort(); }

 private:
  void show(void* mine) {
    meeting_.shown[rank_] = mine;
    meeting_.barrier.arrive_and_wait();
  }
  void leave() { meeting_.barrier.arrive_and_wait(); }

  /// From the last rank to the first: not the order of one process.
  template <class T>
  void sum_of(std::span<T> values) {
    show(values.data());
    std::vector<T> total(values.size());
    for (std::size_t r = size_; r-- > 0;)
      for (std::size_t i = 0; i < total.size(); ++i)
        total[i] += static_cast<const T*>(meeting_.shown[r])[i];
    leave();
    std::copy(total.begin(), total.end(), values.begin());
  }
  void take(std::span<std::byte> values, std::size_t from, std::size_t first, std::size_t last) {
    if (from == rank_ || first == last) return;
    const auto* theirs = static_cast<const std::byte*>(meeting_.shown[from]);
    std::memcpy(values.data() + first, theirs + first, last - first);
  }
  void gather_bytes(std::span<std::byte> values, const std::vector<std::size_t>& bounds) override {
    show(values.data());
    for (std::size_t r = 0; r < size_; ++r) take(values, r, bounds[r], bounds[r + 1]);
    leave();
  }
  void collect_bytes(std::span<std::byte> values, const std::vector<std::size_t>& bounds) override {
    gather_bytes(values, bounds);
  }
  void broadcast_bytes(std::span<std::byte> values) override {
    show(values.data());
    take(values, 0, 0, values.size());
    leave();
  }

  Meeting& meeting_;
};

/// Calls rank(team) on each of so many ranks; it must not throw.
inline void on_ranks(std::size_t ranks, const std::function<void(Team&)>& rank) {
  Meeting meeting(ranks);
  std::vector<std::jthread> threads;
  for (std::size_t r = 0; r < ranks; ++r)
    threads.emplace_back([&, r] {
      ThreadTeam team(meeting, r);
      rank(team);
    });
}

}  // namespace spi::test
