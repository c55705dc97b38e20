// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/inspect.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "libspi/io/byte_file.h"
#include "libspi/io/crystfel_panels.h"
#include "libspi/io/detector_formats.h"
#include "libspi/io/frames.h"
#include "libspi/io/record.h"
#include "libspi/io/stack_source.h"
#include "libspi/io/volume_series.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

FileKind kind_of_hdf5(const fs::path& path) {
  const h5::File file = h5::File::open(path);
  const std::string format = format_of(file);
  if (format == "spi-frames" || file.exists("/place_ones")) return FileKind::frames;
  if (format == "spi-averages") return FileKind::stack;
  if (format == "spi-volumes") return FileKind::volumes;
  if (!format.empty()) return FileKind::other;
  if (file.exists("/qx") && file.exists("/corr")) return FileKind::detector;
  for (const char* name : {"/intensity", "/density"})
    if (file.exists(name) && !file.is_group(name) && file.shape(name).size() == 4)
      return FileKind::volumes;
  for (const std::string& name : file.datasets()) {
    const h5::Info info = file.info(name);
    const bool number = info.kind == h5::Kind::integer || info.kind == h5::Kind::real;
    if (number && info.shape.size() == 3) return FileKind::stack;
  }
  return FileKind::other;
}

bool is_text(const ByteFile& file) {
  constexpr std::uint64_t kSample = 4096;
  const auto bytes = file.read<char>(0, std::min(kSample, file.size()));
  return !bytes.empty() && std::ranges::count(bytes, '\0') == 0;
}

void add_mean_min_max(Report& report, const std::string& what, const std::vector<double>& values) {
  if (values.empty()) return;
  const auto [low, high] = std::ranges::minmax(values);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  report.add("mean " + what, sum / static_cast<double>(values.size()));
  report.add("least " + what, low);
  report.add("most " + what, high);
}

void describe_resolution(Report& report, const Detector& detector) {
  double s_max = 0;
  for (std::size_t i = 0; i < detector.pixels(); ++i)
    if (detector.use[i] != PixelUse::bad)
      s_max = std::max(s_max, std::hypot(detector.sx[i], detector.sy[i], detector.sz[i]));
  if (!detector.wavelength_A) {
    report.add("q_max times wavelength", s_max);
    report.add("wavelength", "not in the file: give --photon-energy to learn q in 1/Å");
    return;
  }
  const double q_max = s_max / *detector.wavelength_A;
  report.add("wavelength in Å", *detector.wavelength_A);
  report.add("q_max in 1/Å (q = 1/d)", q_max);
  if (q_max > 0) report.add("half-period resolution in Å", 1 / (2 * q_max));
  report.add("q per pixel at the beam in 1/Å", *detector.q_per_pixel());
}

void describe_centre(Report& report, const Detector& detector) {
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < detector.pixels(); ++i) {
    const auto [x, y] = detector.flat_position(i);
    // Elements in no panel look along the beam and see nothing.
    if (detector.correction[i] > 0 && std::hypot(x, y) < least) {
      least = std::hypot(x, y);
      nearest = i;
    }
  }
  const std::size_t columns = detector.shape[1];
  report.add("pixel nearest the beam",
             text_of("row ", nearest / columns, ", column ", nearest % columns));
  report.add("its distance from the beam in pixels", least);
}

void describe_detector(Report& report, const Detector& detector) {
  const auto count = [&](PixelUse use) {
    return static_cast<std::size_t>(std::ranges::count(detector.use, use));
  };
  report.add_count("pixels", detector.pixels());
  report.add("image", text_of(detector.shape[0], " x ", detector.shape[1], " (rows x columns)"));
  report.add_count("good pixels", count(PixelUse::good));
  report.add_count("pixels ignored for the fit", count(PixelUse::ignore_for_fit));
  report.add_count("bad pixels", count(PixelUse::bad));
  report.add("distance in pixels", detector.distance_px);
  if (detector.pixel_size_m) {
    report.add("pixel size in µm", *detector.pixel_size_m * 1e6);
    report.add("distance in mm", *detector.pixel_size_m * detector.distance_px * 1e3);
  }
  describe_resolution(report, detector);
  describe_centre(report, detector);
  if (!detector.background.empty()) report.add("background", "included");
}

/// Pixels that count far more than both their neighbours in the frame's order: more than five
/// times the larger one, beyond chance.
std::vector<std::size_t> hot_pixels(const std::vector<std::uint64_t>& totals) {
  constexpr double kRatio = 5, kSigmas = 5;
  std::vector<std::size_t> hot;
  for (std::size_t i = 1; i + 1 < totals.size(); ++i) {
    const auto beside = static_cast<double>(std::max(totals[i - 1], totals[i + 1]));
    if (static_cast<double>(totals[i]) > kRatio * (beside + kSigmas * std::sqrt(beside + 1)))
      hot.push_back(i);
  }
  return hot;
}

