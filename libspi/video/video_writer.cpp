// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/video/video_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <cmath>
#include <cstring>
#include <utility>

#include "libspi/base/error.h"

namespace spi {
namespace {

struct Free {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(AVFormatContext* p) const {
    if (p->pb) avio_closep(&p->pb);
    avformat_free_context(p);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// 25 as 25/1, 29.97 as 2997/100.
AVRational rational(double fps) { return av_d2q(fps, 100000); }

/// What both formats share: a stream of one codec in a container.
class LibavWriter : public VideoWriter {
 public:
  LibavWriter(const std::filesystem::path& path, const char* container, const VideoFormat& format)
      : path_(path), format_(format) {
    SPI_ASSERT(format.width > 0 && format.width % 2 == 0 && format.height > 0 &&
               format.height % 2 == 0 && format.fps > 0);
    av_log_set_level(AV_LOG_QUIET);
    AVFormatContext* context = nullptr;
    check(avformat_alloc_output_context2(&context, nullptr, container, path.c_str()));
    container_.reset(context);
    container_->flags |= AVFMT_FLAG_BITEXACT;
    frame_.reset(av_frame_alloc());
    packet_.reset(av_packet_alloc());
  }

  void finish() override {
    encode(nullptr);
    check(av_write_trailer(container_.get()));
    check(avio_closep(&container_->pb));
  }

 protected:
  void check(int status) const {
    if (status >= 0) return;
    char reason[AV_ERROR_MAX_STRING_SIZE];
    fail("cannot write ", path_.string(), ": ",
         av_make_error_string(reason, sizeof reason, status));
  }

  /// Sets what every codec needs; `codec_` is open afterwards.
  void open(const AVCodec* codec, AVPixelFormat pixels, AVRational time_base, AVDictionary* options,
            AVDictionary* container_options) {
    codec_.reset(avcodec_alloc_context3(codec));
    codec_->width = format_.width;
    codec_->height = format_.height;
    codec_->pix_fmt = pixels;
    codec_->time_base = time_base;
    codec_->framerate = rational(format_.fps);
    codec_->thread_count = 1;  // more would give other bytes
    codec_->flags |= AV_CODEC_FLAG_BITEXACT;
    if (pixels == AV_PIX_FMT_YUV420P) {
      codec_->colorspace = AVCOL_SPC_BT709;
      codec_->color_primaries = AVCOL_PRI_BT709;
      codec_->color_trc = AVCOL_TRC_BT709;
      codec_->color_range = AVCOL_RANGE_MPEG;
    }
    if (container_->oformat->flags & AVFMT_GLOBALHEADER)
      codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    const int opened = avcodec_open2(codec_.get(), codec, &options);
    av_dict_free(&options);
    check(opened);
    stream_ = avformat_new_stream(container_.get(), nullptr);
    stream_->time_base = time_base;
    stream_->avg_frame_rate = codec_->framerate;
    check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()));
    check(avio_open(&container_->pb, path_.c_str(), AVIO_FLAG_WRITE));
    const int begun = avformat_write_header(container_.get(), &container_options);
    av_dict_free(&container_options);
    check(begun);
    frame_->format = pixels;
    frame_->width = format_.width;
    frame_->height = format_.height;
    check(av_frame_get_buffer(frame_.get(), 0));
  }

  /// A frame, or nullptr for what the codec still holds back.
  void encode(const AVFrame* frame) {
    check(avcodec_send_frame(codec_.get(), frame));
    for (;;) {
      const int status = avcodec_receive_packet(codec_.get(), packet_.get());
      if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return;
      check(status);
      if (packet_->duration == 0) packet_->duration = duration();
      av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      check(av_interleaved_write_frame(container_.get(), packet_.get()));
      check(container_->pb->error);
    }
  }

  /// Of the last frame, in the codec's time base.
  virtual std::int64_t duration() const = 0;

  void check_size(const plot::Pixels& pixels) const {
    SPI_ASSERT(pixels.width == format_.width && pixels.height == format_.height);
  }

