// SPDX-License-Identifier: GPL-3.0-or-later
// spi-info: what is in a file, in words; checks it.
#include <iostream>

#include "libspi/cli/main.h"
#include "libspi/figures/detector_figure.h"
#include "libspi/io/inspect.h"
#include "outputs.h"

namespace {

struct Args {
  std::vector<std::filesystem::path> files;
  spi::InspectOptions inspect;
  bool json = false, system = false;
  std::optional<std::filesystem::path> plot;
};

void declare(spi::cli::Usage& u, Args& a) {
  u.summary("what is in a file, in words; checks it");
  u.describe(
      "Reads detectors, frames, stacks of patterns, volumes and every other HDF5 file of the "
      "suite, "
      "and says what they hold: sizes, photons, masks, resolution, how they were made. Every "
      "number in the "
      "file is read on the way, so a file that is cut short or damaged ends with an error. Nothing "
      "is held in memory but a block of the file.");
  u.example("spi-info frames.h5 detector.h5", "two files, in words");
  u.example("spi-info agipd.geom --photon-energy 6keV --distance 705mm",
            "the resolution of a detector at another energy and distance");
  u.example("spi-info agipd.geom --photon-energy 9keV --plot agipd.png",
            "its pixels in a picture, with the mask and rings of q");
  u.example("spi-info --json averages.h5", "for other programs");
  u.example("spi-info --system", "versions, devices and memory, for a bug report");
  u.inputs("files", a.files, "detectors, frames, stacks, volumes, results: told by their content")
      .is_required = false;
  u.flag("json", a.json, "print JSON");
  u.flag("system", a.system, "print versions, devices, processors and memory");
  u.add("plot", a.plot,
        "draw the detector to this file (.png, .svg or .pdf): which pixels are used, how much they "
        "see, rings of q. One input, a detector or frames that hold theirs")
      .files = [] { return std::vector<std::filesystem::path>{}; };
  a.inspect.describe(u);
}

void draw(const std::filesystem::path& file, const Args& a) {
  const auto detector = spi::read_detector(file, a.inspect.hints);
  Outputs outputs;
  outputs.draw(spi::detector_figure(detector, file.filename().string()), *a.plot);
  outputs.commit();
}

void run(const Args& a, spi::cli::Session& s) {
  if (a.files.empty() && !a.system) spi::fail_usage("name a file, or give --system");
  if (a.plot) {
    if (a.files.size() != 1) spi::fail_usage("--plot draws one detector: name one file");
    spi::plot::format_of(s.claim(*a.plot));  // refuses other extensions before the work
  }
  std::vector<spi::Report> reports;
  if (a.system) reports.push_back(spi::inspect_system());
  for (const auto& file : a.files)
    reports.push_back(spi::inspect_file(file, a.inspect, s.monitor()));
  std::string text;
  if (a.json)
    text = spi::to_json(reports);
  else
    for (const auto& report : reports) text += spi::to_words(report);
  if (a.plot) draw(a.files.front(), a);
  if (s.output().empty())
    std::cout << text;
  else
    spi::write_text(s.output(), text);
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main<Args>({"spi-info", declare, run}, argc, argv);
}