void describe_hot_pixels(Report& report, const std::vector<std::uint64_t>& totals) {
  constexpr std::size_t kListed = 10;
  const auto hot = hot_pixels(totals);
  report.add_count("hot pixels (five times their neighbours)", hot.size());
  std::string list;
  for (std::size_t i = 0; i < std::min(kListed, hot.size()); ++i)
    list += (list.empty() ? "" : ", ") + std::to_string(hot[i]);
  if (!list.empty()) report.add("first hot pixels", list + (hot.size() > kListed ? ", ..." : ""));
}

void inspect_frames(Report& report, const fs::path& path, const DetectorHints& hints,
                    Monitor& monitor) {
  constexpr std::size_t kBlock = 1000;
  const auto reader = open_frames({path});
  report.add("kind", reader->kind());
  report.add_count("frames", reader->frames());
  std::vector<double> photons;
  std::vector<std::uint64_t> totals(reader->pixels());
  Progress progress(monitor, "reading frames", reader->frames());
  for (std::size_t first = 0; first < reader->frames(); first += kBlock) {
    const FrameBlock block = reader->read(first, kBlock);
    for (std::size_t i = 0; i < block.frames(); ++i) {
      std::uint64_t sum = 0;
      for (auto k = block.start[i]; k < block.start[i + 1]; ++k) {
        sum += block.count[k];
        totals[block.pixel[k]] += block.count[k];
      }
      photons.push_back(static_cast<double>(sum));
    }
    progress.advance(block.frames());
  }
  add_mean_min_max(report, "photons per frame", photons);
  report.add_count("empty frames", static_cast<std::size_t>(std::ranges::count(photons, 0.0)));
  describe_hot_pixels(report, totals);
  auto detector = reader->detector();
  if (detector) apply_hints(*detector, hints);
  if (detector)
    describe_detector(report, *detector);
  else
    report.add_count("pixels", reader->pixels());
}

void inspect_detector(Report& report, const fs::path& path, const DetectorHints& hints) {
  const Detector detector = read_detector(path, hints);
  const bool is_hdf5 = h5::File::is_hdf5(path);
  std::string text;
  if (!is_hdf5) {
    const ByteFile file(path);
    const auto bytes = file.read<char>(0, file.size());
    text.assign(bytes.begin(), bytes.end());
  }
  const bool is_geometry = text.find('=') != text.npos;
  report.add("kind", is_hdf5       ? "Dragonfly detector (HDF5)"
                     : is_geometry ? "CrystFEL geometry"
                                   : "Dragonfly detector (ASCII)");
  if (is_geometry)
    report.add_count("panels", parse_crystfel_panels(text, path.string()).panels.size());
  describe_detector(report, detector);
}

/// One-dimensional datasets with a value for each pattern: they can colour a landscape.
void describe_columns(Report& report, const fs::path& path, std::size_t patterns) {
  const h5::File file = h5::File::open(path);
  std::string columns;
  for (const std::string& name : file.datasets())
    if (file.shape(name) == h5::Shape{patterns} && name != "/id" &&
        !name.starts_with("/provenance"))
      columns += (columns.empty() ? "" : ", ") + name;
  if (!columns.empty()) report.add("columns (for --color-by)", columns);
}

void inspect_stack(Report& report, const fs::path& path, StackOptions options, Monitor& monitor) {
  constexpr std::size_t kBlockBytes = std::size_t{64} << 20;
  options.allow_empty = options.mask_invalid = true;
  const auto stack = open_stack(path, options);
  const StackInfo& info = stack->info();
  const std::size_t area = info.rows * info.columns;
  report.add("kind", info.kind);
  report.add_count("patterns", info.count);
  report.add("image", text_of(info.rows, " x ", info.columns, " (rows x columns)"));
  report.add("made of", info.is_average ? "averages" : "single shots");
  report.add("centre (x, y)", info.centre ? text_of((*info.centre)[0], ", ", (*info.centre)[1])
                                          : std::string("not in the file"));
  if (info.q_per_pixel) report.add("q per pixel in 1/Å", *info.q_per_pixel);
  if (info.wavelength_A) report.add("wavelength of the Ewald sphere in Å", *info.wavelength_A);
  std::vector<double> totals;
  std::size_t invalid = 0, unmeasured = 0;
  Progress progress(monitor, "reading patterns", info.count);
  for (std::size_t first = 0; first < info.count;) {
    const Patterns patterns =
        stack->read(first, std::max<std::size_t>(1, kBlockBytes / (8 * area)));
    for (std::size_t i = 0; i < patterns.count; ++i) {
      const auto begin = patterns.intensity.begin() + static_cast<std::ptrdiff_t>(i * area);
      totals.push_back(std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(area), 0.0));
    }
    invalid += patterns.invalid_pixels;
    unmeasured += static_cast<std::size_t>(std::ranges::count(patterns.weight, 0.0f));
    first += patterns.count;
    progress.advance(patterns.count);
  }
  add_mean_min_max(report, "sum of a pattern", totals);
  report.add_count("empty patterns", static_cast<std::size_t>(std::ranges::count(totals, 0.0)));
  report.add_count("negative or not finite values", invalid);
  report.add("fraction of pixels not measured",
             static_cast<double>(unmeasured) / static_cast<double>(info.count * area));
  if (h5::File::is_hdf5(path)) describe_columns(report, path, info.count);
}

