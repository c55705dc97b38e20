// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/convert.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/io/averages.h"
#include "libspi/io/detector_formats.h"
#include "libspi/io/frames.h"
#include "libspi/io/inspect.h"
#include "libspi/io/volume_series.h"

namespace spi {

namespace fs = std::filesystem;

void ConvertOptions::describe(OptionSet& options) {
  options.add(
      "to", to,
      "what to write: frames (spi: our HDF5; emc: Dragonfly's binary; dragonfly: Dragonfly's "
      "HDF5), a Dragonfly detector, averages.h5, an MRC volume, volumes.h5; auto: frames "
      "become emc under a name in .emc, else spi; detectors a detector; volumes "
      "volumes.h5 under a name in .h5, else MRC");
  options.add("detector", detector, "detector file of frames or patterns that do not bring one");
  options
      .add("adu-per-photon", adu_per_photon,
           "the patterns are in detector units (ADU): divide by this, round to whole photons (so "
           "half "
           "a photon is the threshold); negative values become 0")
      .range(1e-9, std::numeric_limits<double>::infinity());
  options.add("index", index, "which volume of volumes.h5 to write as MRC").range(0, 1e9);
  hints.describe(options);
  stack.describe(options);
}

namespace {

constexpr std::size_t kBlockFrames = 1000;
constexpr std::size_t kBlockBytes = std::size_t{64} << 20;

bool is_frames(ConvertTarget to) {
  return to == ConvertTarget::spi || to == ConvertTarget::emc || to == ConvertTarget::dragonfly;
}

/// The automatic choice: what an input of this kind most plainly becomes under that name.
ConvertTarget target_for(FileKind kind, const fs::path& output, const ConvertOptions& options) {
  if (options.to) return *options.to;
  const std::string extension = output.extension().string();
  if (kind == FileKind::detector) return ConvertTarget::detector;
  if (kind == FileKind::volumes)
    return extension == ".h5" ? ConvertTarget::volumes : ConvertTarget::mrc;
  if (extension == ".emc") return ConvertTarget::emc;
  if (kind == FileKind::frames) return ConvertTarget::spi;
  if (kind == FileKind::stack && options.detector) return ConvertTarget::spi;
  if (kind == FileKind::stack)
    fail_usage("patterns can become averages (--to averages) or frames of photons (--to spi with ",
               "--detector, --to emc, --to dragonfly): say which");
  fail_usage("cannot tell what to make: give --to");
}

void check_inputs(const std::vector<fs::path>& inputs, const fs::path& output) {
  if (inputs.empty()) fail_usage("no input");
  std::error_code ignored;
  for (const fs::path& input : inputs)
    if (fs::equivalent(input, output, ignored))
      fail_usage("the output ", output.string(), " is also an input");
}

const fs::path& only(const std::vector<fs::path>& inputs, const char* what) {
  if (inputs.size() > 1) fail_usage("only one ", what, " at a time can be converted");
  return inputs.front();
}

/// One conversion under way.
class Conversion {
 public:
  Conversion(const fs::path& output, ConvertTarget to, const ConvertOptions& options,
             const Provenance& provenance, Monitor& monitor)
      : output_(output),
        options_(options),
        provenance_(provenance),
        monitor_(monitor),
        result_{.to = to} {}

  Converted frames(const std::vector<fs::path>& inputs) {
    if (result_.to == ConvertTarget::detector) return detector_of_frames(inputs);
    if (!is_frames(result_.to)) fail_usage("frames cannot become ", name_of(result_.to));
    const auto reader = open_frames(inputs);
    const auto writer = open_writer(frame_detector(reader->detector(), reader->pixels()));
    Progress progress(monitor_, "converting frames", reader->frames());
    for (std::size_t first = 0; first < reader->frames(); first += kBlockFrames) {
      const FrameBlock block = reader->read(first, kBlockFrames);
      writer->append(block);
      progress.advance(block.frames());
    }
    writer->finish();
    result_.items = reader->frames();
    result_.what = "frames";
    if (result_.to != ConvertTarget::spi)
      result_.notes.push_back("frame ids are not kept: Dragonfly's files have none");
    return result_;
  }

