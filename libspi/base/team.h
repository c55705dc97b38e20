// SPDX-License-Identifier: GPL-3.0-or-later
// The processes ("ranks") that do one job together, each with its part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace spi {

/// All ranks run the same program on the same input and keep the same state. A rank does its share
/// of what is long, then sum() or gather() make the outcome everybody's. So every member that says
/// "all ranks" must be called by all of them, in the same order; none from within parallel_for.
/// Sums of floating-point numbers arrive in any order: add what Quantum has rounded.
class Team {
 public:
  virtual ~Team() = default;
  std::size_t rank() const { return rank_; }
  std::size_t size() const { return size_; }
  /// Rank 0 alone writes outputs and speaks.
  bool leads() const { return rank_ == 0; }
  /// Ranks that this rank shares its processors with, itself included.
  int sharing() const { return sharing_; }
  /// This rank's place among all ranks of its machine, from 0: it takes the machine's
  /// device_of_rank.
  std::size_t rank_on_machine() const { return rank_on_machine_; }

  /// All ranks: element by element, the sum over the ranks.
  virtual void sum(std::span<double> values) = 0;
  virtual void sum(std::span<std::int64_t> values) = 0;

  /// All ranks: rank r has filled in values [bounds[r], bounds[r+1]); then all have them all.
  template <class T>
  void gather(std::span<T> values, const std::vector<std::size_t>& bounds) {
    static_assert(std::is_trivially_copyable_v<T>);
    gather_bytes(std::as_writable_bytes(values), scaled(bounds, sizeof(T)));
  }
  /// The same, but only rank 0 has them all.
  template <class T>
  void collect(std::span<T> values, const std::vector<std::size_t>& bounds) {
    static_assert(std::is_trivially_copyable_v<T>);
    collect_bytes(std::as_writable_bytes(values), scaled(bounds, sizeof(T)));
  }

  /// All ranks: what rank 0 has.
  template <class T>
  void broadcast(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    broadcast_bytes(std::as_writable_bytes(std::span(&value, 1)));
  }
  template <class T>
  void broadcast(std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::size_t size = values.size();
    broadcast(size);
    values.resize(size);
    broadcast_bytes(std::as_writable_bytes(std::span(values)));
  }
  void broadcast(std::string& text);

  /// Ends all ranks at once with this exit status.
  [[noreturn]] virtual void abort(int status) = 0;

 protected:
  Team() = default;
  virtual void gather_bytes(std::span<std::byte> values,
                            const std::vector<std::size_t>& bounds) = 0;
  virtual void collect_bytes(std::span<std::byte> values,
                             const std::vector<std::size_t>& bounds) = 0;
  virtual void broadcast_bytes(std::span<std::byte> values) = 0;

  std::size_t rank_ = 0, size_ = 1, rank_on_machine_ = 0;
  int sharing_ = 1;

 private:
  static std::vector<std::size_t> scaled(std::vector<std::size_t> bounds, std::size_t factor);
};

/// A team of one: nothing is sent.
Team& alone();

/// Bounds [parts+1] of `count` items in parts of equal size, to one item.
std::vector<std::size_t> equal_parts(std::size_t count, std::size_t parts);

}  // namespace spi
