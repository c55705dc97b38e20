// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/run_files.h"

#include <algorithm>
#include <array>
#include <set>

#include "libspi/base/error.h"
#include "libspi/base/hash.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

struct KnownMedia {
  std::string_view extension, type;
  Media media;
};
constexpr std::array kMedia{KnownMedia{".png", "image/png", Media::picture},
                            KnownMedia{".svg", "image/svg+xml", Media::picture},
                            KnownMedia{".jpg", "image/jpeg", Media::picture},
                            KnownMedia{".mp4", "video/mp4", Media::movie},
                            KnownMedia{".webm", "video/webm", Media::movie},
                            KnownMedia{".gif", "image/gif", Media::movie},
                            KnownMedia{".csv", "text/csv", Media::table}};

const KnownMedia* known_media(const fs::path& path) {
  const auto found = std::ranges::find(kMedia, path.extension().string(), &KnownMedia::extension);
  return found == kMedia.end() ? nullptr : &*found;
}

struct KnownFormat {
  std::string_view format, title;
};
constexpr std::array kFormats{KnownFormat{"spi-frames", "Frames"},
                              KnownFormat{"spi-truth", "Frames"},
                              KnownFormat{"spi-averages", "Averages"},
                              KnownFormat{"spi-clpca", "Landscape"},
                              KnownFormat{"spi-absolute-embedding", "Absolute embedding"},
                              KnownFormat{"spi-embedding", "Absolute embedding"},
                              KnownFormat{"spi-clusters", "Clusters"},
                              KnownFormat{"spi-selection", "Selections"},
                              KnownFormat{"spi-orientations", "Orientations"},
                              KnownFormat{"spi-model", "Reconstruction"},
                              KnownFormat{"spi-vae", "Latent space"},
                              KnownFormat{"spi-latents", "Latent space"},
                              KnownFormat{"spi-volumes", "Volumes"},
                              KnownFormat{"spi-fsc", "Resolution"},
                              KnownFormat{"spi-measure", "Sizes and volumes"}};

bool is_word_in(const std::string& name, std::string_view word) {
  return name.find(word) != name.npos;
}

std::vector<std::string> texts(const h5::File& file, const char* dataset) {
  return file.exists(dataset) ? file.read_texts(dataset) : std::vector<std::string>{};
}

/// "frames 2.h5 xxh3:00..." in two: no fingerprint holds a blank.
UsedInput used_input(const std::string& line) {
  const auto blank = line.rfind(' ');
  if (blank == line.npos) return {line, "", UsedInput::State::elsewhere};
  return {line.substr(0, blank), line.substr(blank + 1), UsedInput::State::elsewhere};
}

/// nullopt where the file is not one of ours.
std::optional<RunFile> read_run_file(const fs::path& path) {
  if (!h5::File::is_hdf5(path)) return std::nullopt;
  const h5::File file = h5::File::open(path);
  RunFile ours{.path = path, .format = format_of(file)};
  if (ours.format.empty()) return std::nullopt;
  const auto text = [&](const char* name) {
    return file.has_attribute("/provenance", name) ? file.text_attribute("/provenance", name)
                                                   : std::string();
  };
  ours.program = text("program"), ours.version = text("version"), ours.commit = text("commit");
  ours.command_line = text("command_line"), ours.date = text("date");
  ours.seed = text("seed");
  ours.options = texts(file, "/provenance/options");
  for (const std::string& line : texts(file, "/provenance/inputs"))
    ours.inputs.push_back(used_input(line));
  ours.fingerprint = file_fingerprint(path);
  return ours;
}

/// Whether `path` is named after `owner`: OWNER-WORD.EXTENSION.
bool is_companion(const fs::path& path, const fs::path& owner) {
  return path.parent_path() == owner.parent_path() &&
         path.filename().string().starts_with(owner.stem().string() + "-");
}

/// The file with the longest name that `path` is named after; nullptr: none.
RunFile* owner_of(const fs::path& path, std::vector<RunFile>& files) {
  RunFile* best = nullptr;
  for (RunFile& file : files)
    if (is_companion(path, file.path) &&
        (!best || file.path.stem().string().size() > best->path.stem().string().size()))
      best = &file;
  return best;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error))
    if (it->is_regular_file() && !is_word_in(it->path().filename().string(), ".tmp-"))
      paths.push_back(it->path().lexically_normal());
  if (error) fail("cannot read the folder ", folder.string(), ": ", error.message());
  std::ranges::sort(paths);
  return paths;
}

