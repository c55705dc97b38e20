// SPDX-License-Identifier: GPL-3.0-or-later
// What a Team promises, tried by all ranks of a job. Prints "N ranks agree"; exit 1 where not.
#include <cstdio>
#include <cstdlib>

#include "libspi/base/device.h"
#include "libspi/base/error.h"
#include "libspi/base/quantum.h"
#include "libspi/base/random.h"
#include "libspi/mpi/job_team.h"

namespace {

using spi::Team;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::exit(1);
}

/// Terms whose sizes differ by 10¹²: rounding would show any change of order.
double term(std::size_t n) {
  spi::Random random(1, 0, n);
  return (random.uniform() - 0.5) * std::pow(10., -12 * random.uniform());
}

void sums_are_exact(Team& team) {
  constexpr std::size_t kTerms = 10007;
  const spi::Quantum quantum(double{kTerms});
  double forward = 0;
  for (std::size_t n = 0; n < kTerms; ++n) forward += quantum.round(term(n));
  const auto parts = spi::equal_parts(kTerms, team.size());
  std::vector<double> mine(1);
  for (std::size_t n = parts[team.rank() + 1]; n-- > parts[team.rank()];)
    mine[0] += quantum.round(term(n));
  team.sum(mine);
  expect(mine[0] == forward, "sums do not depend on the ranks");
  std::vector<std::int64_t> ranks{std::int64_t(team.rank()), 1};
  team.sum(ranks);
  const auto size = std::int64_t(team.size());
  expect(ranks[0] == size * (size - 1) / 2 && ranks[1] == size, "sums of whole numbers");
}

/// Fewer items than ranks as well.
void parts_come_together(Team& team, std::size_t count) {
  const auto parts = spi::equal_parts(count, team.size());
  expect(parts.front() == 0 && parts.back() == count, "parts cover all");
  std::vector<float> all(count), collected(count);
  for (std::size_t n = parts[team.rank()]; n < parts[team.rank() + 1]; ++n)
    all[n] = collected[n] = float(n) + 0.5f;
  team.gather(std::span(all), parts);
  team.collect(std::span(collected), parts);
  for (std::size_t n = 0; n < count; ++n) {
    expect(all[n] == float(n) + 0.5f, "gather");
    expect(!team.leads() || collected[n] == float(n) + 0.5f, "collect");
  }
}

void leader_is_heard(Team& team) {
  std::vector<int> numbers;
  std::string text = "mine";
  double value = double(team.rank());
  if (team.leads()) numbers = {3, 1, 4}, text = "the leader's";
  team.broadcast(numbers), team.broadcast(text), team.broadcast(value);
  expect(numbers == std::vector{3, 1, 4} && text == "the leader's" && value == 0, "broadcast");
}

/// All ranks of this test are on one machine.
void devices_go_round(const Team& team) {
  expect(team.rank_on_machine() == team.rank(), "place among the machine's ranks");
  for (const auto& [rank, device] : {std::pair{0, 0}, {1, 1}, {3, 3}, {4, 0}, {9, 1}})
    expect(spi::device_of_rank(std::size_t(rank), 4) == std::size_t(device), "one of 4 devices");
  expect(spi::device_of_rank(7, 1) == 0, "the only device");
}

}  // namespace

int main() {
  const std::unique_ptr<Team> job = spi::job_team();
  Team& team = job ? *job : spi::alone();
  sums_are_exact(team);
  for (const std::size_t count : {0, 1, 2, 1000}) parts_come_together(team, count);
  leader_is_heard(team);
  devices_go_round(team);
  if (team.leads()) std::printf("%zu ranks agree\n", team.size());
}
