// SPDX-License-Identifier: GPL-3.0-or-later
// grow_frames FROM TO ROWS SECONDS [LAST]: writes FROM again as a file that grows by so many frames
// at a time, with a pause after each; dies without closing it before frame LAST.
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "growing_file.h"

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  try {
    const auto reader = spi::open_frames({argv[1]});
    const std::size_t rows = std::stoul(argv[3]);
    const std::size_t last = argc > 5 ? std::stoul(argv[5]) : reader->frames() + 1;
    spi::test::GrowingFile file(argv[2], argv[1]);
    for (std::size_t first = 0; first < reader->frames(); first += rows) {
      if (first + rows > last) _exit(0);
      file.append(reader->read(first, rows));
      std::this_thread::sleep_for(std::chrono::duration<double>(std::stod(argv[4])));
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
