// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/mpi/job_team.h"

#include <algorithm>
#include <cstdlib>

#include "libspi/base/error.h"

#ifdef SPI_HAS_MPI
#include <mpi.h>
#include <sched.h>

#include <chrono>
#include <thread>
#endif

namespace spi {

#ifdef SPI_HAS_MPI
namespace {

/// MPI counts in int; and large messages are better sent in parts.
constexpr std::size_t kPiece = std::size_t{1} << 26;

/// Calls send(first, n) for pieces of [first, last).
template <class Send>
void in_pieces(std::size_t first, std::size_t last, Send send) {
  for (; first < last; first += kPiece) send(first, int(std::min(kPiece, last - first)));
}

class MpiTeam final : public Team {
 public:
  MpiTeam() {
    int provided = 0, rank = 0, size = 1;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    rank_ = std::size_t(rank), size_ = std::size_t(size);
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_rank(machine, &rank);
    rank_on_machine_ = std::size_t(rank);
    sharing_ = count_sharing(machine);
    MPI_Comm_free(&machine);
  }
  ~MpiTeam() override {
    meet();
    MPI_Finalize();
  }

  void sum(std::span<double> values) override { sum_of(values, MPI_DOUBLE); }
  void sum(std::span<std::int64_t> values) override { sum_of(values, MPI_INT64_T); }

  [[noreturn]] void abort(int status) override {
    MPI_Abort(MPI_COMM_WORLD, status);
    std::_Exit(status);
  }

 private:
  /// Who is early sleeps: MPI itself would wait with a busy processor, which may be another rank's.
  void meet() {
    MPI_Request request;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    for (int all_here = 0, tries = 0;; ++tries) {
      MPI_Test(&request, &all_here, MPI_STATUS_IGNORE);
      if (all_here) return;
      if (tries > 100) std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  template <class T>
  void sum_of(std::span<T> values, MPI_Datatype type) {
    meet();
    in_pieces(0, values.size(), [&](std::size_t first, int n) {
      MPI_Allreduce(MPI_IN_PLACE, &values[first], n, type, MPI_SUM, MPI_COMM_WORLD);
    });
  }

  void gather_bytes(std::span<std::byte> values, const std::vector<std::size_t>& bounds) override {
    meet();
    for (std::size_t r = 0; r < size_; ++r)
      in_pieces(bounds[r], bounds[r + 1], [&](std::size_t first, int n) {
        MPI_Bcast(&values[first], n, MPI_BYTE, int(r), MPI_COMM_WORLD);
      });
  }

  void collect_bytes(std::span<std::byte> values, const std::vector<std::size_t>& bounds) override {
    meet();
    for (std::size_t r = 1; r < size_; ++r) {
      if (rank_ != 0 && rank_ != r) continue;
      in_pieces(bounds[r], bounds[r + 1], [&](std::size_t first, int n) {
        if (rank_ == 0)
          MPI_Recv(&values[first], n, MPI_BYTE, int(r), 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        else
          MPI_Send(&values[first], n, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
      });
    }
  }

  void broadcast_bytes(std::span<std::byte> values) override {
    meet();
    in_pieces(0, values.size(), [&](std::size_t first, int n) {
      MPI_Bcast(&values[first], n, MPI_BYTE, 0, MPI_COMM_WORLD);
    });
  }

  /// Ranks of this machine that may use one of this rank's processors.
  static int count_sharing(MPI_Comm machine) {
    int size = 1;
    MPI_Comm_size(machine, &size);
    cpu_set_t mine;
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    std::vector<cpu_set_t> all(std::size_t(size), mine);
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, machine);
    return int(std::ranges::count_if(all, [&](const cpu_set_t& other) {
      cpu_set_t common;
      CPU_AND(&common, &mine, &other);
      return CPU_COUNT(&common) > 0;
    }));
  }
};

}  // namespace

std::unique_ptr<Team> job_team() {
  // What mpirun of Open MPI, that of MPICH and Intel, and srun give every rank.
  for (const char* mark : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
    if (std::getenv(mark)) return std::make_unique<MpiTeam>();
  return nullptr;
}

#else

std::unique_ptr<Team> job_team() {
  for (const char* mark : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* ranks = std::getenv(mark); ranks && std::atoi(ranks) > 1)
      fail("this build has no MPI, so ", ranks,
           " ranks would all do the same: install an MPI (libopenmpi-dev) and build anew, or start "
           "one process");
  return nullptr;
}

#endif

}  // namespace spi
