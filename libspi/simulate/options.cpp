// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/options.h"

#include "libspi/base/error.h"
#include "libspi/geometry/detector_grid.h"
#include "libspi/simulate/population.h"
#include "libspi/simulate/quaternion_file.h"

namespace spi {

PixelCounts Text<PixelCounts>::parse(const std::string& text) {
  const auto comma = text.find(',');
  const auto columns = Text<std::size_t>::parse(text.substr(0, comma));
  const auto rows = comma == text.npos ? columns : Text<std::size_t>::parse(text.substr(comma + 1));
  if (columns < 1 || rows < 1 || columns > 100000 || rows > 100000)
    fail("'", text, "' is no sensible number of pixels");
  return {columns, rows};
}

std::string Text<PixelCounts>::print(PixelCounts value) {
  return std::to_string(value.columns) + "," + std::to_string(value.rows);
}

void SimulateOptions::describe(OptionSet& o) {
  o.add(
      "preset", preset,
      "an experiment of the literature, which other options then change. melting-gold: gold cubes "
      "of 42nm that melt to spheres, 6keV, 705mm, 243 x 243 pixels of 200um, kinds "
      "cube:1/3,transition:1/5,sphere:1/4 and the rest dimers, rods and octahedra in equal parts "
      "[Zhuang 2022]. neurorient: one structure (--particles FILE), 4.6keV, 200mm, 128 x 128 "
      "pixels of 781.25um, 1e14 photons a pulse in a beam of radius 500nm [NeurOrient]");
  o.add(
      "particles", particles,
      "kinds of particles and their weights, such as cube:1/3,sphere:2/3 (a weight left out is 1). "
      "Kinds: cube, transition (a melting cube), sphere, dimer (two touching balls), rod, "
      "octahedron; or structures: PDB/mmCIF files, whose models are equally frequent "
      "conformations. Each kind gets its exact share of the frames, in an order shuffled by the "
      "seed. Default: cube");
  o.add("frames", frames,
        "number of frames, of averages or of volumes. Default: 1000, with --quaternions as many as "
        "it holds")
      .range(1, 1e9);
  o.flag(
      "averages", averages,
      "write dense patterns, as of class averages (averages.h5), instead of sparse photon frames");
  o.flag("volumes", volumes,
         "write the truth in three dimensions instead: --frames intensities (volumes.h5) with "
         "--pixels voxels a side and the detector's q per pixel, and OUTPUT-density.h5. Kinds in "
         "the order of --particles, all of size --edge, transitions in even steps of --melting");

  o.group("Photons");
  o.add("photons", photons,
        "mean number of photons of a frame on the pixels that are not bad. Particles keep their "
        "relative brightness: the scale is set so that the first 128 frames reach this mean before "
        "the fluence varies. Averages and volumes have this number each. Default: 1000, averages "
        "1e6; volumes are |F|^2 without noise")
      .range(0, 1e12);
  o.flag("equal-photons", equal_photons,
         "every frame expects --photons times its fluence, however bright its particle");
  o.add("pulse-photons", pulse_photons,
        "absolute scale instead of --photons: photons of a pulse (of structures, not of shapes)")
      .range(0, 1e20);
  o.add("beam-radius", beam_radius, "radius of the beam, for --pulse-photons. Default: 500nm");

  o.group("Particles");
  o.add("edge", edge,
        "edge of the cubes; every shape has the volume of this cube, a sphere (molten) 10 % more. "
        "Default: 42nm");
  o.add("size-spread", size_spread, "relative standard deviation of the edge. Default: 0.02")
      .range(0, 0.2);
  o.add("melting", melting,
        "range of the melting parameter of the kind transition, drawn uniformly: from 0 to 0.7 the "
        "edges round at constant volume, from 0.7 to 1 the ball swells by 10 %. The default leaves "
        "out what passes for a cube or a sphere");
  o.add("rod-aspect", rod_aspect, "length of a rod over its diameter").range(0.1, 100);
  o.add("oversampling", oversampling,
        "width of the grid on which a structure is transformed, over the structure's own width")
      .range(2, 8);
  o.add(
      "quaternions", quaternions,
      "orientations of the frames in their order, instead of random ones: model_from_lab "
      "w, x, y, z, in a file of ours (orientations.h5, model.h5, simulated frames or averages) or "
      "a text with four numbers a line");

  o.group("Geometry");
  o.add("photon-energy", photon_energy, "photon energy. Default: 6keV");
  o.add("distance", distance, "from sample to detector. Default: 705mm");
  o.add("pixel-size", pixel_size, "edge of a pixel. Default: 200um");
  o.add("pixels", pixels,
        "columns and rows of the detector, or one number for a square. Default: 243");
  o.add("center", center, "x,y of the beam in pixels, pixel centres at integers; auto: the middle");
  o.add("detector", detector,
        "a detector file (Dragonfly, CrystFEL .geom, or frames of ours) instead of a rectangle");
  o.flag("flat-ewald", flat_ewald,
         "slice the particle's transform by a plane (small angles) instead of the Ewald sphere");

  o.group("Artefacts");
  o.add("fluence", fluence,
        "how the fluence varies from shot to shot, with mean 1. Default: none; neurorient: gamma");
  o.add("fluence-spread", fluence_spread, "relative standard deviation of --fluence gamma")
      .range(1e-3, 10);
  o.add("fluence-histogram", fluence_histogram,
        "the histogram of --fluence histogram: bin centres and heights, as .npy (2 x n) or text");
  o.flag("noise-free", noise_free,
         "no Poisson noise: the expected pattern; needs --averages or --volumes");
  o.add("readout-noise", readout_noise,
        "standard deviation of Gaussian readout noise in photons, clipped at 0; frames are rounded "
        "to whole photons")
      .range(0, 1e6);
  o.add("beam-stop", beam_stop, "radius in pixels of a beam stop: pixels behind it are bad")
      .range(0, 1e5);
}

namespace {

template <class T>
void fill(std::optional<T>& field, T value) {
  if (!field) field = std::move(value);
}

void apply(Preset preset, SimulateOptions& o) {
  if (preset == Preset::melting_gold) {
    fill<std::string>(
        o.particles,
        "cube:1/3,transition:1/5,sphere:1/4,dimer:13/180,rod:13/180,octahedron:13/180");
    return;  // the rest are the defaults
  }
  if (!o.particles) fail_usage("the preset neurorient needs a structure: --particles FILE.pdb");
  fill(o.photon_energy, Energy{4600});
  fill(o.distance, Length{0.2});
  fill(o.pixel_size, Length{0.1 / 128});
  fill(o.pixels, PixelCounts{128, 128});
  if (o.volumes) return;
  if (!o.photons && !o.averages) fill(o.pulse_photons, 1e14);
  fill(o.fluence, o.fluence_histogram ? FluenceKind::histogram : FluenceKind::gamma);
}

void apply_defaults(SimulateOptions& o) {
  if (!o.frames) o.frames = o.quaternions ? read_quaternions(*o.quaternions).size() : 1000;
  fill<std::string>(o.particles, "cube");
  fill(o.edge, Length{42e-9});
  fill(o.size_spread, 0.02);
  fill(o.beam_radius, Length{500e-9});
  fill(o.fluence, o.fluence_histogram ? FluenceKind::histogram : FluenceKind::none);
  if (!o.pulse_photons && !o.volumes) fill(o.photons, o.averages ? 1e6 : 1e3);
  if (o.detector) return;
  fill(o.photon_energy, Energy{6000});
  fill(o.distance, Length{0.705});
  fill(o.pixel_size, Length{200e-6});
  fill(o.pixels, PixelCounts{243, 243});
}

void check_volumes(const SimulateOptions& o) {
  if (o.averages) fail_usage("--volumes and --averages exclude each other");
  if (o.quaternions) fail_usage("--volumes show particles at rest: leave out --quaternions");
  if (o.detector || o.pixels->columns != o.pixels->rows)
    fail_usage("--volumes are cubes: --pixels takes one number, and there is no --detector");
  if (*o.fluence != FluenceKind::none || o.pulse_photons || o.readout_noise > 0 || o.beam_stop > 0)
    fail_usage(
        "--volumes know neither fluence nor readout noise nor a beam stop: phasing and "
        "comparison can mask them");
}

void check_together(const SimulateOptions& o) {
  if (o.volumes) check_volumes(o);
  if (o.photons && o.pulse_photons)
    fail_usage("--photons and --pulse-photons both set the brightness: choose one");
  if (o.pulse_photons && (o.averages || o.equal_photons))
    fail_usage("--pulse-photons goes with neither --averages nor --equal-photons");
  if (o.noise_free && !o.averages && !o.volumes)
    fail_usage("--noise-free needs --averages or --volumes: frames hold whole photons");
  if ((*o.fluence == FluenceKind::histogram) != o.fluence_histogram.has_value())
    fail_usage("--fluence histogram and --fluence-histogram FILE need each other");
  if (o.detector && (o.pixels || o.center))
    fail_usage("--detector brings its own pixels: leave out --pixels and --center");
  if (o.detector && o.flat_ewald) fail_usage("--flat-ewald is for a rectangle, not for --detector");
  if (!(o.edge->metres > 0)) fail_usage("--edge must be positive");
  if (!(o.beam_radius->metres > 0)) fail_usage("--beam-radius must be positive");
}

}  // namespace

SimulateOptions SimulateOptions::resolved() const {
  SimulateOptions full = *this;
  if (preset) apply(*preset, full);
  apply_defaults(full);
  check_together(full);
  const bool shapes = parse_mixture(*full.particles).front().shape.has_value();
  if (shapes && full.pulse_photons)
    fail_usage("--pulse-photons needs a structure: of a shape the electrons are not known");
  return full;
}

Detector SimulateOptions::make_detector() const {
  Detector made;
  if (detector) {
    made = read_detector(
        *detector,
        {.photon_energy = photon_energy, .distance = distance, .pixel_size = pixel_size});
    if (photon_energy) made.wavelength_A = photon_energy->wavelength_angstroms();
  } else {
    made = spi::make_detector({.columns = pixels->columns,
                               .rows = pixels->rows,
                               .distance = *distance,
                               .pixel_size = *pixel_size,
                               .photon_energy = *photon_energy,
                               .centre = center,
                               .flat_ewald = flat_ewald});
  }
  if (beam_stop > 0) add_beam_stop(made, beam_stop);
  return made;
}

FluenceModel SimulateOptions::make_fluence() const {
  switch (fluence.value_or(FluenceKind::none)) {
    case FluenceKind::gamma:
      return FluenceModel::gamma(fluence_spread);
    case FluenceKind::histogram:
      return read_fluence_histogram(*fluence_histogram);
    case FluenceKind::none:
      break;
  }
  return {};
}

std::vector<Quaternion> SimulateOptions::make_orientations() const {
  if (!quaternions) return {};
  std::vector<Quaternion> given = read_quaternions(*quaternions);
  if (given.size() < *frames)
    fail(quaternions->string(), " holds ", given.size(), " orientations, but --frames asks for ",
         *frames);
  return given;
}

}  // namespace spi
