// SPDX-License-Identifier: GPL-3.0-or-later
// spi-simulate: diffraction of known particles in known orientations, as frames or averages.
#include "libspi/base/hash.h"
#include "libspi/cli/main.h"
#include "libspi/simulate/options.h"
#include "libspi/simulate/output.h"
#include "libspi/simulate/simulator.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  spi::SimulateOptions simulate;
  spi::FrameFormat format = spi::FrameFormat::spi;
};

void declare(spi::cli::Usage& u, Args& a) {
  u.summary("simulate diffraction patterns of known particles in random or given orientations")
      .describe(
          "Each frame is an exact slice, on the Ewald sphere, of the Fourier transform of its "
          "particle: a shape of constant density, in closed form or by quadrature, or the atoms "
          "of a PDB or mmCIF file, in vacuum. Then come, as asked for, a fluence that varies "
          "from shot to shot, Poisson noise, readout noise and a beam stop.")
      .describe(
          "The truth is written beside the frames: group /truth with quaternion "
          "(model_from_lab), kind and kind_names, melting, size_A, fluence, expected_photons "
          "and conformation. In the formats emc and dragonfly it goes to OUTPUT-truth.h5 and "
          "the detector to OUTPUT-detector.h5.")
      .describe(
          "Frames depend on the seed and their number alone, not on the threads; memory does "
          "not grow with their number.")
      .example("spi-simulate --preset melting-gold --frames 1000 --averages",
               "a thousand averages of a million photons: input of spi-clpca")
      .example(
          "spi-simulate --preset melting-gold --frames 100000 --photons 2000 --fluence gamma "
          "--beam-stop 4 -o gold.h5",
          "weak frames of fluctuating brightness behind a beam stop: input of spi-average")
      .example(
          "spi-simulate --preset neurorient --particles 1BXR.pdb --frames 10000 "
          "--readout-noise 0.05",
          "one protein complex at 4.6 keV with an absolute photon count")
      .example(
          "spi-simulate --particles open.pdb:0.3,closed.pdb:0.7 --pixels 64 --distance 100mm "
          "--pixel-size 600um --format emc -o mix.emc",
          "two conformations for Dragonfly, with mix-detector.h5 and mix-truth.h5")
      .example(
          "spi-simulate --particles cube --size-spread 0 --averages --noise-free --frames 100 "
          "-o reference.h5",
          "noise-free slices of one cube")
      .example("spi-simulate --particles cube --averages --quaternions orientations.h5 -o cubes.h5",
               "cubes as spi-orient found other particles to lie")
      .example(
          "spi-simulate --volumes --particles transition --melting 0,1 --frames 11 --pixels 81 "
          "--pixel-size 800um -o melting.h5",
          "the intensities, and densities, of a cube that melts: input of spi-phase")
      .reference("Zhuang et al., IUCrJ 9, 204 (2022): melting gold cubes.")
      .reference("NeurOrient: end-to-end single-particle imaging, order and size of the artefacts.")
      .reference("Ayyer et al., J. Appl. Cryst. 49, 1320 (2016): detector geometry.");
  u.output("",
           "the file to write. Default: frames.h5, averages.h5 with --averages, volumes.h5 with "
           "--volumes");
  a.simulate.describe(u);
  u.group("Output");
  u.add("format", a.format, "format of the frames; averages are always our own");
}

/// The path beside the output: frames.h5 -> frames-SUFFIX.
fs::path beside(fs::path path, const std::string& suffix) {
  return path.replace_filename(path.stem().string() + "-" + suffix);
}

/// The provenance with the values that preset and defaults decided, and the structure files.
spi::Provenance provenance_of(const spi::SimulateOptions& resolved, spi::cli::Session& s) {
  spi::Provenance record = s.provenance();
  spi::SimulateOptions copy = resolved;
  spi::OptionSet described;
  copy.describe(described);
  for (auto& [name, value] : record.options)
    for (const spi::Option& option : described.all())
      if (option.name == name) value = option.print();
  for (const spi::Component& component : spi::parse_mixture(*resolved.particles))
    if (!component.shape)
      record.inputs.emplace_back(component.file.string(), spi::file_fingerprint(component.file));
  return record;
}

/// `what`: "patterns of 3721 pixels"; `unit`: of their mean sum.
void report(const spi::Population& population, const spi::SimulationSummary& summary,
            const std::string& what, const char* unit, const fs::path& output,
            spi::Monitor& monitor) {
  const double frames = static_cast<double>(population.size());
  std::string kinds;
  for (std::size_t k = 0; k < summary.frames_of_kind.size(); ++k)
    kinds += spi::text_of(k ? ", " : "", population.components()[k].name, " ",
                          summary.frames_of_kind[k]);
  monitor.info(spi::text_of("wrote ", output.string(), ": ", frames, " ", what, " (", kinds, "), ",
                            summary.photons / frames, " ", unit, " each on average"));
}

void simulate_volumes(const spi::SimulateOptions& options, spi::cli::Session& s) {
  const fs::path output = s.claim(s.output().empty() ? fs::path("volumes.h5") : s.output());
  const fs::path density = s.claim(beside(output, "density.h5"));
  const spi::VolumeSimulator simulator(options, s.seed(), s.threads());
  const auto summary =
      write_volumes(simulator, output, density, provenance_of(options, s), s.monitor());
  report(simulator.population(), summary,
         spi::text_of("intensities of ", simulator.side(), " voxels a side"),
         options.photons ? "photons" : "units of |F|^2", output, s.monitor());
}

void run(const Args& a, spi::cli::Session& s) {
  const spi::SimulateOptions options = a.simulate.resolved();
  const bool foreign = a.format != spi::FrameFormat::spi;
  if (foreign && (options.averages || options.volumes))
    spi::fail_usage("--averages and --volumes are written in --format spi only");
  if (options.volumes) return simulate_volumes(options, s);
  const fs::path standard = options.averages ? "averages.h5" : "frames.h5";
  const fs::path output = s.claim(s.output().empty() ? standard : s.output());
  const fs::path truth = beside(output, "truth.h5"), detector = beside(output, "detector.h5");
  if (foreign) s.claim(truth), s.claim(detector);
  const spi::Simulator simulator(options, s.seed(), s.threads(), s.monitor());
  const spi::Provenance provenance = provenance_of(options, s);
  const spi::SimulationSummary summary =
      options.averages
          ? write_averages(simulator, output, provenance, s.monitor())
          : write_frames(simulator, a.format, output, truth, detector, provenance, s.monitor());
  report(simulator.population(), summary,
         spi::text_of("patterns of ", simulator.detector().pixels(), " pixels"), "photons", output,
         s.monitor());
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main<Args>({"spi-simulate", declare, run}, argc, argv);
}