/// Fills a RunFiles from files, each of which counts once.
class Finder {
 public:
  Finder(RunFiles& run, const fs::path& report, Monitor& monitor)
      : run_(run), report_(report.lexically_normal()), monitor_(monitor) {}

  void add_folder(const fs::path& folder) {
    for (const fs::path& path : files_in(folder)) try {
        add(path);
      } catch (const UserError& error) {
        monitor_.warn(error.what());
        run_.others.push_back({path, error.what()});
      }
  }

  void add(const fs::path& path) {
    if (path == report_ || !seen_.insert(path).second) return;
    if (media_of(path) != Media::none)
      media_.insert(path);
    else if (auto file = read_run_file(path))
      run_.files.push_back(std::move(*file));
    else
      run_.others.push_back({path, "neither a result of this suite nor a picture, movie or table"});
  }

  /// What lies beside the files, and what was given with them, to its owner.
  void share_out_media() {
    std::set<fs::path> beside;
    for (const RunFile& file : run_.files) beside.insert(file.path.parent_path());
    for (const fs::path& folder : beside)
      for (fs::path path : files_in(folder.empty() ? fs::path(".") : folder)) {
        path = folder / path.filename();
        if (media_of(path) != Media::none && owner_of(path, run_.files)) media_.insert(path);
      }
    for (const fs::path& path : media_) {
      RunFile* owner = owner_of(path, run_.files);
      const Media media = media_of(path);
      (owner                     ? owner->companions
       : media == Media::picture ? run_.pictures
       : media == Media::movie   ? run_.movies
                                 : run_.tables)
          .push_back(path);
    }
  }

 private:
  RunFiles& run_;
  fs::path report_;
  Monitor& monitor_;
  std::set<fs::path> seen_, media_;
};

/// Same where a file of the run, or the one at the recorded place, has the fingerprint; changed
/// where one of that name is there and has another.
UsedInput::State state_of(const UsedInput& input, const RunFile& of, const RunFiles& run) {
  const fs::path name = input.name;
  bool is_there = false;
  for (const RunFile& file : run.files) {
    if (file.fingerprint == input.fingerprint) return UsedInput::State::same;
    is_there |= file.path.filename() == name.filename();
  }
  for (const fs::path& place : {name, of.path.parent_path() / name})
    if (std::error_code error; !is_there && fs::is_regular_file(place, error)) {
      if (file_fingerprint(place) == input.fingerprint) return UsedInput::State::same;
      is_there = true;
    }
  return is_there ? UsedInput::State::changed : UsedInput::State::elsewhere;
}

}  // namespace

Media media_of(const fs::path& path) {
  const KnownMedia* known = known_media(path);
  return known ? known->media : Media::none;
}

std::string_view media_type(const fs::path& path) {
  const KnownMedia* known = known_media(path);
  SPI_ASSERT(known);
  return known->type;
}

Chapter chapter_of(const std::string& format) {
  const auto found = std::ranges::find(kFormats, format, &KnownFormat::format);
  return {std::size_t(found - kFormats.begin()),
          found == kFormats.end() ? "Other results" : found->title};
}

RunFiles find_run(const std::vector<fs::path>& inputs, const fs::path& report, Monitor& monitor) {
  RunFiles run;
  Finder finder(run, report, monitor);
  for (const fs::path& input : inputs)
    if (std::error_code error; !fs::exists(input, error)) fail(input.string(), " does not exist");
  for (const fs::path& input : inputs)
    if (fs::is_directory(input))
      finder.add_folder(input);
    else
      finder.add(input.lexically_normal());
  if (run.files.empty())
    fail(
        "none of the files is one of this suite: give a folder that holds averages.h5, clpca.h5, "
        "latents.h5 or other results, or such files");
  std::ranges::stable_sort(run.files, {},
                           [](const RunFile& file) { return chapter_of(file.format).place; });
  finder.share_out_media();
  for (RunFile& file : run.files)
    for (UsedInput& input : file.inputs) input.state = state_of(input, file, run);
  return run;
}

}  // namespace spi
