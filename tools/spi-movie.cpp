// SPDX-License-Identifier: GPL-3.0-or-later
// spi-movie: movies along a series of volumes
#include <algorithm>
#include <cstdio>

#include "libspi/cli/main.h"
#include "libspi/movie/movie.h"

namespace {

namespace fs = std::filesystem;
using namespace spi;

struct Args {
  std::vector<fs::path> volumes;
  MovieOptions movie;
  std::vector<MovieFormat> also;
};

void declare(cli::Usage& usage, Args& args) {
  usage.summary("movies along a series of volumes: surface, sections, projections, latent map")
      .describe(
          "Shows densities (spi-phase), or intensities (spi-vae decode) by their logarithm, one "
          "after the other, linear between neighbours on their common grid: a shaded isosurface "
          "at one level for all of them, central sections, projections, and where in the latent "
          "space the state lies and how many data are near it. Words in the frame say all this.")
      .describe(
          "Writes OUTPUT, an .mp4 (H.264, or MPEG-4 where libav has no H.264) or a .gif, and "
          "OUTPUT-frames.csv, the numbers behind each frame. --also writes it in more formats, "
          "named after OUTPUT: gif or mp4, png (OUTPUT-0000.png, a file a frame), mrc (a file a "
          "volume) and cxc, a script with which ChimeraX makes the same movie from the mrc files.")
      .describe(
          "Rays run parallel, so the scale bar holds for all of the surface. Frames depend neither "
          "on --threads nor on --seed.")
      .example("spi-movie states.h5 --map latents.h5 -o melt.mp4",
               "Densities along a path of the latent space")
      .example("spi-movie states.h5 --turn 360deg --there-and-back --size 960x540 -o melt.gif",
               "A loop for a web page or a slide")
      .example(
          "spi-movie state-*.mrc --states decoded.h5 --map latents.h5 --also png,cxc "
          "-o melt.mp4",
          "From MRC files, with pictures and a script for ChimeraX")
      .reference("Zhuang et al., IUCrJ 9, 204 (2022): structures along a latent axis.")
      .output("movie.mp4", "the movie: .mp4 or .gif");
  usage.inputs("volumes", args.volumes, "volumes.h5, or MRC files in their order");
  args.movie.describe(usage);
  usage.group("Output");
  usage.add("also", args.also, "write these formats as well");
}

std::string numbered(std::size_t index, const char* extension) {
  char name[48];
  std::snprintf(name, sizeof name, "%04zu%s", index, extension);
  return name;
}

MovieOutputs claim_outputs(const Args& args, cli::Session& session, std::size_t states) {
  MovieOutputs outputs;
  const fs::path& output = session.output();
  const auto other = [&](const char* extension) {
    fs::path path = output;
    path.replace_extension(extension);
    return path == output ? path : session.claim(path);
  };
  const auto wanted = [&](MovieFormat format) {
    return std::ranges::find(args.also, format) != args.also.end();
  };
  if (output.extension() != ".mp4" && output.extension() != ".gif")
    fail_usage("--output ", output.string(),
               ": a movie's name ends in .mp4 or .gif; pictures, MRC files and scripts come with "
               "--also png,mrc,cxc");
  if (output.extension() == ".mp4" || wanted(MovieFormat::mp4)) outputs.mp4 = other(".mp4");
  if (output.extension() == ".gif" || wanted(MovieFormat::gif)) outputs.gif = other(".gif");
  if (wanted(MovieFormat::cxc)) outputs.script = other(".cxc");
  outputs.table = session.companion("frames.csv");
  for (std::size_t k = 0; wanted(MovieFormat::png) && k < args.movie.frames; ++k)
    outputs.frames.push_back(session.companion(numbered(k, ".png")));
  const bool volumes = wanted(MovieFormat::mrc) || wanted(MovieFormat::cxc);
  for (std::size_t m = 0; volumes && m < states; ++m)
    outputs.volumes.push_back(session.companion(numbered(m, ".mrc")));
  return outputs;
}

void run(const Args& args, cli::Session& session) {
  args.movie.check_together();
  StateSeries series(args.volumes, args.movie);
  const MovieOutputs outputs = claim_outputs(args, session, series.count());
  const std::string title =
      args.movie.title.value_or(fs::path(args.volumes.front()).stem().string());
  const MovieSummary summary =
      make_movie(series, args.movie, outputs, title, session.provenance().command_line,
                 session.threads(), session.monitor());
  session.monitor().info(text_of("wrote ", session.output().string(), ": ", summary.frames,
                                 " frames of ", summary.states, " volumes, surface at ",
                                 summary.level, summary.codec.empty() ? "" : ", " + summary.codec));
}

}  // namespace

int main(int argc, char** argv) {
  return cli::main(cli::SingleTool<Args>{"spi-movie", declare, run}, argc, argv);
}