void inspect_volumes(Report& report, const fs::path& path) {
  const auto volumes = open_volumes(path);
  report.add("kind", is_mrc(path) ? "MRC volume" : "spi volumes");
  report.add_count("volumes", volumes->count());
  if (!is_mrc(path)) report.add("quantity", std::string(name_of(volumes->quantity())));
  std::vector<double> extremes;
  for (std::size_t i = 0; i < volumes->count(); ++i) {
    const Volume volume = volumes->read(i);
    const auto [low, high] = std::ranges::minmax(volume.values);
    extremes.insert(extremes.end(), {low, high});
    if (i > 0) continue;
    report.add("size", text_of(volume.nx, " x ", volume.ny, " x ", volume.nz, " (x, y, z)"));
    report.add("voxel size in Å", volume.voxel_size_A);
  }
  report.add("least value", std::ranges::min(extremes));
  report.add("greatest value", std::ranges::max(extremes));
}

/// Any other HDF5 file: its datasets and shapes, and what is said of an embedding.
void inspect_other(Report& report, const fs::path& path) {
  const h5::File file = h5::File::open(path);
  const std::string format = format_of(file);
  report.add("kind", format.empty() ? "HDF5 file" : format);
  for (const std::string& name : file.datasets())
    if (name != "/id" && !name.starts_with("/provenance"))
      report.add(name, h5::print(file.shape(name)));
  if (!file.exists("/embedding")) return;
  for (const std::string& name : file.attributes("/embedding")) {
    const h5::Attribute value = file.attribute("/embedding", name);
    for (const std::string& text : value.texts) report.add(name, text);
    for (const double number : value.numbers) report.add(name, number);
  }
}

void add_provenance(Report& report, const fs::path& path) {
  const h5::File file = h5::File::open(path);
  for (const char* name : {"command_line", "version", "date"})
    if (file.has_attribute("/provenance", name))
      report.add(name == std::string("command_line") ? "made by" : name,
                 file.text_attribute("/provenance", name));
}

}  // namespace

FileKind kind_of_file(const fs::path& path) {
  if (h5::File::is_hdf5(path)) return kind_of_hdf5(path);
  if (is_npy(path)) return FileKind::stack;
  // Space group 0 is meant to mark a stack, but many programs write it into volumes.
  if (is_mrc(path)) return path.extension() == ".mrcs" ? FileKind::stack : FileKind::volumes;
  const ByteFile file(path);
  if (path.extension() != ".emc" && is_text(file)) return FileKind::detector;
  return FileKind::frames;  // a binary .emc has no mark of its own: its reader decides
}

Report inspect_file(const fs::path& path, const InspectOptions& options, Monitor& monitor) {
  Report report{.title = path.string(), .facts = {}};
  const FileKind kind = options.stack.dataset ? FileKind::stack : kind_of_file(path);
  switch (kind) {
    case FileKind::frames:
      inspect_frames(report, path, options.hints, monitor);
      break;
    case FileKind::detector:
      inspect_detector(report, path, options.hints);
      break;
    case FileKind::stack:
      inspect_stack(report, path, options.stack, monitor);
      break;
    case FileKind::volumes:
      inspect_volumes(report, path);
      break;
    case FileKind::other:
      inspect_other(report, path);
      break;
  }
  if (h5::File::is_hdf5(path)) add_provenance(report, path);
  return report;
}

std::string to_words(const Report& report) {
  constexpr int kDigits = 6;
  std::ostringstream out;
  out.precision(kDigits);
  out << report.title << "\n";
  for (const Fact& fact : report.facts) {
    out << "  " << fact.name << ": ";
    std::visit([&](const auto& value) { out << value << "\n"; }, fact.value);
  }
  return out.str();
}

namespace {

std::string json_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    constexpr unsigned char kFirstPrintable = 0x20;
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < kFirstPrintable ? ' ' : c;
  }
  return quoted + "\"";
}

std::string json_value(const Fact& fact) {
  if (const auto* text = std::get_if<std::string>(&fact.value)) return json_text(*text);
  if (const auto* number = std::get_if<double>(&fact.value))
    return std::isfinite(*number) ? print_number(*number) : "null";
  return std::to_string(std::get<std::int64_t>(fact.value));
}

}  // namespace

std::string to_json(const std::vector<Report>& reports) {
  std::string text = "[";
  for (const Report& report : reports) {
    text += std::string(&report == &reports.front() ? "" : ",") +
            "\n  {\"title\": " + json_text(report.title);
    for (const Fact& fact : report.facts) {
      std::string key = fact.name;
      std::ranges::replace(key, ' ', '_');
      text += ",\n   " + json_text(key) + ": " + json_value(fact);
    }
    text += "}";
  }
  return text + "\n]\n";
}

}  // namespace spi
