// SPDX-License-Identifier: GPL-3.0-or-later
// A movie file played back by libav.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
}

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "libspi/plot/pixels.h"

namespace spi {

struct Played {
  std::vector<plot::Pixels> frames;
  double seconds = 0, fps = 0;
};

inline Played played(const std::filesystem::path& path) {
  AVFormatContext* container = nullptr;
  if (avformat_open_input(&container, path.c_str(), nullptr, nullptr) < 0 ||
      avformat_find_stream_info(container, nullptr) < 0 || container->nb_streams != 1)
    throw std::runtime_error("libav does not read " + path.string());
  const AVStream* const stream = container->streams[0];
  AVCodecContext* codec = avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
  avcodec_parameters_to_context(codec, stream->codecpar);
  if (avcodec_open2(codec, nullptr, nullptr) < 0) throw std::runtime_error("no decoder");
  Played result{{}, double(container->duration) / AV_TIME_BASE, av_q2d(stream->avg_frame_rate)};
  AVFrame* frame = av_frame_alloc();
  AVPacket* packet = av_packet_alloc();
  const auto receive = [&] {
    while (avcodec_receive_frame(codec, frame) >= 0) {
      plot::Pixels pixels{frame->width, frame->height, {}};
      pixels.rgb.resize(std::size_t(frame->width) * std::size_t(frame->height));
      SwsContext* scaler =
          sws_getContext(frame->width, frame->height, AVPixelFormat(frame->format), frame->width,
                         frame->height, AV_PIX_FMT_BGR0, SWS_BICUBIC, nullptr, nullptr, nullptr);
      const int* const bt709 = sws_getCoefficients(SWS_CS_ITU709);
      sws_setColorspaceDetails(scaler, bt709, 0, bt709, 1, 0, 1 << 16, 1 << 16);
      auto* data = reinterpret_cast<std::uint8_t*>(pixels.rgb.data());
      const int stride = 4 * frame->width;
      sws_scale(scaler, frame->data, frame->linesize, 0, frame->height, &data, &stride);
      sws_freeContext(scaler);
      for (auto& rgb : pixels.rgb) rgb &= 0xFFFFFF;
      result.frames.push_back(std::move(pixels));
    }
  };
  while (av_read_frame(container, packet) >= 0) {
    avcodec_send_packet(codec, packet);
    av_packet_unref(packet);
    receive();
  }
  avcodec_send_packet(codec, nullptr);
  receive();
  av_packet_free(&packet);
  av_frame_free(&frame);
  avcodec_free_context(&codec);
  avformat_close_input(&container);
  return result;
}

}  // namespace spi