  Converted detector(const fs::path& input) {
    if (result_.to != ConvertTarget::detector)
      fail_usage("a detector cannot become ", name_of(result_.to));
    return write(read_detector(input, options_.hints));
  }

  Converted stack(const fs::path& input) {
    StackOptions reading = options_.stack;
    if (is_frames(result_.to)) reading.allow_empty = true;
    if (options_.adu_per_photon) reading.mask_invalid = true;
    const auto reader = open_stack(input, reading);
    if (result_.to == ConvertTarget::averages) return averages(*reader);
    if (is_frames(result_.to)) return photons(*reader, input);
    fail_usage("patterns cannot become ", name_of(result_.to));
  }

  Converted volumes(const std::vector<fs::path>& inputs) {
    result_.what = "volumes";
    if (result_.to == ConvertTarget::mrc) {
      const auto reader = open_volumes(only(inputs, "file of volumes"));
      if (options_.index >= reader->count())
        fail_usage("--index ", options_.index, ": there are ", reader->count(), " volumes");
      write_mrc(output_, reader->read(options_.index));
      result_.items = 1;
      return result_;
    }
    if (result_.to != ConvertTarget::volumes)
      fail_usage("volumes cannot become ", name_of(result_.to));
    VolumesWriter writer(output_, open_volumes(inputs.front())->quantity(), provenance_);
    for (const fs::path& input : inputs) {
      const auto reader = open_volumes(input);
      for (std::size_t i = 0; i < reader->count(); ++i, ++result_.items)
        writer.append(reader->read(i));
    }
    writer.finish();
    return result_;
  }

 private:
  Converted write(const Detector& detector) {
    write_dragonfly_detector(output_, detector);
    if (detector.wavelength_A || detector.pixel_size_m)
      result_.notes.push_back(
          "wavelength and pixel size are not kept: Dragonfly's detectors have none; give "
          "--photon-energy and --pixel-size where the file is read");
    result_.items = detector.pixels();
    result_.what = "pixels";
    return result_;
  }

  Converted detector_of_frames(const std::vector<fs::path>& inputs) {
    return write(read_detector(only(inputs, "detector"), options_.hints));
  }

  /// The detector for frames: --detector, else the file's own. Dragonfly's formats hold none and
  /// need only the number of pixels.
  Detector frame_detector(std::optional<Detector> own, std::size_t pixels) const {
    if (options_.detector)
      own = read_detector(*options_.detector, options_.hints);
    else if (own)
      apply_hints(*own, options_.hints);
    if (own && own->pixels() != pixels)
      fail("the frames have ", pixels, " pixels, the detector ", own->pixels());
    if (own) return *own;
    if (result_.to == ConvertTarget::spi)
      fail("our frame files hold their detector, and the input has none: give --detector");
    Detector blank;
    blank.sx.resize(pixels);
    return blank;
  }

  std::unique_ptr<FrameWriter> open_writer(const Detector& detector) const {
    const FrameFormat format = result_.to == ConvertTarget::emc         ? FrameFormat::emc
                               : result_.to == ConvertTarget::dragonfly ? FrameFormat::dragonfly
                                                                        : FrameFormat::spi;
    return create_frames(output_, format, detector, provenance_);
  }

  std::size_t block_patterns(const StackInfo& info) const {
    return std::max<std::size_t>(1, kBlockBytes / (8 * info.rows * info.columns));
  }

