// SPDX-License-Identifier: GPL-3.0-or-later
#include "writer_process.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "growing_file.h"

namespace spi::test {
namespace {

struct Order {
  char what;
  std::size_t first, n;
};

void obey(int socket, const std::filesystem::path& path, const std::filesystem::path& from) {
  GrowingFile file(path, from);
  const auto reader = open_frames({from});
  Order order{};
  do {
    if (order.n > 0) {
      const FrameBlock block = reader->read(order.first, order.n);
      if (order.what == 'a') file.append(block);
      if (order.what == 'p') file.append_photons(block);
      if (order.what == 'i') file.append_ids(block);
      if (order.what == 's') file.append_starts(block);
    }
    if (write(socket, "", 1) != 1) return;
  } while (read(socket, &order, sizeof order) == sizeof order && order.what != 'q');
}

}  // namespace

WriterProcess::WriterProcess(const std::filesystem::path& path, const std::filesystem::path& from) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("no sockets");
  child_ = fork();
  if (child_ == 0) {
    ::close(ends[0]);
    obey(ends[1], path, from);
    _exit(0);
  }
  ::close(ends[1]);
  socket_ = ends[0];
  char ready = 0;
  if (read(socket_, &ready, 1) != 1) fail("the writer did not start");
}

void WriterProcess::order(char what, std::size_t first, std::size_t n) {
  const Order order{what, first, n};
  char done = 0;
  if (write(socket_, &order, sizeof order) != sizeof order || read(socket_, &done, 1) != 1)
    fail("the writer is gone");
}

void WriterProcess::close() {
  if (child_ == 0) return;
  const Order quit{'q', 0, 0};
  [[maybe_unused]] const auto sent = write(socket_, &quit, sizeof quit);
  waitpid(child_, nullptr, 0);
  ::close(socket_);
  child_ = 0;
}

void WriterProcess::kill() {
  ::kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  ::close(socket_);
  child_ = 0;
}

}  // namespace spi::test