  std::filesystem::path path_;
  VideoFormat format_;
  Owned<AVFormatContext> container_;
  Owned<AVCodecContext> codec_;
  Owned<AVFrame> frame_;
  Owned<AVPacket> packet_;
  AVStream* stream_ = nullptr;
  std::int64_t count_ = 0;
};

class Mp4Writer : public LibavWriter {
 public:
  Mp4Writer(const std::filesystem::path& path, const VideoFormat& format)
      : LibavWriter(path, "mp4", format) {
    const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
    h264_ = codec != nullptr;
    if (!codec) codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (!codec) fail("libav on this machine can encode neither H.264 nor MPEG-4: write a .gif");
    AVDictionary *options = nullptr, *container = nullptr;
    if (h264_) {
      av_dict_set(&options, "preset", "medium", 0);
      av_dict_set(&options, "crf", "16", 0);
      av_dict_set(&options, "mbtree", "0", 0);  // x264 164 gives other bytes at every run with it
    } else {
      av_dict_set(&options, "flags", "+qscale", 0);
      av_dict_set_int(&options, "global_quality", 2 * FF_QP2LAMBDA, 0);
    }
    av_dict_set(&container, "movflags", "+faststart", 0);  // plays while it loads
    av_dict_set(&container_->metadata, "comment", format.comment.c_str(), 0);
    open(codec, AV_PIX_FMT_YUV420P, av_inv_q(rational(format.fps)), options, container);
    scaler_.reset(sws_getContext(format.width, format.height, AV_PIX_FMT_BGR0, format.width,
                                 format.height, AV_PIX_FMT_YUV420P,
                                 SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr,
                                 nullptr, nullptr));
    if (!scaler_) fail("cannot write ", path.string(), ": libav does not convert its colours");
    const int* const bt709 = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(scaler_.get(), bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16);
  }

  void add(const plot::Pixels& pixels) override {
    check_size(pixels);
    check(av_frame_make_writable(frame_.get()));
    const auto* const data = reinterpret_cast<const std::uint8_t*>(pixels.rgb.data());
    const int stride = 4 * pixels.width;
    sws_scale(scaler_.get(), &data, &stride, 0, pixels.height, frame_->data, frame_->linesize);
    frame_->pts = count_++;
    encode(frame_.get());
  }

  std::string codec() const override { return h264_ ? "H.264" : "MPEG-4"; }

 private:
  std::int64_t duration() const override { return 1; }

  bool h264_ = false;
  Owned<SwsContext> scaler_;
};

class GifWriter : public LibavWriter {
 public:
  GifWriter(const std::filesystem::path& path, const VideoFormat& format, Palette palette)
      : LibavWriter(path, "gif", format), palette_(std::move(palette)) {
    const AVCodec* const codec = avcodec_find_encoder(AV_CODEC_ID_GIF);
    if (!codec) fail("libav on this machine cannot encode GIF: write an .mp4");
    AVDictionary* container = nullptr;
    av_dict_set(&container, "loop", "0", 0);
    av_dict_set_int(&container, "final_delay", time(1), 0);
    open(codec, AV_PIX_FMT_PAL8, {1, kTicks}, nullptr, container);
  }

  void add(const plot::Pixels& pixels) override {
    check_size(pixels);
    check(av_frame_make_writable(frame_.get()));
    const std::vector<std::uint8_t> indices = palette_.indices(pixels);
    for (int y = 0; y < pixels.height; ++y)
      std::memcpy(frame_->data[0] + std::ptrdiff_t(y) * frame_->linesize[0],
                  &indices[std::size_t(y) * std::size_t(pixels.width)], std::size_t(pixels.width));
    auto* const colours = reinterpret_cast<std::uint32_t*>(frame_->data[1]);
    for (std::size_t i = 0; i < 256; ++i) colours[i] = 0xFF000000u | palette_.colours()[i];
    frame_->pts = time(count_++);
    encode(frame_.get());
  }

  std::string codec() const override { return "GIF"; }

 private:
  static constexpr int kTicks = 100;  // a second

  std::int64_t time(std::int64_t frame) const {
    return std::llround(double(frame) * kTicks / format_.fps);
  }
  std::int64_t duration() const override { return time(count_) - time(count_ - 1); }

  Palette palette_;
};

}  // namespace

std::unique_ptr<VideoWriter> mp4_writer(const std::filesystem::path& path,
                                        const VideoFormat& format) {
  return std::make_unique<Mp4Writer>(path, format);
}

std::unique_ptr<VideoWriter> gif_writer(const std::filesystem::path& path,
                                        const VideoFormat& format, Palette palette) {
  return std::make_unique<GifWriter>(path, format, std::move(palette));
}

}  // namespace spi