  /// Patterns that carry counts, to sparse frames; pixels that the mask excludes become bad.
  Converted photons(StackReader& reader, const fs::path& input) {
    const StackInfo& info = reader.info();
    const std::size_t area = info.rows * info.columns;
    Detector detector = frame_detector(std::nullopt, area);
    const auto masked = reader.masked();
    for (std::size_t k = 0; k < detector.use.size() && !masked.empty(); ++k)
      if (masked[k]) detector.use[k] = PixelUse::bad;
    if (!masked.empty() && result_.to != ConvertTarget::spi)
      result_.notes.push_back("the mask is not in the frame file: mark its pixels in the detector");
    const auto writer = open_writer(detector);
    const auto ids = reader.ids();
    Progress progress(monitor_, "converting patterns", info.count);
    std::vector<std::uint32_t> counts(area);
    for (std::size_t first = 0; first < info.count;) {
      const Patterns patterns = reader.read(first, block_patterns(info));
      FrameBlock block;
      block.start = {0};
      for (std::size_t i = 0; i < patterns.count; ++i) {
        for (std::size_t k = 0; k < area; ++k)
          counts[k] = photon_count(patterns.intensity[i * area + k], input, first + i, k);
        block.append_dense(ids[first + i], counts);
      }
      writer->append(block);
      result_.invalid_pixels += patterns.invalid_pixels;
      first += patterns.count;
      progress.advance(patterns.count);
    }
    writer->finish();
    result_.items = info.count;
    result_.what = "patterns";
    return result_;
  }

  std::uint32_t photon_count(float value, const fs::path& input, std::size_t pattern,
                             std::size_t pixel) const {
    constexpr double kSlack = 1e-3;
    const double photons = value / options_.adu_per_photon.value_or(1), whole = std::round(photons);
    if (!options_.adu_per_photon && std::abs(photons - whole) > kSlack)
      fail(input.string(), ": pattern ", pattern, " has the value ", value, " at pixel ", pixel,
           ", which is no number of photons: give --adu-per-photon, or --to averages");
    if (whole > std::numeric_limits<std::uint32_t>::max())
      fail(input.string(), ": pattern ", pattern, " has ", whole, " photons at pixel ", pixel);
    return static_cast<std::uint32_t>(whole);
  }

  Converted averages(StackReader& reader) {
    const StackInfo& info = reader.info();
    AveragesWriter writer(output_,
                          {.rows = info.rows,
                           .columns = info.columns,
                           .q_per_pixel = info.q_per_pixel,
                           .wavelength_A = info.wavelength_A,
                           .centre = info.centre,
                           .single_shots = !info.is_average},
                          provenance_);
    if (!info.centre)
      result_.notes.push_back(
          "the beam centre is not known: the pixel in the middle is taken; "
          "give --center");
    const auto scale = static_cast<float>(1 / options_.adu_per_photon.value_or(1));
    Progress progress(monitor_, "converting patterns", info.count);
    while (writer.count() < info.count) {
      Patterns patterns = reader.read(writer.count(), block_patterns(info));
      for (float& value : patterns.intensity) value *= scale;
      writer.append(patterns.intensity, patterns.weight);
      result_.invalid_pixels += patterns.invalid_pixels;
      progress.advance(patterns.count);
    }
    writer.finish({.id = reader.ids()});
    result_.items = info.count;
    result_.what = "patterns";
    return result_;
  }

  const fs::path& output_;
  const ConvertOptions& options_;
  const Provenance& provenance_;
  Monitor& monitor_;
  Converted result_;
};

}  // namespace

Converted convert_files(const std::vector<fs::path>& inputs, const fs::path& output,
                        const ConvertOptions& options, const Provenance& provenance,
                        Monitor& monitor) {
  check_options(options);
  check_inputs(inputs, output);
  const FileKind kind = options.stack.dataset ? FileKind::stack : kind_of_file(inputs.front());
  const ConvertTarget to = target_for(kind, output, options);
  Conversion conversion(output, to, options, provenance, monitor);
  switch (kind) {
    case FileKind::frames:
      return conversion.frames(inputs);
    case FileKind::detector:
      return conversion.detector(only(inputs, "detector"));
    case FileKind::stack:
      return conversion.stack(only(inputs, "stack"));
    case FileKind::volumes:
      return conversion.volumes(inputs);
    case FileKind::other:
      break;
  }
  fail(inputs.front().string(),
       " holds neither frames, a detector, patterns nor volumes that could be converted");
}

}  // namespace spi
